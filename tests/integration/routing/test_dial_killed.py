"""kill -9 of routing at each step from a clerk who is to be called to the order that a worker takes, Redis emptied: one order,
and no second one while that call may still be going on. Follow-ups and call-backs are ordered by the same steps."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from hotline.bus import keys
from hotline.conversation.journal import Journal
from hotline.core.conversations.orders import Order
from hotline.store.engine import Store
from hotline.store.models import CallbackTask, CallbackTry
from hotline.store.repositories import village
from hotline.telephony.events import Dialog
from tests.conftest import RedisServer, eventually
from tests.fakes.villages import add_village, matter_there
from tests.integration.killed import Part, part_of

pytestmark = pytest.mark.integration

ANY_TIME: dict[str, Any] = {"village": {"hours": "00:00-24:00", "working_days": False}}
BODY = """
    from hotline.core.callbacks import line
    from hotline.core.routing.effects import PlaceCall
    from hotline.routing import main as routing, redis_io, tasks
    from redis.exceptions import TimeoutError

    # What is waited for is short; the order of these times is as it is.
    line.ORDER_SECONDS, line.START_SECONDS, line.CLAIM_SECONDS = 1.0, 1.5, 60.0
    before(tasks, "begin", "asked")
    after(tasks, "begin", "claimed", lambda found: not found.reason)
    write = redis_io.Bus.write

    def writing(bus, batch):
        orders = any(isinstance(one, PlaceCall) for one in batch.effects)
        if orders:
            hang("ordered")
        write(bus, batch)
        if orders:
            hang("published")
            heard = MARKS / "heard"
            if not heard.exists():
                heard.touch()
                raise TimeoutError("nobody said that it was taken")

    redis_io.Bus.write = writing

    def run():
        routing.main(settings())
"""
STEPS = ("asked", "claimed", "ordered", "published")
"""Before the row; the row committed and routing not told; decided and not said; said."""


@contextmanager
def routing(store: Store, redis_server: RedisServer, folder: Path, *passed: str) -> Iterator[Part]:
    """Routing, hanging at each step but those that are passed."""
    with part_of(store.settings, folder, BODY, redis={"url": redis_server.url}, **ANY_TIME) as made:
        for step in passed:
            (made.marks / step).touch()
        yield made


@pytest.fixture
def waiting(store: Store, redis_server: RedisServer) -> Store:
    """A clerk is to be called."""
    add_village(store)
    matter_there(store, time.time())
    settings = store.settings.model_copy(update={"village": store.settings.village.model_copy(update=ANY_TIME["village"])})
    village.sweep(store, settings, time.time())
    [task] = tasks(store)
    assert task.state == "open"
    assert task.due_at <= time.time() + 1
    return store


def tasks(store: Store) -> list[CallbackTask]:
    with store.read() as session:
        return list(session.scalars(select(CallbackTask)))


def tries(store: Store) -> dict[str, str]:
    """Call → what became of it."""
    with store.read() as session:
        rows = session.scalars(select(CallbackTry).order_by(CallbackTry.started_at))
        return {row.call_id: row.outcome if row.ended_at is not None else "" for row in rows}


def orders(redis_server: RedisServer) -> list[Order]:
    return [Order.from_json(text) for text in redis_server.client.lrange(keys.ORDERS, 0, -1)]


def due_now(store: Store) -> None:
    """What rests after a call that was lost is due."""
    eventually(lambda: [task.state for task in tasks(store)] == ["open"], 30)
    with store.write() as session:
        session.execute(update(CallbackTask).values(due_at=time.time() - 1))


def test_one_order_whenever_routing_dies(waiting: Store, redis_server: RedisServer, tmp_path: Path) -> None:
    store = waiting
    with routing(store, redis_server, tmp_path / "part", "heard") as part:
        lost = 0
        for step in STEPS:
            part.start()
            if lost:
                due_now(store)  # nothing came of the one before: the database has looked, and it is due again
            part.hangs_at(step)
            part.kill()
            said = orders(redis_server)
            claimed = [call_id for call_id, became in tries(store).items() if not became]
            assert len(claimed) == int(step != "asked"), "the row is there before anybody is dialled"
            assert [order.call_id for order in said] == (claimed if step == "published" else [])
            lost += step in ("claimed", "ordered")
            if step != "published":
                redis_server.empty()
        # The pool takes it and the conversation begins: its journal is there before anything else is.
        [order] = orders(redis_server)
        redis_server.empty()
        journal = Journal(store.settings.journal_dir, order.call_id, new=True)
        journal.leg(Dialog("caller", "sip-1", "out"))
        journal.close()
        part.start()
        time.sleep(6)  # four times as long as routing waits for the first word of a conversation
        part.kill()
    assert orders(redis_server) == []
    assert list(tries(store).values()) == ["lost", "lost", ""]
    [task] = tasks(store)
    assert (task.state, task.next_call_id) == ("calling", order.call_id)
    assert json.loads(order.to_json())["talk"]["clerk_id"] == "acc_clerk"


@pytest.mark.parametrize("taken", [False, True])
def test_an_order_of_which_nothing_came_is_too_old_before_the_next_is_said(
    waiting: Store, redis_server: RedisServer, tmp_path: Path, taken: bool
) -> None:
    """No pool took it; or a worker did, and was killed before its first word: its journal is there and empty."""
    store = waiting
    with routing(store, redis_server, tmp_path / "part", "heard", "asked", "claimed", "ordered") as part:
        part.start()
        part.hangs_at("published")
        part.kill()
        if taken:
            Journal(store.settings.journal_dir, orders(redis_server)[0].call_id, new=True).close()
        part.start()
        due_now(store)
        eventually(lambda: len(orders(redis_server)) == 2, 20)
        said_at = time.time()
        part.kill()
    first, second = orders(redis_server)
    assert first.call_id != second.call_id
    assert first.expires_at < second.expires_at - 1.0, "no pool begins the first any more"
    assert first.expires_at < said_at
    assert list(tries(store).values()) == ["lost", ""]


def test_said_twice_is_the_same_call(waiting: Store, redis_server: RedisServer, tmp_path: Path) -> None:
    """Redis took it, and the answer was lost on the way: it is said again, with the id that a pool begins once only
    (tests/sip/test_orders.py)."""
    store = waiting
    with routing(store, redis_server, tmp_path / "part", *STEPS) as part:
        part.start()
        eventually(lambda: len(orders(redis_server)) == 2, 20)
        part.kill()
    assert {order.call_id for order in orders(redis_server)} == set(tries(store))
    assert len(tries(store)) == 1
