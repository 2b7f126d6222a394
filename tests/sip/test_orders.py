"""An order to call somebody that comes twice, to one pool or to the next: one call, and nobody disturbs it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hotline.bus import keys
from hotline.conversation.arrival import number_context
from hotline.core.conversations.orders import Order
from hotline.simulate.people.callee import SimCallee
from hotline.simulate.people.carrier import SimCarrier
from tests.sip.exchange import Exchange, exchange_at_work

pytestmark = [pytest.mark.sip, pytest.mark.timeout(120)]

FLOW = Path(__file__).resolve().parents[2] / "ivr_flows" / "village_call.yaml"


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    def prepare(made: Exchange) -> None:
        shutil.copy(FLOW, made.settings.flows.directory)

    with exchange_at_work(warm=1, most=8, prepare=prepare, limits={"drain_seconds": 2}) as made:
        yield made


def order(exchange: Exchange, name: str, number: str) -> Order:
    """To call that telephone for a village's tickets, as routing orders it."""
    now, task = time.time(), f"cbk_{name}"
    return Order(
        call_id=f"call_{name}",
        task_id=task,
        kind="village",
        number_enc=exchange.secrecy.seal(number, number_context(task)),
        caller_masked="137****0000",
        caller_hash="h",
        trunk="demo",
        flow="village_call",
        place_at=now,
        expires_at=now + 5,
    )


async def answered(clerk: SimCallee, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while clerk.talking is None:
        assert time.monotonic() < deadline, "nobody was called"
        await asyncio.sleep(0.05)


async def one_call(exchange: Exchange, clerk: SimCallee, call_id: str) -> None:
    """It goes on to its own end (nobody answers what the menu asks), and is on record once."""
    assert await clerk.calls[0].ended(30)
    ended = await exchange.fact(call_id, "call_ended")
    names = [fact.name for fact in exchange.facts(call_id)]
    assert (names.count("call_arrived"), names.count("call_ended")) == (1, 1), names
    assert ended.data["cause"] == "staff_menu", "it was not taken for one that died"
    assert clerk.visits == 1


async def test_an_order_told_twice_is_one_call(exchange: Exchange, carrier: SimCarrier) -> None:
    """Routing did not hear that Redis had taken it, and said it again: both lie there when the pool looks."""
    clerk = carrier.add_person(SimCallee("13700000301", voice=31))
    text = order(exchange, "twice", clerk.number).to_json()
    exchange.redis.rpush(keys.ORDERS, text, text)
    await answered(clerk)
    exchange.redis.rpush(keys.ORDERS, text)
    await one_call(exchange, clerk, "call_twice")


async def test_an_order_told_again_to_the_next_pool_leaves_the_call_alone(exchange: Exchange, carrier: SimCarrier) -> None:
    clerk = carrier.add_person(SimCallee("13700000302", voice=32))
    wanted = order(exchange, "again", clerk.number)
    exchange.redis.rpush(keys.ORDERS, wanted.to_json())
    await answered(clerk)
    exchange.kill_pool()
    exchange.launch()
    refused = exchange.pool_log().count("order_begun_before")
    exchange.redis.rpush(keys.ORDERS, replace(wanted, expires_at=time.time() + 8).to_json())
    deadline = time.monotonic() + 8
    while exchange.pool_log().count("order_begun_before") == refused:
        assert time.monotonic() < deadline, "the next pool has not looked at it"
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)  # and has accounted for the worker that it had made for it
    assert clerk.talking is not None, "the call goes on"
    await one_call(exchange, clerk, "call_again")
