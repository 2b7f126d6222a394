"""What people do at their browsers around a village centre without a computer, and its clerk's telephone."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import httpx

from hotline.simulate.people.callee import SimCallee
from hotline.simulate.stage import Stage
from tests.system.running import Hotline
from tests.system.talking import FORM, Talk, record

VILLAGE: Final = "ctr_990102101201"
TOWN: Final = "ctr_990102101"
PIN: Final = "270914"


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


async def has_a_telephone(office: Office, phone: str) -> None:
    """What an administrator does once."""
    rows = (await office.send("admin", "GET", "/api/centres"))["items"]
    row = next(one for one in rows if one["id"] == VILLAGE)
    wish = {key: row[key] for key in ("name", "level", "parent_id", "region_code", "phone", "phones", "hours", "services")}
    wish |= {"calendar_id": row["calendar_id"] or "", "by_phone": True}
    await office.send("admin", "PUT", f"/api/centres/{VILLAGE}", wish)
    known = {"kind": "clerk", "number": "7201", "pin": PIN, "phone": phone}
    await office.send("admin", "PUT", "/api/staff-phones/acc_village", known)


async def a_matter(stage: Stage) -> tuple[str, str]:
    """A caller whose matter becomes a ticket: its number, and theirs."""
    talk = await Talk.begin(stage)
    talk.caller.hang_up()
    await talk.agent.write_up(talk.call_id, {**FORM, "service_type": "S03", "disposition": "D04", "request": "请求调解"})
    stage.desk.give_back(talk.agent)
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
