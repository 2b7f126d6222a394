"""When a line is open, and why: a weekly pattern, holidays, make-up days, and days opened or closed by hand.

What holds for a date, the first that fits:

1. a special day (opened or closed by hand, with a reason)
2. a holiday of the table: closed, open as that weekday is, or with hours of its own (`holidays`)
3. a make-up day: the hours of an ordinary working day, though it is a weekend
4. the weekly pattern of its weekday
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from hotline.core.calendars.days import DayTable, local_date, midnight

Span = tuple[int, int]
"""(from, to) in minutes after local midnight, 0–1440. A `to` at or below `from` lies on the next day."""
Spans = tuple[Span, ...]
Week = tuple[Spans, Spans, Spans, Spans, Spans, Spans, Spans]

HOLIDAYS: Final = ("closed", "open", "own")
HORIZON_DAYS: Final = 60
"""How far ahead openings and closings are looked for: longer than any holiday."""

Why = Literal["hours", "weekend", "holiday", "special", "makeup"]


@dataclass(frozen=True, slots=True)
class Special:
    """A day set by hand; no `hours`: closed all day."""

    hours: Spans = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The opening hours of a line, Monday first. `holidays`: `closed`, `open` (as the weekday is) or `own`
    (`holiday_hours`)."""

    id: str
    weekly: Week
    table: DayTable = field(default_factory=DayTable)
    name: str = ""
    tier: str = ""
    holidays: Literal["closed", "open", "own"] = "closed"
    holiday_hours: Spans = ()
    special: Mapping[date, Special] = field(default_factory=dict)

    def plan(self, when: date) -> tuple[Spans, Why]:
        """The hours of one date, and which rule gives them."""
        if (by_hand := self.special.get(when)) is not None:
            return by_hand.hours, "special"
        return self._by_kind(self.table.day(when).kind, when)

    def provisional(self, when: date) -> bool:
        """Whether a year table that is not there yet may change the hours of this date."""
        day = self.table.day(when)
        if not day.provisional or when in self.special:
            return False
        return len({self._by_kind(kind, when)[0] for kind in (day.kind, "holiday", "makeup")}) > 1

    def _by_kind(self, kind: str, when: date) -> tuple[Spans, Why]:
        plain = self.weekly[when.weekday()]
        if kind == "holiday":
            hours = {"closed": (), "open": plain, "own": self.holiday_hours}[self.holidays]
            return hours, "holiday"
        if kind == "makeup" and when.weekday() >= 5:
            return next((spans for spans in self.weekly[:5] if spans), ()), "makeup"
        return plain, "weekend" if kind == "weekend" and not plain else "hours"


@dataclass(frozen=True, slots=True)
class Opening:
    """A stretch in which the line is open, Unix seconds; `until` None: it does not close within the horizon."""

    start: float
    until: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a line stands at one moment. `state`: `open`; `holiday` (closed, and the day is one); `closed` (any other
    reason). `until`: when that changes next (closing, or opening), None when not within 60 days. `provisional`: a year
    table that is not there yet may change it. `why` and `name` say which rule of the day's plan holds."""

    state: Literal["open", "closed", "holiday"]
    until: float | None
    why: Why
    name: str
    provisional: bool

    @property
    def open(self) -> bool:
        return self.state == "open"


def openings(calendar: Calendar, first: date, days: int) -> Iterator[Opening]:
    """The stretches that begin on `first` or the `days - 1` dates after it, in order, joined where they touch."""
    start = until = -1.0
    for offset in range(days):
        when = first + timedelta(days=offset)
        base = midnight(when)
        for begin, end in sorted(calendar.plan(when)[0]):
            length = end - begin if end > begin else end - begin + 1440
            opens, closes = base + 60.0 * begin, base + 60.0 * (begin + length)
            if closes <= opens:
                continue
            if opens <= until:
                until = max(until, closes)
                continue
            if until > 0:
                yield Opening(start, until)
            start, until = opens, closes
    if until > 0:
        yield Opening(start, until)


def look(calendar: Calendar, at: float) -> Standing:
    """How the line stands at Unix time `at`. Never raises, whatever the year."""
    today = local_date(at)
    end = midnight(today) + HORIZON_DAYS * 86_400
    here: Opening | None = None
    after: Opening | None = None
    # From yesterday on: hours may run past midnight.
    for stretch in openings(calendar, today - timedelta(days=1), HORIZON_DAYS + 1):
        if stretch.until is not None and stretch.until <= at:
            continue
        if stretch.start <= at:
            here = stretch
        else:
            after = stretch
        break
    hours, why = calendar.plan(today)
    day = calendar.table.day(today)
    name = calendar.special[today].reason if today in calendar.special else day.name
    provisional = calendar.provisional(today)
    if here is not None:
        closes = here.until if here.until is not None and here.until < end else None
        return Standing("open", closes, why if hours else "hours", name, provisional)
    state: Literal["closed", "holiday"] = "holiday" if why == "holiday" else "closed"
    opens = after.start if after is not None else None
    return Standing(state, opens, why, name, provisional or _unsure_until(calendar, today, opens))


def _unsure_until(calendar: Calendar, today: date, opens: float | None) -> bool:
    """Whether a table to come may change when it opens next."""
    if opens is None:
        return False
    return any(calendar.provisional(today + timedelta(days=n)) for n in range((local_date(opens) - today).days + 1))


def is_open(calendar: Calendar, at: float) -> bool:
    """Whether the line is open at Unix time `at`."""
    return look(calendar, at).open


def next_closing(calendar: Calendar, at: float) -> float | None:
    """When the line closes next (Unix time): None while it is closed, and when it stays open for 60 days."""
    standing = look(calendar, at)
    return standing.until if standing.open else None


def next_opening(calendar: Calendar, at: float) -> float | None:
    """When the line opens next, after `at`; while it is open: the opening after its next closing. None when not within
    60 days."""
    standing = look(calendar, at)
    if standing.open:
        return None if standing.until is None else look(calendar, standing.until).until
    return standing.until


def explain(calendar: Calendar, at: float) -> tuple[str, str]:
    """Why the line is open or closed, in a Chinese and an English sentence."""
    standing = look(calendar, at)
    zh, en = _WHY[standing.open, standing.why]
    name = f"（{standing.name}）" if standing.name else ""
    name_en = f" ({standing.name})" if standing.name else ""
    more_zh, more_en = (
        ("；该年节假日安排尚未公布，暂定", "; provisional: the year's table is not known") if standing.provisional else ("", "")
    )
    return f"{zh}{name}{more_zh}", f"{en}{name_en}{more_en}"


_WHY: Final[Mapping[tuple[bool, Why], tuple[str, str]]] = {
    (True, "hours"): ("工作时间内", "within the weekly hours"),
    (True, "weekend"): ("工作时间内", "within the weekly hours"),
    (True, "makeup"): ("调休上班日，按工作日开放", "a make-up day, open like a working day"),
    (True, "holiday"): ("节假日，按安排开放", "a holiday, open as arranged"),
    (True, "special"): ("当日由人工设定开放时间", "hours of this day were set by hand"),
    (False, "hours"): ("不在工作时间内", "outside the weekly hours"),
    (False, "weekend"): ("周末不开放", "closed at weekends"),
    (False, "makeup"): ("调休上班日，不在工作时间内", "a make-up day, outside its hours"),
    (False, "holiday"): ("节假日不开放", "closed on holidays"),
    (False, "special"): ("当日由人工设定，此时不开放", "hours of this day were set by hand: closed now"),
}
