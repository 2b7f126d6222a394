"""A colleague is asked on their console to join a transfer: like an offer, but of a caller somebody already has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hotline.core.agents import step
from hotline.core.errors import Rejected
from hotline.core.experts import FALLBACK_SKILL
from hotline.core.hunts import Hunt, Third
from hotline.core.routing.calls import Asking, Call, ClosedOffer
from hotline.core.routing.phones import by_phone
from hotline.core.routing.rules import CONNECT_GRACE_SECONDS
from hotline.core.routing.state import State

ACCEPT_GRACE_SECONDS: Final = 5.0
"""A conversation waits this much longer for the colleague's word than the question is shown."""
GIVE_UP_SECONDS: Final = 10.0


def free_for(state: State, target: str, target_id: str, now: float, *, but: str) -> list[str]:
    """Who can be asked now: the one colleague, or everybody free in a skill group, the longest idle first."""
    found = [
        agent
        for agent in state.agents.values()
        if agent.state == "available"
        and agent.present
        and agent.id in state.people.seats
        and agent.id != but
        and not by_phone(agent, now)  # there is no console to ask on
    ]
    if target == "agent":
        return [agent.id for agent in found if agent.id == target_id]
    found.sort(key=lambda agent: agent.idle_since)
    skills = {agent.id: state.people.seats[agent.id].skills for agent in found}
    return [agent.id for agent in found if not skills[agent.id] or {target_id, FALLBACK_SKILL} & set(skills[agent.id])]


def ask(state: State, call: Call, hunt: Hunt, agents: Sequence[str], now: float) -> None:
    """Show the question on these consoles."""
    offer_id = state.new_id("off", now)
    expires_at = now + state.rules.offer_seconds
    asked = Asking(offer_id, call.call_id, hunt.transfer_id, hunt.agent_id, set(agents), now, expires_at)
    state.askings[offer_id] = asked
    for agent_id in agents:
        state.on_console.setdefault(agent_id, set()).add(offer_id)
        state.dirty.add(f"agents/{agent_id}")
    state.dirty.add(f"offers/{offer_id}")
    hunt.deadline = 0.0
    state.fact(
        "third_asked", call.call_id, now, transfer_id=hunt.transfer_id, offer_id=offer_id, agent_ids=sorted(agents),
        expires_at=expires_at,
    )  # fmt: skip


def close(state: State, offer_id: str, now: float, *, taken_by: str = "") -> None:
    """The question leaves every console."""
    asked = state.askings.pop(offer_id, None)
    if asked is None:
        return
    for agent_id in asked.shown:
        state.on_console.get(agent_id, set()).discard(offer_id)
        state.dirty.add(f"agents/{agent_id}")
    state.dirty.add(f"offers/{offer_id}")
    state.closed_offers[offer_id] = ClosedOffer(asked.call_id, taken_by, now)


def accept(state: State, asked: Asking, agent_id: str, now: float) -> str:
    """The colleague comes: have their phone rung. Returns the call id. Raises `offer.gone`, `offer.not_yours`."""
    call, agent = state.calls.get(asked.call_id), state.agents[agent_id]
    if agent_id not in asked.shown:
        raise Rejected("offer.not_yours")
    hunt = call.hunt if call else None
    fits = hunt is not None and hunt.transfer_id == asked.transfer_id and hunt.state == "trying" and not hunt.leaving
    if call is None or hunt is None or not fits or asked.expires_at <= now or agent.state != "available":
        close(state, asked.offer_id, now)
        raise Rejected("offer.gone")
    close(state, asked.offer_id, now, taken_by=agent_id)
    seat = state.people.seats[agent_id]
    hunt.third = Third("agent", asked.offer_id, agent_id, seat.name, "reserved")
    hunt.deadline = now + state.rules.agent_ring_seconds + CONNECT_GRACE_SECONDS + GIVE_UP_SECONDS
    state.fact("offer_accepted", call.call_id, now, offer_id=asked.offer_id, agent_id=agent_id)
    reserved = replace(step(agent, "accept", now), call_id=call.call_id, offer_id=asked.offer_id, missed=0, missed_at=0.0)
    state.set_agent(reserved, now)
    state.command(
        "try_agent",
        call.call_id,
        now,
        transfer_id=hunt.transfer_id,
        try_id=asked.offer_id,
        agent_id=agent_id,
        uri=seat.uri,
    )
    state.touch_call(call)
    return call.call_id


def decline(state: State, asked: Asking, agent_id: str, reason: str, now: float) -> None:
    """Not now. Raises `offer.gone` when it was not shown there."""
    if agent_id not in asked.shown:
        raise Rejected("offer.gone")
    state.fact("offer_declined", asked.call_id, now, offer_id=asked.offer_id, agent_id=agent_id, reason=reason)
    take_off(state, asked, agent_id, now)


def take_off(state: State, asked: Asking, agent_id: str, now: float) -> None:
    """One console less; with none left, nobody comes."""
    asked.shown.discard(agent_id)
    state.on_console.get(agent_id, set()).discard(asked.offer_id)
    state.dirty |= {f"offers/{asked.offer_id}", f"agents/{agent_id}"}
    if not asked.shown:
        asked.expires_at = min(asked.expires_at, now)
        expire(state, now)


def expire(state: State, now: float) -> None:
    """Questions nobody answered in time (or whose transfer is over): the caller goes back to the transferor."""
    for asked in [item for item in state.askings.values() if item.expires_at <= now]:
        if asked.shown:
            state.fact("offer_missed", asked.call_id, now, offer_id=asked.offer_id, agent_ids=sorted(asked.shown))
        close(state, asked.offer_id, now)
        call = state.calls.get(asked.call_id)
        if call is not None and call.hunt is not None and call.hunt.transfer_id == asked.transfer_id:
            give_up(state, call, call.hunt, now)


def give_up(state: State, call: Call, hunt: Hunt, now: float) -> None:
    """Nobody comes."""
    if hunt.state != "trying" or hunt.leaving:
        return
    hunt.leaving = "give_up"
    hunt.deadline = now + GIVE_UP_SECONDS
    state.command("give_up_transfer", call.call_id, now, transfer_id=hunt.transfer_id)
    state.touch_call(call)


def drop_all(state: State, transfer_id: str, now: float) -> None:
    """The transfer is over: nobody is asked any more."""
    for asked in [item for item in state.askings.values() if item.transfer_id == transfer_id]:
        close(state, asked.offer_id, now)
