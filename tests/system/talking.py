"""Simulated people on a running hotline, directed by a test: who talks with whom, and who hears what."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from hotline.bus import keys
from hotline.bus.client import connect_async
from hotline.settings import Settings
from hotline.simulate import demo_people
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.console import ApiError, Console
from hotline.simulate.people.desk import tolerate
from hotline.simulate.people.phone import Ring
from hotline.simulate.play import unfinished
from hotline.simulate.stage import Stage, set_stage, strike
from hotline.store.demo import DEMO_PASSWORD
from tests.system.running import QUICK_NUMBER, Hotline

FORM: dict[str, Any] = {
    "caller_name": "测试来电人",
    "caller_groups": ["G99"],
    "risk_flags": [],
    "matter_region": "990102",
    "category": "0101",
    "service_type": "S01",
    "facts": "咨询。",
    "request": "",
    "advice": "已答复。",
    "disposition": "D01",
}
GAP_SECONDS = 0.5
"""The longest silence that a talk may show: ten lost packets would be heard, a restart of a part must not be."""


@asynccontextmanager
async def boss_at_work(hotline: Hotline) -> AsyncIterator[SimAgent]:
    """The supervisor with a console and a phone, not ready for callers."""
    phone = demo_people.make_phone(hotline.settings, demo_people.SUPERVISOR)
    boss = SimAgent(Console(demo_people.base_url(hotline.settings), "supervisor", DEMO_PASSWORD), phone)
    await phone.start()
    await boss.console.log_in()
    await boss.console.open_feed()
    try:
        yield boss
    finally:
        await boss.close()


@asynccontextmanager
async def people(settings: Settings, *, seed: int, seats: int = 3) -> AsyncIterator[Stage]:
    """Agents at their seats and the carrier; callers go straight to the queue."""
    await _all_away(settings)
    stage = await set_stage(settings, seed=seed, talk_seconds=1.0, seats=seats)
    stage.carrier.called = QUICK_NUMBER
    try:
        yield stage
    finally:
        await _send_home(stage)
        await strike(stage.desk, stage.records, stage.carrier)


async def _all_away(settings: Settings) -> None:
    """Wait until nobody sits at the desk: whoever was thrown out by an ended hotline has a lease and maybe a wrap-up still."""
    client = connect_async(settings.redis_url)
    try:
        async with asyncio.timeout(settings.queue.agent_lease_seconds + settings.queue.wrap_up_seconds + 10):
            while True:
                board = {key: json.loads(value) for key, value in (await client.hgetall(keys.BOARD_STATE)).items()}
                agents = [entity["state"] for key, entity in board.items() if key.startswith("agents/")]
                if agents and set(agents) == {"offline"}:
                    return
                await asyncio.sleep(0.2)
    finally:
        await client.aclose()


async def _send_home(stage: Stage) -> None:
    """Whatever became of the test: no call stays up, no agent in a wrap-up in which the next test would find him."""
    for leg in stage.carrier.agent.legs:
        leg.hang_up()
    for agent in stage.desk.agents:
        if agent.phone.talking is not None:
            await agent.phone.talking.ended(5)
        if agent.state not in ("available", "offline"):
            await tolerate(agent.free())


@dataclass
class Talk:
    """A caller and an agent who talk with one another."""

    stage: Stage
    caller: SimCaller
    agent: SimAgent
    ring: Ring
    call_id: str
    since: float

    @classmethod
    async def begin(cls, stage: Stage, *, seconds: float = 30.0) -> Talk:
        """A new caller dials, an agent takes the call, both hear each other."""
        caller = await waiting_caller(stage)
        agent = await stage.desk.reserve(caller.masked, caller.masked, seconds)
        offer = agent.offer_of(caller.masked) or {}
        call_id = await agent.accept(offer["offer_id"])
        ring = await agent.phone.rings(10)
        assert ring is not None, f"the phone of {agent.name} did not ring"
        talk = cls(stage, caller, agent, ring, call_id, time.time())
        await talk.hear_each_other()
        talk.since = time.time()
        return talk

    async def hear_each_other(self, seconds: float = 10.0) -> None:
        """Caller and agent hear each other now."""
        heard = await asyncio.gather(
            self.caller.hears(self.agent.voice, seconds), self.ring.call.hears(self.caller.voice, seconds)
        )
        assert heard == [True, True], f"caller hears agent, agent hears caller: {heard}"

    async def goes_on(self, seconds: float) -> None:
        """Stay in the talk for so long: nobody is hung up on, and both are heard all the time."""
        began = time.time()
        assert not await self.caller.ended(seconds), f"the caller's leg ended: {self.caller.call.leg.end}"
        assert self.ring.call.is_up, f"the agent's leg ended: {self.ring.call.leg.end}"
        self.no_gap(began)

    def no_gap(self, since: float) -> None:
        """Neither has heard nothing for long."""
        for who, ear in (("caller", self.caller.ear), ("agent", self.ring.call.ear)):
            quiet = ear.longest_quiet(since, time.time() - 0.3)
            assert quiet < GAP_SECONDS, f"the {who} heard nothing for {quiet:.2f} s"

    async def end(self) -> dict[str, Any]:
        """The caller hangs up, the agent writes up; the finished record."""
        self.caller.hang_up()
        assert await self.caller.ended(5)
        assert await self.ring.call.ended(5), "the agent's phone is still in the call"
        await self.agent.write_up(self.call_id, FORM)
        self.stage.desk.give_back(self.agent)
        return await record(self.stage, self.call_id)


async def waiting_caller(stage: Stage) -> SimCaller:
    """A new caller who was answered and is on the way to the queue."""
    caller = stage.carrier.caller(stage.numbers.next(), voice=stage.next_voice())
    status = await stage.carrier.dial(caller)
    assert status == 200, f"INVITE was answered with {status}"
    return caller


async def _stored(stage: Stage, call_id: str) -> dict[str, Any]:
    """What the database has of a call by now; nothing before the archiver wrote it down."""
    try:
        return await stage.records.get(f"/api/calls/{call_id}")
    except ApiError as error:
        if error.code == "call.missing":
            return {}
        raise


async def record(stage: Stage, call_id: str, seconds: float = 60.0) -> dict[str, Any]:
    """The record of a call once everything after it is done."""
    found: dict[str, Any] = {}
    try:
        async with asyncio.timeout(seconds):
            while unfinished(found := await _stored(stage, call_id)):
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"after {seconds} s: {unfinished(found)}") from None
    return found
