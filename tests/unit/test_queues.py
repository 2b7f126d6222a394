"""Order of the waiting, and what they are told."""

from __future__ import annotations

import random

import pytest

from hotline.core.queues import Line, Pace, due_to_tell, priority_of

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
        (4, 3, 99, False),
    ],
)
def test_due_to_tell(position: int, told: int | None, seconds: float, due: bool) -> None:
    assert due_to_tell(position, told, 100.0, 100.0, 100.0 + seconds, every_seconds=30) is due


def test_pace_needs_three_and_forgets() -> None:
    pace = Pace()
    for at in (0.0, 30.0):
        pace.served(at)
    assert pace.expected_seconds(1, 60.0) is None
    pace.served(60.0)
    assert pace.expected_seconds(2, 90.0) == 60
    assert pace.expected_seconds(2, 4000.0) is None
