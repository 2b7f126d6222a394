"""Tickets: the list by deadline or by age, one with its whole story, and why its limits end when they do."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import Session

from hotline.api.access import own_calls
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.rows import TicketRow, ticket_rows
from hotline.api.shapes import Before, Id, Limit, Page, Shape
from hotline.api.ticket_shapes import TicketDetail
from hotline.api.ticket_sight import beside, offered_to, sight, subtree, visible
from hotline.api.ticket_story import story
from hotline.core.calendars import ZONE
from hotline.core.errors import Invalid
from hotline.core.tickets.clocks import sentences
from hotline.store.models import Ticket, TicketWarning
from hotline.store.repositories import ticket_clocks, ticket_search

router = APIRouter(prefix="/api", tags=["tickets"])

Reader = Annotated[Person, Depends(need("tickets.read"))]
Shared = Annotated[Context, Depends(current)]


class DayRow(Shape):
    """One day of a count. `number`: which counted day it is; 0: it does not count."""

    date: str
    why: str
    kind: str
    number: int
    name: str
    provisional: bool


class DeadlineRow(Shape):
    """A limit and how it is counted; `zh` and `en`: the count in words, a line a day."""

    rule: str
    state: str
    source: str
    due_at: float | None
    provisional: bool
    days: list[DayRow]
    zh: list[str]
    en: list[str]


class Deadlines(Shape):
    """All limits of a ticket, the running ones first."""

    items: list[DeadlineRow]


class WarnedRow(Shape):
    """A warning that concerns this person."""

    number: str
    rule: str
    level: str
    centre_id: str
    due_at: float
    at: float


def _branch_of(session: Session, person: Person) -> list[str] | None:
    """The centres of a person of a centre; None: the person sees tickets by something else."""
    return list(session.scalars(subtree(person.centre_id))) if person.role == "centre" and person.centre_id else None


def seen_by(session: Session, person: Person) -> ColumnElement[bool]:
    """What this person may see, with the centres below theirs looked up first: lists are quicker so."""
    return _seen_within(session, person, _branch_of(session, person))


def _seen_within(session: Session, person: Person, within: list[str] | None) -> ColumnElement[bool]:
    return sight(person, own_calls(person), within, beside(session, person, within) if within is not None else None)


@router.get("/tickets")
def list_tickets(
    person: Reader,
    context: Shared,
    state: Annotated[str, Query(max_length=32, pattern=r"^[a-z_]*$")] = "",
    level: Annotated[Literal["", "yellow", "orange", "red"], Query()] = "",
    centre_id: Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$")] = "",
    order: Annotated[
        Literal["newest", "deadline"], Query(description="deadline: open tickets, the first to end first")
    ] = "newest",
    q: Annotated[
        str, Query(max_length=64, description="ticket number, the caller's number or name, words, or the slip's code")
    ] = "",
    limit: Limit = 50,
    before: Before = "",
    offered: Annotated[bool, Query(description="only what is offered to me, or to my centre, to be taken over")] = False,
) -> Page[TicketRow]:
    """Tickets, newest first, or open ones by deadline. Centres see their own and those below them, agents those of calls they
    talked on."""
    with context.store.read() as session:
        within = _branch_of(session, person)
        query = select(Ticket).where(_seen_within(session, person, within))
        if state:
            query = query.where(Ticket.state == state)
        if level:
            query = query.where(Ticket.level == level)
        if centre_id:
            query = query.where(Ticket.centre_id == centre_id)
        if offered:
            query = query.where(offered_to(person))
        last = session.get(Ticket, before) if before else None
        if before and last is None:
            raise Invalid("request.invalid", fields={"query.before": "unknown"})
        query = _ordered(query, order, last)
        if q.strip():
            newest = _day(last) if order == "newest" else None
            narrow = bool(centre_id) or (within is not None and len(within) <= ticket_search.NARROW)
            found = ticket_search.first(session, context.secrecy, query, q, limit + 1, newest, narrow)
        else:
            found = session.scalars(query.limit(limit + 1)).all()
        rows = ticket_rows(session, found[:limit])
        return Page(items=rows, next=rows[-1].number if len(found) > limit else None)


def _day(last: Ticket | None) -> date:
    """The day on which the newest row of a page may have been taken down."""
    return datetime.strptime(last.number[:8], "%Y%m%d").date() if last else datetime.now(ZONE).date()


def _ordered(query: Select[Any], order: str, last: Ticket | None) -> Select[Any]:
    if order == "deadline":
        query = query.where(Ticket.due_at.is_not(None)).order_by(Ticket.due_at, Ticket.number)
        if last is not None:
            query = query.where(tuple_(Ticket.due_at, Ticket.number) > (last.due_at or 0.0, last.number))
        return query
    # A number begins with its day and counts up within it: newest first is simply backwards.
    query = query.order_by(Ticket.number.desc())
    return query.where(Ticket.number < last.number) if last is not None else query


@router.get("/tickets/{number}")
def read_ticket(number: Id, person: Reader, context: Shared) -> TicketDetail:
    """One ticket with its whole story; name and ID number masked, address and opposing party only said to be there."""
    with context.store.read() as session:
        ticket = visible(session, seen_by(session, person), number)
        return story(session, context.secrecy, context.settings.tickets, ticket, person, time.time())


@router.get("/tickets/{number}/deadlines")
def explain(number: Id, person: Reader, context: Shared) -> Deadlines:
    """Why its limits end when they do, counted day by day as they would be now."""
    with context.store.read() as session:
        ticket = visible(session, seen_by(session, person), number)
        clocks = ticket_clocks.Clocks(session, context.settings.tickets.warn)
        rows = sorted(ticket_clocks.of_ticket(session, ticket.number), key=lambda row: row.state not in ("running", "paused"))
        found = []
        for row in rows:
            counted = clocks.count(row)
            words = list(sentences(clocks.term(row), counted))
            limit = ticket_clocks.limits().get(row.rule)
            found.append(
                DeadlineRow(
                    rule=row.rule,
                    state=row.state,
                    source=limit.source if limit else "",
                    due_at=counted.due_at,
                    provisional=counted.provisional,
                    days=[
                        DayRow(
                            date=step.date.isoformat(),
                            why=step.why,
                            kind=step.kind,
                            number=step.number,
                            name=step.name,
                            provisional=step.provisional,
                        )
                        for step in counted.steps
                    ],
                    zh=[zh for zh, _ in words],
                    en=[en for _, en in words],
                )
            )
        return Deadlines(items=found)


@router.get("/ticket-warnings")
def warnings(person: Reader, context: Shared, limit: Limit = 50) -> Page[WarnedRow]:
    """Warnings that are this person's: yellow the handlers', orange the directors', red the bureau's, newest first; of tickets
    that still run late or are about to."""
    whom = ["handler"]
    if person.role == "centre" and person.director:
        whom.append("director")
    if person.may("tickets.read_all"):
        whom = ["bureau"]
    with context.store.read() as session:
        query = (
            select(TicketWarning)
            .join(Ticket, Ticket.number == TicketWarning.number)
            .where(TicketWarning.to_whom.in_(whom), Ticket.level == TicketWarning.level, seen_by(session, person))
            .order_by(TicketWarning.at.desc(), TicketWarning.id.desc())
            .limit(limit)
        )
        return Page(items=[WarnedRow.model_validate(row) for row in session.scalars(query)])
