"""Two people on one form, what the form says back, and what is known of the caller."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text, update

from hotline.bus import keys
from hotline.core.calendars import local_date
from hotline.store.models import Call, CallForm, Ticket
from hotline.store.repositories import forms
from tests.fakes.records import NUMBER, add_call, add_ticket
from tests.integration.api.conftest import House, until
from tests.integration.api.test_api_feed import Feed, feed

pytestmark = pytest.mark.integration


async def edit(house: House, headers: dict[str, str], call: str, **edits: tuple[int, Any]) -> httpx.Response:
    body = {"edits": {name: {"base": base, "value": value} for name, (base, value) in edits.items()}}
    return await house.client.patch(f"/api/calls/{call}/form", json=body, headers=headers)


async def on_board(house: House, call: str, agent: str = "agt_8001") -> None:
    await house.routing.change({f"calls/{call}": {"call_id": call, "agent_id": agent, "caller_masked": "138****5678"}})
    await until(lambda: f"calls/{call}" in house.context.board.state)


async def test_two_write_different_fields_and_the_same_one(house: House) -> None:
    call = add_call(house.store)
    await on_board(house, call)
    desk, boss = await house.log_in("desk1"), await house.log_in("supervisor")
    first = (await edit(house, desk, call, facts=(0, "拖欠工资"), caller_name=(0, "王小明"))).json()
    assert (first["version"], first["versions"], first["conflicts"]) == (1, {"caller_name": 1, "facts": 1}, {})
    other = (await edit(house, boss, call, advice=(0, "申请仲裁"), facts=(0, "没有见过别人写的"))).json()
    assert other["fields"]["advice"] == "申请仲裁"
    assert other["fields"]["facts"] == "拖欠工资", "the last writer does not win"
    conflict = other["conflicts"]["facts"]
    assert (conflict["value"], conflict["version"]) == ("拖欠工资", 1)
    assert conflict["by_name"]
    decided = (await edit(house, boss, call, facts=(1, "两人都看过的"))).json()
    assert (decided["fields"]["facts"], decided["conflicts"], decided["versions"]["facts"]) == ("两人都看过的", {}, 2)
    same = (await edit(house, desk, call, facts=(1, "两人都看过的"))).json()
    assert (same["conflicts"], same["version"]) == ({}, 3), "who typed the same agrees, and nothing is written"


async def test_a_masked_conflict_stays_masked(house: House) -> None:
    call = add_call(house.store)
    await on_board(house, call)
    await edit(house, await house.log_in("desk1"), call, caller_name=(0, "王小明"))
    boss = await house.log_in("supervisor")
    answer = await edit(house, boss, call, caller_name=(0, "李四"))
    assert answer.json()["conflicts"]["caller_name"]["value"] == "王**"
    assert "王小明" not in answer.text
    assert (await edit(house, boss, call, caller_name=(1, "王**"))).json()["version"] == 1, "what comes back masked is no edit"


async def test_one_wrong_field_does_not_keep_the_others_from_being_saved(house: House) -> None:
    call = add_call(house.store)
    await on_board(house, call)
    answer = (
        await edit(
            house,
            await house.log_in("desk1"),
            call,
            facts=(0, "写下的话"),
            category=(0, "9999"),
            nonsense=(0, 1),
            key_dates=(0, [{"event": "knew", "date": "2026-02-30"}]),
        )
    ).json()
    assert answer["refused"] == {"category": "unknown_code", "nonsense": "unknown_field", "key_dates": "format"}
    assert answer["fields"]["facts"] == "写下的话"


async def test_words_are_sealed(house: House) -> None:
    call = add_call(house.store)
    await on_board(house, call)
    words = {
        "facts": "张三在花园路打人",
        "request": "要求赔偿",
        "advice": "建议报警",
        "next_step": "明日回电",
        "occupation": "瓦工",
    }
    await edit(house, await house.log_in("desk1"), call, **{name: (0, value) for name, value in words.items()})
    with house.store.read() as session:
        stored = str(session.execute(text("SELECT * FROM call_forms")).all())
        row = session.get_one(CallForm, call)
        opened = forms.get(session, house.context.secrecy, call).fields
    assert not [word for word in words.values() if word in stored]
    assert (row.fields, opened) == ({}, words)


async def test_the_form_says_what_to_mind_and_submitting_holds_to_it(house: House) -> None:
    call = add_call(house.store)
    await on_board(house, call)
    desk = await house.log_in("desk1")
    last_year = (local_date(time.time()) - timedelta(days=363)).isoformat()
    full = {
        "caller_name": "王小明",
        "category": "0201",
        "matter_region": "990102",
        "service_type": "S02",
        "facts": "拖欠三个月工资",
        "advice": "可以仲裁",
        "disposition": "D01",
        "caller_groups": ["G01"],
        "key_dates": [{"event": "knew", "date": last_year}],
        "missing_materials": ["M0201"],
    }
    said = (await edit(house, desk, call, **{name: (0, value) for name, value in full.items()})).json()["hints"]
    assert [one["code"] for one in said["legal_aid"]] == ["LA31-5", "LA42-3"]
    assert [(one["code"], one["source"]) for one in said["limits"]] == [("LM-2", "劳动争议调解仲裁法27")]
    assert said["limits"][0]["state"] in ("urgent", "near"), "weekends and holidays may move the last day"
    assert "法律援助申请表" in said["notice"]["zh"]
    url = f"/api/calls/{call}/form/submit"
    refused = await house.client.post(url, json={"version": 1, "fields": full}, headers=desk)
    assert refused.json()["error"]["details"]["fields"] == ["notice_given", "legal_aid"]
    done = {**full, "notice_given": ["read"], "legal_aid": "told"}
    answer = await house.client.post(url, json={"version": 1, "fields": done}, headers=desk)
    assert answer.status_code == 200, answer.text
    urgent = said["limits"][0]["state"] == "urgent"
    assert ("R07" in answer.json()["fields"].get("risk_flags", [])) is urgent


async def test_rules_of_the_form_come_from_the_server(house: House) -> None:
    rules = (await house.client.get("/api/catalogue/form-rules", headers=await house.log_in("desk1"))).json()
    assert rules["more"]["D08"] == ["not_accepted", "advice"]
    assert rules["private"]["id_number"] == ["D05"]
    assert {one["service"] for one in rules["materials"]} >= {"S02", "S03"}


async def looks(console: Feed, call: str, field: str = "") -> None:
    await console.socket.send(json.dumps({"type": "form", "call_id": call, "field": field}))


async def test_who_is_on_a_form_is_seen_and_let_go(served: House) -> None:
    house = served
    call = add_call(house.store)
    await on_board(house, call)
    desk, office, stranger = [await house.log_in(name) for name in ("desk1", "supervisor", "desk2")]
    key = f"forms/{call}"
    async with feed(house, desk) as mine, feed(house, office) as boss, feed(house, stranger) as other:
        for console, field in ((mine, "facts"), (boss, ""), (other, "facts")):
            await looks(console, call, field)
        await until(lambda: len(house.context.board.own.get(key, {}).get("people", ())) == 2)
        entity = house.context.board.own[key]
        assert [(one["role"], one["field"]) for one in entity["people"]] in (
            [("agent", "facts"), ("supervisor", "")],
            [("supervisor", ""), ("agent", "facts")],
        )
        assert "agt_8002" not in entity["agent_ids"], "an agent who has nothing to do with the call is not let in"
        await edit(house, desk, call, facts=(0, "写下的话"))
        assert (house.context.board.own[key]["version"], house.context.board.own[key]["saved_fields"]) == (1, ["facts"])
        assert "写下的话" not in json.dumps(house.context.board.own, ensure_ascii=False)
        await looks(boss, "")
        await until(lambda: len(house.context.board.own[key]["people"]) == 1)
    await until(lambda: key not in house.context.board.own)


async def test_who_falls_silent_is_let_go(served: House) -> None:
    house = served
    call = add_call(house.store)
    await on_board(house, call)
    async with feed(house, await house.log_in("desk1")) as mine:
        await looks(mine, call, "facts")
        await until(lambda: f"forms/{call}" in house.context.board.own)
        house.context.attendance.sweep(time.time() + house.settings.desk.presence_seconds + 1)
        assert f"forms/{call}" not in house.context.board.own


async def test_what_the_number_called_about_before(house: House) -> None:
    old = [add_call(house.store) for _ in range(7)]
    with house.store.write() as session:
        for n, call in enumerate(old):
            session.execute(update(Call).where(Call.call_id == call).values(arrived_at=time.time() - 3600 * (n + 1)))
        session.add(CallForm(call_id=old[0], fields={"category": "0201"}, saved_at=1.0))
    add_ticket(house.store, old[0], "20261122-0009-13")
    with house.store.write() as session:
        session.execute(update(Ticket).values(category="0201"))
    # The call rings: the database has not heard of it, the live call has its number's hash.
    live = {"call_id": "call_new", "agent_id": "agt_8001", "caller_hash": house.context.secrecy.index(NUMBER)}
    await house.redis.hset(keys.LIVE, "call_new", json.dumps(live))
    desk, boss = await house.log_in("desk1"), await house.log_in("supervisor")
    url = "/api/calls/call_new/caller"
    told = (await house.client.get(url, params={"category": "0201"}, headers=desk)).json()
    assert [row["call_id"] for row in told["calls"]] == old[:5]
    assert (told["total"], told["recent"], told["repeat"], told["more"]) == (7, 7, True, False)
    assert [row["number"] for row in told["open_tickets"]] == ["20261122-0009-13"]
    assert told["same_matter"] == {"calls": [old[0]], "tickets": ["20261122-0009-13"]}
    assert "欠薪" not in json.dumps(told, ensure_ascii=False)
    refused = await house.client.get(url, params={"everything": True}, headers=desk)
    assert refused.status_code == 403
    await on_board(house, "call_new")
    assert (await house.client.get(url, headers=boss)).json()["more"] is True
    everything = (await house.client.get(url, params={"everything": True}, headers=boss)).json()
    assert (len(everything["calls"]), everything["more"]) == (7, False)
    assert (await house.client.get(url, headers=await house.log_in("desk2"))).status_code == 404
    with house.store.write() as session:
        session.execute(update(Ticket).values(state="archived"))
    assert (await house.client.get(url, headers=desk)).json()["open_tickets"] == []
    await house.redis.hset(
        keys.LIVE, "call_anon", json.dumps({"call_id": "call_anon", "agent_id": "agt_8001", "caller_hash": ""})
    )
    nobody = (await house.client.get("/api/calls/call_anon/caller", headers=desk)).json()
    assert (nobody["known"], nobody["calls"]) == (False, [])
