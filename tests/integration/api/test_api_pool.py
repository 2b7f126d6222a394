"""The pool of experts over HTTP: who may, what is kept, what is audited, and imports that come whole or not at all."""

from __future__ import annotations

import io
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from hotline.store.models import AuditEvent, ConflictMark, Expert, RosterException
from hotline.store.repositories import experts
from tests.integration.api.conftest import House

pytestmark = pytest.mark.integration

NEW = {
    "name": "示例律师",
    "kind": "lawyer",
    "firm": "示例律师事务所",
    "licence": "L1",
    "skills": ["MF", "GN"],
    "regions": ["990102"],
    "phones": ["13911112222", "0571-88886666"],
    "stars": 3,
}


def audited(house: House) -> list[str]:
    with house.store.read() as session:
        return [row.action for row in session.scalars(select(AuditEvent).order_by(AuditEvent.seq))]


def code(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


async def test_an_expert_is_put_in_changed_revealed_and_taken_out(house: House) -> None:
    admin = await house.log_in("admin")
    made = await house.client.post("/api/pool", json=NEW, headers=admin)
    assert made.status_code == 200, made.text
    row = made.json()
    assert row["phones"] == ["139****2222", "0571****66"]
    assert row["firm"] == "示例律师事务所"
    assert row["bar"] == "off_duty"
    path = f"/api/pool/{row['id']}"
    changed = await house.client.put(path, json={**NEW, "phones": row["phones"][::-1], "stars": 5}, headers=admin)
    assert (changed.json()["phones"], changed.json()["stars"]) == (["0571****66", "139****2222"], 5)
    told = await house.client.post(f"{path}/reveal", json={"purpose": "核对号码"}, headers=admin)
    assert told.json()["numbers"] == ["057188886666", "13911112222"]
    assert (await house.client.post(f"{path}/remove", headers=admin)).status_code == 200
    assert (await house.client.get(path, headers=admin)).status_code == 404
    assert audited(house)[-4:] == ["expert.added", "expert.changed", "expert.number_revealed", "expert.removed"]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"skills": []}, "expert.skills"),
        ({"skills": ["XX"]}, "expert.code"),
        ({"regions": ["123456"]}, "expert.code"),
        ({"phones": ["12345"]}, "expert.phone"),
        ({"phones": ["139****9999"]}, "expert.phone"),
        ({"hours_from": 900, "hours_to": 600}, "roster.minutes"),
        ({"stars": 6}, "request.invalid"),
        ({"kind": "cook"}, "request.invalid"),
    ],
)
async def test_bad_experts_are_refused_with_a_code(house: House, change: dict[str, Any], wanted: str) -> None:
    answer = await house.client.post("/api/pool", json={**NEW, **change}, headers=await house.log_in("admin"))
    assert (answer.status_code, code(answer)) == (422, wanted)


async def test_who_may_do_what(house: House) -> None:
    for username, wanted in (("desk1", 403), ("auditor", 403), ("supervisor", 200), ("admin", 200)):
        headers = await house.log_in(username)
        assert (await house.client.get("/api/pool", headers=headers)).status_code == wanted, username
        assert (await house.client.get("/api/firms", headers=headers)).status_code == wanted, username
        export = await house.client.get("/api/sheets/experts", headers=headers)
        assert export.status_code == wanted, username
    supervisor = await house.log_in("supervisor")
    assert (await house.client.post("/api/pool", json=NEW, headers=supervisor)).status_code == 403
    assert (await house.client.get("/api/roster", headers=await house.log_in("desk1"))).status_code == 200


async def test_a_red_card_bars_until_it_is_lifted_and_an_objection_is_noted(house: House) -> None:
    headers = await house.log_in("supervisor")
    card = (
        await house.client.post("/api/pool/exp_01/cards", json={"colour": "red", "reason": "多次私下揽案"}, headers=headers)
    ).json()
    assert (await house.client.get("/api/pool/exp_01", headers=headers)).json()["bar"] == "red_card"
    on_duty = await house.client.get("/api/experts", headers=headers)
    assert "exp_01" not in [row["id"] for row in on_duty.json()["items"]]
    path = f"/api/pool/exp_01/cards/{card['id']}"
    said = await house.client.post(f"{path}/objection", json={"text": "情况不属实"}, headers=headers)
    assert said.json()["objection"] == "情况不属实"
    assert (await house.client.post(f"{path}/lift", json={"text": "复核后撤销"}, headers=headers)).status_code == 200
    again = await house.client.post(f"{path}/lift", json={"text": "复核后撤销"}, headers=headers)
    assert (again.status_code, code(again)) == (409, "card.lifted")
    assert (await house.client.get("/api/pool/exp_01", headers=headers)).json()["bar"] != "red_card"
    assert audited(house)[-3:] == ["expert.card_given", "expert.card_objected", "expert.card_lifted"]


async def test_a_suspension_has_a_reason_and_an_end(house: House) -> None:
    headers = await house.log_in("supervisor")
    now = time.time()
    bad = await house.client.post("/api/pool/exp_01/suspension", json={"suspended": True}, headers=headers)
    assert code(bad) == "expert.suspension"
    for since in ("NaN", "Infinity", "1e300", "-1"):
        body = f'{{"suspended": true, "reason": "核查", "since": {since}}}'
        assert code(await house.client.post("/api/pool/exp_01/suspension", content=body, headers=headers)) == "request.invalid"
    wanted = {"suspended": True, "since": now - 60, "until": now + 3600, "reason": "年检未完成"}
    assert (await house.client.post("/api/pool/exp_01/suspension", json=wanted, headers=headers)).json()["bar"] == "suspended"
    over = {**wanted, "until": now - 1}
    assert (await house.client.post("/api/pool/exp_01/suspension", json=over, headers=headers)).json()["bar"] != "suspended"


async def test_a_declared_interest_is_kept_as_hashes_and_revoked(house: House) -> None:
    headers = await house.log_in("supervisor")
    vague = {"kind": "client", "party": "某公司"}
    refused = await house.client.post("/api/pool/exp_01/interests", json=vague, headers=headers)
    assert code(refused) == "interest.party"
    wanted = {"kind": "client", "party": "临江市红星物业有限公司", "note": "常年法律顾问"}
    made = (await house.client.post("/api/pool/exp_01/interests", json=wanted, headers=headers)).json()
    assert "红星" not in made["party_masked"]
    with house.store.read() as session:
        marks = session.scalars(select(ConflictMark).where(ConflictMark.interest_id == made["id"])).all()
        assert [(mark.expert_id, mark.side, len(mark.hash)) for mark in marks] == [("exp_01", "client", 32)]
        assert marks[0].firm_id
    assert "红星" not in str(audited(house))
    path = f"/api/pool/exp_01/interests/{made['id']}/revoke"
    assert (await house.client.post(path, headers=headers)).status_code == 200
    with house.store.read() as session:
        assert not session.scalars(select(ConflictMark).where(ConflictMark.interest_id == made["id"])).all()


async def test_the_transfer_request_carries_hashes_of_the_form_and_no_names(house: House) -> None:
    headers = await house.log_in("desk1")
    from hotline.store.repositories import conflicts, forms

    with house.store.write() as session:
        fields = {"caller_name": "王小明", "opposing_party": "临江市红星物业有限公司", "category": "0101"}
        forms.save(session, house.store.secrecy, "call_9", version=0, fields=fields, by="acc_desk1", now=time.time())
    house.routing.answers["transfer"] = {"ok": True, "data": {"transfer_id": "trf_1"}}
    body = {"category": "0101", "region": "990102", "avoid": ["exp_02"]}
    assert (await house.client.post("/api/calls/call_9/transfer", json=body, headers=headers)).status_code == 200
    name, data = house.routing.asked[-1]
    assert name == "transfer"
    secrecy = house.store.secrecy
    assert data["opposing_hashes"] == list(conflicts.hashes(secrecy, ["name:临江红星物业"]))
    assert data["caller_hashes"] == list(conflicts.hashes(secrecy, ["name:王小明"]))
    assert data["avoid"] == ["exp_02"]
    assert "红星" not in str(data)


# Roster


def day(ahead: int) -> str:
    return (datetime.now(experts.ZONE).date() + timedelta(days=ahead)).isoformat()


async def test_a_swap_needs_the_other_and_late_ones_a_supervisor(house: House) -> None:
    headers = await house.log_in("supervisor")
    swap = {
        "kind": "swap",
        "expert_id": "exp_01",
        "date": day(20),
        "from_minute": 540,
        "to_minute": 720,
        "other_id": "exp_02",
        "other_date": day(21),
        "other_from": 540,
        "other_to": 720,
    }
    asked = (await house.client.post("/api/roster/requests", json=swap, headers=headers)).json()
    assert (asked["state"], asked["late"]) == ("asked", False)
    path = f"/api/roster/requests/{asked['id']}"
    agreed = await house.client.post(f"{path}/agree", json={}, headers=headers)
    assert agreed.json()["state"] == "in_force"
    with house.store.read() as session:
        found = session.scalars(select(RosterException).where(RosterException.request_id == asked["id"])).all()
        assert sorted((item.expert_id, item.date, item.effect) for item in found) == sorted(
            [
                *(("exp_01", day(20), "off"), ("exp_02", day(20), "on")),
                *(("exp_02", day(21), "off"), ("exp_01", day(21), "on")),
            ]
        )
    week = (await house.client.get(f"/api/roster?from={day(20)}&days=2", headers=headers)).json()
    row = next(item for item in week["experts"] if item["id"] == "exp_01")
    assert row["days"][0] == [{"start": 0, "end": 540}, {"start": 720, "end": 1440}]
    undone = await house.client.post(f"{path}/cancel", json={}, headers=headers)
    assert undone.json()["state"] == "cancelled"
    with house.store.read() as session:
        assert not session.scalars(select(RosterException).where(RosterException.request_id == asked["id"])).all()
    late = {"kind": "absence", "expert_id": "exp_01", "date": day(0), "from_minute": 0, "to_minute": 1440, "reason": "生病"}
    told = (await house.client.post("/api/roster/requests", json=late, headers=headers)).json()
    assert (told["state"], told["late"]) == ("asked", True)
    approved = await house.client.post(f"/api/roster/requests/{told['id']}/approve", json={"note": "同意"}, headers=headers)
    assert approved.json()["state"] == "in_force"
    assert [name for name in audited(house) if name.startswith("roster.")] == [
        *("roster.request_asked", "roster.request_agreed", "roster.request_cancelled"),
        *("roster.request_asked", "roster.request_approved"),
    ]
    on_duty = await house.client.get("/api/experts", headers=headers)
    assert "exp_01" not in [row["id"] for row in on_duty.json()["items"]], "absent today"


async def test_requests_that_cannot_be(house: House) -> None:
    headers = await house.log_in("supervisor")
    base = {"kind": "absence", "expert_id": "exp_01", "date": day(20), "from_minute": 540, "to_minute": 720}
    for change, wanted in (
        ({"date": day(-1)}, "roster.past"),
        ({"kind": "substitute"}, "roster.partner"),
        ({"kind": "swap", "other_id": "exp_01", "other_date": day(21)}, "roster.partner"),
        ({"expert_id": "nobody"}, "expert.missing"),
    ):
        answer = await house.client.post("/api/roster/requests", json={**base, **change}, headers=headers)
        assert code(answer) == wanted, answer.text
    shifts = {"shifts": [{"weekday": weekday, "from_minute": 480, "to_minute": 600} for weekday in range(7)]}
    await house.client.put("/api/roster/experts/exp_01/weekly", json=shifts, headers=headers)
    answer = await house.client.post("/api/roster/requests", json=base, headers=headers)
    assert code(answer) == "roster.not_on_duty"


async def test_hours_without_anybody_are_gaps(house: House) -> None:
    headers = await house.log_in("supervisor")
    people = (await house.client.get("/api/roster", headers=headers)).json()["experts"]
    for person in people:
        shifts = [{"weekday": 0, "from_minute": 540, "to_minute": 720}] if person["id"] == "exp_01" else []
        await house.client.put(f"/api/roster/experts/{person['id']}/weekly", json={"shifts": shifts}, headers=headers)
    week = (await house.client.get("/api/roster", headers=headers)).json()
    first = week["first"]
    assert week["gaps"][0] == [{"start": 510, "end": 540}, {"start": 720, "end": 1230}], first
    assert week["gaps"][1] == [{"start": 510, "end": 1230}]


# Sheets


def sheet(*rows: list[Any]) -> dict[str, Any]:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    return {"file": ("experts.xlsx", out.getvalue())}


HEADING = ["姓名", "类别", "机构", "执业证号", "业务组", "电话1"]


async def test_an_import_comes_whole_or_not_at_all(house: House) -> None:
    headers = await house.log_in("admin")

    def pool() -> int:
        with house.store.read() as session:
            return len(session.scalars(select(Expert).where(Expert.active)).all())

    before = pool()
    good = ["甲律师", "律师", "新律师事务所", "N1", "婚姻家庭", "13911110001"]
    files = sheet(HEADING, good, ["乙律师", "厨师", "", "N2", "MF", "12"])
    bad = (await house.client.post("/api/sheets/experts?commit=true", files=files, headers=headers)).json()
    assert (bad["committed"], bad["rows"], bad["good"]) == (False, 2, 1)
    assert [(item["row"], item["column"], item["code"]) for item in bad["problems"]] == [
        *((3, "kind", "kind"), (3, "phone", "phone")),
    ]
    assert pool() == before, "nothing half-imported"
    files = sheet(HEADING, good)
    looked = (await house.client.post("/api/sheets/experts", files=files, headers=headers)).json()
    assert (looked["committed"], looked["added"]) == (False, 1)
    assert pool() == before, "a dry run changes nothing"
    done = (await house.client.post("/api/sheets/experts?commit=true", files=files, headers=headers)).json()
    assert (done["committed"], done["added"]) == (True, 1)
    assert pool() == before + 1
    again = (await house.client.post("/api/sheets/experts?commit=true", files=files, headers=headers)).json()
    assert (again["added"], again["changed"], again["same"]) == (0, 0, 1)
    refused = await house.client.post("/api/sheets/experts?commit=true", files=files, headers=await house.log_in("supervisor"))
    assert refused.status_code == 403
    none = await house.client.post("/api/sheets/experts", files={"file": ("x.xlsx", b"PK\x03\x04")}, headers=headers)
    assert (none.status_code, code(none)) == (422, "import.file")


async def test_what_is_exported_can_be_imported_again_and_changes_nothing(house: House) -> None:
    headers = await house.log_in("admin")
    for kind in ("experts", "roster"):
        for form in ("xlsx", "csv"):
            export = await house.client.get(f"/api/sheets/{kind}?format={form}", headers=headers)
            assert export.status_code == 200
            assert b"1390001" not in export.content, "numbers are masked"
            files = {"file": (f"x.{form}", export.content)}
            report = (await house.client.post(f"/api/sheets/{kind}?commit=true", files=files, headers=headers)).json()
            assert (report["problems"], report["added"], report["changed"]) == ([], 0, 0), (kind, form)
            assert report["committed"]
            assert report["same"] > 0
    template = await house.client.get("/api/sheets/experts/template", headers=headers)
    sheet_ = load_workbook(io.BytesIO(template.content)).worksheets[0]
    assert sheet_["A1"].value == "姓名*"


async def test_duties_from_a_sheet_take_the_place_of_the_weekly_ones(house: House) -> None:
    headers = await house.log_in("supervisor")
    files = sheet(["姓名", "星期", "开始", "结束"], ["周明", "周一", "08:30", "12:00"], ["周明", "周二", "08:30", "12:00"])
    report = (await house.client.post("/api/sheets/roster?commit=true", files=files, headers=headers)).json()
    assert (report["committed"], report["added"]) == (True, 2), report
    week = (await house.client.get("/api/roster", headers=headers)).json()
    row = next(item for item in week["experts"] if item["name"] == "周明")
    assert [item["weekday"] for item in row["shifts"]] == [0, 1]
