"""The catalogue at hand over HTTP: found by everybody, kept by the office, every change a version and an audit row."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from hotline.store import audit
from hotline.store.models import AuditEvent
from hotline.store.repositories import external_hotlines
from tests.integration.api.conftest import House

pytestmark = pytest.mark.integration

SCRIPT = {"kind": "script", "title": "试用话术", "fields": {"text": "请您稍等片刻。", "when": "查询时"}, "keywords": ["稍等"]}


async def ask(house: House, headers: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    answer = await house.client.get("/api/knowledge", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def trail(house: House) -> list[AuditEvent]:
    with house.store.read() as session:
        assert audit.verify(session).ok
        query = select(AuditEvent).where(AuditEvent.action.like("knowledge.%")).order_by(AuditEvent.seq)
        return list(session.scalars(query))


async def test_two_characters_pinyin_and_numbers(house: House) -> None:
    headers = await house.log_in("desk1")
    first = (await ask(house, headers, q="仲裁", kind="guide"))[0]
    assert (first["title"], first["standing"]) == ("申请劳动仲裁", "in_force")
    assert first["read_out"].startswith("申请劳动仲裁。\n办理条件：")
    for typed in ("laodongzhongcai", "ldzc", "劳动 zc"):
        assert "申请劳动仲裁" in [one["title"] for one in await ask(house, headers, q=typed)], typed
    with house.store.write() as session:
        external_hotlines.seed(session, house.context.secrecy, 1.0)
    hotline = (await ask(house, headers, q="12333"))[0]
    assert hotline["phones"] == [{"number": "12333", "hotline_id": "hl_12333"}]
    assert await ask(house, headers, q="！！") == []
    near = await ask(house, headers, q="法援", kind="institution", type="legal_aid", region="990102")
    assert [one["region_name"] for one in near] == ["江北区", "临江市"]


async def test_pages_of_the_whole(house: House) -> None:
    headers = await house.log_in("desk1")
    seen: list[int] = []
    before = ""
    while before is not None:
        answer = (await house.client.get("/api/knowledge", params={"limit": 30, "before": before}, headers=headers)).json()
        seen += [one["id"] for one in answer["items"]]
        before = answer["next"]
    assert len(seen) == len(set(seen)) >= 60
    laws = await ask(house, headers, kind="law", limit=50)
    assert [one["standing"] for one in laws][-2:] == ["outdated", "outdated"]
    assert not [one for one in await ask(house, headers, kind="law", limit=50, current=True) if one["standing"] != "in_force"]


async def test_the_office_keeps_it_and_nobody_else(house: House) -> None:
    agent, office = await house.log_in("desk1"), await house.log_in("supervisor")
    refused = await house.client.post("/api/knowledge", json=SCRIPT, headers=agent)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "auth.forbidden")
    made = (await house.client.post("/api/knowledge", json=SCRIPT, headers=office)).json()
    assert (made["version"], made["standing"]) == (1, "in_force")
    url = f"/api/knowledge/{made['id']}"
    assert [one["id"] for one in await ask(house, agent, q="shaodeng")] == [made["id"]]

    changed = {**SCRIPT, "title": "等候话术", "version": 1}
    assert (await house.client.put(url, json=changed, headers=office)).json()["version"] == 2
    late = await house.client.put(url, json={**SCRIPT, "version": 1}, headers=office)
    assert (late.status_code, late.json()["error"]["code"], late.json()["error"]["details"]) == (
        409,
        "knowledge.version",
        {"version": 2},
    )
    assert (await house.client.post(f"{url}/remove", headers=office)).status_code == 200
    assert await ask(house, agent, q="等候话术") == []
    back = await house.client.post(f"{url}/restore", json={"restore": 1, "version": 3}, headers=office)
    assert (back.json()["title"], back.json()["version"], back.json()["active"]) == ("试用话术", 4, True)
    versions = (await house.client.get(f"{url}/versions", headers=office)).json()["items"]
    assert [(one["version"], one["action"], one["by_name"]) for one in versions] == [
        (4, "restored", "班长"), (3, "removed", "班长"), (2, "changed", "班长"), (1, "added", "班长"),
    ]  # fmt: skip
    assert (await house.client.get(f"{url}/versions", headers=agent)).status_code == 403
    assert [(one.action, one.data["version"]) for one in trail(house)] == [
        ("knowledge.added", 1), ("knowledge.changed", 2), ("knowledge.removed", 3), ("knowledge.restored", 4),
    ]  # fmt: skip


async def test_what_is_wrong_is_named(house: House) -> None:
    office = await house.log_in("admin")
    wrong = {"kind": "law", "fields": {"law": "某法"}, "valid_from": "2021-13-01", "region": "nowhere"}
    answer = await house.client.post("/api/knowledge", json=wrong, headers=office)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "knowledge.invalid")
    assert answer.json()["error"]["details"]["fields"] == {"text": "missing", "valid_from": "date", "region": "region"}
    assert trail(house) == []
    assert (await house.client.get("/api/knowledge/999999", headers=office)).status_code == 404


async def test_a_sheet_goes_in_whole_or_not_at_all(house: House) -> None:
    office = await house.log_in("admin")

    async def send(lines: list[str], commit: bool) -> dict[str, Any]:
        content = ("\ufeff" + "\r\n".join(lines)).encode()
        files = {"file": ("k.csv", content, "text/csv")}
        answer = await house.client.post("/api/knowledge-sheet", params={"commit": commit}, files=files, headers=office)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    heading = "类别,名称,关键词,地区,电话,机构类型,正文,施行日期"
    good = "服务机构,枫林镇司法所,调解,枫林镇,0999-7654321,司法行政机关,,"
    bad = ["服务机构,,,火星,12,酒馆,,", "法律条文,《某法》第一条,,,,,内容,昨天"]
    report = await send([heading, good, *bad], True)
    assert (report["committed"], report["rows"], report["good"]) == (False, 3, 1)
    assert {(one["row"], one["column"], one["code"]) for one in report["problems"]} == {
        (3, "title", "missing"), (3, "region", "region"), (3, "type", "institution_type"), (3, "phones", "entry_phone"),
        (4, "law", "missing"), (4, "valid_from", "date"),
    }  # fmt: skip
    assert await ask(house, office, q="7654321") == []
    assert (await send([heading, good], False))["added"] == 1
    report = await send([heading, good], True)
    assert (report["committed"], report["added"]) == (True, 1)
    assert (await ask(house, office, q="7654321"))[0]["title"] == "枫林镇司法所"
    # What is exported can be imported again, and changes nothing.
    exported = (await house.client.get("/api/knowledge-sheet", params={"format": "xlsx"}, headers=office)).content
    files = {"file": ("k.xlsx", exported, "application/octet-stream")}
    answer = await house.client.post("/api/knowledge-sheet", params={"commit": True}, files=files, headers=office)
    again = answer.json()
    assert (again["committed"], again["added"], again["changed"], again["problems"]) == (True, 0, 0, [])
    assert again["same"] >= 60
    template = await house.client.get("/api/knowledge-sheet/template", params={"format": "csv"}, headers=office)
    assert "示例法律援助中心" in template.content.decode("utf-8-sig")
    assert [one.action for one in trail(house)] == ["knowledge.imported", "knowledge.imported"]
