"""Danger to life by HTTP and on the feed: cards, receipts, the watch, the restart, the lost line, the end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hotline.store.models import AuditEvent, CallbackTask, CallForm, Emergency, EmergencyTask
from hotline.store.models import context as seal
from tests.fakes.records import NUMBER, add_call
from tests.integration.api.conftest import House, PrivateRedis, open_house, until
from tests.integration.api.test_api_feed import Feed, board, feed

pytestmark = pytest.mark.integration

REPORT = {"result": "help_sent", "what": "当事人称要跳楼，已劝回", "told": "110 出警编号 123，班长"}


def code(answer: Any) -> str:
    found: str = answer.json()["error"]["code"]
    return found


async def live(house: House, **more: Any) -> str:
    """A stored call that desk1 holds now, on the board."""
    call = add_call(house.store)
    entity = {"call_id": call, "phase": "agent_talk", "agent_id": "agt_8001", "caller_masked": "138****5678", **more}
    await board(house, {f"calls/{call}": entity, "agents/agt_8002": {"id": "agt_8002"}}, f"e-{call}")
    return call


async def hear(console: Feed, key: str) -> dict[str, Any]:
    """The next word of that entity on a feed."""
    while True:
        message = await console.next()
        found = message.get("state" if message["type"] == "snapshot" else "set", {})
        if key in found:
            entity: dict[str, Any] = found[key]
            return entity


async def test_an_emergency_reaches_every_supervisor_and_is_pinned_acknowledged_dispatched_closed(served: House) -> None:
    call = await live(served)
    served.routing.answers["pin_call"] = served.routing.answers["unpin_call"] = {"ok": True, "data": {}}
    desk, boss, wall = [await served.log_in(name) for name in ("desk1", "supervisor", "wall")]
    async with feed(served, boss) as first, feed(served, wall) as second, feed(served, desk) as own:
        started = time.time()
        answer = await served.client.post(f"/api/calls/{call}/emergency", json={"flags": ["R01"]}, headers=desk)
        raised = answer.json()
        assert (raised["audience"], raised["supervisors"]) == ("supervisors", 2)
        key = f"emergencies/{raised['id']}"
        for console in (first, second, own):
            shown = await hear(console, key)
            assert (shown["state"], shown["raised_by_name"], shown["caller_masked"]) == ("raised", "陈静", "138****5678")
        assert time.time() - started < 10
        again = await served.client.post(f"/api/calls/{call}/emergency", json={}, headers=boss)
        assert again.json()["id"] == raised["id"]
        assert served.routing.asked[0] == (
            "pin_call", {"call_id": call, "emergency_id": raised["id"], "by": "acc_desk1"},
        )  # fmt: skip
        url = f"/api/emergencies/{raised['id']}"
        assert code(await served.client.post(f"{url}/acknowledge", headers=desk)) == "emergency.own"
        assert code(await served.client.post(f"{url}/close", json=REPORT, headers=boss)) == "emergency.transition"
        assert (await served.client.post(f"{url}/seen", headers=boss)).status_code == 200
        assert (await served.client.post(f"{url}/acknowledge", headers=boss)).status_code == 200
        shown = await hear(second, key)
        while not shown["acknowledged_by_name"]:
            shown = await hear(second, key)
        assert shown["acknowledged_by_name"] == "班长"
        assert shown["alerted_at"] - shown["raised_at"] < 10
        done = await served.client.post(f"{url}/dispatch", json={"service": "110", "note": "出警编号 A1"}, headers=boss)
        assert done.status_code == 200
        assert code(await served.client.post(f"{url}/dispatch", json={"service": "911"}, headers=boss)) == "emergency.service"
        wrong = {**REPORT, "told": " "}
        assert code(await served.client.post(f"{url}/close", json=wrong, headers=boss)) == "emergency.report"
        assert (
            code(await served.client.post(f"{url}/close", json={**REPORT, "result": "x"}, headers=boss)) == "emergency.result"
        )
        assert (await served.client.post(f"{url}/close", json=REPORT, headers=boss)).status_code == 200
        gone = await first.next()
        while key not in gone.get("del", []):
            gone = await first.next()
    assert served.routing.asked[-1][0] == "unpin_call"
    detail = (await served.client.get(url, headers=boss)).json()
    assert detail["report"]["what"] == REPORT["what"]
    assert detail["basis"] == "pipl_13_1_4"
    names = [event["name"] for event in detail["events"]]
    assert names == ["raised", "alerted", "acknowledged", "dispatched", "closed"]
    assert [task["kind"] for task in detail["tasks"]] == ["tell_afterwards"]
    done = await served.client.post(
        f"/api/emergency-tasks/{detail['tasks'][0]['id']}/done", json={"note": "已电话告知"}, headers=boss
    )
    assert done.status_code == 200
    with served.store.read() as session:
        actions = {row.action for row in session.scalars(select(AuditEvent)) if row.action.startswith("emergency.")}
        assert session.scalars(select(Emergency)).one().report_enc.find("跳楼") < 0
    assert {"emergency.raised", "emergency.acknowledged", "emergency.dispatched", "emergency.closed"} <= actions


async def test_without_a_supervisor_it_is_everybodys_and_the_raiser_is_told(served: House) -> None:
    call = await live(served)
    desk, other = await served.log_in("desk1"), await served.log_in("desk2")
    async with feed(served, other) as second:
        answer = await served.client.post(f"/api/calls/{call}/emergency", json={}, headers=desk)
        assert answer.json()["audience"] == "everyone"
        shown = await hear(second, f"emergencies/{answer.json()['id']}")
        assert shown["audience"] == "everyone"
        taken = await served.client.post(f"/api/emergencies/{shown['id']}/acknowledge", headers=other)
        assert taken.status_code == 200
    with served.store.read() as session:
        assert [task.kind for task in session.scalars(select(EmergencyTask))] == ["unheard"]


async def test_a_card_no_supervisor_has_seen_goes_to_all_in_time(home: Path, redis_server: PrivateRedis) -> None:
    async with open_house(home, redis_server, emergency={"alert_seconds": 1}) as house:
        call = await live(house)
        boss, desk = await house.log_in("supervisor"), await house.log_in("desk1")
        house.context.alerts.supervisors = lambda *_, **__: 1  # type: ignore[method-assign]  # a console that hangs
        answer = await house.client.post(f"/api/calls/{call}/emergency", json={}, headers=desk)
        assert answer.json()["audience"] == "supervisors"
        key = f"emergencies/{answer.json()['id']}"
        await until(lambda: house.context.board.own[key]["audience"] == "everyone", 10)
        tasks = (await house.client.get("/api/emergency-tasks", headers=boss)).json()["items"]
        assert [task["kind"] for task in tasks] == ["unheard"]


async def test_the_card_opens_on_the_legal_basis_and_is_audited_first(house: House) -> None:
    call = await live(house)
    with house.store.write() as session:
        sealed = {
            f"{name}_enc": house.context.secrecy.seal(text, seal(f"call_forms.{name}_enc", call))
            for name, text in (("caller_name", "张三"), ("address", "幸福路 1 号 3 单元"))
        }
        fields = {"facts": "称要轻生", "matter_region": "990102", "risk_flags": ["R01"], "caller_groups": ["G01"]}
        session.add(CallForm(call_id=call, fields=fields, saved_at=1.0, **sealed))
    desk = await house.log_in("desk1")
    raised = (await house.client.post(f"/api/calls/{call}/emergency", json={}, headers=desk)).json()
    url = f"/api/emergencies/{raised['id']}/card"
    card = (await house.client.get(url, headers=await house.log_in("desk2"))).json()
    assert (card["number"], card["name"], card["place"]) == (NUMBER, "张三", "幸福路 1 号 3 单元")
    words = {item["service"]: item["text"] for item in card["scripts"]}
    assert all(text in words["110"] for text in ("12348", NUMBER, "幸福路 1 号 3 单元", "自杀自伤", "称要轻生"))
    english = (await house.client.get(url, params={"language": "en"}, headers=desk)).json()
    assert "still on the line" in english["scripts"][0]["text"]
    assert "{" not in words["110"] + words["120"] + english["scripts"][1]["text"]
    with house.store.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == "emergency.card_opened")).all()
    assert [(row.actor, row.purpose) for row in rows] == [("acc_desk2", "pipl_13_1_4"), ("acc_desk1", "pipl_13_1_4")]


async def test_who_is_not_concerned_sees_no_card_and_only_the_own_call_is_raised(served: House) -> None:
    call = await live(served)
    desk, other, boss = [await served.log_in(name) for name in ("desk1", "desk2", "supervisor")]
    assert code(await served.client.post(f"/api/calls/{call}/emergency", json={}, headers=other)) == "call.not_yours"
    assert code(await served.client.post("/api/calls/call_nowhere/emergency", json={}, headers=boss)) == "call.gone"
    async with feed(served, boss):
        raised = (await served.client.post(f"/api/calls/{call}/emergency", json={}, headers=desk)).json()
        url = f"/api/emergencies/{raised['id']}"
        assert code(await served.client.get(f"{url}/card", headers=other)) == "emergency.missing"
        helped = await served.client.post(f"{url}/assign", json={"agent_id": "agt_8002"}, headers=boss)
        assert helped.status_code == 200
        assert (await served.client.get(f"{url}/card", headers=other)).status_code == 200


async def test_a_dropped_line_is_said_at_once_and_a_call_back_is_due_now(house: House) -> None:
    call = await live(house)
    desk = await house.log_in("desk1")
    raised = (await house.client.post(f"/api/calls/{call}/emergency", json={}, headers=desk)).json()
    await house.routing.change({f"calls/{call}": {"call_id": call, "phase": "ended", "agent_id": "agt_8001"}})
    key = f"emergencies/{raised['id']}"
    await until(lambda: house.context.board.own[key]["line_lost_at"] and house.context.board.own[key]["callback_id"])
    with house.store.read() as session:
        task = session.scalars(select(CallbackTask)).one()
        assert task.reason == "emergency"
        assert task.due_at <= time.time()
        assert [item.kind for item in session.scalars(select(EmergencyTask).order_by(EmergencyTask.kind))] == [
            "call_back",
            "unheard",
        ]


async def test_nothing_is_lost_when_the_api_starts_again_and_the_pin_is_told_again(
    home: Path, redis_server: PrivateRedis
) -> None:
    async with open_house(home, redis_server) as house:
        call = await live(house)
        house.routing.answers["pin_call"] = None  # routing is away
        raised = (await house.client.post(f"/api/calls/{call}/emergency", json={}, headers=await house.log_in("desk1"))).json()
    async with open_house(home, redis_server) as again:
        key = f"emergencies/{raised['id']}"
        await until(lambda: key in again.context.board.state)
        await board(again, {f"calls/{call}": {"call_id": call, "phase": "agent_talk", "agent_id": "agt_8001"}}, "e9")
        assert key in again.context.board.state  # a new board does not take it away
        await until(
            lambda: ("pin_call", {"call_id": call, "emergency_id": raised["id"], "by": "acc_desk1"}) in again.routing.asked
        )
