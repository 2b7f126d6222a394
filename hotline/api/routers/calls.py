"""Calls as they are on record: the list, one call with everything that belongs to it, and its number in clear."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, exists, not_, or_, select, true, tuple_
from sqlalchemy.orm import Session

from hotline.api.access import own_calls
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.names import Names
from hotline.api.people import Person
from hotline.api.rows import CallRow, RecordingRow, TicketRow, call_rows, recording_rows, ticket_rows
from hotline.api.shapes import Before, Id, Limit, Page
from hotline.api.ticket_sight import caller_open, kept_secret, unguarded
from hotline.core.errors import Forbidden, Invalid, Missing
from hotline.core.phones import normalise
from hotline.logs import mask_text
from hotline.store import audit
from hotline.store.models import Call, CallFact, CallForm, Rating, Recording, Talk, Ticket, TransferTry
from hotline.store.models import context as seal

router = APIRouter(prefix="/api/calls", tags=["calls"])

HISTORY: Final = 5
"""Earlier calls of the same number shown with a call (rules B.19)."""
PURPOSE_MIN: Final = 2
_CALL_ID: Final = re.compile(r"^call_[0-9a-z]{18}$")
_TICKET: Final = re.compile(r"^\d{8}-\d{4,}-\d{2}$")


class FactRow(BaseModel):
    """One step of a call."""

    name: str
    at: float
    source: str
    data: dict[str, Any]


class TalkRow(BaseModel):
    """Caller and one human heard each other."""

    talk_id: str
    person_kind: str
    person_id: str
    person_name: str | None
    started_at: float
    ended_at: float | None
    ended_by: str


class TryRow(BaseModel):
    """One expert dialled for a transfer; `outcome` is empty while it rings."""

    try_id: str
    transfer_id: str
    expert_id: str
    expert_name: str | None
    dialled_at: float
    ended_at: float | None
    outcome: str
    sip_code: int
    seconds: float


class RatingRow(BaseModel):
    """What the caller keyed, and for whom."""

    score: int
    talk_id: str
    person_kind: str
    person_id: str
    person_name: str | None
    method: str
    at: float


class CallDetail(CallRow):
    """A call with its timeline, talks, experts tried, rating, recordings, ticket, and earlier calls of the number."""

    timeline: list[FactRow]
    talks: list[TalkRow]
    tries: list[TryRow]
    rating_row: RatingRow | None
    recordings: list[RecordingRow]
    ticket: TicketRow | None
    history: list[CallRow]


class RevealRequest(BaseModel):
    """Why the number is needed; it stands in the audit trail."""

    purpose: Annotated[str, Field(max_length=200)]


class RevealAnswer(BaseModel):
    """The number as a person would dial it."""

    number: str


def stated(purpose: str) -> str:
    """A purpose of at least two characters, numbers masked (the audit trail is kept for years).

    Raises Invalid `request.purpose`.
    """
    text = " ".join(purpose.split())
    if len(text) < PURPOSE_MIN:
        raise Invalid("request.purpose", field="purpose")
    return mask_text(text[:200])[:200]  # a mask may be longer than what it hides


@router.get("")
def list_calls(
    person: Annotated[Person, Depends(need("calls.read"))],
    context: Annotated[Context, Depends(current)],
    state: Annotated[Literal["", "live", "closed"], Query()] = "",
    q: Annotated[str, Query(max_length=64, description="number, call id, ticket number, or words of region")] = "",
    limit: Limit = 50,
    before: Before = "",
) -> Page[CallRow]:
    """Calls, newest first. Agents see the calls they talked on."""
    query = select(Call).where(own_calls(person)).order_by(Call.arrived_at.desc(), Call.call_id.desc()).limit(limit + 1)
    if state:
        query = query.where(Call.state == state)
    if q.strip():
        query = query.where(_matches(context, q.strip()))
    with context.store.read() as session:
        if before:
            last = session.get(Call, before)
            if last is None:
                raise Invalid("request.invalid", fields={"query.before": "unknown"})
            query = query.where(tuple_(Call.arrived_at, Call.call_id) < (last.arrived_at, last.call_id))
        calls = session.scalars(query).all()
        more = len(calls) > limit
        rows = call_rows(session, calls[:limit], unguarded(person))
        return Page(items=rows, next=rows[-1].call_id if more else None)


def _matches(context: Context, text: str) -> ColumnElement[bool]:
    if _CALL_ID.match(text):
        return Call.call_id == text
    if _TICKET.match(text):
        return exists().where(Ticket.call_id == Call.call_id, Ticket.number == text)
    digits = re.sub(r"[\s\-+]", "", text)
    if digits.isdigit() and len(digits) >= 5:
        index = context.secrecy.index(normalise(text).national or digits)
        typed = exists().where(CallForm.call_id == Call.call_id, CallForm.caller_number_hash == index)
        return or_(Call.caller_hash == index, typed)
    return or_(Call.region_hint.contains(text, autoescape=True), Call.queue == text, Call.cause == text)


@router.get("/{call_id}")
async def read_call(
    call_id: Id, person: Annotated[Person, Depends(need("calls.read"))], context: Annotated[Context, Depends(current)]
) -> CallDetail:
    """Everything about one call. An agent sees his own calls, and one that rings on his console."""
    mine = await context.holders.holds(person.agent_id, call_id) or context.holders.offered(person.agent_id, call_id)
    return await asyncio.to_thread(_read_call, context, person, call_id, mine)


def _read_call(context: Context, person: Person, call_id: str, mine: bool) -> CallDetail:
    with context.store.read() as session:
        call = _call(session, person, call_id, mine)
        row = call_rows(session, [call], unguarded(person))[0]
        talks = session.scalars(select(Talk).where(Talk.call_id == call_id).order_by(Talk.started_at)).all()
        tries = session.scalars(
            select(TransferTry).where(TransferTry.call_id == call_id).order_by(TransferTry.dialled_at)
        ).all()
        rating = session.scalar(select(Rating).where(Rating.call_id == call_id))
        people = [(one.person_kind, one.person_id) for one in talks]
        if rating:
            people.append((rating.person_kind, rating.person_id))
        names = Names(
            session,
            (one for kind, one in people if kind == "agent"),
            [*(one for kind, one in people if kind == "expert"), *(one.expert_id for one in tries)],
        )
        recordings = session.scalars(select(Recording).where(Recording.call_id == call_id).order_by(Recording.started_at)).all()
        ticket = session.scalar(select(Ticket).where(Ticket.call_id == call_id, unguarded(person)))
        return CallDetail(
            **row.model_dump(),
            timeline=_timeline(session, call_id),
            talks=[
                TalkRow(
                    talk_id=one.talk_id,
                    person_kind=one.person_kind,
                    person_id=one.person_id,
                    person_name=names.of(one.person_kind, one.person_id),
                    started_at=one.started_at,
                    ended_at=one.ended_at,
                    ended_by=one.ended_by,
                )
                for one in talks
            ],
            tries=[
                TryRow(
                    try_id=one.try_id,
                    transfer_id=one.transfer_id,
                    expert_id=one.expert_id,
                    expert_name=names.of("expert", one.expert_id),
                    dialled_at=one.dialled_at,
                    ended_at=one.ended_at,
                    outcome=one.outcome,
                    sip_code=one.sip_code,
                    seconds=one.seconds,
                )
                for one in tries
            ],
            rating_row=RatingRow(
                score=rating.score,
                talk_id=rating.talk_id,
                person_kind=rating.person_kind,
                person_id=rating.person_id,
                person_name=names.of(rating.person_kind, rating.person_id),
                method=rating.method,
                at=rating.at,
            )
            if rating
            else None,
            recordings=recording_rows(session, recordings),
            ticket=ticket_rows(session, [ticket])[0] if ticket else None,
            history=_history(session, call, person),
        )


def _call(session: Session, person: Person, call_id: str, mine: bool = False) -> Call:
    query = select(Call).where(Call.call_id == call_id)
    call = session.scalar(query if mine else query.where(own_calls(person)))
    if call is None:
        raise Missing("call.missing")
    return call


def _timeline(session: Session, call_id: str) -> list[FactRow]:
    facts = session.scalars(
        select(CallFact).where(CallFact.call_id == call_id).order_by(CallFact.at, CallFact.epoch, CallFact.seq)
    )
    return [
        FactRow(
            name=fact.name,
            at=fact.at,
            source=fact.source,
            # Sealed values and blind indexes are of no use to a reader.
            data={key: value for key, value in fact.data.items() if not key.endswith(("_enc", "_hash"))},
        )
        for fact in facts
    ]


def _history(session: Session, call: Call, person: Person) -> list[CallRow]:
    if not call.caller_hash:
        return []
    earlier = session.scalars(
        select(Call)
        .where(Call.caller_hash == call.caller_hash, Call.call_id != call.call_id, Call.arrived_at <= call.arrived_at)
        .where(not_(kept_secret(person)))
        .order_by(Call.arrived_at.desc())
        .limit(HISTORY)
    ).all()
    return call_rows(session, earlier, unguarded(person))


@router.post("/{call_id}/reveal")
async def reveal(
    call_id: Id,
    wanted: RevealRequest,
    person: Annotated[Person, Depends(need("numbers.reveal"))],
    context: Annotated[Context, Depends(current)],
) -> RevealAnswer:
    """The caller's number in clear. The audit row, with the purpose, is committed before the number leaves."""
    purpose = stated(wanted.purpose)
    mine = await context.holders.holds(person.agent_id, call_id)
    return RevealAnswer(number=await asyncio.to_thread(_reveal, context, person, call_id, purpose, mine))


def _reveal(context: Context, person: Person, call_id: str, purpose: str, mine: bool) -> str:
    with context.store.write() as session:
        call = _call(session, person, call_id, mine)
        # Its ticket may be confidential; whoever talks with the caller just now knows who it is.
        kept = select(Ticket.number).where(Ticket.call_id == call_id, caller_open(person).is_not(true()))
        if not mine and session.scalar(kept) is not None:
            raise Forbidden("ticket.no_grant")
        form = session.get(CallForm, call_id)
        if form is not None and form.caller_number_enc:
            number = context.secrecy.open(form.caller_number_enc, seal("call_forms.caller_number_enc", call_id))
        elif call.caller_enc:
            number = context.secrecy.open(call.caller_enc, seal("calls.caller_enc", call_id))
        else:
            raise Missing("call.no_number")
        audit.append(
            session,
            at=time.time(),
            actor=person.user_id,
            action="number.revealed",
            object=f"calls/{call_id}",
            purpose=purpose,
        )
    return normalise(number).national or number
