"""What the pool does about workers that hang, and about its own death: callers are served, and written down once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from hotline.bus import keys
from hotline.conversation.pool import KILL_AFTER_SECONDS
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.phone import SimPhone
from tests.sip.exchange import Exchange, exchange_at_work

pytestmark = [pytest.mark.sip, pytest.mark.timeout(120)]

HUNG_SECONDS = 3.0


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    def nobody_is_left(home: Path) -> None:
        left = [process for process in psutil.process_iter() if _of(process, home)]
        assert not left, f"processes are left: {left}"

    pool = {"hung_idle_seconds": 1.5, "hung_seconds": HUNG_SECONDS}
    with exchange_at_work(
        warm=3, most=12, check=nobody_is_left, pool=pool, sip={"worker_silent_seconds": 0.6}, limits={"drain_seconds": 2}
    ) as made:
        yield made


def _of(process: psutil.Process, home: Path) -> bool:
    try:
        return process.environ().get("HOTLINE_HOME") == str(home) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


async def soon(check: Callable[[], Any], seconds: float, what: str) -> Any:
    """Poll beside the simulated people."""
    until = time.monotonic() + seconds
    while not (found := await asyncio.to_thread(check)):
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.05)
    return found


def pool_of(exchange: Exchange) -> dict[str, Any]:
    return json.loads(exchange.redis.get(keys.part("pool")) or "{}")  # type: ignore[arg-type]


async def first_in_line(exchange: Exchange) -> psutil.Process:
    """The worker that gets the next caller."""
    await soon(lambda: exchange.redis.llen(keys.IDLE) >= exchange.settings.pool.warm, 10, "idle workers stand in line")
    address = str(exchange.redis.lindex(keys.IDLE, 0))
    pid = next(name for name, item in exchange.workers().items() if item["address"] == address).partition("-")[0]
    return psutil.Process(int(pid))


def records(exchange: Exchange, sip_call_id: str) -> list[str]:
    """How the calls of one INVITE ended (empty: not yet)."""
    facts = exchange.facts()
    calls = [fact.call_id for fact in facts if fact.data.get("sip_call_id") == sip_call_id]
    ends = {fact.call_id: str(fact.data["cause"]) for fact in facts if fact.name == "call_ended"}
    return [ends.get(call_id, "") for call_id in calls]


async def talking(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> tuple[Any, str, psutil.Process]:
    caller = carrier.caller("13800001234", voice=21)
    assert await carrier.dial(caller) == 200
    call_id = await exchange.call_of(caller.call.leg.call_id)
    await exchange.fact(call_id, "queue_entered")
    exchange.connect_agent(call_id, offer=f"off_{call_id}")
    await exchange.fact(call_id, "agent_connected")
    name = next(name for name, item in exchange.workers().items() if item["call_id"] == call_id)
    return caller, call_id, psutil.Process(int(name.partition("-")[0]))


async def test_a_worker_that_comes_to_does_not_note_the_caller_again(exchange: Exchange, carrier: SimCarrier) -> None:
    """It hung when the caller came; another has served the caller meanwhile."""
    hanging = await first_in_line(exchange)
    hanging.suspend()
    try:
        caller = carrier.caller("13800001111", voice=21)
        assert await carrier.dial(caller) == 200
        await exchange.call_of(caller.call.leg.call_id)
    finally:
        hanging.resume()
    await soon(lambda: not hanging.is_running() or hanging.status() == "zombie", 10, "the one that hung has left")
    caller.hang_up()
    await soon(lambda: records(exchange, caller.call.leg.call_id) == ["abandoned"], 5, "one record, and that is closed")


async def test_a_caller_who_gave_up_on_a_hung_worker_is_noted(exchange: Exchange, carrier: SimCarrier) -> None:
    """Nobody else has served them: the worker that comes to writes it down."""
    hanging = await first_in_line(exchange)
    hanging.suspend()
    try:
        caller = carrier.caller("13800001112", voice=21)
        call = caller.start(carrier.hotline_uri, headers=carrier.headers(caller))
        await asyncio.sleep(0.2)
        call.hang_up()
        await asyncio.sleep(0.6)
    finally:
        hanging.resume()
    await soon(lambda: records(exchange, call.leg.call_id) == ["cancelled"], 20, "one record: cancelled")


async def test_a_short_stall_does_no_harm(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    caller, call_id, worker = await talking(exchange, carrier, phone)
    worker.suspend()
    await asyncio.sleep(1.0)
    worker.resume()
    assert await caller.hears(1, 5)
    await asyncio.sleep(HUNG_SECONDS - 1)
    assert worker.is_running()
    assert await caller.hears(1, 5)
    caller.hang_up()
    await exchange.fact(call_id, "call_ended", cause="completed")


async def test_a_worker_that_hangs_for_good_is_ended(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    """Its caller and agent are let go, the record is closed from the journal."""
    caller, call_id, worker = await talking(exchange, carrier, phone)
    worker.suspend()
    ended = await exchange.fact(call_id, "call_ended", HUNG_SECONDS + 15)
    assert (ended.data["cause"], ended.epoch) == ("system_failure", 2)
    assert await caller.ended(3)
    assert await phone.calls[-1].call.ended(3)
    assert '"worker_hung"' in (exchange.settings.home / "pool.log").read_text("utf-8", "replace")


async def test_a_hung_idle_worker_leaves_the_line(exchange: Exchange) -> None:
    """Before callers meet it; and it is replaced."""
    hanging = await first_in_line(exchange)
    address = exchange.redis.lindex(keys.IDLE, 0)
    hanging.suspend()
    await soon(lambda: exchange.redis.lpos(keys.IDLE, address) is None, 8, "it does not stand in line")  # type: ignore[arg-type]
    await soon(lambda: not hanging.is_running() or hanging.status() == "zombie", HUNG_SECONDS + 8, "it was ended")


async def test_the_pool_dies_and_callers_notice_nothing(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    """The talk goes on; idle workers serve callers until the new pool has its own; no worker dies on a port that is taken."""
    await first_in_line(exchange)
    caller, call_id, worker = await talking(exchange, carrier, phone)
    await soon(lambda: pool_of(exchange).get("idle", 0) >= exchange.settings.pool.warm, 10, "the pool is warm")
    old = exchange.kill_pool()
    exchange.launch()
    others = [carrier.caller(f"1380002{index:04d}", voice=22 + index) for index in range(2)]
    for other in others:
        assert await carrier.dial(other) == 200
        await asyncio.sleep(0.3)
    await soon(lambda: pool_of(exchange).get("pid") not in (None, old), 15, "a new pool")
    await soon(lambda: pool_of(exchange)["idle"] >= exchange.settings.pool.warm, 15, "with idle workers of its own")
    assert worker.is_running()
    assert await caller.hears(1, 5)
    # Those who are not needed any more go; those with callers stay.
    await soon(lambda: pool_of(exchange)["orphans"] == 3, 10, "idle workers of the dead pool go home")
    for one in (caller, *others):
        one.hang_up()
    await exchange.fact(call_id, "call_ended", cause="completed")
    await soon(lambda: pool_of(exchange)["orphans"] == 0, 10, "nobody is left of the dead pool")
    assert pool_of(exchange)["deaths"] == 0
    after = carrier.caller("13800031111", voice=25)
    assert await carrier.dial(after) == 200
    after.hang_up()


async def test_ports_that_somebody_holds_are_passed_over(exchange: Exchange) -> None:
    """A place whose port is taken is not used, and nobody dies of it."""
    hanging = await first_in_line(exchange)
    before = pool_of(exchange)["deaths"]
    first = exchange.settings.sip.worker_port_from
    with contextlib.ExitStack() as stack:
        held = set()
        for port in range(first, first + 12):
            taken = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            with contextlib.suppress(OSError):
                taken.bind(("127.0.0.1", port))
                held.add(port)
        assert len(held) > 5
        hanging.terminate()
        await soon(lambda: not hanging.is_running(), 5, "an idle worker was sent home")
        await soon(lambda: pool_of(exchange)["idle"] >= exchange.settings.pool.warm, 10, "and replaced")
        ports = {int(item["address"].rpartition(":")[2]) for item in exchange.workers().values()}
    assert not ports & held
    assert '"port_taken"' not in (exchange.settings.home / "pool.log").read_text("utf-8", "replace"), "it was looked at before"
    assert pool_of(exchange)["deaths"] == before


async def test_a_pinned_call_is_not_ended_by_a_drain(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    """A caller in danger is hung up on by people only: the pool waits, says so, and ends when the call does."""
    limit = exchange.settings.limits.drain_seconds
    await first_in_line(exchange)
    pinned, pinned_id, worker = await talking(exchange, carrier, phone)
    exchange.order(pinned_id, "pin", emergency_id="emg1", by="acc1")
    await exchange.fact(pinned_id, "call_pinned")
    other = carrier.caller("13800041111", voice=26)
    assert await carrier.dial(other) == 200
    other_id = await exchange.call_of(other.call.leg.call_id)
    stopping = asyncio.ensure_future(asyncio.to_thread(exchange.stop, 60.0))
    await exchange.fact(other_id, "call_ended", limit + 10, cause="drained")
    # Longer than everybody else may take, and then some.
    await asyncio.sleep(limit + KILL_AFTER_SECONDS + 3)
    assert worker.is_running()
    assert await pinned.hears(1, 15)
    assert await soon(lambda: (now := pool_of(exchange)).get("draining") and now, 10, "it says that it drains")
    assert (pool_of(exchange)["pinned"], pool_of(exchange)["busy"]) == (1, 1)
    assert not stopping.done()
    # Not pinned any more: it has the time of a drain again, and no more.
    exchange.order(pinned_id, "unpin", emergency_id="emg1", by="acc1")
    await exchange.fact(pinned_id, "call_ended", 2 * limit + 15, cause="drained")
    assert await stopping == 0
    exchange.start()
