"""Letters: what goes out to a caller from a ticket's page, and the house's list of all of them, where a person sees to those
that could not be delivered."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.tickets import seen_by
from hotline.api.shapes import Before, Done, Id, Limit, Page, Shape
from hotline.api.ticket_sight import actor, visible
from hotline.core.errors import Forbidden, Missing
from hotline.core.letters import next_allowed
from hotline.core.tickets import standing_of
from hotline.store import audit
from hotline.store.models import Letter, Ticket
from hotline.store.repositories import centres, letters, ticket_papers
from hotline.store.repositories.ticket_acts import seen

router = APIRouter(prefix="/api", tags=["letters"])

Reader = Annotated[Person, Depends(need("tickets.read"))]
Doer = Annotated[Person, Depends(need("tickets.act"))]
Office = Annotated[Person, Depends(need("letters.read"))]
Handler = Annotated[Person, Depends(need("letters.handle"))]
Shared = Annotated[Context, Depends(current)]
KindOfLetter = Annotated[str, Field(max_length=32, pattern=r"^[a-z_]+$")]


class LetterRow(Shape):
    """One letter, without its text. `code`: why the last attempt did not end well."""

    id: str
    number: str | None
    kind: str
    channel: str
    to_masked: str
    state: str
    tries: int
    code: str
    staff: bool
    by: str
    created_at: float
    not_before: float
    finished_at: float | None
    settled_by: str


class LetterPage(Page[LetterRow]):
    """`counts`: how many there are in each state, at all."""

    counts: dict[str, int]


class TicketLetters(Shape):
    """A ticket's letters, newest first. `kinds`: what its story has words for; `channels`: ways that are switched on;
    `mobile`: the caller's number takes text messages; `allowed_at`: when one sent now would leave the house."""

    items: list[LetterRow]
    kinds: list[str]
    channels: list[str]
    mobile: bool
    may_send: bool
    allowed_at: float | None


class Draft(Shape):
    """What a letter would say. `language`: of the caller, as far as it is known; English ones get it in English."""

    kind: str
    subject: str
    body: str
    language: str


class LetterRequest(BaseModel):
    """`to` empty: the caller's own number (`sms` only)."""

    kind: KindOfLetter
    channel: Literal["sms", "mail"] = "sms"
    to: Annotated[str, Field(max_length=200)] = ""


class SettleRequest(BaseModel):
    """`arrived`: it did; else it was told another way and is not to be sent any more."""

    arrived: bool


def _row(row: Letter) -> LetterRow:
    return LetterRow(
        id=row.id,
        number=row.number,
        kind=row.kind,
        channel=row.channel,
        to_masked=row.to_masked,
        state=row.state,
        tries=row.tries,
        code=row.code,
        staff=bool(row.account_id),
        by=row.by,
        created_at=row.created_at,
        not_before=row.not_before,
        finished_at=row.finished_at,
        settled_by=row.settled_by,
    )


def _may_send(session: Session, person: Person, ticket: Ticket) -> bool:
    return person.may("tickets.act") and not standing_of(actor(person), seen(ticket), centres.tree(session)).isdisjoint(
        ("owner", "desk")
    )


@router.get("/tickets/{number}/letters")
def of_ticket(number: Id, person: Reader, context: Shared) -> TicketLetters:
    """The letters about a ticket that went outside the house, and what may be sent now."""
    asked, now = context.settings.outbox, time.time()
    with context.store.read() as session:
        ticket = visible(session, seen_by(session, person), number)
        return TicketLetters(
            items=[_row(row) for row in letters.of_ticket(session, number)],
            kinds=ticket_papers.possible(session, ticket),
            channels=[name for name, way in (("sms", asked.sms), ("mail", asked.mail)) if way != "off"],
            mobile=ticket_papers.mobile(context.secrecy, ticket),
            may_send=_may_send(session, person, ticket),
            allowed_at=next_allowed(now, asked.quiet),
        )


@router.get("/tickets/{number}/letters/draft")
def draft(
    number: Id,
    person: Reader,
    context: Shared,
    kind: Annotated[str, Query(max_length=32, pattern=r"^[a-z_]+$")] = "progress",
) -> Draft:
    """What the letter would say, word for word. 409 `letter.nothing_to_say`, 422 `letter.kind`."""
    with context.store.read() as session:
        ticket = visible(session, seen_by(session, person), number)
        paper = ticket_papers.compose(session, context.settings.outbox, ticket, kind)
        language = ticket.language
    return Draft(kind=kind, subject=paper.text.subject, body=paper.text.body, language=language)


@router.post("/tickets/{number}/letters")
def send(number: Id, wanted: LetterRequest, person: Doer, context: Shared) -> LetterRow:
    """Send one of the ticket's letters. The same letter of the same step to the same address goes once, whoever asks how
    often. 409 `letter.nothing_to_say`, `letter.no_mobile`; 422 `letter.address`, `letter.kind`."""
    now = time.time()
    with context.store.write() as session:
        ticket = _theirs(session, person, number)
        row = ticket_papers.send(
            session,
            context.secrecy,
            context.settings.outbox,
            ticket,
            wanted.kind,
            by=person.user_id,
            now=now,
            channel=wanted.channel,
            to=wanted.to.strip(),
        )
        return _row(row)


@router.post("/tickets/{number}/letters/{letter_id}/retry")
def retry_own(number: Id, letter_id: Id, person: Doer, context: Shared) -> LetterRow:
    """Try a failed or unsure letter of the ticket again. 409 `letter.settled`, `letter.erased`."""
    with context.store.write() as session:
        _of(session, _theirs(session, person, number), letter_id)
        return _row(letters.retry(session, letter_id, person.user_id, time.time()))


@router.post("/tickets/{number}/letters/{letter_id}/settle")
def settle_own(number: Id, letter_id: Id, wanted: SettleRequest, person: Doer, context: Shared) -> LetterRow:
    """Say what became of a letter that failed or that nobody is sure of. 409 `letter.settled`."""
    with context.store.write() as session:
        _of(session, _theirs(session, person, number), letter_id)
        return _row(letters.settle(session, letter_id, wanted.arrived, person.user_id, time.time()))


@router.get("/letters")
def list_letters(
    person: Office,
    context: Shared,
    state: Annotated[Literal["", "waiting", "sending", "sent", "unsure", "failed", "cancelled"], Query()] = "",
    limit: Limit = 50,
    before: Before = "",
) -> LetterPage:
    """All letters of the house, newest first, without their texts."""
    with context.store.read() as session:
        found = letters.page(session, seen_by(session, person), state, limit + 1, before)
        rows = [_row(row) for row in found[:limit]]
        return LetterPage(items=rows, next=rows[-1].id if len(found) > limit else None, counts=letters.counts(session))


@router.post("/letters/{letter_id}/retry")
def retry(letter_id: Id, person: Handler, context: Shared) -> Done:
    """Try a failed or unsure letter again. 409 `letter.settled`, `letter.erased`."""
    now = time.time()
    with context.store.write() as session:
        _seen(session, person, letter_id)
        letters.retry(session, letter_id, person.user_id, now)
        audit.append(session, at=now, actor=person.user_id, action="letter.retried", object=f"letters/{letter_id}")
    return Done()


@router.post("/letters/{letter_id}/settle")
def settle(letter_id: Id, wanted: SettleRequest, person: Handler, context: Shared) -> Done:
    """Say what became of a letter that failed or that nobody is sure of. 409 `letter.settled`."""
    now = time.time()
    with context.store.write() as session:
        _seen(session, person, letter_id)
        letters.settle(session, letter_id, wanted.arrived, person.user_id, now)
        audit.append(
            session,
            at=now,
            actor=person.user_id,
            action="letter.settled",
            object=f"letters/{letter_id}",
            data={"arrived": wanted.arrived},
        )
    return Done()


def _seen(session: Session, person: Person, letter_id: str) -> None:
    """A letter about a ticket that is kept from somebody is kept from them too."""
    row = session.get(Letter, letter_id)
    number = row.number if row is not None else None
    if row is None or (
        number and session.scalar(select(Ticket.number).where(Ticket.number == number, seen_by(session, person))) is None
    ):
        raise Missing("letter.missing")


def _theirs(session: Session, person: Person, number: str) -> Ticket:
    """The ticket, locked, if they may write to its caller."""
    ticket = visible(session, seen_by(session, person), number)
    if not _may_send(session, person, ticket):
        raise Forbidden("ticket.not_yours")
    locked = session.get(Ticket, number, with_for_update=True, populate_existing=True)
    assert locked is not None
    return locked


def _of(session: Session, ticket: Ticket, letter_id: str) -> None:
    row = session.get(Letter, letter_id)
    if row is None or row.number != ticket.number or row.account_id:
        raise Missing("letter.missing")
