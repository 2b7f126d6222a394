"""Acting on tickets: one act, many signed at once, showing the caller's data, sharing with another centre."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.error_texts import CATALOGUE
from hotline.api.guard import need
from hotline.api.names import centre_names
from hotline.api.people import Person
from hotline.api.routers.calls import stated
from hotline.api.routers.tickets import seen_by
from hotline.api.shapes import Done, Id, Page, Shape, Version
from hotline.api.ticket_opened import end, locked, note
from hotline.api.ticket_shapes import TicketDetail
from hotline.api.ticket_sight import actor, opens, visible
from hotline.api.ticket_story import story
from hotline.core.errors import Forbidden, HotlineError, Missing, Rejected
from hotline.core.tickets import standing_of
from hotline.store import audit
from hotline.store.models import Centre, Ticket, TicketShare
from hotline.store.repositories import centres, ticket_dials, ticket_events, ticket_people, ticket_secrecy, tickets
from hotline.store.repositories.ticket_acts import House, seen

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

Doer = Annotated[Person, Depends(need("tickets.act"))]
Shared = Annotated[Context, Depends(current)]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=48, pattern=r"^[A-Za-z0-9_\-]*$")]
MOST_AT_ONCE = 100


class ActRequest(BaseModel):
    """`version`: of the ticket as it was seen; `given`: what the act asks for (see `acts` of the ticket)."""

    act: Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z_]+$")]
    version: Version
    given: dict[str, Any] = {}


class SignItem(BaseModel):
    """One of many."""

    number: Annotated[str, Field(max_length=64, pattern=r"^[0-9\-]+$")]
    version: Version


class SignRequest(BaseModel):
    """Tickets to be signed at once."""

    items: Annotated[list[SignItem], Field(min_length=1, max_length=MOST_AT_ONCE)]


class SignedRow(Shape):
    """What became of one; `code` is empty when it was signed, else that of the error."""

    number: str
    code: str
    zh: str
    en: str


class Signed(Shape):
    """All of them, in the order asked."""

    items: list[SignedRow]


class PurposeRequest(BaseModel):
    """Why the data is needed; it stands in the audit trail."""

    purpose: Annotated[str, Field(max_length=200)]


class Revealed(Shape):
    """The caller's data in clear; empty where it was not given."""

    caller_name: str
    caller_number: str
    address: str
    id_number: str
    opposing_party: str
    safe_contact: str
    """Call this number and no other."""
    safe_note: str


class RecipientRow(Shape):
    """Somebody a ticket may be handed to."""

    id: str
    name: str
    role: str
    centre_name: str | None
    director: bool


class ShareRequest(BaseModel):
    """With whom, and why."""

    centre_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
    why: Annotated[str, Field(max_length=500)]


@router.get("/{number}/recipients")
def recipients(
    number: Id, person: Doer, context: Shared, q: Annotated[str, Query(max_length=32, description="part of a name")] = ""
) -> Page[RecipientRow]:
    """To whom it may be handed: people of the ticket's own centre first, then of its branch, then of the desk."""
    with context.store.read() as session:
        ticket = visible(session, seen_by(session, person), number)
        found = ticket_people.recipients(session, ticket, q.strip(), MOST_AT_ONCE)
        places = centre_names(session, (row.centre_id for row in found))
        return Page(
            items=[
                RecipientRow(
                    id=row.id, name=row.display_name, role=row.role, centre_name=places.get(row.centre_id or ""),
                    director=row.director,
                )
                for row in found
            ]
        )  # fmt: skip


@router.post("/sign")
def sign_many(wanted: SignRequest, person: Doer, context: Shared, key: Key = "") -> Signed:
    """Sign many at once, each by itself: one that cannot be signed does not hold up the others."""
    found = []
    for item in wanted.items:
        try:
            _do(context, person, item.number, "sign", {}, item.version, f"{key}:{item.number}"[:64] if key else "")
            found.append(SignedRow(number=item.number, code="", zh="", en=""))
        except HotlineError as error:
            entry = CATALOGUE.get(error.code)
            found.append(
                SignedRow(number=item.number, code=error.code, zh=entry.zh if entry else "", en=entry.en if entry else "")
            )
    return Signed(items=found)


@router.post("/{number}/acts")
def act(number: Id, wanted: ActRequest, person: Doer, context: Shared, key: Key = "") -> TicketDetail:
    """Do one act of the ticket's table. The same `Idempotency-Key` twice is done once. Answers with the ticket as it is."""
    _do(context, person, number, wanted.act, wanted.given, wanted.version, key)
    with context.store.read() as session:
        ticket = session.get(Ticket, number)
        if ticket is None:
            raise Missing("ticket.missing")
        found = story(session, context.secrecy, context.settings.tickets, ticket, person, time.time())
        # What one has just done may have taken it out of one's own sight: this is the last look.
        mine = select(Ticket.number).where(Ticket.number == number, seen_by(session, person))
        found.gone = session.scalar(mine) is None
        return found


def _do(context: Context, person: Person, number: str, name: str, given: dict[str, Any], version: int, key: str) -> None:
    figures = context.settings.tickets
    with context.store.write() as session:
        if not _as_left(session, person, number, key):
            visible(session, seen_by(session, person), number)
        if given.get("into"):
            visible(session, seen_by(session, person), str(given["into"]))
        House(session, figures.limits, figures.warn).do(
            number, name, actor(person), given, now=time.time(), version=version, key=key
        )
        ticket_dials.close(session, context.settings, number, time.time())


def _as_left(session: Session, person: Person, number: str, key: str) -> bool:
    """Whether this was done before, by this request come twice, and nobody has done anything since: then the answer is the one
    that was on its way already. Once somebody has, no old request shows the ticket to who may not see it any more."""
    done = ticket_events.done_before(session, person.user_id, key)
    return done is not None and done.number == number and not ticket_events.followed(session, done)


@router.post("/{number}/reveal")
def reveal(
    number: Id, wanted: PurposeRequest, person: Annotated[Person, Depends(need("tickets.reveal"))], context: Shared
) -> Revealed:
    """The caller's data in clear, for handling or printing. The audit row, with the purpose, is committed before it leaves."""
    purpose = stated(wanted.purpose)
    with context.store.write() as session:
        ticket = visible(session, seen_by(session, person), number)
        if not opens(session, person, number):
            raise Forbidden("ticket.no_grant")
        opened = tickets.private(context.secrecy, ticket)
        safe = ticket_secrecy.of_ticket(session, number)
        if safe is not None:
            opened |= ticket_secrecy.opened(context.secrecy, safe)
        audit.append(
            session,
            at=time.time(),
            actor=person.user_id,
            action="ticket.revealed",
            object=f"tickets/{number}",
            purpose=purpose,
            data={"fields": sorted(opened)},
        )
    return Revealed(**{name: opened.get(name, "") for name in Revealed.model_fields})


@router.post("/{number}/shares")
def share(number: Id, wanted: ShareRequest, person: Doer, context: Shared) -> Done:
    """Let a centre outside the ticket's branch see it. On record (Personal Information Protection Law, art. 23)."""
    why = stated(wanted.why)
    now = time.time()
    with context.store.write() as session:
        ticket = _mine(context, session, person, number)
        if session.get(Centre, wanted.centre_id) is None:
            raise Missing("centre.missing")
        if centres.tree(session).covers(wanted.centre_id, ticket.centre_id or ""):
            raise Rejected("ticket.share_own")
        row = session.get(TicketShare, (number, wanted.centre_id))
        if row is None:
            row = TicketShare(number=number, centre_id=wanted.centre_id, by="", at=now, why="")
            session.add(row)
        row.by, row.at, row.why, row.ended_at = person.user_id, now, why, None
        note(session, ticket, "shared", person, now, {"centre_id": wanted.centre_id}, why)
    return Done()


@router.delete("/{number}/shares/{centre_id}")
def end_share(number: Id, centre_id: Id, person: Doer, context: Shared) -> Done:
    """They need not see it any more."""
    now = time.time()
    with context.store.write() as session:
        ticket = _mine(context, session, person, number)
        end(session.get(TicketShare, (number, centre_id)), "centre.missing", now)
        note(session, ticket, "share_ended", person, now, {"centre_id": centre_id})
    return Done()


def _mine(context: Context, session: Session, person: Person, number: str) -> Ticket:
    ticket = visible(session, seen_by(session, person), number)
    if "owner" not in standing_of(actor(person), seen(ticket), centres.tree(session)):
        raise Forbidden("ticket.not_yours")
    return locked(session, number)
