"""Waiting callers on the real routing process: they survive it and Redis, nobody gets two agents, and who was cut off is
known again."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from hotline.bus import client as bus
from hotline.bus import keys
from hotline.core.commands import Command
from hotline.core.facts import Fact
from hotline.core.ids import new_id
from hotline.secrecy import Secrecy
from hotline.store.engine import Store
from hotline.store.models import Call, CallForm
from tests.fakes.redis_calls import RedisCalls
from tests.integration.routing.conftest import Desk, until

pytestmark = pytest.mark.integration

MakeDesk = Callable[..., Desk]
WAITING = 200


def line(desk: Desk) -> list[str]:
    """The waiting callers by the place the board gives them."""
    waiting = [call for call in desk.board("calls/").values() if call["position"] is not None]
    return [call["call_id"] for call in sorted(waiting, key=lambda call: call["position"])]


def test_two_hundred_waiting_survive_a_dead_routing_and_an_emptied_redis(make_desk: MakeDesk) -> None:
    desk = make_desk(agents=1)
    with RedisCalls(desk.settings.redis_url) as calls:
        for number in range(WAITING):
            calls.call_in(priority=9 if number % 40 == 39 else 0)
        in_order = sorted(calls.calls.values(), key=lambda call: (-int(call.priority), call.queued_at, call.call_id))
        expected = [call.call_id for call in in_order]
        until(lambda: line(desk) == expected, 20)

        desk.end_routing(signal.SIGKILL)
        began = time.monotonic()
        desk.start_routing()
        until(lambda: line(desk) == expected, 20)
        print(f"routing killed: in order again after {time.monotonic() - began:.2f} s")

        desk.stop_redis()
        desk.start_redis()
        until(lambda: desk.client.get(keys.BOARD_EPOCH), 20)
        until(lambda: line(desk) == expected, 20)

        # Both at once, and then the line moves, in order.
        desk.end_routing(signal.SIGKILL)
        desk.stop_redis()
        desk.start_redis()
        desk.start_routing()
        until(lambda: line(desk) == expected, 30)
        desk.ready()
        for call_id in expected[:3]:
            offer = until(lambda: next(iter(desk.board("offers/").values()), None))
            assert offer["call_id"] == call_id
            assert desk.ask("accept_offer", offer_id=offer["offer_id"], agent_id="a0")["ok"]
            until(lambda: desk.agent("a0")[0] == "on_call")
            calls.hang_up(calls.calls[call_id])
            until(lambda: desk.agent("a0")[0] == "wrap_up")
            assert desk.ask("end_wrap_up", agent_id="a0")["ok"]
        assert not [call for call in calls.calls.values() if call.ended and call.call_id not in expected[:3]]


def test_an_agent_who_vanishes_loses_the_offer_to_the_next(make_desk: MakeDesk) -> None:
    desk = make_desk(agents=2, strategy="longest_idle", offer_seconds=60)
    with RedisCalls(desk.settings.redis_url) as calls:
        desk.ready("a0")
        desk.ready("a1")
        call = calls.call_in()
        first = desk.offer(call.call_id)
        gone = first["agent_ids"][0]
        desk.connected.discard(gone)
        other = next(agent for agent in desk.agents if agent != gone)
        until(lambda: desk.offer(call.call_id)["agent_ids"] == [other], 6)
        assert desk.agent(gone) == ("offline", "lease")


def test_two_accepts_at_the_same_moment_a_thousand_times(make_desk: MakeDesk) -> None:
    """As two consoles press: the API's own way of asking, twice at once. One is given the caller, the other is told."""
    desk = make_desk(agents=2)
    desk.ready()
    empty = dict.fromkeys(("trunk", "called", "caller_enc", "caller_hash", "region_hint", "flow", "flow_version", "worker"), "")
    rounds = 1000

    async def play() -> Counter[str]:
        one, two = bus.connect_async(desk.settings.redis_url), bus.connect_async(desk.settings.redis_url)
        outcomes: Counter[str] = Counter()
        last = "$"
        for number in range(rounds):
            call_id, at = new_id("call", time.time()), time.time()
            made = [
                Fact("call_arrived", call_id, at, 1, "call", 1, {**empty, "caller_masked": "1"}),
                Fact("queue_entered", call_id, at, 2, "call", 1, {"queue": "GN", "priority": "P3", "language": "zh-CN"}),
            ]
            if number == 0:
                last = (await one.xrevrange(keys.FACTS, count=1))[0][0]
            for fact in made:
                await one.xadd(keys.FACTS, {"fact": fact.to_json()})
            offer_id, last = await _offer_of(one, call_id, last)
            answers = await asyncio.gather(
                bus.ask_routing(one, "accept_offer", {"offer_id": offer_id, "agent_id": "a0"}),
                bus.ask_routing(two, "accept_offer", {"offer_id": offer_id, "agent_id": "a1"}),
            )
            outcomes["".join(sorted(str(answer.get("code", "ok")) for answer in answers))] += 1
            orders = [Command.from_json(fields["command"]) for _, fields in await one.xrange(keys.commands(call_id))]
            outcomes["connects"] += sum(order.name == "connect_agent" for order in orders)
            end = {"cause": "abandoned", "ended_by": "caller", "phase": "agent_ringing", "sip_code": 200, "answered": True}
            await one.xadd(keys.FACTS, {"fact": Fact("call_ended", call_id, time.time(), 3, "call", 1, end).to_json()})
        await one.aclose()
        await two.aclose()
        return outcomes

    outcomes = asyncio.run(play())
    assert outcomes == {"offer.goneok": rounds, "connects": rounds}


async def _offer_of(client: Any, call_id: str, last: str) -> tuple[str, str]:
    """The offer that shows on both consoles, and where to read on."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = await client.xread({keys.FACTS: last}, count=50, block=2000)
        pairs = list(found.items()) if isinstance(found, dict) else (found or [])
        for _, rows in pairs:
            for entry_id, fields in rows[0] if rows and isinstance(rows[0], list) else rows:
                last = entry_id
                fact = Fact.from_json(fields["fact"])
                if fact.name == "offer_made" and fact.call_id == call_id and len(fact.data["agent_ids"]) == 2:
                    return str(fact.data["offer_id"]), last
    raise AssertionError(f"no offer for {call_id} on both consoles")


def test_callers_known_from_the_database_get_their_place_and_the_green_channel(make_desk: MakeDesk) -> None:
    desk = make_desk(agents=1)
    now = time.time()
    store = Store(desk.settings, Secrecy.from_dir(desk.settings.keys_dir))
    with store.write() as session:
        for call_id, caller, cause in (("call_lost", "anna", "system_failure"), ("call_old", "bert", "completed")):
            values = {"caller_hash": caller, "cause": cause, "phase": "queue", "answered": True, "state": "closed"}
            session.add(Call(call_id=call_id, arrived_at=now - 300, queued_at=now - 290, ended_at=now - 60, **values))
        fields = {"caller_groups": ["G05"]}
        session.add(CallForm(call_id="call_old", fields=fields, saved_at=now - 60, submitted_at=now - 60))
    store.close()
    with RedisCalls(desk.settings.redis_url) as calls:
        before = calls.call_in()
        until(lambda: line(desk) == [before.call_id])
        anna, bert = calls.call_in(caller="anna"), calls.call_in(caller="bert")
        until(lambda: line(desk) == [bert.call_id, anna.call_id, before.call_id], 20)
        assert anna.queued_at == pytest.approx(now - 290)
        assert bert.priority == "P2"
        told = json.loads(json.dumps([command.name for command in anna.commands]))
        assert told.count("restore_place") == 1
