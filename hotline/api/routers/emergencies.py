"""Danger to life: raise, see, acknowledge, call out help, close. See :mod:`hotline.core.emergencies` for the states."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.emergency_card import Card, read_card
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.calls import stated
from hotline.api.shapes import Code, Done, Id
from hotline.core.emergencies import SERVICES
from hotline.core.errors import Forbidden, Invalid, Missing
from hotline.store.models import Emergency
from hotline.store.repositories import emergencies

router = APIRouter(prefix="/api", tags=["emergencies"])

Raiser = Annotated[Person, Depends(need("emergencies.raise"))]
Handler = Annotated[Person, Depends(need("emergencies.handle"))]
Reader = Annotated[Person, Depends(need("emergencies.read_all"))]
Shared = Annotated[Context, Depends(current)]


class RaiseRequest(BaseModel):
    """`source`: the button, or a risk flag that was ticked (`flags`)."""

    source: Literal["button", "risk_flag"] = "button"
    flags: Annotated[list[Code], Field(max_length=20)] = []


class RaiseAnswer(BaseModel):
    """`audience` says who is being alerted: `supervisors`, or `everyone` because none of them is logged in.
    `supervisors` is how many consoles of theirs are connected."""

    id: str
    audience: str
    supervisors: int


class DispatchRequest(BaseModel):
    """Which service was called out, and what it said (an incident number)."""

    service: Annotated[str, Field(max_length=8)]
    note: Annotated[str, Field(max_length=200)] = ""


class AssignRequest(BaseModel):
    """The second agent who is to call out help."""

    agent_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]


class CloseRequest(BaseModel):
    """The report: what happened, when, who was told, and how it ended."""

    result: Annotated[str, Field(max_length=32)]
    what: Annotated[str, Field(max_length=4000)]
    happened: Annotated[str, Field(max_length=200)] = ""
    told: Annotated[str, Field(max_length=1000)]
    note: Annotated[str, Field(max_length=2000)] = ""


@router.post("/calls/{call_id}/emergency")
async def raise_one(call_id: Id, wanted: RaiseRequest, person: Raiser, context: Shared) -> RaiseAnswer:
    """Raise an emergency for a live call: the row is committed, the cards go out, the call is pinned. Raising it again
    answers with the open one."""
    supervisor = person.may("emergencies.read_all")
    if not supervisor and not await context.holders.holds(person.agent_id, call_id):
        raise Forbidden("call.not_yours")
    call = context.board.state.get(f"calls/{call_id}")
    if call is None or call.get("phase") == "ended":
        raise Missing("call.gone")
    alerts = context.alerts
    there = alerts.supervisors(context, but=person.user_id)
    audience = "supervisors" if there or supervisor else "everyone"

    def write() -> tuple[str, str, dict[str, Any] | None]:
        with context.store.write() as session:
            row, _ = emergencies.raise_one(
                session,
                call_id=call_id,
                source="supervisor" if supervisor else wanted.source,
                flags=wanted.flags,
                by=person.user_id,
                by_agent=person.agent_id,
                caller_masked=str(call.get("caller_masked") or ""),
                region_hint=str(call.get("region_hint") or ""),
                audience=audience,
                now=time.time(),
            )
            return row.id, row.audience, alerts.show(context, session, row)

    row_id, told, entity = await asyncio.to_thread(write)
    alerts.publish(context, row_id, entity)
    await alerts.pin(context, row_id, call_id, person.user_id)
    return RaiseAnswer(id=row_id, audience=told, supervisors=there)


def _sees(context: Context, person: Person, emergency_id: str) -> None:
    """Supervisors see all, agents those that are on their console. Raises Missing `emergency.missing`."""
    entity = context.board.own.get(f"emergencies/{emergency_id}")
    if person.may("emergencies.read_all"):
        return
    concerned = entity is not None and (
        entity["audience"] == "everyone"
        or (person.agent_id and person.agent_id in [*entity["helpers"], entity["raised_by_agent"]])
    )
    if not concerned:
        raise Missing("emergency.missing")


@router.post("/emergencies/{emergency_id}/seen")
async def seen(emergency_id: Id, person: Handler, context: Shared) -> Done:
    """A console says that it shows the card (by itself, with sound)."""
    _sees(context, person, emergency_id)
    now = time.time()
    await context.alerts.change(
        context,
        emergency_id,
        lambda session, row: emergencies.alerted(session, row, by=person.user_id, role=person.role, now=now),
    )
    return Done()


@router.post("/emergencies/{emergency_id}/acknowledge")
async def acknowledge(emergency_id: Id, person: Handler, context: Shared) -> Done:
    """Take it up: the sound stops everywhere. Whoever raised it cannot, unless it is a supervisor."""
    _sees(context, person, emergency_id)

    def work(session: Session, row: Emergency) -> None:
        if row.raised_by == person.user_id and not person.may("emergencies.read_all"):
            raise Forbidden("emergency.own")
        emergencies.acknowledge(session, row, by=person.user_id, now=time.time())

    await context.alerts.change(context, emergency_id, work)
    return Done()


@router.get("/emergencies/{emergency_id}/card")
async def card(
    emergency_id: Id,
    person: Handler,
    context: Shared,
    language: Annotated[Literal["zh-CN", "en"], Query()] = "zh-CN",
) -> Card:
    """The dispatch card: place, name, number, and words for 110 and 120. Revealed on the emergency's legal basis; the audit
    row is committed before anything leaves."""
    _sees(context, person, emergency_id)
    return await asyncio.to_thread(read_card, context, person, emergency_id, language)


@router.post("/emergencies/{emergency_id}/dispatch")
async def dispatch(emergency_id: Id, wanted: DispatchRequest, person: Handler, context: Shared) -> Done:
    """110, 120 or another service has been called out."""
    _sees(context, person, emergency_id)
    if wanted.service not in SERVICES:
        raise Invalid("emergency.service", field="service")
    note = stated(wanted.note) if wanted.note.strip() else ""

    def work(session: Session, row: Emergency) -> None:
        emergencies.dispatch(session, row, service=wanted.service, note=note, by=person.user_id, now=time.time())

    await context.alerts.change(context, emergency_id, work)
    return Done()


@router.post("/emergencies/{emergency_id}/assign")
async def assign(emergency_id: Id, wanted: AssignRequest, person: Reader, context: Shared) -> Done:
    """Open the card on a second agent's console."""
    if f"agents/{wanted.agent_id}" not in context.board.state:
        raise Missing("agent.missing")

    def work(session: Session, row: Emergency) -> None:
        emergencies.assign(session, row, agent_id=wanted.agent_id, by=person.user_id, now=time.time())

    await context.alerts.change(context, emergency_id, work)
    return Done()


@router.post("/emergencies/{emergency_id}/close")
async def close(emergency_id: Id, wanted: CloseRequest, person: Handler, context: Shared) -> Done:
    """Close it with the report. The call is an ordinary one again; a task says to tell the person afterwards."""
    _sees(context, person, emergency_id)
    report = {"what": wanted.what, "happened": wanted.happened, "told": wanted.told, "note": wanted.note}

    def work(session: Session, row: Emergency) -> str:
        emergencies.close(
            session, context.secrecy, row, result=wanted.result, report=report, by=person.user_id, now=time.time()
        )
        return row.call_id

    call_id = await context.alerts.change(context, emergency_id, work)
    await context.alerts.unpin(context, emergency_id, call_id, person.user_id)
    return Done()
