"""The order of what was found. The database gives candidates by the weight of their words; here the wish is read more closely:
a title that is what was typed comes before one that contains it, the caller's own region before the rest, and what is not in
force after everything that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hotline.core.knowledge.validity import standing
from hotline.core.knowledge.words import plain

_LAST: Final = 9


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the order needs to know of an entry. `loose`: only some of the words were found."""

    id: int
    title: str
    keywords: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    region: str = ""
    valid_from: str = ""
    valid_to: str = ""
    loose: bool = False


def rank(found: Sequence[Candidate], text: str, today: str, near: Sequence[str] = ()) -> list[Candidate]:
    """`found` in the database's order, best first; `text` as parsed; `near`: the region asked for and those around it, nearest
    first. Entries not in force never come before one that is."""
    place = {code: number for number, code in enumerate(near)}

    def key(item: tuple[int, Candidate]) -> tuple[int, bool, int, int, int]:
        number, one = item
        in_force = standing(one.valid_from, one.valid_to, today)
        return (
            {"in_force": 0, "not_yet": 1, "outdated": 2}[in_force],
            one.loose,
            closeness(one, text),
            place.get(one.region, len(place)),
            number,
        )

    return [one for _, one in sorted(enumerate(found), key=key)]


def closeness(one: Candidate, text: str) -> int:
    """0: a title, keyword or number that is just what was typed; then beginning of the title, within title, within a keyword;
    9: somewhere else."""
    title, keywords = plain(one.title), [plain(word) for word in one.keywords]
    numbers = ["".join(char for char in phone if char.isdigit()) for phone in one.phones]
    if not text:
        return _LAST
    if text == title or text in keywords or text in numbers:
        return 0
    if title.startswith(text):
        return 1
    if text in title:
        return 2
    if any(text in word for word in keywords):
        return 3
    return _LAST
