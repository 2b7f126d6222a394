"""Counting working days, as the limits of the law do it (Civil Code 200–204): the first day is not counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from hotline.core.calendars.days import DayTable

ONE: Final = timedelta(days=1)
FARTHEST_DAYS: Final = 4000
"""How far a count may reach: eleven years, more than any limit; a table of nothing but holidays must not hang a job."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`date`: the last day of the term. `provisional`: some day on the way lies in a year without a table, so the term must
    be counted again when that arrives."""

    date: date
    provisional: bool


def add_working_days(table: DayTable, start: date, count: int) -> Counted:
    """The `count`-th working day after `start`; `start` itself is not counted. With 0 it is `start`.

    Raises ValueError for a negative count, and when the term does not end within eleven years.
    """
    if count < 0:
        raise ValueError("a term cannot be negative")
    day, left, provisional = start, count, False
    for _ in range(FARTHEST_DAYS):
        if left == 0:
            return Counted(day, provisional)
        day += ONE
        kind = table.day(day)
        provisional |= kind.provisional
        left -= kind.working
    raise ValueError("the term does not end within eleven years")


def next_working_day(table: DayTable, start: date) -> Counted:
    """`start` itself when it is worked, else the first working day after it: a term that ends on a holiday ends on the
    next working day (Civil Code 203)."""
    day, provisional = start, False
    for _ in range(FARTHEST_DAYS):
        kind = table.day(day)
        provisional |= kind.provisional
        if kind.working:
            return Counted(day, provisional)
        day += ONE
    raise ValueError("no working day within eleven years")


def working_days_between(table: DayTable, first: date, last: date) -> int:
    """Working days after `first` up to and with `last`; negative when `last` lies before `first`."""
    if last < first:
        return -working_days_between(table, last, first)
    return sum(table.working(first + timedelta(days=offset)) for offset in range(1, (last - first).days + 1))
