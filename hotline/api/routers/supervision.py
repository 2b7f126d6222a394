"""What a supervisor does to a call or an agent, and an agent's call for help. The audit row, with the purpose, is committed
before routing is asked: an attempt that routing refuses stays in the trail too."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hotline.api.ask import ask
from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.people import Person
from hotline.api.routers.calls import stated
from hotline.api.shapes import Done, Id
from hotline.core.errors import Forbidden
from hotline.store import audit

router = APIRouter(prefix="/api", tags=["supervision"])

Mode = Literal["listen", "whisper", "barge"]
Purpose = Annotated[str, Field(max_length=200)]
Supervisor = Annotated[Person, Depends(need("calls.monitor"))]
Shared = Annotated[Context, Depends(current)]


class MonitorRequest(BaseModel):
    """How to be on the line, and why (it stands in the audit trail)."""

    mode: Mode = "listen"
    purpose: Purpose


class ModeRequest(BaseModel):
    """Another mode, at once."""

    mode: Mode


class TakeOverRequest(BaseModel):
    """The supervisor becomes the caller's human. `agent_stays`: the agent remains on the line and helps."""

    agent_stays: bool = False
    purpose: Purpose


class ReasonRequest(BaseModel):
    """Why; kept with the call."""

    reason: Purpose


class ForceRequest(BaseModel):
    """The state to put an agent into; during a call it becomes the state after it."""

    state: Literal["available", "paused", "offline"]
    reason: Purpose


class MonitorAnswer(BaseModel):
    """The supervisor's phone is being called; what comes of it is seen on the feed."""

    monitor_id: str


class PulledAnswer(BaseModel):
    """Where the caller stands now. `priority` is routing's rank (0 ordinary, 9 danger to life)."""

    priority: int
    position: int


class HelpAnswer(BaseModel):
    """The card that supervisors see."""

    help_id: str


class ForcedAnswer(BaseModel):
    """The agent's state now, and the one that follows the present call."""

    state: str
    requested: str | None


async def note(context: Context, person: Person, action: str, subject: str, purpose: str, **data: Any) -> None:
    """Commit one audit row."""

    def write() -> None:
        with context.store.write() as session:
            audit.append(
                session,
                at=time.time(),
                actor=person.user_id,
                action=action,
                object=subject,
                purpose=purpose,
                data=data,
            )

    await asyncio.to_thread(write)


@router.post("/calls/{call_id}/monitor")
async def monitor(call_id: Id, wanted: MonitorRequest, person: Supervisor, context: Shared) -> MonitorAnswer:
    """Have one's own phone called into a conversation. 409 `monitor.no_leg` when four are on the line already."""
    agent_id, purpose = seat(person), stated(wanted.purpose)
    await note(context, person, f"call.{wanted.mode}", f"calls/{call_id}", purpose)
    data = {"call_id": call_id, "agent_id": agent_id, "mode": wanted.mode, "by": person.user_id}
    found = await ask(context, "start_monitor", data)
    return MonitorAnswer(monitor_id=str(found.get("monitor_id", "")))


@router.put("/calls/{call_id}/monitor")
async def change_mode(call_id: Id, wanted: ModeRequest, person: Supervisor, context: Shared) -> Done:
    """Listen, whisper or barge from now on."""
    agent_id = seat(person)
    await note(context, person, f"call.{wanted.mode}", f"calls/{call_id}", "")
    await ask(context, "set_monitor", {"call_id": call_id, "agent_id": agent_id, "mode": wanted.mode})
    return Done()


@router.delete("/calls/{call_id}/monitor")
async def stop_monitor(call_id: Id, person: Supervisor, context: Shared) -> Done:
    """Leave the conversation."""
    await ask(context, "stop_monitor", {"call_id": call_id, "agent_id": seat(person)})
    return Done()


@router.post("/calls/{call_id}/take-over")
async def take_over(call_id: Id, wanted: TakeOverRequest, person: Supervisor, context: Shared) -> Done:
    """Take the caller over. One must be on the line already."""
    agent_id, purpose = seat(person), stated(wanted.purpose)
    await note(context, person, "call.taken_over", f"calls/{call_id}", purpose, agent_stays=wanted.agent_stays)
    await ask(context, "take_over", {"call_id": call_id, "agent_id": agent_id, "agent_stays": wanted.agent_stays})
    return Done()


@router.post("/calls/{call_id}/pull-forward")
async def pull_forward(
    call_id: Id, wanted: ReasonRequest, person: Annotated[Person, Depends(need("calls.pull_forward"))], context: Shared
) -> PulledAnswer:
    """Put a waiting caller at the head of the line by a declared priority; nobody else's order changes."""
    reason = stated(wanted.reason)
    await note(context, person, "call.pulled_forward", f"calls/{call_id}", reason)
    found = await ask(context, "pull_forward", {"call_id": call_id, "reason": reason, "by": person.user_id})
    return PulledAnswer(priority=int(found.get("priority", 0)), position=int(found.get("position", 0)))


@router.post("/calls/{call_id}/help")
async def ask_help(call_id: Id, person: Annotated[Person, Depends(need("help.ask"))], context: Shared) -> HelpAnswer:
    """ "Help me": a card with sound on every supervisor's console, until somebody listens in or it is cleared."""
    found = await ask(context, "ask_help", {"call_id": call_id, "agent_id": seat(person)})
    return HelpAnswer(help_id=str(found.get("help_id", "")))


@router.delete("/calls/{call_id}/help")
async def clear_help(call_id: Id, person: Annotated[Person, Depends(need("help.ask"))], context: Shared) -> Done:
    """Help is not wanted any more: said by the agent who asked, or by a supervisor."""
    if not person.may("calls.monitor") and not await context.holders.holds(seat(person), call_id):
        raise Forbidden("call.not_yours")
    await ask(context, "clear_help", {"call_id": call_id, "by": person.user_id})
    return Done()


@router.post("/agents/{agent_id}/force-state")
async def force_state(
    agent_id: Id, wanted: ForceRequest, person: Annotated[Person, Depends(need("agents.force_state"))], context: Shared
) -> ForcedAnswer:
    """Put an agent into a state, with a reason they see."""
    reason = stated(wanted.reason)
    await note(context, person, "agent.state_forced", f"agents/{agent_id}", reason, state=wanted.state)
    data = {"agent_id": agent_id, "state": wanted.state, "reason": "forced", "by": person.user_id}
    found = await ask(context, "force_agent_state", data)
    return ForcedAnswer(state=str(found.get("state", "")), requested=found.get("requested"))
