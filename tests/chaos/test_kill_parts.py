"""Each part is killed in turn while callers talk with agents: it comes back by itself, talks that do not need it go on without
a gap, the next caller is served, and when all is over everything still holds."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable

import psutil
import pytest
import redis

from hotline.bootstrap.parts import beats, parts
from hotline.bus import keys
from hotline.conversation.recovery import owner
from hotline.core.journal import SUFFIX
from hotline.simulate.stage import Stage
from tests.system.running import Hotline
from tests.system.talking import FORM, Talk, people, record

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(150)]

BACK_SECONDS = 10.0
"""A part that was killed works again by then, on a machine that is not busy with something else."""
OWN = ("pool", "routing", "jobs", "api")


async def until(check: Callable[[], object], seconds: float, what: str) -> float:
    """Poll beside the simulated people, who go on talking. Seconds it took."""
    began = time.monotonic()
    while not await asyncio.to_thread(check):
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def kill(hotline: Hotline, *names: str) -> None:
    """kill -9, and wait until the supervisor has brought them back."""
    seconds = BACK_SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    old = {name: hotline.pid(name) for name in names}
    for pid in old.values():
        os.kill(pid, signal.SIGKILL)
    for name in names:
        await until(lambda name=name: works(hotline, name, old[name]), seconds, f"{name} works again")  # type: ignore[misc]


def works(hotline: Hotline, name: str, not_this: int) -> bool:
    """Whether a new process of that part runs and answers."""
    part = next(one for one in parts(hotline.settings) if one.name == name)
    pid = hotline.pid(name)
    if pid in (0, not_this) or not part.ready(hotline.settings, pid):
        return False
    if name == "pool" and not redis.Redis.from_url(hotline.settings.redis_url).llen(keys.IDLE):
        return False
    return name not in OWN or (beats(hotline.settings, name) or {}).get("pid") == pid


async def two_talks(stage: Stage) -> list[Talk]:
    return list(await asyncio.gather(Talk.begin(stage), Talk.begin(stage)))


async def end_all(hotline: Hotline, talks: list[Talk]) -> None:
    for ended in await asyncio.gather(*(talk.end() for talk in talks)):
        assert (ended["cause"], ended["ended_by"]) == ("completed", "caller"), ended
    await asyncio.to_thread(hotline.doctor)


@pytest.mark.parametrize("names", [("jobs",), ("api",), ("routing",), ("redis",)], ids="+".join)
async def test_talks_go_on(hotline: Hotline, names: tuple[str, ...]) -> None:
    """What is not in the way of the voice may die without anybody hearing it."""
    async with people(hotline.settings, seed=41) as stage:
        talks = await two_talks(stage)
        began = time.time()
        await kill(hotline, *names)
        for talk in talks:
            assert talk.caller.call.is_up, talk.caller.call.leg.end
            talk.no_gap(began)
        third = await Talk.begin(stage)
        await end_all(hotline, [*talks, third])


async def test_kamailio_is_killed(hotline: Hotline) -> None:
    """Talks go on (their voice does not pass through it), and end rightly through the new one."""
    async with people(hotline.settings, seed=42) as stage:
        talks = await two_talks(stage)
        began = time.time()
        await kill(hotline, "kamailio")
        for talk in talks:
            talk.no_gap(began)
        # Phones register again by themselves, within the two minutes they were granted; these need not wait for it.
        for agent in stage.desk.agents:
            assert await agent.phone.register() == 200
        third = await Talk.begin(stage)
        await end_all(hotline, [*talks, third])


async def test_rtpengine_is_killed(hotline: Hotline) -> None:
    """The voice of those who talk is lost; their calls come to an end that is on record, and the next caller is served."""
    async with people(hotline.settings, seed=43) as stage:
        talk = await Talk.begin(stage)
        await kill(hotline, "rtpengine")
        third = await Talk.begin(stage)
        await end_all(hotline, [talk, third])


async def test_pool_is_killed(hotline: Hotline) -> None:
    """The pool's children carry callers: they go on, and the new pool starts children of its own beside them."""
    async with people(hotline.settings, seed=44) as stage:
        talks = await two_talks(stage)
        began = time.time()
        await kill(hotline, "pool")
        for talk in talks:
            assert talk.caller.call.is_up, talk.caller.call.leg.end
            talk.no_gap(began)
        third = await Talk.begin(stage)
        await end_all(hotline, [*talks, third])


async def test_a_worker_is_killed(hotline: Hotline) -> None:
    """It costs one call: its record is closed, the agent's phone is released, somebody is to call back; others hear nothing."""
    async with people(hotline.settings, seed=45) as stage:
        lost, other = await two_talks(stage)
        worker = worker_of(hotline, lost)
        began = time.time()
        os.kill(worker, signal.SIGKILL)
        assert await lost.ring.call.ended(3), "the agent's phone is still in a call that is dead"
        assert await lost.caller.ended(3), "the caller is left in silence"
        found = await record(stage, lost.call_id)
        assert (found["cause"], found["outcome"]) == ("system_failure", "callback"), found
        other.no_gap(began)
        # What the agent had typed is not lost: there is a wrap-up, and the form can be finished in it.
        await lost.agent.until_state("wrap_up")
        await lost.agent.write_up(lost.call_id, FORM)
        stage.desk.give_back(lost.agent)
        await end_all(hotline, [other])


async def test_redis_is_emptied(hotline: Hotline) -> None:
    """FLUSHALL in the middle of talks: nobody hears it, and everything is built up again."""
    async with people(hotline.settings, seed=46) as stage:
        talks = await two_talks(stage)
        began = time.time()
        client = redis.Redis.from_url(hotline.settings.redis_url)
        client.flushall()
        # Workers look every 2 s whether Redis still knows them; until then a caller gets 503 with Retry-After.
        await until(lambda: client.llen(keys.IDLE) >= hotline.settings.pool.warm, 4, "idle workers stand in line again")
        third = await Talk.begin(stage)
        for talk in talks:
            talk.no_gap(began)
        await end_all(hotline, [*talks, third])


async def test_an_idle_worker_hangs(hotline: Hotline) -> None:
    """A caller who meets it is given to the next worker within about two seconds."""
    async with people(hotline.settings, seed=47) as stage:
        client = redis.Redis.from_url(hotline.settings.redis_url, decode_responses=True)
        await until(lambda: client.llen(keys.IDLE) >= hotline.settings.pool.warm, 10, "idle workers stand in line")
        first = client.lindex(keys.IDLE, 0)
        assert isinstance(first, str)
        hanging = psutil.Process(_at_port(hotline, int(first.rpartition(":")[2])))
        hanging.suspend()
        try:
            talk = await Talk.begin(stage)
            assert 1.0 < talk.caller.answered_after < 4.5, talk.caller.answered_after
        finally:
            hanging.resume()
        await end_all(hotline, [talk])


def worker_of(hotline: Hotline, talk: Talk) -> int:
    """Process of the conversation of that talk."""
    return owner(hotline.settings.journal_dir / f"{talk.call_id}{SUFFIX}")


def _at_port(hotline: Hotline, port: int) -> int:
    for process in hotline.workers():
        if any(one.laddr.port == port for one in process.net_connections(kind="udp")):
            return process.pid
    raise AssertionError(f"no worker at port {port}")
