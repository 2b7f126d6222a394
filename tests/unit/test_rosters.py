"""Shifts on days, gaps, and what swaps, substitutes and absences do to them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.answer_rates import Tally, rates
from hotline.core.errors import Invalid, Rejected
from hotline.core.rosters import Change, DayChange, Duty, Shift, changes_of, gaps, on_minutes, spans
from hotline.core.rosters.changes import MondayToFriday, after, notice

pytestmark = pytest.mark.unit

MONDAY = date(2026, 11, 23)
NINE_TO_FIVE = Shift(540, 1020, weekday=0)


def test_a_weekly_shift_a_dated_one_and_a_night() -> None:
    shifts = [NINE_TO_FIVE, Shift(1320, 360, weekday=0), Shift(600, 660, date="2026-11-25")]
    assert spans(shifts, [], MONDAY, 3) == [(540, 1020), (1320, 1800), (2880 + 600, 2880 + 660)]
    assert spans([Shift(1320, 360, weekday=6)], [], MONDAY, 1) == [(0, 360)], "Sunday night runs into Monday"


def test_off_takes_out_and_on_adds() -> None:
    off = DayChange("2026-11-23", 600, 720, "off")
    on = DayChange("2026-11-23", 660, 690, "on")
    assert spans([NINE_TO_FIVE], [off], MONDAY, 1) == [(540, 600), (720, 1020)]
    assert spans([NINE_TO_FIVE], [off, on], MONDAY, 1) == [(540, 600), (660, 690), (720, 1020)]


def test_gaps_name_the_minutes_without_anybody() -> None:
    assert gaps([[(540, 720)], [(700, 1020)]], (480, 1080)) == [(480, 540), (1020, 1080)]
    assert gaps([], (480, 1080)) == [(480, 1080)]


MINUTE = st.integers(0, 1440)
SHIFTS = st.lists(st.builds(Shift, MINUTE, MINUTE, st.integers(0, 6)), max_size=6)
CHANGES = st.lists(
    st.builds(
        DayChange, st.sampled_from(["2026-11-22", "2026-11-23", "2026-11-24"]), MINUTE, MINUTE, st.sampled_from(["on", "off"])
    ),
    max_size=5,
)


@given(SHIFTS, CHANGES, st.integers(1, 4))
def test_every_minute_is_as_the_rule_says(shifts: list[Shift], changes: list[DayChange], days: int) -> None:
    """Minute by minute, written anew: on duty when added, or on a shift and not taken out."""

    def within(from_minute: int, to_minute: int, minute: int, base: int) -> bool:
        length = (to_minute - from_minute) % 1440 or 1440
        return base + from_minute <= minute < base + from_minute + length

    found = spans(shifts, changes, MONDAY, days)
    assert found == sorted(found)
    for minute in range(0, days * 1440, 37):
        on = off = added = False
        for offset in range(-1, days):
            day = date.fromordinal(MONDAY.toordinal() + offset)
            base = offset * 1440
            on |= any(within(s.from_minute, s.to_minute, minute, base) for s in shifts if s.weekday == day.weekday())
            for item in changes:
                if item.date == day.isoformat() and within(item.from_minute, item.to_minute, minute, base):
                    added |= item.effect == "on"
                    off |= item.effect == "off"
        assert any(first <= minute < last for first, last in found) == (added or (on and not off)), minute


@given(SHIFTS, SHIFTS, MINUTE, MINUTE)
def test_a_swap_moves_duty_and_loses_none_of_it(mine: list[Shift], theirs: list[Shift], first: int, last: int) -> None:
    """Whoever covered a minute of the swapped duty before, somebody covers it after."""
    change = Change("swap", Duty("a", "2026-11-23", first, last), Duty("b", "2026-11-24", first, last))
    written = changes_of(change)
    of = {name: [item for expert, item in written if expert == name] for name in ("a", "b")}
    before = [spans(mine, [], MONDAY, 3), spans(theirs, [], MONDAY, 3)]
    after_ = [spans(mine, of["a"], MONDAY, 3), spans(theirs, of["b"], MONDAY, 3)]
    assert on_minutes(gaps(after_, (0, 4320))) <= on_minutes(gaps(before, (0, 4320)))


@pytest.mark.parametrize(
    ("day", "today", "days", "late"),
    [
        ("2026-11-26", date(2026, 11, 23), 2, False),  # told Monday for Thursday: Tuesday and Wednesday lie between
        ("2026-11-25", date(2026, 11, 23), 1, True),
        ("2026-11-23", date(2026, 11, 23), 0, True),
        ("2026-11-30", date(2026, 11, 26), 1, True),  # Thursday for Monday: only Friday is worked
        ("2026-12-01", date(2026, 11, 26), 2, False),
    ],
)
def test_two_working_days_ahead(day: str, today: date, days: int, late: bool) -> None:
    found = notice(day, today, 2, MondayToFriday())
    assert (found.working_days, found.late) == (days, late)


def test_a_duty_that_is_over_cannot_change() -> None:
    with pytest.raises(Rejected, match=r"roster\.past"):
        notice("2026-11-20", date(2026, 11, 23), 2, MondayToFriday())
    with pytest.raises(Invalid, match=r"roster\.date"):
        notice("23.11.2026", date(2026, 11, 23), 2, MondayToFriday())


@pytest.mark.parametrize(
    ("kind", "late", "steps", "state"),
    [
        ("absence", False, ["asked"], "in_force"),
        ("absence", True, ["asked"], "asked"),
        ("absence", True, ["asked", "approved"], "in_force"),
        ("swap", False, ["asked", "agreed"], "in_force"),
        ("swap", True, ["asked", "agreed"], "agreed"),
        ("swap", True, ["asked", "agreed", "approved"], "in_force"),
        ("swap", True, ["asked", "approved"], "in_force"),
        ("substitute", False, ["asked", "declined"], "declined"),
        ("substitute", True, ["asked", "agreed", "cancelled"], "cancelled"),
        ("swap", False, ["asked", "agreed", "cancelled"], "cancelled"),
    ],
)
def test_who_must_say_yes(kind: str, late: bool, steps: list[str], state: str) -> None:
    now = ""
    for what in steps:
        now = after(kind, now, what, late=late)
    assert now == state


@pytest.mark.parametrize(("state", "what"), [("declined", "agreed"), ("cancelled", "approved"), ("in_force", "agreed")])
def test_what_is_decided_stays_decided(state: str, what: str) -> None:
    with pytest.raises(Rejected, match=r"roster\.request_state"):
        after("swap", state, what, late=False)


def test_rates_are_learnt_per_person_and_hour_and_few_calls_judge_nobody() -> None:
    found = rates(
        [
            *(("ann", 9, "accepted", "", 4), ("ann", 9, "no_answer", "", 1), ("ann", 20, "refused", "busy", 2)),
            *(("bob", 9, "accepted", "", 1), ("bob", 9, "cancelled", "", 9), ("ann", 9, "", "", 1)),
            ("ann", 20, "refused", "", 1),
        ]
    )
    assert found.total["ann"] == Tally(4, 8)
    assert found.by_hour["ann", 9] == Tally(4, 5)
    assert found.total["bob"] == Tally(1, 1)
    assert found.refusals["ann"] == {"busy": 2, "unsaid": 1}
    assert found.average == 5 / 9
    assert found.average < found.total["bob"].smoothed(found.average) < 0.7
