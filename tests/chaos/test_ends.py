"""How it ends: told to stop it drains, killed it takes everything with it, and a second one is turned away."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest
import redis

from hotline.bus import client as bus
from hotline.conversation import slots
from hotline.core.commands import Command
from tests.chaos.test_kill_parts import until
from tests.system.running import Hotline, wait_gone
from tests.system.talking import Talk, people

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(150)]

GONE_SECONDS = 5.0
"""After `kill -9` of the supervisor nothing is left by then."""


@pytest.fixture
def running(hotline: Hotline) -> Hotline:
    """The shared one, started again from what is there when the test before has ended it."""
    if hotline.process is None:
        hotline.start()
    return hotline


async def test_ctrl_c_drains(running: Hotline) -> None:
    """Callers who talk may finish; then everything ends, and the record is whole."""
    hotline = running
    async with people(hotline.settings, seed=51, seats=1) as stage:
        talk = await Talk.begin(stage)
        stopping = asyncio.ensure_future(asyncio.to_thread(hotline.stop, signal.SIGINT))
        await until(lambda: "draining" in hotline.printed(), 5, "it says that it drains")
        # Drained, not cut: the talk is still there a while later, and new callers are not taken any more.
        await talk.goes_on(2.0)
        assert await stage.carrier.dial(stage.carrier.caller("13711112222", voice=77)) == 503
        talk.caller.hang_up()
        assert await talk.ring.call.ended(5)
        assert await stopping == 0
    assert hotline.processes() == []
    hotline.doctor()


async def test_draining_has_an_end(running: Hotline) -> None:
    """Whoever talks on and on is told good-bye when `limits.drain_seconds` are over; nobody waits for ever."""
    hotline = running
    limit = hotline.settings.limits.drain_seconds
    async with people(hotline.settings, seed=52, seats=1) as stage:
        talk = await Talk.begin(stage)
        began = time.monotonic()
        stopping = asyncio.ensure_future(asyncio.to_thread(hotline.stop, signal.SIGTERM))
        assert await talk.caller.ended(limit + 15)
        assert time.monotonic() - began > limit - 2
        assert await stopping == 0
    assert hotline.processes() == []
    hotline.doctor()


async def test_a_caller_in_danger_is_waited_for(running: Hotline) -> None:
    """A pinned call outlives every limit of a stop; the parts it needs live on, also when one of them dies meanwhile."""
    hotline = running
    limit = hotline.settings.limits.drain_seconds
    client = redis.Redis.from_url(hotline.settings.redis_url)
    async with people(hotline.settings, seed=55, seats=1) as stage:
        talk = await Talk.begin(stage)
        bus.send_command(client, Command("pin", talk.call_id, "cmd_pin", {"emergency_id": "emg_1", "by": "acc_1"}))
        await until(lambda: slots.pinned(hotline.settings.run_dir / "slots") == 1, 5, "it is pinned")
        stopping = asyncio.ensure_future(asyncio.to_thread(hotline.stop, signal.SIGTERM, 120.0))
        await asyncio.sleep(limit + 12)
        assert hotline.status()["draining"] == {"on": True, "pinned": 1}
        old = hotline.pid("routing")
        os.kill(old, signal.SIGKILL)
        await until(lambda: hotline.pid("routing") not in (0, old), 15, "routing is started again")
        await talk.goes_on(2.0)
        assert not stopping.done()
        talk.caller.hang_up()
        assert await talk.ring.call.ended(5)
        assert await stopping == 0
    assert hotline.processes() == []


async def test_kill_9_of_the_supervisor_leaves_nothing(running: Hotline) -> None:
    """In the middle of a talk; the next start closes the record of that call."""
    hotline = running
    process = hotline.process
    assert process is not None
    async with people(hotline.settings, seed=53, seats=1) as stage:
        talk = await Talk.begin(stage)
        assert len(hotline.processes()) > 10
        os.kill(process.pid, signal.SIGKILL)
        process.wait(5)
        await until(lambda: hotline.processes() == [], GONE_SECONDS, "every process of the hotline is gone")
        call_id = talk.call_id
    wait_gone(process.pid, 1)
    hotline.process = None
    await asyncio.to_thread(hotline.start)
    async with people(hotline.settings, seed=54, seats=2) as stage:
        found = await stage.records.get(f"/api/calls/{call_id}")
        assert (found["state"], found["cause"], found["outcome"]) == ("closed", "system_failure", "callback"), found
        await (await Talk.begin(stage)).end()
    hotline.doctor()
