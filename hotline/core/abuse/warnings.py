"""Two warnings, some time apart, and a last chance after the second: only then may the agent end the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NEEDED: Final = 2
"""Warnings before the hang-up unlocks: a published rule of a city hotline; not a setting, so that nobody sets it to none."""
METHODS: Final = ("played", "read")
"""The system speaks the warning, or the agent reads it out and says so."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. Defaults are those of the settings (`abuse.*`)."""

    between_seconds: float = 20.0
    """From the first warning to the second: the caller must have had a chance to calm down."""
    after_seconds: float = 10.0
    """From the last warning to the unlocked hang-up."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a call stands. `next_at` and `hang_up_at` are Unix times, None when they do not apply."""

    warnings: int
    next_at: float | None
    """From when the next warning may be given; None when all were."""
    hang_up_at: float | None
    """From when the agent may end the call; None while a warning is missing."""

    def may_warn(self, now: float) -> bool:
        return self.next_at is not None and now >= self.next_at

    def may_hang_up(self, now: float) -> bool:
        return self.hang_up_at is not None and now >= self.hang_up_at


def standing(warned_at: Sequence[float], timing: Timing) -> Standing:
    """What the warnings given so far (Unix times, in order) allow. More than two change nothing."""
    given = list(warned_at)[:NEEDED]
    if not given:
        return Standing(0, 0.0, None)
    if len(given) < NEEDED:
        return Standing(len(given), given[-1] + timing.between_seconds, None)
    return Standing(len(given), None, given[-1] + timing.after_seconds)
