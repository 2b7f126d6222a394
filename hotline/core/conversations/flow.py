"""The caller's way in: answer, notice, menu, queue."""

from __future__ import annotations

from typing import Any

from hotline.core.conversations import actions as act
from hotline.core.conversations import ending, rate
from hotline.core.conversations import events as ev
from hotline.core.conversations.model import CALLER, Queued
from hotline.core.conversations.turn import Turn

HIGHEST_SPOKEN_POSITION = 20
"""Positions above it are told as "many"; prompts number_1 … number_20 exist."""
MORE_PATIENCE_SECONDS = 300.0
"""A caller who was with a human already, and lost them through our fault, gets at least this long in the queue again."""


def invited(turn: Turn, event: ev.Invited) -> None:
    turn.say("call_arrived", **event.data)
    turn.set(arrived=True)
    turn.add_leg(CALLER)
    turn.do(act.SetTimer("max_call", turn.state.policy.max_call_seconds), act.AnswerCaller())


def unacceptable(turn: Turn, event: ev.Unacceptable) -> None:
    """The INVITE got a final refusal (by us or by the stack): it still is a call with a record."""
    turn.drop_leg(CALLER)
    if not turn.state.arrived:
        turn.say("call_arrived", **event.data)
    ending.finish(turn, "rejected", "system", event.sip_code)


def answered(turn: Turn, _event: ev.Answered) -> None:
    if turn.state.answered or turn.state.ended:
        return
    turn.say("call_answered")
    turn.set(answered=True)
    turn.do(act.SetTimer("no_ack", turn.state.policy.no_ack_seconds))


def confirmed(turn: Turn, _event: ev.Confirmed) -> None:
    if turn.state.confirmed or turn.state.ended:
        return
    turn.set(confirmed=True, phase="ivr")
    turn.do(act.CancelTimer("no_ack"), act.StepFlow())


def step(turn: Turn, outcome: str) -> None:
    """The wait is over: let the flow decide what comes next."""
    turn.set(wait=None, armed=False)
    turn.do(act.CancelTimer("digits"), act.Listen(CALLER, on=False), act.StepFlow(outcome))


def stepped(turn: Turn, event: ev.FlowStepped) -> None:
    """The flow said what to play and what to wait for."""
    if turn.state.ended:
        return
    turn.say("flow_moved", node=event.node)
    turn.set(
        language=event.language,
        wait=event.wait,
        armed=False,
        hang_up_after=event.wait is None,
        flow_cause=event.cause,
        rest=(),
        early_key="",
    )
    turn.quiet_caller()
    if isinstance(event.wait, ev.QueueWait):
        enter_queue(turn, event.wait)
    if not event.says:
        after_prompts(turn)
        return
    turn.set(notice_pending="notice" in event.says)
    if isinstance(event.wait, ev.DigitsWait):
        turn.do(act.Listen(CALLER, on=True))
    cut = event.says[: event.uncut] or event.says
    rest = event.says[len(cut) :]
    turn.set(rest=rest, cuttable=event.uncut == 0)
    turn.play_caller(*cut)


def played(turn: Turn, event: ev.Played) -> None:
    if event.leg != CALLER or event.playback != turn.state.playback:
        return  # a playback that was replaced meanwhile
    turn.set(playback=0)
    _notice_heard(turn, complete=True)
    rest, key = turn.state.rest, turn.state.early_key
    turn.set(rest=(), early_key="", cuttable=True)
    if key:
        menu_digit(turn, key)
    elif rest:
        turn.play_caller(*rest)
    else:
        after_prompts(turn)


def _notice_heard(turn: Turn, *, complete: bool) -> None:
    """rules D.32: that the notice of recording was played is itself recorded."""
    if turn.state.notice_pending:
        turn.set(notice_pending=False)
        turn.say("notice_played", prompt="notice", complete=complete)


def after_prompts(turn: Turn) -> None:
    """Nothing more to play: begin the wait, or leave."""
    state = turn.state
    if state.hang_up_after:
        ending.finish(turn, "" if state.reached else state.flow_cause, "flow")
    elif state.phase == "rating" and state.rating_open:
        rate.prompt_over(turn)
    elif isinstance(state.wait, ev.RateWait):
        rate.begin(turn, state.wait)
    elif isinstance(state.wait, ev.DigitsWait):
        turn.set(armed=True)
        turn.do(act.Listen(CALLER, on=True), act.SetTimer("digits", state.wait.seconds))
    else:
        background(turn)


def background(turn: Turn) -> None:
    """What the caller hears when no prompt plays and nobody talks: music, never silence (I10)."""
    if turn.state.phase in ("queue", "agent_ringing", "transfer", "hold"):
        turn.do(act.Music(CALLER, on=True))


def menu_digit(turn: Turn, digit: str) -> None:
    """A key in a menu. Pressed while something plays that must be heard, it counts afterwards."""
    wait = turn.state.wait
    if not isinstance(wait, ev.DigitsWait):
        return
    if turn.state.playback:
        if not (turn.state.cuttable and wait.barge_in):
            turn.set(early_key=turn.state.early_key or digit)
            return
        _notice_heard(turn, complete=False)
        turn.quiet_caller()
    step(turn, digit if digit in wait.keys else "invalid")


def menu_silence(turn: Turn) -> None:
    if isinstance(turn.state.wait, ev.DigitsWait) and turn.state.armed:
        step(turn, "no_input")


def enter_queue(turn: Turn, wait: ev.QueueWait) -> None:
    queued = Queued(wait.queue, wait.priority, at=turn.now, until=turn.now + wait.seconds)
    turn.set(queued=queued, phase="queue")
    _say_entered(turn, again=False)
    turn.do(act.SetTimer("queue", wait.seconds))


def requeue(turn: Turn) -> None:
    """The caller lost the human through no fault of theirs: back in the queue at the old place (I11)."""
    queued = turn.state.queued
    if queued is None:  # cannot be: a human was reached through the queue
        ending.finish(turn, "system_failure", "system")
        return
    until = max(queued.until, turn.now + MORE_PATIENCE_SECONDS)
    turn.set(queued=Queued(queued.queue, queued.priority, queued.at, until), phase="queue", held=False)
    _say_entered(turn, again=True)
    turn.do(act.SetTimer("queue", until - turn.now))
    turn.play_caller("still_waiting")


def _say_entered(turn: Turn, *, again: bool) -> None:
    queued = turn.state.queued
    assert queued is not None
    turn.say(
        "queue_entered",
        queue=queued.queue,
        priority=queued.priority,
        language=turn.state.language,
        queued_at=queued.at,
        again=again,
    )


def leave_queue(turn: Turn, reason: str) -> None:
    queued = turn.state.queued
    if queued and queued.waiting:
        turn.set(queued=Queued(queued.queue, queued.priority, queued.at, queued.until, waiting=False))
        turn.say("queue_left", reason=reason)
        turn.do(act.CancelTimer("queue"))


def queue_timeout(turn: Turn) -> None:
    """Waited long enough; but a phone that already rings for this caller may still answer."""
    state = turn.state
    if state.queued and state.queued.waiting and state.agent is None:
        leave_queue(turn, "timeout")
        turn.quiet_caller()
        turn.set(queue_timed_out=True)
        step(turn, "timeout")


def tell_position(turn: Turn, data: dict[str, Any]) -> None:
    """Announce the place in the queue, unless something else is being said or a phone rings already."""
    state = turn.state
    position = int(data["position"])
    if state.phase != "queue" or state.playback or not (state.queued and state.queued.waiting) or position < 1:
        return
    number = f"number_{position}" if position <= HIGHEST_SPOKEN_POSITION else "number_many"
    turn.say("position_told", position=position)
    turn.do(act.Music(CALLER, on=False))
    turn.play_caller("position_before", number, "position_after")
