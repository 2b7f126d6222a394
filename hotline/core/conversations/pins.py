"""What the desk marks a call with: life danger (pinned), the agent's "help me", a declared priority.

A pinned call is ended by people only: no limit, no watchdog and no flow hangs up, and a caller whose human goes is put
back in the queue with the highest priority (rules A.16, H.56).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from hotline.core.conversations import actions as act
from hotline.core.conversations.turn import Turn

URGENT: Final = "P0"
AFTER_PIN_SECONDS: Final = 600.0
"""A call that is not pinned any more gets at least this long before the longest-call watchdog looks again."""


def pin(turn: Turn, data: dict[str, Any]) -> None:
    """An emergency was raised for this call."""
    emergency_id, by = str(data["emergency_id"]), str(data["by"])
    if turn.state.pinned == emergency_id:
        return
    turn.set(pinned=emergency_id)
    turn.say("call_pinned", emergency_id=emergency_id, by=by)
    turn.do(act.CancelTimer("max_call"), act.CancelTimer("queue"))
    _prefer(turn, URGENT, "emergency", by)


def unpin(turn: Turn, data: dict[str, Any]) -> None:
    """The emergency is closed: the ordinary limits apply again, counted from now."""
    state = turn.state
    if state.pinned != data["emergency_id"]:
        return
    turn.say("call_unpinned", emergency_id=state.pinned, by=str(data["by"]))
    turn.set(pinned="")
    turn.do(act.SetTimer("max_call", max(AFTER_PIN_SECONDS, state.policy.max_call_seconds)))
    if state.queued and state.queued.waiting:
        seconds = max(AFTER_PIN_SECONDS, state.queued.until - turn.now)
        turn.set(queued=replace(state.queued, until=turn.now + seconds))
        turn.do(act.SetTimer("queue", seconds))


def set_priority(turn: Turn, data: dict[str, Any]) -> None:
    """A supervisor declares another priority (`P0` … `P3`, or 0 … 9)."""
    _prefer(turn, str(data["priority"]), str(data["reason"]), str(data["by"]))


def _prefer(turn: Turn, priority: str, reason: str, by: str) -> None:
    queued = turn.state.queued
    if queued is None or queued.priority == priority:
        return
    turn.say("priority_changed", priority=priority, before=queued.priority, reason=reason, by=by)
    turn.set(queued=replace(queued, priority=priority))


def ask_help(turn: Turn, data: dict[str, Any]) -> None:
    """The agent wants a supervisor on the line. One at a time."""
    state = turn.state
    agent = state.agent
    if state.help_id or agent is None or agent.talk is None or agent.agent_id != data["agent_id"]:
        return
    turn.set(help_id=str(data["help_id"]))
    turn.say("help_asked", help_id=str(data["help_id"]), agent_id=agent.agent_id)


def clear_help(turn: Turn, data: dict[str, Any]) -> None:
    """Somebody says that no help is wanted any more."""
    if turn.state.help_id and turn.state.help_id == data["help_id"]:
        turn.say("help_ended", help_id=turn.state.help_id, ended_by="cleared", by=str(data["by"]))
        turn.set(help_id="")


def ending(turn: Turn) -> None:
    """The call is ending: what is still open is closed with it. The emergency itself goes on without the call."""
    if turn.state.help_id:
        turn.say("help_ended", help_id=turn.state.help_id, ended_by="call")
        turn.set(help_id="")
