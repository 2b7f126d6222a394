"""What a waiting caller is told of the place in the line and of the time it will take.

Only good news: a place is told when it is better than the one told last, an expected wait when it is shorter. What has
become worse (an urgent caller went ahead, an agent went home) helps nobody. When nothing is better, a kind word says
that the line is alive.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

TELL_GAP_SECONDS: Final = 10.0
"""Least time between two announcements: music that is cut in two more often annoys more than it tells."""

WAITS_MINUTES: Final = (1, 2, 3, 5, 10, 15, 20, 30)
"""Expected waits that can be said ("within n minutes"); a prompt `wait_<n>` exists for each, and `wait_long` beyond."""
LONG: Final = 0
"""In place of minutes: longer than can be said."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was said last, and when. `minutes` None: no expected wait was said yet; :data:`LONG` is the worst."""

    position: int
    at: float
    minutes: int | None = None


def due_to_tell(position: int, told: int | None, told_at: float, queued_at: float, now: float, *, every_seconds: float) -> bool:
    """Whether to say something to a waiting caller now.

    At once when nothing was said yet; every `every_seconds`; and sooner when the place has improved.
    """
    if told is None:
        return True
    gap = TELL_GAP_SECONDS if position < told else every_seconds
    return now - told_at >= min(gap, every_seconds)


def better_position(position: int, told: int | None) -> bool:
    """Whether the place is worth saying: never said, or better than what was."""
    return told is None or position < told


def better_minutes(minutes: int | None, told: int | None) -> bool:
    """Whether the expected wait is worth saying: known, and never said or shorter than what was."""
    if minutes is None or told == minutes:
        return False
    return told in (None, LONG) or LONG < minutes < (told or 0)


def say_minutes(seconds: float | None) -> int | None:
    """An expected wait as it can be said: rounded up to one of :data:`WAITS_MINUTES`, :data:`LONG` beyond, None when it is
    not known. Rounded up, because a promise that is not kept is worse than none."""
    if seconds is None:
        return None
    return next((minutes for minutes in WAITS_MINUTES if seconds <= minutes * 60), LONG)


class Pace:
    """How long one caller keeps an agent, to say how long the rest will wait."""

    KEPT: Final = 30
    LEAST: Final = 3
    """Fewer talks than this say nothing about the next."""

    def __init__(self) -> None:
        self._talks: deque[float] = deque(maxlen=self.KEPT)
        self._rests: deque[float] = deque(maxlen=self.KEPT)

    def talked(self, seconds: float) -> None:
        """An agent's talk is over."""
        self._talks.append(max(0.0, seconds))

    def rested(self, seconds: float) -> None:
        """An agent's wrap-up is over."""
        self._rests.append(max(0.0, seconds))

    def expected_seconds(self, position: int, agents: int) -> int | None:
        """Expected wait at `position` with so many `agents` at work: each takes one caller in an average talk and wrap-up.
        None while too few talks were seen since the start, or nobody is at work."""
        if len(self._talks) < self.LEAST or agents < 1:
            return None
        each = sum(self._talks) / len(self._talks)
        each += sum(self._rests) / len(self._rests) if self._rests else 0.0
        return round(position * each / agents)
