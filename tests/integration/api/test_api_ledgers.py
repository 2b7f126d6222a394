"""Ledgers, exports, hand-overs, centres' staff over the API: who sees and does what."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from hotline.jobs.durable import Runner
from hotline.jobs.handlers import handlers
from hotline.store.ledgers import exports
from hotline.store.models import AuditEvent
from hotline.store.repositories import jobs
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import House
from tests.integration.api.test_api_tickets import COUNTY, OTHER, TOWN, Desk

pytestmark = pytest.mark.integration

DAYS = {"first": "2020-01-01", "last": "2029-12-30"}


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


async def work(house: House) -> None:
    def run() -> None:
        with house.store.read() as session:
            due = jobs.due(session, time.time())
        for job_id in due:
            Runner(house.store, handlers()).run(job_id)

    await asyncio.to_thread(run)


async def test_a_ledger_from_the_form_to_the_file(house: House, desk: Desk) -> None:
    names = [row["name"] for row in await desk.get("supervisor", "/ledgers")]
    assert names == ["visits", "calls", "cases", "complaints", "duty", "advisers"]
    assert "duty" not in [row["name"] for row in await desk.get("town", "/ledgers")]
    assert await desk.get("desk1", "/ledgers") == "auth.forbidden"
    body = {"visitor": "王小明", "phone": "13812345678", "matter": "=1+1", "outcome": "answered"}
    written = await desk.send("POST", "town", "/visits", body, key="v1")
    assert await desk.send("POST", "town", "/visits", body, key="v1") == written
    assert await desk.send("POST", "admin", "/visits", body) == "auth.forbidden"
    page = await desk.get("centre", "/ledgers/visits", **DAYS)
    assert [row["cells"]["visitor"] for row in page["items"]] == ["王**"]
    assert page["totals"] == {"lines": 1, "visits": 1, "people": 1, "visit_outcome.answered": 1}
    assert await desk.get("centre", "/ledgers/visits", **{**DAYS, "last": "2019-01-01"}) == "ledger.date"
    assert await desk.get("centre", "/ledgers/visits", disposition="D01", **DAYS) == "ledger.filter"
    assert await desk.get("centre", "/ledgers/duty", **DAYS) == "ledger.missing"
    wish: dict[str, Any] = {"ledger": "visits", "format": "csv", **DAYS, "purpose": "考核"}
    assert await desk.send("POST", "centre", "/exports", {**wish, "purpose": " "}) == "request.purpose"
    assert await desk.send("POST", "centre", "/exports", {**wish, "clear": True}) == "ledger.clear"
    asked = await desk.send("POST", "centre", "/exports", wish)
    assert await desk.get("centre", f"/exports/{asked['id']}/file") == "export.not_ready"
    assert await desk.get("town", f"/exports/{asked['id']}") == "export.missing"
    await work(house)
    done = await desk.get("centre", f"/exports/{asked['id']}")
    assert (done["state"], done["rows_done"], done["rows_total"]) == ("done", 1, 1)
    answer = await house.client.get(f"/api/exports/{asked['id']}/file", headers=await desk.of("centre"))
    assert answer.status_code == 200
    assert "'=1+1" in answer.text
    assert "王小明" not in answer.text
    assert "attachment" in answer.headers["content-disposition"]
    assert len(answer.content) == done["bytes"]
    with house.store.read() as session:
        actions = [row.action for row in session.query(AuditEvent) if row.object == f"exports/{asked['id']}"]
        assert [row.purpose for row in session.query(AuditEvent) if row.action == "export.taken"] == ["考核"]
    assert actions == ["export.asked", "export.made", "export.taken"]
    with house.store.write() as session:  # their rights change: what was made with the old ones is over
        exports.recall(session, "acc_centre", time.time())
    assert await desk.get("centre", f"/exports/{asked['id']}/file") == "export.expired"
    await work(house)
    assert list(house.settings.exports_dir.glob("*")) == []
    assert await desk.send("POST", "town", f"/visits/{written['id']}/void", {"reason": "重复登记"}) == {"ok": True}
    assert await desk.send("POST", "town", f"/visits/{written['id']}/void", {"reason": "重复登记"}) == "ledger.voided"


async def test_a_ticket_changes_hands_when_the_other_accepts(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17")
    await desk.act("centre", number, "accept")
    people = await desk.get("centre", f"/tickets/{number}/recipients")
    assert people["items"][0]["name"] == "江北区中心主任"  # own centre first
    assert await desk.get("town", f"/tickets/{number}") == "ticket.missing"
    offered = await desk.act("centre", number, "offer_handover", person_id="acc_town", why="白沙镇的事")
    assert (offered["handover"]["to_person"], offered["keeper_name"]) == ("白沙镇工作站", "江北区中心")
    seen = await desk.get("town", f"/tickets/{number}")  # whom it is offered to may read it
    assert seen["handover"]["mine"]
    assert [row["number"] for row in (await desk.get("town", "/tickets", offered="true"))["items"]] == [number]
    assert await desk.act("director", number, "accept_handover") == "ticket.not_yours"
    taken = await desk.act("town", number, "accept_handover")
    assert (taken["keeper_name"], taken["centre_id"], taken["handover"]) == ("白沙镇工作站", TOWN, None)
    assert (await desk.get("town", "/tickets", offered="true"))["items"] == []
    await desk.act("town", number, "offer_handover", centre_id=OTHER, why="当事人住城南")
    refused = await desk.act("town", number, "recall_handover")
    assert (refused["centre_id"], refused["handover"]) == (TOWN, None)


async def test_a_repeated_caller_is_told_how_it_stands(house: House, desk: Desk) -> None:
    first = add_matter(house.store, now=time.time() - 60, service_type="S17")
    second = add_matter(house.store, now=time.time(), service_type="S17")
    told = (await desk.get("supervisor", f"/tickets/{second}"))["progress"]
    assert told["number"] == first
    assert first in told["zh"]
    merged = await desk.act("supervisor", second, "merge", into=first)
    assert merged["merged_into"] == first
    assert await desk.act("town", second, "unmerge", why="不同纠纷") == "ticket.missing"
    assert await desk.act("centre", second, "unmerge", why="不同纠纷") == "ticket.not_yours"
    back = await desk.act("director", second, "unmerge", why="不同纠纷")
    assert (back["state"], back["repeat_of"]) == ("registered", "")
    assert (await desk.get("supervisor", f"/tickets/{first}"))["repeats"] == 0


async def test_who_works_at_a_centre(house: House, desk: Desk) -> None:
    assert await desk.send("PUT", "supervisor", f"/centres/{COUNTY}/staff/acc_town", {"director": True}) == "auth.forbidden"
    assert await desk.send("PUT", "admin", f"/centres/{COUNTY}/staff/acc_desk1", {}) == "centre.staff"
    assert await desk.send("PUT", "admin", f"/centres/{OTHER}/staff/acc_town", {"director": True}) == {"ok": True}
    rows = {row["id"]: row for row in (await desk.get("admin", "/centres"))["items"]}
    clerk = {"id": "acc_town", "name": "白沙镇工作站", "director": True, "number": "", "phone_masked": ""}
    assert rows[OTHER]["staff"] == [clerk]
    assert all(not one["id"] for row in (await desk.get("supervisor", "/centres"))["items"] for one in row["staff"])
    assert await desk.send("DELETE", "admin", f"/centres/{TOWN}/staff/acc_town") == "account.missing"
    assert await desk.send("DELETE", "admin", f"/centres/{OTHER}/staff/acc_town") == {"ok": True}
    assert (await desk.get("town", "/tickets"))["items"] == []
