"""When the lines are open: for the desk's status bar, and for administrators who edit calendars and lines (audited)."""

from __future__ import annotations

import time
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, BackgroundTasks, Depends, Path
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from hotline import logs
from hotline.api import changes, flow_shelf
from hotline.api.ask import ask
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import Done, Id, Shape
from hotline.core import calendars as core
from hotline.core.calendars.days import local_date, missing_year, read_day
from hotline.core.calendars.hours import explain
from hotline.core.errors import Invalid, Missing
from hotline.store.models import Agent, Calendar, Line, SpecialDay
from hotline.store.repositories import calendars

log = logs.get("hotline.api.routers.hours")
router = APIRouter(prefix="/api", tags=["hours"])

Minute = Annotated[int, Field(ge=0, le=1440)]
Hours = Annotated[list[tuple[Minute, Minute]], Field(max_length=4)]
"""[[from, to], …] in minutes after local midnight; a `to` at or below `from` lies on the next day."""
Number = Annotated[str, Path(max_length=32, pattern=r"^[+0-9*#]+$")]


def _likely(day: date) -> date:
    return read_day(day.isoformat())


When = Annotated[date, AfterValidator(_likely), Path(description="2027-01-01")]


class Standing(Shape):
    """How a calendar stands now. `until`: when that changes next, null when not within 60 days; `next_opening`: when it
    opens next, after closing if it is open now. `provisional`: the table of a year is not known yet. Unix seconds."""

    state: Literal["open", "closed", "holiday"]
    until: float | None
    next_opening: float | None
    provisional: bool
    zh: str
    en: str


class SpecialRow(Shape):
    """A day set by hand; without hours it is closed."""

    date: date
    hours: list[tuple[int, int]]
    reason: str
    actor: str
    at: float


class CalendarRow(Shape):
    """Opening hours of one calendar; `weekly` begins on Monday."""

    id: str
    name: str
    tier: str
    weekly: list[list[tuple[int, int]]]
    holidays: str
    holiday_hours: list[tuple[int, int]]
    region_code: str
    updated_at: float
    special: list[SpecialRow]
    now: Standing


class Calendars(BaseModel):
    """`years`: those with a table of holidays. `missing_year`: the one that should be there by now and is not."""

    items: list[CalendarRow]
    years: list[int]
    missing_year: int | None


class LineRow(Shape):
    """A called number. Empty `flow`, `language`, `queue`: as the settings and the flow say."""

    number: str
    name: str
    calendar_id: str
    flow: str
    language: str
    queue: str
    region_code: str
    position: int
    updated_at: float
    now: Standing


class Lines(BaseModel):
    """All lines, the main one first. `mine`: the number whose hours concern the person asking (their queue's line, else
    the main one), null when there is no line at all: then the house never closes."""

    items: list[LineRow]
    mine: str | None
    missing_year: int | None


class CalendarWish(BaseModel):
    """What an administrator wants of a calendar. What is left out is filled in from the `tier`."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    tier: Literal["", "5x8", "7x12", "7x24"] = ""
    weekly: Annotated[list[Hours], Field(min_length=7, max_length=7)] | None = None
    holidays: Literal["closed", "open", "own"] | None = None
    holiday_hours: Hours = []
    region_code: Annotated[str, Field(max_length=12, pattern=r"^[0-9]*$")] = ""


class SpecialWish(BaseModel):
    """The hours of one day, and why it is not as usual."""

    hours: Hours
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100)]


class LineWish(BaseModel):
    """What an administrator wants of a line."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    calendar_id: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
    flow: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9_]*$")] = ""
    language: Annotated[str, Field(max_length=8, pattern=r"^([a-z]{2,3}(-[A-Z]{2})?)?$")] = ""
    queue: Annotated[str, Field(max_length=32, pattern=r"^[A-Za-z0-9_\-]*$")] = ""
    region_code: Annotated[str, Field(max_length=12, pattern=r"^[0-9]*$")] = ""
    position: Annotated[int, Field(ge=0, le=1000)] = 0


def _standing(calendar: core.Calendar, now: float) -> Standing:
    found = core.look(calendar, now)
    zh, en = explain(calendar, now)
    return Standing(
        state=found.state,
        until=found.until,
        next_opening=core.next_opening(calendar, now),
        provisional=found.provisional,
        zh=zh,
        en=en,
    )


@router.get("/calendars")
def list_calendars(
    person: Annotated[Person, Depends(need("hours.read"))], context: Annotated[Context, Depends(current)]
) -> Calendars:
    """Every calendar, with its days set by hand and how it stands now."""
    now = time.time()
    with context.store.read() as session:
        ready = calendars.calendars(session)
        rows = [session.get_one(Calendar, calendar_id) for calendar_id in ready]
        special = {row.id: [_special(day) for day in calendars.special_days(session, row.id)] for row in rows}
        years = calendars.known_years(session)
    items = [
        CalendarRow(
            **{name: getattr(row, name) for name in CalendarRow.model_fields if name not in ("special", "now")},
            special=special[row.id],
            now=_standing(ready[row.id], now),
        )
        for row in rows
    ]
    return Calendars(items=items, years=sorted(years), missing_year=missing_year(years, local_date(now)))


def _special(day: SpecialDay) -> SpecialRow:
    return SpecialRow(date=date.fromisoformat(day.date), hours=day.hours, reason=day.reason, actor=day.actor, at=day.at)


@router.put("/calendars/{calendar_id}")
def put_calendar(
    calendar_id: Id,
    wanted: CalendarWish,
    person: Annotated[Person, Depends(need("hours.write"))],
    context: Annotated[Context, Depends(current)],
    after: BackgroundTasks,
) -> Done:
    """Make or change a calendar. Takes effect with the next call."""
    now = time.time()
    with context.store.write() as session:
        before = _values(session.get(Calendar, calendar_id), _CALENDAR)
        values = wanted.model_dump(exclude={"name", "tier"})
        row = calendars.put_calendar(session, calendar_id, now=now, name=wanted.name, tier=wanted.tier, **values)
        changes.note(session, person, now, "calendar.changed", f"calendars/{calendar_id}", before, _values(row, _CALENDAR))
    after.add_task(_tell_routing, context)
    return Done()


@router.put("/calendars/{calendar_id}/days/{when}")
def put_day(
    calendar_id: Id,
    when: When,
    wanted: SpecialWish,
    person: Annotated[Person, Depends(need("hours.write"))],
    context: Annotated[Context, Depends(current)],
    after: BackgroundTasks,
) -> Done:
    """Open or close one day by hand, with a reason. 404 `calendar.missing`."""
    now = time.time()
    with context.store.write() as session:
        before = _values(session.get(SpecialDay, (calendar_id, when.isoformat())), _DAY)
        row = calendars.put_special(
            session, calendar_id, when, wanted.hours, reason=wanted.reason, actor=person.user_id, now=now
        )
        what, day = f"calendars/{calendar_id}", when.isoformat()
        changes.note(session, person, now, "calendar.day_set", what, before, _values(row, _DAY), date=day)
    after.add_task(_tell_routing, context)
    return Done()


@router.delete("/calendars/{calendar_id}/days/{when}")
def drop_day(
    calendar_id: Id,
    when: When,
    person: Annotated[Person, Depends(need("hours.write"))],
    context: Annotated[Context, Depends(current)],
    after: BackgroundTasks,
) -> Done:
    """The day is as usual again. 404 `calendar.missing` when it was not set by hand."""
    with context.store.write() as session:
        row = session.get(SpecialDay, (calendar_id, when.isoformat()))
        if row is None:
            raise Missing("calendar.missing")
        before, day = _values(row, _DAY), when.isoformat()
        session.delete(row)
        changes.note(session, person, time.time(), "calendar.day_dropped", f"calendars/{calendar_id}", before, date=day)
    after.add_task(_tell_routing, context)
    return Done()


@router.get("/lines")
def list_lines(person: Annotated[Person, Depends(need("hours.read"))], context: Annotated[Context, Depends(current)]) -> Lines:
    """Every line and how it stands now."""
    now = time.time()
    with context.store.read() as session:
        ready = calendars.calendars(session)
        rows = calendars.lines(session)
        agent = session.get(Agent, person.agent_id) if person.agent_id else None
        years = calendars.known_years(session)
    items = [
        LineRow(
            **{name: getattr(row, name) for name in LineRow.model_fields if name != "now"},
            now=_standing(ready[row.calendar_id], now),
        )
        for row in rows
    ]
    own = next((row.number for row in rows if agent and row.queue and row.queue in agent.skills), None)
    mine = own or (rows[0].number if rows else None)
    return Lines(items=items, mine=mine, missing_year=missing_year(years, local_date(now)))


@router.put("/lines/{number}")
def put_line(
    number: Number,
    wanted: LineWish,
    person: Annotated[Person, Depends(need("hours.write"))],
    context: Annotated[Context, Depends(current)],
    after: BackgroundTasks,
) -> Done:
    """Make or change a line. 404 `calendar.missing`, 422 `line.flow`."""
    now = time.time()
    with context.store.write() as session:
        if wanted.flow and wanted.flow not in flow_shelf.names(context.settings, session):
            raise Invalid("line.flow", flow=wanted.flow)
        before = _values(session.get(Line, number), _LINE)
        row = calendars.put_line(session, number, now=now, **wanted.model_dump())
        changes.note(session, person, now, "line.changed", f"lines/{number}", before, _values(row, _LINE))
    after.add_task(_tell_routing, context)
    return Done()


@router.delete("/lines/{number}")
def drop_line(
    number: Number,
    person: Annotated[Person, Depends(need("hours.write"))],
    context: Annotated[Context, Depends(current)],
    after: BackgroundTasks,
) -> Done:
    """Take a line out: the settings decide about its number again. 404 `line.missing`."""
    with context.store.write() as session:
        row = session.get(Line, number)
        if row is None:
            raise Missing("line.missing")
        before = _values(row, _LINE)
        session.delete(row)
        changes.note(session, person, time.time(), "line.dropped", f"lines/{number}", before)
    after.add_task(_tell_routing, context)
    return Done()


_CALENDAR: Final = ("name", "tier", "weekly", "holidays", "holiday_hours", "region_code")
_DAY: Final = ("hours", "reason")
_LINE: Final = ("name", "calendar_id", "flow", "language", "queue", "region_code", "position")


def _values(row: Calendar | SpecialDay | Line | None, names: tuple[str, ...]) -> dict[str, Any]:
    """For the audit trail; empty for what is not there yet."""
    return {name: getattr(row, name) for name in names} if row is not None else {}


async def _tell_routing(context: Context) -> None:
    """The new timetable at once; without this word routing reads it within ten seconds anyway."""
    try:
        await ask(context, "reload", {})
    except Exception as exc:  # the change is stored: nothing about it may fail any more
        log.warning("reload_not_heard", kind=type(exc).__name__)
