"""Calendars, year tables and lines: from rows to the pure rules of :mod:`hotline.core.calendars`, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, delete, select, true
from sqlalchemy.orm import Session

from hotline.core import calendars as core
from hotline.core.calendars.days import Row
from hotline.core.calendars.hours import Spans, Week
from hotline.core.calendars.timetable import Timetable, lay_out, make
from hotline.core.calendars.yeartables import read, years
from hotline.core.errors import Invalid, Missing
from hotline.store.models import HOLIDAY_RULES, Calendar, CalendarDay, Line, SpecialDay

MOST_SPANS: Final = 4
"""Hours of one day: more stretches than this are a slip."""
_NAMES: Final = {"5x8": "工作日 8:30–17:30", "7x12": "每天 8:30–20:30", "7x24": "全天 24 小时"}


@cache
def shipped() -> tuple[Row, ...]:
    """The year tables that come with the program."""
    rows, bad = read((files("hotline.store") / "data" / "workdays.csv").read_text("utf-8"))
    if bad:
        raise ValueError("; ".join(item.show() for item in bad))
    return tuple(rows)


def day_rows(session: Session) -> list[Row]:
    """Every known day: shipped years, but for those that were imported."""
    found = [
        Row(
            date.fromisoformat(row.date),
            date.fromisoformat(row.date),
            "off" if row.kind == "off" else "work",
            row.name,
            row.region_code,
        )
        for row in session.scalars(select(CalendarDay))
    ]
    replaced = {row.first.year for row in found if not row.region}
    return [row for row in shipped() if row.first.year not in replaced] + found


def known_years(session: Session) -> frozenset[int]:
    """The years with a national table."""
    return core.DayTable.of(day_rows(session)).years


def imported_years(session: Session) -> frozenset[int]:
    """The years whose national table was imported here."""
    dates = session.scalars(select(CalendarDay.date).where(CalendarDay.region_code == ""))
    return frozenset(int(day[:4]) for day in dates)


def import_days(session: Session, rows: Sequence[Row], *, source: str, now: float) -> tuple[int, ...]:
    """Put year tables in; what was there for the same years and regions goes. Returns the years."""
    for region in {row.region for row in rows}:
        for year in years([row for row in rows if row.region == region]):
            session.execute(
                delete(CalendarDay).where(CalendarDay.region_code == region, CalendarDay.date.startswith(f"{year}-"))
            )
    for row in rows:
        for day in row.days():
            values = {"kind": row.kind, "name": row.name, "source": source[:200], "imported_at": now}
            session.add(CalendarDay(region_code=row.region, date=day.isoformat(), **values))
    session.flush()
    return years(rows)


def calendars(session: Session) -> dict[str, core.Calendar]:
    """All calendars, ready to be asked."""
    return _calendars(session, true())


def _calendars(session: Session, which: ColumnElement[bool]) -> dict[str, core.Calendar]:
    rows = day_rows(session)
    special: dict[str, dict[date, core.Special]] = {}
    for day in session.scalars(select(SpecialDay)):
        by_hand = core.Special(_spans(day.hours), day.reason)
        special.setdefault(day.calendar_id, {})[date.fromisoformat(day.date)] = by_hand
    return {
        item.id: core.Calendar(
            id=item.id,
            name=item.name,
            tier=item.tier,
            weekly=cast(Week, tuple(_spans(day) for day in item.weekly)),
            holidays=cast(Any, item.holidays),
            holiday_hours=_spans(item.holiday_hours),
            table=core.DayTable.of(rows, region=item.region_code),
            special=special.get(item.id, {}),
        )
        for item in session.scalars(select(Calendar).where(which).order_by(Calendar.id))
    }


def lines(session: Session) -> Sequence[Line]:
    """All lines; the main one first."""
    return session.scalars(select(Line).order_by(Line.position, Line.number)).all()


def line(session: Session, number: str) -> Line | None:
    """The line of a called number, or None."""
    return session.get(Line, number)


def of_line(session: Session, number: str) -> core.Calendar | None:
    """The calendar of a called number; None for a number without a line."""
    row = line(session, number)
    return _calendars(session, Calendar.id == row.calendar_id).get(row.calendar_id) if row is not None else None


def timetable(session: Session, now: float) -> Timetable:
    """The next days of every line."""
    found = calendars(session)
    return make(
        [
            lay_out(
                row.number,
                found[row.calendar_id],
                now,
                name=row.name,
                flow=row.flow,
                language=row.language,
                queue=row.queue,
                region=row.region_code,
            )
            for row in lines(session)
        ],
        now,
        known_years(session),
    )


def seed(session: Session, now: float) -> int:
    """The calendars of the usual tiers, where there is no calendar at all yet; how many were added."""
    if session.scalars(select(Calendar.id).limit(1)).first() is not None:
        return 0
    for code in core.TIERS:
        put_calendar(session, tier_id(code), now=now, name=_NAMES[code], tier=code)
    return len(core.TIERS)


def tier_id(code: str) -> str:
    """Id of the calendar that is made for a tier."""
    return f"cal_{code}"


def put_calendar(session: Session, calendar_id: str, *, now: float, name: str, tier: str = "", **values: Any) -> Calendar:
    """Make or change a calendar. `tier` fills in what `values` (`weekly`, `holidays`, `holiday_hours`) leave out.

    Raises Invalid: `calendar.tier`, `calendar.hours`, `calendar.holidays`.
    """
    preset = core.TIERS.get(tier)
    if tier and preset is None:
        raise Invalid("calendar.tier", tiers=sorted(core.TIERS))
    weekly = values.get("weekly") or (preset.weekly if preset else None)
    if weekly is None or len(weekly) != 7:
        raise Invalid("calendar.hours", field="weekly")
    holidays = values.get("holidays") or (preset.holidays if preset else "closed")
    if holidays not in HOLIDAY_RULES:
        raise Invalid("calendar.holidays")
    checked = [checked_hours(day, f"weekly.{index}") for index, day in enumerate(weekly)]
    holiday_hours = checked_hours(values.get("holiday_hours") or [], "holiday_hours")
    row = session.get(Calendar, calendar_id)
    if row is None:
        row = Calendar(id=calendar_id)
        session.add(row)
    row.name, row.tier, row.weekly = name, tier, checked
    row.holidays, row.holiday_hours = holidays, holiday_hours
    row.region_code = str(values.get("region_code") or "")
    row.updated_at = now
    session.flush()
    return row


def put_line(session: Session, number: str, *, now: float, **values: Any) -> Line:
    """Make or change a line. Raises Missing `calendar.missing`."""
    if session.get(Calendar, values["calendar_id"]) is None:
        raise Missing("calendar.missing")
    row = session.get(Line, number)
    if row is None:
        row = Line(number=number)
        session.add(row)
    for key, value in values.items():
        setattr(row, key, value)
    row.updated_at = now
    session.flush()
    return row


def put_special(
    session: Session, calendar_id: str, when: date, hours: Sequence[Sequence[int]], *, reason: str, actor: str, now: float
) -> SpecialDay:
    """Open or close one day by hand. Raises Missing `calendar.missing`, Invalid `calendar.hours`."""
    if session.get(Calendar, calendar_id) is None:
        raise Missing("calendar.missing")
    checked = checked_hours(hours, "hours")
    row = session.get(SpecialDay, (calendar_id, when.isoformat()))
    if row is None:
        row = SpecialDay(calendar_id=calendar_id, date=when.isoformat())
        session.add(row)
    row.hours, row.reason, row.actor, row.at = checked, reason, actor, now
    session.flush()
    return row


def checked_hours(raw: Iterable[Sequence[int]], field: str) -> list[list[int]]:
    """The hours of one day, sorted. Raises Invalid `calendar.hours` for what cannot be a day: outside 0–1440, overlapping,
    or more than four stretches."""
    spans = sorted([int(start), int(end)] for start, end in raw)
    good = len(spans) <= MOST_SPANS and all(0 <= start < 1440 and 0 <= end <= 1440 for start, end in spans)
    # Only the last may run past midnight; the others end before the next begins.
    for place, (start, end) in enumerate(spans):
        last = place == len(spans) - 1
        good &= (end > start or last) and (last or end <= spans[place + 1][0])
    if not good:
        raise Invalid("calendar.hours", field=field)
    return spans


def special_days(session: Session, calendar_id: str) -> Sequence[SpecialDay]:
    """The days of a calendar that were set by hand, in order."""
    return session.scalars(select(SpecialDay).where(SpecialDay.calendar_id == calendar_id).order_by(SpecialDay.date)).all()


def _spans(raw: Iterable[Sequence[int]]) -> Spans:
    return tuple((int(start), int(end)) for start, end in raw)


def summary(rows: Sequence[Row]) -> Mapping[int, tuple[int, int]]:
    """Year → (days off, days worked), for the person who has just imported a file."""
    found: dict[int, tuple[int, int]] = {}
    for row in rows:
        off, work = found.get(row.first.year, (0, 0))
        days = (row.last - row.first).days + 1
        found[row.first.year] = (off + days, work) if row.kind == "off" else (off, work + days)
    return found
