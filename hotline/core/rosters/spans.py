"""Shifts laid out on days: weekly and dated ones, with what is taken out or added for one day.

Days are ISO dates in the bureau's local time; minutes count from its midnight. China has one time zone without summer time,
so a day has 1440 minutes.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

DAY: Final = 1440
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shift:
    """Every week on `weekday` (0 Monday), or on `date`. `to_minute` at or below `from_minute` runs past midnight."""

    from_minute: int
    to_minute: int
    weekday: int | None = None
    date: str | None = None

    @property
    def length(self) -> int:
        """Minutes; 24 hours when it ends when it begins."""
        return (self.to_minute - self.from_minute) % DAY or DAY


@dataclass(frozen=True, slots=True)
class DayChange:
    """On `date`, `off` takes these minutes out and `on` adds them; past midnight as a shift does."""

    date: str
    from_minute: int
    to_minute: int
    effect: str

    @property
    def length(self) -> int:
        return (self.to_minute - self.from_minute) % DAY or DAY


def spans(shifts: Iterable[Shift], exceptions: Iterable[DayChange], first: dt.date, days: int) -> list[Span]:
    """Duty from the midnight `first` on, for so many days, as (from, to) in minutes since that midnight: merged, in order.
    What began the day before and runs past midnight counts. An `on` wins over an `off` of the same minutes (a substitute may
    take over on a day of their own absence only by being asked for it)."""
    weekly: defaultdict[int, list[Shift]] = defaultdict(list)
    dated: defaultdict[str, list[Shift]] = defaultdict(list)
    changed: defaultdict[str, list[DayChange]] = defaultdict(list)
    for shift in shifts:
        if shift.date is not None:
            dated[shift.date].append(shift)
        elif shift.weekday is not None:
            weekly[shift.weekday].append(shift)
    for change in exceptions:
        changed[change.date].append(change)
    duty: list[Span] = []
    off: list[Span] = []
    added: list[Span] = []
    for offset in range(-1, days):
        day = first + dt.timedelta(days=offset)
        base, date = offset * DAY, day.isoformat()
        for shift in (*weekly[day.weekday()], *dated[date]):
            duty.append((base + shift.from_minute, base + shift.from_minute + shift.length))
        for change in changed[date]:
            span = (base + change.from_minute, base + change.from_minute + change.length)
            (added if change.effect == "on" else off).append(span)
    found = _union([*_without(_union(duty), _union(off)), *added])
    return [(max(0, start), min(days * DAY, end)) for start, end in found if end > 0 and start < days * DAY]


def on_minutes(found: Iterable[Span]) -> int:
    """Sum of the minutes."""
    return sum(end - start for start, end in found)


def minutes_on(day_spans: Sequence[Span], window: Span) -> list[Span]:
    """The part of the spans that lies within the window."""
    cut = [(max(start, window[0]), min(end, window[1])) for start, end in day_spans]
    return [(start, end) for start, end in cut if start < end]


def gaps(covered: Iterable[Iterable[Span]], window: Span) -> list[Span]:
    """The minutes of the window in which nobody is on duty."""
    everyone = _union([span for spans_ in covered for span in spans_])
    return _without([window], everyone)


def _union(items: Iterable[Span]) -> list[Span]:
    result: list[Span] = []
    for start, end in sorted(items):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _without(items: Iterable[Span], holes: Sequence[Span]) -> list[Span]:
    result = []
    for start, end in items:
        for from_, to in holes:
            if to <= start or from_ >= end:
                continue
            if from_ > start:
                result.append((start, from_))
            start = max(start, to)
        if start < end:
            result.append((start, end))
    return result
