"""The caller's way in: answer, notice, menu, queue."""

from __future__ import annotations

from typing import Any

from hotline.core.conversations import actions as act
from hotline.core.conversations import duty, ending, message, outgoing, rate, staff_menu, waiting
from hotline.core.conversations import events as ev
from hotline.core.conversations.model import CALLER, Queued
from hotline.core.conversations.turn import Turn
from hotline.core.conversations.wiring import music_for_caller
from hotline.core.queues.telling import WAITS_MINUTES

NOTICE = "notice"
"""The prompt that says that calls are recorded, and why."""
NOTICES = frozenset({NOTICE, "outbound_notice", "rating_call_notice"})
"""Whatever says so, of our own calls too."""
HIGHEST_SPOKEN_POSITION = 20
"""Positions above it are told as "many"; prompts number_1 … number_20 exist."""
MORE_PATIENCE_SECONDS = 300.0
"""A caller who was with a human already, and lost them through our fault, gets at least this long in the queue again."""


def invited(turn: Turn, event: ev.Invited) -> None:
    turn.say("call_arrived", **event.data)
    turn.set(arrived=True, number_known=bool(event.data.get("caller_hash")))
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
    for asked in event.hours:
        turn.say("hours_checked", **asked)
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
    # Whoever answers is recorded at once: nobody may answer before the notice has been heard.
    hold = isinstance(event.wait, ev.QueueWait) and NOTICE in event.says
    turn.set(entering=hold, leaving=None)
    if isinstance(event.wait, ev.QueueWait) and not hold and not outgoing.takes_wait(turn):
        enter_queue(turn, event.wait)
    if not event.says:
        after_prompts(turn)
        return
    turn.set(notice_pending=bool(NOTICES.intersection(event.says)))
    if isinstance(event.wait, ev.DigitsWait):
        turn.do(act.Listen(CALLER, on=True))
    until = event.says.index(NOTICE) + 1 if hold else event.uncut
    cut = event.says[:until] or event.says
    rest = event.says[len(cut) :]
    turn.set(rest=rest, cuttable=until == 0)
    turn.play_caller(*cut)


def played(turn: Turn, event: ev.Played) -> None:
    if event.leg != CALLER or event.playback != turn.state.playback:
        return  # a playback that was replaced meanwhile
    turn.set(playback=0)
    _notice_heard(turn, complete=True)
    if turn.state.entering and isinstance(turn.state.wait, ev.QueueWait):
        turn.set(entering=False)
        enter_queue(turn, turn.state.wait)
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
    if turn.state.notice_pending and not turn.state.ended:
        turn.set(notice_pending=False)
        turn.say("notice_played", prompt=_notice(turn), complete=complete)


def _notice(turn: Turn) -> str:
    order = turn.state.order
    if order is None:
        return "notice"
    return "rating_call_notice" if order.kind == "rating" else "outbound_notice"


def after_prompts(turn: Turn) -> None:
    """Nothing more to play: begin the wait, or leave."""
    state = turn.state
    if outgoing.takes_wait(turn):
        outgoing.begin_talk(turn)
        return
    if state.leaving:
        waiting.leave(turn, dict(state.leaving))
        return
    if state.hang_up_after and state.pinned and state.queued:
        requeue(turn)
    elif state.hang_up_after:
        ending.finish(turn, "" if state.reached or state.message_left else state.flow_cause, "flow")
    elif state.phase == "rating" and state.rating_open:
        rate.prompt_over(turn)
    elif isinstance(state.wait, ev.RateWait):
        rate.begin(turn, state.wait)
    elif isinstance(state.wait, ev.StaffWait):
        staff_menu.begin(turn, state.wait)
    elif isinstance(state.wait, ev.ProgressWait):
        staff_menu.begin_progress(turn, state.wait)
    elif isinstance(state.wait, ev.RecordWait):
        message.begin(turn, state.wait)
    elif isinstance(state.wait, ev.DialWait):
        duty.begin(turn, state.wait)
    elif isinstance(state.wait, ev.DigitsWait):
        turn.set(armed=True)
        turn.do(act.Listen(CALLER, on=True), act.SetTimer("digits", state.wait.seconds))
    elif not waiting.tell_restored(turn):
        background(turn)


def last_words(turn: Turn, *prompts: str) -> None:
    """Say them, then hang up; keys count no more."""
    turn.set(hang_up_after=True, rest=(), early_key="", wait=None, armed=False)
    turn.do(act.CancelTimer("digits"), act.Listen(CALLER, on=False))
    turn.play_caller(*prompts)


def background(turn: Turn) -> None:
    """What the caller hears when no prompt plays and nobody talks: music, never silence (I10)."""
    if music_for_caller(turn.state):
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
    """Wait for a human. A caller who was in a queue before in this call (the flow sends them from one to another) keeps the
    place, and so does one whose last call was cut off by our fault."""
    before = turn.state.queued
    at = min(before.at, turn.now) if before else turn.now
    queued = Queued(wait.queue, wait.priority, at=at, until=turn.now + wait.seconds)
    turn.set(queued=queued, phase="queue")
    say_entered(turn, again=before is not None)
    waiting.take_place(turn)
    turn.do(act.SetTimer("queue", wait.seconds))
    arm_callback(turn)


def requeue(turn: Turn, *, queue: str = "", wish: str = "", prompt: str = "still_waiting") -> None:
    """The caller is without a human through no fault of theirs: back in the queue at the old place (I11). `queue`: another one
    than before; `wish`: the agent who should be asked first."""
    queued = turn.state.queued
    if queued is None:  # cannot be: a human was reached through the queue
        ending.finish(turn, "system_failure", "system")
        return
    until = max(queued.until, turn.now + MORE_PATIENCE_SECONDS)
    again = Queued(queue or queued.queue, queued.priority, queued.at, until)
    turn.set(queued=again, phase="queue", held=False)
    say_entered(turn, again=True, wish=wish)
    if not turn.state.pinned:
        turn.do(act.SetTimer("queue", until - turn.now))
    arm_callback(turn)
    turn.play_caller(prompt)


def arm_callback(turn: Turn) -> None:
    """A call-back is offered after the flow's time of waiting."""
    wait = turn.state.wait
    if isinstance(wait, ev.QueueWait) and wait.callback_seconds > 0 and waiting.may_offer(turn):
        turn.do(act.SetTimer("callback_offer", wait.callback_seconds))


def say_entered(turn: Turn, *, again: bool, wish: str = "", reason: str = "") -> None:
    """Write down where the caller waits now, and since when."""
    queued = turn.state.queued
    assert queued is not None
    turn.say(
        "queue_entered",
        queue=queued.queue,
        priority=queued.priority,
        language=turn.state.language,
        queued_at=queued.at,
        again=again,
        **({"wish": wish} if wish else {}),
        **({"reason": reason} if reason else {}),
    )


def leave_queue(turn: Turn, reason: str) -> None:
    queued = turn.state.queued
    if queued and queued.waiting:
        turn.set(queued=Queued(queued.queue, queued.priority, queued.at, queued.until, waiting=False))
        turn.say("queue_left", reason=reason)
        turn.do(act.CancelTimer("queue"), act.CancelTimer("callback_offer"), act.CancelTimer("callback_over"))
        if turn.state.callback_open:
            turn.set(callback_open=False)
            turn.do(act.Listen(CALLER, on=False))


def queue_timeout(turn: Turn) -> None:
    """Waited long enough; but a phone that already rings for this caller may still answer."""
    state = turn.state
    if state.queued and state.queued.waiting and state.agent is None and not state.pinned:
        leave_queue(turn, "timeout")
        turn.quiet_caller()
        turn.set(queue_timed_out=True)
        step(turn, "timeout")


def tell_position(turn: Turn, data: dict[str, Any]) -> None:
    """Announce the place in the queue and the expected wait as far as they are good news (`better`, `minutes`), else a
    kind word; unless something else is being said or a phone rings already."""
    state = turn.state
    position, better, minutes = int(data["position"]), bool(data.get("better", True)), data.get("minutes")
    if state.phase != "queue" or state.playback or not (state.queued and state.queued.waiting) or position < 1:
        return
    prompts: list[str] = []
    if better:
        prompts += ["position_before", f"number_{position}" if position <= HIGHEST_SPOKEN_POSITION else "number_many"]
    if minutes is not None:
        prompts.append(f"wait_{minutes}" if minutes in WAITS_MINUTES else "wait_long")
    elif better:
        prompts.append("position_after")
    if prompts:
        turn.say("position_told", position=position, better=better, minutes=minutes)
        if better:
            turn.set(told=position)
    turn.do(act.Music(CALLER, on=False))
    turn.play_caller(*(prompts or ["queue_wait"]))
