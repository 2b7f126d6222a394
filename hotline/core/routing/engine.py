"""The routing brain: one function that takes what happened and gives what must be done about it.

Everything that decides who talks to whom passes through :func:`decide`, in one thread, one event at a time: that is why
an offer is accepted at most once and nobody is offered two callers of their own at once, without a lock anywhere.

====================  =======================================================
event                 where it is dealt with
====================  =======================================================
`FactSeen`            `routing_facts`: a table, fact name → function
`Asked`               `routing_requests`: a table, request name → function
`World`               `routing_world`: snapshots and leases against memory
`PeopleLoaded`        `routing_world`
`CallerKnown`         `routing_queue`
`HoursKnown`          here
`TasksLoaded`         `callbacks.line`
`TryBegun`            `callbacks.line`
`Restored`            `routing_world`
`Tick`                here: time limits, and what is done once a second
====================  =======================================================

After each event offers are matched anew (`routing_match`) when anything they depend on has changed.
"""

from __future__ import annotations

from typing import Final

from hotline.core.agents import step
from hotline.core.callbacks import line
from hotline.core.handovers import asking
from hotline.core.routing import facts as routing_facts
from hotline.core.routing import match as routing_match
from hotline.core.routing import phones as routing_phones
from hotline.core.routing import queue as routing_queue
from hotline.core.routing import requests as routing_requests
from hotline.core.routing import transfers as routing_transfers
from hotline.core.routing import world as routing_world
from hotline.core.routing.calls import Call
from hotline.core.routing.effects import Effect
from hotline.core.routing.events import (
    Asked,
    CallerKnown,
    Event,
    FactSeen,
    HoursKnown,
    PeopleLoaded,
    Restored,
    TasksLoaded,
    Tick,
    TryBegun,
    World,
)
from hotline.core.routing.rules import CONNECT_GRACE_SECONDS
from hotline.core.routing.state import State

CHECK_SECONDS: Final = 1.0
"""Matching, positions and rosters are looked at this often even when nothing happened: no wake-up can be lost for
longer."""

ENDED_CALL_SECONDS: Final = 60.0
"""A call stays on the board this long after its end, and as long as its agent wraps up."""

TOMBSTONE_SECONDS: Final = 600.0


def decide(state: State, event: Event, now: float) -> list[Effect]:
    """Take in one event; `state` is changed, and what must be done is returned in order.

    `now` is Unix time in seconds and never goes back by more than the clock does. No event raises: what does not fit is
    stale and changes nothing (facts), or is answered with an error code (requests).
    """
    match event:
        case FactSeen(fact):
            routing_facts.take(state, fact, now)
        case Asked():
            routing_requests.answer(state, event, now)
        case CallerKnown():
            routing_queue.known(state, event, now)
        case HoursKnown(timetable):
            state.timetable = timetable
        case World():
            routing_world.look(state, event, now)
        case PeopleLoaded():
            routing_world.load_people(state, event, now)
        case TasksLoaded():
            line.loaded(state, event, now)
        case TryBegun():
            line.begun(state, event, now)
        case Restored():
            routing_world.restore(state, event, now)
        case Tick():
            _tick(state, now)
    if state.match_needed:
        routing_phones.dial_first(state, now)
        routing_match.match(state, now)
        routing_phones.dial_rest(state, now)
    effects, state.effects = state.effects, []
    return effects


def _tick(state: State, now: float) -> None:
    routing_match.expire(state, now)
    asking.expire(state, now)
    for agent in list(state.agents.values()):
        if agent.state == "wrap_up" and agent.wrap_up_until <= now:
            state.set_agent(step(agent, "rested", now), now)
    for call in state.calls.values():
        if call.connecting is not None and call.connecting.deadline <= now:
            _connect_overdue(state, call, now)
        if call.hunt is not None and call.ended_at is None:
            routing_transfers.overdue(state, call, now)
    if now - state.checked_at >= CHECK_SECONDS or now < state.checked_at:
        state.checked_at = now
        state.match_needed = True
        line.tick(state, now)
        routing_queue.look(state, now)
        _check_rosters(state, now)
        _clean(state, now)


def _connect_overdue(state: State, call: Call, now: float) -> None:
    """Neither connected nor failed in time. The comparison with live snapshots has put `agent_state` right by now."""
    connecting = call.connecting
    if connecting is None or call.ended_at is not None:
        return
    state.command("cancel_agent", call.call_id, now, offer_id=connecting.offer_id)
    if call.agent_state != "none" and not connecting.resent:
        connecting.resent = True  # it rings still: told to stop, its report is awaited once more
        connecting.deadline = now + CONNECT_GRACE_SECONDS
        return
    routing_facts.release_agent(state, call, now)
    routing_facts.back_in_line(state, call)


def _check_rosters(state: State, now: float) -> None:
    """Experts come on duty and go by the clock."""
    for expert in state.people.experts.values():
        shown = state.board.get(f"experts/{expert.id}")
        if shown is None or (shown["state"] == "off_duty") == (expert.on_duty(now) and not expert.is_suspended(now)):
            state.dirty.add(f"experts/{expert.id}")


def _clean(state: State, now: float) -> None:
    """Forget what is over."""
    held = {agent.call_id for agent in state.agents.values() if agent.call_id}
    for call in [item for item in state.calls.values() if item.ended_at is not None]:
        if now - (call.ended_at or now) > ENDED_CALL_SECONDS and call.call_id not in held:
            del state.calls[call.call_id]
            state.touch_call(call)
    for call_id in [key for key, at in state.gone.items() if now - at > TOMBSTONE_SECONDS]:
        if call_id not in state.calls:
            del state.gone[call_id]
    while state.closed_offers:
        offer_id, closed = next(iter(state.closed_offers.items()))
        if now - closed.at <= ENDED_CALL_SECONDS:
            break
        del state.closed_offers[offer_id]
