"""Reading calls, tickets, tasks and experts: pages, searching, whose they are, and revealing a number."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import select

from hotline.store.models import AuditEvent
from tests.fakes.records import NUMBER, add_call, add_recording, add_task, add_ticket, add_transfer
from tests.integration.api.conftest import House, until

pytestmark = pytest.mark.integration

TICKET = "20261122-0001-38"


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def ids(answer: httpx.Response, key: str = "call_id") -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row[key] for row in answer.json()["items"]]


async def test_pages_are_whole_and_without_overlap(house: House) -> None:
    calls = [add_call(house.store, ago=100 - number, number=f"1380000000{number}") for number in range(7)][::-1]
    headers = await house.log_in("supervisor")
    seen: list[str] = []
    before = ""
    for _ in range(4):
        answer = await house.client.get("/api/calls", params={"limit": 2, "before": before}, headers=headers)
        seen += ids(answer)
        before = answer.json()["next"] or ""
    assert seen == calls
    assert before == ""
    for limit in (0, 201, -1, "x"):
        assert (await house.client.get("/api/calls", params={"limit": limit}, headers=headers)).status_code == 422
    assert (await house.client.get("/api/calls", params={"before": "call_x"}, headers=headers)).status_code == 422


async def test_agents_see_their_own_calls_only(house: House) -> None:
    mine, other = add_call(house.store), add_call(house.store, agent="agt_8002")
    headers = await house.log_in("desk1")
    assert ids(await house.client.get("/api/calls", headers=headers)) == [mine]
    assert (await house.client.get(f"/api/calls/{mine}", headers=headers)).status_code == 200
    assert code(await house.client.get(f"/api/calls/{other}", headers=headers)) == "call.missing"
    assert sorted(ids(await house.client.get("/api/calls", headers=await house.log_in("admin")))) == sorted([mine, other])


async def test_searching(house: House) -> None:
    one = add_call(house.store, number=NUMBER, ago=50)
    two = add_call(house.store, number="13900000001", ago=40, state="live", region_hint="100%")
    add_ticket(house.store, one, TICKET)
    headers = await house.log_in("supervisor")
    cases = {
        NUMBER: [one],
        "+86 138-1234-5678": [one],
        one: [one],
        TICKET: [one],
        "13900000002": [],
        "临江": [one],
        "%": [two],
        "' OR 1=1 --": [],
    }
    for q, wanted in cases.items():
        assert ids(await house.client.get("/api/calls", params={"q": q}, headers=headers)) == wanted, q
    assert ids(await house.client.get("/api/calls", params={"state": "live"}, headers=headers)) == [two]
    assert (await house.client.get("/api/calls", params={"state": "dead"}, headers=headers)).status_code == 422


async def test_one_call_with_everything(house: House) -> None:
    earlier = add_call(house.store, ago=500, agent="agt_8002")
    call = add_call(house.store, expert_id="exp_02", rating=1)
    add_transfer(house.store, call)
    add_ticket(house.store, call, TICKET)
    add_recording(house.store, house.settings.recordings_dir, call)
    answer = await house.client.get(f"/api/calls/{call}", headers=await house.log_in("desk1"))
    detail = answer.json()
    assert (detail["agent_name"], detail["expert_name"], detail["ticket_number"]) == ("陈静", "吴涛", TICKET)
    assert [(one["expert_name"], one["outcome"]) for one in detail["tries"]] == [("周明", "busy"), ("吴涛", "accepted")]
    assert [one["person_name"] for one in detail["talks"]] == ["陈静", "吴涛"]
    assert (detail["rating_row"]["score"], detail["rating_row"]["person_name"]) == (1, "吴涛")
    assert [one["state"] for one in detail["recordings"]] == ["sealed"]
    assert detail["ticket"]["centre_name"]
    assert [one["call_id"] for one in detail["history"]] == [earlier]
    assert detail["timeline"][0]["data"] == {"trunk": "demo", "caller_masked": "138****5678"}
    assert NUMBER not in answer.text
    assert "v1." not in answer.text


async def test_the_record_of_a_call_that_rings_here(house: House) -> None:
    call = add_call(house.store, agent="agt_8002", state="live")
    headers = await house.log_in("desk1")
    assert code(await house.client.get(f"/api/calls/{call}", headers=headers)) == "call.missing"
    await house.routing.change({"offers/o": {"offer_id": "o", "call_id": call, "agent_ids": ["agt_8001"]}})
    await until(lambda: house.context.board.state)
    assert (await house.client.get(f"/api/calls/{call}", headers=headers)).status_code == 200


async def test_revealing_a_number(house: House) -> None:
    call, hidden = add_call(house.store), add_call(house.store, number="", caller_enc="")
    url = f"/api/calls/{call}/reveal"
    headers = await house.log_in("desk1")
    assert code(await house.client.post(url, json={"purpose": "x"}, headers=headers)) == "request.purpose"
    answer = await house.client.post(url, json={"purpose": "回电 13812345678 核实"}, headers=headers)
    assert answer.json() == {"number": NUMBER}
    with house.store.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "number.revealed")).one()
    assert (event.actor, event.object) == ("acc_desk1", f"calls/{call}")
    assert NUMBER not in event.purpose
    other = await house.log_in("desk2")
    assert code(await house.client.post(url, json={"purpose": "好奇"}, headers=other)) == "call.missing"
    assert code(await house.client.post(url, json={"purpose": "好奇"}, headers=await house.log_in("admin"))) == "auth.forbidden"
    headers = await house.log_in("desk1")
    withheld = await house.client.post(f"/api/calls/{hidden}/reveal", json={"purpose": "回电"}, headers=headers)
    assert code(withheld) == "call.no_number"


async def test_tickets_and_tasks(house: House) -> None:
    mine, other = add_call(house.store, ago=50), add_call(house.store, agent="agt_8002", ago=40)
    add_ticket(house.store, mine, TICKET)
    add_ticket(house.store, other, "20261122-0002-36")
    task = add_task(house.store, other)
    headers = await house.log_in("desk1")
    assert ids(await house.client.get("/api/tickets", headers=headers), "number") == [TICKET]
    answer = await house.client.get(f"/api/tickets/{TICKET}", headers=headers)
    detail = answer.json()
    assert (detail["caller_name"], detail["caller_number_masked"], detail["id_number"]) == (
        "王**",
        "138****5678",
        "110105**********2X",
    )
    assert (detail["has_address"], detail["has_opposing_party"]) == (True, False)
    assert [event["name"] for event in detail["events"]] == ["registered"]
    assert not [secret for secret in ("王小明", NUMBER, "11010519491231002X", "花园路") if secret in answer.text]
    assert code(await house.client.get("/api/tickets/20261122-0002-36", headers=headers)) == "ticket.missing"
    assert ids(await house.client.get("/api/tasks", headers=headers), "id") == [task]
    boss = await house.log_in("supervisor")
    page = await house.client.get("/api/tickets", params={"limit": 1}, headers=boss)
    more = await house.client.get("/api/tickets", params={"limit": 1, "before": page.json()["next"]}, headers=boss)
    assert sorted(ids(page, "number") + ids(more, "number")) == [TICKET, "20261122-0002-36"]
    assert ids(await house.client.get("/api/tickets", params={"q": NUMBER}, headers=boss), "number")
    assert ids(await house.client.get("/api/tickets", params={"state": "done"}, headers=boss), "number") == []


async def test_experts_with_their_live_state(house: House) -> None:
    await house.routing.change({"experts/exp_02": {"id": "exp_02", "state": "on_call", "since": 7.0}})
    await until(lambda: house.context.board.state)
    headers = await house.log_in("desk1")
    rows = (await house.client.get("/api/experts", headers=headers)).json()["items"]
    assert len(rows) == 11, "eight experts and three on duty at night"
    assert (rows[-1]["id"], rows[-1]["state"], rows[-1]["since"]) == ("exp_02", "on_call", 7.0), "the free ones first"
    notary = await house.client.get("/api/experts", params={"category": "0101", "region": "990102"}, headers=headers)
    found = notary.json()["items"]
    assert found[0]["region"] == "990102"
    assert all({"MF", "GN"} & set(row["skills"]) for row in found)
    assert "phone" not in notary.text


async def test_the_catalogue(house: House) -> None:
    lists = (await house.client.get("/api/catalogue", headers=await house.log_in("desk1"))).json()
    shown = set(lists) - {"skills"}
    assert len(shown) == 18
    for name in shown:
        assert lists[name], name
        assert all(item["code"] and item["zh"] and item["en"] for item in lists[name]), name
