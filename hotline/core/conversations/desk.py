"""The caller and the triage desk: dialling the agent's phone, the talk, hold."""

from __future__ import annotations

from typing import Any

from hotline.core.conversations import actions as act
from hotline.core.conversations import flow, hunt
from hotline.core.conversations.model import CALLER, AgentLeg
from hotline.core.conversations.turn import Turn

DIAL_STATUS_BY_CODE = {
    486: "busy",
    600: "busy",
    480: "no_answer",
    408: "no_answer",
    603: "refused",
    403: "refused",
    487: "cancelled",
}
"""SIP final codes of a dialled leg in the four words of the field; everything else is `failed`."""


def dial_status(sip_code: int) -> str:
    """`answered no_answer busy refused failed cancelled` for a final SIP code."""
    return "answered" if 200 <= sip_code < 300 else DIAL_STATUS_BY_CODE.get(sip_code, "failed")


def connect(turn: Turn, data: dict[str, Any]) -> None:
    """Routing matched an agent: dial their phone. The caller goes on hearing music."""
    state = turn.state
    offer_id, agent_id = str(data["offer_id"]), str(data["agent_id"])
    if state.agent and state.agent.offer_id == offer_id:
        return  # a doubled command
    if state.agent or state.ended or not (state.queued and state.queued.waiting):
        turn.say("agent_failed", offer_id=offer_id, agent_id=agent_id, dial_status="cancelled", sip_code=0)
        return
    leg = f"agent:{offer_id}"
    turn.say("agent_dialled", offer_id=offer_id, agent_id=agent_id)
    turn.set(agent=AgentLeg(offer_id, agent_id, leg), phase="agent_ringing")
    turn.add_leg(leg)
    turn.do(act.Dial(leg, uri=str(data["uri"])), act.SetTimer("agent_ring", state.policy.agent_ring_seconds))
    if not turn.state.playback:
        flow.background(turn)


def ringing(turn: Turn) -> None:
    agent = turn.state.agent
    if agent and agent.state == "dialling":
        turn.set(agent=AgentLeg(agent.offer_id, agent.agent_id, agent.leg, "ringing"))
        turn.say("agent_ringing", offer_id=agent.offer_id, agent_id=agent.agent_id)


def answered(turn: Turn) -> None:
    agent = turn.state.agent
    if agent is None or agent.state == "connected":
        return
    turn.do(act.CancelTimer("agent_ring"))
    talk = turn.start_talk("agent", agent.agent_id, agent.leg)
    turn.set(agent=AgentLeg(agent.offer_id, agent.agent_id, agent.leg, "connected", talk), phase="agent_talk", reached=True)
    flow.leave_queue(turn, "connected")
    turn.say("agent_connected", offer_id=agent.offer_id, agent_id=agent.agent_id, talk_id=talk.talk_id)
    turn.recording_facts(talk)


def failed(turn: Turn, status: str, sip_code: int, *, hang_up: bool) -> None:
    """The agent's phone did not come: the caller stays where they were in the queue."""
    agent = turn.state.agent
    if agent is None or agent.state == "connected":
        return
    turn.do(act.CancelTimer("agent_ring"))
    if hang_up:
        turn.hang_up(agent.leg)
    turn.say("agent_failed", offer_id=agent.offer_id, agent_id=agent.agent_id, dial_status=status, sip_code=sip_code)
    turn.set(agent=None, phase="queue")
    queued = turn.state.queued
    if queued and queued.until <= turn.now:
        flow.queue_timeout(turn)
    elif not turn.state.playback:
        flow.background(turn)


def hold(turn: Turn, data: dict[str, Any]) -> None:
    """The caller hears music; the recording goes on."""
    agent = turn.state.agent
    if turn.state.phase != "agent_talk" or agent is None or agent.agent_id != data["agent_id"]:
        return
    turn.say("hold_started", by="agent")
    turn.set(phase="hold", held=True)
    turn.do(act.Unbridge(CALLER, agent.leg), act.Music(CALLER, on=True))


def unhold(turn: Turn, data: dict[str, Any]) -> None:
    agent = turn.state.agent
    if turn.state.phase != "hold" or agent is None or agent.agent_id != data["agent_id"]:
        return
    turn.say("hold_ended", by="agent")
    back_to_agent(turn)


def back_to_agent(turn: Turn) -> None:
    """Caller and agent hear each other again."""
    agent = turn.state.agent
    assert agent is not None
    turn.set(phase="agent_talk", held=False)
    turn.quiet_caller()
    turn.do(act.Bridge(CALLER, agent.leg))


def hang_up(turn: Turn, data: dict[str, Any]) -> None:
    """The agent ends the talk from the console; the caller goes on to the rating."""
    agent = turn.state.agent
    if agent is None or agent.state != "connected" or agent.agent_id != data["agent_id"]:
        return
    turn.hang_up(agent.leg)
    left(turn, "agent")


def left(turn: Turn, ended_by: str) -> None:
    """The connected agent is gone. `ended_by`: agent (they hung up), or system (their phone was lost)."""
    state = turn.state
    agent = state.agent
    assert agent is not None
    assert agent.talk is not None
    if state.phase == "hold":
        turn.say("hold_ended", by="system")
    turn.end_talk(agent.talk, ended_by)
    turn.set(agent=None, held=False)
    if state.transfer:
        hunt.agent_gone(turn)
    elif ended_by == "system":
        flow.requeue(turn)
    else:
        after_talk(turn)


def after_talk(turn: Turn) -> None:
    """A human has finished with the caller: the flow goes on (to the rating)."""
    turn.set(phase="ivr")
    turn.quiet_caller()
    flow.step(turn, "talked")
