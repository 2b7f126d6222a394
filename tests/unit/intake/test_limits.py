"""The dates that are typed into the form, by the limits of the law: last days counted by hand, and what always holds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.calendars.days import DayTable
from hotline.core.intake.limits import Unit, check, last_day, limits_of, parse_date
from hotline.store.catalogue import catalogue, rows
from hotline.store.intake_tables import tables
from hotline.store.repositories.calendars import shipped

pytestmark = pytest.mark.unit

TABLE = DayTable.of(shipped())
LIMITS = tables().limits
D = date.fromisoformat


@pytest.mark.parametrize(
    ("start", "amount", "unit", "end", "provisional"),
    [
        # the first day is not counted: 15 days after 2 November is the 17th
        ("2026-11-02", 15, "day", "2026-11-17", False),
        # 28 November 2026 is a Saturday: Monday
        ("2026-11-13", 15, "day", "2026-11-30", False),
        # into the Spring Festival of 2026 (15–23 February): the 24th
        ("2026-02-05", 10, "day", "2026-02-24", False),
        # a make-up Saturday is a working day: nothing moves
        ("2026-01-30", 15, "day", "2026-02-14", False),
        # the day after a National Day week that ends on a Wednesday
        ("2026-04-01", 6, "month", "2026-10-08", False),
        # no 31st of November: the month's last day (Civil Code 202), a Monday
        ("2026-05-31", 6, "month", "2026-11-30", False),
        ("2024-02-29", 1, "year", "2025-02-28", False),
        ("2025-11-24", 1, "year", "2026-11-24", False),
        # the table of 2027 is not known
        ("2026-11-30", 60, "day", "2027-01-29", True),
        ("2026-09-30", 10, "workday", "2026-10-20", False),
        ("2026-12-05", 0, "day", "2026-12-05", False),
    ],
)
def test_last_days_counted_by_hand(start: str, amount: int, unit: Unit, end: str, provisional: bool) -> None:
    assert last_day(TABLE, D(start), amount, unit) == (D(end), provisional)


DATES = st.dates(date(2000, 1, 1), date(2090, 1, 1))
UNITS = st.sampled_from(("day", "workday", "month", "year"))


@given(DATES, st.integers(1, 400), UNITS)
def test_a_last_day_is_worked_and_comes_later(start: date, amount: int, unit: Unit) -> None:
    end, _ = last_day(TABLE, start, min(amount, 5) if unit == "year" else amount, unit)
    assert end > start
    assert TABLE.working(end)


@given(DATES, st.integers(1, 60), st.sampled_from(("day", "month")))
def test_whoever_starts_later_has_no_less_time(start: date, amount: int, unit: Unit) -> None:
    assert last_day(TABLE, start, amount, unit)[0] <= last_day(TABLE, start + timedelta(days=1), amount, unit)[0]


def found(event: str, start: str, category: str, today: str) -> dict[str, tuple[str, int]]:
    checked = check([{"event": event, "date": start}], category, LIMITS, TABLE, D(today))
    return {one.limit.code: (one.state, one.left) for one in checked}


def test_what_is_left_decides_what_is_said() -> None:
    # one year after 24 November 2025 is 24 November 2026
    for today, state, left in (
        ("2026-10-01", "open", 54),
        ("2026-10-26", "near", 29),
        ("2026-11-17", "near", 7),
        ("2026-11-18", "urgent", 6),
        ("2026-11-24", "urgent", 0),
        ("2026-11-25", "past", -1),
    ):
        assert found("knew", "2025-11-24", "0201", today) == {"LM-2": (state, left)}


def test_which_limits_follow_depends_on_the_matter() -> None:
    assert set(found("knew", "2026-01-01", "0301", "2026-11-22")) == {"CV-1"}
    assert set(found("knew", "2026-01-01", "0201", "2026-11-22")) == {"LM-2"}
    assert set(found("knew", "2026-01-01", "", "2026-11-22")) == {"LM-2", "CV-1"}
    assert set(found("admin_act", "2026-10-01", "0703", "2026-11-22")) == {"AR-1", "AD-1"}
    assert found("detained", "2026-10-01", "0602", "2026-11-22") == {}


def test_what_ends_first_stands_first_and_what_is_over_last() -> None:
    dates = [{"event": "judgment", "date": "2026-10-01"}, {"event": "hearing", "date": "2026-12-01"}]
    dates += [{"event": "term_end", "date": "2026-11-25"}, {"event": "knew", "date": "half"}, {"event": "knew"}]
    checked = check(dates, "0101", LIMITS, TABLE, D("2026-11-22"))
    assert [one.limit.code for one in checked] == ["DT-2", "DT-1", "CV-2J"]


def test_the_shipped_table_is_whole() -> None:
    events = catalogue().codes("key_events")
    assert {limit.event for limit in LIMITS} <= events
    assert {event for event in events if not any(limit.event == event for limit in LIMITS)} == {"detained"}
    assert all(limit.source and limit.zh and limit.en for limit in LIMITS)
    codes = catalogue().codes("matter_categories")
    assert all(prefix in codes for limit in LIMITS for prefix in limit.categories)
    assert len({limit.code for limit in LIMITS}) == len(LIMITS)


def test_a_row_that_says_no_limit_is_refused() -> None:
    row = dict(rows("legal_limits.csv")[0])
    for wrong, says in (({"unit": "week"}, "week"), ({"amount": "soon"}, "soon")):
        with pytest.raises(ValueError, match=says):
            limits_of([{**row, **wrong}])


@given(st.text(max_size=12))
def test_whatever_is_typed_is_a_date_or_none(text: str) -> None:
    day = parse_date(text)
    assert day is None or day.isoformat() == text


def test_the_last_year_of_the_calendar_hangs_nobody() -> None:
    assert check([{"event": "knew", "date": "9999-12-30"}], "0301", LIMITS, TABLE, D("2026-11-22")) == []
