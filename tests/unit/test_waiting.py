"""A caller in the queue: what they are told, the call-back that keeps the place, and orders of routing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hotline.core.audits import check_call
from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.facts import Fact
from tests.unit import conversation_harness as harness
from tests.unit.conversation_harness import ARRIVAL, Driver

pytestmark = pytest.mark.unit

KEPT = ev.FlowStepped("place_kept", "zh-CN", ("callback_kept",), None, cause="callback_promised")
FULL = ev.FlowStepped("full", "zh-CN", ("queue_full",), None, cause="queue_timeout")
CLOSED = ev.FlowStepped("closed", "zh-CN", ("closed",), None, cause="queue_timeout")
OTHER = ev.FlowStepped("other_desk", "zh-CN", (), ev.QueueWait("CT", "P3", 600.0))


@pytest.fixture
def offering(monkeypatch: pytest.MonkeyPatch) -> Driver:
    """A caller whose flow offers a call-back after 60 s, waiting and hearing music."""
    queue = replace(harness.QUEUE, wait=ev.QueueWait("GN", "P3", 600.0, callback_seconds=60.0, full=True))
    more = {"0": queue, "callback": KEPT, "full": FULL, "closed": CLOSED}
    monkeypatch.setattr(harness, "FLOW", {**harness.FLOW, **more})
    call = Driver()
    call.to_queue()
    call.heard()
    return call


def prompts(call: Driver) -> tuple[str, ...]:
    return call.playing.prompts if call.playing else ()


def audited(call: Driver) -> list[str]:
    facts = [
        Fact(name, "call_x", at, number, "call", 1, data)
        for number, ((name, data), at) in enumerate(zip(call.facts, call.times, strict=True), 1)
    ]
    return [item.problem for item in check_call(facts, call.now, live=not call.state.ended)]


def test_key_1_takes_the_call_back_and_keeps_the_place(offering: Driver) -> None:
    call = offering
    entered = call.fact("queue_entered")["queued_at"]
    call.wait(60.1)
    assert prompts(call) == ("callback_offer",)
    assert call.fact("callback_offered") == {"reason": "waited"}
    call.key("1")
    assert call.fact("callback_requested") == {
        "queue": "GN",
        "priority": "P3",
        "language": "zh-CN",
        "queued_at": entered,
        "reason": "in_queue",
    }
    assert call.fact("queue_left") == {"reason": "callback"}
    assert prompts(call) == ("callback_kept",)
    call.heard()
    assert call.fact("call_ended")["cause"] == "callback_promised"
    assert not audited(call)


def test_a_caller_who_hangs_up_during_the_promise_is_called_back_all_the_same(offering: Driver) -> None:
    offering.wait(60.1)
    offering.heard()
    assert offering.music, "the key may still be pressed, over music"
    offering.key("1")
    offering.feed(ev.LegEnded("caller", 200))
    assert offering.fact("call_ended")["cause"] == "callback_promised"
    assert not audited(offering)


@pytest.mark.parametrize("key", ["2", "0", "#"])
def test_any_other_key_and_none_let_the_caller_stay_and_they_are_asked_again(offering: Driver, key: str) -> None:
    call = offering
    call.wait(60.1)
    call.heard()
    call.key(key)
    assert call.state.phase == "queue"
    call.wait(26)
    assert act.Listen("caller", on=False) in call.did[-4:]
    call.key("1")
    assert call.state.phase == "queue", "too late: the offer is over"
    call.wait(121)
    assert prompts(call) == ("callback_offer",)
    assert call.names().count("callback_offered") == 2


def test_the_offer_waits_for_another_announcement_and_for_a_ringing_phone(offering: Driver) -> None:
    call = offering
    call.wait(59)
    call.command("tell_position", position=3, better=True)
    call.wait(2)
    assert prompts(call)[0] == "position_before"
    call.heard()
    call.command("connect_agent", offer_id="off1", agent_id="a1", uri="sip:8001@hotline.local")
    call.wait(10)
    assert "callback_offered" not in call.names()
    call.feed(ev.LegEnded("agent:off1", 486))
    call.wait(3.1)
    assert prompts(call) == ("callback_offer",)


def test_a_key_beside_a_ringing_phone_does_not_send_the_agent_away(offering: Driver) -> None:
    call = offering
    call.wait(60.1)
    call.heard()
    call.command("connect_agent", offer_id="off1", agent_id="a1", uri="sip:8001@hotline.local")
    call.key("1")
    call.feed(ev.LegAnswered("agent:off1"))
    assert call.state.phase == "agent_talk"
    assert "callback_requested" not in call.names()


def test_nobody_without_a_number_is_offered_a_call_back(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = replace(harness.QUEUE, wait=ev.QueueWait("GN", "P3", 600.0, callback_seconds=60.0))
    monkeypatch.setattr(harness, "FLOW", {**harness.FLOW, "0": queue})
    monkeypatch.setattr(harness, "ARRIVAL", {**ARRIVAL, "caller_hash": ""})
    call = Driver()
    call.to_queue()
    call.heard()
    call.wait(200)
    assert "callback_offered" not in call.names()


@pytest.mark.parametrize(("outcome", "says"), [("full", "queue_full"), ("closed", "closed")])
def test_routing_ends_the_waiting(offering: Driver, outcome: str, says: str) -> None:
    offering.command("leave_queue", outcome=outcome, reason="limit")
    assert offering.fact("queue_left") == {"reason": outcome}
    assert prompts(offering) == (says,)
    offering.heard()
    assert offering.fact("call_ended")["cause"] == "queue_timeout"
    assert not audited(offering)


def test_a_flow_without_a_route_for_a_full_queue_takes_its_time_limit() -> None:
    call = Driver()
    call.to_queue()
    call.heard()
    call.command("leave_queue", outcome="full", reason="limit")
    assert prompts(call) == ("callback_promise",)


def test_an_order_to_leave_does_not_cut_off_a_phone_that_rings(offering: Driver) -> None:
    offering.command("connect_agent", offer_id="off1", agent_id="a1", uri="sip:8001@hotline.local")
    offering.command("leave_queue", outcome="closed", reason="hours")
    assert offering.state.phase == "agent_ringing"


def test_a_move_keeps_the_place(offering: Driver) -> None:
    entered = offering.fact("queue_entered")
    offering.wait(100)
    offering.command("move_queue", queue="CT", reason="overflow")
    moved = offering.fact("queue_entered")
    assert (moved["queue"], moved["queued_at"], moved["again"]) == ("CT", entered["queued_at"], True)
    offering.command("move_queue", queue="CT", reason="overflow")
    assert offering.names().count("queue_entered") == 2, "told twice"
    assert not audited(offering)


def test_a_flow_that_sends_on_to_another_queue_keeps_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "FLOW", {**harness.FLOW, "timeout": OTHER})
    call = Driver()
    call.to_queue()
    call.heard()
    first = call.fact("queue_entered")["queued_at"]
    call.wait(601)
    assert call.fact("queue_entered")["queue"] == "CT"
    assert call.fact("queue_entered")["queued_at"] == first
    assert not audited(call)


OLD: dict[str, Any] = {"queued_at": 999_000.0, "lost_call_id": "call_lost"}


def test_a_caller_we_cut_off_gets_the_old_place_and_is_told() -> None:
    call = Driver()
    call.feed(ev.Invited(ARRIVAL))
    call.command("restore_place", **OLD)
    call.feed(ev.Confirmed())
    call.heard()
    call.key("0")
    assert call.state.queued
    assert call.state.queued.at == 999_000.0
    assert call.fact("place_restored") == {**OLD, "before": call.fact("queue_entered")["queued_at"]}
    call.heard()
    assert prompts(call) == ("place_restored",)
    call.heard()
    assert call.music
    call.command("restore_place", **OLD)
    assert call.names().count("place_restored") == 1
    assert not audited(call)


def test_the_same_when_it_is_known_only_after_they_waited_already() -> None:
    call = Driver()
    call.to_queue()
    call.heard()
    call.wait(5)
    call.command("restore_place", **OLD)
    assert prompts(call) == ("place_restored",)
    assert call.state.live()["queued_at"] == 999_000.0
    assert not audited(call)


def test_a_younger_place_is_no_gain() -> None:
    call = Driver()
    call.to_queue()
    call.command("restore_place", queued_at=call.now + 5, lost_call_id="x")
    assert "place_restored" not in call.names()


@pytest.mark.parametrize(
    ("data", "heard"),
    [
        ({"position": 3, "better": True}, ("position_before", "number_3", "position_after")),
        ({"position": 3, "better": True, "minutes": 5}, ("position_before", "number_3", "wait_5")),
        ({"position": 30, "better": True, "minutes": 0}, ("position_before", "number_many", "wait_long")),
        ({"position": 3, "better": False, "minutes": 2}, ("wait_2",)),
        ({"position": 3, "better": False}, ("queue_wait",)),
    ],
)
def test_what_is_announced(data: dict[str, Any], heard: tuple[str, ...]) -> None:
    call = Driver()
    call.to_queue()
    call.heard()
    call.command("tell_position", **data)
    assert prompts(call) == heard
    told = [fact for name, fact in call.facts if name == "position_told"]
    assert len(told) == (heard != ("queue_wait",)), "a kind word is no news"
    call.heard()
    assert call.music
