"""Warning an abusive caller, and ending the call after the second warning.

Routing decides when a warning or the end is due (`core/abuse`); here it is only made sure that nothing is ended without
both warnings, and never while somebody is in danger.
"""

from __future__ import annotations

from typing import Any, Final

from hotline.core.abuse import NEEDED
from hotline.core.conversations import actions as act
from hotline.core.conversations import flow, reminders
from hotline.core.conversations.model import CALLER
from hotline.core.conversations.turn import Turn

TALKING: Final = frozenset({"agent_talk", "hold"})


def _with(turn: Turn, data: dict[str, Any]) -> bool:
    state = turn.state
    agent = state.agent
    connected = agent is not None and agent.state == "connected" and agent.agent_id == data["agent_id"]
    return connected and state.phase in TALKING


def warn(turn: Turn, data: dict[str, Any]) -> None:
    """One warning: spoken to the caller (and heard by the agent), or read out by the agent, who says so here."""
    state = turn.state
    if not _with(turn, data) or len(state.warned) >= NEEDED:
        return
    number, method = len(state.warned) + 1, str(data["method"])
    turn.set(warned=(*state.warned, turn.now))
    turn.say("abuse_warned", agent_id=data["agent_id"], number=number, method=method)
    if method == "played":
        assert state.agent is not None
        prompt = f"abuse_warning_{number}"
        if state.phase == "hold":
            turn.do(act.Music(CALLER, on=False))  # it comes back after the warning
        turn.play_caller(prompt)
        if state.phase == "agent_talk":
            turn.do(act.Play(state.agent.leg, (prompt,), state.language, 0))


def end(turn: Turn, data: dict[str, Any]) -> None:
    """The agent ends the call. The caller is told why and where help is in danger; there is no rating."""
    state = turn.state
    if not _with(turn, data) or len(state.warned) < NEEDED or state.pinned:
        return
    agent = state.agent
    assert agent is not None
    assert agent.talk is not None
    if state.phase == "hold":
        turn.say("hold_ended", by="system")
    turn.hang_up(agent.leg)
    turn.end_talk(agent.talk, "agent")
    turn.say("abuse_ended", agent_id=agent.agent_id, warnings=len(state.warned))
    turn.set(agent=None, held=False, phase="goodbye", flow_cause="")
    reminders.stop_waiting(turn)
    turn.quiet_caller()
    flow.last_words(turn, "abuse_goodbye")
