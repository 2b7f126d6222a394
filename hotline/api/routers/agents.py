"""The state of one's own seat: everything here is routing's to decide."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hotline.api.ask import ask
from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.people import Person
from hotline.api.shapes import Done

router = APIRouter(prefix="/api/agents/me", tags=["agents"])


class StateRequest(BaseModel):
    """The state wished for; `reason` is a code of `pause_reasons` when pausing."""

    state: Literal["available", "paused", "offline"]
    reason: Annotated[str, Field(max_length=64)] = ""


@router.put("/state")
async def set_state(
    wanted: StateRequest,
    person: Annotated[Person, Depends(need("agents.set_own_state"))],
    context: Annotated[Context, Depends(current)],
) -> Done:
    """Ask for another state; during a call it becomes the state after it."""
    await ask(context, "set_agent_state", {"agent_id": seat(person), "state": wanted.state, "reason": wanted.reason.strip()})
    return Done()


@router.post("/end-wrap-up")
async def end_wrap_up(
    person: Annotated[Person, Depends(need("agents.set_own_state"))], context: Annotated[Context, Depends(current)]
) -> Done:
    """Wrap-up is over before its time."""
    await ask(context, "end_wrap_up", {"agent_id": seat(person)})
    return Done()


@router.post("/extend-wrap-up")
async def extend_wrap_up(
    person: Annotated[Person, Depends(need("agents.set_own_state"))], context: Annotated[Context, Depends(current)]
) -> Done:
    """More time to write down, once in a wrap-up."""
    await ask(context, "extend_wrap_up", {"agent_id": seat(person)})
    return Done()
