"""The form: drafts and versions, who may write, what is shown to whom, and what it takes to submit."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text, update

from hotline.bus import keys
from hotline.store.models import Call, CallForm
from tests.fakes.records import add_call
from tests.integration.api.conftest import House, until

pytestmark = pytest.mark.integration

FULL = {
    "caller_name": "王小明",
    "caller_number": "13912345678",
    "matter_region": "990102",
    "category": "0101",
    "service_type": "S01",
    "facts": "想离婚，财产怎么分",
    "advice": "先协商",
    "disposition": "D01",
    "applies": True,
    "risk_flags": [],
    "id_number": "11010519491231002X",
    "address": "江北区花园路 8 号",
    "opposing_party": "李四",
}
SECRETS = ("王小明", "13912345678", "11010519491231002X", "花园路", "李四")
WORDS = ("想离婚", "先协商")


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def save(house: House, headers: dict[str, str], call: str, version: int, **fields: Any) -> httpx.Response:
    return await house.client.put(f"/api/calls/{call}/form", json={"version": version, "fields": fields}, headers=headers)


async def submit(house: House, headers: dict[str, str], call: str, version: int, **fields: Any) -> httpx.Response:
    body = {"version": version, "fields": fields}
    return await house.client.post(f"/api/calls/{call}/form/submit", json=body, headers=headers)


async def on_board(house: House, call: str, agent: str) -> None:
    entity = {"call_id": call, "agent_id": agent, "caller_masked": "138****5678", "phase": "agent_talk"}
    await house.routing.change({f"calls/{call}": entity})
    await until(lambda: f"calls/{call}" in house.context.board.state)


async def test_the_first_draft_comes_before_the_call_is_in_the_database(house: House) -> None:
    await on_board(house, "call_new", "agt_8001")
    mine, other = await house.log_in("desk1"), await house.log_in("desk2")
    empty = (await house.client.get("/api/calls/call_new/form", headers=mine)).json()
    hints = empty.pop("hints")
    assert (hints["legal_aid"], hints["limits"], hints["notice"], hints["priority"]) == ([], [], {"zh": "", "en": ""}, 3)
    assert empty == {
        "version": 0,
        "fields": {"caller_number": "138****5678"},
        "submitted_at": None,
        "saved_at": None,
        "versions": {},
        "conflicts": {},
        "refused": {},
    }
    saved = await save(house, mine, "call_new", 0, facts="欠薪", caller_number="138****5678")
    assert saved.status_code == 200, saved.text
    assert saved.json()["version"] == 1
    with house.store.read() as session:
        row = session.get_one(CallForm, "call_new")
    assert row.caller_number_enc == "", "the prefilled mask is not a number that was typed"
    refused = await save(house, other, "call_new", 1, facts="x")
    assert (refused.status_code, code(refused)) == (403, "call.not_yours")
    assert code(await house.client.get("/api/calls/call_new/form", headers=other)) == "call.missing"


async def test_permission_out_of_the_live_snapshot_and_out_of_an_accept(house: House) -> None:
    headers = await house.log_in("desk1")
    assert code(await save(house, headers, "call_live", 0, facts="x")) == "call.missing"
    await house.redis.hset(keys.LIVE, "call_live", json.dumps({"call_id": "call_live", "agent_id": "agt_8001"}))
    assert (await save(house, headers, "call_live", 0, facts="x")).status_code == 200
    house.routing.answers["accept_offer"] = {"ok": True, "data": {"call_id": "call_acc"}}
    assert (await house.client.post("/api/offers/off_1/accept", headers=headers)).json() == {"call_id": "call_acc"}
    assert (await save(house, headers, "call_acc", 0, facts="x")).status_code == 200


async def test_the_form_opens_while_the_offer_rings(house: House) -> None:
    headers = await house.log_in("desk1")
    offer = {"offer_id": "off_1", "call_id": "call_ring", "agent_ids": ["agt_8001", "agt_8002"]}
    await house.routing.change({"offers/off_1": offer})
    await until(lambda: house.context.board.state)
    assert (await house.client.get("/api/calls/call_ring/form", headers=headers)).json()["version"] == 0


async def test_a_conflict_shows_the_current_one(house: House) -> None:
    call = add_call(house.store)
    await on_board(house, call, "agt_8001")
    headers = await house.log_in("desk1")
    await save(house, headers, call, 0, facts="一", caller_name="王小明")
    late = await save(house, headers, call, 0, facts="二")
    assert (late.status_code, code(late)) == (409, "form.version")
    current = late.json()["error"]["details"]["current"]
    assert (current["version"], current["fields"]["facts"], current["fields"]["caller_name"]) == (1, "一", "王小明")


async def test_clear_while_it_is_mine_masked_afterwards(house: House) -> None:
    call = add_call(house.store)
    await on_board(house, call, "agt_8001")
    mine, boss = await house.log_in("desk1"), await house.log_in("supervisor")
    await save(house, mine, call, 0, **FULL)
    shown = (await house.client.get(f"/api/calls/{call}/form", headers=mine)).json()["fields"]
    assert shown == FULL
    for headers in (boss, mine):
        shown = (await house.client.get(f"/api/calls/{call}/form", headers=headers)).json()["fields"]
        assert shown["caller_name"] == ("王**" if headers is boss else "王小明")
    await house.routing.change({}, f"calls/{call}")
    await until(lambda: f"calls/{call}" not in house.context.board.state)
    answer = await house.client.get(f"/api/calls/{call}/form", headers=mine)
    assert not [secret for secret in SECRETS if secret in answer.text]
    assert answer.json()["fields"]["caller_number"] == "139****5678"
    # What comes back masked leaves what is stored alone; what was typed anew is taken.
    again = {**answer.json()["fields"], "caller_name": "王大明", "advice": "协商一下"}
    assert (await save(house, mine, call, 1, **again)).status_code == 200
    with house.store.read() as session:
        from hotline.store.repositories import forms

        stored = forms.get(session, house.context.secrecy, call).fields
    assert {**stored} == {**FULL, "caller_name": "王大明", "advice": "协商一下"}


async def test_nothing_personal_lies_in_the_database_in_clear(house: House) -> None:
    call = add_call(house.store)
    await save(house, await house.log_in("desk1"), call, 0, **FULL)
    with house.store.read() as session:
        rows = str(session.execute(text("SELECT * FROM call_forms")).all())
    assert not [secret for secret in (*SECRETS, *WORDS) if secret in rows]
    raw = b"".join(path.read_bytes() for path in house.settings.home.glob("hotline.db*"))
    assert not [secret for secret in (*SECRETS, *WORDS) if secret.encode() in raw]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"nonsense": 1}, {"nonsense": "unknown_field"}),
        ({"category": "9999"}, {"category": "unknown_code"}),
        ({"matter_region": "110000"}, {"matter_region": "unknown_code"}),
        ({"risk_flags": ["R01", "R77"]}, {"risk_flags": "unknown_code"}),
        ({"risk_flags": "R01"}, {"risk_flags": "type"}),
        ({"facts": "长" * 5001}, {"facts": "too_long"}),
        ({"caller_number": "12<script>"}, {"caller_number": "format"}),
        ({"identity_refused": "yes"}, {"identity_refused": "type"}),
        ({"caller_name": "张**"}, {"caller_name": "masked"}),
    ],
)
async def test_what_a_field_must_not_be(house: House, fields: dict[str, Any], wrong: dict[str, str]) -> None:
    answer = await save(house, await house.log_in("desk1"), add_call(house.store), 0, **fields)
    assert (answer.status_code, code(answer)) == (422, "form.invalid")
    assert answer.json()["error"]["details"]["fields"] == wrong
    assert "script" not in answer.text


async def test_submitting(house: House) -> None:
    call = add_call(house.store)
    headers = await house.log_in("desk1")
    lacking = await submit(house, headers, call, 0, disposition="D01", facts="x")
    assert (lacking.status_code, code(lacking)) == (422, "form.incomplete")
    assert lacking.json()["error"]["details"]["fields"] == [
        "category",
        "matter_region",
        "service_type",
        "advice",
        "caller_name",
    ]
    wrong = await submit(house, headers, call, 0, **{**FULL, "id_number": "110105194912310021"})
    assert wrong.json()["error"]["details"] == {"fields": {"id_number": "check_digit"}}
    done = await submit(house, headers, call, 0, **FULL)
    assert done.status_code == 200, done.text
    assert done.json()["submitted_at"]
    assert await house.redis.lrange(keys.JOBS_WAKE, 0, -1) == [call]
    assert code(await save(house, headers, call, 1, facts="y")) == "form.submitted"


async def test_a_short_form_for_callers_who_broke_off(house: House) -> None:
    call = add_call(house.store)
    done = await submit(house, await house.log_in("desk1"), call, 0, disposition="D09", category="01")
    assert done.status_code == 200, done.text


async def test_after_the_outcome_the_form_is_closed(house: House) -> None:
    call = add_call(house.store)
    with house.store.write() as session:
        session.execute(update(Call).where(Call.call_id == call).values(outcome="consultation"))
    answer = await save(house, await house.log_in("desk1"), call, 0, facts="x")
    assert (answer.status_code, code(answer)) == (409, "form.closed")


async def test_a_call_that_we_cut_off_may_be_written_up(house: House) -> None:
    """It is called back whatever the form says, so its outcome is made at once; the agent has the wrap-up all the same."""
    call = add_call(house.store)
    headers = await house.log_in("desk1")
    await save(house, headers, call, 0, facts="说到一半")

    def became(outcome: str, ended_at: float, agent_at: float | None) -> None:
        with house.store.write() as session:
            changed = {"outcome": outcome, "cause": "system_failure", "ended_at": ended_at, "agent_connected_at": agent_at}
            session.execute(update(Call).where(Call.call_id == call).values(**changed))

    now = time.time()
    became("callback", now, None)
    assert code(await submit(house, headers, call, 1, **FULL)) == "form.closed", "no agent ever had it"
    became("callback", now - house.settings.queue.wrap_up_seconds - 11, now - 200)
    assert code(await submit(house, headers, call, 1, **FULL)) == "form.closed", "the wrap-up is over"
    became("callback", now, now - 200)
    assert (await save(house, headers, call, 1, facts="说到一半，断了")).status_code == 200
    assert (await submit(house, headers, call, 2, **FULL)).status_code == 200
    assert code(await submit(house, headers, call, 3, **FULL)) == "form.submitted"


async def test_who_may_write_afterwards(house: House) -> None:
    call = add_call(house.store, agent="agt_8002")
    assert code(await save(house, await house.log_in("desk1"), call, 0, facts="x")) == "call.not_yours"
    assert code(await save(house, await house.log_in("admin"), call, 0, facts="x")) == "auth.forbidden"
    assert (await save(house, await house.log_in("supervisor"), call, 0, facts="x")).status_code == 200
    with house.store.read() as session:
        assert session.scalar(select(CallForm.saved_by)) == "acc_supervisor"
