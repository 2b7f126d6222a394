"""Waiting callers: who is next, and what they are told of it.

The order is priority first (0 is ordinary, higher goes ahead, as flows say it), then seniority. Seniority is
`queued_at`, the first time the caller came to the queue: a failed offer, an unreachable phone or a lost agent never
changes it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from typing import Final

Rank = tuple[int, float, str]

TELL_GAP_SECONDS: Final = 10.0
"""Least time between two announcements: music that is cut in two more often annoys more than it tells."""

ORDINARY: Final = 0
_CLASSES: Final = {"P0": 9, "P1": 6, "P2": 3, "P3": ORDINARY}


def priority_of(value: object) -> int:
    """0 (ordinary) to 9 (most urgent) from a number or its text, or from a class of the rules (`P0` … `P3`); anything
    else is ordinary, so that a strange value never jumps the queue."""
    text = str(value).strip().upper()
    if text in _CLASSES:
        return _CLASSES[text]
    return int(text) if text.isdecimal() and int(text) <= 9 else ORDINARY


def rank(priority: int, queued_at: float, call_id: str) -> Rank:
    """Sort key: lower is served sooner. The call id breaks ties, so the order never flips."""
    return (-priority, queued_at, call_id)


class Line:
    """The waiting callers in order. Adding and removing cost O(log n) comparisons."""

    def __init__(self) -> None:
        self._ranks: list[Rank] = []
        self._of: dict[str, Rank] = {}

    def __len__(self) -> int:
        return len(self._ranks)

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._of

    def __iter__(self) -> Iterator[str]:
        return iter([item[2] for item in self._ranks])

    def add(self, call_id: str, priority: int, queued_at: float) -> None:
        """Put a caller in; one who stands in it already moves to the new rank."""
        self.remove(call_id)
        item = rank(priority, queued_at, call_id)
        self._of[call_id] = item
        insort(self._ranks, item)

    def remove(self, call_id: str) -> None:
        """Take a caller out; nothing happens when they are not in it."""
        item = self._of.pop(call_id, None)
        if item is not None:
            del self._ranks[bisect_left(self._ranks, item)]


def due_to_tell(position: int, told: int | None, told_at: float, queued_at: float, now: float, *, every_seconds: float) -> bool:
    """Whether to say `position` to a waiting caller now.

    At once when it is not known yet; sooner than `every_seconds` when it has improved; never when it has become worse
    (an urgent caller went ahead): being told 3 after 2 helps nobody.
    """
    if told is None:
        return True
    if position > told:
        return False
    gap = TELL_GAP_SECONDS if position < told else every_seconds
    return now - told_at >= min(gap, every_seconds)


class Pace:
    """How quickly callers leave a queue for an agent, to say how long the rest will wait."""

    KEPT: Final = 20
    WITHIN_SECONDS: Final = 1800.0

    def __init__(self) -> None:
        self._left: deque[float] = deque(maxlen=self.KEPT)

    def served(self, now: float) -> None:
        """A caller got an agent."""
        self._left.append(now)

    def expected_seconds(self, position: int, now: float) -> int | None:
        """Expected wait at `position`, or None while fewer than three callers were served in the last half hour."""
        recent = [at for at in self._left if now - at <= self.WITHIN_SECONDS]
        if len(recent) < 3:
            return None
        return round(position * (now - recent[0]) / len(recent))
