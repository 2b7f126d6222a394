"""What the steps of the table do. Each leaves the caller with a human, with music and a search, or in the queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from hotline.core.conversations import actions as act
from hotline.core.conversations import desk, flow, phone_desk, reminders
from hotline.core.conversations.events import DialWait
from hotline.core.conversations.model import AgentLeg, Stage, Third
from hotline.core.conversations.transfers import thirds
from hotline.core.conversations.transfers.closing import end_clocks, stop_seeking
from hotline.core.conversations.transfers.kinds import Event, Step, step_for
from hotline.core.conversations.turn import Turn
from hotline.core.conversations.wiring import music_for_caller

PHASE_OF: Final[Mapping[Stage, str]] = MappingProxyType(
    {"seeking": "transfer", "consult": "transfer", "aside": "transfer", "three": "conference"}
)


def happen(turn: Turn, event: Event, *, by: str = "") -> bool:
    """Answer one event of the transfer under way by its table; False when the event does not fit. `by`: who ended it, where
    somebody did (`agent`, `expert`, `party`, `system`)."""
    transfer = turn.state.transfer
    step = step_for(transfer.kind, transfer.stage, event) if transfer else None
    if step is None:
        return False
    _STEPS[step](turn, event, by)
    return True


def reached(turn: Turn, third: Third) -> None:
    """Somebody is there."""
    transfer = turn.state.transfer
    assert transfer is not None
    turn.do(act.CancelTimer("routing_silent"))
    turn.set(transfer=replace(transfer, third=third))
    happen(turn, "reached")


def _enter(turn: Turn, stage: Stage) -> None:
    transfer = turn.state.transfer
    assert transfer is not None
    turn.set(transfer=replace(transfer, stage=stage), phase=PHASE_OF[stage])
    turn.say("transfer_moved", transfer_id=transfer.transfer_id, stage=stage)
    reminders.waiting(turn)


def _side_talk(turn: Turn, role: str) -> None:
    transfer, agent = turn.state.transfer, turn.state.agent
    assert transfer is not None
    assert transfer.third is not None
    assert agent is not None
    talk = turn.start_side_talk(transfer.third, transfer.transfer_id, role, agent.leg)
    turn.set(transfer=replace(transfer, third=replace(transfer.third, talk=talk)))


def _third_hears_music(turn: Turn, *, on: bool) -> None:
    transfer = turn.state.transfer
    if transfer and transfer.third:
        turn.do(act.Music(transfer.third.leg, on=on))


def _consult(turn: Turn, _event: Event, _by: str) -> None:
    """Agent and third person talk; the caller hears music, for a limited time."""
    thirds.end_talk(turn)
    _third_hears_music(turn, on=False)
    _enter(turn, "consult")
    _side_talk(turn, "consult")
    if not turn.state.playback:
        flow.background(turn)
    turn.do(act.SetTimer("consult", turn.state.policy.consult_seconds))


def _aside(turn: Turn, _event: Event, _by: str) -> None:
    """The agent goes back to the caller for a while; the third person hears music. The clock of the consultation runs on."""
    thirds.end_talk(turn)
    _enter(turn, "aside")
    turn.quiet_caller()
    _third_hears_music(turn, on=True)


def _join(turn: Turn, _event: Event, _by: str) -> None:
    """All three. From here on nobody waits, so nothing is limited."""
    thirds.end_talk(turn)
    _third_hears_music(turn, on=False)
    turn.do(act.CancelTimer("consult"))
    _enter(turn, "three")
    turn.quiet_caller()
    _side_talk(turn, "conference")


def _hand_over(turn: Turn, event: Event, by: str) -> None:
    """Caller and third person; the agent goes (or is gone)."""
    thirds.end_talk(turn)
    _third_hears_music(turn, on=False)
    transfer = turn.state.transfer
    assert transfer is not None
    third = transfer.third
    assert third is not None
    end_clocks(turn)
    agent = turn.state.agent
    if agent and agent.talk:
        phone_desk.transferred(turn, agent)
        if event != "agent_gone":
            turn.hang_up(agent.leg)
        turn.end_talk(agent.talk, "system" if by == "system" else "transfer")
    turn.set(agent=None, transfer=None)
    _CONNECT[third.kind](turn, third, transfer.transfer_id)
    turn.say("transfer_ended", transfer_id=transfer.transfer_id, outcome="connected")
    turn.set(reached=True)


def _connect_expert(turn: Turn, third: Third, transfer_id: str) -> None:
    talk = turn.start_talk("expert", third.person_id, third.leg)
    ids = {"transfer_id": transfer_id, "try_id": third.try_id, "expert_id": third.person_id}
    turn.say("expert_connected", **ids, talk_id=talk.talk_id)
    turn.recording_facts(talk)
    turn.set(expert=talk, phase="expert_talk")


def _connect_party(turn: Turn, third: Third, transfer_id: str) -> None:
    talk = turn.start_talk("party", third.person_id, third.leg)
    turn.say("party_connected", transfer_id=transfer_id, party_id=third.person_id, talk_id=talk.talk_id)
    turn.recording_facts(talk)
    turn.set(party=talk, phase="party_talk")


def _connect_agent(turn: Turn, third: Third, _transfer_id: str) -> None:
    talk = turn.start_talk("agent", third.person_id, third.leg)
    turn.set(
        agent=AgentLeg(third.try_id, third.person_id, third.leg, "connected", talk, headset=third.headset),
        phase="agent_talk",
    )
    turn.say("agent_connected", offer_id=third.try_id, agent_id=third.person_id, talk_id=talk.talk_id)
    turn.recording_facts(talk)


_CONNECT: Final = {"expert": _connect_expert, "party": _connect_party, "agent": _connect_agent}


def _give_back(turn: Turn, event: Event, by: str) -> None:
    """Caller and agent, without anybody else."""
    transfer = turn.state.transfer
    assert transfer is not None
    conferred = transfer.stage == "three"
    stop_seeking(turn)
    thirds.leave(turn, by or "transfer", hang_up=event != "third_gone")
    end_clocks(turn)
    wanted = "cancelled" if event in ("cancel", "drop") else "returned"
    turn.say("transfer_ended", transfer_id=transfer.transfer_id, outcome="conferred" if conferred else wanted)
    turn.set(transfer=None)
    desk.back_to_agent(turn)


def _let_go(turn: Turn, event: Event, by: str) -> None:
    """The agent leaves while the third person is still looked for: from now on it is a blind transfer."""
    transfer, agent = turn.state.transfer, turn.state.agent
    assert transfer is not None
    if agent and agent.talk:
        if event != "agent_gone":
            turn.hang_up(agent.leg)
        turn.end_talk(agent.talk, by or "transfer")
    turn.set(agent=None, transfer=replace(transfer, kind="blind"))
    reminders.waiting(turn)
    if not turn.state.playback:
        turn.play_caller("transferring")


def _requeue(turn: Turn, _event: Event, _by: str) -> None:
    """Nobody came, and the agent is gone: the queue, at the old place, and the agent who knows the matter is asked first."""
    transfer = turn.state.transfer
    assert transfer is not None
    stop_seeking(turn)
    end_clocks(turn)
    turn.say("transfer_ended", transfer_id=transfer.transfer_id, outcome="returned")
    turn.set(transfer=None)
    prompt = "transfer_failed_back" if transfer.target == "expert" else "still_waiting"
    flow.requeue(turn, wish=transfer.agent_id, prompt=prompt)


def _go_on(turn: Turn, _event: Event, by: str) -> None:
    """Nobody of the duty roster came (or, `by` the system, routing did not answer): the flow goes on."""
    transfer = turn.state.transfer
    assert transfer is not None
    stop_seeking(turn)
    end_clocks(turn)
    turn.say("transfer_ended", transfer_id=transfer.transfer_id, outcome="returned")
    turn.set(transfer=None, phase="ivr")
    turn.quiet_caller()
    flow.step(turn, "failed" if by == "system" else "nobody")


_STEPS: Final[Mapping[Step, Callable[[Turn, Event, str], None]]] = MappingProxyType(
    {
        "hand_over": _hand_over,
        "consult": _consult,
        "aside": _aside,
        "join": _join,
        "give_back": _give_back,
        "let_go": _let_go,
        "requeue": _requeue,
        "go_on": _go_on,
    }
)


def routing_silent(turn: Turn) -> None:
    """Nothing from routing for too long: do not leave the caller in the air."""
    transfer = turn.state.transfer
    if transfer and not transfer.tries and transfer.dialled is None:
        happen(turn, "nobody", by="system")


def progress(turn: Turn) -> None:
    """One more person is being tried: say so to a caller who hears music (not the first time, when it was just said)."""
    if music_for_caller(turn.state) and not turn.state.playback:
        wait = turn.state.wait
        turn.play_caller(wait.next_prompt if isinstance(wait, DialWait) else "transfer_next")
