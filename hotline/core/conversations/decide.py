"""The table: which rule answers which event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hotline.core.conversations import actions as act
from hotline.core.conversations import desk, ending, flow, hunt, rate
from hotline.core.conversations import events as ev
from hotline.core.conversations.model import CALLER, Policy, State
from hotline.core.conversations.turn import Decision, Turn


def start(call_id: str, policy: Policy) -> State:
    """The state before anything has happened."""
    return State(call_id=call_id, policy=policy, language=policy.language)


def decide(state: State, event: ev.Event, now: float) -> Decision:
    """What follows from `event` at Unix time `now`. Events that no longer fit (a late digit, a doubled command, a leg
    that is already gone) change nothing but the list of open legs. Never raises for an event of the types in `events.py`.
    """
    turn = Turn(state, now)
    _HANDLERS[type(event)](turn, event)
    return turn.decision()


def _digit(turn: Turn, event: ev.Digit) -> None:
    if event.leg == CALLER:
        if turn.state.rating_open:
            rate.digit(turn, event.digit, event.method)
        else:
            flow.menu_digit(turn, event.digit)
    elif _is_current_try(turn, event.leg):
        hunt.digit(turn, event.digit)


def _played(turn: Turn, event: ev.Played) -> None:
    if event.leg == CALLER:
        flow.played(turn, event)
    elif _is_current_try(turn, event.leg) and event.playback == turn.state.expert_playback:
        hunt.brief_over(turn)


def _is_current_try(turn: Turn, leg: str) -> bool:
    transfer = turn.state.transfer
    return bool(transfer and transfer.current and transfer.current.leg == leg)


def _is_agent(turn: Turn, leg: str) -> bool:
    return bool(turn.state.agent and turn.state.agent.leg == leg)


def _ringing(turn: Turn, event: ev.LegRinging) -> None:
    if _is_agent(turn, event.leg):
        desk.ringing(turn)
    elif _is_current_try(turn, event.leg):
        hunt.ringing(turn)


def _answered(turn: Turn, event: ev.LegAnswered) -> None:
    if _is_agent(turn, event.leg):
        desk.answered(turn)
    elif _is_current_try(turn, event.leg):
        hunt.answered(turn)
    else:
        turn.hang_up(event.leg)  # answered just as it was given up (CANCEL crossed 200)


def _leg_ended(turn: Turn, event: ev.LegEnded) -> None:
    turn.drop_leg(event.leg)
    state = turn.state
    if event.leg == CALLER:
        _caller_ended(turn, event)
    elif state.agent and state.agent.leg == event.leg:
        if state.agent.state == "connected":
            desk.left(turn, "agent" if _by_will(event) else "system")
        else:
            desk.failed(turn, desk.dial_status(event.sip_code), event.sip_code, hang_up=False)
    elif _is_current_try(turn, event.leg):
        hunt.leg_ended(turn, event.sip_code)
    elif state.expert and state.expert.leg == event.leg:
        hunt.expert_left(turn, "expert" if _by_will(event) else "system")
    ending.leave_if_empty(turn)


def _by_will(event: ev.LegEnded) -> bool:
    """A BYE from the phone is a person hanging up; an error code on an answered leg is a loss."""
    return event.remote and event.sip_code < 300


def _caller_ended(turn: Turn, event: ev.LegEnded) -> None:
    if not turn.state.answered:
        ending.finish(turn, "cancelled", "caller", event.sip_code)
    elif event.sip_code >= 300:
        # Only our own stack ends an answered call with an error code.
        ending.finish(turn, _loss(turn, event.sip_code), "system", event.sip_code)
    else:
        ending.finish(turn, "", "caller", event.sip_code)


def _loss(turn: Turn, sip_code: int) -> str:
    """No ACK; a session refresh (RFC 4028) missing, unanswered (408) or unknown to the far end (481); or our own fault."""
    if not turn.state.confirmed:
        return "no_ack"
    return "session_expired" if sip_code in (408, 481) else "system_failure"


def _watchdog(turn: Turn, event: ev.Watchdog) -> None:
    state = turn.state
    if state.ended:
        return
    turn.say("watchdog_fired", kind=event.kind, leg=event.leg.partition(":")[0])
    if event.leg == CALLER:
        ending.finish(turn, {"rtp_silence": "rtp_timeout"}.get(event.kind, event.kind), "system")
    elif state.agent and state.agent.leg == event.leg:
        if state.agent.state == "connected":
            turn.hang_up(event.leg)
            desk.left(turn, "system")
        else:
            desk.failed(turn, "failed", 0, hang_up=True)
    elif _is_current_try(turn, event.leg):
        hunt.over(turn, "failed", 0, hang_up=True)
    elif state.expert and state.expert.leg == event.leg:
        turn.hang_up(event.leg)
        hunt.expert_left(turn, "system")


def _exit(turn: Turn) -> None:
    if turn.state.ended:
        turn.do(act.Exit())


_TIMERS: Final[dict[str, Callable[[Turn], None]]] = {
    "no_ack": lambda turn: ending.finish(turn, "no_ack", "system", 408) if not turn.state.confirmed else None,
    "max_call": lambda turn: ending.finish(turn, "max_duration", "system"),
    "drain": lambda turn: ending.finish(turn, "drained", "system"),
    "digits": flow.menu_silence,
    "queue": flow.queue_timeout,
    "agent_ring": lambda turn: desk.failed(turn, "no_answer", 0, hang_up=True),
    "expert_ring": hunt.ring_timeout,
    "expert_accept": hunt.accept_timeout,
    "routing_silent": hunt.routing_silent,
    "rating": rate.silence,
    "exit": _exit,
}


def _timer(turn: Turn, event: ev.TimerFired) -> None:
    if not turn.state.ended or event.name == "exit":
        _TIMERS[event.name](turn)


def _cancel_agent(turn: Turn, data: dict[str, Any]) -> None:
    if turn.state.agent and turn.state.agent.offer_id == data["offer_id"]:
        desk.failed(turn, "cancelled", 487, hang_up=True)


def _end_call(turn: Turn, _data: dict[str, Any]) -> None:
    ending.finish(turn, "", "system")


_COMMANDS: Final[dict[str, Callable[[Turn, dict[str, Any]], None]]] = {
    "connect_agent": desk.connect,
    "cancel_agent": _cancel_agent,
    "tell_position": flow.tell_position,
    "hold": desk.hold,
    "unhold": desk.unhold,
    "hang_up": desk.hang_up,
    "start_transfer": hunt.start,
    "try_expert": hunt.try_expert,
    "give_up_transfer": hunt.give_up,
    "cancel_transfer": hunt.cancel,
    "end_call": _end_call,
}


def _commanded(turn: Turn, event: ev.Commanded) -> None:
    if not turn.state.ended:
        _COMMANDS[event.command.name](turn, dict(event.command.data))


def _noticed(turn: Turn, event: ev.Noticed) -> None:
    if not turn.state.ended:
        turn.say("watchdog_fired", kind=event.kind, leg="")


def _drain(turn: Turn, _event: ev.Drain) -> None:
    if not turn.state.ended:
        turn.do(act.SetTimer("drain", turn.state.policy.drain_seconds))


def _recording_failed(turn: Turn, event: ev.RecordingFailed) -> None:
    """The talk goes on; the gap has a name (I15)."""
    for talk in (turn.state.agent.talk if turn.state.agent else None, turn.state.expert):
        if talk and talk.recording_id == event.recording_id:
            turn.say("recording_failed", talk_id=talk.talk_id, reason=event.reason, recording_id=event.recording_id)


_HANDLERS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    ev.Invited: flow.invited,
    ev.Unacceptable: flow.unacceptable,
    ev.Answered: flow.answered,
    ev.Confirmed: flow.confirmed,
    ev.FlowStepped: flow.stepped,
    ev.Played: _played,
    ev.Digit: _digit,
    ev.LegRinging: _ringing,
    ev.LegAnswered: _answered,
    ev.LegEnded: _leg_ended,
    ev.TimerFired: _timer,
    ev.Commanded: _commanded,
    ev.Watchdog: _watchdog,
    ev.Noticed: _noticed,
    ev.Drain: _drain,
    ev.RecordingFailed: _recording_failed,
}
