"""Counting a limit day by day, as the law does, and saying so.

* The day of the event is not counted (Civil Code 201); a term of months or years ends on the same date, or the month's
  last day (202); a last day that is a holiday or a weekend moves to the next working day (203); a term in days ends at
  24:00, or at the close of business where there are business hours (203). Hours run from the moment itself (201).
* `workday`: only working days count, make-up weekends among them (Reconsideration Law 88).
* While a ticket is suspended no day counts: neither does the day of resumption, for it is that event's own day.
* A year without a published table is counted as if nothing but weekends were off, and the result is provisional.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal

from hotline.core.calendars.days import ZONE, Day, DayTable, local_date, midnight
from hotline.core.tickets.clocks.limits import Unit

ONE: Final = timedelta(days=1)
FARTHEST_DAYS: Final = 4000
"""Eleven years: longer than any limit; a table of nothing but holidays must not hang a job."""
DAY_MINUTES: Final = 1440
HOUR: Final = 3600.0

Why = Literal["start", "counted", "weekend", "holiday", "paused", "end", "moved", "moment"]
Closes = Callable[[date], int]
"""When business ends on a date: minutes after midnight, 1–1440."""


def at_midnight(_: date) -> int:
    """No business hours: the day ends at 24:00."""
    return DAY_MINUTES


@dataclass(frozen=True, slots=True)
class Term:
    """What is counted. `extra`: units granted on top. `pauses`: (from, to) in Unix seconds, in order; `to` None: it
    still is suspended."""

    amount: int
    unit: Unit
    started_at: float
    extra: int = 0
    pauses: tuple[tuple[float, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One day of the count. `number`: which counted day it is, 0 for one that does not count."""

    date: date
    why: Why
    kind: str
    number: int = 0
    name: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """`due_at`: Unix seconds; None while the ticket is suspended. `provisional`: a year table to come may move it."""

    due_at: float | None
    provisional: bool
    steps: tuple[Step, ...] = field(default=())


def count(term: Term, table: DayTable, closes: Closes = at_midnight) -> Counted:
    """When the term ends, and each day on the way there. Raises ValueError when it does not end within eleven years."""
    if term.amount < 0 or term.extra < 0:
        raise ValueError("a term cannot be negative")
    if any(until is None for _, until in term.pauses) and term.unit != "immediate":
        return Counted(None, False)
    return _UNITS[term.unit](term, table, closes)


def _moment(term: Term, table: DayTable, _: Closes) -> Counted:
    seconds = {"immediate": 0.0, "second": 1.0, "hour": HOUR}[term.unit] * (term.amount + term.extra)
    due = term.started_at + seconds
    if term.unit != "immediate":
        # A pause that begins after the end changes nothing; one within it puts the end off by its length.
        for start, until in term.pauses:
            if start < due and until is not None:
                due += until - max(start, term.started_at)
    first, last = local_date(term.started_at), local_date(due)
    return Counted(due, False, (_step(table.day(first), "start"), _step(table.day(last), "moment")))


def _same_day(term: Term, table: DayTable, closes: Closes) -> Counted:
    """The day itself where business is still open on it, else the next working day."""
    start = local_date(term.started_at)
    today = table.day(start)
    if today.working and term.started_at < _end(start, closes) and not _skipped(term, start):
        return Counted(_end(start, closes), today.provisional, (_step(today, "end"),))
    steps = [_step(today, "start")]
    day = _next(start + ONE, term, table, steps)
    return _finish(steps, day, closes, any(step.provisional for step in steps))


def _working_days(term: Term, table: DayTable, closes: Closes) -> Counted:
    start = local_date(term.started_at)
    steps = [_step(table.day(start), "start")]
    wanted, number, day = term.amount + term.extra, 0, start
    if wanted == 0:
        return _same_day(term, table, closes)
    for _ in range(FARTHEST_DAYS):
        day += ONE
        kind = table.day(day)
        if _skipped(term, day):
            steps.append(_step(kind, "paused"))
        elif not kind.working:
            steps.append(_step(kind, _off(kind)))
        else:
            number += 1
            steps.append(_step(kind, "end" if number == wanted else "counted", number))
            if number == wanted:
                return Counted(_end(day, closes), any(step.provisional for step in steps[1:]), tuple(steps))
    raise ValueError("the term does not end within eleven years")


def _calendar_days(term: Term, table: DayTable, closes: Closes) -> Counted:
    start = local_date(term.started_at)
    steps = [_step(table.day(start), "start")]
    wanted, number, day = term.amount + term.extra, 0, start
    if wanted == 0:
        return _same_day(term, table, closes)
    while number < wanted:
        if (day - start).days > FARTHEST_DAYS:
            raise ValueError("the term does not end within eleven years")
        day += ONE
        if _skipped(term, day):
            steps.append(_step(table.day(day), "paused"))
        else:
            number += 1
            steps.append(_step(table.day(day), "counted", number))
    return _rolled(steps, day, term, table, closes)


def _dates(term: Term, table: DayTable, closes: Closes) -> Counted:
    """Months and years: the same date, or the month's last; then as many days more as it was suspended."""
    start = local_date(term.started_at)
    months = (term.amount + term.extra) * (12 if term.unit == "year" else 1)
    if months == 0:
        return _same_day(term, table, closes)
    steps = [_step(table.day(start), "start")]
    last = _add_months(start, months)
    paused = 0
    day = start
    while day < last + timedelta(days=paused):
        if (day - start).days > FARTHEST_DAYS:
            raise ValueError("the term does not end within eleven years")
        day += ONE
        if _skipped(term, day):
            paused += 1
            steps.append(_step(table.day(day), "paused"))
    last += timedelta(days=paused)
    if steps[-1].date != last:
        steps.append(_step(table.day(last), "counted", 1))
    return _rolled(steps, last, term, table, closes)


_UNITS: Final[dict[str, Callable[[Term, DayTable, Closes], Counted]]] = {
    "second": _moment,
    "hour": _moment,
    "immediate": _moment,
    "same_day": _same_day,
    "workday": _working_days,
    "day": _calendar_days,
    "month": _dates,
    "year": _dates,
}


def _rolled(steps: list[Step], last: date, term: Term, table: DayTable, closes: Closes) -> Counted:
    """The last day, or the next working day when it is none (Civil Code 203)."""
    kind = table.day(last)
    unsure = kind.provisional
    number = steps[-1].number
    if kind.working and not _skipped(term, last):
        steps[-1] = _step(kind, "end", number)
        return Counted(_end(last, closes), unsure, tuple(steps))
    if not kind.working and not _skipped(term, last):
        steps[-1] = _step(kind, "moved", number)
    day = _next(last + ONE, term, table, steps)
    return _finish(steps, day, closes, unsure or any(step.provisional for step in steps if step.date > last))


def _next(day: date, term: Term, table: DayTable, steps: list[Step]) -> date:
    """The first working day from `day` on; what lies before it is noted."""
    for _ in range(FARTHEST_DAYS):
        kind = table.day(day)
        if kind.working and not _skipped(term, day):
            steps.append(_step(kind, "end"))
            return day
        steps.append(_step(kind, "paused" if _skipped(term, day) else _off(kind)))
        day += ONE
    raise ValueError("no working day within eleven years")


def _finish(steps: Sequence[Step], day: date, closes: Closes, unsure: bool) -> Counted:
    return Counted(_end(day, closes), unsure or steps[-1].provisional, tuple(steps))


def _skipped(term: Term, day: date) -> bool:
    """Whether the ticket was suspended on that day: from the day after suspension up to the day of resumption."""
    return any(local_date(start) < day <= local_date(until) for start, until in term.pauses if until is not None)


def _off(day: Day) -> Why:
    return "holiday" if day.kind == "holiday" else "weekend"


def _step(day: Day, why: Why, number: int = 0) -> Step:
    return Step(day.date, why, day.kind, number, day.name, day.provisional)


def _end(day: date, closes: Closes) -> float:
    minutes = closes(day)
    return midnight(day) + 60.0 * (minutes if 0 < minutes <= DAY_MINUTES else DAY_MINUTES)


def _add_months(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def sentences(term: Term, counted: Counted) -> Iterator[tuple[str, str]]:
    """The count in words, Chinese and English, a line a day."""
    for step in counted.steps:
        zh, en = _WORDS[step.why]
        day = f"{step.date:%Y-%m-%d} {'一二三四五六日'[step.date.weekday()]}"
        kind = {"makeup": ("（调休上班）", " (make-up day)")}.get(step.kind, ("", ""))
        name = f"（{step.name}）" if step.name else ""
        unsure = ("（暂定）", " (provisional)") if step.provisional else ("", "")
        number = f"第 {step.number} 天" if step.number else ""
        number_en = f"day {step.number}" if step.number else ""
        line_zh = f"{day} {zh.format(n=number)}{kind[0]}{name}{unsure[0]}".rstrip()
        yield line_zh, f"{step.date:%a %Y-%m-%d} {en.format(n=number_en)}{kind[1]}{unsure[1]}".rstrip()
    if counted.due_at is not None:
        end = datetime.fromtimestamp(counted.due_at, ZONE)
        last = end - timedelta(minutes=1) if end.hour == end.minute == 0 else end
        shown = f"{last:%Y-%m-%d} 24:00" if last != end else f"{end:%Y-%m-%d %H:%M}"
        yield f"到期：{shown}", f"Due: {shown}"
    else:
        yield "已挂起，暂停计时", "Suspended: the clock stands still"


_WORDS: Final[dict[str, tuple[str, str]]] = {
    "start": ("起算当日，不计入", "the day of the event, not counted"),
    "counted": ("{n}", "{n}"),
    "weekend": ("周末，不计", "weekend, not counted"),
    "holiday": ("节假日，不计", "holiday, not counted"),
    "paused": ("挂起期间，不计", "suspended, not counted"),
    "end": ("{n} 到期日", "{n}, the last day"),
    "moved": ("{n}，届满日非工作日，顺延", "{n}, the last day is no working day and moves on"),
    "moment": ("按小时计，到时届满", "counted by the hour, to the moment"),
}
