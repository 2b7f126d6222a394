"""What a village's legal adviser owes: hours on site each month, a lecture each quarter (rules F19: county
and prefecture plans), and who is behind. Pure; dates in the bureau's local time.

Only whole months and quarters are owed: whoever begins on the 20th owes nothing for that month.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from hotline.core.errors import Invalid

Work = Literal["onsite", "lecture", "other"]
WORKS: Final[tuple[Work, ...]] = ("onsite", "lecture", "other")
MOST_MINUTES: Final = 12 * 60
"""Of one entry: nobody is on site for longer in a day."""
LATE_DAYS: Final = 7
"""An entry written down later than this after the day is marked."""


@dataclass(frozen=True, slots=True)
class Owed:
    """Settings `[ledgers]`: minutes on site a month, lectures a quarter."""

    minutes: int = 240
    lectures: int = 1


@dataclass(frozen=True, slots=True)
class Adviser:
    """An adviser of one village, from `since` to `until` (both counted; None: still)."""

    id: str
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. A lecture on site counts for both."""

    adviser_id: str
    day: date
    work: Work
    from_minute: int
    to_minute: int

    @property
    def minutes(self) -> int:
        return self.to_minute - self.from_minute


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one adviser in one month. `owes_month`, `owes_quarter`: whether they served all of it. `behind`:
    the time is over and it was not done; `missing_minutes` and `missing_lectures` are what is not yet done, over or not."""

    adviser_id: str
    minutes: int
    lectures: int
    owes_month: bool
    owes_quarter: bool
    missing_minutes: int
    missing_lectures: int
    behind_month: bool
    behind_quarter: bool

    @property
    def behind(self) -> bool:
        return self.behind_month or self.behind_quarter


def month_of(day: date) -> tuple[date, date]:
    """First and last day of its month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def quarter_of(day: date) -> tuple[date, date]:
    """First and last day of its quarter."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return first, month_of(first + timedelta(days=65))[1]


def standing(adviser: Adviser, entries: Iterable[Entry], day: date, today: date, owed: Owed) -> Standing:
    """How an adviser stands in the month (and its quarter) that `day` lies in."""
    month, quarter = month_of(day), quarter_of(day)
    own = [entry for entry in entries if entry.adviser_id == adviser.id]
    # A lecture in the village is time in the village.
    minutes = sum(entry.minutes for entry in own if entry.work != "other" and month[0] <= entry.day <= month[1])
    lectures = sum(entry.work == "lecture" and quarter[0] <= entry.day <= quarter[1] for entry in own)
    owes_month, owes_quarter = _all_of(adviser, month), _all_of(adviser, quarter)
    missing = max(0, owed.minutes - minutes) if owes_month else 0
    unheld = max(0, owed.lectures - lectures) if owes_quarter else 0
    return Standing(
        adviser.id,
        minutes,
        lectures,
        owes_month,
        owes_quarter,
        missing,
        unheld,
        behind_month=missing > 0 and today > month[1],
        behind_quarter=unheld > 0 and today > quarter[1],
    )


def _all_of(adviser: Adviser, span: tuple[date, date]) -> bool:
    return adviser.since <= span[0] and (adviser.until is None or adviser.until >= span[1])


def check_entry(entry: Entry, adviser: Adviser, others: Sequence[Entry], today: date) -> None:
    """Whether it may be written down. `others`: of the same adviser on the same day.

    Raises Invalid `ledger.minutes` (no time, or more than a day's work), `ledger.date` (to come, or when they were no adviser
    there), `ledger.overlap` (they were elsewhere, or it is there already).
    """
    if entry.work not in WORKS:
        raise Invalid("ledger.work", field="kind")
    if not (0 <= entry.from_minute < entry.to_minute <= 1440 and entry.minutes <= MOST_MINUTES):
        raise Invalid("ledger.minutes", field="to_minute")
    if entry.day > today or entry.day < adviser.since or (adviser.until is not None and entry.day > adviser.until):
        raise Invalid("ledger.date", field="date")
    if any(entry.from_minute < other.to_minute and other.from_minute < entry.to_minute for other in others):
        raise Invalid("ledger.overlap", field="from_minute")


def is_late(day: date, entered: date) -> bool:
    """Whether an entry was written down long after the day."""
    return (entered - day).days > LATE_DAYS
