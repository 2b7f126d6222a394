"""Routing looks after the waiting: full queues, long waits, closing time, raised and restored callers."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.core.calendars.timetable import Line, Timetable
from hotline.core.facts import Fact
from hotline.core.queues.places import Place, lost
from hotline.core.queues.priorities import class_of, green_class, priority_of, raises
from hotline.core.queues.rules import QueueRules, Queues
from hotline.core.routing.effects import LookUpCaller
from hotline.core.routing.engine import decide
from hotline.core.routing.events import CallerKnown, FactSeen, HoursKnown, World
from tests.fakes.routing_story import ARRIVED, Story

pytestmark = pytest.mark.unit

ENDED = {"ended_by": "system", "sip_code": 0, "answered": True}


def ordered(story: Story, name: str) -> list[tuple[str, dict[str, Any]]]:
    return [(item.call_id, dict(item.data)) for item in story.ordered(name)]


def busy_desk(**rules: Any) -> Story:
    """One agent, who talks: everybody else waits."""
    story = Story(agents=1, queues=Queues(QueueRules(**rules)))
    story.waits("c0")
    story.talks("a0", "c0")
    return story


def test_a_full_queue_sends_the_next_one_away_but_never_an_urgent_one() -> None:
    story = busy_desk(max_waiting=2)
    for call_id in ("c1", "c2", "c3"):
        story.waits(call_id)
    story.waits("c4", priority=9)
    assert ordered(story, "leave_queue") == [("c3", {"outcome": "full", "reason": "overflow"})]
    story.hear("queue_entered", "c2", queue="GN", priority=0, language="zh-CN", queued_at=90.0, again=True)
    assert len(ordered(story, "leave_queue")) == 1, "whoever was in it already is not sent away"


def test_a_full_queue_sends_on_where_there_is_another() -> None:
    story = busy_desk(max_waiting=1, overflow_to="CT")
    story.waits("c1")
    story.waits("c2")
    assert ordered(story, "move_queue") == [("c2", {"queue": "CT", "reason": "overflow"})]


def test_a_long_wait_sends_on_once_at_the_old_place() -> None:
    story = busy_desk(overflow_seconds=40, overflow_to="CT")
    story.waits("c1")
    since = story.state.calls["c1"].queued_at
    story.passes(39)
    assert not ordered(story, "move_queue")
    story.passes(5)
    assert ordered(story, "move_queue") == [("c1", {"queue": "CT", "reason": "overflow"})]
    story.hear("queue_entered", "c1", queue="CT", priority=0, language="zh-CN", queued_at=since, again=True)
    story.passes(50)
    assert len(ordered(story, "move_queue")) == 1
    assert story.state.calls["c1"].queued_at == since


def hours(story: Story, closes: float) -> None:
    table = Timetable(0.0, 1e9, {"12348": Line("12348", open=((0.0, closes),))})
    decide(story.state, HoursKnown(table), story.now)


@pytest.mark.parametrize(
    ("rules", "name", "data"),
    [
        ({"closing": "keep"}, "", {}),
        ({"closing": "offer_callback"}, "offer_callback", {"reason": "closing"}),
        ({"closing": "move", "night_queue": "NIGHT"}, "move_queue", {"queue": "NIGHT", "reason": "closing"}),
    ],
)
def test_closing_time(rules: dict[str, Any], name: str, data: dict[str, Any]) -> None:
    story = busy_desk(**rules)
    hours(story, closes=story.now + 10)
    story.waits("c1")
    story.passes(8)
    assert not ordered(story, "offer_callback") + ordered(story, "move_queue")
    story.passes(8)
    found = [item for kind in ("offer_callback", "move_queue", "leave_queue") for item in ordered(story, kind)]
    assert found == ([("c1", data)] if name else [])
    story.waits("late")  # the flow sent them to the queue although it is night: the night desk
    story.passes(5)
    assert not [item for kind in ("offer_callback", "move_queue") for item in ordered(story, kind) if item[0] == "late"]


def arrives(story: Story, call_id: str, caller: str) -> None:
    story.hear("call_arrived", call_id, **{**ARRIVED, "caller_hash": caller})


def test_a_caller_we_cut_off_gets_the_place_back_on_redialling() -> None:
    story = busy_desk()
    arrives(story, "c1", "anna")
    story.hear("queue_entered", "c1", queue="GN", priority=0, language="zh-CN")
    since = story.state.calls["c1"].queued_at
    story.now += 60
    story.waits("c2")
    story.hear("call_ended", "c1", cause="system_failure", phase="queue", **ENDED)
    story.now += 20
    arrives(story, "c3", "anna")
    assert ordered(story, "restore_place") == [("c3", {"queued_at": since, "lost_call_id": "c1"})]
    story.hear("queue_entered", "c3", queue="GN", priority=0, language="zh-CN")
    story.hear("place_restored", "c3", queued_at=since, lost_call_id="c1")
    assert list(story.state.line) == ["c3", "c2"], "before those who came after them"
    arrives(story, "c4", "anna")
    assert len(ordered(story, "restore_place")) == 1, "one place, one call"


@pytest.mark.parametrize(
    ("cause", "phase", "waits", "kept"),
    [
        ("system_failure", "queue", 60, True),
        ("drained", "agent_talk", 60, True),
        ("system_failure", "ivr", 60, True),
        ("system_failure", "rating", 60, False),  # they were finished with
        ("abandoned", "queue", 60, False),  # they hung up
        ("completed", "agent_talk", 60, False),
        ("system_failure", "queue", 1900, False),  # too late
    ],
)
def test_only_our_own_fault_and_only_for_a_while(cause: str, phase: str, waits: float, kept: bool) -> None:
    story = busy_desk()
    arrives(story, "c1", "anna")
    story.hear("queue_entered", "c1", queue="GN", priority=0, language="zh-CN")
    story.hear("call_ended", "c1", cause=cause, phase=phase, **ENDED)
    story.now += waits
    arrives(story, "c2", "anna")
    assert bool(ordered(story, "restore_place")) is kept


def test_a_new_routing_learns_of_the_place_from_the_database() -> None:
    story = busy_desk()
    arrives(story, "c1", "anna")
    effects = decide(story.state, CallerKnown("c1", Place(50.0, "lost", story.now - 30)), story.now)
    assert [item.name for item in effects if hasattr(item, "name")] == ["restore_place"]
    again = decide(story.state, CallerKnown("c1", Place(50.0, "lost", story.now - 30)), story.now)
    assert not again


def test_every_caller_with_a_number_is_looked_up() -> None:
    story = busy_desk()
    assert not decide(story.state, CallerKnown("nobody", Place(1.0, "x", 1.0)), story.now)
    for caller, looked_up in (("anna", ["anna"]), ("", [])):
        data = {**ARRIVED, "caller_hash": caller}
        fact = Fact("call_arrived", f"call_{caller}", story.now, 1, "conversation", 1, data)
        effects = decide(story.state, FactSeen(fact), story.now)
        assert [item.caller_hash for item in effects if isinstance(item, LookUpCaller)] == looked_up
    effects = decide(story.state, World({"c9": story.snapshot("c9", caller_hash="bert")}, {}), story.now)
    assert [item.caller_hash for item in effects if isinstance(item, LookUpCaller)] == ["bert"], "also after a restart"


def test_a_green_channel_caller_is_raised_when_they_wait() -> None:
    story = busy_desk()
    arrives(story, "c1", "anna")
    decide(story.state, CallerKnown("c1", None, "P2", "green_channel:G05"), story.now)
    assert not ordered(story, "set_priority")
    story.hear("queue_entered", "c1", queue="GN", priority="P3", language="zh-CN")
    assert ordered(story, "set_priority") == [("c1", {"priority": "P2", "reason": "green_channel:G05", "by": "routing"})]
    story.passes(3)
    assert len(ordered(story, "set_priority")) == 1
    story.waits("c0b")
    story.waits("c2")
    story.hear("priority_changed", "c2", priority="P2", before="P3", reason="green_channel:G01", by="routing")
    assert next(iter(story.state.line)) == "c2", "declared: ahead at once"


def test_somebody_who_is_urgent_already_is_not_lowered() -> None:
    story = busy_desk()
    arrives(story, "c1", "anna")
    decide(story.state, CallerKnown("c1", None, "P2", "green_channel:G05"), story.now)
    story.hear("queue_entered", "c1", queue="GN", priority="P1", language="zh-CN")
    assert not ordered(story, "set_priority")


def test_classes() -> None:
    assert green_class(["G00", "G05"], {"G05"}) == "P2"
    assert green_class(["G00"], {"G05"}) == ""
    assert raises("P1", "P2")
    assert not raises("P3", "P3")
    assert [class_of(priority_of(name)) for name in ("P0", "P1", "P2", "P3")] == ["P0", "P1", "P2", "P3"]
    assert not lost("system_failure", "agent_talk", consultation_over=True)
