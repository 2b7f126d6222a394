"""What appointments are made of. Times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KINDS: Final = ("visit", "video", "call")
"""In person, by video, or we call back (rules S16)."""
STATES: Final = ("booked", "moved", "cancelled", "kept", "missed")


@dataclass(frozen=True, slots=True)
class Rules:
    """Figures that a bureau may change (settings `[appointments]`)."""

    notice_seconds: float = 2 * 3600.0
    """Nothing is booked, moved or cancelled by the caller later than this before it begins."""
    ahead_days: int = 14
    most_moves: int = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """Slots that come every week. Minutes after midnight; `weekdays` 0 is Monday; `places` at a time."""

    id: str
    kinds: frozenset[str]
    weekdays: frozenset[int]
    from_minute: int
    to_minute: int
    slot_minutes: int
    places: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of time that can be had; `left`: places in it."""

    plan_id: str
    starts_at: float
    ends_at: float
    left: int
