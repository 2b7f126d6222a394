"""Looking after the waiting: places told, full queues, long waits, closing time, raised and restored callers."""

from __future__ import annotations

from typing import Final

from hotline.core.calendars.timetable import Timetable
from hotline.core.queues.choosing import skills_of
from hotline.core.queues.places import Place, lost, still_kept
from hotline.core.queues.priorities import ORDINARY, priority_of, raises
from hotline.core.queues.relaxing import serves
from hotline.core.queues.telling import better_minutes, better_position, due_to_tell, say_minutes
from hotline.core.routing.calls import Call
from hotline.core.routing.effects import LookUpCaller
from hotline.core.routing.events import CallerKnown
from hotline.core.routing.state import State

SEND_ON_SECONDS: Final = 5.0
"""An order to leave the queue that was not followed is given again after this."""


def look(state: State, now: float) -> None:
    """What is done for every waiting caller once a second, in order of the line."""
    _send_on(state, now)
    shared = _shared_queues(state)
    at_work = sum(1 for agent in state.agents.values() if agent.state not in ("offline", "paused"))
    ahead: dict[str, int] = {}
    for call_id in list(state.line):
        call = state.calls[call_id]
        # Counted are the callers ahead who need the same people: queues that share an agent are one line.
        position = 1 + sum(ahead.get(name, 0) for name in shared.get(call.queue, {call.queue}))
        ahead[call.queue] = ahead.get(call.queue, 0) + 1
        if position != call.position:
            call.position = position
            state.touch_call(call)
        if call.virtual:
            continue  # somebody to be called back: nobody hears anything yet
        _tell(state, call, position, at_work, now)
        _waited_long(state, call, now)
        _closing_time(state, call, now)


def _tell(state: State, call: Call, position: int, at_work: int, now: float) -> None:
    """Order an announcement when one is due: of the place and the expected wait as far as they are better than what was
    said before, else a kind word."""
    every = state.rules.position_every_seconds
    if not due_to_tell(position, call.told, call.told_at, call.queued_at or now, now, every_seconds=every):
        return
    minutes = say_minutes(state.pace.expected_seconds(position, at_work))
    news: dict[str, object] = {}
    if better_minutes(minutes, call.told_minutes):
        call.told_minutes = minutes
        news["minutes"] = minutes
    better = better_position(position, call.told)
    state.command("tell_position", call.call_id, now, position=position, better=better, **news)
    call.told_at = now
    if better:
        call.told = position


def _shared_queues(state: State) -> dict[str, set[str]]:
    names = {call.queue for call in map(state.calls.__getitem__, state.line)}
    desk = [
        state.people.seats[agent.id]
        for agent in state.agents.values()
        if agent.state != "offline" and agent.id in state.people.seats
    ]
    served = [{name for name in names if serves(skills_of(seat), name)} for seat in desk]
    shared: dict[str, set[str]] = {}
    for name in names:
        mine = [group for group in served if name in group]
        shared[name] = set().union(*mine) if mine else names
    return shared


# No room, too long, too late


def entered(state: State, call: Call, now: float) -> None:
    """Somebody has come to a queue for the first time: is there room? Whoever is urgent, or had a place, always finds it."""
    rules = state.rules.queues.of(call.queue)
    waiting = sum(1 for other in map(state.calls.__getitem__, state.line) if other.queue == call.queue)
    if not rules.max_waiting or waiting <= rules.max_waiting or call.priority > ORDINARY or call.restored:
        return
    if rules.overflow_to:
        _order(state, call, "move_queue", now, queue=rules.overflow_to, reason="overflow")
    else:
        _order(state, call, "leave_queue", now, outcome="full", reason="overflow")


def _send_on(state: State, now: float) -> None:
    """Nobody waits for a night desk that is empty: those who stand in such a queue go on in their flow."""
    if not (state.restored and state.seen_world) or now < max(state.hold_offers_until, state.grace_until):
        return
    for call_id in list(state.line):
        call = state.calls[call_id]
        if call.queue not in state.rules.only_staffed or now - call.sent_on_at < SEND_ON_SECONDS:
            continue
        desk = (state.people.seats.get(agent.id) for agent in state.agents.values() if agent.state not in ("offline", "paused"))
        if not any(seat is not None and serves(skills_of(seat), call.queue) for seat in desk):
            call.sent_on_at = now
            state.command("leave_queue", call.call_id, now, outcome="closed", reason="nobody_at_desk")


def _waited_long(state: State, call: Call, now: float) -> None:
    rules = state.rules.queues.of(call.queue)
    if rules.overflow_seconds and rules.overflow_to not in ("", call.queue):
        waited = now - (now if call.queued_at is None else call.queued_at)
        if waited >= rules.overflow_seconds:
            _order(state, call, "move_queue", now, queue=rules.overflow_to, reason="overflow")


def _closing_time(state: State, call: Call, now: float) -> None:
    """The hours of the caller's line have ended while they waited."""
    rules = state.rules.queues.of(call.queue)
    if rules.closing == "keep" or not closed_meanwhile(state.timetable, call.called, call.queued_at, now):
        return
    if rules.closing == "offer_callback":
        _order(state, call, "offer_callback", now, reason="closing")
    elif rules.night_queue not in ("", call.queue):
        _order(state, call, "move_queue", now, queue=rules.night_queue, reason="closing")


def closed_meanwhile(timetable: Timetable, number: str, since: float | None, now: float) -> bool:
    """Whether the line was open at `since` and is closed now. A line nobody knows of is open."""
    if since is None or not number or timetable.state(number, since) != "open":
        return False
    return timetable.state(number, now) in ("closed", "holiday")


def _order(state: State, call: Call, name: str, now: float, **data: object) -> None:
    """Once for each call, queue and reason: the conversation's facts tell what came of it."""
    mark = f"{name}:{call.queue}:{data['reason']}"
    if mark not in call.ordered:
        call.ordered.add(mark)
        state.command(name, call.call_id, now, **data)


# Who the caller is


def look_up(state: State, call: Call) -> None:
    """Ask the database who this caller is; the answer is `CallerKnown`."""
    if call.caller_hash and call.agent_state != "connected" and call.task is None:
        state.effects.append(LookUpCaller(call.call_id, call.caller_hash, call.arrived_at))


def arrived(state: State, call: Call, now: float) -> None:
    """Somebody calls: perhaps a caller whom we cut off a moment ago, perhaps one to be raised."""
    look_up(state, call)
    if call.task is not None:
        return  # we called them
    place = state.places.get(call.caller_hash) if call.caller_hash else None
    if place is not None and place.lost_call_id != call.call_id:
        del state.places[call.caller_hash]
        _restore(state, call, place, now)


def known(state: State, event: CallerKnown, now: float) -> None:
    """What the database knows of a caller: a place that is kept for them, and how urgent they were found before."""
    call = state.calls.get(event.call_id)
    if call is None or call.ended_at is not None:
        return
    if event.place is not None:
        _restore(state, call, event.place, now)
    if event.priority and raises(event.priority, call.raise_to or "P3"):
        call.raise_to, call.raise_why = event.priority, event.reason
        raise_known(state, call, now)


def _restore(state: State, call: Call, place: Place, now: float) -> None:
    if call.restored or call.agent_state == "connected" or not still_kept(place, now, state.rules.place_seconds):
        return
    call.restored = True
    state.command("restore_place", call.call_id, now, queued_at=place.queued_at, lost_call_id=place.lost_call_id)


def raise_known(state: State, call: Call, now: float) -> None:
    """The caller waits, and is known to be more urgent than they came in."""
    if call.in_queue and call.raise_to and priority_of(call.raise_to) > call.priority and not call.raised:
        call.raised = True
        data = {"priority": call.raise_to, "reason": call.raise_why, "by": "routing"}
        state.command("set_priority", call.call_id, now, **data)


def ended(state: State, call: Call, cause: str, phase: str, at: float, now: float) -> None:
    """Keep the place of a caller whom we cut off."""
    for caller_hash in [key for key, place in state.places.items() if not still_kept(place, now, state.rules.place_seconds)]:
        del state.places[caller_hash]
    if call.caller_hash and lost(cause, phase):
        since = call.arrived_at if call.queued_at is None else call.queued_at
        state.places[call.caller_hash] = Place(since, call.call_id, at)
