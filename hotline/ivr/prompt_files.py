"""Which file is played for a prompt: the bureau's own before the shipped, the caller's language before the fallback.

Folders look like `<folder>/<language>/<id>.wav`; what has no language (music) lies in the folder itself. A name with a
slash (`simulate/caller_wages`) is taken as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hotline.core.errors import Missing

FALLBACK: Final = "zh-CN"
POSITIONS: Final = 20
"""Places in the queue that have a prompt of their own; beyond that there is `number_many`."""


@dataclass(frozen=True, slots=True)
class PromptFiles:
    """`paths` by (language, id), with language `""` for what has none."""

    paths: Mapping[tuple[str, str], Path] = field(default_factory=dict)
    fallback: str = FALLBACK

    def path(self, prompt: str, language: str) -> Path:
        """The file to play. Raises :class:`Missing` (`prompt.missing`) when there is none in any fitting language."""
        for each in (language, "", self.fallback):
            found = self.paths.get((each, prompt))
            if found is not None:
                return found
        raise Missing("prompt.missing", prompt=prompt, language=language)

    def has(self, prompt: str, language: str) -> bool:
        """Whether the prompt exists in this very language (or needs none); the fallback does not count."""
        return (language, prompt) in self.paths or ("", prompt) in self.paths

    def position(self, place: int, language: str) -> list[Path]:
        """The files that tell a caller their place in the queue, counted from 1."""
        number = f"number_{place}" if 1 <= place <= POSITIONS else "number_many"
        return [self.path(prompt, language) for prompt in ("position_before", number, "position_after")]

    def brief(self, category: str, language: str) -> list[Path]:
        """The files an expert hears before pressing a key. `category` is a matter code; its first two digits are spoken
        (14 is said as "not yet clear", so it also serves for a code that has no prompt)."""
        spoken = f"brief_category_{category[:2]}"
        if not self.has(spoken, language):
            spoken = "brief_category_14"
        return [self.path(prompt, language) for prompt in ("brief_intro", spoken, "brief_waited_short", "brief_press")]


def scan_prompts(folders: Iterable[Path], fallback: str = FALLBACK) -> PromptFiles:
    """Look through the folders, the bureau's own first: the first that has a prompt wins."""
    paths: dict[tuple[str, str], Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.wav")):
            paths.setdefault(("", path.stem), path)
        for path in sorted(folder.glob("*/*.wav")):
            key = ("", f"simulate/{path.stem}") if path.parent.name == "simulate" else (path.parent.name, path.stem)
            paths.setdefault(key, path)
    return PromptFiles(paths, fallback)
