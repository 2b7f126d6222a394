"""Handing the caller to an expert: one expert is tried after another until one presses 1 (peers: "hand-off contract").

Routing names whom to try; the conversation dials, plays the brief, and waits for the key. Every way out leaves the caller
with the expert, with the agent, or in the queue at the old place (I12).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hotline.core.conversations import actions as act
from hotline.core.conversations import desk, flow
from hotline.core.conversations.model import CALLER, Transfer, Try
from hotline.core.conversations.turn import Turn

ACCEPT_KEY = "1"
REFUSE_KEY = "2"


def brief_prompts(brief: dict[str, Any]) -> tuple[str, ...]:
    """The spoken brief: who calls, on what; no names. Categories have two levels, the first two digits are spoken."""
    category = str(brief.get("category", ""))[:2]
    spoken = (f"brief_category_{category}",) if category.isdigit() and 1 <= int(category) <= 14 else ()
    return ("brief_intro", *spoken, "brief_press")


def start(turn: Turn, data: dict[str, Any]) -> None:
    """The agent asked for an expert: the caller hears that, then music; the agent stays on the line until one accepts."""
    state = turn.state
    agent = state.agent
    transfer_id = str(data["transfer_id"])
    if state.transfer and state.transfer.transfer_id == transfer_id:
        return
    if state.phase not in ("agent_talk", "hold") or agent is None or agent.agent_id != data["agent_id"]:
        turn.say("transfer_ended", transfer_id=transfer_id, outcome="refused")
        return
    if state.phase == "hold":
        turn.say("hold_ended", by="transfer")
    turn.say("transfer_started", transfer_id=transfer_id, agent_id=agent.agent_id)
    turn.set(transfer=Transfer(transfer_id, agent.agent_id), phase="transfer", held=False)
    turn.do(act.Unbridge(CALLER, agent.leg), act.Music(CALLER, on=False))
    turn.play_caller("transferring")
    _await_routing(turn)


def _await_routing(turn: Turn) -> None:
    turn.do(act.SetTimer("routing_silent", turn.state.policy.routing_silent_seconds))


def try_expert(turn: Turn, data: dict[str, Any]) -> None:
    transfer = turn.state.transfer
    try_id, expert_id = str(data["try_id"]), str(data["expert_id"])
    if transfer and transfer.current and transfer.current.try_id == try_id:
        return
    if transfer is None or transfer.transfer_id != data["transfer_id"] or transfer.current or turn.state.ended:
        turn.say(
            "expert_tried",
            transfer_id=data["transfer_id"],
            try_id=try_id,
            expert_id=expert_id,
            outcome="cancelled",
            sip_code=0,
            seconds=0.0,
        )
        return
    leg = f"expert:{try_id}"
    brief = brief_prompts(dict(data["brief"]))
    turn.say("expert_dialled", transfer_id=transfer.transfer_id, try_id=try_id, expert_id=expert_id)
    turn.set(transfer=replace(transfer, current=Try(try_id, expert_id, leg, turn.now, brief=brief)))
    turn.add_leg(leg)
    turn.do(
        act.CancelTimer("routing_silent"),
        act.Dial(leg, number_enc=str(data["number_enc"]), trunk=str(data["trunk"]), context={"expert_id": expert_id}),
        act.SetTimer("expert_ring", turn.state.policy.expert_ring_seconds),
    )


def ringing(turn: Turn) -> None:
    transfer = turn.state.transfer
    if transfer and transfer.current and transfer.current.state == "dialling":
        current = transfer.current
        turn.set(transfer=replace(transfer, current=replace(current, state="ringing")))
        turn.say("expert_ringing", transfer_id=transfer.transfer_id, try_id=current.try_id, expert_id=current.expert_id)


def answered(turn: Turn) -> None:
    """Someone, or a voicemail, picked up: speak the brief. Only key 1 makes it an expert."""
    transfer = turn.state.transfer
    if transfer is None or transfer.current is None or transfer.current.state in ("brief", "deciding"):
        return
    current = transfer.current
    turn.say("expert_answered", transfer_id=transfer.transfer_id, try_id=current.try_id, expert_id=current.expert_id)
    turn.set(transfer=replace(transfer, current=replace(current, state="brief")))
    number = turn.state.playbacks + 1
    turn.set(playbacks=number, expert_playback=number)
    turn.do(
        act.CancelTimer("expert_ring"),
        act.Listen(current.leg, on=True),
        act.Play(current.leg, current.brief, turn.state.policy.language, number),
        # Also counts while the brief plays, should its end never be reported.
        act.SetTimer("expert_accept", turn.state.policy.accept_seconds + 30.0),
    )


def brief_over(turn: Turn) -> None:
    transfer = turn.state.transfer
    if transfer and transfer.current and transfer.current.state == "brief":
        turn.set(transfer=replace(transfer, current=replace(transfer.current, state="deciding")), expert_playback=0)
        turn.do(act.SetTimer("expert_accept", turn.state.policy.accept_seconds))


def digit(turn: Turn, key: str) -> None:
    transfer = turn.state.transfer
    if transfer is None or transfer.current is None or transfer.current.state not in ("brief", "deciding"):
        return
    if key == ACCEPT_KEY:
        _accepted(turn, transfer, transfer.current)
    elif key == REFUSE_KEY:
        over(turn, "refused", 0, hang_up=True)


def _accepted(turn: Turn, transfer: Transfer, current: Try) -> None:
    turn.do(
        act.CancelTimer("expert_accept"),
        act.Listen(current.leg, on=False),
        act.StopPlay(current.leg),
    )
    turn.say(
        "expert_tried",
        transfer_id=transfer.transfer_id,
        try_id=current.try_id,
        expert_id=current.expert_id,
        outcome="accepted",
        sip_code=200,
        seconds=round(turn.now - current.started_at, 2),
    )
    agent = turn.state.agent
    turn.set(transfer=None, expert_playback=0)
    if agent and agent.talk:
        turn.hang_up(agent.leg)
        turn.end_talk(agent.talk, "transfer")
        turn.set(agent=None)
    talk = turn.start_talk("expert", current.expert_id, current.leg)
    turn.say(
        "expert_connected",
        transfer_id=transfer.transfer_id,
        try_id=current.try_id,
        expert_id=current.expert_id,
        talk_id=talk.talk_id,
    )
    turn.recording_facts(talk)
    turn.say("transfer_ended", transfer_id=transfer.transfer_id, outcome="connected")
    turn.set(expert=talk, phase="expert_talk", reached=True)


def over(turn: Turn, outcome: str, sip_code: int, *, hang_up: bool) -> None:
    """This expert will not take the call; routing names the next."""
    transfer = turn.state.transfer
    if transfer is None or transfer.current is None:
        return
    current = transfer.current
    turn.do(act.CancelTimer("expert_ring"), act.CancelTimer("expert_accept"), act.Listen(current.leg, on=False))
    if hang_up:
        turn.hang_up(current.leg)
    turn.say(
        "expert_tried",
        transfer_id=transfer.transfer_id,
        try_id=current.try_id,
        expert_id=current.expert_id,
        outcome=outcome,
        sip_code=sip_code,
        seconds=round(turn.now - current.started_at, 2),
    )
    turn.set(transfer=replace(transfer, current=None), expert_playback=0)
    _await_routing(turn)


def leg_ended(turn: Turn, sip_code: int) -> None:
    """The dialled leg ended by itself, before anyone pressed 1."""
    transfer = turn.state.transfer
    if transfer is None or transfer.current is None:
        return
    picked_up = transfer.current.state in ("brief", "deciding")
    over(turn, "refused" if picked_up else desk.dial_status(sip_code), sip_code, hang_up=False)


def accept_timeout(turn: Turn) -> None:
    over(turn, "no_key", 200, hang_up=True)


def ring_timeout(turn: Turn) -> None:
    over(turn, "no_answer", 0, hang_up=True)


def give_up(turn: Turn, data: dict[str, Any]) -> None:
    """Routing has nobody left (or fell silent): the caller goes back to the agent, or to the queue when the agent is gone."""
    transfer = turn.state.transfer
    if transfer is None or transfer.transfer_id != data["transfer_id"]:
        return
    _stop(turn, "returned")


def cancel(turn: Turn, data: dict[str, Any]) -> None:
    """The agent takes the caller back."""
    transfer = turn.state.transfer
    if transfer is None or transfer.agent_id != data["agent_id"] or turn.state.agent is None:
        return
    _stop(turn, "cancelled")


def _stop(turn: Turn, outcome: str) -> None:
    transfer = turn.state.transfer
    assert transfer is not None
    if transfer.current:
        over(turn, "cancelled", 0, hang_up=True)
    turn.do(act.CancelTimer("routing_silent"))
    turn.say("transfer_ended", transfer_id=transfer.transfer_id, outcome=outcome)
    turn.set(transfer=None)
    if turn.state.agent:
        desk.back_to_agent(turn)
    else:
        flow.requeue(turn)


def routing_silent(turn: Turn) -> None:
    """Nothing from routing for too long: do not leave the caller in the air."""
    if turn.state.transfer and turn.state.transfer.current is None:
        _stop(turn, "returned")


def agent_gone(turn: Turn) -> None:
    """The agent hung up while experts are being tried: the hunt goes on, the caller keeps hearing music."""
    if not turn.state.playback:
        flow.background(turn)


def expert_left(turn: Turn, ended_by: str) -> None:
    """The expert who talked with the caller is gone. A lost leg brings the caller back to the desk's queue."""
    talk = turn.state.expert
    assert talk is not None
    turn.end_talk(talk, ended_by)
    turn.set(expert=None)
    if ended_by == "system":
        flow.requeue(turn)
    else:
        desk.after_talk(turn)
