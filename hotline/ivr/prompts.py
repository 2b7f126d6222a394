"""Which prompts there are, and how long they last. Reads the headers of WAV files, never the sound."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LANGUAGE_FREE: Final = ""
"""The language under which prompts without speech (music) are kept: WAVs directly in the prompts folder."""


@dataclass(frozen=True, slots=True)
class PromptIndex:
    """`seconds` by (language, prompt id); 0 when the length is not known."""

    seconds_by: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @classmethod
    def of(cls, ids: Collection[str], languages: Iterable[str]) -> PromptIndex:
        """An index without lengths: each id exists in every language. `en/notice` exists in that language only."""
        found: dict[tuple[str, str], float] = {}
        for item in ids:
            language, slash, prompt = item.rpartition("/")
            for each in [language] if slash else [*languages, LANGUAGE_FREE]:
                found[each, prompt] = 0.0
        return cls(found)

    def has(self, prompt: str, language: str) -> bool:
        """Whether the prompt can be played to a caller of that language."""
        return (language, prompt) in self.seconds_by or (LANGUAGE_FREE, prompt) in self.seconds_by

    def seconds(self, prompt: str, language: str) -> float:
        """How long it lasts; 0 when it is not there or its length is not known."""
        return self.seconds_by.get((language, prompt), self.seconds_by.get((LANGUAGE_FREE, prompt), 0.0))


def read_prompts(directories: Iterable[Path]) -> PromptIndex:
    """Index `<directory>/<language>/<id>.wav` and `<directory>/<id>.wav`; the first directory that has one wins.

    A file that is not a WAV with some sound in it is left out, so that it is reported as missing.
    """
    found: dict[tuple[str, str], float] = {}
    for language, prompt, path in prompt_files(directories):
        seconds = wav_seconds(path)
        if seconds > 0:
            found.setdefault((language, prompt), seconds)
    return PromptIndex(found)


def prompt_files(directories: Iterable[Path]) -> Iterator[tuple[str, str, Path]]:
    """(language, prompt id, file) of every WAV, in the order in which the first one wins."""
    for directory in directories:
        for path in sorted(directory.glob("*.wav")) + sorted(directory.glob("*/*.wav")):
            yield LANGUAGE_FREE if path.parent == directory else path.parent.name, path.stem, path


def wav_seconds(path: Path) -> float:
    """Length of a RIFF WAV of any constant-rate coding (PCM, A-law, µ-law) in seconds; 0 when it is not one."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
            if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
                return 0.0
            rate = 0
            while len(chunk := file.read(8)) == 8:
                name, size = struct.unpack("<4sI", chunk)
                if name == b"fmt " and 16 <= size <= 64:
                    # byte 8 of the format is the average bytes a second
                    rate = struct.unpack_from("<I", file.read(size), 8)[0]
                    file.seek(size & 1, 1)
                elif name == b"data":
                    # a WAV cut off while written still says its old size: believe the file
                    size = min(size, path.stat().st_size - file.tell())
                    return float(size / rate) if rate else 0.0
                else:
                    file.seek(size + (size & 1), 1)
    except (OSError, struct.error):
        return 0.0
    return 0.0
