"""Dates against the limits of the law (Civil Code 200–204; Civil Procedure Law counts the same way): the first day is not
counted; a term of months or years ends on the same day of the month, or on the month's last day where there is none; a last
day that is not worked moves to the next one that is.

The table of limits is data (`legal_limits.csv`, each with its source); this module only counts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from hotline.core.calendars.counting import add_working_days, next_working_day
from hotline.core.calendars.days import DayTable

Unit = Literal["day", "workday", "month", "year"]
State = Literal["past", "urgent", "near", "open"]
URGENT_DAYS: Final = 7
"""Less than this is left: legal aid may be given first (法律援助法 44), and the matter is P1 (rules, section 3)."""
NEAR_DAYS: Final = 30
"""Less than this is left: shown with a warning. Our own figure."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the law: so much after an event. `categories`: prefixes of the matters it is for, empty for all. With an
    amount of 0 the date typed is itself the last day, and is not moved."""

    code: str
    event: str
    amount: int
    unit: Unit
    source: str
    zh: str
    en: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A date that was typed, measured by one limit. `left`: days from today to the last day, negative when it is over.
    `provisional`: a day on the way lies in a year whose table of holidays is not known."""

    limit: Limit
    since: date
    last_day: date
    left: int
    state: State
    provisional: bool

    def to_json(self) -> dict[str, Any]:
        limit = self.limit
        return {
            "code": limit.code,
            "event": limit.event,
            "date": self.since.isoformat(),
            "last_day": self.last_day.isoformat(),
            "left": self.left,
            "state": self.state,
            "provisional": self.provisional,
            "zh": limit.zh,
            "en": limit.en,
            "source": limit.source,
        }


def limits_of(rows: Iterable[Mapping[str, str]]) -> tuple[Limit, ...]:
    """The table out of its rows. Raises ValueError and KeyError for a row that says no limit."""
    units: tuple[Unit, ...] = ("day", "workday", "month", "year")
    made = []
    for row in rows:
        unit = next((one for one in units if one == row["unit"]), None)
        if unit is None:
            raise ValueError(f"{row['code']}: the unit {row['unit']!r} is none of {units}")
        categories = tuple(filter(None, row["categories"].split("|")))
        made.append(Limit(row["code"], row["event"], int(row["amount"]), unit, row["source"], row["zh"], row["en"], categories))
    return tuple(made)


def last_day(table: DayTable, start: date, amount: int, unit: Unit) -> tuple[date, bool]:
    """(last day of the term, whether a year without a table was met). Raises OverflowError beyond the year 9999.

    >>> last_day(DayTable(), date(2026, 8, 31), 6, "month")  # 2027-02-28 is a Sunday
    (datetime.date(2027, 3, 1), True)
    """
    if amount == 0:
        return start, False
    if unit == "workday":
        counted = add_working_days(table, start, amount)
        return counted.date, counted.provisional
    months = amount * {"day": 0, "month": 1, "year": 12}[unit]
    end = _months_on(start, months) if months else start + timedelta(days=amount)
    rolled = next_working_day(table, end)
    return rolled.date, rolled.provisional


def _months_on(start: date, months: int) -> date:
    """The same day of the month, or the month's last (Civil Code 202)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > 9999:
        raise OverflowError("beyond the calendar")
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def check(
    key_dates: Iterable[Mapping[str, str]],
    category: str,
    limits: Iterable[Limit],
    table: DayTable,
    today: date,
    *,
    urgent_days: int = URGENT_DAYS,
    near_days: int = NEAR_DAYS,
) -> list[Checked]:
    """Every date that was typed, by every limit that follows from its event in such a matter; what ends first stands first.
    While no category is ticked all limits of the event are shown. Half-typed dates are left out."""
    known = tuple(limits)
    found = []
    for entry in key_dates:
        start = parse_date(entry.get("date", ""))
        if start is None:
            continue
        for limit in known:
            if limit.event != entry.get("event") or not _concerns(limit, category):
                continue
            try:
                end, provisional = last_day(table, start, limit.amount, limit.unit)
            except (OverflowError, ValueError):
                continue  # the year 9999: a slip of the pen, no limit
            left = (end - today).days
            found.append(Checked(limit, start, end, left, _state(left, urgent_days, near_days), provisional))
    return sorted(found, key=lambda one: (one.left < 0, one.last_day, one.limit.code))


def parse_date(text: object) -> date | None:
    """`2026-11-22`, or None."""
    try:
        return date.fromisoformat(str(text)) if len(str(text)) == 10 else None
    except ValueError:
        return None


def _concerns(limit: Limit, category: str) -> bool:
    return not category or not limit.categories or any(category.startswith(prefix) for prefix in limit.categories)


def _state(left: int, urgent_days: int, near_days: int) -> State:
    if left < 0:
        return "past"
    if left < urgent_days:
        return "urgent"
    return "near" if left < near_days else "open"
