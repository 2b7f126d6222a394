"""The switch over everything dialled out through a trunk, and how much there was."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hotline.api.ask import ask
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.core.errors import Rejected
from hotline.logs import mask_text
from hotline.store import audit
from hotline.store.models import Switch

router = APIRouter(prefix="/api/outbound", tags=["outbound"])

NAME = "outbound"


class OutboundState(BaseModel):
    """`on`: calls may go out. `enabled`: what the settings file says; false beats the switch."""

    on: bool
    enabled: bool
    by: str
    at: float | None
    reason: str
    last_hour: int
    per_hour: int
    due: int


class SwitchRequest(BaseModel):
    """Throw the switch; the reason stands in the audit trail."""

    on: bool
    reason: Annotated[str, Field(max_length=200)] = ""


@router.get("")
def read_outbound(
    _person: Annotated[Person, Depends(need("outbound.read"))], context: Annotated[Context, Depends(current)]
) -> OutboundState:
    """Whether anything is dialled out."""
    with context.store.read() as session:
        return _state(context, session.get(Switch, NAME))


def _state(context: Context, row: Switch | None) -> OutboundState:
    board = context.board.state.get("outbound/state", {})
    rules = context.settings.outbound
    return OutboundState(
        on=rules.enabled and (row is None or row.on),
        enabled=rules.enabled,
        by=row.by if row else "",
        at=row.at if row else None,
        reason=row.reason if row else "",
        last_hour=int(board.get("last_hour") or 0),
        per_hour=rules.max_per_hour,
        due=int(board.get("due") or 0),
    )


@router.put("")
async def throw_switch(
    wanted: SwitchRequest,
    person: Annotated[Person, Depends(need("outbound.switch"))],
    context: Annotated[Context, Depends(current)],
) -> OutboundState:
    """Stop, or allow again, everything dialled out. It counts from the next decision: the database is asked before each call,
    and routing is told at once. Calls already up go on."""
    found = await asyncio.to_thread(_throw, context, person, wanted)
    try:
        await ask(context, "reload", {})
    except Rejected as error:
        if error.code != "routing.silent":  # it reads the switch by itself within seconds
            raise
    return found


def _throw(context: Context, person: Person, wanted: SwitchRequest) -> OutboundState:
    now, reason = time.time(), mask_text(" ".join(wanted.reason.split()))
    with context.store.write() as session:
        row = session.get(Switch, NAME, with_for_update=True)
        if row is None:
            row = Switch(name=NAME, on=True, by="", at=now, reason="")
            session.add(row)
        row.on, row.by, row.at, row.reason = wanted.on, person.username, now, reason
        audit.append(
            session,
            at=now,
            actor=person.user_id,
            action="outbound.allowed" if wanted.on else "outbound.stopped",
            object=f"switches/{NAME}",
            purpose=reason,
        )
        return _state(context, row)
