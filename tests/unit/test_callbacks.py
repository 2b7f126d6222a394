"""Unit: tasks to call somebody: their states, their hours, and the caps over everything dialled out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.calendars.days import DayTable
from hotline.core.calendars.hours import Calendar
from hotline.core.callbacks import TABLE, machine, model
from hotline.core.callbacks.caps import DAY, HOUR, Caps, Ledger, never_capped
from hotline.core.callbacks.hours import ZONE, both, daily, minutes, of_calendar
from hotline.core.callbacks.model import AGAIN, RESULTS, STATES, Policy, Task
from hotline.core.callbacks.results import of_call
from hotline.core.errors import HotlineError, IllegalTransition, Invalid
from hotline.core.records import CallRecord

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE).timestamp()
POLICY = Policy(first_after_seconds=60, spacing_seconds=(900.0, 7200.0))
ALWAYS = daily("00:00-24:00")


def task(**changes: object) -> Task:
    return replace(model.new("call_back", NOW, POLICY, ALWAYS), **changes)  # type: ignore[arg-type]


def after(state: Task, event: str, now: float = NOW, **data: object) -> Task:
    return machine.step(state, event, now, POLICY, ALWAYS, **data)


def test_a_missed_call_is_due_soon_and_within_half_an_hour() -> None:
    made = model.new("call_back", NOW, POLICY, ALWAYS, place_at=NOW - 40)
    assert (made.place_at, made.due_at, made.deadline_at) == (NOW - 40, NOW + 60, NOW + 1800)
    assert model.new("call_back", NOW, POLICY, ALWAYS, at_once=True).due_at == NOW


def test_out_of_hours_it_is_due_at_the_next_opening() -> None:
    night = datetime(2026, 11, 23, 22, 30, tzinfo=ZONE).timestamp()
    morning = datetime(2026, 11, 24, 8, 0, tzinfo=ZONE).timestamp()
    made = model.new("call_back", night, POLICY, daily("08:00-21:00"))
    assert (made.due_at, made.deadline_at) == (morning, morning + 1800)
    last_minute = datetime(2026, 11, 23, 20, 59, 30, tzinfo=ZONE).timestamp()
    assert model.new("call_back", last_minute, POLICY, daily("08:00-21:00")).due_at == morning


def test_a_further_missed_call_counts_and_keeps_the_oldest_place() -> None:
    more = after(after(task(place_at=NOW - 5), "called", place_at=NOW + 300), "called", place_at=NOW - 90)
    assert (more.calls, more.place_at, more.due_at) == (3, NOW - 90, task().due_at)


def test_three_tries_with_their_spacing_then_given_up() -> None:
    state, at = task(), NOW
    for number, gap in ((1, 900.0), (2, 7200.0)):
        state = after(after(state, "start", at), "tried", at, result="busy")
        assert (state.state, state.tries, state.due_at - at) == ("open", number, gap)
        at = state.due_at
    state = after(after(state, "start", at), "tried", at, result="no_answer")
    assert (state.state, state.tries, state.result, state.close_reason) == ("given_up", 3, "no_answer", "tries")


@pytest.mark.parametrize("result", sorted(set(RESULTS) - AGAIN - {"expired"}))
def test_a_clear_answer_closes_it(result: str) -> None:
    state = after(after(task(), "start"), "tried", result=result)
    assert (state.state, state.result, state.closed_at) == ("done", result, NOW)


def test_an_agent_who_does_not_come_costs_the_person_nothing() -> None:
    state = after(after(task(place_at=NOW - 9), "start"), "no_agent", NOW + 20)
    assert (state.state, state.tries, state.place_at, state.due_at) == ("open", 0, NOW - 9, NOW + 20)


def test_our_own_failures_are_bounded() -> None:
    state = task()
    for _ in range(POLICY.max_lost):
        state = after(after(state, "start"), "lost")
        assert (state.state, state.tries) == ("open", 0)
    state = after(after(state, "start"), "lost")
    assert (state.tries, state.result, state.lost) == (1, "failed", 0)


def test_a_rating_is_asked_for_once() -> None:
    state = model.new("rating", NOW, POLICY, ALWAYS)
    assert after(after(state, "start"), "tried", result="no_answer").state == "given_up"


def test_served_meanwhile_also_while_being_called() -> None:
    for state in (task(), after(task(), "start")):
        ended = after(state, "served")
        assert (ended.state, ended.close_reason) == ("done", "called_again")
        with pytest.raises(IllegalTransition):
            after(ended, "start")


def test_old_tasks_end_with_their_reason() -> None:
    assert after(task(), "expire").state == "open"
    old = after(task(), "expire", NOW + POLICY.expire_seconds)
    assert (old.state, old.result, old.close_reason) == ("expired", "expired", "expired")


def test_an_unknown_result_is_refused() -> None:
    with pytest.raises(Invalid):
        after(task(), "tried", result="whatever")


EVENTS = sorted({event for row in TABLE.values() for event in row})


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.sampled_from(RESULTS[:-1]), st.floats(0, 90_000)), max_size=40))
def test_whatever_happens_a_task_stays_within_its_bounds(story: list[tuple[str, str, float]]) -> None:
    state, now = task(), NOW
    for event, result, seconds in story:
        now += seconds
        before = state
        try:
            state = machine.step(state, event, now, POLICY, daily("08:00-21:00"), result=result, reason="x", place_at=now)
        except HotlineError:
            assert state is before
        assert state.state in STATES
        assert before.place_at >= state.place_at
        assert state.tries <= POLICY.max_tries
        assert not before.ended or state is before
        assert (state.closed_at is not None) == state.ended


def test_windows() -> None:
    assert minutes("08:30-24:00") == (510, 1440)
    for wrong in ("8:30-20:00", "20:00-08:00", "08:00-24:30", ""):
        with pytest.raises(ValueError, match="window"):
            minutes(wrong)


def record(**changes: object) -> CallRecord:
    base = CallRecord("call_x", known=True, direction="outbound", task_kind="call_back", dialled_at=NOW, ended_at=NOW + 1)
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"agent_connected_at": NOW, "answered": True, "cause": "completed"}, ("tried", "reached")),
        ({"agent_connected_at": NOW, "answered": True, "cause": "system_failure"}, ("lost", "")),
        ({"agent_connected_at": NOW, "answered": True, "cause": "system_failure", "over": True}, ("tried", "reached")),
        ({"answered": True, "cause": "abandoned"}, ("tried", "no_answer")),
        ({"dial_status": "busy", "cause": "not_reached"}, ("tried", "busy")),
        ({"dial_status": "refused", "dial_code": 603, "cause": "not_reached"}, ("tried", "refused")),
        ({"dial_status": "refused", "dial_code": 403, "cause": "not_reached"}, ("tried", "failed")),
        ({"dial_status": "cancelled", "cause": "not_reached"}, ("lost", "")),
        ({"cause": "system_failure"}, ("lost", "")),
        ({"dialled_at": None, "cause": "not_reached"}, ("no_agent", "")),
        ({"dialled_at": None, "cause": "system_failure"}, ("lost", "")),
        ({"task_kind": "rating", "answered": True, "cause": "completed"}, ("tried", "reached")),
        ({"task_kind": "rating", "dial_status": "no_answer", "cause": "not_reached"}, ("tried", "no_answer")),
    ],
)
def test_what_a_call_means_for_its_task(changes: dict[str, object], wanted: tuple[str, str]) -> None:
    over = changes.pop("over", False)
    made = record(**changes)
    if over:
        from hotline.core.records import TalkRecord

        made = replace(made, talks=(TalkRecord("tlk", "agent", "a", NOW, NOW + 1, "caller"),))
    assert of_call(made) == wanted


OFFICE = ((510, 1050),)
SHORT_WEEK = Calendar(
    "cal",
    weekly=(OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ()),
    table=DayTable(frozenset({2026, 2027}), {date(2026, 10, 1): ("off", "国庆节"), date(2026, 10, 10): ("work", "")}),
)


def at(text: str) -> float:
    return datetime.fromisoformat(f"{text}:00+08:00").timestamp()


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-09-30T10:00", "2026-09-30T10:00"),  # within both
        ("2026-09-30T17:45", "2026-10-02T09:00"),  # the line is closed; the next day is a holiday; the window begins at 9
        ("2026-10-01T10:00", "2026-10-02T09:00"),  # a holiday
        ("2026-10-10T08:00", "2026-10-10T09:00"),  # a make-up Saturday
        ("2026-10-11T10:00", "2026-10-12T09:00"),  # a Sunday
    ],
)
def test_nobody_is_called_while_their_line_is_closed(asked: str, due: str) -> None:
    hours = both(daily("09:00-20:00"), of_calendar(SHORT_WEEK))
    assert hours(at(asked)) == at(due)
    made = model.new("call_back", at(asked), POLICY, hours, at_once=True)
    assert (made.due_at, made.expires_at) == (at(due), at(due) + POLICY.expire_seconds)


@given(st.floats(at("2026-01-01T00:00"), at("2027-12-01T00:00")))
def test_the_first_moment_that_suits_both(now: float) -> None:
    window, calendar = daily("12:00-16:00"), of_calendar(SHORT_WEEK)
    found = both(window, calendar)(now)
    assert found >= now
    assert found in (window(found), calendar(found))
    assert found == window(found) == calendar(found)
    assert both(window, calendar)(found) == found


def test_hours_that_never_meet_hold_nobody_back() -> None:
    never = Calendar("cal", weekly=((),) * 7)
    night = Calendar("cal", weekly=(((0, 60),),) * 7)
    assert both(ALWAYS, of_calendar(never))(NOW) == NOW
    assert both(daily("09:00-20:00"), of_calendar(night))(at("2026-09-30T10:00")) == at("2026-09-30T10:00")


def test_three_tries_over_a_holiday_are_three_tries() -> None:
    """Friday evening, no answer: the next try is on Monday, and the one after it is made although the task is old by then."""
    policy = replace(POLICY, expire_seconds=86_400.0)
    hours = both(daily("09:00-20:00"), of_calendar(SHORT_WEEK))
    task = model.new("call_back", at("2026-09-25T17:00"), policy, hours)
    for _ in range(policy.max_tries):
        assert task.due_at < task.expires_at, "it would expire before anybody tried again"
        now = max(task.due_at, at("2026-09-25T17:20"))
        task = machine.step(machine.step(task, "start", now, policy, hours), "tried", now, policy, hours, result="no_answer")
    assert (task.state, task.tries, task.result, task.close_reason) == ("given_up", 3, "no_answer", "tries")


def test_danger_to_life_is_never_capped() -> None:
    assert [never_capped(number=one) for one in ("110", "119", "120", "122", "12345", "")] == [True] * 4 + [False] * 2
    assert never_capped(number="12345", pinned="emg_1")


def test_each_kind_of_destination_has_a_bound_of_its_own() -> None:
    ledger = Ledger(Caps(per_hour=100, per_person_a_day=1, per_expert_a_day=2, per_agent_a_day=3, per_hotline_a_day=4))
    for number, kind in enumerate(("person", "expert", "agent", "hotline")):
        for count in range(number + 1):
            assert ledger.refusal(kind, kind, NOW) == ""
            ledger.dialled(f"{kind}{count}", kind, NOW)
        assert ledger.refusal(kind, kind, NOW) == "cap_destination"


def test_caps_and_the_switch() -> None:
    ledger = Ledger(Caps(per_hour=3, per_person_a_day=2, per_expert_a_day=3))
    for number in range(2):
        assert ledger.refusal("person", "h", NOW) == ""
        ledger.dialled(f"call_{number}", "h", NOW)
        ledger.dialled(f"call_{number}", "h", NOW)  # told twice, counted once
    assert ledger.refusal("person", "h", NOW) == "cap_destination"
    assert ledger.refusal("expert", "h", NOW) == ""
    ledger.dialled("try_1", "other", NOW)
    assert ledger.refusal("person", "third", NOW) == "cap_hour"
    assert ledger.refusal("person", "third", NOW + HOUR) == ""
    assert ledger.refusal("person", "h", NOW + HOUR) == "cap_destination"
    assert ledger.refusal("person", "h", NOW + DAY) == ""
    ledger.on = False
    assert ledger.refusal("expert", "x", NOW + DAY) == "switched_off"
