"""Logging in: right and wrong, locks, cookies and the CSRF guard, idle time, one session a seat."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from sqlalchemy import select, update

from hotline.api.sessions import MOST_WAITING
from hotline.store import audit, passwords
from hotline.store.demo import DEMO_PASSWORD
from hotline.store.models import Account, AuditEvent, LoginSession
from tests.fakes.records import add_call
from tests.integration.api.conftest import House, until

pytestmark = pytest.mark.integration


def code(answer) -> str:  # type: ignore[no-untyped-def]
    return answer.json()["error"]["code"]


async def test_log_in_gives_cookie_and_token_and_me(house: House) -> None:
    answer = await house.client.post("/api/login", json={"username": "desk1", "password": DEMO_PASSWORD})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "hotline_session=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    me = (await house.client.get("/api/me")).json()
    assert (me["username"], me["role"], me["agent_id"], me["extension"], me["demo"]) == (
        "desk1",
        "agent",
        "agt_8001",
        "8001",
        True,
    )
    token = answer.json()["token"]
    with house.store.read() as session:
        kept = session.scalars(select(LoginSession.token_hash)).all()
    assert token not in kept, "only the hash of a token is kept"
    house.client.cookies.clear()
    assert code(await house.client.get("/api/me")) == "auth.required"
    by_bearer = await house.client.get("/api/me", headers={"Authorization": f"Bearer {token}"})
    assert by_bearer.status_code == 200


async def test_a_cookie_needs_the_console_header_to_change_anything(house: House) -> None:
    await house.client.post("/api/login", json={"username": "desk1", "password": DEMO_PASSWORD})
    refused = await house.client.post("/api/feed/ticket")
    assert (refused.status_code, code(refused)) == (403, "auth.csrf")
    assert (await house.client.post("/api/feed/ticket", headers={"X-Hotline-Console": "1"})).status_code == 200


@pytest.mark.parametrize("username", ["desk2", "nobody-of-that-name"])
async def test_five_wrong_passwords_lock_known_and_unknown_names_alike(house: House, username: str) -> None:
    answers = []
    for _ in range(6):
        started = time.monotonic()
        answer = await house.client.post("/api/login", json={"username": username, "password": "wrong"})
        answers.append((answer.status_code, code(answer)))
        assert time.monotonic() - started >= 0.35, "a refusal keeps to its time"
    assert answers == [(401, "auth.wrong")] * 5 + [(429, "auth.locked")]
    right = await house.client.post("/api/login", json={"username": username, "password": DEMO_PASSWORD})
    assert (right.status_code, right.headers["retry-after"]) == (429, "900")
    with house.store.write() as session:
        session.execute(update(Account).where(Account.username == username).values(locked_until=time.time() - 1))
    if username == "desk2":
        await house.log_in("desk2")


async def test_a_flood_of_log_ins_holds_up_nothing_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    call, headers = add_call(house.store), await house.log_in("desk1")
    gate = threading.Event()
    monkeypatch.setattr(passwords, "verify", lambda *_: gate.wait(20) and False)
    more = 5
    flood = [
        asyncio.create_task(house.client.post("/api/login", json={"username": f"nobody{number}", "password": "x"}))
        for number in range(MOST_WAITING + more)
    ]
    await until(lambda: sum(task.done() for task in flood) >= more, 10)
    refused = [(task.result().status_code, code(task.result())) for task in flood if task.done()]
    assert refused == [(429, "auth.busy")] * more, "who is told to come again has lost none of his tries"
    async with asyncio.timeout(5):
        assert (await house.client.get(f"/api/calls/{call}", headers=headers)).status_code == 200
    gate.set()
    answers = [code(await task) for task in flood]
    assert (answers.count("auth.wrong"), answers.count("auth.busy")) == (MOST_WAITING, more)


async def test_a_log_in_resets_the_count(house: House) -> None:
    for _ in range(4):
        await house.client.post("/api/login", json={"username": "desk3", "password": "wrong"})
    await house.log_in("desk3")
    with house.store.read() as session:
        account = session.scalars(select(Account).where(Account.username == "desk3")).one()
    assert (account.failed_logins, account.locked_until) == (0, None)


async def test_an_inactive_account_is_refused_and_its_session_ends(house: House) -> None:
    headers = await house.log_in("desk4")
    with house.store.write() as session:
        session.execute(update(Account).where(Account.username == "desk4").values(active=False))
    assert code(await house.client.get("/api/me", headers=headers)) == "auth.required"
    refused = await house.client.post("/api/login", json={"username": "desk4", "password": DEMO_PASSWORD})
    assert code(refused) == "auth.wrong"


async def test_a_seat_has_one_session(house: House) -> None:
    first = await house.log_in("desk1")
    second = await house.log_in("desk1")
    assert code(await house.client.get("/api/me", headers=first)) == "auth.required"
    assert (await house.client.get("/api/me", headers=second)).status_code == 200


async def test_people_without_a_seat_may_log_in_twice(house: House) -> None:
    first = await house.log_in("wall")
    await house.log_in("wall")
    assert (await house.client.get("/api/me", headers=first)).status_code == 200


async def test_idle_too_long_and_too_old(house: House) -> None:
    headers = await house.log_in("desk1")
    with house.store.write() as session:
        session.execute(update(LoginSession).values(last_seen_at=time.time() - 15 * 60 - 1))
    assert code(await house.client.get("/api/me", headers=headers)) == "auth.expired"
    with house.store.write() as session:
        session.execute(update(LoginSession).values(last_seen_at=time.time(), expires_at=time.time() - 1))
    assert code(await house.client.get("/api/me", headers=headers)) == "auth.expired"


async def test_log_out_ends_the_session_and_tells_routing(house: House) -> None:
    headers = await house.log_in("desk1")
    assert (await house.client.post("/api/logout", headers=headers)).status_code == 200
    assert code(await house.client.get("/api/me", headers=headers)) == "auth.required"
    assert house.routing.asked == [("set_agent_state", {"agent_id": "agt_8001", "state": "offline", "reason": "logout"})]
    with house.store.read() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)).all()
        assert actions[-2:] == ["login", "logout"]
        assert audit.verify(session).ok


async def test_log_out_works_while_routing_is_silent(house: House) -> None:
    house.routing.answers["set_agent_state"] = None
    headers = await house.log_in("desk1")
    assert (await house.client.post("/api/logout", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"username": "desk1"}, {"username": "x" * 65, "password": "y"}, {"username": 1, "password": []}]
)
async def test_a_malformed_log_in_is_not_echoed(house: House, body: dict[str, object]) -> None:
    answer = await house.client.post("/api/login", json=body)
    assert (answer.status_code, code(answer)) == (422, "request.invalid")
    assert "x" * 65 not in answer.text
