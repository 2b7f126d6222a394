"""A task: somebody must be called. Times are Unix seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

KINDS: Final = ("call_back", "follow_up", "rating", "village")
"""`call_back`: somebody wanted us and did not get us. `follow_up` (回访): asked about the matter and the handler, by
another person than the handler. `rating`: a short automatic call for the rating that was not given. `village`: the clerk of a
centre without a computer, who hears which tickets have come, and answers by key."""
AUTOMATIC: Final = frozenset({"rating", "village"})
"""Kinds that need nobody of the desk: a flow speaks."""

STATES: Final = ("open", "calling", "done", "given_up", "expired", "no_number")
"""`open`: to be tried at `due_at`. `calling`: a try is under way. The others are ends; `no_number`: withheld, so nobody can
be called, and the loss is counted."""
ENDED: Final = frozenset(STATES) - {"open", "calling"}

RESULTS: Final = (
    "reached",
    "no_answer",
    "busy",
    "refused",
    "wrong_number",
    "not_wanted",
    "failed",
    "expired",
)
"""What a try, or the whole task, came to. `no_answer` is also what a voicemail is."""
AGAIN: Final = frozenset({"no_answer", "busy", "failed"})
"""Results after which the person is called once more, later."""
BY_HAND: Final = ("reached", "no_answer", "busy", "refused", "wrong_number", "not_wanted")
"""Results that a person may code."""

Hours = Callable[[float], float]
"""The port to a calendar: the first moment at or after the given one at which people may be called."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits, seconds. Defaults: first try within 30 minutes, at most three tries (rules A.7)."""

    first_after_seconds: float = 60.0
    """A caller who was cut off often dials again at once: so long they are left to it."""
    first_within_seconds: float = 1800.0
    max_tries: int = 3
    spacing_seconds: tuple[float, ...] = (900.0, 7200.0)
    """From one try to the next; the last one counts for all further."""
    lost_again_seconds: float = 20.0
    """After a failure of our own (a dead process), the task is due again this soon."""
    max_lost: int = 5
    """Failures of our own before they count as tries: a number that kills a process must not be called for ever."""
    expire_seconds: float = 3 * 86_400.0

    def spacing(self, tries: int) -> float:
        """How long after try number `tries` (from 1) the next one is due."""
        return self.spacing_seconds[min(tries, len(self.spacing_seconds)) - 1] if self.spacing_seconds else 0.0


@dataclass(frozen=True, slots=True)
class Task:
    """What the rules need of a task. `place_at` is the person's place in the line: the oldest of all calls behind it.
    `due_at`: not before. `deadline_at`: first try until then."""

    kind: str
    state: str
    created_at: float
    place_at: float
    due_at: float
    deadline_at: float
    expires_at: float
    calls: int = 1
    tries: int = 0
    lost: int = 0
    result: str = ""
    closed_at: float | None = None
    close_reason: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ENDED


def new(kind: str, now: float, policy: Policy, hours: Hours, *, place_at: float | None = None, at_once: bool = False) -> Task:
    """A fresh task. `place_at`: since when the person has waited (default: now). `at_once`: they asked for it and know that
    it comes; else they are left `first_after_seconds` to call again by themselves."""
    opening = hours(now)
    due = hours(opening if at_once or opening > now else now + policy.first_after_seconds)
    return Task(
        kind=kind,
        state="open",
        created_at=now,
        place_at=now if place_at is None else min(place_at, now),
        due_at=due,
        deadline_at=opening + policy.first_within_seconds,
        # Counted from when it can be called at all: a long holiday uses up nobody's tries.
        expires_at=opening + policy.expire_seconds,
    )
