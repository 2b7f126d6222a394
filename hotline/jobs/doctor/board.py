"""Agents' states against the calls that really run (I5). Needs Redis and routing; what differs is looked at again until
the lease and 5 s have passed, for two parts cannot change in the same instant."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final

import redis

from hotline.bus import keys
from hotline.core.audits import Broken
from hotline.jobs.doctor.report import Report
from hotline.jobs.doctor.sources import Live

SETTLE_SECONDS: Final = keys.LIVE_LEASE_SECONDS + 5.0
LOOK_SECONDS: Final = 0.5
WITH_CALLER: Final = frozenset({"reserved", "ringing", "on_call"})


def examine(live: Live, report: Report, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Compare the board with the live calls."""
    if live.client is None:
        report.skipped["I5"] = "redis"
        return
    if not live.part("routing"):
        report.skipped["I5"] = "routing"
        return
    try:
        agents = _agents(live.client)
        broken = differences(agents, live.snapshots, time.time())
        until = time.monotonic() + SETTLE_SECONDS
        while broken and time.monotonic() < until:
            sleep(LOOK_SECONDS)
            live.refresh()
            agents = _agents(live.client)
            again = differences(agents, live.snapshots, time.time())
            broken = {key: item for key, item in again.items() if key in broken}
    except redis.RedisError:
        report.skipped["I5"] = "redis"
        return
    report.looked("I5", rows=len(agents))
    report.add(broken.values())


def differences(
    agents: dict[str, dict[str, Any]], snapshots: dict[str, dict[str, Any]], now: float
) -> dict[tuple[str, str, str], Broken]:
    """What does not fit, by (agent, problem, call)."""
    found: dict[tuple[str, str, str], Broken] = {}

    def note(agent_id: str, problem: str, call_id: str, **details: Any) -> None:
        found[agent_id, problem, call_id] = Broken("I5", agent_id, problem, call_id, details)

    for agent_id, agent in agents.items():
        state, call_id = str(agent.get("state", "")), str(agent.get("call_id") or "")
        if state in WITH_CALLER:
            snapshot = snapshots.get(call_id)
            # Accepted, and the command is on its way: the call does not know its agent yet.
            its = snapshot is not None and (snapshot.get("agent_id") == agent_id or state == "reserved")
            if not its:
                note(agent_id, "agent.no_such_call", call_id, state=state)
        elif state == "wrap_up" and now - float(agent.get("wrap_up_until") or now) > SETTLE_SECONDS:
            seconds = round(now - float(agent["wrap_up_until"]), 1)
            note(agent_id, "agent.wrap_up_over", call_id, seconds=seconds)
    for call_id, snapshot in snapshots.items():
        agent_id = str(snapshot.get("agent_id") or "")
        if snapshot.get("agent_state") == "connected" and agent_id:
            state = str(agents.get(agent_id, {}).get("state", "missing"))
            if state != "on_call":
                note(agent_id, "agent.not_busy", call_id, state=state)
    return found


def _agents(client: redis.Redis) -> dict[str, dict[str, Any]]:
    raw: dict[str, str] = client.hgetall(keys.BOARD_STATE)  # type: ignore[assignment]
    entities = {key.removeprefix("agents/"): json.loads(text) for key, text in raw.items() if key.startswith("agents/")}
    return {key: item for key, item in entities.items() if isinstance(item, dict)}
