"""Supervisors' requests by HTTP: who may, what is audited, what goes to routing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from hotline.store.models import AuditEvent
from tests.integration.api.conftest import House

pytestmark = pytest.mark.integration

SEAT = "agt_8000"
BY = "acc_supervisor"
ROWS: list[tuple[str, str, dict[str, Any] | None, str, dict[str, Any], str]] = [
    (
        "POST", "/api/calls/call_1/monitor", {"mode": "whisper", "purpose": "新人带教"}, "start_monitor",
        {"call_id": "call_1", "agent_id": SEAT, "mode": "whisper", "by": BY}, "call.whisper",
    ),
    (
        "PUT", "/api/calls/call_1/monitor", {"mode": "barge"}, "set_monitor",
        {"call_id": "call_1", "agent_id": SEAT, "mode": "barge"}, "call.barge",
    ),
    ("DELETE", "/api/calls/call_1/monitor", None, "stop_monitor", {"call_id": "call_1", "agent_id": SEAT}, ""),
    (
        "POST", "/api/calls/call_1/take-over", {"agent_stays": True, "purpose": "处置"}, "take_over",
        {"call_id": "call_1", "agent_id": SEAT, "agent_stays": True}, "call.taken_over",
    ),
    (
        "POST", "/api/calls/call_1/pull-forward", {"reason": "孕妇来电"}, "pull_forward",
        {"call_id": "call_1", "reason": "孕妇来电", "by": BY}, "call.pulled_forward",
    ),
    (
        "POST", "/api/agents/agt_8001/force-state", {"state": "paused", "reason": "话机故障"}, "force_agent_state",
        {"agent_id": "agt_8001", "state": "paused", "reason": "forced", "by": BY}, "agent.state_forced",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "name", "data", "action"), ROWS, ids=[row[3] for row in ROWS])
async def test_each_request_is_a_supervisors_and_audited(
    house: House, method: str, path: str, body: dict[str, Any] | None, name: str, data: dict[str, Any], action: str
) -> None:
    house.routing.answers[name] = {"ok": True, "data": {"monitor_id": "mon_1", "priority": 4, "position": 1, "state": "paused"}}
    answer = await house.client.request(method, path, json=body, headers=await house.log_in("supervisor"))
    assert answer.status_code == 200, answer.text
    assert house.routing.asked == [(name, data)]
    with house.store.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == action)).all()
    assert [row.actor for row in rows] == ([BY] if action else [])
    if body and (body.get("purpose") or body.get("reason")):
        assert rows[0].purpose == (body.get("purpose") or body.get("reason"))
    for username in ("desk1", "auditor", "centre"):
        refused = await house.client.request(method, path, json=body, headers=await house.log_in(username))
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "auth.forbidden")
    assert len(house.routing.asked) == 1


@pytest.mark.parametrize("body", [{"mode": "listen"}, {"mode": "listen", "purpose": " "}, {"mode": "shout", "purpose": "带教"}])
async def test_no_listening_without_a_purpose(house: House, body: dict[str, Any]) -> None:
    answer = await house.client.post("/api/calls/call_1/monitor", json=body, headers=await house.log_in("supervisor"))
    assert answer.status_code == 422
    assert not house.routing.asked


async def test_a_wall_screen_has_no_phone_and_a_refusal_keeps_its_code(house: House) -> None:
    wanted = {"mode": "listen", "purpose": "巡听"}
    wall = await house.client.post("/api/calls/call_1/monitor", json=wanted, headers=await house.log_in("wall"))
    assert wall.json()["error"]["code"] == "auth.no_seat"
    house.routing.answers["start_monitor"] = {"ok": False, "code": "monitor.no_leg"}
    full = await house.client.post("/api/calls/call_1/monitor", json=wanted, headers=await house.log_in("supervisor"))
    assert (full.status_code, full.json()["error"]["code"]) == (409, "monitor.no_leg")
    assert "四方" in full.json()["error"]["zh"]


async def test_help_is_asked_by_the_agent_of_the_call_and_cleared_by_them_or_a_supervisor(house: House) -> None:
    house.routing.answers["ask_help"] = {"ok": True, "data": {"help_id": "hlp_1"}}
    house.routing.answers["clear_help"] = {"ok": True, "data": {}}
    desk = await house.log_in("desk1")
    asked = await house.client.post("/api/calls/call_1/help", headers=desk)
    assert asked.json() == {"help_id": "hlp_1"}
    stranger = await house.client.delete("/api/calls/call_1/help", headers=desk)
    assert stranger.json()["error"]["code"] == "call.not_yours"
    boss = await house.client.delete("/api/calls/call_1/help", headers=await house.log_in("supervisor"))
    assert boss.status_code == 200
    assert house.routing.asked[-1] == ("clear_help", {"call_id": "call_1", "by": BY})
