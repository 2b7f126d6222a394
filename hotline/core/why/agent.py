"""Why does this agent get no calls? From routing's memory at this moment: the first reason that holds, in this order."""

from __future__ import annotations

from typing import Final

from hotline.core.agents import Agent
from hotline.core.offers import DECLINE_REST_SECONDS
from hotline.core.queues.choosing import Choice, skills_of
from hotline.core.queues.relaxing import Need, attainable, first_ring
from hotline.core.routing.calls import Call
from hotline.core.routing.state import State
from hotline.core.why.texts import Reason

_OWN_REASONS: Final = {"missed_offers": "paused_missed", "phone_unreachable": "paused_phone"}


def why_no_calls(state: State, agent_id: str, now: float) -> Reason:
    """The one reason. Skill groups and pause reasons are codes; `texts.named` puts the words in."""
    agent = state.agents.get(agent_id)
    if agent is None or agent_id not in state.people.seats:
        return Reason("no_seat")
    if agent.state != "available":
        return _not_free(state, agent, now)
    if state.on_console.get(agent_id):
        return Reason("ringing")
    waiting = [state.calls[call_id] for call_id in state.line]
    if not waiting:
        return Reason("nobody_waits", {"for_": now - agent.since})
    return _not_for_them(state, agent, waiting, now)


def _not_free(state: State, agent: Agent, now: float) -> Reason:
    if agent.state == "offline":
        return Reason("offline_lease" if agent.reason == "lease" else "offline")
    if agent.state == "paused":
        code = _OWN_REASONS.get(agent.reason, "paused")
        count = max(agent.missed, state.rules.missed_offers_to_pause)
        return Reason(code, {"reason": agent.reason or "—", "for_": now - agent.since, "count": count})
    if agent.state == "wrap_up":
        return Reason("wrap_up", {"left": agent.wrap_up_until - now})
    if agent.state == "on_call":
        return Reason("on_call", {"for_": now - agent.since})
    return Reason("connecting")


def _not_for_them(state: State, agent: Agent, waiting: list[Call], now: float) -> Reason:
    """Callers wait, and none is shown here: kept for others, declined, or ringing at those who were free before."""
    choice = Choice(state, [item for item in state.agents.values() if item.state == "available"], now)
    if any(agent.id in choice.members(call.call_id) for call in waiting):
        ahead = sum(
            1
            for other in state.agents.values()
            if other.state == "available" and other.id != agent.id and other.idle_since < agent.idle_since
        )
        return Reason("elsewhere", {"waiting": len(waiting), "ahead": ahead})
    oldest = waiting[0]
    if (at := oldest.declined.get(agent.id)) is not None and now - at < DECLINE_REST_SECONDS:
        return Reason("declined", {"left": at + DECLINE_REST_SECONDS - now})
    left = _until_admitted(state, agent, oldest, now)
    figures = {"waiting": len(waiting), "group": oldest.queue}
    return Reason("never", figures) if left is None else Reason("widens", {**figures, "left": left})


def _until_admitted(state: State, agent: Agent, call: Call, now: float) -> float | None:
    """Seconds until the caller's need lets this agent in; None when it never does."""
    rules = state.rules.queues.of(call.queue)
    at_work = [
        skills_of(state.people.seats[item.id])
        for item in state.agents.values()
        if item.state not in ("offline", "paused") and item.id in state.people.seats
    ]
    need = attainable(Need(call.queue, call.language, call.region_hint, rules.neighbours), at_work)
    ring = first_ring(rules.rings, need, skills_of(state.people.seats[agent.id]), len(rules.rings) - 1)
    return None if ring is None else max(0.0, rules.rings[ring].after - (now - (call.queued_at or now)))
