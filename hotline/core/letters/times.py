"""When a person may be written to: not in the quiet hours, and, where somebody's safety hangs on it, only at the times that
they named as safe. Local time of China. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from hotline.core.calendars.days import local_date, midnight

DAY: Final = 1440
Window = tuple[int, int]
"""From and to, minutes after midnight; from after to: over midnight; the same: never."""
LOOK_DAYS: Final = 3
"""Windows repeat every day: what is not found within this time is never."""


def inside(minute: float, window: Window) -> bool:
    """Whether the minute of the day lies in the window (its end does not).

    >>> inside(1380, (1260, 480)), inside(480, (1260, 480)), inside(600, (600, 600))
    (True, False, False)
    """
    start, end = window
    return start <= minute < end if start <= end else minute >= start or minute < end


def next_allowed(now: float, quiet: Window, safe: Sequence[Window] = ()) -> float | None:
    """The first moment from `now` on (Unix seconds) that is not quiet and, where `safe` names any, is safe. None when there is
    none: the safe times lie within the quiet hours, and a person has to find another way."""
    if allowed(now, quiet, safe):
        return now
    first = midnight(local_date(now))
    edges = sorted({quiet[1], *(window[0] for window in safe)})
    for day in range(LOOK_DAYS):
        for edge in edges:
            at = first + 60.0 * (day * DAY + edge)
            if at > now and allowed(at, quiet, safe):
                return at
    return None


def allowed(at: float, quiet: Window, safe: Iterable[Window] = ()) -> bool:
    """Whether one may write at that moment."""
    minute = (at - midnight(local_date(at))) / 60.0
    windows = tuple(safe)
    return not inside(minute, quiet) and (not windows or any(inside(minute, window) for window in windows))


def window(text: str) -> Window:
    """`21:00-08:00` as minutes. Raises ValueError."""
    start, _, end = text.partition("-")
    return _minutes(start), _minutes(end)


def _minutes(text: str) -> int:
    hour, colon, minute = text.strip().partition(":")
    if not (hour.isdigit() and minute.isdigit() and colon) or int(hour) > 24 or int(minute) > 59:
        raise ValueError(f"not a time of day: {text!r}")
    found = 60 * int(hour) + int(minute)
    if found > DAY:
        raise ValueError(f"not a time of day: {text!r}")
    return found % DAY
