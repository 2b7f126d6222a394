"""Which days are worked: the State Council's yearly table of holidays and make-up days, weekends otherwise.

A year without a table is answered all the same, as if nothing but weekends were off, and marked *provisional*: whoever
stored what follows from it must work it out again when the table arrives. The last days of December belong to the
next year's notice as much as to this year's (a New Year's holiday may begin before it), so they are provisional until
that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")
"""All of China has one time, without a summer time."""
LATE_DECEMBER: Final = 28
"""From this day of December on the next year's notice may change the table (it did in 2022: 31 December was off)."""
EARLIEST, LATEST = 2000, 2100
"""Years that somebody may mean; any other is a slip of the pen, and counting up to it would take its time."""

Mark = Literal["off", "work"]
Kind = Literal["workday", "weekend", "holiday", "makeup"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a year table: from `first` to `last` (both included) the days are `off`, or worked (`work`: make-up days).
    `region` empty: everywhere; else the division code of the area that has these days besides the national ones
    (ethnic areas may add holidays: 全国年节及纪念日放假办法, article 4)."""

    first: date
    last: date
    kind: Mark
    name: str = ""
    region: str = ""

    def days(self) -> Iterator[date]:
        """Each of its days."""
        for offset in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=offset)


@dataclass(frozen=True, slots=True)
class Day:
    """What kind of day it is. `name`: of the holiday, where the table gives one. `provisional`: no table says so."""

    date: date
    kind: Kind
    name: str = ""
    provisional: bool = False

    @property
    def working(self) -> bool:
        """Whether offices work on it."""
        return self.kind in ("workday", "makeup")


@dataclass(frozen=True, slots=True)
class DayTable:
    """The marked days of the years that are known. Any date can be asked; nothing raises."""

    years: frozenset[int] = frozenset()
    marks: Mapping[date, tuple[Mark, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Row], *, region: str = "") -> DayTable:
        """The table of one area: national rows first, then those of `region` and the divisions above it, the narrower
        over the wider. A year counts as known when it has a national row."""
        used = [row for row in rows if not row.region or (region and region.startswith(_stem(row.region)))]
        marks: dict[date, tuple[Mark, str]] = {}
        years: set[int] = set()
        for row in sorted(used, key=lambda item: len(_stem(item.region))):
            for day in row.days():
                marks[day] = (row.kind, row.name)
                if not row.region:
                    years.add(day.year)
        return cls(frozenset(years), marks)

    def day(self, when: date) -> Day:
        """What kind of day `when` is."""
        mark, name = self.marks.get(when, (None, ""))
        weekend = when.weekday() >= 5
        kind: Kind
        if mark == "off":
            kind = "holiday"
        elif mark == "work":
            kind = "makeup" if weekend else "workday"
        else:
            kind = "weekend" if weekend else "workday"
        return Day(when, kind, name, provisional=mark is None and self._unsure(when))

    def working(self, when: date) -> bool:
        """Whether offices work on `when`."""
        return self.day(when).working

    def _unsure(self, when: date) -> bool:
        if when.year not in self.years:
            return True
        return when.month == 12 and when.day >= LATE_DECEMBER and when.year + 1 not in self.years


def read_day(text: str) -> date:
    """A day as typed or sent, `2027-01-01`. Raises ValueError for none, and outside :data:`EARLIEST` to :data:`LATEST`."""
    day = date.fromisoformat(text)
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError("not a likely year")
    return day


def local_date(at: float) -> date:
    """The date in China at Unix time `at`."""
    return datetime.fromtimestamp(at, ZONE).date()


def midnight(when: date) -> float:
    """Unix time at which the day begins in China."""
    return datetime(when.year, when.month, when.day, tzinfo=ZONE).timestamp()


def missing_year(known: Iterable[int], today: date) -> int | None:
    """The year whose table should be there by now and is not: this one, or from November (the notice comes in autumn) the
    next one. None when all is well."""
    years = set(known)
    wanted = [today.year, *([today.year + 1] if today.month >= 11 else [])]
    return next((year for year in wanted if year not in years), None)


def _stem(code: str) -> str:
    """A division code without the zeros that only fill it up: 150000 → 15, so that it is a prefix of what lies in it."""
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code
