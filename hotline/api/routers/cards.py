"""Yellow and red cards, and declared interests, of an expert. A red card that stands bars every offer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from hotline.api.ask import reload
from hotline.api.context import Context
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.pool import CardRow, Shared, note, one
from hotline.api.shapes import Done, Id, Page, Shape
from hotline.core.errors import Missing, Rejected
from hotline.core.ids import new_id
from hotline.store.models import ExpertCard, ExpertInterest
from hotline.store.repositories import conflicts

router = APIRouter(prefix="/api/pool", tags=["pool"])
Judge = Annotated[Person, Depends(need("experts.cards"))]
Keeper = Annotated[Person, Depends(need("experts.interests"))]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=2000)]


class CardRequest(BaseModel):
    """Which card, and what for."""

    colour: Literal["yellow", "red"]
    reason: Why


class TextRequest(BaseModel):
    """The expert's objection, or why a card is lifted."""

    text: Why


class InterestRequest(BaseModel):
    """`client`: the expert (and the firm) represents the party; `avoid`: the expert must not advise for or against it."""

    kind: Literal["client", "avoid"]
    party: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    note: Annotated[str, Field(max_length=200)] = ""


class InterestRow(Shape):
    """A declared interest; the party masked."""

    id: str
    kind: str
    party_masked: str
    note: str
    source: str
    declared_at: float
    revoked_at: float | None


async def _write(context: Context, work: Callable[[Session], CardRow]) -> CardRow:
    def run() -> CardRow:
        with context.store.write() as session:
            return work(session)

    answer = await asyncio.to_thread(run)
    await reload(context)
    return answer


@router.post("/{expert_id}/cards")
async def give_card(expert_id: Id, wanted: CardRequest, person: Judge, context: Shared) -> CardRow:
    """Give a card."""

    def work(session: Session) -> CardRow:
        expert, now = one(session, expert_id), time.time()
        card = ExpertCard(
            id=new_id("card", now),
            expert_id=expert.id,
            colour=wanted.colour,
            reason=wanted.reason,
            given_at=now,
            given_by=person.user_id,
        )
        session.add(card)
        session.flush()
        note(session, person, "expert.card_given", expert_id, {"card": card.id, "colour": card.colour})
        return CardRow.model_validate(card)

    return await _write(context, work)


@router.post("/{expert_id}/cards/{card_id}/objection")
async def object_to_card(expert_id: Id, card_id: Id, wanted: TextRequest, person: Judge, context: Shared) -> CardRow:
    """Note what the expert says against it."""

    def work(session: Session) -> CardRow:
        card = _card(session, expert_id, card_id)
        card.objection, card.objection_at, card.objection_by = wanted.text, time.time(), person.user_id
        note(session, person, "expert.card_objected", expert_id, {"card": card.id})
        return CardRow.model_validate(card)

    return await _write(context, work)


@router.post("/{expert_id}/cards/{card_id}/lift")
async def lift_card(expert_id: Id, card_id: Id, wanted: TextRequest, person: Judge, context: Shared) -> CardRow:
    """Take a card back. 409 `card.lifted` when it was already."""

    def work(session: Session) -> CardRow:
        card = _card(session, expert_id, card_id)
        if card.lifted_at is not None:
            raise Rejected("card.lifted")
        card.lifted_at, card.lifted_by, card.lift_reason = time.time(), person.user_id, wanted.text
        note(session, person, "expert.card_lifted", expert_id, {"card": card.id})
        return CardRow.model_validate(card)

    return await _write(context, work)


def _card(session: Session, expert_id: str, card_id: str) -> ExpertCard:
    card = session.get(ExpertCard, card_id)
    if card is None or card.expert_id != expert_id:
        raise Missing("card.missing")
    return card


@router.get("/{expert_id}/interests")
def list_interests(expert_id: Id, person: Keeper, context: Shared) -> Page[InterestRow]:
    """Declared interests, newest first."""
    with context.store.read() as session:
        one(session, expert_id)
        found = conflicts.interests(session, expert_id)
        return Page(items=[InterestRow.model_validate(row) for row in found])


@router.post("/{expert_id}/interests")
async def declare(expert_id: Id, wanted: InterestRequest, person: Keeper, context: Shared) -> InterestRow:
    """Declare a client or a party to avoid. 422 `interest.party` for words that name nobody."""

    def work() -> InterestRow:
        with context.store.write() as session:
            row = conflicts.declare(
                session,
                context.secrecy,
                expert=one(session, expert_id),
                kind=wanted.kind,
                party=wanted.party,
                note=wanted.note.strip(),
                by=person.user_id,
                now=time.time(),
            )
            note(session, person, "expert.interest_declared", expert_id, {"interest": row.id, "kind": row.kind})
            return InterestRow.model_validate(row)

    answer = await asyncio.to_thread(work)
    await reload(context)
    return answer


@router.post("/{expert_id}/interests/{interest_id}/revoke")
async def revoke(expert_id: Id, interest_id: Id, person: Keeper, context: Shared) -> Done:
    """The interest is over."""

    def work() -> None:
        with context.store.write() as session:
            row = session.get(ExpertInterest, interest_id)
            if row is None or row.expert_id != expert_id:
                raise Missing("interest.missing")
            conflicts.revoke(session, row, by=person.user_id, now=time.time())
            note(session, person, "expert.interest_revoked", expert_id, {"interest": row.id})

    await asyncio.to_thread(work)
    await reload(context)
    return Done()
