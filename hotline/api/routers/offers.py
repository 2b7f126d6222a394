"""Accepting and declining offers; the first accept wins, and routing decides which was first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hotline.api.ask import ask
from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.people import Person
from hotline.api.shapes import Done, Id

router = APIRouter(prefix="/api/offers", tags=["offers"])


class Accepted(BaseModel):
    """The call is yours; your phone rings next."""

    call_id: str


class DeclineRequest(BaseModel):
    """Why not; may be empty."""

    reason: Annotated[str, Field(max_length=64)] = ""


@router.post("/{offer_id}/accept")
async def accept(
    offer_id: Id,
    person: Annotated[Person, Depends(need("offers.answer"))],
    context: Annotated[Context, Depends(current)],
) -> Accepted:
    """Take the call. 409 `offer.gone` when somebody was quicker, it expired, or the caller left."""
    data = await ask(context, "accept_offer", {"offer_id": offer_id, "agent_id": seat(person)})
    call_id = str(data.get("call_id", ""))
    context.holders.accepted(call_id, person.agent_id)
    return Accepted(call_id=call_id)


@router.post("/{offer_id}/decline")
async def decline(
    offer_id: Id,
    person: Annotated[Person, Depends(need("offers.answer"))],
    context: Annotated[Context, Depends(current)],
    wanted: DeclineRequest | None = None,
) -> Done:
    """Leave the call to others."""
    reason = wanted.reason.strip() if wanted else ""
    await ask(context, "decline_offer", {"offer_id": offer_id, "agent_id": seat(person), "reason": reason})
    return Done()
