"""Abusive callers: warnings during the call, its end after two of them, and restrictions of the number."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from hotline.api.access import own_calls
from hotline.api.ask import ask, reload
from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.people import Person
from hotline.api.routers.calls import stated
from hotline.api.shapes import Done, Id, Shape
from hotline.core.errors import Missing
from hotline.store import audit
from hotline.store.models import Call
from hotline.store.repositories import restrictions

router = APIRouter(prefix="/api", tags=["abuse"])

Controller = Annotated[Person, Depends(need("calls.control"))]
Shared = Annotated[Context, Depends(current)]
Reason = Annotated[str, Field(max_length=500, description="Without names or numbers; it stands in the audit trail")]


class WarnRequest(BaseModel):
    """`played`: the system speaks the warning. `read`: the agent has read it out."""

    method: Literal["played", "read"] = "played"


class WarnAnswer(BaseModel):
    """Which warning it is (1 or 2)."""

    number: int


class ProposeRequest(BaseModel):
    """What happened."""

    reason: Reason


class DecideRequest(BaseModel):
    """A supervisor's decision; `hours` counts for `approve` and `renew`."""

    decision: Literal["approve", "refuse", "renew", "lift"]
    reason: Reason
    hours: Annotated[float, Field(ge=1, le=24)] = 24


class RestrictionRow(Shape):
    """One restriction. Times are Unix seconds; the number is masked."""

    id: str
    caller_masked: str
    call_id: str
    state: str
    reason: str
    proposed_by: str
    proposed_at: float
    decided_by: str
    decided_at: float | None
    decision: str
    until: float | None
    renewals: int


@router.post("/calls/{call_id}/warn")
async def warn(call_id: Id, wanted: WarnRequest, person: Controller, context: Shared) -> WarnAnswer:
    """Warn the caller. 409 `abuse.too_soon` (details.seconds) or `abuse.all_given`."""
    data = await ask(context, "warn_caller", {"call_id": call_id, "agent_id": seat(person), "method": wanted.method})
    return WarnAnswer(number=int(data["number"]))


@router.post("/calls/{call_id}/end-abusive")
async def end_abusive(call_id: Id, person: Controller, context: Shared) -> Done:
    """End the call after two warnings. 409 `abuse.not_warned` or `abuse.too_soon`."""
    await ask(context, "end_abusive_call", {"call_id": call_id, "agent_id": seat(person)})
    return Done()


@router.post("/calls/{call_id}/restriction")
def propose(
    call_id: Id, wanted: ProposeRequest, person: Annotated[Person, Depends(need("restrictions.propose"))], context: Shared
) -> RestrictionRow:
    """Ask a supervisor to restrict this caller's number; the call is the evidence, and its recordings are kept."""
    reason, now = stated(wanted.reason), time.time()
    with context.store.write() as session:
        call = session.get(Call, call_id)
        if call is None or not session.query(Call.call_id).where(Call.call_id == call_id, own_calls(person)).first():
            raise Missing("call.missing")
        row = restrictions.propose(
            session, call, reason=reason, by=person.user_id, now=now, keep_days=context.settings.abuse.keep_days
        )
        answer = RestrictionRow.model_validate(row)
        audit.append(
            session,
            at=now,
            actor=person.user_id,
            action="restriction.proposed",
            object=f"restrictions/{row.id}",
            purpose=reason,
        )
    return answer


@router.get("/restrictions")
def list_restrictions(
    person: Annotated[Person, Depends(need("restrictions.read"))],
    context: Shared,
    state: Annotated[Literal["", "proposed", "active", "refused", "lifted", "expired"], Query()] = "",
) -> list[RestrictionRow]:
    """Restrictions, the newest first."""
    with context.store.read() as session:
        return [RestrictionRow.model_validate(row) for row in restrictions.page(session, state=state)]


@router.post("/restrictions/{restriction_id}/decide")
async def decide(
    restriction_id: Id,
    wanted: DecideRequest,
    person: Annotated[Person, Depends(need("restrictions.decide"))],
    context: Shared,
) -> RestrictionRow:
    """Approve, refuse, renew or lift; it takes effect with the next call."""
    answer = await asyncio.to_thread(_decide, context, person, restriction_id, wanted)
    await reload(context)
    return answer


def _decide(context: Context, person: Person, restriction_id: str, wanted: DecideRequest) -> RestrictionRow:
    reason, now = stated(wanted.reason), time.time()
    with context.store.write() as session:
        row = restrictions.decide(
            session,
            restriction_id,
            wanted.decision,
            reason=reason,
            by=person.user_id,
            now=now,
            hours=wanted.hours,
            most_hours=context.settings.abuse.most_hours,
        )
        answer = RestrictionRow.model_validate(row)
        audit.append(
            session,
            at=now,
            actor=person.user_id,
            action=f"restriction.{wanted.decision}",
            object=f"restrictions/{row.id}",
            purpose=reason,
            data={"until": row.until},
        )
    return answer
