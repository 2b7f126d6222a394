"""The duty roster: a week at a glance with the hours nobody covers, duties, and requests to change them. All audited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from hotline.api.ask import reload
from hotline.api.context import Context
from hotline.api.guard import need
from hotline.api.names import Names
from hotline.api.people import Person
from hotline.api.routers.pool import Minute, Shared, note, one
from hotline.api.shapes import MOST_INT, Done, Id, Page, Shape
from hotline.core.errors import Forbidden, Missing
from hotline.core.rosters import gaps, minutes_on
from hotline.core.rosters.changes import parse_day
from hotline.core.rosters.spans import DAY
from hotline.core.sheets.columns import minutes
from hotline.store import audit
from hotline.store.models import Account, Expert, RosterRequest, RosterShift
from hotline.store.repositories import experts, rosters

router = APIRouter(prefix="/api/roster", tags=["roster"])
Manager = Annotated[Person, Depends(need("roster.manage"))]
Asker = Annotated[Person, Depends(need("roster.request"))]
ShiftId = Annotated[int, Path(ge=1, le=MOST_INT)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Span(Shape):
    """Minutes since the day's midnight; `end` may be 1440."""

    start: int
    end: int


class ShiftRow(Shape):
    """A duty as written: every week, or on one day."""

    id: int
    weekday: int | None
    date: str | None
    from_minute: int
    to_minute: int


class RosterRow(Shape):
    """One expert's week: what they are on duty for (`days`, one list a day), and the duties as written."""

    id: str
    name: str
    kind: str
    firm: str
    skills: list[str]
    bar: str
    days: list[list[Span]]
    shifts: list[ShiftRow]


class RosterWeek(Shape):
    """`gaps` are the minutes of each day between `cover_from` and `cover_to` in which nobody is on duty who may be called."""

    first: str
    cover_from: int
    cover_to: int
    working: list[bool]
    provisional: bool
    experts: list[RosterRow]
    gaps: list[list[Span]]


class WeeklyShift(BaseModel):
    """0 is Monday; an end at or before the start runs past midnight."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    from_minute: Minute
    to_minute: Minute


class WeeklyRequest(BaseModel):
    """All weekly duties of an expert."""

    shifts: Annotated[list[WeeklyShift], Field(max_length=50)]


class DatedRequest(BaseModel):
    """One duty on one day."""

    date: Day
    from_minute: Minute
    to_minute: Minute


class ChangeRequest(BaseModel):
    """What is asked for. For a swap `other_date`, `other_from` and `other_to` are the duty taken in return."""

    kind: Literal["swap", "substitute", "absence"]
    expert_id: Annotated[str, Field(max_length=64)]
    date: Day
    from_minute: Minute
    to_minute: Minute
    other_id: Annotated[str, Field(max_length=64)] | None = None
    other_date: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    other_from: Minute = 0
    other_to: Minute = 0
    reason: Annotated[str, Field(max_length=500)] = ""


class DecisionRequest(BaseModel):
    """A word with the decision."""

    note: Annotated[str, Field(max_length=200)] = ""


class RequestRow(Shape):
    """A request with the names of the two."""

    id: str
    kind: str
    expert_id: str
    expert_name: str | None = None
    date: str
    from_minute: int
    to_minute: int
    other_id: str | None
    other_name: str | None = None
    other_date: str
    other_from: int
    other_to: int
    reason: str
    late: bool
    provisional: bool
    state: str
    created_at: float
    decision: str


@router.get("")
def week(
    person: Annotated[Person, Depends(need("roster.read"))],
    context: Shared,
    first: Annotated[str, Query(alias="from", pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
    days: Annotated[int, Query(ge=1, le=31)] = 7,
) -> RosterWeek:
    """So many days from `from` on; without it, this week from Monday."""
    now = time.time()
    today = datetime.fromtimestamp(now, experts.ZONE).date()
    start = parse_day(first) if first else today - timedelta(days=today.weekday())
    cover = context.settings.roster
    window = (minutes(cover.cover_from) or 0, minutes(cover.cover_to) or DAY)
    with context.store.read() as session:
        rows = [_row(item, start, days, now) for item in experts.all_experts(session)]
        calendar = rosters.official_days(session)
    working, provisional = [], False
    for offset in range(days):
        day = start + timedelta(days=offset)
        counted, unsure = calendar.between(day - timedelta(days=1), day)
        working.append(counted > 0)
        provisional |= unsure
    callable_ = [row for row in rows if row.bar not in ("red_card", "suspended")]
    open_ = [gaps([[(span.start, span.end) for span in row.days[day]] for row in callable_], window) for day in range(days)]
    return RosterWeek(
        first=start.isoformat(),
        cover_from=window[0],
        cover_to=window[1],
        working=working,
        provisional=provisional,
        experts=rows,
        gaps=[[Span(start=first_, end=last) for first_, last in items] for items in open_],
    )


def _row(item: Expert, start: date, days: int, now: float) -> RosterRow:
    found = experts.day_spans(item, start, days)
    by_day = []
    for day in range(days):
        window = (day * DAY + item.hours_from, day * DAY + item.hours_to)
        by_day.append([Span(start=first - day * DAY, end=last - day * DAY) for first, last in minutes_on(found, window)])
    midnight = datetime.fromtimestamp(now, experts.ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    seen = experts.for_routing(item, midnight)
    bar = "red_card" if seen.red_card else "suspended" if seen.is_suspended(now) else ""
    shifts = sorted(item.shifts, key=lambda shift: (shift.date or "", shift.weekday or 0, shift.from_minute))
    return RosterRow(
        id=item.id,
        name=item.name,
        kind=item.kind,
        firm=item.firm,
        skills=item.skills,
        bar=bar,
        days=by_day,
        shifts=[ShiftRow.model_validate(shift) for shift in shifts],
    )


async def _change(context: Context, work: Callable[[Session], Any]) -> Any:
    def run() -> Any:
        with context.store.write() as session:
            return work(session)

    answer = await asyncio.to_thread(run)
    await reload(context)
    return answer


@router.put("/experts/{expert_id}/weekly")
async def set_weekly(expert_id: Id, wanted: WeeklyRequest, person: Manager, context: Shared) -> Done:
    """Replace the weekly duties of an expert."""

    def work(session: Session) -> None:
        shifts = [(item.weekday, item.from_minute, item.to_minute) for item in wanted.shifts]
        rosters.set_weekly(session, one(session, expert_id), shifts)
        note(session, person, "roster.weekly_set", expert_id, {"shifts": [list(item) for item in shifts]})

    await _change(context, work)
    return Done()


@router.post("/experts/{expert_id}/shifts")
async def add_shift(expert_id: Id, wanted: DatedRequest, person: Manager, context: Shared) -> ShiftRow:
    """A duty on one day."""

    def work(session: Session) -> ShiftRow:
        row = rosters.add_dated(session, one(session, expert_id), wanted.date, wanted.from_minute, wanted.to_minute)
        note(session, person, "roster.shift_added", expert_id, wanted.model_dump())
        return ShiftRow.model_validate(row)

    answer: ShiftRow = await _change(context, work)
    return answer


@router.post("/shifts/{shift_id}/remove")
async def remove_shift(shift_id: ShiftId, person: Manager, context: Shared) -> Done:
    """Take a duty out, weekly or dated."""

    def work(session: Session) -> None:
        row = session.get(RosterShift, shift_id)
        if row is None:
            raise Missing("roster.missing")
        data = {"weekday": row.weekday, "date": row.date, "from": row.from_minute, "to": row.to_minute}
        session.delete(row)
        session.flush()
        note(session, person, "roster.shift_removed", row.expert_id, data)

    await _change(context, work)
    return Done()


@router.get("/requests")
def list_requests(person: Asker, context: Shared) -> Page[RequestRow]:
    """Requests, newest first; an expert sees those they have a part in."""
    with context.store.read() as session:
        own = _own_expert(session, person)
        found = rosters.requests(session, expert_id=own)
        return Page(items=_named(session, found))


@router.post("/requests")
async def ask(wanted: ChangeRequest, person: Asker, context: Shared) -> RequestRow:
    """Ask for a swap, a substitute, or tell an absence. Told in time and needing nobody else, it is in force at once."""

    def work(session: Session) -> RequestRow:
        own = _own_expert(session, person)
        if own and own != wanted.expert_id:
            raise Forbidden("auth.forbidden")
        asked = rosters.Asked(
            kind=wanted.kind,
            expert=one(session, wanted.expert_id),
            date=wanted.date,
            from_minute=wanted.from_minute,
            to_minute=wanted.to_minute,
            other=one(session, wanted.other_id) if wanted.other_id else None,
            other_date=wanted.other_date,
            other_from=wanted.other_from,
            other_to=wanted.other_to,
            reason=wanted.reason.strip(),
        )
        needed = context.settings.roster.notice_working_days
        row = rosters.ask(session, asked, by=person.user_id, now=time.time(), needed=needed)
        _log(session, person, row, "asked")
        return _named(session, [row])[0]

    answer: RequestRow = await _change(context, work)
    return answer


@router.post("/requests/{request_id}/{what}")
async def answer(
    request_id: Id,
    what: Literal["agree", "approve", "decline", "cancel"],
    wanted: DecisionRequest,
    person: Asker,
    context: Shared,
) -> RequestRow:
    """`agree`: the other expert says yes (a supervisor may note it for them); `approve` and `decline`: a supervisor; `cancel`:
    whoever asked, or a supervisor."""

    def work(session: Session) -> RequestRow:
        row, own = rosters.get(session, request_id), _own_expert(session, person)
        if own and not ((what == "agree" and own == row.other_id) or (what == "cancel" and own == row.expert_id)):
            raise Forbidden("auth.forbidden")
        done = {"agree": "agreed", "approve": "approved", "decline": "declined", "cancel": "cancelled"}[what]
        rosters.answer(session, row, done, by=person.user_id, now=time.time(), decision=wanted.note.strip())
        _log(session, person, row, done)
        return _named(session, [row])[0]

    result: RequestRow = await _change(context, work)
    return result


def _own_expert(session: Session, person: Person) -> str:
    """The expert who is asking; `` for supervisors. Raises Forbidden for an expert's account without an expert."""
    if person.may("roster.manage"):
        return ""
    account = session.get(Account, person.user_id)
    if account is None or not account.expert_id:
        raise Forbidden("auth.forbidden")
    return account.expert_id


def _log(session: Session, person: Person, row: RosterRequest, what: str) -> None:
    data = {"request": row.id, "kind": row.kind, "state": row.state, "late": row.late, "other": row.other_id, "date": row.date}
    audit.append(
        session,
        at=time.time(),
        actor=person.user_id,
        action=f"roster.request_{what}",
        object=f"experts/{row.expert_id}",
        data=data,
    )


def _named(session: Session, found: Any) -> list[RequestRow]:
    names = Names(session, experts=[key for row in found for key in (row.expert_id, row.other_id)])
    return [
        RequestRow.model_validate(row).model_copy(
            update={"expert_name": names.of("expert", row.expert_id), "other_name": names.of("expert", row.other_id)}
        )
        for row in found
    ]
