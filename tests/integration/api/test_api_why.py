"""Why no calls come, and why a caller waited: the sentence as the console gets it."""

from __future__ import annotations

import time

import pytest

from hotline.store.models import CallFact
from tests.fakes.records import add_call
from tests.integration.api.conftest import House

pytestmark = pytest.mark.integration


async def test_why_am_i_not_getting_calls(house: House) -> None:
    figures = {"reason": "meal", "for_": 61, "count": 3}
    house.routing.answers["why_agent"] = {"ok": True, "data": {"code": "paused", "figures": figures}}
    mine = await house.client.get("/api/agents/me/why", headers=await house.log_in("desk1"))
    assert mine.json() == {
        "zh": "您处于示忙状态（用餐），已 1 分 1 秒。",
        "en": "You are paused (Meal) for 1 min 1 s.",
        "codes": ["paused"],
    }
    other = await house.client.get("/api/agents/agt_8002/why", headers=await house.log_in("supervisor"))
    assert other.status_code == 200
    assert [data for _, data in house.routing.asked] == [{"agent_id": "agt_8001"}, {"agent_id": "agt_8002"}]
    refused = await house.client.get("/api/agents/agt_8002/why", headers=await house.log_in("desk1"))
    assert refused.status_code == 403


async def test_why_did_this_caller_wait(house: House) -> None:
    call, at = add_call(house.store), time.time() - 400
    rows = [
        ("queue_entered", at, "call", {"queue": "MF", "priority": "P3", "language": "zh-CN"}),
        ("agent_connected", at + 130, "call", {"offer_id": "o", "agent_id": "agt_8003", "talk_id": "t"}),
        ("offer_made", at + 120, "routing", {"offer_id": "o", "agent_ids": ["agt_8003"], "expires_at": at, "ring": 0}),
    ]
    states = [("agt_8001", "on_call"), ("agt_8003", "wrap_up"), ("agt_8006", "on_call")]
    with house.store.write() as session:
        for number, (name, when, source, data) in enumerate(rows, 10):
            session.add(fact_row(call, name, when, source, number, data))
        for number, (agent, state) in enumerate(states, 20):
            data = {"agent_id": agent, "state": state, "reason": ""}
            session.add(fact_row("", "agent_state_changed", at - 50, "routing", number, data))
    answer = await house.client.get(f"/api/calls/{call}/why", headers=await house.log_in("desk1"))
    assert answer.json()["zh"] == ("排队 2 分 10 秒：前 2 分 没有空闲的婚姻家庭坐席（2 人通话，1 人整理），由 王芳 接听。")
    assert answer.json()["codes"] == ["waited", "none_free", "answered_by"]
    hidden = await house.client.get(f"/api/calls/{call}/why", headers=await house.log_in("desk2"))
    assert hidden.status_code == 404


def fact_row(call_id: str, name: str, at: float, source: str, seq: int, data: dict[str, object]) -> CallFact:
    return CallFact(call_id=call_id, name=name, at=at, source=source, epoch=1, seq=seq, data=data, stored_at=at)
