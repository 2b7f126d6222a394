"""What an agent does to a running call: hold, transfer, hang up. Routing checks whose call it is and passes it on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hotline.api.ask import ask
from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.people import Person
from hotline.api.shapes import Code, Done, Id

router = APIRouter(prefix="/api/calls", tags=["calls"])

Controller = Annotated[Person, Depends(need("calls.control"))]
Shared = Annotated[Context, Depends(current)]


class TransferRequest(BaseModel):
    """Which matter, where, and whom the agent would like."""

    category: Annotated[Code, Field(min_length=1)]
    region: Code = ""
    expert_id: Annotated[str, Field(max_length=64)] | None = None


class TransferAnswer(BaseModel):
    """The transfer has begun; each expert tried is seen on the feed."""

    transfer_id: str


async def _simple(context: Context, person: Person, name: str, call_id: str) -> Done:
    await ask(context, name, {"call_id": call_id, "agent_id": seat(person)})
    return Done()


@router.post("/{call_id}/hold")
async def hold(call_id: Id, person: Controller, context: Shared) -> Done:
    """Put the caller on hold, with music."""
    return await _simple(context, person, "hold", call_id)


@router.post("/{call_id}/unhold")
async def unhold(call_id: Id, person: Controller, context: Shared) -> Done:
    """Take the caller back from hold."""
    return await _simple(context, person, "unhold", call_id)


@router.post("/{call_id}/hang-up")
async def hang_up(call_id: Id, person: Controller, context: Shared) -> Done:
    """End one's part of the call; the caller is asked to rate."""
    return await _simple(context, person, "hang_up", call_id)


@router.post("/{call_id}/cancel-transfer")
async def cancel_transfer(call_id: Id, person: Controller, context: Shared) -> Done:
    """Stop trying experts; the caller comes back."""
    return await _simple(context, person, "cancel_transfer", call_id)


@router.post("/{call_id}/transfer")
async def transfer(call_id: Id, wanted: TransferRequest, person: Controller, context: Shared) -> TransferAnswer:
    """Look for an expert. 409 `transfer.no_expert` when nobody suitable is on duty and free."""
    data = await ask(
        context,
        "transfer",
        {
            "call_id": call_id,
            "agent_id": seat(person),
            "category": wanted.category,
            "region": wanted.region,
            "expert_id": wanted.expert_id,
        },
    )
    return TransferAnswer(transfer_id=str(data.get("transfer_id", "")))
