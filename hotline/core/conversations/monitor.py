"""A supervisor's own phone on the call (leg `supervisor:<monitor_id>`): listen, whisper, barge, take over, stop.

Who hears whom follows from the state alone (:func:`hearing`), and is brought about after every decision
(:func:`settle`), so that no rule of the desk or of transfers needs to know that somebody listens. Whatever becomes of the
supervisor's phone, the others notice nothing.

=========  ========================  =============================  =====================================
mode       the supervisor hears      who hears the supervisor       recorded
=========  ========================  =============================  =====================================
listen     caller and the others     nobody                         no
whisper    caller and the others     the agent, else the expert     no
barge      caller and the others     everybody (the caller unless   on the second channel, with the agent
                                     on hold or in a transfer)
=========  ========================  =============================  =====================================
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from hotline.core.conversations import actions as act
from hotline.core.conversations import desk, flow
from hotline.core.conversations.dialling import dial_status
from hotline.core.conversations.model import CALLER, LEGS, AgentLeg, Monitor, State
from hotline.core.conversations.transfers import closing
from hotline.core.conversations.turn import Turn
from hotline.core.conversations.wiring import pairs
from hotline.core.facts import MONITOR_MODES

WITH_HUMAN: Final = frozenset({"agent_talk", "hold", "transfer", "conference", "expert_talk", "party_talk"})
"""Phases in which there is a conversation to listen to."""
KEPT: Final = WITH_HUMAN | {"queue", "agent_ringing"}
"""A monitor outlasts the loss of the agent (take over!), but not the end of the consultation."""

Link = tuple[str, str]


def start(turn: Turn, data: dict[str, Any]) -> None:
    """Dial the supervisor's phone. Refused (as a fact) when there is nobody to listen to, or no leg is left."""
    state = turn.state
    monitor_id, agent_id, mode = str(data["monitor_id"]), str(data["agent_id"]), str(data["mode"])
    if state.monitor and state.monitor.monitor_id == monitor_id:
        return  # a doubled command
    reason = ""
    if state.ended or state.phase not in WITH_HUMAN or mode not in MONITOR_MODES:
        reason = "no_talk"
    elif state.monitor:
        reason = "taken"
    elif len(state.legs) >= LEGS:
        reason = "no_leg"
    if reason:
        turn.say("monitor_failed", monitor_id=monitor_id, agent_id=agent_id, reason=reason, sip_code=0)
        return
    leg = f"supervisor:{monitor_id}"
    turn.say("monitor_dialled", monitor_id=monitor_id, agent_id=agent_id, mode=mode)
    turn.set(monitor=Monitor(monitor_id, agent_id, leg, mode, told=bool(data["told"])))
    turn.add_leg(leg)
    turn.do(act.Dial(leg, uri=str(data["uri"])), act.SetTimer("monitor_ring", state.policy.monitor_ring_seconds))


def answered(turn: Turn) -> None:
    monitor = turn.state.monitor
    if monitor is None or monitor.state == "on":
        return
    turn.do(act.CancelTimer("monitor_ring"))
    turn.set(monitor=replace(monitor, state="on"))
    turn.say("monitor_started", monitor_id=monitor.monitor_id, agent_id=monitor.agent_id, mode=monitor.mode, told=monitor.told)
    if turn.state.help_id:
        turn.say("help_ended", help_id=turn.state.help_id, ended_by="monitor")
        turn.set(help_id="")


def change(turn: Turn, data: dict[str, Any]) -> None:
    """Another mode, at once."""
    monitor, mode = turn.state.monitor, str(data["mode"])
    if monitor is None or monitor.monitor_id != data["monitor_id"] or mode not in MONITOR_MODES or mode == monitor.mode:
        return
    turn.set(monitor=replace(monitor, mode=mode))
    turn.say("monitor_changed", monitor_id=monitor.monitor_id, mode=mode)


def stop(turn: Turn, data: dict[str, Any]) -> None:
    """The supervisor has heard enough."""
    monitor = turn.state.monitor
    if monitor is not None and monitor.monitor_id == data["monitor_id"]:
        close(turn, "supervisor")


def leg_ended(turn: Turn, sip_code: int, *, by_will: bool) -> None:
    """The supervisor's phone hung up, did not answer, or was lost."""
    monitor = turn.state.monitor
    if monitor is None:
        return
    if monitor.state == "dialling":
        _failed(turn, monitor, dial_status(sip_code), sip_code)
    else:
        _ended(turn, monitor, "supervisor" if by_will else "system")


def ring_timeout(turn: Turn) -> None:
    monitor = turn.state.monitor
    if monitor is not None and monitor.state == "dialling":
        turn.hang_up(monitor.leg)
        _failed(turn, monitor, "no_answer", 0)


def lost(turn: Turn) -> None:
    """No sound comes from the supervisor's phone any more."""
    close(turn, "system")


def close(turn: Turn, ended_by: str) -> None:
    """Take the supervisor off the call. `ended_by`: supervisor, call or system."""
    monitor = turn.state.monitor
    if monitor is None:
        return
    turn.hang_up(monitor.leg)
    if monitor.state == "dialling":
        _failed(turn, monitor, "cancelled", 487)
    else:
        _ended(turn, monitor, ended_by)


def _failed(turn: Turn, monitor: Monitor, reason: str, sip_code: int) -> None:
    turn.do(act.CancelTimer("monitor_ring"))
    turn.say("monitor_failed", monitor_id=monitor.monitor_id, agent_id=monitor.agent_id, reason=reason, sip_code=sip_code)
    turn.set(monitor=None)


def _ended(turn: Turn, monitor: Monitor, ended_by: str) -> None:
    turn.say("monitor_ended", monitor_id=monitor.monitor_id, agent_id=monitor.agent_id, ended_by=ended_by)
    turn.set(monitor=None)


def take_over(turn: Turn, data: dict[str, Any]) -> None:
    """The supervisor becomes the caller's human; from here every second is theirs (I13). The agent goes to wrap-up, and
    with `agent_stays` remains on the line, heard by all, as somebody who helps."""
    monitor = turn.state.monitor
    if monitor is None or monitor.monitor_id != data["monitor_id"] or monitor.state != "on":
        return
    if not monitor.leg.startswith("supervisor:") or turn.state.phase not in KEPT:
        return
    closing.abandon(turn)
    if turn.state.phase == "hold":
        turn.say("hold_ended", by="takeover")
    _ended(turn, monitor, "takeover")
    former = _release_humans(turn, stays=bool(data["agent_stays"]))
    talk = turn.start_talk("agent", monitor.agent_id, monitor.leg)
    turn.set(
        agent=AgentLeg(monitor.monitor_id, monitor.agent_id, monitor.leg, "connected", talk),
        phase="agent_talk",
        held=False,
        reached=True,
    )
    flow.leave_queue(turn, "connected")
    turn.say("agent_connected", offer_id=monitor.monitor_id, agent_id=monitor.agent_id, talk_id=talk.talk_id, by="takeover")
    turn.recording_facts(talk)
    if former is not None:
        stayed = Monitor(turn.new_id("mon"), former.agent_id, former.leg, "barge", "on")
        turn.set(monitor=stayed)
        turn.say(
            "monitor_started", monitor_id=stayed.monitor_id, agent_id=stayed.agent_id, mode="barge", told=True, stayed=True
        )


def _release_humans(turn: Turn, *, stays: bool) -> AgentLeg | None:
    """Whoever had the caller has them no longer; the agent who stays on the line, if there is one."""
    agent = turn.state.agent
    stayed = None
    for talk in (turn.state.expert, turn.state.party):
        if talk:
            turn.hang_up(talk.leg)
            turn.end_talk(talk, "takeover")
    turn.set(expert=None, party=None)
    if agent and agent.talk:
        turn.end_talk(agent.talk, "takeover")
        turn.set(agent=None)
        if stays:
            stayed = agent
        else:
            turn.hang_up(agent.leg)
    elif agent:
        desk.failed(turn, "cancelled", 487, hang_up=True)
    return stayed


# Who hears whom.


def humans(state: State) -> tuple[str, ...]:
    """Legs of those who talk with the caller or about them, the agent first; the third person of a transfer too."""
    agent = state.agent.leg if state.agent and state.agent.talk else ""
    third = state.transfer.third.leg if state.transfer and state.transfer.third else ""
    others = (talk.leg for talk in (state.expert, state.party) if talk)
    return tuple(leg for leg in (agent, *others, third) if leg)


def hearing(state: State) -> frozenset[Link]:
    """(source, sink) of every one-way connection the monitor needs now."""
    monitor = state.monitor
    if monitor is None or monitor.state != "on" or state.ended:
        return frozenset()
    others = tuple(leg for leg in humans(state) if leg != monitor.leg)
    links = {(CALLER, monitor.leg), *((leg, monitor.leg) for leg in others)}
    if monitor.mode == "whisper":
        links |= {(monitor.leg, leg) for leg in others[:1]}
    elif monitor.mode == "barge":
        links |= {(monitor.leg, leg) for leg in others}
        if _with_caller(state):
            links.add((monitor.leg, CALLER))
    return frozenset(links)


def taps(state: State) -> frozenset[Link]:
    """(recording, leg): the supervisor's voice belongs into the recording when the caller hears it."""
    monitor = state.monitor
    if monitor is None or monitor.state != "on" or monitor.mode != "barge" or not _with_caller(state):
        return frozenset()
    talks = (state.expert, state.party, state.agent.talk if state.agent else None)
    return frozenset((talk.recording_id, monitor.leg) for talk in talks if talk and talk.recording_id)


def _with_caller(state: State) -> bool:
    return any(CALLER in pair for pair in pairs(state))


def settle(turn: Turn, before: State) -> None:
    """Bring the connections in line with the state, and let the supervisor go when the consultation is over."""
    if turn.state.monitor and not turn.state.ended and turn.state.phase not in KEPT:
        close(turn, "call")
    if turn.state.help_id and not turn.state.ended and turn.state.phase not in KEPT:
        turn.say("help_ended", help_id=turn.state.help_id, ended_by="call")
        turn.set(help_id="")
    after = turn.state
    had, has = hearing(before), hearing(after)
    tapped, taps_now = taps(before), taps(after)
    turn.partings += [
        *(act.Hear(source, sink, on=False) for source, sink in sorted(had - has)),
        *(act.Tap(recording, leg, on=False) for recording, leg in sorted(tapped - taps_now)),
    ]
    turn.do(
        *(act.Hear(source, sink, on=True) for source, sink in sorted(has - had)),
        *(act.Tap(recording, leg, on=True) for recording, leg in sorted(taps_now - tapped)),
    )
