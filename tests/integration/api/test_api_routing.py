"""What goes to routing and how its answers come back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hotline.bus import keys
from tests.integration.api.conftest import House, PrivateRedis, open_house

pytestmark = pytest.mark.integration

ME = "agt_8001"
COMMANDS: list[tuple[str, str, dict[str, Any] | None, str, dict[str, Any]]] = [
    (
        "PUT",
        "/api/agents/me/state",
        {"state": "paused", "reason": "rest"},
        "set_agent_state",
        {"agent_id": ME, "state": "paused", "reason": "rest"},
    ),
    ("POST", "/api/agents/me/end-wrap-up", None, "end_wrap_up", {"agent_id": ME}),
    ("POST", "/api/agents/me/extend-wrap-up", None, "extend_wrap_up", {"agent_id": ME}),
    ("POST", "/api/offers/off_1/accept", None, "accept_offer", {"offer_id": "off_1", "agent_id": ME}),
    (
        "POST",
        "/api/offers/off_1/decline",
        {"reason": "busy"},
        "decline_offer",
        {"offer_id": "off_1", "agent_id": ME, "reason": "busy"},
    ),
    ("POST", "/api/calls/call_1/hold", None, "hold", {"call_id": "call_1", "agent_id": ME}),
    ("POST", "/api/calls/call_1/unhold", {}, "unhold", {"call_id": "call_1", "agent_id": ME}),
    ("POST", "/api/calls/call_1/hang-up", None, "hang_up", {"call_id": "call_1", "agent_id": ME}),
    (
        "POST",
        "/api/calls/call_1/transfer",
        {"category": "0101", "region": "990102"},
        "transfer",
        {
            "call_id": "call_1",
            "agent_id": ME,
            "kind": None,
            "target": {"type": "expert", "id": ""},
            "category": "0101",
            "region": "990102",
            "expert_id": None,
            "caller_hashes": [],
            "opposing_hashes": [],
            "avoid": [],
        },
    ),
    ("POST", "/api/calls/call_1/cancel-transfer", None, "cancel_transfer", {"call_id": "call_1", "agent_id": ME}),
]


@pytest.mark.parametrize(("method", "path", "body", "name", "data"), COMMANDS, ids=[row[3] for row in COMMANDS])
async def test_each_command_and_who_may_not(
    house: House, method: str, path: str, body: dict[str, Any] | None, name: str, data: dict[str, Any]
) -> None:
    house.routing.answers[name] = {"ok": True, "data": {"call_id": "call_1", "transfer_id": "trf_1"}}
    answer = await house.client.request(method, path, json=body, headers=await house.log_in("desk1"))
    assert answer.status_code == 200, answer.text
    assert house.routing.asked == [(name, data)]
    assert (await house.client.request(method, path, json=body)).status_code == 401
    for username, code in (("admin", "auth.forbidden"), ("auditor", "auth.forbidden"), ("wall", "auth.no_seat")):
        refused = await house.client.request(method, path, json=body, headers=await house.log_in(username))
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, code)
    assert len(house.routing.asked) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("offer.gone", 409),
        ("offer.not_yours", 403),
        ("call.gone", 409),
        ("transfer.no_expert", 409),
        ("something.new", 409),
    ],
)
async def test_routings_refusals_keep_their_code(house: House, code: str, status: int) -> None:
    house.routing.answers["accept_offer"] = {"ok": False, "code": code}
    answer = await house.client.post("/api/offers/off_1/accept", headers=await house.log_in("desk1"))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["zh"]
    assert error["en"]


async def test_a_silent_routing_is_503(house: House) -> None:
    house.routing.answers["hold"] = None
    answer = await house.client.post("/api/calls/call_1/hold", headers=await house.log_in("desk1"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "routing.silent")


async def test_redis_away_is_503_and_the_rest_goes_on(house: House) -> None:
    headers = await house.log_in("desk1")
    house.server.stop()
    try:
        answer = await house.client.post("/api/calls/call_1/hold", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "bus.away")
        assert (await house.client.get("/api/calls", headers=headers)).status_code == 200
        assert (await house.client.get("/api/status", headers=headers)).status_code == 200
        assert (await house.client.get("/api/health")).status_code == 200
    finally:
        house.server.start()


async def test_call_me(house: House) -> None:
    answer = await house.client.post("/api/demo/call-me", headers=await house.log_in("desk1"))
    assert answer.status_code == 200
    waiting = [json.loads(one) for one in await house.redis.lrange(keys.DEMO_REQUESTS, 0, -1)]
    assert waiting == [{"agent_id": ME, "username": "desk1"}]


async def test_call_me_outside_the_demo_city(home: Any, redis_server: PrivateRedis) -> None:
    async with open_house(home, redis_server, demo={"enabled": False}) as house:
        answer = await house.client.post("/api/demo/call-me", headers=await house.log_in("desk1"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "demo.off")


@pytest.mark.parametrize("body", [{"state": "on_call"}, {}, {"state": "paused", "reason": "x" * 65}, [], "x"])
async def test_malformed_bodies(house: House, body: Any) -> None:
    answer = await house.client.put("/api/agents/me/state", json=body, headers=await house.log_in("desk1"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "request.invalid")
    assert house.routing.asked == []
