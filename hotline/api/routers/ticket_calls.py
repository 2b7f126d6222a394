"""Calling the person of a ticket: at once on the own phone, or as a task for whoever is free."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.people import Person
from hotline.api.routers.tasks import call_task
from hotline.api.routers.tickets import seen_by
from hotline.api.shapes import Id
from hotline.api.ticket_sight import visible
from hotline.core.errors import Forbidden, Rejected
from hotline.store import audit
from hotline.store.models import Call, CallbackTask, Ticket
from hotline.store.repositories import callbacks, ticket_secrecy

router = APIRouter(prefix="/api", tags=["tickets"])


class TicketCallRequest(BaseModel):
    """`now`: my own phone rings first, then the person's. `task`: the desk calls, in its order and hours."""

    when: Literal["now", "task"] = "now"


class TicketCallAnswer(BaseModel):
    """The task behind the call; `call_id` when it is being dialled, else `due_at` says not before when (Unix seconds)."""

    task_id: str
    call_id: str | None
    due_at: float


@router.post("/tickets/{number}/call-back")
async def call_back(
    number: Id,
    wanted: TicketCallRequest,
    person: Annotated[Person, Depends(need("tickets.call_back"))],
    context: Annotated[Context, Depends(current)],
) -> TicketCallAnswer:
    """Call the number on the ticket, behind the open task of that number or a new one. 404 `call.no_number` when it cannot be
    dialled; calling at once: 409 `agent.busy`, `task.not_open`, `outbound.…`."""
    if wanted.when == "now":
        if not person.may("tasks.call"):
            raise Forbidden("auth.forbidden")
        seat(person)
    task_id, due_at = await asyncio.to_thread(_task, context, person, number, wanted.when)
    if wanted.when == "task":
        return TicketCallAnswer(task_id=task_id, call_id=None, due_at=due_at)
    answer = await call_task(task_id, person, context)
    return TicketCallAnswer(task_id=task_id, call_id=answer.call_id, due_at=due_at)


def _task(context: Context, person: Person, number: str, when: str) -> tuple[str, float]:
    now = time.time()
    with context.store.write() as session:
        ticket = visible(session, seen_by(session, person), number)
        task = _put(session, context, ticket, now, when)
        if task.state == "no_number":
            raise Rejected("call.no_number")
        audit.append(
            session,
            at=now,
            actor=person.user_id,
            action="task.made",
            object=f"callback_tasks/{task.id}",
            data={"ticket": ticket.number, "when": when},
        )
        return task.id, task.due_at


def _put(session: Session, context: Context, ticket: Ticket, now: float, when: str) -> CallbackTask:
    """The open task of the ticket's number (due at once, when somebody is to call), or a new one. Where the person must be
    called on another number, it is that one's."""
    contact = ticket_secrecy.contact(session, context.secrecy, ticket, "phone", now)
    if contact.refusal == "unsafe_way" or (contact.refusal and when == "now"):
        raise Rejected(f"ticket.{contact.refusal}", not_before=contact.not_before)
    phone = contact.number
    known = callbacks.open_task(session, context.secrecy.index(phone))
    if known is not None:
        if known.state == "open" and when == "task":
            known.due_at = min(known.due_at, callbacks.hours_for(session, context.settings, known)(now))
        return known
    return callbacks.add(
        session,
        context.secrecy,
        context.settings,
        session.get_one(Call, ticket.call_id),
        reason="by_hand" if when == "now" else "asked",
        now=now,
        place_at=now,
        again=True,
        phone=phone,
    )
