"""Order of the waiting, and what they are told."""

from __future__ import annotations

import random

import pytest

from hotline.core.queues import Line, Pace, due_to_tell, priority_of
from hotline.core.queues.telling import LONG, better_minutes, better_position, say_minutes

pytestmark = pytest.mark.unit


def test_line_is_priority_then_seniority_in_any_order_of_coming() -> None:
    callers = [("late_urgent", 9, 30.0), ("old", 0, 1.0), ("young", 0, 20.0), ("green", 3, 25.0), ("old_green", 3, 2.0)]
    for seed in range(20):
        random.Random(seed).shuffle(callers)
        line = Line()
        for call_id, priority, queued_at in callers:
            line.add(call_id, priority, queued_at)
        assert list(line) == ["late_urgent", "old_green", "green", "old", "young"]


def test_line_keeps_one_place_a_caller() -> None:
    line = Line()
    line.add("a", 0, 5.0)
    line.add("b", 0, 6.0)
    line.add("a", 0, 7.0)
    assert list(line) == ["b", "a"]
    line.remove("b")
    line.remove("b")
    assert list(line) == ["a"]
    assert "b" not in line


@pytest.mark.parametrize(
    ("value", "priority"),
    [(0, 0), (3, 3), ("9", 9), ("P0", 9), ("p3", 0), (None, 0), ("", 0), (-1, 0), (99, 0), ("urgent!", 0), (2.5, 0)],
)
def test_priority(value: object, priority: int) -> None:
    assert priority_of(value) == priority


@pytest.mark.parametrize(
    ("position", "told", "seconds", "due"),
    [
        (3, None, 0, True),
        (3, 3, 29, False),
        (3, 3, 30, True),
        (2, 3, 9, False),
        (2, 3, 10, True),
        (4, 3, 29, False),
        (4, 3, 30, True),  # not the place, which is worse, but a kind word
    ],
)
def test_due_to_tell(position: int, told: int | None, seconds: float, due: bool) -> None:
    assert due_to_tell(position, told, 100.0, 100.0, 100.0 + seconds, every_seconds=30) is due


@pytest.mark.parametrize(("position", "told", "worth"), [(3, None, True), (2, 3, True), (3, 3, False), (4, 3, False)])
def test_only_a_better_place_is_told(position: int, told: int | None, worth: bool) -> None:
    assert better_position(position, told) is worth


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(None, None), (0, 1), (60, 1), (61, 2), (240, 5), (1800, 30), (1801, LONG), (9999, LONG)]
)
def test_an_expected_wait_is_rounded_up(seconds: float | None, minutes: int | None) -> None:
    assert say_minutes(seconds) == minutes


@pytest.mark.parametrize(
    ("minutes", "told", "worth"),
    [
        (5, None, True),
        (3, 5, True),
        (5, 5, False),
        (10, 5, False),
        (None, 5, False),
        (LONG, None, True),
        (30, LONG, True),
        (LONG, 30, False),
        (LONG, LONG, False),
    ],
)
def test_only_a_shorter_wait_is_told(minutes: int | None, told: int | None, worth: bool) -> None:
    assert better_minutes(minutes, told) is worth


def test_pace_is_what_a_caller_keeps_an_agent_for() -> None:
    pace = Pace()
    pace.talked(100)
    pace.talked(140)
    assert pace.expected_seconds(1, 2) is None, "two talks say nothing"
    pace.talked(120)
    assert pace.expected_seconds(1, 2) == 60
    pace.rested(60)
    assert pace.expected_seconds(4, 2) == 360
    assert pace.expected_seconds(1, 0) is None, "nobody is at work"
