"""The agent's headset is lost in the middle of a talk (page reloaded, tab crashed, network gone), and found again.

A page that goes does not end the call. Whoever is left hears music, never silence (I10); the headset is dialled again and again
until the page is back and answers by itself; at the limit the agent has lost the call, and the caller keeps the old place.

=====================  ====================================  ==============================================
event                  while all is well                     while the headset is away
=====================  ====================================  ==============================================
no sound any more      `agent_lost`, music, dial anew        nothing new
sound again            nothing new                           `agent_back` (the old leg): it was the network
the old leg ends       `agent_lost`, music, dial anew        its leg is forgotten
the new leg answers    (cannot be)                           `agent_back`: it takes the place of the old one
the new leg fails      (cannot be)                           tried again a moment later
the time is over       (cannot be)                           `agent_left` by the system: the queue, at the old place
=====================  ====================================  ==============================================

A headset is never hung up by its BYE: agents end calls in the console, and a browser says good-bye when its media fail.
Desk phones are another matter: who puts down the receiver means it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hotline.core.conversations import actions as act
from hotline.core.conversations import flow
from hotline.core.conversations.model import CALLER, LEGS, AgentLeg, Away, State
from hotline.core.conversations.turn import Turn
from hotline.core.conversations.wiring import music_for_caller

RING_SECONDS: Final = 6.0
"""A page answers at once or not at all."""
REDIAL, RING, LIMIT = "agent_redial", "agent_redial_ring", "agent_away"
GIVE_UP = Callable[[Turn, str], None]
"""What happens when the agent is not back in time: (turn, ended_by)."""


def _may_return(turn: Turn) -> AgentLeg | None:
    agent = turn.state.agent
    fits = agent is not None and agent.state == "connected" and agent.headset and not turn.state.ended
    return agent if fits else None


def silent(turn: Turn, leg: str, seconds: float) -> None:
    """Nothing has come from that leg for `seconds`."""
    agent = _may_return(turn)
    if agent and agent.leg == leg and agent.away is None:
        _lost(turn, agent, "silent", seconds, alive=True)


def heard(turn: Turn, leg: str) -> None:
    """Something comes from that leg again: the network had a moment, the page was there all the time."""
    agent = _may_return(turn)
    if agent and agent.away and agent.leg == leg and agent.away.alive:
        _back(turn, agent, "heard")


def leg_ended(turn: Turn, leg: str) -> bool:
    """The dialog of a headset is over. False when it is none of these."""
    agent = _may_return(turn)
    if agent is None:
        return False
    if agent.away and agent.away.leg == leg:
        _update(turn, agent, leg="")
        turn.do(act.CancelTimer(RING), act.SetTimer(REDIAL, turn.state.policy.redial_seconds))
        return True
    if agent.leg != leg:
        return False
    if agent.away is None:
        _lost(turn, agent, "leg", 0.0, alive=False)
    else:
        _update(turn, agent, alive=False)
    return True


def watchdog(turn: Turn, leg: str) -> bool:
    """Sound has been missing on that leg for long. False when it is none of these."""
    agent = _may_return(turn)
    if agent is None or leg not in (agent.leg, agent.away.leg if agent.away else agent.leg):
        return False
    turn.hang_up(leg)
    if leg == agent.leg and agent.away is None:
        _lost(turn, agent, "silent", 0.0, alive=False)
    elif leg == agent.leg:
        _update(turn, agent, alive=False)
    return True


def answered(turn: Turn, leg: str) -> bool:
    """The page is back, and has answered. False when it is none of these."""
    agent = _may_return(turn)
    if agent is None or agent.away is None or agent.away.leg != leg:
        return False
    if agent.away.alive:
        turn.hang_up(agent.leg)
    talk = replace(agent.talk, leg=leg) if agent.talk else None
    _back(turn, replace(agent, leg=leg, talk=talk), "redialled")
    if talk and talk.recording_id:
        turn.do(act.Tap(talk.recording_id, leg, on=True))
    transfer = turn.state.transfer
    if transfer and transfer.stage == "consult" and transfer.third and transfer.third.talk:
        turn.do(act.Tap(transfer.third.talk.recording_id, leg, on=True))
    return True


def redial(turn: Turn) -> None:
    """Dial the headset again; where no page is registered, the edge says so at once."""
    agent = _may_return(turn)
    if agent is None or agent.away is None or agent.away.leg:
        return
    if len(turn.state.legs) >= LEGS:
        # No room beside the old leg, which is of no use: it makes room.
        if agent.away.alive:
            _update(turn, agent, alive=False)
            turn.hang_up(agent.leg)
        turn.do(act.SetTimer(REDIAL, turn.state.policy.redial_seconds))
        return
    number = agent.away.tries + 1
    leg = f"agent:{agent.offer_id}~{turn.state.redials + 1}"
    turn.set(redials=turn.state.redials + 1)
    _update(turn, agent, leg=leg, tries=number)
    turn.add_leg(leg)
    turn.do(act.Dial(leg, uri=agent.headset), act.SetTimer(RING, RING_SECONDS))


def ring_timeout(turn: Turn) -> None:
    """It rings and nobody is there: take it back (the end of the leg brings the next try)."""
    agent = _may_return(turn)
    if agent and agent.away and agent.away.leg:
        turn.hang_up(agent.away.leg)


def over(turn: Turn, give_up: GIVE_UP) -> None:
    """The agent is not back in time."""
    agent = _may_return(turn)
    if agent and agent.away:
        turn.hang_up(agent.leg)
        give_up(turn, "system")


def settle(turn: Turn, before: State) -> None:
    """After every decision: music for a caller whom nobody talks with meanwhile, and nothing left behind of an agent who is
    gone for good."""
    agent, was = turn.state.agent, before.agent
    if agent and agent.away and not turn.state.ended and music_for_caller(turn.state) and not turn.state.playback:
        turn.do(act.Music(CALLER, on=True))
    if was is None or was.away is None or (agent is not None and agent.offer_id == was.offer_id):
        return
    turn.do(act.CancelTimer(REDIAL), act.CancelTimer(RING), act.CancelTimer(LIMIT))
    if was.away.leg and was.away.leg in turn.state.legs:
        turn.hang_up(was.away.leg)


def _update(turn: Turn, agent: AgentLeg, **changes: object) -> None:
    assert agent.away is not None
    turn.set(agent=replace(agent, away=replace(agent.away, **changes)))  # type: ignore[arg-type]


def _lost(turn: Turn, agent: AgentLeg, reason: str, seconds: float, *, alive: bool) -> None:
    talk_id = agent.talk.talk_id if agent.talk else ""
    turn.say("agent_lost", agent_id=agent.agent_id, talk_id=talk_id, reason=reason, seconds=round(seconds, 2))
    turn.set(agent=replace(agent, away=Away(turn.now, alive=alive)))
    _music(turn, on=True)
    policy = turn.state.policy
    turn.do(act.SetTimer(REDIAL, policy.redial_seconds), act.SetTimer(LIMIT, policy.return_seconds))


def _back(turn: Turn, agent: AgentLeg, how: str) -> None:
    away = agent.away
    assert away is not None
    seconds = round(turn.now - away.since, 2)
    if how == "heard" and away.leg:
        turn.hang_up(away.leg)
    turn.set(agent=replace(agent, away=None))
    talk_id = agent.talk.talk_id if agent.talk else ""
    turn.say("agent_back", agent_id=agent.agent_id, talk_id=talk_id, how=how, seconds=seconds)
    turn.do(act.CancelTimer(REDIAL), act.CancelTimer(RING), act.CancelTimer(LIMIT))
    _music(turn, on=False)


def _music(turn: Turn, *, on: bool) -> None:
    """For whoever had only the agent to listen to."""
    transfer = turn.state.transfer
    if transfer and transfer.stage == "consult" and transfer.third:
        turn.do(act.Music(transfer.third.leg, on=on))
    if on:
        if music_for_caller(turn.state) and not turn.state.playback:
            flow.background(turn)
    elif not music_for_caller(turn.state):
        turn.quiet_caller()
