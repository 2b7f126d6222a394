"""A call that we make: our agent's phone first, then the person's; from the moment both are there it is a call like any other.

======== =============================================================================================
stage    what is going on
======== =============================================================================================
`agent`  the agent's phone is dialled
`brief`  the agent hears what this is; the person is dialled when the words are over
`caller` the person's phone is dialled; the agent hears music
`notice` the person has picked up: both hear the notice of recording, and each other; nothing is recorded yet
``       the talk has begun (or, in a rating call, the flow speaks)
======== =============================================================================================

Whoever does not come ends it: the task behind it knows how it goes on. A person who has picked up is never dropped because
of us: should the agent be lost then, they wait in the queue, at their old place.
"""

from __future__ import annotations

from typing import Final, Literal

from hotline.core.conversations import actions as act
from hotline.core.conversations import desk, ending, flow
from hotline.core.conversations import events as ev
from hotline.core.conversations.dialling import dial_status
from hotline.core.conversations.model import CALLER, AgentLeg, Queued, Talk
from hotline.core.conversations.turn import Turn
from hotline.core.headsets import headset_of

BRIEF_SECONDS: Final = 8.0
"""Longest the words to the agent may last, should their end never be reported."""
NOTICE_SECONDS: Final = 15.0
"""The same for the notice: then the talk begins all the same."""
WAIT_SECONDS: Final = 1800.0
_BRIEF: Final = {"call_back": "outbound_brief", "follow_up": "outbound_follow_up"}


def ordered(turn: Turn, event: ev.Ordered) -> None:
    """Begin."""
    order = event.order
    turn.say("call_arrived", **event.data)
    language = order.language or turn.state.language
    turn.set(arrived=True, order=order, language=language)
    turn.do(act.SetTimer("max_call", turn.state.policy.max_call_seconds))
    if not order.agent_id:
        if order.kind != "rating":
            _dial_caller(turn)
            return
        asked = order.talk
        turn.set(
            rated_talk=Talk(asked["talk_id"], _kind(asked["person_kind"]), asked["person_id"], "", turn.now),
            rated_seconds=turn.state.policy.max_call_seconds,
        )
        _dial_caller(turn)
        return
    leg = f"agent:{order.offer_id}"
    turn.say("agent_dialled", offer_id=order.offer_id, agent_id=order.agent_id)
    agent = AgentLeg(order.offer_id, order.agent_id, leg, headset=headset_of(order.agent_uri))
    turn.set(agent=agent, phase="agent_ringing", stage="agent")
    turn.add_leg(leg)
    turn.do(act.Dial(leg, uri=order.agent_uri), act.SetTimer("agent_ring", turn.state.policy.agent_ring_seconds))


def _kind(kind: str) -> Literal["agent", "expert"]:
    return "agent" if kind == "agent" else "expert"


def agent_answered(turn: Turn) -> bool:
    """The agent's phone is up. False when this is not the beginning of a call of ours: then it is a talk."""
    agent, order = turn.state.agent, turn.state.order
    if turn.state.stage != "agent" or agent is None or order is None:
        return turn.state.stage in ("brief", "caller")
    turn.say("agent_answered", offer_id=agent.offer_id, agent_id=agent.agent_id)
    turn.set(stage="brief")
    turn.do(act.CancelTimer("agent_ring"))
    _tell_agent(turn, _BRIEF.get(order.kind, "outbound_brief"))
    turn.do(act.SetTimer("outgoing", BRIEF_SECONDS))
    return True


def _tell_agent(turn: Turn, prompt: str) -> None:
    agent = turn.state.agent
    assert agent is not None
    number = turn.state.playbacks + 1
    turn.set(playbacks=number, agent_playback=number)
    turn.do(act.Play(agent.leg, (prompt,), turn.state.policy.language, number))


def agent_heard(turn: Turn, playback: int) -> None:
    """The agent has heard the words: dial the person."""
    if turn.state.stage == "brief" and playback == turn.state.agent_playback:
        _dial_caller(turn)


def overdue(turn: Turn) -> None:
    """What should have been reported was not."""
    if turn.state.stage == "brief":
        _dial_caller(turn)
    elif turn.state.stage == "notice":
        begin_talk(turn)


def _dial_caller(turn: Turn) -> None:
    order, agent = turn.state.order, turn.state.agent
    assert order is not None
    turn.say("caller_dialled", task_id=order.task_id, trunk=order.trunk)
    turn.set(stage="caller", phase="calling")
    turn.add_leg(CALLER)
    turn.do(act.CancelTimer("outgoing"))
    if agent:
        turn.do(act.Music(agent.leg, on=True))
    turn.do(
        act.Dial(CALLER, number_enc=order.number_enc, trunk=order.trunk, context={"task_id": order.task_id}),
        act.SetTimer("caller_ring", order.ring_seconds),
    )


def caller_ringing(turn: Turn) -> None:
    if turn.state.stage == "caller":
        turn.say("caller_ringing")


def caller_answered(turn: Turn) -> None:
    """The person has picked up (early media never counts): a human is with them from this moment, the notice goes first."""
    state = turn.state
    order, agent = state.order, state.agent
    if state.stage != "caller" or order is None:
        return
    turn.say("call_answered")
    queued = Queued(order.queue, order.priority, order.place_at, turn.now + WAIT_SECONDS, waiting=False) if agent else None
    turn.set(answered=True, confirmed=True, phase="ivr", queued=queued, stage="notice" if agent else "")
    turn.do(act.CancelTimer("caller_ring"))
    if agent:
        turn.do(act.Music(agent.leg, on=False), act.Bridge(CALLER, agent.leg), act.SetTimer("outgoing", NOTICE_SECONDS))
        _tell_agent(turn, "outbound_notice")
    turn.do(act.StepFlow())


def takes_wait(turn: Turn) -> bool:
    """Whether the queue of the flow needs no waiting in: the agent is there already."""
    return turn.state.stage == "notice"


def begin_talk(turn: Turn) -> None:
    """The notice was heard: from here on it is a talk, and recorded."""
    turn.set(stage="")
    turn.do(act.CancelTimer("outgoing"))
    desk.answered(turn)


def agent_failed(turn: Turn, status: str, sip_code: int, *, hang_up: bool) -> bool:
    """The agent's phone did not come, or hung up before the talk. False when this is none of a call of ours."""
    state = turn.state
    agent = state.agent
    if state.stage not in ("agent", "brief", "caller", "notice") or agent is None:
        return False
    if hang_up:
        turn.hang_up(agent.leg)
    told = status if state.stage == "agent" else "cancelled"
    turn.say("agent_failed", offer_id=agent.offer_id, agent_id=agent.agent_id, dial_status=told, sip_code=sip_code)
    turn.do(act.CancelTimer("agent_ring"))
    turn.set(agent=None)
    if state.stage == "notice":
        turn.set(stage="")
        turn.do(act.CancelTimer("outgoing"))
        turn.quiet_caller()
        flow.requeue(turn)
    else:
        ending.finish(turn, "not_reached", "agent" if state.stage != "agent" else "system", sip_code)
    return True


def agent_hangs_up(turn: Turn) -> bool:
    """From the console, before the talk. A person who has picked up already is not dropped: they wait for another agent.
    False when there is no such call (any more)."""
    if turn.state.stage == "notice":
        return agent_failed(turn, "cancelled", 0, hang_up=True)
    if turn.state.stage not in ("agent", "brief", "caller"):
        return False
    ending.finish(turn, "not_reached", "agent", 0)
    return True


def caller_failed(turn: Turn, sip_code: int) -> None:
    """The person did not come to the phone: the agent is free at once."""
    _say_failed(turn, dial_status(sip_code), sip_code)
    ending.finish(turn, "not_reached", "system", sip_code)


def ring_timeout(turn: Turn) -> None:
    if turn.state.stage == "caller":
        _say_failed(turn, "no_answer", 0)
        ending.finish(turn, "not_reached", "system", 0)


def _say_failed(turn: Turn, status: str, sip_code: int) -> None:
    order = turn.state.order
    assert order is not None
    turn.set(stage="over")
    turn.do(act.CancelTimer("caller_ring"))
    turn.say("caller_failed", task_id=order.task_id, dial_status=status, sip_code=sip_code)


def closing(turn: Turn) -> None:
    """The call ends: a person who was being dialled is not, any more."""
    if turn.state.stage == "caller":
        _say_failed(turn, "cancelled", 487)
