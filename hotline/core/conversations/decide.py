"""The table: which rule answers which event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hotline.core.conversations import (
    abuse,
    away,
    desk,
    ending,
    flow,
    hunt,
    message,
    monitor,
    outgoing,
    parting,
    phone_desk,
    pins,
    rate,
    reminders,
    staff_menu,
    waiting,
)
from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations.dialling import dial_status
from hotline.core.conversations.model import CALLER, Policy, State
from hotline.core.conversations.transfers import orders, steps, thirds
from hotline.core.conversations.transfers.kinds import Event
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
    away.settle(turn, state)
    monitor.settle(turn, state)
    return turn.decision()


def _digit(turn: Turn, event: ev.Digit) -> None:
    if event.leg == CALLER:
        if staff_menu.under_way(turn):
            staff_menu.digit(turn, event.digit)
        elif turn.state.rating_open:
            rate.digit(turn, event.digit, event.method)
        elif isinstance(turn.state.wait, ev.RateWait):
            rate.early(turn, event.digit)
        elif turn.state.message:
            message.digit(turn, event.digit)
        elif turn.state.callback_open:
            waiting.digit(turn, event.digit)
        else:
            flow.menu_digit(turn, event.digit)
    elif item := hunt.on_leg(turn, event.leg):
        if third := hunt.digit(turn, item, event.digit):
            steps.reached(turn, third)
    elif leaving := parting.on_leg(turn, event.leg):
        parting.digit(turn, leaving, event.digit)
    elif turn.state.asked and turn.state.asked.leg == event.leg:
        phone_desk.outcome_key(turn, turn.state.asked, event.digit)
    elif (agent := turn.state.agent) and agent.leg == event.leg and agent.phone:
        phone_desk.digit(turn, agent, event.digit)


def _played(turn: Turn, event: ev.Played) -> None:
    if event.leg == CALLER and staff_menu.under_way(turn):
        staff_menu.played(turn, event)
    elif event.leg == CALLER:
        flow.played(turn, event)
    elif item := hunt.on_leg(turn, event.leg):
        hunt.brief_over(turn, item, event.playback)
    elif leaving := parting.on_leg(turn, event.leg):
        parting.played(turn, leaving, event.playback)
    elif _is_agent(turn, event.leg) and turn.state.agent and not turn.state.agent.phone:
        outgoing.agent_heard(turn, event.playback)
    else:
        phone_desk.played(turn, event.leg, event.playback)


def _is_agent(turn: Turn, leg: str) -> bool:
    return bool(turn.state.agent and turn.state.agent.leg == leg)


def _is_monitor(turn: Turn, leg: str) -> bool:
    return bool(turn.state.monitor and turn.state.monitor.leg == leg)


def _ringing(turn: Turn, event: ev.LegRinging) -> None:
    if event.leg == CALLER:
        outgoing.caller_ringing(turn)
    elif _is_agent(turn, event.leg):
        desk.ringing(turn)
    elif item := hunt.on_leg(turn, event.leg):
        hunt.ringing(turn, item)
    elif who := thirds.dialled_on(turn, event.leg):
        thirds.ringing(turn, who)


def _answered(turn: Turn, event: ev.LegAnswered) -> None:
    if event.leg == CALLER and not turn.state.ended:
        outgoing.caller_answered(turn)
    elif away.answered(turn, event.leg):
        pass
    elif _is_agent(turn, event.leg):
        desk.answered(turn)
    elif item := hunt.on_leg(turn, event.leg):
        hunt.answered(turn, item)
    elif who := thirds.dialled_on(turn, event.leg):
        steps.reached(turn, thirds.answered(turn, who))
    elif _is_monitor(turn, event.leg):
        monitor.answered(turn)
    else:
        turn.hang_up(event.leg)  # answered just as it was given up (CANCEL crossed 200)


def _leg_ended(turn: Turn, event: ev.LegEnded) -> None:
    turn.drop_leg(event.leg)
    phone_desk.leg_ended(turn, event.leg)
    if event.leg == CALLER:
        _caller_ended(turn, event)
    elif item := hunt.on_leg(turn, event.leg):
        hunt.leg_ended(turn, item, event.sip_code)
    elif who := thirds.dialled_on(turn, event.leg):
        thirds.leg_ended(turn, who, event.sip_code)
    elif leaving := parting.on_leg(turn, event.leg):
        parting.forget(turn, leaving)
    elif _is_agent(turn, event.leg) and turn.state.agent and turn.state.agent.state != "connected":
        # Who hangs up on the brief has refused.
        status = "refused" if turn.state.agent.state in ("brief", "deciding") else dial_status(event.sip_code)
        desk.failed(turn, status, event.sip_code, hang_up=False)
    elif _is_monitor(turn, event.leg):
        monitor.leg_ended(turn, event.sip_code, by_will=_by_will(event))
    elif not away.leg_ended(turn, event.leg):
        _person_left(turn, event.leg, by_will=_by_will(event))
    hunt.room(turn)
    ending.leave_if_empty(turn)


def _person_left(turn: Turn, leg: str, *, by_will: bool) -> None:
    """Somebody who talked is gone: hung up, or their leg was lost."""
    state = turn.state
    if _is_agent(turn, leg):
        _agent_left(turn, "agent" if by_will else "system")
    elif third := thirds.third_on(turn, leg):
        steps.happen(turn, "third_gone", by=third.kind if by_will else "system")
    elif state.expert and state.expert.leg == leg:
        desk.expert_left(turn, "expert" if by_will else "system")
    elif state.party and state.party.leg == leg:
        desk.party_left(turn, "party" if by_will else "system")


def _agent_left(turn: Turn, by: str) -> None:
    if not steps.happen(turn, "agent_gone", by=by):
        desk.left(turn, by)


def _by_will(event: ev.LegEnded) -> bool:
    """A BYE from the phone is a person hanging up; an error code on an answered leg is a loss."""
    return event.remote and event.sip_code < 300


def _caller_ended(turn: Turn, event: ev.LegEnded) -> None:
    if turn.state.ended:
        return
    if turn.state.order and not turn.state.answered:
        outgoing.caller_failed(turn, event.sip_code)
    elif not turn.state.answered:
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
        if state.pinned and event.kind in ("rtp_silence", "timeout_hold"):
            return  # a caller in danger may have put the telephone down: people decide when this call is over
        ending.finish(turn, {"rtp_silence": "rtp_timeout"}.get(event.kind, event.kind), "system")
    elif item := hunt.on_leg(turn, event.leg):
        hunt.over(turn, item, "failed", 0, hang_up=True)
    elif who := thirds.dialled_on(turn, event.leg):
        thirds.failed(turn, who, "failed", 0, hang_up=True)
    elif leaving := parting.on_leg(turn, event.leg):
        parting.end(turn, leaving)
    elif state.agent and state.agent.leg == event.leg and state.agent.state != "connected":
        desk.failed(turn, "failed", 0, hang_up=True)
    elif _is_monitor(turn, event.leg):
        monitor.lost(turn)
    elif not away.watchdog(turn, event.leg):
        turn.hang_up(event.leg)
        _person_left(turn, event.leg, by_will=False)


def _max_call(turn: Turn) -> None:
    if not turn.state.pinned:
        ending.finish(turn, "max_duration", "system")


def _drained(turn: Turn) -> None:
    if turn.state.pinned:
        turn.do(act.SetTimer("drain", turn.state.policy.drain_seconds))
    else:
        ending.finish(turn, "drained", "system")


def _exit(turn: Turn) -> None:
    if turn.state.ended:
        turn.do(act.Exit())


def _third_ring(turn: Turn) -> None:
    who = turn.state.transfer.dialled if turn.state.transfer else None
    if who:
        thirds.failed(turn, who, "no_answer", 0, hang_up=True)


def _happen(turn: Turn, event: Event) -> None:
    steps.happen(turn, event)


_TIMERS: Final[dict[str, Callable[[Turn], None]]] = {
    "no_ack": lambda turn: ending.finish(turn, "no_ack", "system", 408) if not turn.state.confirmed else None,
    "max_call": _max_call,
    "drain": _drained,
    "digits": flow.menu_silence,
    "queue": flow.queue_timeout,
    "callback_offer": waiting.offer_due,
    "callback_over": waiting.offer_over,
    "agent_ring": lambda turn: desk.failed(turn, "no_answer", 0, hang_up=True),
    away.REDIAL: away.redial,
    away.RING: away.ring_timeout,
    away.LIMIT: lambda turn: away.over(turn, _agent_left),
    "outgoing": outgoing.overdue,
    "caller_ring": outgoing.ring_timeout,
    "routing_silent": steps.routing_silent,
    "third_ring": _third_ring,
    "consult": lambda turn: _happen(turn, "too_long"),
    "hold_reminder": reminders.hold_due,
    "talk_reminder": reminders.talk_due,
    "rating": rate.silence,
    "agent_accept": phone_desk.accept_timeout,
    "outcome": phone_desk.close,
    "staff": staff_menu.silence,
    "staff_all": staff_menu.over,
    message.LIMIT: message.limit,
    "duty_limit": lambda turn: _happen(turn, "nobody"),
    "monitor_ring": monitor.ring_timeout,
    "exit": _exit,
}


_TIMERS_OF: Final[dict[str, Callable[[Turn, str], None]]] = {
    "expert_ring": hunt.ring_timeout,
    "expert_accept": hunt.accept_timeout,
    "parting": parting.timeout,
}
"""Timers that belong to one leg of several: `<name>:<id>`."""


def _timer(turn: Turn, event: ev.TimerFired) -> None:
    if turn.state.ended and event.name not in ("exit", "outcome"):
        return
    name, _, of = event.name.partition(":")
    if of:
        _TIMERS_OF[name](turn, of)
    else:
        _TIMERS[name](turn)


def _cancel_agent(turn: Turn, data: dict[str, Any]) -> None:
    if turn.state.agent and turn.state.agent.offer_id == data["offer_id"]:
        desk.failed(turn, "cancelled", 487, hang_up=True)


def _try_expert(turn: Turn, data: dict[str, Any]) -> None:
    tried_before = bool(turn.state.transfer and turn.state.transfer.tried)
    hunt.try_expert(turn, data)
    if tried_before:
        steps.progress(turn)


def _hang_up(turn: Turn, data: dict[str, Any]) -> None:
    """The agent ends their part from the console: a talk, or, with a transfer under way, it goes on without them."""
    agent = turn.state.agent
    if agent and agent.agent_id == data["agent_id"] and outgoing.agent_hangs_up(turn):
        return
    if agent and agent.state == "connected" and agent.agent_id == data["agent_id"] and not turn.state.pinned:
        turn.hang_up(agent.leg)
        _agent_left(turn, "agent")


def _end_call(turn: Turn, _data: dict[str, Any]) -> None:
    ending.finish(turn, "", "system")


_COMMANDS: Final[dict[str, Callable[[Turn, dict[str, Any]], None]]] = {
    "connect_agent": desk.connect,
    "cancel_agent": _cancel_agent,
    "tell_position": flow.tell_position,
    "offer_callback": waiting.offer_callback,
    "leave_queue": waiting.leave,
    "move_queue": waiting.move,
    "restore_place": waiting.restore,
    "hold": desk.hold,
    "unhold": desk.unhold,
    "hang_up": _hang_up,
    "start_transfer": orders.start,
    "try_expert": _try_expert,
    "try_agent": lambda turn, data: thirds.dial(turn, "agent", data),
    "try_party": lambda turn, data: thirds.dial(turn, "party", data),
    "give_up_transfer": orders.give_up,
    "complete_transfer": orders.by_agent("complete"),
    "cancel_transfer": orders.by_agent("cancel"),
    "toggle_transfer": orders.by_agent("toggle"),
    "conference": orders.by_agent("conference"),
    "drop_party": orders.by_agent("drop"),
    "end_call": _end_call,
    "tell_agent": phone_desk.tell,
    "staff_answer": staff_menu.answered,
    "start_monitor": monitor.start,
    "set_monitor": monitor.change,
    "stop_monitor": monitor.stop,
    "take_over": monitor.take_over,
    "ask_help": pins.ask_help,
    "clear_help": pins.clear_help,
    "pin": pins.pin,
    "unpin": pins.unpin,
    "set_priority": pins.set_priority,
    "warn_caller": abuse.warn,
    "end_abusive_call": abuse.end,
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
    """The talk goes on; the gap has a name (I15). A message that cannot be recorded is none."""
    if message.failed(turn, event.recording_id, event.reason):
        return
    state = turn.state
    side = state.transfer.third.talk if state.transfer and state.transfer.third else None
    for talk in (state.agent.talk if state.agent else None, state.expert, state.party, side):
        if talk and talk.recording_id == event.recording_id:
            turn.say("recording_failed", talk_id=talk.talk_id, reason=event.reason, recording_id=event.recording_id)


_HANDLERS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    ev.Invited: flow.invited,
    ev.Ordered: outgoing.ordered,
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
    ev.LegSilent: lambda turn, event: away.silent(turn, event.leg, event.seconds),
    ev.LegHeard: lambda turn, event: away.heard(turn, event.leg),
    ev.Noticed: _noticed,
    ev.Drain: _drain,
    ev.RecordingFailed: _recording_failed,
    ev.VoiceHeard: message.voice_heard,
    ev.FellSilent: message.fell_silent,
}
