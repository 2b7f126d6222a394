"""Stepping agents by what happened to their calls. An event that does not fit the agent's state any more is stale, and changes
nothing."""

from __future__ import annotations

from dataclasses import replace

from hotline.core.agents import WITH_CALLER, Agent, step
from hotline.core.errors import IllegalTransition
from hotline.core.routing.state import State


def move(state: State, agent_id: str, event: str, now: float, *, reason: str = "", call_id: str = "") -> None:
    """Step one agent; a transition the table does not have is ignored. `call_id` set: only an agent with that caller,
    or with none, is moved, and the caller becomes theirs."""
    agent = state.agents.get(agent_id) or Agent(agent_id)
    if call_id:
        if agent.call_id not in ("", call_id) and agent.state in WITH_CALLER:
            return
        agent = replace(agent, call_id=call_id)
    try:
        call = state.calls.get(agent.call_id)
        pinned = call is not None and bool(call.pinned)
        rest = state.rules.pinned_wrap_up_seconds if pinned else state.rules.wrap_up_seconds
        changed = step(agent, event, now, reason=reason, wrap_up_seconds=rest)
    except IllegalTransition:
        return
    state.set_agent(changed, now)
