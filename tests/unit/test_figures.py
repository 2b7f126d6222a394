"""The figures of the day: classes that add up, rates with their bases, colours, the last hour."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.facts import CAUSES
from hotline.core.figures.hour import last_hour
from hotline.core.figures.today import CLASSES, Targets, Visit, class_of, grade, today

pytestmark = pytest.mark.unit

NOW = 1_800_000_000.0
MIDNIGHT = NOW - 36_000


def visit(arrived: float = -100.0, **more: Any) -> Visit:
    """A call `arrived` seconds from now; the other times likewise."""
    times = {
        name: NOW + more.pop(name) if more.get(name) is not None else None for name in ("queued_at", "connected_at", "ended_at")
    }
    return Visit("c", NOW + arrived, **{"live": False, "cause": "completed", "rating": None, **times, **more})


DAY = [
    visit(-1000, queued_at=-990, connected_at=-980, ended_at=-800, rating=1),  # 10 s
    visit(-900, queued_at=-890, connected_at=-860, ended_at=-700, rating=4),  # 30 s
    visit(-800, queued_at=-795, connected_at=-785, live=True, cause=""),  # talks now
    visit(-700, queued_at=-690, ended_at=-600, cause="abandoned"),
    visit(-650, queued_at=-649, ended_at=-647, cause="abandoned"),  # 3 s: short
    visit(-500, ended_at=-499, cause="cancelled"),
    visit(-400, queued_at=-390, ended_at=-100, cause="queue_timeout"),
    visit(-300, ended_at=-280),  # the flow told the opening hours
    visit(-200, ended_at=-200, cause="rejected"),
    visit(-150, queued_at=-140, ended_at=-120, cause="system_failure"),
    visit(-20, queued_at=-10, live=True, cause=""),  # waits
    visit(-50_000, queued_at=-49_990, connected_at=-49_000, ended_at=-48_000, rating=2),  # yesterday, within 24 hours
]


def test_counts_rates_and_their_bases() -> None:
    found = today(DAY, MIDNIGHT, NOW, Targets())
    counts = {"answered": 3, "abandoned": 2}
    ones = ("cancelled", "timed_out", "self_served", "rejected", "failed", "in_progress")
    assert {name: found[name] for name in CLASSES if found[name]} == {**counts, **dict.fromkeys(ones, 1)}
    assert (found["offered"], found["difference"]) == (11, 0)
    assert (found["within"], found["short"], found["rated"]) == (2, 1, 2)
    assert (found["wait_mean"], found["wait_max"]) == (16.7, 30.0)
    rates = found["rates"]
    assert rates["connect"] == 0.3  # 3 of the 10 that are not in progress
    assert rates["connect_asked"] == round(3 / 7, 4)
    assert rates["connect_24h"] == round(4 / 11, 4)
    assert rates["within"] == round(2 / 7, 4)
    assert (rates["abandon"], rates["abandon_long"]) == (0.2, round(1 / 9, 4))
    assert (rates["rated"], rates["satisfied"], rates["satisfied_strict"]) == (1.0, 0.5, 0.5)
    assert found["grades"]["connect_24h"] == "red"


def test_a_cause_nobody_knows_does_not_add_up_and_says_so() -> None:
    assert today([visit(cause="eaten_by_a_bear")], MIDNIGHT, NOW, Targets())["difference"] == 1


def test_every_cause_has_a_class() -> None:
    assert all(class_of(visit(cause=cause)) in CLASSES for cause in CAUSES)


def test_an_empty_day_has_no_rates() -> None:
    found = today([], MIDNIGHT, NOW, Targets())
    assert set(found["rates"].values()) == {None}
    assert set(found["grades"].values()) == {""}


@given(st.lists(st.builds(
    visit,
    arrived=st.floats(-80_000, 0),
    queued_at=st.one_of(st.none(), st.floats(-80_000, 0)),
    connected_at=st.one_of(st.none(), st.floats(-80_000, 0)),
    ended_at=st.one_of(st.none(), st.floats(-80_000, 0)),
    live=st.booleans(),
    cause=st.sampled_from(CAUSES),
    rating=st.one_of(st.none(), st.integers(1, 5)),
), max_size=40))  # fmt: skip
def test_the_classes_always_add_up_and_shares_are_shares(visits: list[Visit]) -> None:
    found = today(visits, MIDNIGHT, NOW, Targets())
    assert found["difference"] == 0
    assert all(rate is None or 0 <= rate <= 1 for rate in found["rates"].values())


@pytest.mark.parametrize(
    ("value", "better", "colour"),
    [(0.97, True, "green"), (0.969, True, "amber"), (0.95, True, "amber"), (0.949, True, "red"), (None, True, "")],
)
def test_colours(value: float | None, better: bool, colour: str) -> None:
    assert grade(value, 0.97, 0.95, better) == colour
    if value is not None:
        assert grade(1 - value, 1 - 0.97, 1 - 0.95, not better) in (colour, {"green": "amber", "amber": "red"}.get(colour))


def test_the_last_hour_by_the_minute() -> None:
    now = 1_800_000_030.0  # half a minute into one
    base = 1_800_000_000.0
    one = Visit("a", base - 119, base - 115, base - 50, base - 10, False, "completed", None)
    two = Visit("b", base + 5, base + 6, None, None, True, "", None)
    old = Visit("c", base - 9000, base - 8990, None, base - 8000, False, "abandoned", None)
    rows = last_hour([one, two, old], now)
    assert len(rows) == 60
    assert rows[-1] == [base, 1, 0, 1]
    assert rows[-2] == [base - 60, 0, 1, 0]
    assert rows[-3] == [base - 120, 1, 0, 1]
    assert sum(row[1] + row[2] + row[3] for row in rows[:-3]) == 0
