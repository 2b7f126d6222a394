"""Whom we must call: the list, calling by hand, coding what came of it, the answers of a follow-up."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from hotline.api.access import own_calls
from hotline.api.ask import ask
from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.names import Names
from hotline.api.people import Person
from hotline.api.shapes import Before, Id, Limit, Page, Shape
from hotline.api.ticket_sight import actor
from hotline.core.callbacks.model import BY_HAND
from hotline.core.errors import IllegalTransition, Invalid, Missing, Rejected
from hotline.core.routing.events import CallTask
from hotline.store import audit
from hotline.store.models import Call, CallbackTask, CallbackTry
from hotline.store.repositories import callbacks, task_rows, ticket_dials
from hotline.store.repositories.ticket_acts import House

router = APIRouter(prefix="/api", tags=["tasks"])

View = Literal["all", "due", "later", "mine", "done"]
Result = Literal["reached", "no_answer", "busy", "refused", "wrong_number", "not_wanted"]
assert set(Result.__args__) == set(BY_HAND)  # type: ignore[attr-defined]

UNFINISHED: Final = ("open", "calling")
Reader = Annotated[Person, Depends(need("tasks.read"))]
Caller = Annotated[Person, Depends(need("tasks.call"))]
Shared = Annotated[Context, Depends(current)]


class TryRow(BaseModel):
    """One try. `outcome` is empty while it goes on; `coded` is what the agent said came of it."""

    call_id: str
    way: str
    agent_id: str | None
    agent_name: str | None
    started_at: float
    ended_at: float | None
    outcome: str
    coded: str


class TaskRow(Shape):
    """Somebody to be called. `place_at` is since when they have waited, `due_at` not before, `deadline_at` first try until."""

    id: str
    kind: str
    call_id: str
    caller_masked: str
    region_hint: str
    reason: str
    state: str
    queue: str
    priority: int
    calls: int
    tries: int
    created_at: float
    place_at: float
    due_at: float
    deadline_at: float
    expires_at: float
    closed_at: float | None
    result: str
    close_reason: str
    agent_id: str | None
    agent_name: str | None = None
    mine: bool = False
    """May be called by the one who asks: the handler's own follow-up may not."""
    answers: dict[str, Any]
    tries_made: list[TryRow] = Field(default_factory=list)


class CallAnswer(BaseModel):
    """Your phone rings next."""

    call_id: str


class ResultRequest(BaseModel):
    """What came of a try: of the call under way, or of one made on another telephone."""

    result: Result


class AnswersRequest(BaseModel):
    """A follow-up's answers (rules F9: about the matter and about the handler); 1 very content … 5 not at all, 0 not asked."""

    matter: Annotated[int, Field(ge=0, le=5)] = 0
    handler: Annotated[int, Field(ge=0, le=5)] = 0
    text: Annotated[str, Field(max_length=2000)] = ""


def _filter(view: View, state: str, person: Person, now: float) -> ColumnElement[bool]:
    task = CallbackTask
    if state:
        return task.state == state
    return {
        "all": true(),
        "due": or_(task.state == "calling", and_(task.state == "open", task.due_at <= now)),
        "later": and_(task.state == "open", task.due_at > now),
        "mine": and_(task.state.in_(UNFINISHED), task.agent_id == (person.agent_id or "-")),
        "done": task.state.not_in(UNFINISHED),
    }[view]


@router.get("/tasks")
def list_tasks(
    person: Reader,
    context: Shared,
    view: Annotated[View, Query()] = "all",
    state: Annotated[Literal["", "open", "calling", "done", "given_up", "expired", "no_number"], Query()] = "",
    kind: Annotated[Literal["", "call_back", "follow_up", "rating", "village"], Query()] = "",
    limit: Limit = 50,
    before: Before = "",
) -> Page[TaskRow]:
    """Tasks of the whole desk, numbers masked: what is due by place, the rest by time, newest first when done."""
    task, now = CallbackTask, time.time()
    key: Any = task.place_at if view == "due" else task.due_at if view in ("later", "mine") else task.created_at
    ascending = view in ("due", "later", "mine")
    order = (key.asc(), task.id.asc()) if ascending else (key.desc(), task.id.desc())
    query = select(task).where(_filter(view, state, person, now)).order_by(*order).limit(limit + 1)
    if kind:
        query = query.where(task.kind == kind)
    with context.store.read() as session:
        if before:
            last = session.get(task, before)
            if last is None:
                raise Invalid("request.invalid", fields={"query.before": "unknown"})
            at = getattr(last, key.key)
            past = key > at if ascending else key < at
            tie = task.id > last.id if ascending else task.id < last.id
            query = query.where(or_(past, and_(key == at, tie)))
        tasks = list(session.scalars(query))
        rows = _rows(session, tasks[:limit], person)
        return Page(items=rows, next=rows[-1].id if len(tasks) > limit else None)


def _rows(session: Session, tasks: list[CallbackTask], person: Person) -> list[TaskRow]:
    names = Names(session, [task.agent_id for task in tasks if task.agent_id])
    rows = [TaskRow.model_validate(task) for task in tasks]
    for row, task in zip(rows, tasks, strict=True):
        row.agent_name = names.of("agent", task.agent_id)
        row.mine = bool(person.agent_id) and task.not_agent_id != person.agent_id
    return rows


@router.get("/tasks/{task_id}")
def read_task(task_id: Id, person: Reader, context: Shared) -> TaskRow:
    """One task with every try."""
    with context.store.read() as session:
        task = session.get(CallbackTask, task_id)
        if task is None:
            raise Missing("task.missing")
        row = _rows(session, [task], person)[0]
        tries = callbacks.tries_of(session, task_id)
        names = Names(session, [item.agent_id for item in tries if item.agent_id])
        row.tries_made = [
            TryRow(
                call_id=item.call_id,
                way=item.way,
                agent_id=item.agent_id,
                agent_name=names.of("agent", item.agent_id),
                started_at=item.started_at,
                ended_at=item.ended_at,
                outcome=item.outcome,
                coded=item.coded,
            )
            for item in tries
        ]
        return row


@router.post("/tasks/{task_id}/call")
async def call_task(task_id: Id, person: Caller, context: Shared) -> CallAnswer:
    """Call now: the agent's own phone rings first. 409 `task.not_open`, `task.own_call`, `agent.busy`, `outbound.…`."""
    agent_id = seat(person)
    task = await asyncio.to_thread(_load, context, task_id)
    data = await ask(context, "call_task", {"task_id": task_id, "agent_id": agent_id, "task": asdict(task)})
    call_id = str(data.get("call_id", ""))
    context.holders.accepted(call_id, agent_id)
    return CallAnswer(call_id=call_id)


def _load(context: Context, task_id: str) -> CallTask:
    with context.store.read() as session:
        task = session.get(CallbackTask, task_id)
        if task is None:
            raise Missing("task.missing")
        now = time.time()
        later = callbacks.safe_from(session, task, now)
        if later > now:
            raise Rejected("ticket.unsafe_time", not_before=later)
        return task_rows.as_call_task(task)


@router.post("/calls/{call_id}/call-back")
async def call_back(call_id: Id, person: Caller, context: Shared) -> CallAnswer:
    """Call the caller of a call on record, now: behind the open task of that number, or a new one."""
    seat(person)
    task_id = await asyncio.to_thread(_task_for, context, person, call_id)
    return await call_task(task_id, person, context)


def _task_for(context: Context, person: Person, call_id: str) -> str:
    with context.store.write() as session:
        call = session.scalar(select(Call).where(Call.call_id == call_id, own_calls(person)))
        if call is None:
            raise Missing("call.missing")
        task = callbacks.open_task(session, call.caller_hash)
        if task is None:
            now = time.time()
            task = callbacks.add(
                session, context.secrecy, context.settings, call, reason="by_hand", now=now, place_at=now, again=True
            )
            if task.state == "no_number":
                raise Rejected("call.no_number")
            audit.append(session, at=now, actor=person.user_id, action="task.made", object=f"callback_tasks/{task.id}")
        return task.id


@router.post("/tasks/{task_id}/result")
async def code_result(task_id: Id, wanted: ResultRequest, person: Caller, context: Shared) -> TaskRow:
    """Code what came of it: of the call under way (which then ends), or of a call made on another telephone."""
    call_id = await asyncio.to_thread(_code, context, person, task_id, wanted.result)
    if call_id:
        try:
            await ask(context, "give_up_call", {"call_id": call_id, "agent_id": person.agent_id})
        except Rejected as error:
            if error.code not in ("call.gone", "call.not_yours"):
                raise
    return await asyncio.to_thread(read_task, task_id, person, context)


def _code(context: Context, person: Person, task_id: str, result: str) -> str:
    """The call under way that this is about, or `` when it was a call on another telephone."""
    now = time.time()
    with context.store.write() as session:
        task = callbacks.lock(session, task_id)
        if task is None:
            raise Missing("task.missing")
        if task.not_agent_id and task.not_agent_id == person.agent_id:
            raise Rejected("task.own_call")
        live = session.scalars(
            select(CallbackTry).where(CallbackTry.task_id == task_id, CallbackTry.ended_at.is_(None))
        ).one_or_none()
        if live is not None:
            if live.agent_id != person.agent_id:
                raise Rejected("task.not_open")
            live.coded = result
            found = live.call_id
        else:
            try:
                callbacks.by_hand(session, context.settings, task, result=result, agent_id=person.agent_id or "", now=now)
            except IllegalTransition as error:
                raise Rejected("task.not_open") from error
            ticket_dials.tried(session, context.settings, task_id, result, person.agent_id, now)
            found = ""
        audit.append(
            session,
            at=now,
            actor=person.user_id,
            action="task.coded",
            object=f"callback_tasks/{task_id}",
            data={"result": result},
        )
        return found


def _answered(session: Session, context: Context, task_id: str, wanted: AnswersRequest, person: Person) -> None:
    """The follow-up of a ticket that this call was made for is done with these answers, once they are whole."""
    row = ticket_dials.behind(session, task_id)
    if row is None or row.number is None or row.kind != "follow_up" or not (wanted.matter and wanted.handler and wanted.text):
        return
    figures, now = context.settings.tickets, time.time()
    House(session, figures.limits, figures.warn).do(row.number, "follow_up", actor(person), wanted.model_dump(), now=now)
    ticket_dials.close(session, context.settings, row.number, now)


@router.put("/tasks/{task_id}/answers")
def keep_answers(task_id: Id, wanted: AnswersRequest, person: Caller, context: Shared) -> TaskRow:
    """What the person said in a follow-up. Never kept by the handler himself (rules E.41)."""
    with context.store.write() as session:
        task = callbacks.lock(session, task_id)
        if task is None or task.kind != "follow_up":
            raise Missing("task.missing")
        if task.not_agent_id and task.not_agent_id == person.agent_id:
            raise Rejected("task.own_call")
        task.answers = {**wanted.model_dump(), "by": person.agent_id or person.user_id, "at": time.time()}
        _answered(session, context, task_id, wanted, person)
        return _rows(session, [task], person)[0]
