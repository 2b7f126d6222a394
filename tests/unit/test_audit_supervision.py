"""The doctor's eye on supervisors: real conversations pass, and each defect is named."""

from __future__ import annotations

import pytest

from hotline.core.audits import check_call
from hotline.core.conversations import events as ev
from hotline.core.facts import Fact
from tests.unit.conversation_harness import Driver
from tests.unit.test_monitor import A, S, monitored

pytestmark = pytest.mark.unit


def facts_of(call: Driver, *, without: str = "") -> list[Fact]:
    kept = [(item, at) for item, at in zip(call.facts, call.times, strict=True) if item[0] != without]
    return [Fact(name, "call_x", at, number, "conversation", 1, data) for number, ((name, data), at) in enumerate(kept, 1)]


def problems(facts: list[Fact]) -> set[str]:
    return {item.problem for item in check_call(facts, facts[-1].at + 1)}


def whole_call(*, stays: bool) -> Driver:
    call = monitored("barge")
    call.now += 5
    call.command("take_over", monitor_id="mon1", agent_stays=stays)
    call.now += 5
    if stays:
        call.feed(ev.LegEnded(A, 200))
    call.now += 5
    call.feed(ev.LegEnded(S, 200))
    call.feed(ev.LegEnded("caller", 200))
    return call


@pytest.mark.parametrize("stays", [False, True])
def test_a_take_over_is_in_order(stays: bool) -> None:
    assert problems(facts_of(whole_call(stays=stays))) == set()


def test_a_pinned_call_with_a_lost_agent_is_in_order() -> None:
    call = monitored()
    call.command("pin", emergency_id="e1", by="acc")
    call.feed(ev.LegEnded(A, 200))
    call.now += 9000
    call.command("take_over", monitor_id="mon1", agent_stays=False)
    call.feed(ev.LegEnded("caller", 200))
    assert problems(facts_of(call)) == set()


@pytest.mark.parametrize(
    ("without", "problem"),
    [
        ("monitor_ended", "monitor.leg_not_ended"),
        ("monitor_dialled", "monitor.started_undialled"),
        ("monitor_started", "takeover.not_on_the_line"),
    ],
)
def test_what_is_missing_is_named(without: str, problem: str) -> None:
    assert problem in problems(facts_of(whole_call(stays=False), without=without))


def test_a_caller_in_danger_who_was_hung_up_on_is_named() -> None:
    call = monitored()
    call.command("pin", emergency_id="e1", by="acc")
    facts = facts_of(call)
    data = {"cause": "max_duration", "ended_by": "system", "phase": "agent_talk", "sip_code": 200, "answered": True}
    facts.append(Fact("call_ended", "call_x", facts[-1].at + 1, len(facts) + 1, "conversation", 1, data))
    assert "pinned.dropped" in problems(facts)
