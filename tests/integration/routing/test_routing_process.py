"""The routing process on a real Redis and a real database, with fake conversations."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hotline.bus import keys
from hotline.core.facts import Fact
from hotline.core.ids import new_id
from hotline.store.engine import Store
from hotline.store.repositories import agents
from tests.fakes.redis_calls import RedisCalls
from tests.integration.routing.conftest import Desk, until

pytestmark = pytest.mark.integration

MakeDesk = Callable[..., Desk]


def fact_names(desk: Desk) -> Counter[str]:
    entries = desk.client.xrange(keys.FACTS)
    facts = [Fact.from_json(fields["fact"]) for _, fields in entries]
    return Counter(fact.name for fact in facts if fact.source == "routing")


def test_a_call_from_queue_to_wrap_up(make_desk: MakeDesk) -> None:
    desk = make_desk(wrap_up_seconds=1)
    with RedisCalls(desk.settings.redis_url) as calls:
        desk.ready()
        call = calls.call_in()
        offer = desk.offer(call.call_id)
        assert offer["agent_ids"] == ["a0", "a1", "a2"]
        assert desk.ask("accept_offer", offer_id=offer["offer_id"], agent_id="a1") == {
            "ok": True,
            "data": {"call_id": call.call_id},
        }
        until(lambda: desk.agent("a1") == ("on_call", ""))
        answer = desk.ask("transfer", call_id=call.call_id, agent_id="a1", category="0101", region="330100")
        assert answer["ok"], answer
        until(lambda: call.phase == "expert_talk")
        until(lambda: desk.agent("a1")[0] == "wrap_up")
        until(lambda: any(item["state"] == "on_call" for item in desk.board("experts/").values()))
        calls.do(call.expert_hangs_up)
        until(lambda: all(item["state"] == "available" for item in desk.board("experts/").values()))
        until(lambda: desk.agent("a1") == ("available", ""))
        names = fact_names(desk)
        assert (names["offer_made"], names["offer_accepted"]) == (1, 1)
        store = Store(desk.settings, None)  # type: ignore[arg-type]
        with store.read() as session:
            assert {row.desired_state for row in agents.active(session)} == {"available"}
        store.close()
    assert desk.end_routing() == 0
    assert desk.client.get(keys.part("routing")) is None


def test_accept_race_two_hundred_times_one_connect_each(make_desk: MakeDesk) -> None:
    """Three agents press at the same moment, two hundred times: one wins, two are told, one phone rings."""
    desk = make_desk(wrap_up_seconds=60)
    client = desk.client

    def put(name: str, **data: str) -> str:
        request_id = new_id("req", time.time())
        request = json.dumps({"id": request_id, "name": name, "data": data})
        client.xadd(keys.ROUTING_IN, {"request": request})
        return request_id

    with (
        RedisCalls(desk.settings.redis_url, agent_phone=lambda _: ("answered", 0.001)) as calls,
        ThreadPoolExecutor(3) as pool,
    ):
        desk.ready()
        for _ in range(200):
            until(lambda: all(desk.agent(name)[0] == "available" for name in desk.agents), every=0.005)
            call = calls.call_in()
            offer = desk.offer(call.call_id)
            offer_id, pressing = offer["offer_id"], offer["agent_ids"]
            asked = list(pool.map(lambda who, what: put("accept_offer", offer_id=what, agent_id=who), pressing, [offer_id] * 3))
            answers = [json.loads(client.blpop([keys.reply(item)], timeout=3)[1]) for item in asked]
            assert len(answers) == 3
            assert sum(answer["ok"] for answer in answers) == 1, answers
            assert [a["code"] for a in answers if not a["ok"]] == ["offer.gone"] * 2
            until(lambda: call.agent_state == "connected", every=0.005)  # noqa: B023
            calls.hang_up(call)
            put("end_wrap_up", agent_id=call.commands[-1].data["agent_id"])
        connects = Counter(command.call_id for _, command in calls.connects())
    assert len(connects) == 200
    assert set(connects.values()) == {1}
    assert client.xlen(keys.ROUTING_IN) == 0, "answered requests leave the stream"


def test_killed_routing_comes_back_to_the_same_desk(make_desk: MakeDesk) -> None:
    desk = make_desk(wrap_up_seconds=30)
    with RedisCalls(desk.settings.redis_url) as calls:
        desk.ready("a0", "a1")
        talking = calls.call_in()
        desk.ask("accept_offer", offer_id=desk.offer(talking.call_id)["offer_id"], agent_id="a0")
        until(lambda: desk.agent("a0")[0] == "on_call")
        waiting = calls.call_in()
        offer = desk.offer(waiting.call_id)
        desk.end_routing(signal.SIGKILL)
        desk.start_routing()
        assert desk.agent("a0")[0] == "on_call"
        assert desk.offer(waiting.call_id)["offer_id"] == offer["offer_id"]
        assert desk.ask("accept_offer", offer_id=offer["offer_id"], agent_id="a1")["ok"]
        until(lambda: waiting.agent_state == "connected")
        desk.end_routing(signal.SIGKILL)
        calls.hang_up(talking)  # nobody hears it
        desk.start_routing()
        until(lambda: desk.agent("a0")[0] == "wrap_up")
        assert desk.agent("a1")[0] == "on_call"


def test_emptied_redis_is_written_anew(make_desk: MakeDesk) -> None:
    desk = make_desk()
    with RedisCalls(desk.settings.redis_url) as calls:
        desk.ready()
        talking, waiting = calls.call_in(), calls.call_in()
        desk.ask("accept_offer", offer_id=desk.offer(talking.call_id)["offer_id"], agent_id="a0")
        until(lambda: desk.agent("a0")[0] == "on_call")
        before = desk.client.get(keys.BOARD_EPOCH)
        desk.client.flushall()
        until(lambda: desk.client.get(keys.BOARD_EPOCH) not in (None, before), 3)
        said = [json.loads(fields["fact"]) for _, fields in desk.client.xrange(keys.FACTS)]
        assert "offer_accepted" in [fact["name"] for fact in said], "what nobody had read yet is said again"
        assert desk.agent("a0")[0] == "on_call"
        assert desk.agent("a1")[0] == "available"
        assert desk.ask("accept_offer", offer_id=desk.offer(waiting.call_id)["offer_id"], agent_id="a1")["ok"]
        until(lambda: desk.agent("a1")[0] == "on_call")
        states = desk.client.hgetall(keys.AGENTS)
        assert json.loads(states["a2"])["state"] == "available"


def test_redis_away_for_a_while(make_desk: MakeDesk) -> None:
    desk = make_desk()
    with RedisCalls(desk.settings.redis_url) as calls:
        desk.ready()
        call = calls.call_in()
        desk.offer(call.call_id)
        desk.stop_redis()
        time.sleep(1.5)
        desk.start_redis()  # empty: nothing was saved
        until(lambda: desk.client.get(keys.BOARD_EPOCH))
        assert desk.ask("accept_offer", offer_id=desk.offer(call.call_id)["offer_id"], agent_id="a2")["ok"]
        until(lambda: call.agent_state == "connected")


def test_dead_phone_and_dead_conversation(make_desk: MakeDesk) -> None:
    desk = make_desk()
    phones: dict[str, Any] = {"a0": ("busy", 0.05)}
    with RedisCalls(desk.settings.redis_url, agent_phone=lambda a: phones.get(a, ("answered", 0.05))) as calls:
        desk.ready("a0", "a1")
        call = calls.call_in()
        desk.ask("accept_offer", offer_id=desk.offer(call.call_id)["offer_id"], agent_id="a0")
        until(lambda: desk.agent("a0") == ("paused", "phone_unreachable"))
        again = desk.offer(call.call_id)
        assert again["agent_ids"] == ["a1"]
        desk.ask("accept_offer", offer_id=again["offer_id"], agent_id="a1")
        until(lambda: desk.agent("a1")[0] == "on_call")
        calls.silent.add(call.call_id)  # killed: nobody says call_ended
        until(lambda: desk.agent("a1")[0] == "wrap_up", 12)


def test_lease_decides_who_is_present(make_desk: MakeDesk) -> None:
    desk = make_desk()
    with RedisCalls(desk.settings.redis_url) as calls:
        desk.ready("a0")
        desk.connected.discard("a1")
        until(lambda: not desk.client.exists(keys.agent_lease("a1")))
        assert desk.ask("set_agent_state", agent_id="a1", state="available")["ok"]
        until(lambda: desk.agent("a1") == ("offline", "lease"), 6)
        call = calls.call_in()
        assert desk.offer(call.call_id)["agent_ids"] == ["a0"]
        desk.connected.add("a1")
        until(lambda: desk.offer(call.call_id)["agent_ids"] == ["a0", "a1"], 4)
        desk.connected.discard("a0")
        until(lambda: desk.agent("a0") == ("offline", "lease"), 6)
        assert desk.offer(call.call_id)["agent_ids"] == ["a1"]


def test_database_away_keeps_the_people_last_known(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.ready()
    database = desk.home / "hotline.db"
    database.rename(desk.home / "away.db")
    for tail in ("-wal", "-shm"):
        (desk.home / f"hotline.db{tail}").unlink(missing_ok=True)
    database.mkdir()  # cannot be opened
    assert desk.ask("reload")["ok"]
    desk.end_routing(signal.SIGKILL)
    desk.start_routing()
    with RedisCalls(desk.settings.redis_url) as calls:
        call = calls.call_in()
        desk.ask("accept_offer", offer_id=desk.offer(call.call_id)["offer_id"], agent_id="a0")
        until(lambda: call.agent_state == "connected")
    assert "database_away" in (desk.home / "routing.log").read_text()


def test_new_people_come_with_reload(make_desk: MakeDesk) -> None:
    desk = make_desk()
    store = Store(desk.settings, None)  # type: ignore[arg-type]
    with store.write() as session:
        session.get(agents.Agent, "a2").active = False
    store.close()
    assert desk.ask("reload")["ok"]
    until(lambda: "agents/a2" not in desk.board())
    assert desk.ask("set_agent_state", agent_id="a2", state="available")["code"] == "agent.missing"


def test_a_second_routing_takes_over_and_the_first_steps_down(make_desk: MakeDesk) -> None:
    desk = make_desk()
    first = desk.process
    assert first is not None
    desk.start_routing()
    assert first.wait(5) == 3
