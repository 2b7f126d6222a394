"""When people may be called: within one daily window in the city's own time, and while the line they called is open by its
calendar. Both fit one port (:data:`hotline.core.callbacks.model.Hours`)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Final

from hotline.core.calendars.hours import Calendar, is_open, next_opening
from hotline.core.callbacks.model import Hours

ZONE: Final = timezone(timedelta(hours=8))
"""China has one time zone and no summer time."""
PATTERN: Final = r"^([01]\d|2[0-4]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$"


def minutes(window: str) -> tuple[int, int]:
    """`08:30-20:00` → (510, 1200). Raises ValueError; a window ends after it begins, at 24:00 at the latest."""
    if not re.match(PATTERN, window):
        raise ValueError(f"not a window like 08:30-20:00: {window!r}")
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in window.split("-"))
    if not 0 <= start < end <= 1440:
        raise ValueError(f"a window must end after it begins, and by 24:00: {window!r}")
    return start, end


def daily(window: str) -> Hours:
    """The window of every day, as a port. Raises ValueError."""
    start, end = minutes(window)

    def opening(at: float) -> float:
        local = datetime.fromtimestamp(at, ZONE)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        opens, closes = midnight.timestamp() + start * 60, midnight.timestamp() + end * 60
        if at < opens:
            return opens
        return at if at < closes else opens + 86_400

    return opening


MOST_ROUNDS: Final = 200
"""Two sets of hours that have not met after so many openings of each never will."""


def of_calendar(calendar: Calendar) -> Hours:
    """The opening hours of a line, as a port. A line that does not open within the horizon holds nobody back: whoever was
    promised a call must not be forgotten because of a calendar without a single hour."""

    def opening(at: float) -> float:
        if is_open(calendar, at):
            return at
        found = next_opening(calendar, at)
        return at if found is None else found

    return opening


def both(one: Hours, other: Hours) -> Hours:
    """The first moment that suits both; when there is none, the first one's word."""

    def opening(at: float) -> float:
        found = one(at)
        for _ in range(MOST_ROUNDS):
            later = one(other(found))
            if later == found:
                return found
            found = later
        return one(at)

    return opening
