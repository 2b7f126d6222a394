"""Finding the WAV of a prompt: the bureau's own first (what administrators uploaded, then the settings' folder), then the
shipped one; the caller's language, then Mandarin."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hotline.ivr.prompts import prompt_files


class Prompts:
    """Made once by the fork server; a missing prompt is left out of what is played (start-up checks name it)."""

    def __init__(self, directories: Iterable[Path], published: Path | None = None) -> None:
        """`published`: looked into at each look-up, because it changes while we run."""
        self._published = published
        self._files: dict[tuple[str, str], Path] = {}
        for language, prompt, path in prompt_files(directories):
            self._files.setdefault((language, prompt), path)

    def file(self, prompt: str, language: str) -> Path | None:
        """`prompt` may be `id` or `id@language`."""
        name, _, own = prompt.partition("@")
        for candidate in (own or language, "", "zh-CN", "en"):
            if self._published and (newer := self._published / candidate / f"{name}.wav").is_file():
                return newer
            if found := self._files.get((candidate, name)):
                return found
        return None

    def files(self, prompts: Iterable[str], language: str) -> list[Path]:
        found = (self.file(prompt, language) for prompt in prompts)
        return [path for path in found if path]
