"""The administrator's part of the API: people, flows, prompts, years, trunks, and who changed what."""

from __future__ import annotations

import asyncio
import io
import time
import wave
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
import pytest

from hotline.core.errors import Rejected
from hotline.store import publisher
from hotline.store.models import Agent
from hotline.store.repositories import agents
from tests.integration.api.conftest import House

pytestmark = pytest.mark.integration

SEAT = {"extension": "8011", "skills": ["MF", "GN"], "levels": {"MF": 2}, "languages": ["zh-CN"]}
NEW = {"username": "new.clerk", "name": "新坐席", "role": "agent", "seat": SEAT}
OWN_PASSWORD = "临江-2026-good-one"


@dataclass
class FakeEdge:
    """Remembers phones; everything else is as told."""

    phones: dict[str, str] = field(default_factory=dict)
    away: bool = False

    def put_phone(self, extension: str, ha1: str) -> None:
        if self.away:
            raise Rejected("edge.rpc_silent")
        self.phones[extension] = ha1

    def drop_phone(self, extension: str) -> None:
        self.phones.pop(extension, None)

    def registered(self) -> set[str]:
        if self.away:
            raise Rejected("edge.rpc_silent")
        return set(self.phones)

    def trunks(self) -> dict[str, str]:
        if self.away:
            raise Rejected("edge.rpc_silent")
        return {"demo": "down"}

    def counters(self) -> dict[str, int]:
        return {"refused_source": 3}


@pytest.fixture
def edge(house: House) -> FakeEdge:
    house.context.edge = FakeEdge()
    return house.context.edge


async def answer(house: House, headers: dict[str, str], method: str, path: str, **more: Any) -> httpx.Response:
    return await house.client.request(method, f"/api/{path}", headers=headers, **more)


def code(found: httpx.Response) -> str:
    return str(found.json()["error"]["code"])


async def changes(house: House, admin: dict[str, str], of: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await answer(house, admin, "GET", f"changes?of={of}")).json()["items"]
    return found


async def test_only_administrators_get_in(house: House) -> None:
    for username in ("desk1", "supervisor", "auditor", "centre"):
        headers = await house.log_in(username)
        for method, path in (
            *(("GET", path) for path in ("people", "flows", "flows/main", "prompts", "trunks", "changes", "years")),
            ("POST", "people"),
            ("POST", "people/acc_desk1/password"),
            ("POST", "flows/main/publish"),
            ("POST", "prompts/zh-CN/greeting"),
            ("DELETE", "prompts/zh-CN/greeting"),
        ):
            refused = await answer(house, headers, method, path, json={} if method == "POST" else None)
            assert (refused.status_code, code(refused)) == (403, "auth.forbidden"), (username, path)


async def test_a_new_agent_chooses_a_password_before_anything_else(house: House, edge: FakeEdge) -> None:
    admin = await house.log_in("admin")
    made = await answer(house, admin, "POST", "people", json=NEW)
    assert made.status_code == 201, made.text
    given = made.json()
    assert len(given["password"]) == 19
    seat = given["person"]["seat"]
    assert seat["registered"] is True, "the edge knows the phone already"
    assert edge.phones["8011"] == agents.ha1("8011", "hotline.local", given["phone_password"])
    assert ("reload", {}) in house.routing.asked
    with house.store.read() as session:
        row = session.get_one(Agent, seat["id"])
        assert (row.extension, row.skills, row.skill_levels) == ("8011", ["MF", "GN"], {"MF": 2})

    clerk = await house.log_in("new.clerk", given["password"])
    assert (await answer(house, clerk, "GET", "me")).json()["must_change"] is True
    for method, path in (("GET", "calls"), ("POST", "feed/ticket"), ("PUT", "agents/me/state")):
        refused = await answer(house, clerk, method, path, json={"state": "available"})
        assert (refused.status_code, code(refused)) == (403, "auth.password_change"), path
    for wrong, why in (
        ({"current": "no", "new": OWN_PASSWORD}, "auth.wrong"),
        ({"current": given["password"], "new": "short"}, "password.too_short"),
        ({"current": given["password"], "new": given["password"]}, "password.same"),
    ):
        assert code(await answer(house, clerk, "POST", "me/password", json=wrong)) == why
    changed = await answer(house, clerk, "POST", "me/password", json={"current": given["password"], "new": OWN_PASSWORD})
    assert changed.status_code == 200
    assert (await answer(house, clerk, "GET", "calls")).status_code == 200
    await house.log_in("new.clerk", OWN_PASSWORD)

    told = await changes(house, admin, f"accounts/{given['person']['id']}")
    made_row = next(row for row in told if row["action"] == "account.created")
    assert made_row["by"] == "系统管理员"
    assert made_row["data"]["after"]["seat"]["extension"] == "8011"
    assert given["password"] not in str(told)
    assert given["phone_password"] not in str(told)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"username": "desk1"}, "account.exists"),
        ({"name": " \u3000 "}, "request.invalid"),
        ({"seat": {**SEAT, "extension": "8001"}}, "seat.extension_taken"),
        ({"seat": {**SEAT, "skills": ["XX"]}}, "seat.code"),
        ({"seat": None}, "seat.needed"),
        ({"role": "auditor"}, "seat.role"),
        ({"expert_id": "exp_99"}, "account.expert"),
    ],
)
async def test_a_wrong_person_is_refused_whole(house: House, change: dict[str, Any], why: str) -> None:
    admin = await house.log_in("admin")
    before = len((await answer(house, admin, "GET", "people")).json()["items"])
    assert code(await answer(house, admin, "POST", "people", json={**NEW, **change})) == why
    assert len((await answer(house, admin, "GET", "people")).json()["items"]) == before


async def test_disabling_logs_out_at_once_and_takes_the_phone_away(house: House, edge: FakeEdge) -> None:
    admin, desk = await house.log_in("admin"), await house.log_in("desk2")
    people = (await answer(house, admin, "GET", "people")).json()["items"]
    row = next(one for one in people if one["username"] == "desk2")
    assert row["sessions"] == 1
    edge.phones["8002"] = "x"
    assert (await answer(house, admin, "POST", f"people/{row['id']}/disable")).json()["active"] is False
    assert (await answer(house, desk, "GET", "me")).status_code == 401
    assert "8002" not in edge.phones
    assert ("set_agent_state", {"agent_id": "agt_8002", "state": "offline", "reason": "logged_out"}) in house.routing.asked
    refused = await house.client.post("/api/login", json={"username": "desk2", "password": "12348-demo"})
    assert code(refused) == "auth.wrong"
    assert (await answer(house, admin, "POST", f"people/{row['id']}/enable")).json()["active"] is True
    await house.log_in("desk2")
    assert "8002" in edge.phones
    told = await changes(house, admin, f"accounts/{row['id']}")
    assert [one["data"]["after"] for one in told if "active" in one["data"].get("after", {})] == [
        {"active": True},
        {"active": False},
    ]


async def test_a_reset_password_serves_once_and_not_for_ever(house: House) -> None:
    admin, desk = await house.log_in("admin"), await house.log_in("desk3")
    given = (await answer(house, admin, "POST", "people/acc_desk3/password")).json()
    assert (await answer(house, desk, "GET", "me")).status_code == 401
    assert (await house.client.post("/api/login", json={"username": "desk3", "password": "12348-demo"})).status_code == 401
    await house.log_in("desk3", given["password"])
    with house.store.write() as session:
        from hotline.store.models import Account

        session.get_one(Account, "acc_desk3").one_time_until = time.time() - 1
    late = await house.client.post("/api/login", json={"username": "desk3", "password": given["password"]})
    assert (late.status_code, code(late)) == (403, "auth.one_time_over")


async def test_forced_log_out_and_a_change_of_seat(house: House, edge: FakeEdge) -> None:
    admin, desk = await house.log_in("admin"), await house.log_in("desk4")
    assert (await answer(house, admin, "POST", "people/acc_desk4/log-out")).status_code == 200
    assert (await answer(house, desk, "GET", "me")).status_code == 401
    seat = {"extension": "8044", "skills": ["CT"], "languages": ["zh-CN", "en"]}
    wanted = {"name": "赵敏敏", "role": "supervisor", "seat": seat}
    edge.phones["8004"] = "old"
    given = (await answer(house, admin, "PUT", "people/acc_desk4", json=wanted)).json()
    assert given["phone_password"], "a new extension has a new password"
    assert "8004" not in edge.phones
    assert "8044" in edge.phones
    again = (await answer(house, admin, "PUT", "people/acc_desk4", json={**wanted, "seat": {**seat, "skills": ["LB"]}})).json()
    assert (again["phone_password"], again["person"]["seat"]["skills"]) == ("", ["LB"])
    assert code(await answer(house, admin, "PUT", "people/acc_desk4", json={**wanted, "seat": None})) == "seat.kept"
    edge.away = True
    phone = await answer(house, admin, "POST", "people/acc_desk4/phone-password")
    assert phone.json()["phone_password"], "kept in the database; the edge reads it when it is back"
    assert phone.json()["person"]["seat"]["registered"] is None


async def test_there_is_always_an_administrator(house: House) -> None:
    admin = await house.log_in("admin")
    assert code(await answer(house, admin, "POST", "people/acc_admin/disable")) == "account.own"
    wanted = {"name": "系统管理员", "role": "supervisor"}
    assert code(await answer(house, admin, "PUT", "people/acc_admin", json=wanted)) == "account.own"


async def test_who_is_moved_to_another_centre_does_not_head_it(house: House) -> None:
    admin, director = await house.log_in("admin"), await house.log_in("director")
    same = {"name": "中心主任", "role": "centre", "centre_id": "ctr_990102"}
    for centre_id, heads in (("ctr_990102", True), ("ctr_990100", False)):
        wanted = {**same, "centre_id": centre_id}
        assert (await answer(house, admin, "PUT", "people/acc_director", json=wanted)).status_code == 200
        assert (await answer(house, director, "GET", "appointment-plans")).json()["may_plan"] is heads
    assert (await changes(house, admin, "accounts/acc_director"))[0]["data"]["after"]["director"] is False


# Flows.


def shorter(text: str) -> str:
    """The main flow without its greeting."""
    assert "    say: [greeting]\n" in text
    return text.replace("    say: [greeting]\n", "", 1)


async def test_a_flow_is_checked_drawn_published_and_rolled_back(house: House) -> None:
    admin = await house.log_in("admin")
    rows = (await answer(house, admin, "GET", "flows")).json()["items"]
    main = next(row for row in rows if row["name"] == "main")
    assert (main["own"], main["taken"], main["versions"]) == (False, True, 1)
    assert "*" in main["lines"]
    text = (await answer(house, admin, "GET", "flows/main/versions/shipped")).json()["text"]

    broken = text.replace("hang_up: completed", "hang_up: compleated", 1)
    found = (await answer(house, admin, "POST", "flows/check", json={"name": "main", "text": broken})).json()
    line = broken[: broken.index("compleated")].count("\n") + 1
    assert [problem["line"] for problem in found["problems"]] == [line]
    assert found["drawing"] is None
    refused = await answer(house, admin, "POST", "flows/main/versions", json={"text": broken})
    assert (refused.status_code, code(refused)) == (422, "flow.refused")
    assert refused.json()["error"]["details"]["problems"][0]["line"] == line

    mine = shorter(text)
    found = (await answer(house, admin, "POST", "flows/check", json={"name": "main", "text": mine})).json()
    assert found["problems"] == []
    assert found["scenarios"], "recorded calls that hear the greeting go another way now"
    assert found["drawing"].startswith("<svg") or "<svg" in found["drawing"][:200]
    version = (await answer(house, admin, "POST", "flows/main/versions", json={"text": mine, "note": "不念问候"})).json()[
        "version"
    ]
    assert version == found["version"]
    index = house.settings.published_dir / "flows.json"
    assert publisher.read_index(index) == {}, "put in is not published"
    wanted = {"version": version, "reason": "听证会意见"}
    assert (await answer(house, admin, "POST", "flows/main/publish", json=wanted)).status_code == 200
    assert publisher.read_index(index) == {"main": version}
    assert (house.settings.published_dir / "flows" / f"main.{version}.yaml").read_text("utf-8") == mine
    assert code(await answer(house, admin, "POST", "flows/main/publish", json=wanted)) == "flow.in_force"

    detail = (await answer(house, admin, "GET", "flows/main")).json()
    assert (detail["own"], detail["version"], detail["taken"]) == (True, version, True)
    assert [(one["shipped"], one["in_force"]) for one in detail["items"]] == [(False, True), (True, False)]
    drawing = await answer(house, admin, "GET", f"flows/main/versions/{version}/drawing")
    assert drawing.headers["content-type"].startswith("image/svg+xml")

    back = await answer(house, admin, "POST", "flows/main/publish", json={"version": "shipped", "reason": "退回"})
    assert back.status_code == 200
    assert publisher.read_index(index) == {}
    detail = (await answer(house, admin, "GET", "flows/main")).json()
    assert detail["own"] is False
    assert [one["reason"] for one in detail["publications"]] == ["退回", "听证会意见"]
    told = await changes(house, admin, "flows/main")
    assert [(row["action"], row["data"].get("before"), row["data"].get("after")) for row in told[:2]] == [
        ("flow.published", {"version": version}, {"version": "shipped"}),
        ("flow.published", {"version": "shipped"}, {"version": version}),
    ]
    assert code(await answer(house, admin, "GET", "flows/nothing")) == "flow.missing"
    assert code(await answer(house, admin, "GET", "flows/main/versions/0123456789ab")) == "flow.no_version"


async def test_a_new_flow_can_have_a_line(house: House) -> None:
    admin = await house.log_in("admin")
    text = shorter((await answer(house, admin, "GET", "flows/main/versions/shipped")).json()["text"])
    line = {"name": "妇女儿童专线", "calendar_id": "cal_7x24", "flow": "women"}
    assert code(await answer(house, admin, "PUT", "lines/12338", json=line)) == "line.flow"
    version = (await answer(house, admin, "POST", "flows/women/versions", json={"text": text})).json()["version"]
    assert (await answer(house, admin, "GET", "flows/women")).json()["items"][0]["version"] == version
    wanted = {"version": version, "reason": "新专线"}
    assert (await answer(house, admin, "POST", "flows/women/publish", json=wanted)).status_code == 200
    assert (await answer(house, admin, "PUT", "lines/12338", json=line)).status_code == 200
    rows = (await answer(house, admin, "GET", "flows")).json()["items"]
    assert next(row for row in rows if row["name"] == "women")["lines"] == ["12338"]
    assert (await answer(house, admin, "PUT", "lines/12338", json={**line, "name": "妇儿专线"})).status_code == 200
    told = await changes(house, admin, "lines/12338")
    assert told[0]["data"] == {"before": {"name": "妇女儿童专线"}, "after": {"name": "妇儿专线"}}


# Prompts.


def recording(seconds: float, rate: int = 44_100, peak: float = 0.2) -> bytes:
    samples = peak * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return out.getvalue()


async def test_a_prompt_is_replaced_heard_and_taken_back(house: House) -> None:
    admin = await house.log_in("admin")
    rows = {row["id"]: row for row in (await answer(house, admin, "GET", "prompts")).json()["items"]}
    greeting = rows["greeting"]
    assert "main" in greeting["flows"]
    assert [voice["language"] for voice in greeting["voices"]] == ["zh-CN", "en"]
    assert greeting["voices"][0]["text"].startswith("感谢")
    assert rows["music"]["voices"][0]["language"] == "any"
    shipped = (await answer(house, admin, "GET", "prompts/zh-CN/greeting/audio")).content

    def upload(content: bytes) -> Any:
        return answer(house, admin, "POST", "prompts/zh-CN/greeting", files={"file": ("a.wav", content, "audio/wav")})

    assert code(await upload(b"not a wav")) == "prompt.format"
    assert code(await upload(recording(30, rate=8000))) == "prompt.flow", "the greeting may last 12 s at most"
    assert code(await upload(b"\0" * 12_500_000)) == "request.too_large"
    done = await upload(recording(2.0))
    assert done.status_code == 200, done.text
    assert done.json()["speech_db"] == pytest.approx(-20, abs=0.5)
    mine = (await answer(house, admin, "GET", "prompts/zh-CN/greeting/audio")).content
    with wave.open(io.BytesIO(mine)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (8000, 1, 16_000)
    assert (await answer(house, admin, "GET", "prompts/zh-CN/greeting/audio?shipped=true")).content == shipped
    rows = {row["id"]: row for row in (await answer(house, admin, "GET", "prompts")).json()["items"]}
    assert (rows["greeting"]["voices"][0]["own"], rows["greeting"]["voices"][0]["by"]) == (True, "系统管理员")
    # The folder is made again from the database, whoever took it away.
    published = house.settings.published_dir
    (published / "prompts.json").unlink()
    (published / "prompts" / "zh-CN" / "greeting.wav").unlink()
    await asyncio.to_thread(publisher.publish, house.settings, house.store)
    assert (published / "prompts" / "zh-CN" / "greeting.wav").read_bytes() == mine

    assert (await answer(house, admin, "DELETE", "prompts/zh-CN/greeting")).status_code == 200
    assert (await answer(house, admin, "GET", "prompts/zh-CN/greeting/audio")).content == shipped
    assert code(await answer(house, admin, "DELETE", "prompts/zh-CN/greeting")) == "prompt.not_own"
    assert code(await answer(house, admin, "GET", "prompts/zh-CN/nothing_there/audio")) == "prompt.missing"
    told = await changes(house, admin, "prompts/zh-CN/greeting")
    assert [row["action"] for row in told] == ["prompt.reverted", "prompt.replaced"]


# Years and trunks.

YEAR = "date_from,date_to,kind,name,region\n2031-01-01,2031-01-03,off,元旦,\n2031-01-04,,work,元旦调休,\n"


async def test_a_year_table_is_looked_at_then_imported(house: House) -> None:
    admin = await house.log_in("admin")

    def upload(text: str | bytes, commit: bool) -> Any:
        files = {"file": ("2031.csv", text if isinstance(text, bytes) else text.encode(), "text/csv")}
        return answer(house, admin, "POST", f"years?commit={str(commit).lower()}", files=files)

    bad = (await upload(YEAR + "2031-02-30,,off,,\n", True)).json()
    assert (bad["committed"], [row["line"] for row in bad["bad"]]) == (False, [4])
    assert [row["code"] for row in (await upload(b"\xff\xff\xff", True)).json()["bad"]] == ["encoding"]
    assert (await upload(YEAR, False)).json() == (await upload(YEAR.encode("gb18030"), False)).json()
    assert (await upload(YEAR, False)).json()["years"] == [2031]
    years = (await answer(house, admin, "GET", "years")).json()
    assert 2031 not in [row["year"] for row in years["items"]]
    done = (await upload(YEAR, True)).json()
    assert done["committed"], done
    years = (await answer(house, admin, "GET", "years")).json()
    row = next(row for row in years["items"] if row["year"] == 2031)
    assert (row["imported"], row["off"], row["work"]) == (True, 3, 1)
    assert row["days"][0] == {"first": "2031-01-01", "last": "2031-01-03", "kind": "off", "name": "元旦", "region": ""}
    assert (await changes(house, admin, "calendar_days"))[0]["data"]["years"] == [2031]
    assert ("reload", {}) in house.routing.asked


async def test_trunks_are_shown_as_they_are_in_force(house: House, edge: FakeEdge) -> None:
    admin = await house.log_in("admin")
    found = (await answer(house, admin, "GET", "trunks")).json()
    row = found["items"][0]
    assert (row["name"], row["state"], found["edge"]) == ("demo", "down", True)
    shown = {one["key"]: one["value"] for one in row["settings"]}
    assert shown["numbers"] == '["12348", "09998012348"]'
    assert {"code": "refused_source", "count": 3} in found["refused"]
    edge.away = True
    found = (await answer(house, admin, "GET", "trunks")).json()
    assert (found["edge"], found["items"][0]["state"]) == (False, "unknown")
