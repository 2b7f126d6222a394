"""Requests to routing (docs/protocol.md): each handler answers with data, or raises an error whose code is the
answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from hotline.core.abuse import routing as abuse
from hotline.core.agents import Agent, appear, ask, extend_wrap_up, step
from hotline.core.callbacks import line
from hotline.core.conflicts import Parties
from hotline.core.errors import HotlineError, Invalid, Missing, Rejected
from hotline.core.handovers import asking, orders, targets
from hotline.core.routing import transfers
from hotline.core.routing.calls import Call, Connecting
from hotline.core.routing.effects import RememberWish, Reply
from hotline.core.routing.events import Asked
from hotline.core.routing.rules import CONNECT_GRACE_SECONDS
from hotline.core.routing.state import REMEMBER_REQUESTS, State
from hotline.core.supervision import requests as supervision
from hotline.core.why.agent import why_no_calls

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
        result = {"ok": False, "code": exc.code} | ({"details": dict(exc.details)} if exc.details else {})
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
    if wish == "offline" or "by" not in data:
        agent = replace(agent, by_phone_until=0.0)  # from a console they are at the desk, or have gone home
    changed = ask(agent, wish, str(data.get("reason") or ""), now)
    if "by" in data and agent.state == "wrap_up" and wish == "available":
        changed = step(changed, "rested", now)  # a supervisor's word ends wrap-up, the agent's own button is end_wrap_up
    state.set_agent(changed, now)
    if agent.wish != wish:
        state.effects.append(RememberWish(agent.id, wish))
    changed = state.agents[agent.id]
    return {"state": changed.state, "requested": changed.requested or None}


def _set_phone(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    """What an agent said in the staff's menu: calls come to the telephone that stands in the database, until `until`."""
    agent, wish = _agent(state, data), str(data["state"])
    if wish not in ("available", "paused", "offline"):
        raise Invalid("request.invalid", field="state")
    if wish == "available" and not state.people.seats[agent.id].number_enc:
        raise Rejected("agent.no_phone")
    if wish != "offline":
        until = max(float(data["until"]) if wish == "available" else agent.by_phone_until, 0.0)
        agent = appear(replace(agent, by_phone_until=until), now) if until > now else agent
    changed = ask(agent, wish, "phone_menu" if wish == "paused" else "", now)
    if wish == "offline":
        changed = replace(changed, by_phone_until=0.0, present=changed.console)
    state.set_agent(changed, now)
    state.effects.append(RememberWish(agent.id, wish))
    return {"state": changed.state, "requested": changed.requested or None}


def _accept(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    offer_id = str(data["offer_id"])
    agent = _agent(state, data)
    closed = state.closed_offers.get(offer_id)
    if closed is not None and closed.taken_by == agent.id and agent.offer_id == offer_id:
        return {"call_id": closed.call_id}  # the same agent pressed twice
    if (asked := state.askings.get(offer_id)) is not None:
        return {"call_id": asking.accept(state, asked, agent.id, now)}
    offer = state.offers.get(offer_id)
    if offer is None or (agent.id in offer.ever and agent.id not in offer.shown):
        raise Rejected("offer.gone")
    if agent.id not in offer.shown:
        raise Rejected("offer.not_yours")
    call = state.calls[offer.call_id]
    if not call.waiting or agent.state != "available" or offer.expires_at <= now:
        raise Rejected("offer.gone")
    connecting = _connect(state, call, agent, offer_id, now)
    state.close_offer(offer_id, now, taken_by=agent.id)
    call.connecting = connecting
    call.agent_id, call.ignored = agent.id, set()
    call.differs = None
    state.stand_in_line(call)
    state.fact("offer_accepted", call.call_id, now, offer_id=offer_id, agent_id=agent.id)
    reserved = replace(step(agent, "accept", now), call_id=call.call_id, offer_id=offer_id, missed=0, missed_at=0.0)
    state.set_agent(reserved, now)
    return {"call_id": call.call_id}


def _connect(state: State, call: Call, agent: Agent, offer_id: str, now: float) -> Connecting:
    """Send the caller's conversation to the agent's phone; a call that we make has none yet."""
    if call.virtual:
        return line.accepted(state, call, agent, offer_id, now, way="offered")
    seat = state.people.seats[agent.id]
    command = state.command("connect_agent", call.call_id, now, offer_id=offer_id, agent_id=agent.id, uri=seat.uri)
    return Connecting(offer_id, agent.id, command, now + state.rules.agent_ring_seconds + CONNECT_GRACE_SECONDS)


def _call_task(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    return line.call_task(state, data, _agent(state, data), now)


def _give_up_call(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    """The agent has coded what came of a call of ours (a voicemail, say): it ends, talk or not."""
    call = state.calls.get(str(data["call_id"]))
    if call is None or call.ended_at is not None:
        raise Missing("call.gone")
    if call.agent_id != str(data["agent_id"]):
        raise Rejected("call.not_yours")
    state.command("end_call", call.call_id, now, reason="coded")
    return {}


def _decline(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    offer_id, agent_id = str(data["offer_id"]), str(data["agent_id"])
    if (asked := state.askings.get(offer_id)) is not None:
        asking.decline(state, asked, agent_id, str(data.get("reason") or ""), now)
        return {}
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


def _extend_wrap_up(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    changed = extend_wrap_up(_agent(state, data), state.rules.wrap_up_extension_seconds)
    state.set_agent(changed, now)
    state.fact("wrap_up_extended", changed.call_id, now, agent_id=changed.id, until=changed.wrap_up_until)
    return {"wrap_up_until": changed.wrap_up_until}


def _why_agent(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    reason = why_no_calls(state, str(data["agent_id"]), now)
    return {"code": reason.code, "figures": dict(reason.figures)}


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
        if name == "hang_up" and call.pinned:
            raise Rejected("emergency.pinned")
        state.command(name, call.call_id, now, agent_id=call.agent_id)
        return {}

    return handler


def _hang_up(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    """The agent ends the talk; of a call that we make also before there is one. A colleague who was called in only leaves."""
    call = state.calls.get(str(data["call_id"]))
    if call is not None and orders.called_in(call, str(data["agent_id"])):
        orders.order(state, call, "drop_party", now)
        return {}
    dialling = call is not None and call.ended_at is None and call.agent_state in ("dialling", "ringing")
    if call is not None and dialling and call.task is not None and call.agent_id == str(data["agent_id"]):
        state.command("hang_up", call.call_id, now, agent_id=call.agent_id)
        return {}
    return _forward("hang_up")(state, data, now)


def _transfer(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    call = _own_call(state, data)
    region, wish = str(data.get("region") or ""), str(data.get("expert_id") or "")
    kind, target = targets.parse(data)
    if target.type != "expert":
        return {"transfer_id": targets.begin(state, call, kind, target, now)}
    wish = target.id or wish
    transfer_id = transfers.begin(state, call, str(data["category"]), region, wish, now, parties_of(data), kind)
    return {"transfer_id": transfer_id}


def parties_of(data: Mapping[str, Any]) -> Parties:
    """Who calls and whom against, as the request says it in hashes; `avoid` are experts the caller does not want."""
    keys = ("caller_hashes", "opposing_hashes", "avoid")
    return Parties(*(tuple(str(item) for item in data.get(key) or ()) for key in keys))


def _order(name: str) -> Handler:
    def handler(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
        orders.order(state, _own_call(state, data), name, now)
        return {}

    return handler


def _warn_caller(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    return abuse.warn(state, _own_call(state, data), str(data["method"]), now)


def _end_abusive_call(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    return abuse.end(state, _own_call(state, data), now)


def _reload(_: State, __: Mapping[str, Any], ___: float) -> Mapping[str, Any]:
    return {}  # the process loads people on seeing the request; here it is only acknowledged


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "set_agent_state": _set_state,
        "set_agent_phone": _set_phone,
        "force_agent_state": lambda state, data, now: _set_state(state, {"by": "", **data}, now),
        "accept_offer": _accept,
        "decline_offer": _decline,
        "end_wrap_up": _end_wrap_up,
        "extend_wrap_up": _extend_wrap_up,
        "why_agent": _why_agent,
        "hold": _forward("hold"),
        "unhold": _forward("unhold"),
        "hang_up": _hang_up,
        "transfer": _transfer,
        "call_task": _call_task,
        "give_up_call": _give_up_call,
        **{name: _order(name) for name in orders.ORDERS},
        "warn_caller": _warn_caller,
        "end_abusive_call": _end_abusive_call,
        "reload": _reload,
        **supervision.HANDLERS,
    }
)
