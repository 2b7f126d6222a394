"""The columns of a table: found by their Chinese or English heading, in any order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_PLAIN: Final = re.compile(r"[\s*＊（）()：:]+")
SEPARATORS: Final = re.compile(r"[、,，;；/|\s]+")
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `needed`: the file must have it."""

    key: str
    zh: str
    en: str
    needed: bool = False
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of spreadsheet."""

    name: str
    columns: tuple[Column, ...]

    @property
    def titles(self) -> dict[str, tuple[str, str]]:
        return {column.key: (column.zh, column.en) for column in self.columns}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its number as the spreadsheet shows it, and the text of each known column."""

    number: int
    cells: Mapping[str, str]

    def get(self, key: str) -> str:
        return self.cells.get(key, "")


def match(table: Table, heading: Sequence[str]) -> dict[int, str]:
    """Position → key of each column that is known; unknown ones are passed over."""
    names = {_plain(name): column.key for column in table.columns for name in (column.key, column.zh, column.en)}
    found: dict[int, str] = {}
    for place, text in enumerate(heading):
        key = names.get(_plain(text))
        if key is not None and key not in found.values():
            found[place] = key
    return found


def _plain(text: str) -> str:
    return _PLAIN.sub("", unicodedata.normalize("NFKC", text)).lower()


def parts(text: str) -> list[str]:
    """The items of a cell that lists several."""
    return [item for item in SEPARATORS.split(text) if item]


def minutes(text: str) -> int | None:
    """`8:30`, `08：30`, `24:00` as minutes since midnight; None for anything else."""
    found = re.fullmatch(r"(\d{1,2})[:：](\d{2})(?:[:：]00)?", text.strip())
    if not found:
        return None
    value = int(found.group(1)) * 60 + int(found.group(2))
    return value if int(found.group(2)) < 60 and value <= 1440 else None
