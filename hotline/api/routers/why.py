"""Answers in one sentence: why an agent gets no calls, and why a caller waited."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.access import own_calls
from hotline.api.ask import ask
from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.people import Person
from hotline.api.shapes import Id
from hotline.core.errors import Missing
from hotline.core.facts import Fact
from hotline.core.queues.relaxing import Ring, Skills
from hotline.core.why import Desk, Reason, named, sentence, why_waited
from hotline.settings import Settings
from hotline.store.catalogue import catalogue
from hotline.store.models import Agent, Call
from hotline.store.repositories import facts

router = APIRouter(prefix="/api", tags=["why"])

STATES_FROM_SECONDS: Final = 4 * 3600.0
"""How far before a wait an agent's state may have begun; longer than any shift half."""


class Why(BaseModel):
    """One sentence in both languages. `codes` name its parts, for programs."""

    zh: str
    en: str
    codes: list[str]


def _words() -> dict[str, tuple[str, str]]:
    """Skill groups and pause reasons by code."""
    return {item.code: (item.zh, item.en) for name in ("skills", "pause_reasons") for item in catalogue().items(name)}


def _why(reasons: list[Reason]) -> Why:
    told = [named(reason, _words()) for reason in reasons]
    return Why(zh=sentence(told, "zh"), en=sentence(told, "en"), codes=[reason.code for reason in told])


async def _agent(context: Context, agent_id: str) -> Why:
    found = await ask(context, "why_agent", {"agent_id": agent_id})
    return _why([Reason(str(found["code"]), dict(found["figures"]))])


@router.get("/agents/me/why")
async def why_me(
    person: Annotated[Person, Depends(need("agents.set_own_state"))], context: Annotated[Context, Depends(current)]
) -> Why:
    """Why am I not getting calls?"""
    return await _agent(context, seat(person))


@router.get("/agents/{agent_id}/why")
async def why_agent(
    agent_id: Id, person: Annotated[Person, Depends(need("calls.read_all"))], context: Annotated[Context, Depends(current)]
) -> Why:
    """Why does this agent get no calls?"""
    await asyncio.to_thread(_known, context, agent_id)
    return await _agent(context, agent_id)


def _known(context: Context, agent_id: str) -> None:
    with context.store.read() as session:
        if session.get(Agent, agent_id) is None:
            raise Missing("agent.missing")


@router.get("/calls/{call_id}/why")
async def why_call(
    call_id: Id, person: Annotated[Person, Depends(need("calls.read"))], context: Annotated[Context, Depends(current)]
) -> Why:
    """Why did this caller wait? Of one who waits still: why do they wait?"""
    mine = await context.holders.holds(person.agent_id, call_id) or context.holders.offered(person.agent_id, call_id)
    return await asyncio.to_thread(_read, context, person, call_id, mine)


def _read(context: Context, person: Person, call_id: str, mine: bool) -> Why:
    with context.store.read() as session:
        query = select(Call).where(Call.call_id == call_id)
        call = session.scalar(query if mine else query.where(own_calls(person)))
        if call is None:
            raise Missing("call.missing")
        told = facts.of_call(session, call_id)
        since = call.queued_at or call.arrived_at
        states = facts.agent_states(session, since - STATES_FROM_SECONDS, (call.agent_connected_at or time.time()))
        return _why(why_waited(told, _desk(session, context.settings, call.queue, states), time.time()))


def _desk(session: Session, settings: Settings, queue: str, states: list[Fact]) -> Desk:
    rings = [Ring(item.after, item.skill, item.language, item.region) for item in settings.queue_rules(queue).relax]
    agents: dict[str, Any] = {
        row.id: (row.name, Skills(tuple(row.skills), tuple(row.languages))) for row in session.scalars(select(Agent))
    }
    return Desk(agents, _words(), rings, states)
