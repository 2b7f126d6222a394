"""Requests to routing (docs/protocol.md): each handler answers with data, or raises an error whose code is the
answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from hotline.core import routing_transfers as transfers
from hotline.core.agents import Agent, appear, ask, step
from hotline.core.errors import HotlineError, Invalid, Missing, Rejected
from hotline.core.routing_state import (
    CONNECT_GRACE_SECONDS,
    REMEMBER_REQUESTS,
    Asked,
    Call,
    Connecting,
    RememberWish,
    Reply,
    State,
)

Handler = Callable[[State, Mapping[str, Any], float], Mapping[str, Any]]


def answer(state: State, asked: Asked, now: float) -> None:
    """Do what is asked and reply once; a request seen before (delivered twice) is not answered again."""
    if asked.request_id in state.answered:
        return
    state.answered[asked.request_id] = None
    while len(state.answered) > REMEMBER_REQUESTS:
        state.answered.popitem(last=False)
    try:
        handler = HANDLERS.get(asked.name)
        if handler is None:
            raise Invalid("request.invalid")
        if asked.lease_seconds is not None:
            _note_lease(state, str(asked.data.get("agent_id", "")), asked.lease_seconds, now)
        result: dict[str, Any] = {"ok": True, "data": dict(handler(state, asked.data, now))}
    except HotlineError as exc:
        result = {"ok": False, "code": exc.code}
    except (KeyError, TypeError, ValueError):
        result = {"ok": False, "code": "request.invalid"}
    state.effects.append(Reply(asked.request_id, result))


def _note_lease(state: State, agent_id: str, seconds: float, now: float) -> None:
    agent = state.agents.get(agent_id)
    if agent is not None and seconds > 0 and not agent.present:
        state.set_agent(appear(agent, now), now)


def _agent(state: State, data: Mapping[str, Any]) -> Agent:
    agent = state.agents.get(str(data["agent_id"]))
    if agent is None or agent.id not in state.people.seats:
        raise Missing("agent.missing")
    return agent


def _set_state(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    agent = _agent(state, data)
    wish = str(data["state"])
    if wish not in ("available", "paused", "offline"):
        raise Invalid("request.invalid", field="state")
    changed = ask(agent, wish, str(data.get("reason") or ""), now)
    if "by" in data and agent.state == "wrap_up" and wish == "available":
        changed = step(changed, "rested", now)  # a supervisor's word ends wrap-up, the agent's own button is end_wrap_up
    state.set_agent(changed, now)
    if agent.wish != wish:
        state.effects.append(RememberWish(agent.id, wish))
    changed = state.agents[agent.id]
    return {"state": changed.state, "requested": changed.requested or None}


def _accept(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    offer_id = str(data["offer_id"])
    agent = _agent(state, data)
    closed = state.closed_offers.get(offer_id)
    if closed is not None and closed.taken_by == agent.id and agent.offer_id == offer_id:
        return {"call_id": closed.call_id}  # the same agent pressed twice
    offer = state.offers.get(offer_id)
    if offer is None or (agent.id in offer.ever and agent.id not in offer.shown):
        raise Rejected("offer.gone")
    if agent.id not in offer.shown:
        raise Rejected("offer.not_yours")
    call = state.calls[offer.call_id]
    if not call.waiting or agent.state != "available" or offer.expires_at <= now:
        raise Rejected("offer.gone")
    seat = state.people.seats[agent.id]
    command = state.command("connect_agent", call.call_id, now, offer_id=offer_id, agent_id=agent.id, uri=seat.uri)
    deadline = now + state.rules.agent_ring_seconds + CONNECT_GRACE_SECONDS
    state.close_offer(offer_id, now, taken_by=agent.id)
    call.connecting = Connecting(offer_id, agent.id, command, deadline)
    call.agent_id, call.ignored = agent.id, set()
    call.differs = None
    state.stand_in_line(call)
    state.fact("offer_accepted", call.call_id, now, offer_id=offer_id, agent_id=agent.id)
    reserved = replace(step(agent, "accept", now), call_id=call.call_id, offer_id=offer_id, missed=0, missed_at=0.0)
    state.set_agent(reserved, now)
    return {"call_id": call.call_id}


def _decline(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    offer_id, agent_id = str(data["offer_id"]), str(data["agent_id"])
    offer = state.offers.get(offer_id)
    if offer is None or agent_id not in offer.shown:
        raise Rejected("offer.gone")
    del offer.shown[agent_id]
    state.on_console.get(agent_id, set()).discard(offer_id)
    state.calls[offer.call_id].declined[agent_id] = now
    agent = state.agents[agent_id]
    state.set_agent(replace(agent, missed=0, missed_at=0.0), now)
    reason = str(data.get("reason") or "")
    state.fact("offer_declined", offer.call_id, now, offer_id=offer_id, agent_id=agent_id, reason=reason)
    state.dirty |= {f"offers/{offer_id}", f"agents/{agent_id}"}
    state.match_needed = True
    return {}


def _end_wrap_up(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    agent = _agent(state, data)
    if agent.state != "wrap_up":
        raise Rejected("agent.not_in_wrap_up")
    state.set_agent(step(agent, "rested", now), now)
    return {"state": state.agents[agent.id].state}


def _own_call(state: State, data: Mapping[str, Any]) -> Call:
    """The live call this agent is talking on. Raises `call.gone`, `call.not_yours`."""
    call = state.calls.get(str(data["call_id"]))
    if call is None or call.ended_at is not None:
        raise Missing("call.gone")
    agent = state.agents.get(str(data["agent_id"]))
    if agent is None or call.agent_id != agent.id or call.agent_state != "connected" or agent.state != "on_call":
        raise Rejected("call.not_yours")
    return call


def _forward(name: str) -> Handler:
    def handler(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
        call = _own_call(state, data)
        state.command(name, call.call_id, now, agent_id=call.agent_id)
        return {}

    return handler


def _transfer(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    call = _own_call(state, data)
    region, wish = str(data.get("region") or ""), str(data.get("expert_id") or "")
    transfer_id = transfers.begin(state, call, str(data["category"]), region, wish, now)
    return {"transfer_id": transfer_id}


def _cancel_transfer(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    transfers.cancel(state, _own_call(state, data), now)
    return {}


def _reload(_: State, __: Mapping[str, Any], ___: float) -> Mapping[str, Any]:
    return {}  # the process loads people on seeing the request; here it is only acknowledged


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "set_agent_state": _set_state,
        "force_agent_state": lambda state, data, now: _set_state(state, {"by": "", **data}, now),
        "accept_offer": _accept,
        "decline_offer": _decline,
        "end_wrap_up": _end_wrap_up,
        "hold": _forward("hold"),
        "unhold": _forward("unhold"),
        "hang_up": _forward("hang_up"),
        "transfer": _transfer,
        "cancel_transfer": _cancel_transfer,
        "reload": _reload,
    }
)
