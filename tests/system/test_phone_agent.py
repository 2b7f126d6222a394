"""The staff on the telephone: a clerk without a console takes calls on a plain phone; who keys wrong PINs is locked out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.expert import SimExpert
from hotline.simulate.stage import Stage
from tests.system.running import STAFF_NUMBER, Hotline
from tests.system.talking import people, record, waiting_caller

pytestmark = [pytest.mark.sip, pytest.mark.timeout(240)]

CLERK = "agt_8006"
CLERK_PHONE = "13700000006"
CLERK_VOICE = 15
PIN = "270914"
EXPERT = "exp_01"
LOCKED = "exp_02"


@dataclass
class Town:
    """A town whose only clerk has a plain telephone."""

    hotline: Hotline
    stage: Stage
    clerk: SimExpert

    async def menu(self, number: str) -> SimCaller:
        """Call the staff's number."""
        caller = self.stage.carrier.caller(number, voice=79)
        status = await caller.dial(
            f"sip:{STAFF_NUMBER}@{self.stage.carrier.edge[0]}:{self.stage.carrier.edge[1]}",
            headers=self.stage.carrier.headers(caller),
        )
        assert status == 200
        assert await caller.hears_prompt(5)
        return caller

    async def enter(self, caller: SimCaller, keys: str, seconds: float = 2.5) -> None:
        """Key something once it was asked for."""
        assert not await caller.ended(seconds), "the menu has hung up"
        await caller.press(keys)

    async def take_calls(self) -> None:
        """The clerk says: I take calls on this phone."""
        caller = await self.menu(CLERK_PHONE)
        await self.enter(caller, f"{PIN}#", 4)
        await self.enter(caller, "1")
        await self.clerk_is("available")
        await self.enter(caller, "9")
        assert await caller.ended(8)

    async def log_off(self) -> None:
        """The clerk goes home."""
        caller = await self.menu(CLERK_PHONE)
        await self.enter(caller, f"{PIN}#", 4)
        await self.enter(caller, "0")
        await self.clerk_is("offline")
        caller.hang_up()
        await caller.ended(5)

    def expert(self) -> dict[str, Any]:
        found: dict[str, Any] = self.stage.records.state.get(f"experts/{EXPERT}", {})
        return found

    def agent(self) -> dict[str, Any]:
        found: dict[str, Any] = self.stage.records.state.get(f"agents/{CLERK}", {})
        return found

    async def clerk_is(self, *states: str, seconds: float = 10.0) -> None:
        await until(lambda: self.agent().get("state") in states, seconds, f"the clerk is {states}, not {self.agent()}")


async def until(check: Any, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.05)


async def put(hotline: Hotline, stage: Stage, person: str, body: dict[str, str]) -> None:
    """What an administrator does; here over HTTP as they would."""
    import httpx

    base = f"http://127.0.0.1:{hotline.settings.http.port}"
    async with httpx.AsyncClient(base_url=base) as client:
        token = (await client.post("/api/login", json={"username": "admin", "password": "12348-demo"})).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.put(f"/api/staff-phones/{person}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        weak = await client.put(f"/api/staff-phones/{person}", json={**body, "pin": "1234"}, headers=headers)
        assert weak.json()["error"]["code"] == "staff.pin"


def test_a_town_with_one_clerk_and_a_plain_phone(hotline: Hotline) -> None:
    """The scenario as a newcomer plays it: accepted and talked, refused, a voicemail."""
    said, found = hotline.simulate("--scenario", "phone_agent", "--callers", "3", "--seed", "7", "--talk", "1")
    assert found["unexpected"] == []
    assert said.code == 0, said


@pytest.fixture
async def town(hotline: Hotline) -> AsyncIterator[Town]:
    # The one seat with a console is taken, but pauses: callers find the telephone.
    async with people(hotline.settings, seed=71, seats=1) as stage:
        await stage.desk.agents[0].pause("training")
        await put(hotline, stage, CLERK, {"kind": "agent", "number": "6006", "pin": PIN, "phone": CLERK_PHONE})
        await put(hotline, stage, EXPERT, {"kind": "expert", "number": "7001", "pin": PIN})
        await put(hotline, stage, LOCKED, {"kind": "expert", "number": "7002", "pin": PIN})
        clerk = stage.carrier.add_expert(SimExpert(f"+86{CLERK_PHONE}", "accepts", voice=CLERK_VOICE))
        made = Town(hotline, stage, clerk)
        yield made
        if made.agent().get("state") != "offline":
            await made.log_off()
    await asyncio.to_thread(hotline.doctor)


async def test_the_staff_on_the_telephone(town: Town) -> None:
    """While the clerk takes calls, one expert says that she is away, and somebody guesses PINs."""
    await asyncio.gather(a_clerk_takes_calls(town), an_expert_is_away(town), somebody_guesses(town))


async def a_clerk_takes_calls(town: Town) -> None:
    """They talk, hold and come back by key, and it is recorded; the result is keyed, the clerk is free again."""
    await town.take_calls()
    town.clerk.character = "accepts"
    caller = await waiting_caller(town.stage)
    assert await caller.hears(CLERK_VOICE, 30)
    assert town.clerk.talking is not None
    assert await town.clerk.talking.hears(caller.voice, 5)
    await town.clerk.talking.press("*2")
    assert await caller.hears_prompt(6), "on hold the caller hears music"
    await town.clerk.talking.press("*2")
    assert await caller.hears(CLERK_VOICE, 6)
    await asyncio.sleep(2)
    caller.hang_up()
    await asyncio.sleep(2)
    await town.clerk.talking.press("1")
    assert await town.clerk.visits[-1].call.ended(15), "thanked, and let go"
    await town.clerk_is("available", seconds=10)
    found = await record(town.stage, await town_call(town, caller))
    assert (found["cause"], found["agent_id"], found["outcome"]) == ("completed", CLERK, "consultation"), found
    assert found["form_incomplete"] is False
    assert [item["state"] for item in found["recordings"]] == ["sealed"]
    await a_clerk_calls_for_help_and_hands_on(town)
    await a_clerk_has_audible_tones_only(town)


async def a_clerk_has_a_caller(town: Town) -> SimCaller:
    """The next caller and the clerk hear each other."""
    caller = await waiting_caller(town.stage)
    assert await caller.hears(CLERK_VOICE, 30)
    assert town.clerk.talking is not None
    assert await town.clerk.talking.hears(caller.voice, 5)
    return caller


async def a_clerk_calls_for_help_and_hands_on(town: Town) -> None:
    """`*0`: the supervisors' board says so. `*1`: a lawyer talks with the caller, and the clerk is free."""
    caller = await a_clerk_has_a_caller(town)
    call, clerk = str(town.agent()["call_id"]), town.clerk.talking
    assert clerk is not None
    await clerk.press("*0")
    await until(
        lambda: (town.stage.records.state[f"calls/{call}"].get("help") or {}).get("agent_id") == CLERK, 15, "help asked"
    )
    await clerk.press("*1")
    others = [one for one in town.stage.carrier.experts.values() if one is not town.clerk]

    def lawyer() -> SimExpert | None:
        return next((one for one in others if one.talking is not None and one.talking.ear.hears(caller.voice)), None)

    await until(lawyer, 60, "a lawyer hears the caller")
    found = lawyer()
    assert found is not None
    assert await caller.hears(found.voice, 10)
    assert await clerk.ended(15), "the clerk's telephone is still in the call"
    await town.clerk_is("available", seconds=15)
    caller.hang_up()
    talked = await record(town.stage, call)
    assert [talk["person_kind"] for talk in talked["talks"]] == ["agent", "expert"], talked["talks"]
    assert talked["form_incomplete"] is False


async def a_clerk_has_audible_tones_only(town: Town) -> None:
    """An old telephone: accepted, ended (`*9`) and written down, all by tones in the sound."""
    town.clerk.dtmf = "inband"
    caller = await a_clerk_has_a_caller(town)
    call, clerk = str(town.agent()["call_id"]), town.clerk.talking
    assert clerk is not None
    await asyncio.sleep(1)
    await clerk.press("*9")
    assert await caller.hears_prompt(10), "the caller goes on to the rating"
    await asyncio.sleep(2)
    await clerk.press("1")
    assert await clerk.ended(15), "thanked, and let go"
    town.clerk.dtmf = "rfc4733"
    await town.clerk_is("available", seconds=15)
    assert await caller.ended(30)
    found = await record(town.stage, call)
    assert (found["cause"], found["outcome"], found["form_incomplete"]) == ("completed", "consultation", False)
    assert found["ended_by"] == "agent"


async def an_expert_is_away(town: Town) -> None:
    """From a telephone that nobody knows: the staff number first, then the PIN. Her word goes before the roster, at once."""
    await until(lambda: town.expert().get("state") == "available", 15, "she is on the roster")
    caller = await town.menu("13800007777")
    await town.enter(caller, "7001#", 4)
    await town.enter(caller, f"{PIN}#", 4)
    await town.enter(caller, "2")
    await until(lambda: town.expert().get("state") == "off_duty", 10, "she is not to be called")
    await town.enter(caller, "1")
    await until(lambda: town.expert().get("state") == "available", 10, "she is")
    await town.enter(caller, "9")
    assert await caller.ended(10)
    found = await record(town.stage, await town_call(town, caller))
    assert (found["cause"], found["outcome"]) == ("staff_menu", "staff"), "nobody calls her back"


async def somebody_guesses(town: Town) -> None:
    """Three wrong ones: told, hung up, and even the right one is of no use for a while."""
    caller = await town.menu("13800008888")
    await town.enter(caller, "7002#", 4)
    for wrong in ("111222#", "333444#", "555666#"):
        await town.enter(caller, wrong, 4)
    assert await caller.ended(20), "told and hung up"
    again = await town.menu("13800009999")
    await town.enter(again, "7002#", 4)
    await town.enter(again, f"{PIN}#", 4)
    assert await again.ended(20), "locked"


async def town_call(town: Town, caller: SimCaller) -> str:
    """The call id of that caller."""
    until_then = time.monotonic() + 15
    while time.monotonic() < until_then:
        page = await town.stage.records.get("/api/calls?limit=50")
        for item in page["items"]:
            if item["caller_masked"] == caller.masked:
                return str(item["call_id"])
        await asyncio.sleep(0.3)
    raise AssertionError(f"no call of {caller.masked}")
