"""Tasks in routing's line: a due task stands there as a *virtual caller* with its old place, and is offered like any other.

Nobody is dialled before the database has said yes: an accepted offer asks for the try to be begun (`BeginTry`), and only the
answer (`TryBegun`) makes the order to a worker (`PlaceCall`). So no two routings, and no doubled message, call twice (I22).
From the first fact of the conversation on it is a call like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hotline.core.agents import Agent, step
from hotline.core.callbacks.model import AUTOMATIC
from hotline.core.conversations.orders import Order
from hotline.core.errors import IllegalTransition, Missing, Rejected
from hotline.core.queues.priorities import class_of, priority_of
from hotline.core.routing.calls import Call, Connecting
from hotline.core.routing.effects import BeginTry, DropTry, PlaceCall
from hotline.core.routing.events import CallTask, TasksLoaded, TryBegun
from hotline.core.routing.facts import release_agent
from hotline.core.routing.rules import CONNECT_GRACE_SECONDS
from hotline.core.routing.state import State

LAST: Final = -1
"""Priority of follow-ups: behind everybody who waits."""
NEVER: Final = 1e9
"""Added to the time of a refusal that does not rest: the handler never gets the follow-up of his own call (rules E.41)."""
CLAIM_SECONDS: Final = 20.0
"""How long the database may take to say yes."""
ORDER_SECONDS: Final = 5.0
"""How old an order may become before no worker begins it any more."""
START_SECONDS: Final = 12.0
"""How long routing waits for the first word of the conversation; longer than :data:`ORDER_SECONDS`."""
AROUND_SECONDS: Final = 40.0
"""Words to the agent, notice, and what lies between, on top of both ringing times."""
FLOW: Final = {"call_back": "call_back", "follow_up": "call_back", "rating": "rating_call", "village": "village_call"}


def loaded(state: State, event: TasksLoaded, now: float) -> None:
    """What the database has: due tasks come into the line, those that are over leave it."""
    state.ledger.on, state.outbound_by = event.on, event.by
    state.ledger.recall(event.dialled)
    state.tasks = {task.task_id: task for task in event.tasks}
    state.dirty.add("outbound/state")
    due = {task.call_id: task for task in event.tasks if task.state == "open" and task.due_at <= now}
    for call in list(state.calls.values()):
        if call.task is not None and call.virtual and call.connecting is None and call.call_id not in due:
            _leave(state, call, now)
    for task in due.values():
        if task.kind not in AUTOMATIC:
            _stand(state, task, now)
    state.match_needed = True


def _stand(state: State, task: CallTask, now: float) -> None:
    known = state.calls.get(task.call_id)
    if known is not None:
        if known.virtual and known.queued_at is not None and task.place_at < known.queued_at:
            known.queued_at = task.place_at
            state.line.remove(known.call_id)
            state.stand_in_line(known)
        return
    if task.call_id not in state.gone:
        _caller(state, task, now, waits=True)


def _caller(state: State, task: CallTask, now: float, *, waits: bool) -> Call:
    """The task as a caller who is not there yet."""
    call = Call(
        task.call_id,
        arrived_at=now,
        caller_masked=task.caller_masked,
        caller_hash=task.caller_hash,
        region_hint=task.region_hint,
        trunk=task.trunk,
        phase="queue",
        queue=task.queue,
        priority=LAST if task.kind == "follow_up" else priority_of(f"P{task.priority}"),
        language=task.language,
        queued_at=task.place_at,
        in_queue=waits,
        task=task,
        virtual=True,
    )
    state.dirty.add("outbound/state")
    if task.not_agent_id:
        call.declined[task.not_agent_id] = now + NEVER
    state.calls[call.call_id] = call
    state.stand_in_line(call)
    return call


def _leave(state: State, call: Call, now: float) -> None:
    """Over without a conversation: nobody will hear of this call again."""
    release_agent(state, call, now)
    call.in_queue = False
    call.ended_at = now
    state.stand_in_line(call)
    state.close_offer(call.offer_id, now)
    del state.calls[call.call_id]
    state.dirty.add("outbound/state")
    state.touch_call(call)


def may_be_offered(state: State, call: Call, now: float) -> bool:
    """Whether a virtual caller may be shown to agents now: nothing forbids the call, and the same person is not on the line
    already (they dialled again)."""
    if call.task is None or not call.virtual:
        return True
    if refusal(state, call.task, now):
        return False
    return not any(
        other.caller_hash == call.caller_hash and not other.virtual and other.ended_at is None
        for other in state.calls.values()
        if other.caller_hash
    )


def refusal(state: State, task: CallTask, now: float) -> str:
    """Why this person must not be dialled now, or ``. Said once as a fact; the task stays where it is."""
    found = state.ledger.refusal("person", task.caller_hash, now)
    state.dirty.add("outbound/state")
    if found and state.refused.get(task.task_id) != found:
        state.fact("outbound_refused", "", now, kind="person", reason=found, task_id=task.task_id)
    if found:
        state.refused[task.task_id] = found
    else:
        state.refused.pop(task.task_id, None)
    return found


def accepted(state: State, call: Call, agent: Agent, offer_id: str, now: float, *, way: str) -> Connecting:
    """An agent takes it: ask the database for the try. Raises Rejected `outbound.…` when a cap or the switch forbids it."""
    task = call.task
    assert task is not None
    if found := refusal(state, task, now):
        raise Rejected(f"outbound.{found}")
    state.effects.append(BeginTry(task.task_id, call.call_id, way, agent.id, offer_id))
    call.start_by = now + CLAIM_SECONDS
    rings = state.rules.agent_ring_seconds + state.rules.outbound_ring_seconds + AROUND_SECONDS
    return Connecting(offer_id, agent.id, None, now + rings + CONNECT_GRACE_SECONDS)


def call_task(state: State, data: Mapping[str, Any], agent: Agent, now: float) -> Mapping[str, Any]:
    """An agent calls a task by hand, whatever its time: it goes straight to that agent's phone. `task` is the row as the API
    read it just now. Raises Missing, Rejected."""
    task = CallTask.from_record(data["task"])
    if task.state != "open" or task.kind in AUTOMATIC:
        raise Rejected("task.not_open")
    if agent.id == task.not_agent_id:
        raise Rejected("task.own_call")
    if not agent.present:
        raise Missing("agent.missing")
    known = state.calls.get(task.call_id)
    if known is not None and (not known.virtual or known.connecting is not None):
        raise Rejected("task.not_open")
    was = agent
    try:
        reserved = step(agent, "take", now)
    except IllegalTransition as exc:
        raise Rejected("agent.busy") from exc
    call = known or _caller(state, task, now, waits=False)
    offer_id = state.new_id("off", now)
    try:
        connecting = accepted(state, call, agent, offer_id, now, way="direct")
    except Rejected:
        if known is None:
            _leave(state, call, now)
        raise
    state.close_offer(call.offer_id, now)
    call.connecting, call.agent_id = connecting, agent.id
    state.stand_in_line(call)
    if was.state == "paused":
        reserved = replace(reserved, requested="paused", requested_reason=was.reason)
    state.set_agent(replace(reserved, call_id=call.call_id, offer_id=offer_id, wrap_up_until=0.0), now)
    return {"call_id": call.call_id}


def begun(state: State, event: TryBegun, now: float) -> None:
    """The database's word on a try."""
    call = state.calls.get(event.call_id)
    if event.reason:
        if call is not None and call.virtual:
            if event.reason != "not_open":
                state.fact("outbound_refused", "", now, kind="person", reason=event.reason, task_id=event.task_id)
            _leave(state, call, now)
        return
    task = event.task
    assert task is not None
    if call is None or not call.virtual or (call.connecting is None and task.kind not in AUTOMATIC):
        state.effects.append(DropTry(event.call_id))  # given up meanwhile
        return
    seat = state.people.seats.get(call.agent_id)
    call.start_by = now + START_SECONDS
    state.effects.append(PlaceCall(_order(state, call, task, seat.uri if seat else "", now)))


def _order(state: State, call: Call, task: CallTask, uri: str, now: float) -> Order:
    connecting = call.connecting
    return Order(
        call_id=call.call_id,
        task_id=task.task_id,
        kind=task.kind,
        number_enc=task.number_enc,
        caller_masked=task.caller_masked,
        caller_hash=task.caller_hash,
        trunk=task.trunk if task.trunk in state.rules.trunks else state.rules.outbound_trunk,
        flow=FLOW[task.kind],
        place_at=task.place_at,
        expires_at=now + ORDER_SECONDS,
        ring_seconds=state.rules.outbound_ring_seconds,
        region_hint=task.region_hint,
        queue=task.queue,
        priority=class_of(max(0, call.priority)),
        language=task.language,
        offer_id=connecting.offer_id if connecting else "",
        agent_id=connecting.agent_id if connecting else "",
        agent_uri=uri if connecting else "",
        of_call=task.of_call if task.kind == "rating" else "",
        talk=dict(task.talk),
    )


def tick(state: State, now: float) -> None:
    """Once a second: what was ordered and never began; calls that need no agent."""
    for call in list(state.calls.values()):
        if call.virtual and call.start_by and now > call.start_by:
            state.effects.append(DropTry(call.call_id))
            _leave(state, call, now)
    state.dirty.add("outbound/state")
    _automatic(state, now)
    for task in state.tasks.values():
        # Begun by an earlier routing, and nobody has seen anything of it: the database looks whether it ever began.
        lost = task.state == "calling" and task.begun_at and now - task.begun_at > 2 * START_SECONDS
        if lost and task.call_id not in state.calls and task.call_id not in state.gone:
            state.effects.append(DropTry(task.call_id))
            state.gone[task.call_id] = now


def _automatic(state: State, now: float) -> None:
    room = {"rating": state.rules.rating_calls_at_once, "village": state.rules.village_calls_at_once}
    for call in state.calls.values():
        if call.ended_at is None and call.task and call.task.kind in AUTOMATIC:
            room[call.task.kind] -= 1
    for task in state.tasks.values():
        waiting = task.kind in AUTOMATIC and task.state == "open" and task.due_at <= now < task.expires_at
        if (
            not waiting
            or room[task.kind] <= 0
            or task.call_id in state.calls
            or task.call_id in state.gone
            or refusal(state, task, now)
        ):
            continue
        call = _caller(state, task, now, waits=False)
        call.start_by = now + CLAIM_SECONDS
        state.effects.append(BeginTry(task.task_id, task.call_id, "automatic", "", ""))
        room[task.kind] -= 1
