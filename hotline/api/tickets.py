"""Tickets and call-back tasks: what calls have become."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from sqlalchemy import ColumnElement, exists, select, true, tuple_
from sqlalchemy.orm import Session

from hotline.api.access import own_calls
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.rows import TicketRow, ticket_rows
from hotline.api.shapes import Before, Id, Limit, Page, Shape
from hotline.core.errors import Invalid, Missing
from hotline.core.phones import mask_id_number, mask_name, normalise
from hotline.store.models import Call, CallbackTask, Ticket, TicketEvent
from hotline.store.repositories.sealing import unseal

router = APIRouter(prefix="/api", tags=["tickets"])

_NUMBER: Final = re.compile(r"^\d{8}-\d{4,}-\d{2}$")


class EventRow(Shape):
    """One step of a ticket."""

    at: float
    actor: str
    name: str
    data: dict[str, Any]


class TicketDetail(TicketRow):
    """A ticket with its text and history; personal fields are masked."""

    dispatch_reason: str
    caller_groups: list[str]
    risk_flags: list[str]
    summary: str
    request: str
    caller_name: str
    id_number: str
    has_address: bool
    has_opposing_party: bool
    events: list[EventRow]


class TaskRow(Shape):
    """A caller who must be called back."""

    id: str
    call_id: str
    caller_masked: str
    reason: str
    state: str
    calls: int
    tries: int
    created_at: float
    due_at: float
    closed_at: float | None
    result: str


def _own(person: Person) -> ColumnElement[bool]:
    if person.may("tickets.read_all"):
        return true()
    return exists().where(Call.call_id == Ticket.call_id, own_calls(person))


@router.get("/tickets")
def list_tickets(
    person: Annotated[Person, Depends(need("tickets.read"))],
    context: Annotated[Context, Depends(current)],
    state: Annotated[str, Query(max_length=32, pattern=r"^[a-z_]*$")] = "",
    q: Annotated[str, Query(max_length=64, description="ticket number, or the caller's number")] = "",
    limit: Limit = 50,
    before: Before = "",
) -> Page[TicketRow]:
    """Tickets, newest first. Agents see those of calls they talked on."""
    query = select(Ticket).where(_own(person)).order_by(Ticket.created_at.desc(), Ticket.number.desc()).limit(limit + 1)
    if state:
        query = query.where(Ticket.state == state)
    text = q.strip()
    if _NUMBER.match(text):
        query = query.where(Ticket.number == text)
    elif text:
        query = query.where(Ticket.caller_number_hash == context.secrecy.index(normalise(text).national or text))
    with context.store.read() as session:
        if before:
            last = session.get(Ticket, before)
            if last is None:
                raise Invalid("request.invalid", fields={"query.before": "unknown"})
            query = query.where(tuple_(Ticket.created_at, Ticket.number) < (last.created_at, last.number))
        tickets = session.scalars(query).all()
        rows = ticket_rows(session, tickets[:limit])
        return Page(items=rows, next=rows[-1].number if len(tickets) > limit else None)


@router.get("/tickets/{number}")
def read_ticket(
    number: Id,
    person: Annotated[Person, Depends(need("tickets.read"))],
    context: Annotated[Context, Depends(current)],
) -> TicketDetail:
    """One ticket; name and ID number masked, address and opposing party only said to be there."""
    with context.store.read() as session:
        ticket = session.scalar(select(Ticket).where(Ticket.number == number, _own(person)))
        if ticket is None:
            raise Missing("ticket.missing")

        def opened(column: str) -> str:
            return unseal(context.secrecy, f"tickets.{column}", ticket.number, getattr(ticket, column))

        return TicketDetail(
            **ticket_rows(session, [ticket])[0].model_dump(),
            dispatch_reason=ticket.dispatch_reason,
            caller_groups=ticket.caller_groups,
            risk_flags=ticket.risk_flags,
            summary=ticket.summary,
            request=ticket.request,
            caller_name=mask_name(opened("caller_name_enc")),
            id_number=mask_id_number(opened("id_number_enc")),
            has_address=bool(ticket.address_enc),
            has_opposing_party=bool(ticket.opposing_party_enc),
            events=_events(session, ticket.number),
        )


def _events(session: Session, number: str) -> list[EventRow]:
    query = select(TicketEvent).where(TicketEvent.number == number).order_by(TicketEvent.at, TicketEvent.id)
    return [EventRow.model_validate(event) for event in session.scalars(query)]


@router.get("/tasks")
def list_tasks(
    person: Annotated[Person, Depends(need("tasks.read"))],
    context: Annotated[Context, Depends(current)],
    state: Annotated[Literal["", "open", "done", "given_up", "no_number"], Query()] = "",
    limit: Limit = 50,
    before: Before = "",
) -> Page[TaskRow]:
    """Call-back tasks, newest first: work of the whole desk, numbers masked."""
    query = select(CallbackTask).order_by(CallbackTask.created_at.desc(), CallbackTask.id.desc()).limit(limit + 1)
    if state:
        query = query.where(CallbackTask.state == state)
    with context.store.read() as session:
        if before:
            last = session.get(CallbackTask, before)
            if last is None:
                raise Invalid("request.invalid", fields={"query.before": "unknown"})
            query = query.where(tuple_(CallbackTask.created_at, CallbackTask.id) < (last.created_at, last.id))
        tasks = session.scalars(query).all()
        rows = [TaskRow.model_validate(task) for task in tasks[:limit]]
        return Page(items=rows, next=rows[-1].id if len(tasks) > limit else None)
