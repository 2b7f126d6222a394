"""The house rules of the API: every route guarded, OpenAPI true, headers on everything, errors in one shape, and how the
whole is doing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hotline.api import console
from hotline.api.app import ROUTERS
from hotline.api.guard import open_to_all
from hotline.api.rights import RIGHTS, allowed
from hotline.api.routers import feed, headset
from hotline.bus import keys
from hotline.store.ledgers import exports
from hotline.store.ledgers.line import Asked
from hotline.store.models import TicketTask
from hotline.store.repositories import emergencies
from tests.fakes.openapi_truth import Truth
from tests.fakes.records import add_call, add_recording, add_task, add_ticket, add_transfer
from tests.integration.api.conftest import House, PrivateRedis, until
from tests.ports import free_port

pytestmark = pytest.mark.integration

OPEN = {
    "/api/login",
    "/api/health",
    *(f"/api/public/progress{more}" for more in ("", "/slots", "/appointment")),
}
TICKET = "20261122-0001-38"


def calls_of(dependant: Any) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from calls_of(one)


def routes() -> list[APIRoute]:
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def test_every_route_names_its_right_or_says_that_it_is_open() -> None:
    used = set()
    for route in routes():
        found = list(calls_of(route.dependant))
        rights = {call.right for call in found if hasattr(call, "right")}
        if open_to_all in found:
            assert route.path in OPEN
        else:
            assert len(rights) == 1, f"{route.path} names {rights or 'no right'}"
            used |= rights
    assert used <= set(RIGHTS)
    sockets = [route.path for router in ROUTERS for route in router.routes if isinstance(route, APIWebSocketRoute)]
    # One is guarded by its ticket, the other by the session cookie and the Origin (test_api_headset).
    assert sorted(sockets) == [feed.router.prefix, f"{headset.router.prefix}/sip"]


async def test_nothing_but_the_open_routes_answers_a_stranger(house: House) -> None:
    for route in routes():
        if route.path in OPEN:
            continue
        path = route.path.format(**dict.fromkeys(route.param_convertors, "x1"))
        for method in route.methods:
            for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Cookie": "hotline_session=nonsense"}):
                answer = await house.client.request(method, path, json={}, headers=headers)
                assert (answer.status_code, answer.json()["error"]["code"]) == (401, "auth.required"), path


async def test_roles_without_a_part_in_the_desk_see_nothing(house: House) -> None:
    call = add_call(house.store)
    paths = ("/api/calls", f"/api/calls/{call}", "/api/tasks", "/api/status")
    for username, more in (("auditor", ("/api/tickets", "/api/recordings")), ("centre", ())):  # a centre has tickets
        headers = await house.log_in(username)
        assert (await house.client.get("/api/me", headers=headers)).status_code == 200
        for path in (*paths, *more):
            assert (await house.client.get(path, headers=headers)).status_code == 403, (username, path)


async def test_openapi_tells_the_truth_about_every_get(house: House) -> None:
    call = add_call(house.store, expert_id="exp_02", rating=1)
    add_transfer(house.store, call)
    add_ticket(house.store, call, TICKET)
    task = add_task(house.store, call)
    with house.store.write() as session:
        owed = TicketTask(number=TICKET, call_id=call, kind="tell", created_at=time.time())
        session.add(owed)
    recording = add_recording(house.store, house.settings.recordings_dir, call)
    await house.redis.hset(keys.LIVE, "c", json.dumps({"call_id": "c", "lease": time.time() + 60, "phase": "queue"}))
    document = (await house.client.get("/api/openapi.json")).json()
    truth = Truth(document)
    log_ins = {role: await house.log_in(role) for role in ("supervisor", "admin")}
    values = {"language": "zh-CN", "prompt": "greeting", "name": "main", "version": "shipped"}
    values |= {"call_id": call, "number": TICKET, "recording_id": recording, "expert_id": "exp_01", "kind": "experts"}
    values |= {"emergency_id": add_emergency(house, call), "task_id": task, "agent_id": "agt_8001", "entry_id": 1}
    values |= {"ledger_name": "visits", "export_id": add_export(house)}
    values["owed_id"] = "1"
    house.routing.answers["why_agent"] = {"ok": True, "data": {"code": "offline", "figures": {}}}
    seen = set()
    for route in routes():
        if "GET" not in route.methods:
            continue
        seen.add(route.path)
        right = next((found.right for found in calls_of(route.dependant) if hasattr(found, "right")), "me.read")
        headers = log_ins["supervisor" if allowed("supervisor", right) else "admin"]
        good = await house.client.get(route.path.format(**values), params={"purpose": "质检"}, headers=headers)
        assert good.status_code == 200, (route.path, good.text[:200])
        assert truth.check("get", route.path, good) == [], route.path
        refused = await house.client.get(route.path.format(**values))
        if route.path not in OPEN:
            assert truth.check("get", route.path, refused) == [], route.path
        if "{" in route.path and route.path != "/api/agents/{agent_id}/why":  # only routing knows who is there
            absent = await house.client.get(
                route.path.format(**{**dict.fromkeys(values, "none_such"), "kind": "nothing"}),
                params={"purpose": "质检"},
                headers=headers,
            )
            assert absent.status_code == (
                422
                if {"{kind}", "{version}", "{language}", "{entry_id}", "{owed_id}"} & set(_PART.findall(route.path))
                else 404
            )
            assert truth.check("get", route.path, absent) == [], route.path
    assert len(seen) >= 13
    assert not [path for path in document["paths"] if not path.startswith("/api/")]


def add_export(house: House) -> str:
    """A finished export of the supervisor's."""
    asked = Asked(date(2026, 11, 1), date(2026, 11, 22))
    how: dict[str, Any] = {"language": "zh-CN", "purpose": "质检", "clear": False, "now": time.time()}
    with house.store.write() as session:
        made = exports.ask(session, house.store.secrecy, "acc_supervisor", "visits", "csv", asked, **how).id
    exports.make(house.store, house.settings.exports_dir, made, most=100, keep_seconds=3600)
    return made


def add_emergency(house: House, call: str) -> str:
    """An open emergency of that call."""
    who = {"by": "acc_desk1", "by_agent": "agt_8001", "caller_masked": "138****0000", "region_hint": ""}
    with house.store.write() as session:
        row, _ = emergencies.raise_one(
            session, call_id=call, source="button", flags=["R01"], audience="supervisors", now=time.time(), **who
        )
        return row.id


_PART = re.compile(r"\{\w+\}")
SUPERVISED = ("/monitor", "/take-over", "/pull-forward", "/help", "/emergency", "/force-state")
"""See test_api_supervision.py and test_api_emergencies.py."""
ADMIN = ("/api/people", "/api/flows", "/api/prompts", "/api/years", "/api/me/password")
"""See test_api_admin.py."""
OFFICE = (
    "/api/tickets",
    "/api/appointment",
    "/api/public",
    "/api/ticket-tasks",
    "/api/letters",
    "/api/centres",
    "/api/visits",
    "/api/adviser",
    "/api/exports",
    "/api/dispatch-rules",
    "/api/external-hotlines",
    "/api/outbound",
    "/api/tasks",
    "/api/pool",
    "/api/firms",
    "/api/roster",
    "/api/sheets",
    "/api/knowledge",
    "/api/shares",
)
"""Not an agent's: see test_api_pool.py, test_api_knowledge.py, test_api_recordings.py (shares), test_api_tickets.py,
test_api_ledgers.py, test_api_ticket_outcomes.py."""


async def test_openapi_tells_the_truth_about_what_changes_something(house: House) -> None:
    truth = Truth((await house.client.get("/api/openapi.json")).json())
    log_ins = {"agent": await house.log_in("desk1"), "admin": await house.log_in("admin")}
    call = add_call(house.store)
    house.routing.answers["accept_offer"] = {"ok": True, "data": {"call_id": call}}
    house.routing.answers["warn_caller"] = {"ok": True, "data": {"number": 1}}
    house.routing.answers["transfer"] = {"ok": True, "data": {"transfer_id": "trf_1"}}
    bodies: dict[str, Any] = {
        "/api/agents/me/state": {"state": "available"},
        "/api/headset": {"device": "phone"},
        "/api/offers/{offer_id}/decline": {"reason": ""},
        "/api/calls/{call_id}/transfer": {"category": "01"},
        "/api/calls/{call_id}/reveal": {"purpose": "回电"},
        "/api/calls/{call_id}/warn": {"method": "played"},
        "/api/calls/{call_id}/restriction": {"reason": "辱骂坐席"},
        "/api/calls/{call_id}/form": {"version": 0, "fields": {"facts": "x"}},
        "/api/calendars/{calendar_id}": {"name": "夜间", "tier": "7x12"},
        "/api/calendars/{calendar_id}/days/{when}": {"hours": [], "reason": "演练"},
        "/api/lines/{number}": {"name": "县线", "calendar_id": "cal_5x8"},
        "/api/notices/read": {"up_to": 1},
        "/api/me/contact": {"channel": "mail", "address": "wang@example.com"},
        "/api/calls/{call_id}/form/submit": {"version": 1, "fields": {"disposition": "D12", "category": "01"}},
        "/api/staff-phones/{person_id}": {"kind": "expert", "number": "7001", "pin": "270914"},
    }
    for route in sorted(routes(), key=lambda route: route.path):
        if "GET" in route.methods or route.path in ("/api/login", "/api/logout") or route.path.startswith((*OFFICE, *ADMIN)):
            continue
        if route.path.endswith(SUPERVISED) or route.path.startswith(("/api/emergenc", "/api/restrictions")):
            continue
        (method,) = route.methods
        values = {"offer_id": "off_1", "calendar_id": "cal_5x8", "when": "2027-01-01", "number": "8012348"}
        values["person_id"] = "exp_01"
        path = route.path.format(call_id=call, **values)
        right = next(found.right for found in calls_of(route.dependant) if hasattr(found, "right"))
        headers = log_ins["agent" if allowed("agent", right) else "admin"]
        body = {"edits": {"facts": {"base": 1, "value": "y"}}} if method == "PATCH" else bodies.get(route.path)
        answer = await house.client.request(method, path, json=body, headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        assert truth.check(method, route.path, answer) == [], path
        if route.path in bodies:
            wrong = await house.client.request(method, path, json={"state": 1, "version": "x"}, headers=headers)
            if wrong.status_code != 200:
                assert truth.check(method, route.path, wrong) == [], path


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/me", "/api/nothing", "/deep/link", "/api/openapi.json"])
async def test_security_headers_are_on_everything(house: House, path: str) -> None:
    headers = (await house.client.get(path)).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    if path.startswith("/api/"):
        assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


async def test_errors_have_one_shape(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = await house.client.get("/api/nothing")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "request.not_found")
    wrong = await house.client.delete("/api/calls")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "request.method")
    large = await house.client.post("/api/login", content=b"x" * 300_000, headers={"content-type": "application/json"})
    assert (large.status_code, large.json()["error"]["code"]) == (413, "request.too_large")

    def explode(*_: Any, **__: Any) -> None:
        raise RuntimeError("王小明 13812345678")

    headers = await house.log_in("desk1")
    monkeypatch.setattr("hotline.api.routers.calls.call_rows", explode)
    answer = await house.client.get("/api/calls", headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (500, "server.error")
    assert error["details"]["incident"].startswith("inc_")
    assert "13812345678" not in answer.text

    for problem, expected in (
        (IntegrityError("", {}, Exception()), (409, "request.at_once")),
        (PoolTimeoutError("QueuePool limit"), (503, "database.away")),
    ):

        def away(*_: Any, found: Exception = problem) -> None:
            raise found

        monkeypatch.setattr("hotline.api.routers.calls.call_rows", away)
        answer = await house.client.get("/api/calls", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == expected


async def test_text_that_no_database_keeps_is_refused_at_the_door(house: House) -> None:
    async def said(method: str, path: str, content: bytes = b"", kind: str = "application/json") -> tuple[int, str]:
        answer = await house.client.request(method, path, content=content, headers={"content-type": kind})
        return answer.status_code, answer.json()["error"]["code"]

    refused = (422, "request.characters")
    for address in ("/api/calls/a%00b", "/api/calls?q=%00"):
        assert await said("GET", address) == refused, address
    log_in = '{"username": "%s", "password": "x"}'
    for text in (r"a\u0000b", r"\ud800", r"\uD83D\uD83D\uDE00"):
        assert await said("POST", "/api/login", (log_in % text).encode()) == refused, text
    assert await said("POST", "/api/login", rb'{"username": "a", "password": "x", "more": [{"\u0000": 1}]}') == refused
    assert await said("POST", "/api/login", (log_in % r"\u0000").encode("utf-16")) == refused
    assert await said("POST", "/api/login", b'{"username": "\xed\xa0\x80", "password": "x"}') == refused
    assert await said("POST", "/api/login", (log_in % r"a\u0000").encode(), "application/vnd.x+json") == refused
    for text in (r"\ud83d\ude00", "😀𠮷", r"C:\\u0000"):  # whole pairs, and a backslash before a u
        assert await said("POST", "/api/login", (log_in % text).encode()) == (401, "auth.wrong"), text
    assert (await said("POST", "/api/login", b"\x00[" * 9000))[0] == 422


async def test_a_body_without_end_is_refused(served: House) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b"x" * 10_000

    headers = {"content-type": "application/json"}
    answer = await served.client.post("/api/login", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request.too_large")


async def test_no_personal_data_in_the_log(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    call = add_call(house.store)
    headers = await house.log_in("desk1")
    await house.client.get("/api/calls", params={"q": "13812345678"}, headers=headers)
    await house.client.post(f"/api/calls/{call}/reveal", json={"purpose": "王小明要求回电"}, headers=headers)
    await house.client.put(f"/api/calls/{call}/form", json={"version": 0, "fields": {"caller_name": 1}}, headers=headers)
    out = "".join(capfd.readouterr())
    assert not [secret for secret in ("13812345678", "王小明", headers["Authorization"][7:]) if secret in out]


async def test_health_and_status(house: House) -> None:
    now = time.time()
    await house.routing.epoch(
        "e5",
        {
            "agents/a": {"id": "a", "state": "available"},
            "agents/b": {"id": "b", "state": "available"},
            "queues/general": {"name": "general", "waiting": 2, "oldest_queued_at": now - 30},
        },
    )
    live = {"c1": {"phase": "queue", "lease": now + 60}, "c2": {"phase": "queue", "lease": now - 1}}
    await house.redis.hset(keys.LIVE, mapping={key: json.dumps(value) for key, value in live.items()})
    workers = {"1": {"state": "idle", "lease": now + 60}, "2": {"state": "busy", "lease": now + 60}}
    await house.redis.hset(keys.WORKERS, mapping={key: json.dumps(value) for key, value in workers.items()})
    await house.redis.set(keys.part("routing"), json.dumps({"pid": 7, "since": now}), ex=10)
    await until(lambda: house.context.board.epoch == "e5")

    async def well() -> bool:
        return bool((await house.client.get("/api/health")).json()["ok"])

    await until(well)
    status = (await house.client.get("/api/status", headers=await house.log_in("admin"))).json()
    assert {part["name"]: part["pid"] for part in status["parts"]} == {"api": os.getpid(), "routing": 7}
    assert (status["live_calls"], status["agents"], status["waiting"]) == (1, {"available": 2}, 2)
    assert 29 <= status["oldest_waiting_seconds"] <= time.time() - now + 31
    assert status["workers"] == {"idle": 1, "busy": 1}
    await house.redis.delete(keys.part("routing"))
    await until(lambda: "routing" in house.context.degraded)
    sick = await house.client.get("/api/health")
    assert (sick.status_code, sick.json()["ok"], sick.json()["degraded"]) == (200, False, ["routing"])


async def test_the_console_is_served(tmp_path: Path) -> None:
    from fastapi import FastAPI

    from hotline.api import errors

    app = FastAPI()
    errors.install(app)
    console.install(app, tmp_path / "dist")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
        missing = await client.get("/")
        assert "尚未构建" in missing.text
        assert "has not been built" in missing.text
        (tmp_path / "dist" / "assets").mkdir(parents=True)
        (tmp_path / "dist" / "index.html").write_text("<p>console</p>")
        (tmp_path / "dist" / "assets" / "app.123.js").write_text("1")
        (tmp_path / "secret.txt").write_text("secret")
        for path in ("/", "/calls/call_1", "/%2e%2e/secret.txt", "/..%2fsecret.txt"):
            page = await client.get(path)
            assert (page.status_code, page.text, page.headers["cache-control"]) == (200, "<p>console</p>", "no-cache"), path
        assert "immutable" in (await client.get("/assets/app.123.js")).headers["cache-control"]
        assert (await client.get("/assets/gone.js")).status_code == 404
        assert (await client.get("/api/gone")).json()["error"]["code"] == "request.not_found"


PROGRAM = """
import sys
from pathlib import Path
from hotline.api.server import main
from hotline.settings import Settings
main(Settings(home=Path(sys.argv[1]), redis={"url": sys.argv[2]}, http={"port": int(sys.argv[3])}))
"""


async def test_the_process_beats_and_stops_cleanly(home: Path, redis_server: PrivateRedis) -> None:
    port = free_port()
    command = [sys.executable, "-c", PROGRAM, str(home), redis_server.url, str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

            async def up() -> bool:
                try:
                    return (await client.get("/api/health")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(up, 60)  # importing alone takes long on a busy machine
            second = subprocess.run(command, capture_output=True, text=True, timeout=60)
            assert second.returncode == 1
            assert f"http.port: cannot listen on 127.0.0.1:{port}" in second.stderr
            assert "Traceback" not in second.stderr
        process.terminate()
        _, log = process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in log
    assert [json.loads(line)["event"] for line in log.splitlines()][-1] == "api_stopped"
