"""What an agent does to a running call: hold, transfer, hang up. Routing checks whose call it is and passes it on."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hotline.api.ask import ask
from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.people import Person
from hotline.api.shapes import Code, Done, Id
from hotline.core.conflicts import Parties
from hotline.core.errors import Invalid
from hotline.store.repositories import conflicts, forms

router = APIRouter(prefix="/api/calls", tags=["calls"])

Controller = Annotated[Person, Depends(need("calls.control"))]
Shared = Annotated[Context, Depends(current)]


class TransferTarget(BaseModel):
    """To whom: an expert (no id: anybody suitable), a colleague, a skill group, or a line of the list of hotlines."""

    type: Literal["expert", "agent", "queue", "hotline"] = "expert"
    id: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$")] = ""


class TransferRequest(BaseModel):
    """Which matter, where, whom, and how. `kind`: `auto` (the agent leaves when the expert has pressed 1), `blind` (at once),
    `attended` (agent and third person talk first), `three_way`; without one `auto`, for another hotline `three_way`.
    `category` is needed for experts only."""

    kind: Literal["auto", "blind", "attended", "three_way"] | None = None
    target: TransferTarget = TransferTarget()
    category: Code = ""
    region: Code = ""
    expert_id: Annotated[str, Field(max_length=64)] | None = None
    avoid: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=20)] = []
    """Experts the caller does not want (any more)."""


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
    """Take the caller back; whoever rings, or is being talked to, is let go."""
    return await _simple(context, person, "cancel_transfer", call_id)


@router.post("/{call_id}/complete-transfer")
async def complete_transfer(call_id: Id, person: Controller, context: Shared) -> Done:
    """Caller and third person go on without me; while they are still looked for, the transfer becomes a blind one."""
    return await _simple(context, person, "complete_transfer", call_id)


@router.post("/{call_id}/leave")
async def leave(call_id: Id, person: Controller, context: Shared) -> Done:
    """Leave a conference: the two others go on."""
    return await _simple(context, person, "leave", call_id)


@router.post("/{call_id}/toggle")
async def toggle(call_id: Id, person: Controller, context: Shared) -> Done:
    """Go to the other one: from the third person to the caller, or back."""
    return await _simple(context, person, "toggle", call_id)


@router.post("/{call_id}/conference")
async def conference(call_id: Id, person: Controller, context: Shared) -> Done:
    """All three hear each other."""
    return await _simple(context, person, "conference", call_id)


@router.post("/{call_id}/drop-party")
async def drop_party(call_id: Id, person: Controller, context: Shared) -> Done:
    """Let the third person go and stay with the caller."""
    return await _simple(context, person, "drop_party", call_id)


def _parties(context: Context, call_id: str) -> Parties:
    """Who calls and whom against, as hashes; routing adds the number. Nothing typed: nothing to compare."""
    with context.store.read() as session:
        form = forms.get(session, context.secrecy, call_id)
    return conflicts.parties_of_form(context.secrecy, form.fields)


@router.post("/{call_id}/transfer")
async def transfer(call_id: Id, wanted: TransferRequest, person: Controller, context: Shared) -> TransferAnswer:
    """Hand the caller on. 409 `transfer.no_expert` when nobody suitable is on duty and free, `transfer.only_conflicts` when
    all who are have a conflict of interest with the parties in the form as it is saved."""
    if wanted.target.type == "expert" and not wanted.category:
        raise Invalid("request.invalid", fields={"category": "missing"})
    parties = await asyncio.to_thread(_parties, context, call_id)
    data = await ask(
        context,
        "transfer",
        {
            "call_id": call_id,
            "agent_id": seat(person),
            "kind": wanted.kind,
            "target": wanted.target.model_dump(),
            "category": wanted.category,
            "region": wanted.region,
            "expert_id": wanted.expert_id,
            "caller_hashes": list(parties.caller),
            "opposing_hashes": list(parties.opposing),
            "avoid": wanted.avoid,
        },
    )
    return TransferAnswer(transfer_id=str(data.get("transfer_id", "")))
