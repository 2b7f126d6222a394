"""Agents by phone: no console and no lease, a plain telephone instead. An offer is a call: they hear a brief and press 1.

Presence is what they said in the staff's menu (`by_phone_until`); it ends then, when they log off, or after too many calls in
a row that they did not take. A console that is connected goes before it: who sits at the desk is shown offers there.

The caller keeps the place in the queue all the while, so to them a telephone that does not answer is an agent's phone that
does not answer. Two orders for a mixed desk: telephones ring only for callers for whom no console is free
(`consoles_first`), or whoever is first by the queue's own order is asked, console or telephone (`together`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hotline.core.agents import Agent, step
from hotline.core.callbacks.caps import never_capped
from hotline.core.offers import may_offer
from hotline.core.queues.choosing import Choice
from hotline.core.routing.calls import Call, Connecting
from hotline.core.routing.effects import RememberWish
from hotline.core.routing.rules import CONNECT_GRACE_SECONDS
from hotline.core.routing.state import State

MISSED: Final = "phone_missed"
"""Reason of `offline` after too many calls not taken; the menu says it."""
REFUSED: Final = "refused"


def by_phone(agent: Agent, now: float) -> bool:
    """Whether calls reach this agent by telephone, not on a console."""
    return not agent.console and agent.by_phone_until > now


def dial_first(state: State, now: float) -> None:
    """Order `together`: before consoles are shown anything."""
    if state.rules.phones_together:
        _dial_all(state, now, together=True)


def dial_rest(state: State, now: float) -> None:
    """Order `consoles_first`: whom no console could be found for."""
    if not state.rules.phones_together:
        _dial_all(state, now, together=False)


def _dial_all(state: State, now: float, *, together: bool) -> None:
    if not (state.restored and state.seen_world) or now < state.hold_offers_until or not len(state.line):
        return
    free = [agent for agent in state.agents.values() if agent.state == "available" and agent.id in state.people.seats]
    phones = {agent.id for agent in free if by_phone(agent, now) and state.people.seats[agent.id].number_enc}
    if not phones:
        return
    held_back = {agent_id for agent_id in phones if _refused(state, agent_id, now)}
    choice = Choice(state, free if together else [agent for agent in free if agent.id in phones], now)
    taken: set[str] = set()
    for call_id in list(state.line):
        call = state.calls[call_id]
        if call.offer_id or call.virtual or not may_offer(call.offered, now):  # call-backs are for consoles
            continue
        barred = taken if never_capped(pinned=call.pinned) else taken | held_back
        first = next((agent_id for agent_id in choice.eligible(call_id) if agent_id not in barred), "")
        if first:
            taken.add(first)
        if first in phones:
            _dial(state, call, state.agents[first], now)


def _refused(state: State, agent_id: str, now: float) -> bool:
    """A cap, or the switch over everything dialled out: this telephone does not ring, the caller waits for another agent."""
    found, mark = state.ledger.refusal("agent", agent_id, now), f"agent:{agent_id}"
    if found and state.refused.get(mark) != found:
        state.fact("outbound_refused", "", now, kind="agent", reason=found, agent_id=agent_id)
        state.dirty.add("outbound/state")
    if found:
        state.refused[mark] = found
    else:
        state.refused.pop(mark, None)
    return bool(found)


def _dial(state: State, call: Call, agent: Agent, now: float) -> None:
    rules, seat = state.rules, state.people.seats[agent.id]
    offer_id = state.new_id("off", now)
    deadline = now + rules.agent_ring_seconds + rules.brief_seconds + rules.accept_seconds + CONNECT_GRACE_SECONDS
    call.offered.append(now)
    state.fact(
        "offer_made", call.call_id, now, offer_id=offer_id, agent_ids=[agent.id], expires_at=deadline, ring=0, by="phone"
    )
    command = state.command(
        "connect_agent",
        call.call_id,
        now,
        offer_id=offer_id,
        agent_id=agent.id,
        uri="",
        number_enc=seat.number_enc,
        trunk=seat.trunk or (call.trunk if call.trunk in rules.trunks else rules.trunks[0]),
        brief={
            "category": category_of(state, call),
            **region_of(state, call),
            "waited": round(now - (call.queued_at or now)),
        },
    )
    call.connecting = Connecting(offer_id, agent.id, command, deadline)
    call.agent_id, call.differs = agent.id, None
    state.stand_in_line(call)
    state.set_agent(replace(step(agent, "accept", now), call_id=call.call_id, offer_id=offer_id), now)


def category_of(state: State, call: Call) -> str:
    """A category of the line the caller chose: what the brief says it is about."""
    return next((code for code, skill in sorted(state.people.skill_of.items()) if skill == call.queue), "")


def region_of(state: State, call: Call) -> dict[str, str]:
    """The region of the line the caller dialled, for the brief; without one, where their number was issued, when that is one
    of our own regions. Empty when neither says anything: a hint is no jurisdiction."""
    line = state.timetable.lines.get(call.called)
    code = line.region if line else ""
    names = state.people.region_names
    if not code and call.region_hint:
        code = next((key for key, name in sorted(names.items()) if call.region_hint.endswith(name)), "")
    return {"region": names.get(code, ""), "region_code": code[:6]} if code else {}


def failed(state: State, call: Call, agent: Agent, offer_id: str, status: str, now: float) -> None:
    """Their telephone did not bring them: refused by key, or not taken (no answer, busy, voicemail)."""
    call.declined[agent.id] = now
    if status == REFUSED:
        state.fact("offer_declined", call.call_id, now, offer_id=offer_id, agent_id=agent.id, reason="phone")
        state.set_agent(step(agent, "release", now), now)
        return
    missed = agent.missed + 1
    state.fact("offer_missed", call.call_id, now, offer_id=offer_id, agent_ids=[agent.id])
    if missed < state.rules.phone_missed:
        state.set_agent(replace(step(agent, "release", now), missed=missed), now)
        return
    leaving = replace(agent, by_phone_until=0.0, present=False, wish="offline", wish_until=0.0)
    state.set_agent(replace(step(leaving, "release", now), reason=MISSED), now)
    state.effects.append(RememberWish(agent.id, "offline"))
