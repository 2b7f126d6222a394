"""System, on real SIP: a call becomes a ticket, a town sends it back, it is decided for a village without a computer, whose
clerk signs and reports by keypad; the caller asks how far it is, is told, is called for the follow-up; it is archived."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest

from hotline.simulate.people.callee import SimCallee
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.stage import Stage
from tests.system.running import PROGRESS_NUMBER, STAFF_NUMBER, Hotline
from tests.system.talking import FORM, Talk, boss_at_work, people, record

pytestmark = [pytest.mark.sip, pytest.mark.timeout(360)]

VILLAGE, TOWN = "ctr_990102101201", "ctr_990102101"
CLERK_PHONE = "13700000201"
PIN = "270914"


class Office:
    """People at their browsers: the administrator, and a supervisor who dispatches."""

    def __init__(self, hotline: Hotline) -> None:
        self._client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{hotline.settings.http.port}", timeout=20)
        self._heads: dict[str, dict[str, str]] = {}

    async def send(self, who: str, method: str, path: str, body: Any = None) -> Any:
        if who not in self._heads:
            answer = await self._client.post("/api/login", json={"username": who, "password": "12348-demo"})
            self._heads[who] = {"Authorization": f"Bearer {answer.json()['token']}"}
        answer = await self._client.request(method, path, json=body, headers=self._heads[who])
        assert answer.status_code == 200, f"{method} {path}: {answer.text}"
        return answer.json()

    async def act(self, number: str, name: str, who: str = "wall", **given: Any) -> Any:
        ticket = await self.ticket(number)
        body = {"act": name, "version": ticket["version"], "given": given}
        return await self.send(who, "POST", f"/api/tickets/{number}/acts", body)

    async def ticket(self, number: str) -> Any:
        return await self.send("wall", "GET", f"/api/tickets/{number}")

    async def public(self, number: str, code: str) -> httpx.Response:
        return await self._client.post("/api/public/progress", json={"number": number, "code": code})

    async def becomes(self, number: str, state: str, seconds: float = 30) -> Any:
        deadline = time.monotonic() + seconds
        while (ticket := await self.ticket(number))["state"] != state:
            assert time.monotonic() < deadline, f"{number} is {ticket['state']}, not {state}"
            await asyncio.sleep(0.3)
        return ticket

    async def close(self) -> None:
        await self._client.aclose()


async def test_from_a_call_to_the_archive_by_way_of_a_village(hotline: Hotline) -> None:
    """The clerk hangs up once, signs when called again, calls in the result; the follow-up is made by somebody else."""
    office = Office(hotline)
    try:
        async with people(hotline.settings, seed=81, seats=1) as stage:
            clerk = stage.carrier.add_person(SimCallee(CLERK_PHONE, "hangs_up", voice=33))
            await has_a_telephone(office)
            number, caller = await a_matter(stage)
            await office.act(number, "accept")
            await office.act(number, "assign", centre_id=TOWN)
            await office.act(number, "object", "town", reason="level", basis="当事人和纠纷都在沙湾村")
            await office.act(number, "reassign", "centre", centre_id=TOWN, why="镇工作站有调解员")
            await office.act(number, "object", "town", reason="scope", basis="镇调解员已到沙湾村工作室")
            await office.act(number, "adjudicate", "city", centre_id=VILLAGE, why="事在沙湾村，由村工作室办理")
            await visits(clerk, 1, 40)
            assert await clerk.calls[0].ended(15)
            clerk.character = "answers"
            await visits(clerk, 2, 40)
            call = clerk.calls[-1]
            assert await call.ear.until(lambda ear: ear.hears_other_sound(50), 15), "the ticket is read out"
            await asyncio.sleep(2)
            assert (await office.ticket(number))["state"] == "assigned", "hearing it is not signing it"
            await call.press("3")  # once more
            await asyncio.sleep(3)
            await call.press("1")
            signed = await office.becomes(number, "signed")
            assert signed["handler_name"] == "沙湾村工作室"
            assert await call.ended(30), "told, and let go"
            event = next(one for one in signed["events"] if one["name"] == "sign")
            assert event["data"]["channel"] == "phone"
            code = signed["code"]
            await asyncio.gather(reports_the_result(office, stage, number, code), asks_how_far(stage, number, code))
            answer = await office.public(number, code)
            assert answer.json()["phase"] == "done", answer.text
            wrong = [await office.public(number, "0000001"), await office.public("20200101-0001-00", code)]
            assert [(one.status_code, one.json()["error"]["code"]) for one in wrong] == [(404, "progress.wrong")] * 2
            await asyncio.sleep(3)
            assert clerk.visits == 2, "nobody calls for a ticket that was signed"
            await office.act(number, "tell", way="phone")
            await follows_up(hotline, stage, number, caller)
            await office.becomes(number, "followed_up")
            archived = await office.act(number, "archive")
            story = [event["name"] for event in (await office.ticket(number))["events"]]
            sent_back = ["accept", "assign", "object", "reassign", "object", "adjudicate"]
            steps = [*sent_back, "sign", "handle", "finish", "tell", "follow_up", "archive"]
            assert [name for name in story if name in steps] == steps, story
            assert archived["state"] == "archived"
    finally:
        await office.close()
    await asyncio.to_thread(hotline.doctor)


async def has_a_telephone(office: Office) -> None:
    """What an administrator does once."""
    rows = (await office.send("admin", "GET", "/api/centres"))["items"]
    row = next(one for one in rows if one["id"] == VILLAGE)
    wish = {key: row[key] for key in ("name", "level", "parent_id", "region_code", "phone", "phones", "hours", "services")}
    wish |= {"calendar_id": row["calendar_id"] or "", "by_phone": True}
    await office.send("admin", "PUT", f"/api/centres/{VILLAGE}", wish)
    phone = {"kind": "clerk", "number": "7201", "pin": PIN, "phone": CLERK_PHONE}
    await office.send("admin", "PUT", "/api/staff-phones/acc_village", phone)


async def follows_up(hotline: Hotline, stage: Stage, number: str, caller: str) -> None:
    """The supervisor, who had no hand in it, is called, then the person; both talk, and the answers are written down."""
    person = stage.carrier.add_person(SimCallee(caller, "answers", voice=34))
    async with boss_at_work(hotline) as boss:
        await boss.pause("other")  # at the seat, and not for callers
        rows = (await boss.console.get("/api/ticket-tasks"))["items"]
        task = next(row for row in rows if row["number"] == number and row["kind"] == "follow_up")
        path = f"/api/ticket-tasks/{task['id']}"
        await boss.console.post(f"{path}/call", {})
        ring = await boss.phone.rings(20)
        assert ring is not None, "who presses the button is called first"
        await visits(person, 1, 30)
        call = person.talking
        assert call is not None
        assert await call.hears(boss.voice, 10)
        assert await ring.call.hears(person.voice, 10)
        given = {"matter": 1, "handler": 1, "text": "已经调解好了，满意", "answers": {"told": "yes", "solved": "yes"}}
        await boss.console.post(f"{path}/done", {"given": given})
        call.hang_up()
        assert await ring.call.ended(15)


async def a_matter(stage: Stage) -> tuple[str, str]:
    """A caller whose matter becomes a ticket: its number, and theirs."""
    talk = await Talk.begin(stage)
    talk.caller.hang_up()
    await talk.agent.write_up(talk.call_id, {**FORM, "service_type": "S03", "disposition": "D04", "request": "请求调解"})
    deadline = time.monotonic() + 30
    while True:
        found = await record(stage, talk.call_id)
        if found.get("ticket"):
            ticket = found["ticket"]
            return str(ticket["number"] if isinstance(ticket, dict) else ticket), talk.caller.number
        assert time.monotonic() < deadline, f"no ticket: {found}"
        await asyncio.sleep(0.3)


async def visits(clerk: SimCallee, count: int, seconds: float) -> None:
    """The clerk's telephone has rung so often, and whoever answers has picked up."""
    deadline = time.monotonic() + seconds
    while clerk.visits < count or (clerk.character == "answers" and clerk.talking is None):
        assert time.monotonic() < deadline, f"rung {clerk.visits} times, not {count}"
        await asyncio.sleep(0.05)


async def dial(stage: Stage, number: str, called: str) -> SimCaller:
    caller = stage.carrier.caller(number, voice=79)
    edge = stage.carrier.edge
    assert await caller.dial(f"sip:{called}@{edge[0]}:{edge[1]}", headers=stage.carrier.headers(caller)) == 200
    assert await caller.hears_prompt(8)
    return caller


async def keys(caller: SimCaller, text: str, seconds: float) -> None:
    """Key something once it was asked for."""
    assert not await caller.ended(seconds), "the menu has hung up"
    await caller.press(text)


async def reports_the_result(office: Office, stage: Stage, number: str, code: str) -> None:
    """The clerk calls the staff's number from the telephone that is noted: PIN, report, code, mediated."""
    caller = await dial(stage, CLERK_PHONE, STAFF_NUMBER)
    await keys(caller, f"{PIN}#", 4)
    await keys(caller, "2", 3)
    await keys(caller, code, 3)
    await keys(caller, "1", 3)
    done = await office.becomes(number, "done")
    assert done["result"] == "电话报结：调解成功，双方达成协议"
    await keys(caller, "9", 2)
    assert await caller.ended(15)


async def asks_how_far(stage: Stage, number: str, code: str) -> None:
    """The caller of the ticket: number and code by key, hears it, and nobody calls them back."""
    caller = await dial(stage, "13800001234", PROGRESS_NUMBER)
    await keys(caller, number.replace("-", ""), 5)
    await keys(caller, code, 3)
    await keys(caller, "9", 4)
    assert await caller.ended(20)
    page = await stage.records.get("/api/calls?limit=50")
    mine = next(item for item in page["items"] if item["caller_masked"] == caller.masked)
    found = await record(stage, mine["call_id"])
    assert (found["cause"], found["outcome"]) == ("progress_told", "consultation"), found
