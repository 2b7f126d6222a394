"""What each fact of a conversation means for routing: a table of small functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from hotline.core.abuse import routing as abuse
from hotline.core.agents import WITH_CALLER, Agent, count_served
from hotline.core.duty import DUTY
from hotline.core.errors import HotlineError
from hotline.core.facts import Fact
from hotline.core.handovers import thirds
from hotline.core.queues import priority_of
from hotline.core.routing import phones, transfers
from hotline.core.routing import queue as routing_queue
from hotline.core.routing.agents import move
from hotline.core.routing.calls import Call, Connecting
from hotline.core.routing.rules import CONNECT_GRACE_SECONDS, LIVE_LEASE_SECONDS
from hotline.core.routing.state import State
from hotline.core.supervision import facts as supervision

Handler = Callable[[State, Call, Fact, float], None]

PHONE_UNREACHABLE: Final = "phone_unreachable"
"""Pause reason after the agent's own phone did not take the call: nobody is offered callers for a dead phone."""


def take(state: State, fact: Fact, now: float) -> None:
    """Fold one fact in. Facts heard before, of a superseded epoch, or of a call that is over change nothing."""
    if fact.source == "routing" or not fact.call_id or fact.call_id in state.gone:
        return
    call = state.calls.get(fact.call_id)
    if call is None or call.vanished:
        call = _meet(state, fact, call)
    mark = (fact.epoch, fact.seq)
    if mark <= call.heard.get(fact.source, (0, 0)):
        return
    call.heard[fact.source] = mark
    call.lease = max(call.lease, min(fact.at, now) + LIVE_LEASE_SECONDS)
    handler = HANDLERS.get(fact.name)
    if handler is not None:
        call.differs = None
        handler(state, call, fact, now)
        state.touch_call(call)


def _meet(state: State, fact: Fact, former: Call | None) -> Call:
    """First word of a call; or of one that was given up for dead."""
    call = former or Call(fact.call_id, arrived_at=fact.at)
    call.ended_at, call.vanished = None, False
    state.calls[call.call_id] = call
    return call


def release_agent(state: State, call: Call, now: float, *, talked: bool = False) -> None:
    """The call no longer has its agent: wrap-up after a talk, else free again."""
    agent = state.agents.get(call.agent_id)
    call.connecting = None
    was = call.agent_state
    call.agent_state = "none"
    call.hold, call.agent_lost_at = False, None
    if agent is None or agent.call_id != call.call_id or agent.state not in WITH_CALLER:
        return
    move(state, agent.id, "finish" if talked or was == "connected" or agent.state == "on_call" else "release", now)


def _arrived(state: State, call: Call, fact: Fact, now: float) -> None:
    call.arrived_at = fact.at
    call.caller_masked, call.caller_hash = fact.data["caller_masked"], str(fact.data["caller_hash"] or "")
    call.region_hint = fact.data["region_hint"]
    call.trunk, call.called = fact.data["trunk"], str(fact.data["called"] or "")
    if call.virtual:  # the conversation has begun: from here on it is a call like any other
        call.virtual, call.in_queue, call.phase = False, False, "agent_ringing"
        state.dirty.add("outbound/state")
        state.stand_in_line(call)
    routing_queue.arrived(state, call, now)


def _caller_dialled(state: State, call: Call, fact: Fact, now: float) -> None:
    call.phase = "calling"
    state.ledger.dialled(call.call_id, call.caller_hash, fact.at)
    state.dirty.add("outbound/state")


def _answered(state: State, call: Call, fact: Fact, now: float) -> None:
    call.answered_at = fact.at
    if call.phase == "arrived":
        call.phase = "ivr"


def _queue_entered(state: State, call: Call, fact: Fact, now: float) -> None:
    if call.agent_state == "connected":
        release_agent(state, call, now, talked=True)  # back in the queue: the talk is over, whatever was lost
    call.phase = "queue"
    thirds.wished(state, call, fact, now)
    data = fact.data
    since = data.get("queued_at")  # a caller put back says since when they have been in the queue
    state.enter_queue(
        call,
        min(float(since or fact.at), fact.at),
        queue=data["queue"],
        priority=priority_of(data["priority"]),
        language=data["language"] or "",
    )
    if not data.get("again"):
        routing_queue.entered(state, call, now)
    routing_queue.raise_known(state, call, now)


def _place_restored(state: State, call: Call, fact: Fact, now: float) -> None:
    call.restored = True
    state.enter_queue(call, float(fact.data["queued_at"]))


def _position_told(state: State, call: Call, fact: Fact, now: float) -> None:
    call.told_at = fact.at
    if fact.data.get("better", True):
        call.told = min(int(fact.data["position"]), call.told or int(fact.data["position"]))


def _queue_left(state: State, call: Call, fact: Fact, now: float) -> None:
    call.in_queue = False
    if call.phase == "queue":
        call.phase = "ivr"
    state.stand_in_line(call)
    state.close_offer(call.offer_id, now)


def _progress(agent_state: str) -> Handler:
    def handler(state: State, call: Call, fact: Fact, now: float) -> None:
        agent_id = fact.data["agent_id"]
        other = call.connecting is not None and call.connecting.agent_id != agent_id
        if call.agent_state != "connected" and not other:
            expect_agent(state, call, agent_id, fact.data["offer_id"], agent_state, now)

    return handler


def _agent_dialled(state: State, call: Call, fact: Fact, now: float) -> None:
    if fact.data.get("by") == "phone":
        state.ledger.dialled(fact.data["offer_id"], fact.data["agent_id"], fact.at)
        state.dirty.add("outbound/state")
    _progress("dialling")(state, call, fact, now)


def expect_agent(state: State, call: Call, agent_id: str, offer_id: str, agent_state: str, now: float) -> None:
    """The conversation dials this agent (`agent_state`: `dialling` or `ringing`): as ordered, or before routing's
    time."""
    call.agent_id, call.agent_state, call.phase = agent_id, agent_state, "agent_ringing"
    if call.connecting is None:
        deadline = now + state.rules.agent_ring_seconds + CONNECT_GRACE_SECONDS
        call.connecting = Connecting(offer_id, agent_id, None, deadline)
    state.close_offer(call.offer_id, now)
    state.stand_in_line(call)
    agent = state.agents.get(agent_id) or Agent(agent_id)
    if agent.state in WITH_CALLER and agent.call_id != call.call_id:
        return
    wanted = "ringing" if agent_state == "ringing" else "reserved"
    if agent.state != wanted and agent.state != "on_call":
        agent = replace(agent, state=wanted, reason="", since=now)
    state.set_agent(replace(agent, call_id=call.call_id, offer_id=offer_id), now)


def _agent_connected(state: State, call: Call, fact: Fact, now: float) -> None:
    agent_id = fact.data["agent_id"]
    if call.agent_id and call.agent_id != agent_id and call.agent_state != "connected":
        release_agent(state, call, now)
    before = state.agents.get(agent_id)
    seat_talk(state, call, agent_id, fact.at, now)
    if fact.data.get("by") == "takeover" and before is not None and before.state in ("offline", "paused"):
        # A supervisor who took over is afterwards what they were before, not somebody who takes callers.
        move(state, agent_id, "pause" if before.state == "paused" else "leave", now, reason=before.reason)


def seat_talk(state: State, call: Call, agent_id: str, at: float, now: float) -> None:
    """Caller and agent hear each other."""
    call.agent_id, call.agent_state, call.phase = agent_id, "connected", "agent_talk"
    call.connecting, call.connected_at, call.in_queue = None, at, False
    call.wish, call.talk_reminded = "", 0
    call.declined.clear()
    call.told = call.told_minutes = None
    state.stand_in_line(call)
    state.close_offer(call.offer_id, now)
    before = state.agents.get(agent_id)
    move(state, agent_id, "connect", now, call_id=call.call_id)
    after = state.agents.get(agent_id)
    if after is not None and after.state == "on_call" and (before is None or before.state != "on_call"):
        state.set_agent(count_served(after, now), now)


def _agent_failed(state: State, call: Call, fact: Fact, now: float) -> None:
    agent_id, offer_id = fact.data["agent_id"], fact.data["offer_id"]
    if call.connecting is not None and call.connecting.offer_id != offer_id:
        return  # about an earlier offer
    if call.agent_state == "connected":
        return
    agent = state.agents.get(agent_id)
    ours = agent is not None and agent.call_id == call.call_id and agent.state in ("reserved", "ringing")
    status = fact.data["dial_status"]
    if ours and status in ("cancelled", "answered"):
        move(state, agent_id, "release", now)
    elif ours and agent is not None and phones.by_phone(agent, now):
        phones.failed(state, call, agent, offer_id, status, now)
    elif ours:
        move(state, agent_id, "fail", now, reason=PHONE_UNREACHABLE)
    back_in_line(state, call)


def _agent_keyed(state: State, call: Call, fact: Fact, now: float) -> None:
    """An agent by phone wants the caller to go to an expert: whoever fits the line."""
    if call.agent_id != fact.data["agent_id"] or call.agent_state != "connected" or fact.data["wish"] != "transfer":
        return
    try:
        transfers.begin(state, call, phones.category_of(state, call), "", "", now)
    except HotlineError:
        state.command("tell_agent", call.call_id, now, agent_id=call.agent_id, prompt="phone_no_expert")


def back_in_line(state: State, call: Call) -> None:
    """The agent did not come about: the caller is where they were, at their old place."""
    call.connecting, call.agent_state, call.agent_id = None, "none", ""
    if call.in_queue:
        call.phase = "queue"
    state.stand_in_line(call)


def _agent_lost(state: State, call: Call, fact: Fact, now: float) -> None:
    call.agent_lost_at = fact.at


def _agent_back(state: State, call: Call, fact: Fact, now: float) -> None:
    call.agent_lost_at = None


def _agent_left(state: State, call: Call, fact: Fact, now: float) -> None:
    agent_id = fact.data["agent_id"]
    if call.agent_id != agent_id:
        agent = state.agents.get(agent_id)
        if agent is not None and agent.call_id == call.call_id and agent.state in WITH_CALLER:
            move(state, agent_id, "finish", now)
        return
    release_agent(state, call, now, talked=True)
    state.stand_in_line(call)


def _hold(on: bool) -> Handler:
    def handler(state: State, call: Call, fact: Fact, now: float) -> None:
        call.hold = on
        call.waits_reminded = 0
        if call.phase in ("agent_talk", "hold"):
            call.phase = "hold" if on else "agent_talk"

    return handler


def _transfer_started(state: State, call: Call, fact: Fact, now: float) -> None:
    call.phase = "transfer"
    if fact.data.get("kind") == DUTY:
        transfers.begin_duty(state, call, str(fact.data["transfer_id"]), str(fact.data.get("region") or ""), now)


def _expert(what: str) -> Handler:
    def handler(state: State, call: Call, fact: Fact, now: float) -> None:
        transfers.noted(state, call, fact.data["try_id"], what)

    return handler


def _expert_dialled(state: State, call: Call, fact: Fact, now: float) -> None:
    state.ledger.dialled(fact.data["try_id"], fact.data["expert_id"], fact.at)
    state.dirty.add("outbound/state")
    transfers.noted(state, call, fact.data["try_id"], "dialling")


def _expert_tried(state: State, call: Call, fact: Fact, now: float) -> None:
    data = fact.data
    transfers.tried(state, call, data["transfer_id"], data["try_id"], data["expert_id"], data["outcome"], now)


def _expert_connected(state: State, call: Call, fact: Fact, now: float) -> None:
    transfers.connected(state, call, fact.data["expert_id"], fact.data["transfer_id"], now)


def _expert_left(state: State, call: Call, fact: Fact, now: float) -> None:
    transfers.left(state, call, fact.data["expert_id"], now)


def _transfer_ended(state: State, call: Call, fact: Fact, now: float) -> None:
    if call.hunt is not None and call.hunt.transfer_id == fact.data["transfer_id"]:
        transfers.finish(state, call, fact.data["outcome"], now)
    if call.phase in ("transfer", "conference"):
        call.phase = "agent_talk" if call.agent_state == "connected" else "queue" if call.in_queue else call.phase


def _recording(on: bool) -> Handler:
    def handler(state: State, call: Call, fact: Fact, now: float) -> None:
        call.recording = on
        reason = str(fact.data.get("reason") or "")
        failed = fact.name == "recording_failed" and not reason.startswith("policy_")
        call.recording_alarm = reason if failed else ""

    return handler


def _rating_offered(state: State, call: Call, fact: Fact, now: float) -> None:
    call.phase = "rating"


def _rated(state: State, call: Call, fact: Fact, now: float) -> None:
    call.rating = fact.data["score"]


def _ended(state: State, call: Call, fact: Fact, now: float) -> None:
    routing_queue.ended(state, call, str(fact.data["cause"]), str(fact.data["phase"]), fact.at, now)
    end_call(state, call, fact.at, now)
    state.gone[call.call_id] = now


def end_call(state: State, call: Call, at: float, now: float) -> None:
    """Everything the call held is free again."""
    if call.ended_at is not None:
        return
    release_agent(state, call, now)
    for agent in list(state.agents.values()):
        if agent.call_id == call.call_id and agent.state in WITH_CALLER:
            move(state, agent.id, "finish" if agent.state == "on_call" else "release", now)
    transfers.finish(state, call, "returned", now)
    call.expert_id = ""
    state.free_experts(call.call_id, now)
    supervision.ended(state, call)
    call.ended_at = at
    call.in_queue = call.hold = call.recording = False
    state.stand_in_line(call)
    state.close_offer(call.offer_id, now)


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "call_arrived": _arrived,
        "call_answered": _answered,
        "caller_dialled": _caller_dialled,
        "queue_entered": _queue_entered,
        "place_restored": _place_restored,
        "position_told": _position_told,
        "queue_left": _queue_left,
        "agent_dialled": _agent_dialled,
        "agent_ringing": _progress("ringing"),
        "agent_connected": _agent_connected,
        "agent_failed": _agent_failed,
        "agent_keyed": _agent_keyed,
        "agent_lost": _agent_lost,
        "agent_back": _agent_back,
        "agent_left": _agent_left,
        "hold_started": _hold(True),
        "hold_ended": _hold(False),
        "transfer_started": _transfer_started,
        "expert_dialled": _expert_dialled,
        "expert_ringing": _expert("ringing"),
        "expert_answered": _expert("answered"),
        "expert_tried": _expert_tried,
        "expert_connected": _expert_connected,
        "expert_left": _expert_left,
        "transfer_ended": _transfer_ended,
        "third_dialled": thirds.dialled,
        "third_ringing": thirds.ringing,
        "third_tried": thirds.tried,
        "third_left": thirds.left,
        "transfer_moved": thirds.moved,
        "party_connected": thirds.party_connected,
        "party_left": thirds.party_left,
        "hold_reminded": thirds.hold_reminded,
        "talk_reminded": thirds.talk_reminded,
        "recording_started": _recording(True),
        "recording_ended": _recording(False),
        "recording_failed": _recording(False),
        "rating_offered": _rating_offered,
        "rated": _rated,
        "abuse_warned": abuse.warned,
        "call_ended": _ended,
        **supervision.HANDLERS,
    }
)
