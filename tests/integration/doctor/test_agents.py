"""`hotline doctor` on what is live: agents' states follow from the calls (I5), and live calls have records."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from hotline.bus import keys
from hotline.jobs import doctor
from hotline.jobs.doctor import board, sources
from tests.conftest import RedisServer, make_settings
from tests.integration.doctor.home import NOW, Home

pytestmark = pytest.mark.integration


LEASE = time.time() + 1000


def _differences(agent: dict[str, Any], *calls: dict[str, Any]) -> set[str]:
    snapshots = {str(call["call_id"]): call for call in calls}
    return {problem for _, problem, _ in board.differences({"a1": agent}, snapshots, time.time())}


def test_agents_states_follow_from_the_calls() -> None:
    talk = {"call_id": "call_a", "agent_id": "a1", "agent_state": "connected", "lease": LEASE}
    assert _differences({"state": "on_call", "call_id": "call_a"}, talk) == set()
    assert _differences({"state": "on_call", "call_id": "call_a"}) == {"agent.no_such_call"}
    assert _differences({"state": "available", "call_id": None}, talk) == {"agent.not_busy"}
    waiting = {**talk, "agent_id": "", "agent_state": "none"}
    assert _differences({"state": "reserved", "call_id": "call_a"}, waiting) == set()
    assert _differences({"state": "ringing", "call_id": "call_a"}, waiting) == {"agent.no_such_call"}
    over = {"state": "wrap_up", "call_id": "call_a", "wrap_up_until": time.time() - 60}
    assert _differences(over) == {"agent.wrap_up_over"}
    assert _differences({**over, "wrap_up_until": time.time() + 5}) == set()


def test_a_difference_that_settles_is_none(home: Home, redis_server: RedisServer) -> None:
    client = redis_server.client
    settings = make_settings(home.settings.home, redis={"url": redis_server.url})
    client.set(keys.part("routing"), "{}")
    client.hset(keys.BOARD_STATE, "agents/a1", json.dumps({"id": "a1", "state": "on_call", "call_id": "call_q"}))
    looks = 0

    def settle(_: float) -> None:
        nonlocal looks
        looks += 1
        client.hset(keys.BOARD_STATE, "agents/a1", json.dumps({"id": "a1", "state": "available", "call_id": None}))

    report = doctor.Report(NOW)
    board.examine(sources.Live.look(settings), report, sleep=settle)
    assert report.clean
    assert looks == 1
    assert report.checked["I5"] == 1


def test_a_difference_that_stays_is_named(home: Home, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "SETTLE_SECONDS", 0.2)
    settings = make_settings(home.settings.home, redis={"url": redis_server.url})
    redis_server.client.set(keys.part("routing"), "{}")
    stuck = {"id": "a1", "state": "on_call", "call_id": "call_q"}
    redis_server.client.hset(keys.BOARD_STATE, "agents/a1", json.dumps(stuck))
    report = doctor.examine(settings)
    assert [(item.subject, item.problem) for item in report.broken["I5"]] == [("a1", "agent.no_such_call")]


def test_a_live_call_without_a_record(home: Home, redis_server: RedisServer) -> None:
    settings = make_settings(home.settings.home, redis={"url": redis_server.url})
    snapshot = {"call_id": "call_q", "arrived_at": time.time() - 100, "lease": time.time() + 100}
    redis_server.client.hset(keys.LIVE, "call_q", json.dumps(snapshot))
    report = doctor.examine(settings)
    assert [item.problem for item in report.broken["I8"]] == ["live.unrecorded"]
