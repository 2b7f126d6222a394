"""Comparing memory with the world: live snapshots and leases. What facts alone would have told is healed here.

A fact and the snapshot that shows the same are written one after the other, and either may be read first. So a
difference counts only when a conversation that has renewed its snapshot keeps showing it for :data:`HEAL_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hotline.core.abuse import routing as abuse
from hotline.core.agents import WITH_CALLER, Agent, appear, forget_wish, step
from hotline.core.duty import DUTY
from hotline.core.experts import Use, local_day
from hotline.core.hunts import Hunt, Third, Try, try_seconds
from hotline.core.offers import Offer
from hotline.core.queues import priority_of
from hotline.core.routing import queue as routing_queue
from hotline.core.routing import transfers
from hotline.core.routing.agents import move
from hotline.core.routing.calls import Asking, Call, Connecting
from hotline.core.routing.effects import RememberWish
from hotline.core.routing.events import PeopleLoaded, Restored, World
from hotline.core.routing.facts import back_in_line, end_call, expect_agent, release_agent, seat_talk
from hotline.core.routing.rules import CONNECT_GRACE_SECONDS, LIVE_LEASE_SECONDS
from hotline.core.routing.state import State
from hotline.core.supervision import healing

HEAL_SECONDS: Final = 2.5
"""Longer than the 2 s in which every conversation writes its snapshot anew."""
LIVE_RENEW_SECONDS: Final = 2.0


def look(state: State, world: World, now: float) -> None:
    """Take in one look at the world."""
    first = not state.seen_world
    if (world.emptied or world.interrupted) and not first:
        state.grace_until = now + state.rules.agent_lease_seconds
        state.live_grace_until = now + LIVE_LEASE_SECONDS
        for call in state.calls.values():
            if call.ended_at is None:
                call.lease = max(call.lease, now + LIVE_LEASE_SECONDS)
        _resend(state)
    if first and world.emptied:
        # Nothing is known: conversations must show themselves before anybody who may be talking is offered a caller.
        state.hold_offers_until = now + LIVE_RENEW_SECONDS + 0.5
    _leases(state, world.leases, now)
    for call_id, snapshot in world.live.items():
        if float(snapshot.get("lease", 0.0)) >= now and call_id not in state.gone:
            _compare(state, call_id, snapshot, now)
    _vanished(state, now)
    _orphans(state, now)
    state.seen_world = True
    if first:
        state.match_needed = True


def _resend(state: State) -> None:
    """Orders on their way may have been lost with Redis. Told twice, a conversation drops the second."""
    for call in state.calls.values():
        if call.connecting is not None and call.connecting.command is not None and call.agent_state == "none":
            state.effects.append(call.connecting.command)


def _leases(state: State, leases: Mapping[str, float], now: float) -> None:
    for agent in list(state.agents.values()):
        left = leases.get(agent.id, 0.0)
        if agent.console != (left > 0):
            agent = replace(agent, console=left > 0)
            state.set_agent(agent, now)
        left = max(left, agent.by_phone_until - now)
        if left > 0:
            if not agent.present:
                state.set_agent(appear(agent, now), now)
        elif agent.present:
            if now >= state.grace_until:
                state.set_agent(step(agent, "lapse", now), now)
        elif agent.wish != "offline":
            changed = forget_wish(agent, now)
            if changed is not agent:
                state.set_agent(changed, now)
                state.effects.append(RememberWish(agent.id, "offline"))


def _compare(state: State, call_id: str, snapshot: Mapping[str, Any], now: float) -> None:
    call = state.calls.get(call_id)
    lease = float(snapshot["lease"])
    if call is None or call.vanished:
        if call is not None:
            call.ended_at, call.vanished = None, False
        _heal(state, call or _adopt(state, call_id, snapshot), snapshot, now)
        return
    if call.ended_at is not None:
        return
    call.lease = max(call.lease, lease)
    _senior(state, call, snapshot)
    if not call.caller_masked:  # its arrival was not heard
        _fill(call, snapshot)
        state.touch_call(call)
    theirs = _view(snapshot)
    if theirs == _own_view(call):
        call.differs = None
        return
    # The snapshot must have been renewed since the difference was first seen: a lease is written as now + 8 s.
    if call.differs is None or call.differs[1] != theirs:
        call.differs = (now, theirs)
    elif now - call.differs[0] >= HEAL_SECONDS and lease - LIVE_LEASE_SECONDS > call.differs[0]:
        call.differs = None
        _heal(state, call, snapshot, now)


def _senior(state: State, call: Call, snapshot: Mapping[str, Any]) -> None:
    """The conversation may know of an earlier time in the queue, from before this routing."""
    queued_at = snapshot.get("queued_at")
    if queued_at is None or (call.queued_at is not None and call.queued_at <= float(queued_at)):
        return
    call.queued_at = float(queued_at)
    state.line.remove(call.call_id)
    state.stand_in_line(call)


def _waits(snapshot: Mapping[str, Any]) -> bool:
    return snapshot.get("phase") == "queue"


def _agent_of(snapshot: Mapping[str, Any]) -> tuple[str, str]:
    state = str(snapshot.get("agent_state") or "none")
    return (str(snapshot.get("agent_id") or ""), state) if state != "none" else ("", "none")


def _talks_to(snapshot: Mapping[str, Any]) -> str:
    """The expert the caller hears. During a transfer `expert_id` names the one being tried."""
    return str(snapshot.get("expert_id") or "") if snapshot.get("phase") in ("expert_talk", None) else ""


def _view(snapshot: Mapping[str, Any]) -> tuple[object, ...]:
    transfer = snapshot.get("transfer") or {}
    agent_id, agent_state = _agent_of(snapshot)
    return (
        _waits(snapshot) and agent_state == "none",
        agent_id,
        agent_state,
        bool(snapshot.get("hold")),
        _talks_to(snapshot),
        transfer.get("transfer_id") if not _talks_to(snapshot) else None,
        healing.view(snapshot),
    )


def _own_view(call: Call) -> tuple[object, ...]:
    with_agent = call.agent_state != "none" or call.connecting is not None
    trying = call.hunt is not None and call.hunt.state == "trying"
    return (
        call.waiting,
        call.agent_id if with_agent else "",
        call.agent_state if call.agent_state != "none" else "dialling" if call.connecting else "none",
        call.hold,
        call.expert_id,
        call.hunt.transfer_id if trying and call.hunt else None,
        healing.own_view(call),
    )


def _adopt(state: State, call_id: str, snapshot: Mapping[str, Any]) -> Call:
    """A call routing has not heard of: it was there before routing, or its facts were lost."""
    call = Call(call_id, arrived_at=float(snapshot.get("arrived_at") or 0.0))
    _fill(call, snapshot)
    state.calls[call_id] = call
    routing_queue.look_up(state, call)
    return call


def _fill(call: Call, snapshot: Mapping[str, Any]) -> None:
    call.caller_masked = str(snapshot.get("caller_masked") or "")
    call.caller_hash = str(snapshot.get("caller_hash") or "")
    call.called = str(snapshot.get("called") or "")
    call.region_hint = str(snapshot.get("region_hint") or "")
    call.caller_hash = str(snapshot.get("caller_hash") or "")
    call.trunk = str(snapshot.get("trunk") or "")
    call.told = call.told or snapshot.get("told")


def _heal(state: State, call: Call, snapshot: Mapping[str, Any], now: float) -> None:
    """Make memory say what the snapshot says."""
    call.lease = max(call.lease, float(snapshot["lease"]))
    call.phase = str(snapshot.get("phase") or call.phase)
    call.hold, call.recording = bool(snapshot.get("hold")), bool(snapshot.get("recording"))
    call.agent_lost_at = snapshot.get("agent_lost_at")
    _senior(state, call, snapshot)
    abuse.heal(call, snapshot)
    _heal_agent(state, call, snapshot, now)
    _heal_queue(state, call, snapshot)
    _heal_expert(state, call, snapshot, now)
    healing.heal(state, call, snapshot, now)
    state.touch_call(call)


def _heal_queue(state: State, call: Call, snapshot: Mapping[str, Any]) -> None:
    queued_at = snapshot.get("queued_at")
    ringing = call.agent_state in ("dialling", "ringing")
    if (_waits(snapshot) or ringing) and queued_at is not None:
        state.enter_queue(
            call,
            float(queued_at),
            queue=str(snapshot.get("queue") or ""),
            priority=priority_of(snapshot.get("priority")),
            language=str(snapshot.get("language") or ""),
        )
        return
    call.in_queue = False
    state.stand_in_line(call)


def _heal_agent(state: State, call: Call, snapshot: Mapping[str, Any], now: float) -> None:
    agent_id, agent_state = _agent_of(snapshot)
    if agent_state == "none":
        connecting = call.connecting
        if connecting is not None and call.agent_state == "none" and now < connecting.deadline and _waits(snapshot):
            if connecting.command is not None and not connecting.resent:
                connecting.resent = True
                state.effects.append(connecting.command)
            return
        if call.agent_state != "none" or connecting is not None:
            talked = call.agent_state == "connected"
            release_agent(state, call, now)
            if not talked:
                back_in_line(state, call)
        return
    if call.agent_id and call.agent_id != agent_id:
        release_agent(state, call, now)
    if agent_state == "connected":
        seat_talk(state, call, agent_id, call.connected_at or now, now)
        call.phase = str(snapshot.get("phase") or call.phase)
        return
    expect_agent(state, call, agent_id, str(snapshot.get("offer_id") or ""), agent_state, now)


def _heal_expert(state: State, call: Call, snapshot: Mapping[str, Any], now: float) -> None:
    talking, transfer = _talks_to(snapshot), snapshot.get("transfer")
    if talking:
        transfers.connected(state, call, talking, str((transfer or {}).get("transfer_id") or ""), now)
        if call.hunt is not None and call.hunt.state == "trying":
            transfers.finish(state, call, "connected", now)
        return
    if call.expert_id:
        transfers.left(state, call, call.expert_id, now)
    if not transfer:
        if call.hunt is not None and call.hunt.state == "trying":
            transfers.finish(state, call, "returned", now)
        state.free_experts(call.call_id, now)
        return
    hunt = call.hunt
    if hunt is None or hunt.transfer_id != transfer["transfer_id"]:
        # Neither the matter nor the parties are in the snapshot: who is being called may accept, nobody else is tried.
        hunt = call.hunt = Hunt(str(transfer["transfer_id"]), call.agent_id, "", "", started_at=now, parties=None)
        hunt.kind = DUTY if transfer.get("kind") == DUTY else ""
    deadline = now + try_seconds(state.rules.ring_seconds, state.rules.accept_seconds)
    shown = transfer.get("tries")
    for item in shown if isinstance(shown, list) else [transfer]:
        _heal_try(state, call, hunt, str(item.get("try_id") or ""), str(item.get("expert_id") or ""), deadline, now)
    hunt.kind, hunt.target = str(transfer.get("kind") or hunt.kind), str(transfer.get("target") or hunt.target)
    hunt.stage = str(transfer.get("stage") or "seeking")
    third = transfer.get("third")
    if third and hunt.third is None:
        hunt.third = Third(str(third["kind"]), str(third["try_id"]), str(third["id"]), "", str(third["state"]))
    asking = any(item.transfer_id == hunt.transfer_id for item in state.askings.values())
    hunt.deadline = 0.0 if hunt.open or asking or hunt.stage != "seeking" else deadline


def _heal_try(state: State, call: Call, hunt: Hunt, try_id: str, expert_id: str, deadline: float, now: float) -> None:
    if not try_id or not expert_id:
        return
    known = hunt.find(try_id)
    if known is None:
        expert = state.people.experts.get(expert_id)
        known = Try(try_id, expert_id, expert.name if expert else "", "dialling", now)
        hunt.tries.append(known)
    known.deadline = deadline
    use = state.uses.get(expert_id) or Use(expert_id)
    if use.state == "free":
        state.set_use(replace(use, state="reserved", call_id=call.call_id, since=now, last_used=now))


def _vanished(state: State, now: float) -> None:
    """A call whose conversation has been silent for longer than its lease is over, whatever was lost."""
    for call in state.calls.values():
        if call.ended_at is None and not call.virtual and now > call.lease:
            end_call(state, call, now, now)
            call.vanished = True


def _orphans(state: State, now: float) -> None:
    """Agents and experts with a caller who is not there."""
    for agent in list(state.agents.values()):
        if agent.state not in WITH_CALLER:
            continue
        call = state.calls.get(agent.call_id)
        if call is not None and call.ended_at is None and _third_agent(call) == agent.id:
            continue
        if call is not None and call.ended_at is None and call.agent_id == agent.id:
            if call.connecting is not None or call.agent_state != "none":
                continue
            if agent.state != "on_call" and call.waiting and now < _restored_deadline(state, agent):
                _reconnecting(state, call, agent)
                continue
        elif now < state.live_grace_until:
            continue
        move(state, agent.id, "finish" if agent.state == "on_call" else "release", now)
    for use in list(state.uses.values()):
        call = state.calls.get(use.call_id)
        if use.state != "free" and (call is None or call.ended_at is not None) and now >= state.live_grace_until:
            state.set_use(replace(use, state="free", call_id="", since=now))


def _third_agent(call: Call) -> str:
    """The colleague who is part of a transfer under way."""
    hunt = call.hunt
    third = hunt.third if hunt is not None and hunt.state == "trying" else None
    return third.id if third is not None and third.kind == "agent" else ""


def _restored_deadline(state: State, agent: Agent) -> float:
    return agent.since + state.rules.agent_ring_seconds + CONNECT_GRACE_SECONDS


def _reconnecting(state: State, call: Call, agent: Agent) -> None:
    """After a restart: the order to connect may still be on its way."""
    call.connecting = Connecting(agent.offer_id, agent.id, None, _restored_deadline(state, agent))
    state.stand_in_line(call)


def restore(state: State, event: Restored, now: float) -> None:
    """Take over what an earlier routing left behind. Calls come with the first look at the world."""
    for raw in event.agents.values():
        agent = Agent.from_record(raw)
        state.agents[agent.id] = agent
    for raw in event.uses.values():
        use = Use.from_record(raw)
        state.uses[use.id] = use
    for key, raw in sorted(event.board.items()):  # calls before their offers
        try:
            if key.startswith("calls/"):
                _restore_call(state, raw, now)
            elif key.startswith("offers/"):
                _restore_offer(state, raw, now)
        except (KeyError, TypeError, ValueError):
            continue  # another version's board: the snapshots will do
    state.restored = True


def _restore_call(state: State, raw: Mapping[str, Any], now: float) -> None:
    """Only what snapshots do not carry: transfers, times. The first snapshot must confirm that the call lives."""
    call = Call(str(raw["call_id"]), arrived_at=float(raw["arrived_at"]))
    call.answered_at, call.connected_at = raw.get("answered_at"), raw.get("connected_at")
    call.caller_masked, call.region_hint = str(raw["caller_masked"]), str(raw["region_hint"] or "")
    call.queued_at = raw.get("queued_at")
    call.agent_id, call.rating = str(raw.get("agent_id") or ""), raw.get("rating")
    healing.restore(state, call, raw)
    if raw.get("transfer"):
        call.hunt = Hunt.from_entity(raw["transfer"])
        if call.hunt.state == "trying":
            deadline = now + try_seconds(state.rules.ring_seconds, state.rules.accept_seconds)
            for item in call.hunt.open:
                item.deadline = deadline
            call.hunt.deadline = 0.0 if call.hunt.open else deadline
    call.ended_at = float(raw["ended_at"]) if raw.get("ended_at") else now
    if raw.get("ended_at"):
        state.gone[call.call_id] = now
    else:
        call.vanished = True
    state.calls[call.call_id] = call


def _restore_asking(state: State, raw: Mapping[str, Any]) -> None:
    """A colleague is being asked to join a transfer: the question stays on their console, and runs out when it would have."""
    call = state.calls.get(str(raw["call_id"]))
    hunt = call.hunt if call is not None else None
    if call is None or not call.vanished or hunt is None or hunt.state != "trying":
        return
    shown = {str(item) for item in raw["agent_ids"] if item in state.agents and state.agents[item].state == "available"}
    # Nobody is left to ask: the next tick says so, and the caller is with the transferor again.
    expires_at = float(raw["expires_at"]) if shown else 0.0
    asked = Asking(
        str(raw["offer_id"]),
        call.call_id,
        hunt.transfer_id,
        str(raw["transfer"]["agent_id"]),
        shown,
        float(raw["made_at"]),
        expires_at,
    )
    state.askings[asked.offer_id] = asked
    for agent_id in shown:
        state.on_console.setdefault(agent_id, set()).add(asked.offer_id)
    hunt.deadline = 0.0


def _restore_offer(state: State, raw: Mapping[str, Any], now: float) -> None:
    """Consoles go on showing it. The next match drops it if the caller or the agents are not there any more."""
    if raw.get("transfer"):
        _restore_asking(state, raw)
        return
    offer = Offer(str(raw["offer_id"]), str(raw["call_id"]), "", float(raw["made_at"]), float(raw["expires_at"]))
    call = state.calls.get(offer.call_id)
    if call is None or not call.vanished:
        return
    for agent_id in raw["agent_ids"]:
        if agent_id in state.agents and state.agents[agent_id].state == "available":
            offer.show(str(agent_id), offer.made_at)
            state.on_console.setdefault(str(agent_id), set()).add(offer.offer_id)
    offer.nominee = next(iter(offer.shown), "")
    state.offers[offer.offer_id] = offer
    call.offer_id = offer.offer_id


def load_people(state: State, event: PeopleLoaded, now: float) -> None:
    """The database's people. Somebody who left it keeps the caller they have, and gets no other."""
    old, state.people = state.people, event.people
    for seat in event.people.seats.values():
        agent = state.agents.get(seat.id)
        if agent is None:
            wish = seat.wish if seat.wish in ("available", "paused") else "offline"
            agent = Agent(seat.id, since=now, wish=wish, wish_until=now + 120.0)
            state.agents[seat.id] = agent
            state.saved_agents.add(seat.id)
        if old.seats.get(seat.id) != seat:
            state.dirty.add(f"agents/{seat.id}")
            state.match_needed = True
    for agent_id in old.seats.keys() - event.people.seats.keys():
        state.dirty.add(f"agents/{agent_id}")
        state.clear_console(agent_id)
    for expert_id in old.experts.keys() | event.people.experts.keys():
        if old.experts.get(expert_id) != event.people.experts.get(expert_id):
            state.dirty.add(f"experts/{expert_id}")
    for agent_id, count in event.people.served_today.items():
        agent = state.agents.get(agent_id)
        if agent is not None and agent.served_on(now) < count:
            state.set_agent(replace(agent, served_day=local_day(now), served=count), now)
    for expert_id, count in event.people.answered_today.items():
        use = state.uses.get(expert_id) or Use(expert_id)
        if use.today(now) < count:
            state.set_use(replace(use, day=local_day(now), count=count))
