"""The work list: what is owed to callers after the work itself: taken, called, answered, or given up after enough tries."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.people import Person
from hotline.api.routers.tasks import call_task
from hotline.api.routers.tickets import seen_by
from hotline.api.shapes import MOST_INT, Limit, Page, Version
from hotline.api.ticket_sight import actor
from hotline.api.ticket_task_rows import TaskDetail, TaskRow, detail, rows
from hotline.core.errors import Forbidden, Invalid, Missing, Rejected
from hotline.core.tickets import ACTS, Standing, standing_of
from hotline.core.tickets.followups import TASKS
from hotline.core.tickets.needs import checked
from hotline.store import audit
from hotline.store.models import Ticket, TicketClock, TicketTask
from hotline.store.repositories import centres, ticket_dials, ticket_tasks
from hotline.store.repositories.ticket_acts import House, seen

router = APIRouter(prefix="/api/ticket-tasks", tags=["ticket tasks"])

Reader = Annotated[Person, Depends(need("tickets.read"))]
Doer = Annotated[Person, Depends(need("tickets.act"))]
Shared = Annotated[Context, Depends(current)]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=48, pattern=r"^[A-Za-z0-9_\-]*$")]
TaskId = Annotated[int, Path(ge=1, le=MOST_INT)]
View = Literal["due", "overdue", "later", "mine", "done"]
Kind = Literal["", "tell", "follow_up", "quality", "rectify", "report"]


class Counts(BaseModel):
    """How much is open, and how much of it late, by kind."""

    open: dict[str, int]
    overdue: dict[str, int]
    mine: int


class DoneRequest(BaseModel):
    """`given`: what the task's act asks for (`needs` of the task). `version`: of the ticket as it was seen."""

    version: Version = 0
    given: dict[str, Any] = {}


class TryRequest(BaseModel):
    """Nobody was reached. `outcome`: of `follow_up_outcomes`."""

    outcome: Annotated[str, Field(min_length=1, max_length=32)]
    why: Annotated[str, Field(max_length=1000)] = ""


class CallAnswer(BaseModel):
    """Your phone rings next."""

    call_id: str


def own_ids(person: Person) -> list[str]:
    """Under which ids something can be about this person."""
    return [one for one in (person.user_id, person.agent_id) if one]


def mine_to_see(session: Session, person: Person) -> ColumnElement[bool]:
    """Tasks of tickets this person sees; of calls without one, supervisors those that are not about themselves."""
    of_ticket = and_(TicketTask.number.is_not(None), seen_by(session, person))
    if person.role != "supervisor":
        return of_ticket
    return or_(of_ticket, and_(TicketTask.number.is_(None), TicketTask.about_id.not_in(own_ids(person))))


DUE: Any = func.coalesce(TicketClock.due_at, TicketTask.due_at, TicketTask.created_at)


def _select(session: Session, person: Person, *columns: Any) -> Any:
    query = select(*columns).select_from(TicketTask).outerjoin(Ticket, Ticket.number == TicketTask.number)
    return query.outerjoin(TicketClock, TicketClock.id == TicketTask.clock_id).where(mine_to_see(session, person))


def _view(view: View, person: Person, now: float, spacing: float) -> ColumnElement[bool]:
    opened = TicketTask.state == "open"
    rests = and_(TicketTask.tried_at.is_not(None), TicketTask.tried_at > now - spacing)
    conditions: dict[str, Any] = {
        "due": and_(opened, or_(TicketTask.tried_at.is_(None), TicketTask.tried_at <= now - spacing)),
        "overdue": and_(opened, now > DUE),
        "later": and_(opened, rests),
        "mine": and_(opened, TicketTask.claimed_by == person.user_id),
        "done": TicketTask.state != "open",
    }
    found: ColumnElement[bool] = conditions[view]
    return found


@router.get("")
def list_tasks(
    person: Reader,
    context: Shared,
    view: Annotated[View, Query()] = "due",
    kind: Annotated[Kind, Query()] = "",
    limit: Limit = 50,
    before: Annotated[int, Query(ge=0, le=MOST_INT)] = 0,
) -> Page[TaskRow]:
    """What is owed, the first to end first; what is done, the newest first."""
    now, figures = time.time(), context.settings.tickets
    late = view == "done"
    with context.store.read() as session:
        query = _select(session, person, TicketTask, DUE).where(_view(view, person, now, figures.follow_up_spacing_seconds))
        query = query.where(TicketTask.kind == kind if kind else true())
        order: Any = func.coalesce(TicketTask.done_at, 0.0) if late else DUE
        if before:
            last = session.execute(_select(session, person, order).where(TicketTask.id == before)).scalar()
            if last is None:
                raise Invalid("request.invalid", fields={"query.before": "unknown"})
            pair = tuple_(order, TicketTask.id)
            query = query.where(pair < (last, before) if late else pair > (last, before))
        query = query.order_by(order.desc(), TicketTask.id.desc()) if late else query.order_by(order, TicketTask.id)
        found = session.execute(query.limit(limit + 1)).all()
        items = rows(session, [(task, due) for task, due in found[:limit]], person, figures, now)
        return Page(items=items, next=str(items[-1].id) if len(found) > limit else None)


@router.get("/counts")
def counts(person: Reader, context: Shared) -> Counts:
    """For the tabs: what this person can see of it."""
    now = time.time()
    with context.store.read() as session:
        query = _select(session, person, TicketTask.kind, func.count()).where(TicketTask.state == "open")
        query = query.group_by(TicketTask.kind)
        opened = {str(kind): int(count) for kind, count in session.execute(query)}
        late = {str(kind): int(count) for kind, count in session.execute(query.where(now > DUE))}
        own = _select(session, person, func.count()).where(TicketTask.state == "open", TicketTask.claimed_by == person.user_id)
        return Counts(open=opened, overdue=late, mine=session.scalar(own) or 0)


def _find(session: Session, person: Person, owed_id: int) -> TicketTask:
    row = session.scalar(_select(session, person, TicketTask).where(TicketTask.id == owed_id))
    if row is None:
        raise Missing("ticket_task.missing")
    assert isinstance(row, TicketTask)
    return row


def _free(row: TicketTask, person: Person, now: float, hold: float) -> None:
    if row.state != "open":
        raise Rejected("ticket_task.over")
    if ticket_tasks.held(row, now, hold) not in ("", person.user_id):
        raise Rejected("ticket_task.claimed")


@router.get("/{owed_id}")
def read_task(owed_id: TaskId, person: Reader, context: Shared) -> TaskDetail:
    """One task: what must be said with it, the words of the call, and how the person may be reached in safety."""
    with context.store.read() as session:
        row = _find(session, person, owed_id)
        return detail(session, row, person, context.settings.tickets, time.time())


def _may(session: Session, person: Person, row: TicketTask) -> None:
    """Raises Forbidden: only whoever may do the task takes it."""
    if row.number is None:
        return
    ticket = session.get_one(Ticket, row.number)
    act = ACTS[TASKS[row.kind].act]
    if "other" in act.who and person.user_id in ticket_tasks.handlers(session, row.number):
        raise Forbidden("ticket.own_work")
    if standing_of(actor(person), seen(ticket), centres.tree(session)).isdisjoint(act.who):
        raise Forbidden("ticket.not_yours", act=act.name)


@router.post("/{owed_id}/claim")
def claim(owed_id: TaskId, person: Doer, context: Shared) -> TaskDetail:
    """Take it: for a while it is nobody else's. 409 `ticket_task.claimed`."""
    now, figures = time.time(), context.settings.tickets
    with context.store.write() as session:
        row = _find(session, person, owed_id)
        session.refresh(row, with_for_update=True)
        _may(session, person, row)
        ticket_tasks.claim(row, person.user_id, now, figures.claim_seconds)
        session.flush()
        return detail(session, row, person, figures, now)


@router.delete("/{owed_id}/claim")
def release(owed_id: TaskId, person: Doer, context: Shared) -> TaskDetail:
    """Somebody else may have it."""
    now, figures = time.time(), context.settings.tickets
    with context.store.write() as session:
        row = _find(session, person, owed_id)
        session.refresh(row, with_for_update=True)
        if row.claimed_by == person.user_id:
            row.claimed_by, row.claimed_at = "", None
        session.flush()
        return detail(session, row, person, figures, now)


@router.post("/{owed_id}/done")
def done(owed_id: TaskId, wanted: DoneRequest, person: Doer, context: Shared, key: Key = "") -> TaskDetail:
    """It is done, with what the act of its kind asks for: an act of the ticket like any other, and part of its story."""
    now, figures = time.time(), context.settings.tickets
    with context.store.write() as session:
        row = _find(session, person, owed_id)
        if row.number is None:
            _rectify(session, row, person, wanted.given, now)
            return detail(session, row, person, figures, now)
        before = row.state
        if before == "open":
            _free(row, person, now, figures.claim_seconds)
        House(session, figures.limits, figures.warn).do(
            row.number,
            TASKS[row.kind].act,
            actor(person),
            wanted.given,
            now=now,
            version=wanted.version or None,
            key=key,
        )
        ticket_dials.close(session, context.settings, row.number, now)
        session.refresh(row)
        return detail(session, row, person, figures, now)


def _rectify(session: Session, row: TicketTask, person: Person, given: dict[str, Any], now: float) -> None:
    session.refresh(row, with_for_update=True)
    if person.role != "supervisor":
        raise Forbidden("ticket.not_yours")
    if row.about_id in own_ids(person):
        raise Forbidden("ticket_task.own")
    values = checked(ACTS[TASKS[row.kind].act], given, Standing())
    ticket_tasks.rectify(session, row, person.user_id, values["cause"], values["fix"], now)
    audit.append(session, at=now, actor=person.user_id, action="rating.rectified", object=f"calls/{row.call_id}")


@router.post("/{owed_id}/tries")
def tried(owed_id: TaskId, wanted: TryRequest, person: Doer, context: Shared, key: Key = "") -> TaskDetail:
    """Nobody was reached. The last try that the rules ask for ends the follow-up. 409 `ticket.try_too_soon`."""
    now, figures = time.time(), context.settings.tickets
    with context.store.write() as session:
        row = _find(session, person, owed_id)
        if row.kind != "follow_up" or row.number is None:
            raise Rejected("ticket_task.not_dialled")
        if row.state == "open":
            _free(row, person, now, figures.claim_seconds)
        number = row.number
        ticket_dials.make_try(
            session, context.settings, number, wanted.outcome, actor(person), now, key=key, why=wanted.why.strip()
        )
        ticket_dials.close(session, context.settings, number, now)
        session.refresh(row)
        return detail(session, row, person, figures, now)


@router.post("/{owed_id}/call")
async def call(owed_id: TaskId, person: Annotated[Person, Depends(need("tasks.call"))], context: Shared) -> CallAnswer:
    """Call the person now: my own phone rings first. The same way as a call back goes: the switch, the caps and the person's
    safe hours hold, and what comes of it counts as a try."""
    seat(person)
    dial_task = await asyncio.to_thread(_dial, context, person, owed_id)
    answer = await call_task(dial_task, person, context)
    return CallAnswer(call_id=answer.call_id)


def _dial(context: Context, person: Person, owed_id: int) -> str:
    now, figures = time.time(), context.settings.tickets
    with context.store.write() as session:
        row = _find(session, person, owed_id)
        session.refresh(row, with_for_update=True)
        _may(session, person, row)
        _free(row, person, now, figures.claim_seconds)
        task = ticket_dials.dial(session, context.secrecy, context.settings, row, now)
        ticket_tasks.claim(row, person.user_id, now, figures.claim_seconds)
        audit.append(
            session,
            at=now,
            actor=person.user_id,
            action="task.made",
            object=f"callback_tasks/{task.id}",
            data={"ticket": row.number, "when": "now"},
        )
        return task.id
