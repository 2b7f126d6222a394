"""Unit: a day of the desk out of what routing said."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.agents import STATES
from hotline.core.ledgers.desk_duty import OFF, PAUSED, READY, Attendance, Said, attendances

pytestmark = pytest.mark.unit

DAY = 86_400.0
words = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(STATES), st.floats(-DAY, 1.5 * DAY)), max_size=30).map(
    lambda found: [Said(*one) for one in sorted(found, key=lambda one: one[2])]
)


def test_ready_and_paused_are_counted_and_the_first_and_last_time_noted() -> None:
    said = [
        Said("a", "available", 100.0), Said("a", "paused", 200.0), Said("a", "offline", 250.0), Said("a", "available", 300.0),
        Said("a", "on_call", 310.0), Said("a", "offline", 400.0),
    ]  # fmt: skip
    assert attendances(said, 0.0, DAY) == {"a": Attendance(100.0, 400.0, present=250.0, ready=110.0, paused=50.0)}


def test_who_was_there_at_midnight_did_not_sign_in_and_who_is_there_has_not_left() -> None:
    said = [Said("a", "available", -50.0), Said("a", "offline", 50.0), Said("a", "paused", 60.0)]
    assert attendances(said, 0.0, 100.0) == {"a": Attendance(60.0, None, present=90.0, ready=50.0, paused=40.0)}
    assert attendances([Said("a", "available", -50.0)], 0.0, 100.0) == {"a": Attendance(None, None, present=100.0, ready=100.0)}


def test_who_was_not_there_is_left_out() -> None:
    assert (
        attendances([Said("a", "available", -90.0), Said("a", "offline", -80.0), Said("a", "offline", 10.0)], 0.0, 100.0) == {}
    )
    assert attendances([Said("a", "available", 100.0)], 0.0, 100.0) == {}


@given(words)
def test_it_agrees_with_a_look_at_every_moment(said: list[Said]) -> None:
    found = attendances(said, 0.0, DAY)
    for agent in ("a", "b"):
        own = [word for word in said if word.agent_id == agent and word.at < DAY]
        edges = sorted({0.0, DAY, *(word.at for word in own if word.at > 0)})
        seconds = dict.fromkeys(STATES, 0.0)
        for start, end in pairwise(edges):
            state = next((word.state for word in reversed(own) if word.at <= start), OFF)
            seconds[state] += end - start
        day = found.get(agent, Attendance())
        there = sum(seconds.values()) - seconds[OFF]
        assert (day.present, day.ready, day.paused) == pytest.approx((there, seconds[READY], seconds[PAUSED]), abs=1e-3)
        assert day.signed_out is None or day.signed_in is None or 0.0 <= day.signed_in <= DAY
        at_end = next((word.state for word in reversed(own)), OFF)
        assert at_end == OFF or day.signed_out is None
