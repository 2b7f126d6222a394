"""What may happen to a caller while they wait: the offer of a call-back that keeps the place, a move to another queue, the
end of the waiting by routing's order, and a place got back after a call that our own fault cut off.

The place itself (`Queued.at`) only ever moves forward in the line: nothing here makes anybody wait longer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations import flow
from hotline.core.conversations.model import CALLER
from hotline.core.conversations.turn import Turn

CALLBACK_KEY: Final = "1"
BUSY_SECONDS: Final = 3.0
"""An offer that falls into another announcement, or beside a phone that rings already, is looked at again after this."""


def offer_due(turn: Turn) -> None:
    """The caller has waited long enough to be offered a call-back."""
    _offer(turn, "waited", "callback_offer")


def offer_callback(turn: Turn, data: dict[str, Any]) -> None:
    """Routing wants the offer made now, because the hours end (`reason`)."""
    _offer(turn, str(data["reason"]), "callback_closing")


def _offer(turn: Turn, reason: str, prompt: str) -> None:
    state = turn.state
    if not may_offer(turn):
        return
    if state.playback or state.phase != "queue":
        turn.do(act.SetTimer("callback_offer", BUSY_SECONDS))
        return
    turn.say("callback_offered", reason=reason)
    turn.set(callback_open=True)
    turn.do(act.Listen(CALLER, on=True), act.SetTimer("callback_over", state.policy.callback_key_seconds))
    turn.do(act.Music(CALLER, on=False))
    turn.play_caller(prompt)


def may_offer(turn: Turn) -> bool:
    """Whether this caller can be called back at all: the flow has a route for it, and their number is known."""
    state = turn.state
    wanted = isinstance(state.wait, ev.QueueWait) and state.wait.callback_seconds > 0
    return bool(wanted and state.number_known and state.queued and state.queued.waiting and not state.pinned)


def offer_over(turn: Turn) -> None:
    """No key: the caller stays, and is asked again later."""
    _close(turn)
    if may_offer(turn):
        turn.do(act.SetTimer("callback_offer", turn.state.policy.callback_again_seconds))


def _close(turn: Turn) -> None:
    if turn.state.callback_open:
        turn.set(callback_open=False)
        turn.do(act.CancelTimer("callback_over"), act.Listen(CALLER, on=False))


def digit(turn: Turn, key: str) -> None:
    """A key while the offer stands. One pressed while an agent's phone rings for the caller changes nothing: the agent comes
    first."""
    state = turn.state
    if key != CALLBACK_KEY or state.phase != "queue" or state.agent or not may_offer(turn):
        return
    queued = state.queued
    assert queued is not None
    turn.say(
        "callback_requested",
        queue=queued.queue,
        priority=queued.priority,
        language=state.language,
        queued_at=queued.at,
        reason="in_queue",
    )
    flow.leave_queue(turn, "callback")
    turn.set(callback_kept=True)
    turn.quiet_caller()
    flow.step(turn, "callback")


def leave(turn: Turn, data: dict[str, Any]) -> None:
    """Routing ends the waiting: the queue is full (`full`), or its hours are over (`closed`). An agent's phone that rings
    already may still answer."""
    state = turn.state
    waiting = state.queued and state.queued.waiting and state.agent is None and not state.pinned
    if not waiting or not isinstance(state.wait, ev.QueueWait):
        return
    outcome = str(data["outcome"])
    if state.playback:
        turn.set(leaving=data)  # what is being said is said to its end first
        return
    turn.set(leaving=None)
    flow.leave_queue(turn, outcome)
    turn.quiet_caller()
    turn.set(queue_timed_out=True)
    flow.step(turn, "timeout" if outcome == "full" and not state.wait.full else outcome)


def move(turn: Turn, data: dict[str, Any]) -> None:
    """Routing sends the caller to another queue, at the old place (`reason`: overflow, closing)."""
    queued = turn.state.queued
    queue = str(data["queue"])
    if not (queued and queued.waiting) or queued.queue == queue:
        return
    turn.set(queued=replace(queued, queue=queue))
    flow.say_entered(turn, again=True, reason=str(data["reason"]))


def restore(turn: Turn, data: dict[str, Any]) -> None:
    """The caller was cut off by our own fault a moment ago: the old place is theirs. Known before or after they enter the
    queue; once a call."""
    state = turn.state
    if state.restored is not None or state.reached:
        return
    turn.set(restored=(float(data["queued_at"]), str(data["lost_call_id"])))
    if state.queued and state.queued.waiting:
        take_place(turn)
        tell_restored(turn)


def take_place(turn: Turn) -> None:
    """Give a waiting caller the restored place, if it is an older one."""
    queued, restored = turn.state.queued, turn.state.restored
    if queued is None or restored is None or restored[0] >= queued.at:
        return
    turn.set(queued=replace(queued, at=restored[0]), tell_restored=True)
    turn.say("place_restored", queued_at=restored[0], lost_call_id=restored[1], before=queued.at)


def tell_restored(turn: Turn) -> bool:
    """Say to the caller that the place was kept, as soon as nothing else is said. True when it is being said."""
    state = turn.state
    if not state.tell_restored or state.phase != "queue" or state.playback:
        return False
    turn.set(tell_restored=False)
    turn.do(act.Music(CALLER, on=False))
    turn.play_caller("place_restored")
    return True
