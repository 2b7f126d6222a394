"""An agent with a plain telephone and no console: a brief and a key to accept, orders by key during the talk, the result by key
after it.

Before: the caller keeps the place and hears music; voicemail presses nothing, and so never gets a caller.

=======  =====================================
key      meaning
=======  =====================================
1, 2     accept, refuse (after the brief)
``*1``   to an expert; the agent's line is free
``*2``   hold, and back
``*0``   a supervisor, please
``*9``   the talk is over; the result is asked
1, 2, 3  the result: answered, ticket, call back
=======  =====================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from hotline.core.conversations import actions as act
from hotline.core.conversations import desk, pins
from hotline.core.conversations.model import AgentLeg, Outcome, Talk
from hotline.core.conversations.turn import Turn

OUTCOME_SECONDS: Final = 15.0
"""How long the result is waited for; without a key the form stays incomplete."""
FAREWELL_SECONDS: Final = 6.0
RESULTS: Final[Mapping[str, str]] = MappingProxyType({"1": "D01", "2": "D04", "3": "D03"})
"""Key → disposition: answered on the spot, ticket, call back."""
TRANSFERRED: Final = "D02"


def picked_up(turn: Turn, agent: AgentLeg) -> None:
    """Somebody (or a voicemail) is there: say what it is about."""
    number = turn.state.playbacks + 1
    turn.set(playbacks=number, agent=replace(agent, state="brief", playback=number))
    turn.say("agent_picked_up", offer_id=agent.offer_id, agent_id=agent.agent_id)
    turn.do(
        act.CancelTimer("agent_ring"),
        act.Listen(agent.leg, on=True),
        act.Play(agent.leg, agent.brief, turn.state.policy.language, number),
        act.SetTimer("agent_accept", turn.state.policy.brief_seconds + turn.state.policy.accept_seconds),
    )


def played(turn: Turn, leg: str, playback: int) -> None:
    """The brief, or the farewell, is over."""
    agent, asked = turn.state.agent, turn.state.asked
    if agent and agent.leg == leg and agent.state == "brief" and agent.playback == playback:
        turn.set(agent=replace(agent, state="deciding"))
        turn.do(act.SetTimer("agent_accept", turn.state.policy.accept_seconds))
    elif asked and asked.leg == leg and asked.playback and asked.playback == playback:
        close(turn)


def accept_timeout(turn: Turn) -> None:
    """No key: voicemail, or nobody listening."""
    agent = turn.state.agent
    if agent and agent.state in ("brief", "deciding"):
        _end_brief(turn, agent)
        desk.failed(turn, "no_key", 0, hang_up=True)


def _end_brief(turn: Turn, agent: AgentLeg) -> None:
    turn.do(act.CancelTimer("agent_accept"), act.StopPlay(agent.leg), act.Listen(agent.leg, on=False))


def digit(turn: Turn, agent: AgentLeg, key: str) -> None:
    """A key of the agent's."""
    if agent.state in ("brief", "deciding"):
        if key == "1":
            # Still listened to: a plain telephone may have audible tones only, and the talk has keys too (2 % of a core).
            turn.do(act.CancelTimer("agent_accept"), act.StopPlay(agent.leg))
            desk.connected(turn, agent)
        elif key == "2":
            _end_brief(turn, agent)
            desk.failed(turn, "refused", 0, hang_up=True)
    elif agent.state == "connected":
        turn.set(agent=replace(agent, star=key == "*"))
        if agent.star and key in ORDERS:
            ORDERS[key](turn, agent)


def _to_expert(turn: Turn, agent: AgentLeg) -> None:
    """Routing picks; there is nothing to choose without a console."""
    if turn.state.phase in ("agent_talk", "hold"):
        turn.say("agent_keyed", agent_id=agent.agent_id, wish="transfer")


def _hold(turn: Turn, agent: AgentLeg) -> None:
    order = desk.unhold if turn.state.phase == "hold" else desk.hold
    order(turn, {"agent_id": agent.agent_id})


def _help(turn: Turn, agent: AgentLeg) -> None:
    pins.ask_help(turn, {"agent_id": agent.agent_id, "help_id": turn.new_id("hlp")})


def _over(turn: Turn, agent: AgentLeg) -> None:
    """The caller goes on to the rating; the agent stays for the result."""
    if turn.state.phase not in ("agent_talk", "hold") or turn.state.pinned or agent.talk is None:
        return
    ask(turn, agent)
    desk.left(turn, "agent")


ORDERS: Final[Mapping[str, Callable[[Turn, AgentLeg], None]]] = MappingProxyType(
    {"1": _to_expert, "2": _hold, "0": _help, "9": _over}
)
"""Key after ``*`` → order."""


def tell(turn: Turn, data: dict[str, Any]) -> None:
    """Say something to the agent alone, over the talk."""
    agent = turn.state.agent
    if agent and agent.state == "connected" and agent.phone and agent.agent_id == data["agent_id"]:
        number = turn.state.playbacks + 1
        turn.set(playbacks=number)
        turn.do(act.Play(agent.leg, (str(data["prompt"]),), turn.state.policy.language, number))


def keep(turn: Turn, talk: Talk) -> bool:
    """The caller is gone: whether the leg of that talk is kept a moment, to ask its agent for the result."""
    agent = turn.state.agent
    if agent is None or not agent.phone or agent.talk != talk or agent.leg not in turn.state.legs:
        return False
    ask(turn, agent)
    return True


def ask(turn: Turn, agent: AgentLeg) -> None:
    """Ask for the result."""
    turn.set(asked=Outcome(agent.leg, agent.agent_id), playbacks=turn.state.playbacks + 1)
    turn.do(
        act.Listen(agent.leg, on=True),
        act.Music(agent.leg, on=False),
        act.Play(agent.leg, ("phone_outcome",), turn.state.policy.language, turn.state.playbacks),
        act.SetTimer("outcome", OUTCOME_SECONDS),
    )


def outcome_key(turn: Turn, asked: Outcome, key: str) -> None:
    """The result was keyed (the first counts)."""
    if key not in RESULTS or asked.playback:
        return
    number = turn.state.playbacks + 1
    turn.set(playbacks=number, asked=replace(asked, playback=number))
    turn.do(
        act.AskStaff(0, "outcome", {"agent_id": asked.agent_id, "disposition": RESULTS[key]}),
        act.Play(asked.leg, ("phone_noted",), turn.state.policy.language, number),
        act.SetTimer("outcome", FAREWELL_SECONDS),
    )


def transferred(turn: Turn, agent: AgentLeg) -> None:
    """An expert has the caller: that is the result of a talk by phone, and nobody needs to be asked."""
    if agent.phone:
        turn.do(act.AskStaff(0, "outcome", {"agent_id": agent.agent_id, "disposition": TRANSFERRED}))


def close(turn: Turn) -> None:
    """Let the agent go."""
    asked = turn.state.asked
    if asked is not None:
        turn.set(asked=None)
        turn.do(act.CancelTimer("outcome"), act.StopPlay(asked.leg), act.Listen(asked.leg, on=False))
        turn.hang_up(asked.leg)


def leg_ended(turn: Turn, leg: str) -> None:
    """They hung up without a result."""
    if turn.state.asked and turn.state.asked.leg == leg:
        turn.set(asked=None)
        turn.do(act.CancelTimer("outcome"))
