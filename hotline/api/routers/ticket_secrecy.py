"""Who may see a confidential ticket, how its person is reached in safety, and whom one can name: for grants and complaints."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.names import centre_names
from hotline.api.people import Person
from hotline.api.routers.calls import stated
from hotline.api.routers.tickets import seen_by
from hotline.api.shapes import Done, Id, Page, Shape
from hotline.api.ticket_opened import end, locked, note
from hotline.api.ticket_sight import actor, may_grant, visible
from hotline.core.errors import Forbidden
from hotline.core.tickets import standing_of
from hotline.store.models import Account, Centre, Expert, Ticket, TicketGrant
from hotline.store.repositories import callbacks, centres, ticket_secrecy
from hotline.store.repositories.ticket_acts import seen

router = APIRouter(prefix="/api", tags=["tickets"])

Doer = Annotated[Person, Depends(need("tickets.act"))]
Shared = Annotated[Context, Depends(current)]
MOST = 20


class GrantRequest(BaseModel):
    """To whom, and why."""

    account_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
    why: Annotated[str, Field(max_length=500)]


class SafetyRequest(BaseModel):
    """How the person may be reached. `contact`, `note`: null leaves what is kept. `ways`: codes of `notice_ways`, none: any;
    `windows`: like `1-5 18:00-20:30` (1 Monday), none: at any time."""

    contact: Annotated[str | None, Field(max_length=32)] = None
    note: Annotated[str | None, Field(max_length=500)] = None
    ways: Annotated[list[str], Field(max_length=10)] = []
    windows: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=10)] = []


class NamedRow(Shape):
    """Somebody one can name. `ref`: as complaints want it (`account:…`, `expert:…`, `centre:…`)."""

    ref: str
    id: str
    kind: str
    name: str
    place: str


@router.post("/tickets/{number}/grants")
def grant(number: Id, wanted: GrantRequest, person: Doer, context: Shared) -> Done:
    """Let somebody see a confidential ticket and its caller's data. On record. 409 `ticket.grant_own`."""
    why, now = stated(wanted.why), time.time()
    with context.store.write() as session:
        ticket = _grantable(context, session, person, number)
        ticket_secrecy.grant(session, ticket, wanted.account_id, person.user_id, why, now)
        note(session, ticket, "granted", person, now, {"account_id": wanted.account_id}, why)
    return Done()


@router.delete("/tickets/{number}/grants/{account_id}")
def end_grant(number: Id, account_id: Id, person: Doer, context: Shared) -> Done:
    """They need not see it any more."""
    now = time.time()
    with context.store.write() as session:
        ticket = _grantable(context, session, person, number)
        end(session.get(TicketGrant, (number, account_id)), "account.missing", now)
        note(session, ticket, "grant_ended", person, now, {"account_id": account_id})
    return Done()


@router.put("/tickets/{number}/safety")
def set_safety(number: Id, wanted: SafetyRequest, person: Doer, context: Shared) -> Done:
    """Keep how the person may be reached without danger. It holds at once, for calls that are waiting to be made too."""
    now = time.time()
    with context.store.write() as session:
        ticket = visible(session, seen_by(session, person), number)
        if standing_of(actor(person), seen(ticket), centres.tree(session)).isdisjoint({"owner", "desk"}):
            raise Forbidden("ticket.not_yours")
        locked(session, number)
        row = ticket_secrecy.set_safety(
            session,
            context.secrecy,
            ticket,
            contact_number=wanted.contact,
            ways=wanted.ways,
            windows=wanted.windows,
            note=wanted.note,
            by=person.user_id,
            now=now,
        )
        callbacks.make_safe(session, context.secrecy, row, now)
        data: dict[str, object] = {"ways": row.ways, "windows": row.windows, "contact": row.contact_masked}
        note(session, ticket, "safety_set", person, now, data)
    return Done()


@router.get("/ticket-people")
def named(
    person: Doer,
    context: Shared,
    q: Annotated[str, Query(max_length=40)] = "",
    kind: Annotated[str, Query(pattern=r"^(account|expert|centre)?$")] = "",
) -> Page[NamedRow]:
    """People of the desk and the centres, experts and centres by name: whom one can let see a ticket, or complain about."""
    typed = q.strip()
    with context.store.read() as session:
        found: list[NamedRow] = []
        if kind in ("", "account"):
            query = select(Account).where(Account.active, Account.role.in_(("agent", "supervisor", "centre")))
            query = query.where(Account.display_name.contains(typed, autoescape=True)).order_by(Account.display_name)
            rows = session.scalars(query.limit(MOST)).all()
            places = centre_names(session, [row.centre_id for row in rows])
            found += [
                NamedRow(
                    ref=f"account:{row.id}",
                    id=row.id,
                    kind="account",
                    name=row.display_name,
                    place=places.get(row.centre_id or "", ""),
                )
                for row in rows
            ]
        for wanted, table in (("expert", Expert), ("centre", Centre)):
            if kind in ("", wanted):
                named_rows = session.execute(
                    select(table.id, table.name)
                    .where(table.name.contains(typed, autoescape=True))
                    .order_by(table.name)
                    .limit(MOST)
                )
                found += [NamedRow(ref=f"{wanted}:{one}", id=one, kind=wanted, name=name, place="") for one, name in named_rows]
        return Page(items=found)


def _grantable(context: Context, session: Session, person: Person, number: str) -> Ticket:
    ticket = visible(session, seen_by(session, person), number)
    if not may_grant(person, ticket, centres.tree(session)):
        raise Forbidden("ticket.not_yours")
    return locked(session, number)
