"""Unit: tasks in routing's line: virtual callers with their old place, and the database's yes before anybody is dialled."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from hotline.core.agents import Agent
from hotline.core.callbacks.caps import Caps
from hotline.core.commands import Command
from hotline.core.facts import Fact
from hotline.core.routing.effects import BeginTry, DropTry, Effect, PlaceCall, Reply
from hotline.core.routing.engine import decide
from hotline.core.routing.events import Asked, CallTask, FactSeen, PeopleLoaded, Restored, TasksLoaded, Tick, TryBegun, World
from hotline.core.routing.people import People, Seat
from hotline.core.routing.rules import Rules
from hotline.core.routing.state import State

pytestmark = pytest.mark.unit
NOW = 1_800_000_000.0
TASK = CallTask(
    task_id="cbk_1",
    kind="call_back",
    state="open",
    reason="abandoned",
    call_id="call_back_1",
    number_enc="v1.n",
    caller_masked="138****0001",
    caller_hash="hash",
    place_at=NOW - 300,
    due_at=NOW - 1,
    expires_at=NOW + 9_999,
    trunk="demo",
)


class Desk:
    """Routing with two free agents."""

    def __init__(self) -> None:
        numbers = itertools.count(1)
        self.state = State(Rules(), lambda prefix, _now: f"{prefix}_{next(numbers)}", epoch=1)
        self.now = NOW
        self.said: list[Effect] = []
        seats = {name: Seat(name, name, name, f"sip:{name}@x") for name in ("a1", "a2")}
        self.feed(PeopleLoaded(People(seats=seats)))
        self.feed(Restored({}, {}, {}))
        self.leases = {"a1": 15.0, "a2": 15.0}
        for name in seats:
            self.state.agents[name] = Agent(name, "available", present=True, wish="available", idle_since=NOW - 60)
        self.feed(World({}, self.leases))

    def feed(self, event: Any) -> list[Effect]:
        found = decide(self.state, event, self.now)
        self.said += found
        return found

    def ask(self, name: str, **data: Any) -> dict[str, Any]:
        found = self.feed(Asked(f"req_{len(self.said)}_{self.now}", name, data))
        return dict(next(item.answer for item in found if isinstance(item, Reply)))

    def offer(self) -> Any:
        return next(iter(self.state.offers.values()), None)

    def accept(self, agent: str = "a1") -> dict[str, Any]:
        return self.ask("accept_offer", offer_id=self.offer().offer_id, agent_id=agent)


def of(kind: type, effects: list[Effect]) -> list[Any]:
    return [item for item in effects if isinstance(item, kind)]


def test_a_due_task_is_offered_at_its_place_and_dialled_only_after_the_databases_yes() -> None:
    desk = Desk()
    desk.feed(TasksLoaded((TASK,)))
    offer = desk.offer()
    assert offer.call_id == "call_back_1"
    assert desk.state.calls["call_back_1"].queued_at == TASK.place_at
    assert desk.accept()["ok"]
    assert [(item.task_id, item.agent_id) for item in of(BeginTry, desk.said)] == [("cbk_1", "a1")]
    assert not of(PlaceCall, desk.said)
    assert not of(Command, desk.said), "there is no conversation to command yet"
    desk.feed(TryBegun("cbk_1", "call_back_1", TASK))
    order = of(PlaceCall, desk.said)[0].order
    assert (order.agent_id, order.agent_uri, order.offer_id) == ("a1", "sip:a1@x", offer.offer_id)
    assert desk.state.agents["a1"].state == "reserved"


def test_the_database_says_no() -> None:
    desk = Desk()
    desk.feed(TasksLoaded((TASK,)))
    desk.accept()
    desk.feed(TryBegun("cbk_1", "call_back_1", reason="not_open"))
    assert not of(PlaceCall, desk.said)
    assert desk.state.agents["a1"].state == "available"
    assert "call_back_1" not in desk.state.calls


def test_nothing_comes_of_an_order() -> None:
    desk = Desk()
    desk.feed(TasksLoaded((TASK,)))
    desk.accept()
    desk.feed(TryBegun("cbk_1", "call_back_1", TASK))
    desk.now += 13
    desk.feed(World({}, desk.leases))
    desk.feed(Tick())
    assert [item.call_id for item in of(DropTry, desk.said)] == ["call_back_1"]
    assert desk.state.agents["a1"].state == "available"


def test_told_often_it_stands_once_and_leaves_when_it_is_over() -> None:
    desk = Desk()
    for _ in range(3):
        desk.feed(TasksLoaded((TASK,)))
    assert len(desk.state.line) == 1
    desk.feed(TasksLoaded(()))
    assert len(desk.state.line) == 0
    assert desk.offer() is None


def test_a_person_who_has_called_again_is_not_called() -> None:
    desk = Desk()
    arrival = {"trunk": "demo", "called": "12348", "caller_enc": "", "caller_masked": "138****0001", "caller_hash": "hash"}
    arrival |= {"region_hint": "", "flow": "main", "flow_version": "1", "worker": "1-1"}
    desk.feed(FactSeen(Fact("call_arrived", "call_new", NOW, 1, "call", data=arrival)))
    desk.feed(TasksLoaded((TASK,)))
    assert desk.offer() is None


def test_a_follow_up_is_never_given_to_the_handler_and_comes_last() -> None:
    desk = Desk()
    follow = replace(TASK, task_id="cbk_2", call_id="call_back_2", kind="follow_up", not_agent_id="a1", caller_hash="other")
    desk.feed(TasksLoaded((follow,)))
    assert set(desk.offer().shown) == {"a2"}
    assert desk.state.calls["call_back_2"].priority < 0
    assert desk.ask("call_task", agent_id="a1", task={**_record(follow)})["code"] == "task.own_call"


def _record(task: CallTask) -> dict[str, Any]:
    return {name: getattr(task, name) for name in task.__slots__}


def test_the_switch_and_the_caps_keep_the_task() -> None:
    desk = Desk()
    desk.feed(TasksLoaded((TASK,), on=False, by="admin"))
    assert desk.offer() is None
    assert [fact.data["reason"] for fact in of(Fact, desk.said) if fact.name == "outbound_refused"] == ["switched_off"]
    desk.feed(TasksLoaded((TASK,), on=False, by="admin"))
    assert sum(fact.name == "outbound_refused" for fact in of(Fact, desk.said)) == 1, "said once"
    assert desk.ask("call_task", agent_id="a1", task=_record(TASK))["code"] == "outbound.switched_off"
    desk.feed(TasksLoaded((TASK,)))
    assert desk.offer() is not None
    desk.state.ledger.caps = Caps(per_hour=1)
    desk.state.ledger.dialled("x", "y", NOW)
    assert desk.accept()["code"] == "outbound.cap_hour"
    assert desk.state.agents["a1"].state == "available"


def test_by_hand_it_goes_to_that_agents_phone_and_a_break_stays_a_break() -> None:
    desk = Desk()
    desk.state.agents["a1"] = replace(desk.state.agents["a1"], state="paused", reason="meal")
    later = replace(TASK, due_at=NOW + 5_000)
    answer = desk.ask("call_task", agent_id="a1", task=_record(later))
    assert answer["data"]["call_id"] == "call_back_1"
    assert of(BeginTry, desk.said)[0].way == "direct"
    assert desk.ask("call_task", agent_id="a2", task=_record(later))["code"] == "task.not_open"
    desk.feed(TryBegun("cbk_1", "call_back_1", reason="switched_off"))
    assert (desk.state.agents["a1"].state, desk.state.agents["a1"].reason) == ("paused", "meal")


def test_rating_calls_need_no_agent_and_are_few_at_once() -> None:
    desk = Desk()
    tasks = tuple(
        replace(TASK, task_id=f"cbk_{n}", call_id=f"call_r{n}", kind="rating", caller_hash=f"h{n}", of_call="call_old")
        for n in range(5)
    )
    desk.feed(TasksLoaded(tasks))
    desk.now += 2
    desk.feed(Tick())
    assert len(of(BeginTry, desk.said)) == desk.state.rules.rating_calls_at_once
    assert desk.offer() is None
    desk.feed(TryBegun("cbk_0", "call_r0", tasks[0]))
    order = of(PlaceCall, desk.said)[0].order
    assert (order.agent_id, order.of_call, order.flow) == ("", "call_old", "rating_call")


def test_a_try_that_an_earlier_routing_began_is_looked_after() -> None:
    desk = Desk()
    desk.feed(TasksLoaded((replace(TASK, state="calling", begun_at=NOW - 60),)))
    desk.now += 2
    desk.feed(Tick())
    assert [item.call_id for item in of(DropTry, desk.said)] == ["call_back_1"]
