"""Tickets over the API: who sees and does what, one way from desk to archive, requests twice, centres and rules."""

from __future__ import annotations

import inspect
import re
import sys
import time
from typing import Any

import pytest

from hotline.api.errors import CATALOGUE
from hotline.store.models import AuditEvent
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import House

pytestmark = pytest.mark.integration

TOWN, COUNTY, CITY, OTHER = "ctr_990102101", "ctr_990102", "ctr_990100", "ctr_990103101"


class Desk:
    """People at the API."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.heads: dict[str, dict[str, str]] = {}

    async def of(self, who: str) -> dict[str, str]:
        if who not in self.heads:
            self.heads[who] = await self.house.log_in(who)
        return self.heads[who]

    async def get(self, who: str, path: str, **params: Any) -> Any:
        answer = await self.house.client.get(f"/api{path}", params=params, headers=await self.of(who))
        return answer.json() if answer.status_code == 200 else answer.json()["error"]["code"]

    async def send(self, method: str, who: str, path: str, body: Any = None, key: str = "") -> Any:
        headers = {**(await self.of(who)), **({"Idempotency-Key": key} if key else {})}
        answer = await self.house.client.request(method, f"/api{path}", json=body, headers=headers)
        return answer.json() if answer.status_code == 200 else answer.json()["error"]["code"]

    async def act(self, who: str, number: str, act: str, key: str = "", version: int | None = None, **given: Any) -> Any:
        if version is None:
            seen = await self.get("supervisor", f"/tickets/{number}")
            version = seen["version"]
        return await self.send("POST", who, f"/tickets/{number}/acts", {"act": act, "version": version, "given": given}, key)


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


async def test_the_whole_way(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17", facts="企业体检")
    seen = await desk.get("centre", f"/tickets/{number}")
    assert {act["name"] for act in seen["acts"]} >= {"accept", "decline", "ask_papers"}
    assert seen["caller_name"] == "王**" or "*" in seen["caller_name"]
    assert await desk.act("town", number, "accept") == "ticket.missing"  # the county has it, the town below does not see it
    assert (await desk.act("centre", number, "accept"))["state"] == "accepted"
    assert (await desk.act("centre", number, "assign", centre_id=TOWN))["centre_id"] == TOWN
    assert await desk.act("centre", number, "sign", version=1) == "ticket.version"
    signed = await desk.act("town", number, "sign", key="k1")
    assert (signed["state"], signed["handler_name"]) == ("signed", "白沙镇工作站")
    again = await desk.act("town", number, "sign", key="k1", version=2)
    assert (again["state"], again["version"]) == ("signed", signed["version"])
    assert await desk.act("town", number, "note", key="k1", why="另一件事") == "ticket.key_used"
    assert await desk.act("town", number, "tell", way="phone") == "ticket.transition"
    assert await desk.act("town", number, "suspend", reason="expert", why="等待") == "ticket.not_yours"
    await desk.act("town", number, "handle")
    assert (await desk.act("town", number, "ask_extension", amount=5, why="等待鉴定"))["extension_asked"] == 5
    assert (await desk.act("director", number, "grant_extension", way="phone"))["extension_asked"] == 0
    assert await desk.act("town", number, "finish", result="") == "ticket.needs"
    await desk.act("town", number, "finish", result="已完成体检并出具报告")
    await desk.act("town", number, "tell", way="paper")
    assert await desk.act("town", number, "follow_up", matter=1, handler=1, text="满意") == "ticket.not_yours"
    await desk.act("director", number, "follow_up", matter=1, handler=2, text="满意")
    done = await desk.act("centre", number, "archive")
    assert (done["state"], done["due_at"], done["acts"][-1]["name"]) == ("archived", None, "note")
    assert [event["name"] for event in done["events"]] == [
        "registered", "dispatched", "accept", "assign", "sign", "handle", "ask_extension", "grant_extension", "finish", "tell",
        "follow_up", "archive",
    ]  # fmt: skip
    assert [event["seq"] for event in done["events"]] == list(range(1, 13))


async def test_the_list_by_deadline_pages_and_keeps_to_the_branch(house: House, desk: Desk) -> None:
    now = time.time()
    numbers = [add_matter(house.store, now=now - 3600 * n, service_type="S17", category=f"02{n:02d}") for n in range(5)]
    elsewhere = add_matter(house.store, now=now, service_type="S17", matter_region="990103")
    found, before = [], ""
    while True:
        page = await desk.get("centre", "/tickets", order="deadline", limit=2, before=before)
        found += page["items"]
        before = page["next"]
        if not before:
            break
    assert [row["number"] for row in found] == [
        row["number"] for row in sorted(found, key=lambda row: (row["due_at"], row["number"]))
    ]
    assert {row["number"] for row in found} == set(numbers)
    assert elsewhere in {row["number"] for row in (await desk.get("city", "/tickets", order="deadline"))["items"]}
    assert (await desk.get("town", "/tickets"))["items"] == []
    assert await desk.get("centre", f"/tickets/{elsewhere}") == "ticket.missing"
    assert [row["number"] for row in (await desk.get("centre", "/tickets", q=numbers[2]))["items"]] == [numbers[2]]
    assert (await desk.get("centre", "/tickets", q="王小明"))["items"][0]["caller_number_masked"] == "138****5678"
    assert (await desk.get("centre", "/tickets", q="离婚"))["items"] == []


async def test_sharing_is_explicit_and_on_record(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S07", matter_region="990103101")
    assert (await desk.get("supervisor", f"/tickets/{number}"))["centre_id"] == OTHER
    assert await desk.get("centre", f"/tickets/{number}") == "ticket.missing"
    body = {"centre_id": COUNTY, "why": "两地联合调解"}
    assert await desk.send("POST", "centre", f"/tickets/{number}/shares", body) == "ticket.missing"
    assert await desk.send("POST", "supervisor", f"/tickets/{number}/shares", body) == {"ok": True}
    assert await desk.send("POST", "supervisor", f"/tickets/{number}/shares", {**body, "centre_id": CITY}) == "ticket.share_own"
    seen = await desk.get("centre", f"/tickets/{number}")
    assert [row["centre_id"] for row in seen["shares"]] == [COUNTY]
    assert seen["acts"] == []  # seen, not handled
    assert await desk.act("centre", number, "accept") == "ticket.not_yours"
    assert seen["events"][-1]["name"] == "shared"
    assert await desk.send("DELETE", "supervisor", f"/tickets/{number}/shares/{COUNTY}") == {"ok": True}
    assert await desk.get("centre", f"/tickets/{number}") == "ticket.missing"
    with house.store.read() as session:
        actions = [row.action for row in session.query(AuditEvent) if row.object == f"tickets/{number}"]
    assert actions == ["ticket.shared", "ticket.share_ended"]


async def test_many_are_signed_at_once_each_by_itself(house: House, desk: Desk) -> None:
    now = time.time()
    numbers = [add_matter(house.store, now=now, service_type="S07", category=f"02{n:02d}") for n in range(3)]
    for number in numbers[:2]:
        await desk.act("centre", number, "accept")
        await desk.act("centre", number, "assign", centre_id=TOWN)
    items = [{"number": number, "version": 3 if number != numbers[2] else 1} for number in numbers]
    found = await desk.send("POST", "town", "/tickets/sign", {"items": items}, key="bulk1")
    assert [row["code"] for row in found["items"]] == ["", "", "ticket.transition"]
    again = await desk.send("POST", "town", "/tickets/sign", {"items": items}, key="bulk1")
    assert [row["code"] for row in again["items"]] == ["", "", "ticket.transition"]
    assert {(await desk.get("town", f"/tickets/{number}"))["state"] for number in numbers[:2]} == {"signed"}


async def test_an_old_request_is_no_way_back_to_what_one_may_not_see(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17")
    await desk.act("centre", number, "accept")
    await desk.act("centre", number, "assign", centre_id=TOWN)
    sent_back = {"reason": "area", "basis": "不属于本镇辖区"}
    first = await desk.act("town", number, "object", key="k9", **sent_back)
    assert (first["state"], first["gone"]) == ("objected", True)
    again = await desk.act("town", number, "object", key="k9", version=1, **sent_back)
    assert again == first, "the answer was lost on its way: here it is again"
    await desk.act("centre", number, "note", why="另与城西街道联系")
    assert await desk.act("town", number, "object", key="k9", version=1, **sent_back) == "ticket.missing"


async def test_the_callers_data_is_shown_with_a_purpose_only(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17")
    assert await desk.send("POST", "centre", f"/tickets/{number}/reveal", {"purpose": ""}) == "request.purpose"
    assert await desk.send("POST", "town", f"/tickets/{number}/reveal", {"purpose": "打印工单"}) == "ticket.missing"
    shown = await desk.send("POST", "centre", f"/tickets/{number}/reveal", {"purpose": "打印工单"})
    assert (shown["caller_name"], shown["caller_number"]) == ("王小明", "13812345678")
    with house.store.read() as session:
        row = session.query(AuditEvent).filter_by(action="ticket.revealed").one()
        assert (row.purpose, row.object) == ("打印工单", f"tickets/{number}")


async def test_why_a_limit_ends_when_it_does(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17")
    found = (await desk.get("centre", f"/tickets/{number}/deadlines"))["items"][0]
    seen = await desk.get("centre", f"/tickets/{number}")
    assert (found["rule"], found["due_at"]) == ("HL-DISPATCH", seen["due_at"])
    assert found["days"][0]["why"] == "start"
    assert [day["number"] for day in found["days"] if day["number"]] == [1, 2, 3]
    assert found["zh"][-1].startswith("到期：")


async def test_centres_and_rules_are_data(house: House, desk: Desk) -> None:
    rows = {row["id"]: row for row in (await desk.get("centre", "/centres"))["items"]}
    clerk = {"id": "", "name": "白沙镇工作站", "director": False, "number": "", "phone_masked": ""}
    assert rows[TOWN]["staff"] == [clerk]
    assert rows[OTHER]["staff"] == []
    wish = {
        "name": "白沙镇公共法律服务工作站",
        "level": "town",
        "parent_id": COUNTY,
        "region_code": "990102101",
        "services": ["S07"],
    }
    assert await desk.send("PUT", "supervisor", f"/centres/{TOWN}", wish) == "auth.forbidden"
    assert await desk.send("PUT", "admin", f"/centres/{TOWN}", {**wish, "parent_id": TOWN}) == "centre.parent"
    assert await desk.send("PUT", "admin", f"/centres/{TOWN}", {**wish, "services": ["S99"]}) == "centre.services"
    assert await desk.send("PUT", "admin", f"/centres/{TOWN}", wish) == {"ok": True}
    rule = {"service_type": "S10", "region_code": "990102101", "level": "town", "reason": "由镇站办理"}
    assert (await desk.send("PUT", "admin", "/dispatch-rules", rule))["region_code"] == "990102101"
    # the town's station offers S07 only since: the next one up takes it, and says so
    where = await desk.get("centre", "/dispatch-proposal", service_type="S10", region="990102101")
    assert (where["centre_id"], "无可用的乡镇级中心" in where["zh"]) == (COUNTY, True)
    number = add_matter(house.store, now=time.time(), service_type="S07")
    assert (await desk.get("supervisor", f"/tickets/{number}"))["centre_id"] == TOWN
    assert await desk.send("PUT", "admin", f"/centres/{TOWN}", {**wish, "active": False}) == "centre.has_tickets"
    found = (await desk.get("admin", "/dispatch-rules"))["items"]
    mine = next(row for row in found if row["region_code"] == "990102101")
    assert await desk.send("DELETE", "admin", f"/dispatch-rules/{mine['id']}") == {"ok": True}
    assert await desk.send("DELETE", "admin", f"/dispatch-rules/{mine['id']}") == "rule.missing"


async def test_the_picture_of_bounces(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17")
    await desk.act("centre", number, "accept")
    await desk.act("centre", number, "assign", centre_id=TOWN)
    back = await desk.act("town", number, "object", reason="area", basis="不属于本镇辖区")
    assert (back["state"], back["centre_id"]) == ("objected", COUNTY)
    assert await desk.get("town", f"/tickets/{number}") == "ticket.missing"
    await desk.act("centre", number, "reassign", centre_id=TOWN, why="确属白沙镇")
    twice = await desk.act("town", number, "object", reason="level", basis="应由县区办理")
    assert (twice["centre_id"], [act["name"] for act in twice["acts"]]) == (CITY, [])
    final = await desk.act("city", number, "adjudicate", centre_id=TOWN, why="裁定由镇站办理")
    assert final["final"]
    assert await desk.act("town", number, "object", reason="level", basis="应由县区办理") == "ticket.objection_spent"
    row = (await desk.get("centre", "/ticket-bounces"))["items"][0]
    assert (row["centre_id"], row["sent_by"], row["count"], row["kept"]) == (TOWN, COUNTY, 2, 2)


async def test_every_code_of_the_rules_has_words() -> None:
    codes = set(re.findall(r'"(ticket\.[a-z_]+)"', inspect.getsource(sys.modules["hotline.core.tickets.decide"])))
    assert len(codes) > 15
    assert codes <= set(CATALOGUE)
