"""Yellow, orange, red: when a running limit is warned of, and whom (rules F.48). Pure.

Yellow at half of the time, or with 24 hours left where that comes later (a limit of 60 days is not yellow for a month); orange
with 8 hours left, but not before three quarters of the time; red when it is over. A yellow or orange warning that would fall on
a day off is given on the last working day before, when people are there to read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Literal

from hotline.core.calendars.days import DayTable, local_date, midnight

Level = Literal["", "yellow", "orange", "red"]
LEVELS: Final = ("", "yellow", "orange", "red")
TO: Final = MappingProxyType({"yellow": "handler", "orange": "director", "red": "bureau"})
"""Whom a warning goes to: each level one step higher."""


@dataclass(frozen=True, slots=True)
class Warn:
    """Figures of the bureau. Hours, and shares of the whole time; `morning`: minutes after midnight at which a warning is given
    that was moved to a working day."""

    yellow_share: float = 0.5
    yellow_hours: float = 24.0
    orange_share: float = 0.75
    orange_hours: float = 8.0
    morning: int = 9 * 60


def moments(started_at: float, due_at: float, table: DayTable, warn: Warn) -> tuple[float, float, float]:
    """(yellow, orange, red) in Unix seconds, in this order; all the same for a limit that is over at once."""
    whole = max(0.0, due_at - started_at)
    yellow = max(started_at + warn.yellow_share * whole, due_at - 3600.0 * warn.yellow_hours)
    orange = max(started_at + warn.orange_share * whole, due_at - 3600.0 * warn.orange_hours)
    yellow, orange = (_on_a_working_day(at, started_at, table, warn) for at in (yellow, orange))
    orange = min(due_at, max(orange, started_at))
    return min(yellow, orange), orange, due_at


def level_at(now: float, at: tuple[float, float, float]) -> Level:
    """The level that holds at `now`."""
    yellow, orange, red = at
    return "red" if now >= red else "orange" if now >= orange else "yellow" if now >= yellow else ""


def next_moment(level: str, at: tuple[float, float, float]) -> float | None:
    """When the level after `level` begins; None after red."""
    place = LEVELS.index(level)
    return at[place] if place < 3 else None


def _on_a_working_day(at: float, started_at: float, table: DayTable, warn: Warn) -> float:
    day = local_date(at)
    if table.working(day):
        return at
    for back in range(1, 60):
        before = day - timedelta(days=back)
        moved = midnight(before) + 60.0 * warn.morning
        if moved <= started_at:
            return max(started_at, min(at, started_at))
        if table.working(before):
            return moved
    return at
