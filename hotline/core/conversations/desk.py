"""The caller and the triage desk: dialling the agent's phone, the talk, hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hotline.core.conversations import actions as act
from hotline.core.conversations import flow, outgoing, phone_desk, reminders
from hotline.core.conversations.brief import brief_prompts
from hotline.core.conversations.events import DialWait
from hotline.core.conversations.model import CALLER, AgentLeg
from hotline.core.conversations.turn import Turn
from hotline.core.headsets import headset_of


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
    number_enc = str(data.get("number_enc") or "")
    turn.say("agent_dialled", offer_id=offer_id, agent_id=agent_id, **({"by": "phone"} if number_enc else {}))
    brief = brief_prompts(data.get("brief") or {}) if number_enc else ()
    headset = "" if number_enc else headset_of(str(data["uri"]))
    agent = AgentLeg(offer_id, agent_id, leg, phone=bool(number_enc), brief=brief, headset=headset)
    turn.set(agent=agent, phase="agent_ringing")
    turn.add_leg(leg)
    if number_enc:
        dial = act.Dial(leg, number_enc=number_enc, trunk=str(data["trunk"]), context={"agent_id": agent_id})
    else:
        dial = act.Dial(leg, uri=str(data["uri"]))
    turn.do(dial, act.SetTimer("agent_ring", state.policy.agent_ring_seconds))
    if not turn.state.playback:
        flow.background(turn)


def ringing(turn: Turn) -> None:
    agent = turn.state.agent
    if agent and agent.state == "dialling":
        turn.set(agent=replace(agent, state="ringing"))
        turn.say("agent_ringing", offer_id=agent.offer_id, agent_id=agent.agent_id)


def answered(turn: Turn) -> None:
    agent = turn.state.agent
    if agent is None or agent.state not in ("dialling", "ringing") or outgoing.agent_answered(turn):
        return
    if agent.phone:
        phone_desk.picked_up(turn, agent)
    else:
        connected(turn, agent)


def connected(turn: Turn, agent: AgentLeg) -> None:
    """Caller and agent hear each other."""
    turn.do(act.CancelTimer("agent_ring"))
    talk = turn.start_talk("agent", agent.agent_id, agent.leg)
    turn.set(agent=replace(agent, state="connected", talk=talk), phase="agent_talk", reached=True)
    flow.leave_queue(turn, "connected")
    turn.say("agent_connected", offer_id=agent.offer_id, agent_id=agent.agent_id, talk_id=talk.talk_id)
    turn.recording_facts(talk)


def failed(turn: Turn, status: str, sip_code: int, *, hang_up: bool) -> None:
    """The agent's phone did not come: the caller stays where they were in the queue."""
    agent = turn.state.agent
    if agent is None or agent.state == "connected" or outgoing.agent_failed(turn, status, sip_code, hang_up=hang_up):
        return
    turn.do(act.CancelTimer("agent_ring"), act.CancelTimer("agent_accept"))
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
    turn.do(act.Music(CALLER, on=True))
    reminders.waiting(turn)


def unhold(turn: Turn, data: dict[str, Any]) -> None:
    agent = turn.state.agent
    if turn.state.phase != "hold" or agent is None or agent.agent_id != data["agent_id"]:
        return
    turn.say("hold_ended", by="agent")
    back_to_agent(turn)


def back_to_agent(turn: Turn) -> None:
    """Caller and agent hear each other again."""
    turn.set(phase="agent_talk", held=False)
    turn.quiet_caller()
    reminders.stop_waiting(turn)


def left(turn: Turn, ended_by: str) -> None:
    """The connected agent is gone, and nobody else was being asked. `ended_by`: agent (they hung up), or system (their phone
    was lost)."""
    state = turn.state
    agent = state.agent
    assert agent is not None
    assert agent.talk is not None
    if state.phase == "hold":
        turn.say("hold_ended", by="system")
    turn.end_talk(agent.talk, ended_by)
    turn.set(agent=None, held=False)
    reminders.stop_waiting(turn)
    if ended_by == "system":
        flow.requeue(turn)
    else:
        after_talk(turn)


def expert_left(turn: Turn, ended_by: str) -> None:
    """The expert who talked with the caller is gone. A lost leg brings the caller back to the desk's queue."""
    talk = turn.state.expert
    assert talk is not None
    turn.end_talk(talk, ended_by)
    turn.set(expert=None)
    if ended_by == "system" and isinstance(turn.state.wait, DialWait):
        # Somebody of the duty roster: there is no desk to return to, the flow goes on.
        turn.set(phase="ivr")
        turn.quiet_caller()
        flow.step(turn, "failed")
    elif ended_by == "system":
        flow.requeue(turn)
    else:
        after_talk(turn)


def party_left(turn: Turn, ended_by: str) -> None:
    """The other hotline is gone, after our agent had left the conversation."""
    talk = turn.state.party
    assert talk is not None
    turn.end_talk(talk, ended_by)
    turn.set(party=None)
    if ended_by == "system":
        flow.requeue(turn)
    else:
        after_talk(turn)


def after_talk(turn: Turn) -> None:
    """A human has finished with the caller: the flow goes on (to the rating). A caller in danger is not let go."""
    if turn.state.pinned and turn.state.queued:
        flow.requeue(turn)
        return
    turn.set(phase="ivr")
    turn.quiet_caller()
    flow.step(turn, "talked")
