"""Who hears whom, as a function of the state alone.

Nobody connects or disconnects people by hand: a decision compares the pairs before and after itself, and orders the
difference (`Turn.decision`). So no path can forget to part two people, and nobody hears a caller whom the state does not name.
Prompts and music are laid over it; a supervisor's ear is not part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hotline.core.conversations.model import CALLER, State

AGENT: Final = "agent"
THIRD: Final = "third"
Pair = tuple[str, str]

HEARS: Final[Mapping[str, tuple[Pair, ...]]] = MappingProxyType(
    {
        "seeking": (),
        "consult": ((AGENT, THIRD),),
        "aside": ((CALLER, AGENT),),
        "three": ((CALLER, AGENT), (CALLER, THIRD), (AGENT, THIRD)),
    }
)
"""Stage of a transfer → who hear each other. Who is in no pair hears music."""


def caller_stays_with_agent(state: State) -> bool:
    """Whether agent and caller go on talking while the third person is called: that is what a three-way call is for."""
    transfer = state.transfer
    return bool(transfer and transfer.stage == "seeking" and transfer.kind == "three_way" and state.agent)


def _alone(state: State) -> bool:
    """Whether the one the caller talks with is the agent, and their headset is lost."""
    agent = state.agent
    return bool(agent and agent.away and agent.talk and state.talk == agent.talk)


def pairs(state: State) -> frozenset[Pair]:
    """The legs that hear each other now; each pair once."""
    if state.ended:
        return frozenset()
    agent = state.agent.leg if state.agent and state.agent.state == "connected" and not state.agent.away else ""
    if state.transfer is None:
        return frozenset() if state.held or state.talk is None or _alone(state) else frozenset({(CALLER, state.talk.leg)})
    third = state.transfer.third.leg if state.transfer.third else ""
    legs = {CALLER: CALLER, AGENT: agent, THIRD: third}
    wanted = ((CALLER, AGENT),) if caller_stays_with_agent(state) else HEARS[state.transfer.stage]
    return frozenset((legs[first], legs[second]) for first, second in wanted if legs[first] and legs[second])


def music_for_caller(state: State) -> bool:
    """Whether the caller hears music when no prompt plays: they wait, and nobody talks with them (I10)."""
    if state.phase in ("queue", "agent_ringing", "hold") or (state.transfer is None and _alone(state)):
        return True
    return state.transfer is not None and not any(CALLER in pair for pair in pairs(state))
