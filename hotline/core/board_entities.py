"""What the consoles see: the routing state as board entities (docs/protocol.md, "Board"). A pure projection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from hotline.core.abuse import routing as abuse
from hotline.core.agents import WITH_CALLER
from hotline.core.experts import Use
from hotline.core.routing.calls import Asking, Call
from hotline.core.routing.phones import by_phone
from hotline.core.routing.state import State

Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    """Entities to set and keys to delete."""

    set: Mapping[str, Entity]
    gone: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.set or self.gone)


def changes(state: State, now: float) -> Changes:
    """What differs from the last call of this function; marks it as handed out."""
    found: dict[str, Entity] = {}
    gone: list[str] = []
    for key in sorted(state.dirty):
        item = entity(state, key, now)
        if item is None:
            if state.board.pop(key, None) is not None:
                gone.append(key)
        elif state.board.get(key) != item:
            state.board[key] = item
            found[key] = item
    state.dirty.clear()
    return Changes(found, tuple(gone))


def everything(state: State, now: float) -> dict[str, Entity]:
    """The whole board anew (at start, and after Redis was emptied); marks it as handed out."""
    keys = {f"agents/{key}" for key in state.agents} | {f"agents/{key}" for key in state.people.seats}
    keys |= {f"calls/{key}" for key in state.calls} | {f"offers/{key}" for key in (*state.offers, *state.askings)}
    keys.add("outbound/state")
    keys |= {f"experts/{key}" for key in state.people.experts}
    keys |= {f"queues/{call.queue}" for call in state.calls.values() if call.queue}
    keys |= {key for key in state.board if key.startswith("queues/")}
    state.dirty.clear()
    state.board = {key: item for key in sorted(keys) if (item := entity(state, key, now)) is not None}
    return dict(state.board)


def entity(state: State, key: str, now: float) -> Entity | None:
    """One entity, or None when there is no such thing (any more)."""
    kind, _, name = key.partition("/")
    return _KINDS[kind](state, name, now)


def _agent(state: State, name: str, now: float) -> Entity | None:
    agent, seat = state.agents.get(name), state.people.seats.get(name)
    if agent is None or (seat is None and agent.state not in WITH_CALLER):
        return None
    return {
        "id": agent.id,
        "name": seat.name if seat else "",
        "extension": seat.extension if seat else "",
        "skills": list(seat.skills) if seat else [],
        "state": agent.state,
        "reason": agent.reason,
        "since": agent.since,
        "requested": agent.requested or None,
        "wrap_up_until": agent.wrap_up_until if agent.state == "wrap_up" else None,
        "wrap_up_extended": agent.state == "wrap_up" and agent.extended,
        "call_id": agent.call_id or None,
        "offer_ids": sorted(state.on_console.get(name, ())),
        "by_phone": by_phone(agent, now),
        "missed": agent.missed,
        "listening": state.listening.get(name),
    }


def _call(state: State, name: str, now: float) -> Entity | None:
    call = state.calls.get(name)
    if call is None:
        return None
    return {
        "call_id": call.call_id,
        "phase": call.phase if call.ended_at is None else "ended",
        "caller_masked": call.caller_masked,
        "region_hint": call.region_hint,
        "arrived_at": call.arrived_at,
        "queued_at": call.queued_at,
        "answered_at": call.answered_at,
        "connected_at": call.connected_at,
        "ended_at": call.ended_at,
        "queue": call.queue,
        "priority": call.priority,
        "position": call.position if call.waiting else None,
        "agent_id": call.agent_id or None,
        "expert_id": call.expert_id or None,
        "hold": call.hold,
        "agent_lost_at": call.agent_lost_at,
        "party_id": call.party_id or None,
        "waits_reminded": call.waits_reminded,
        "talk_reminded": call.talk_reminded,
        "recording": call.recording,
        "transfer": call.hunt.to_entity() if call.hunt else None,
        "rating": call.rating,
        "direction": "outbound" if call.task else "inbound",
        "task": _task(call),
        "abuse": abuse.entity(state, call),
        "recording_alarm": call.recording_alarm or None,
        "monitor": call.monitor.to_entity() if call.monitor else None,
        "help": call.help.to_entity() if call.help else None,
        "pinned": call.pinned or None,
    }


def _offer(state: State, name: str, now: float) -> Entity | None:
    if name in state.askings:
        return _asking(state, state.askings[name])
    offer = state.offers.get(name)
    call = state.calls.get(offer.call_id) if offer else None
    if offer is None or call is None:
        return None
    return {
        "offer_id": offer.offer_id,
        "call_id": offer.call_id,
        "agent_ids": sorted(offer.shown),
        "made_at": offer.made_at,
        "expires_at": offer.expires_at,
        "caller_masked": call.caller_masked,
        "region_hint": call.region_hint,
        "queue": call.queue,
        "queued_at": call.queued_at,
        "kind": call.task.kind if call.task and call.virtual else "call",
        "task": _task(call),
    }


def _task(call: Call) -> Entity | None:
    """Why we call, of a call that we make."""
    task = call.task
    if task is None:
        return None
    return {
        "task_id": task.task_id,
        "kind": task.kind,
        "reason": task.reason,
        "calls": task.calls,
        "tries": task.tries,
        "of_call": task.of_call,
    }


def _outbound(state: State, _name: str, _now: float) -> Entity:
    """Dialling out: whether it is allowed, and how much there was and is."""
    return {
        "on": state.ledger.on,
        "by": state.outbound_by,
        "last_hour": state.ledger.last_hour,
        "per_hour": state.ledger.caps.per_hour,
        "due": sum(1 for call in state.calls.values() if call.virtual and call.waiting),
    }


def _asking(state: State, asked: Asking) -> Entity | None:
    """A colleague's question, shown as an offer with the transfer it belongs to."""
    call = state.calls.get(asked.call_id)
    if call is None or call.hunt is None:
        return None
    asker = state.people.seats.get(asked.agent_id)
    return {
        "offer_id": asked.offer_id,
        "call_id": asked.call_id,
        "agent_ids": sorted(asked.shown),
        "made_at": asked.made_at,
        "expires_at": asked.expires_at,
        "caller_masked": call.caller_masked,
        "region_hint": call.region_hint,
        "queue": call.queue,
        "queued_at": call.queued_at,
        "transfer": {"kind": call.hunt.kind, "agent_id": asked.agent_id, "agent_name": asker.name if asker else ""},
    }


def _queue(state: State, name: str, now: float) -> Entity | None:
    waiting = [call.queued_at for call in map(state.calls.__getitem__, state.line) if call.queue == name]
    oldest = min((at for at in waiting if at is not None), default=None)
    return {"name": name, "waiting": len(waiting), "oldest_queued_at": oldest}


def _expert(state: State, name: str, now: float) -> Entity | None:
    expert = state.people.experts.get(name)
    if expert is None:
        return None
    use = state.uses.get(name) or Use(name)
    shown = {"reserved": "reserved", "on_call": "on_call"}.get(use.state)
    if shown is None:
        shown = "available" if expert.on_duty(now) and not expert.is_suspended(now) else "off_duty"
    before = state.board.get(f"experts/{name}")
    since = before["since"] if before and before["state"] == shown else now
    return {
        "id": expert.id,
        "name": expert.name,
        "kind": expert.kind,
        "skills": list(expert.skills),
        "region": expert.region,
        "state": shown,
        "since": since,
    }


_KINDS: Final[Mapping[str, Callable[[State, str, float], Entity | None]]] = MappingProxyType(
    {"agents": _agent, "calls": _call, "offers": _offer, "queues": _queue, "experts": _expert, "outbound": _outbound}
)
