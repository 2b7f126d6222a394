"""Opening hours against an independent minute-by-minute answer, and the timetable against the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.core.calendars import Calendar, DayTable, Special, look, next_closing, next_opening, tier
from hotline.core.calendars.days import Row, midnight
from hotline.core.calendars.hours import explain, is_open
from hotline.core.calendars.timetable import Timetable, lay_out, make
from tests.unit.calendars.test_days import OFF_2026, TABLE, WORKED_2026

pytestmark = pytest.mark.unit

CHINA = timezone(timedelta(hours=8))
"""Not the zone the code uses: the independent clock."""


def calendar(code: str, **values: Any) -> Calendar:
    preset = tier(code)
    return Calendar(**{"id": code, "weekly": preset.weekly, "holidays": preset.holidays, "table": TABLE, **values})


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()


FIVE, TWELVE, ALWAYS = calendar("5x8"), calendar("7x12"), calendar("7x24")


@pytest.mark.parametrize(
    ("when", "state", "why"),
    [
        ("2026-02-13T08:29:59", "closed", "hours"),
        ("2026-02-13T08:30", "open", "hours"),
        ("2026-02-13T17:29:59", "open", "hours"),
        ("2026-02-13T17:30", "closed", "hours"),
        ("2026-02-14T10:00", "open", "makeup"),
        ("2026-02-14T20:00", "closed", "makeup"),
        ("2026-02-15T10:00", "holiday", "holiday"),
        ("2026-02-23T10:00", "holiday", "holiday"),
        ("2026-02-24T10:00", "open", "hours"),
        ("2026-09-20T10:00", "open", "makeup"),
        ("2026-10-10T10:00", "open", "makeup"),
        ("2026-10-11T10:00", "closed", "weekend"),
        ("2026-01-01T10:00", "holiday", "holiday"),
        ("2025-12-31T10:00", "open", "hours"),
    ],
)
def test_office_hours(when: str, state: str, why: str) -> None:
    found = look(FIVE, at(when))
    assert (found.state, found.why, found.provisional) == (state, why, False)


def test_next_opening_over_the_spring_festival() -> None:
    friday_evening = at("2026-02-13T18:00")
    assert next_opening(FIVE, friday_evening) == at("2026-02-14T08:30")
    assert next_opening(FIVE, at("2026-02-14T17:30")) == at("2026-02-24T08:30")
    assert next_opening(FIVE, at("2026-02-14T09:00")) == at("2026-02-24T08:30")
    assert next_closing(FIVE, at("2026-02-14T09:00")) == at("2026-02-14T17:30")
    assert next_closing(FIVE, at("2026-02-16T09:00")) is None


def test_a_line_that_never_closes() -> None:
    for when in ("2026-02-16T03:00", "2027-06-01T12:00", "2026-12-31T23:59:59"):
        found = look(ALWAYS, at(when))
        assert (found.state, found.until, found.provisional) == ("open", None, False)
        assert next_closing(ALWAYS, at(when)) is None
        assert next_opening(ALWAYS, at(when)) is None


def test_long_days_ignore_holidays_and_years() -> None:
    assert look(TWELVE, at("2026-02-16T20:00")).state == "open"
    assert look(TWELVE, at("2026-02-16T21:00")).state == "holiday"
    found = look(TWELVE, at("2027-02-06T12:00"))
    assert (found.state, found.provisional) == ("open", False)


def test_an_unknown_year_is_answered_provisionally() -> None:
    assert look(FIVE, at("2027-01-01T10:00")).provisional
    assert look(FIVE, at("2027-01-01T10:00")).state == "open"
    assert look(FIVE, at("2027-01-02T10:00")).state == "closed"
    # known itself, but when it opens again is not
    evening = look(FIVE, at("2026-12-31T20:00"))
    assert (evening.state, evening.until, evening.provisional) == ("closed", at("2027-01-01T08:30"), True)
    assert "provisional" in explain(FIVE, at("2027-01-01T10:00"))[1]


def test_own_holiday_hours() -> None:
    own = calendar("5x8", holidays="own", holiday_hours=((600, 960),))
    assert look(own, at("2026-02-16T09:59")).state == "holiday"
    assert look(own, at("2026-02-16T10:00")).state == "open"
    assert next_closing(own, at("2026-02-16T10:00")) == at("2026-02-16T16:00")
    assert look(calendar("5x8", holidays="open"), at("2026-02-16T10:00")).state == "open"
    assert look(calendar("5x8", holidays="open"), at("2026-02-15T10:00")).state == "holiday"  # a Sunday


def test_special_days_win() -> None:
    by_hand = calendar(
        "5x8",
        special={
            date(2026, 2, 16): Special(((540, 600),), "初一值班"),
            date(2026, 2, 24): Special((), "停电"),
            date(2027, 1, 1): Special((), "元旦"),
        },
    )
    assert look(by_hand, at("2026-02-16T09:30")).state == "open"
    shut = look(by_hand, at("2026-02-24T10:00"))
    assert (shut.state, shut.name, shut.until) == ("closed", "停电", at("2026-02-25T08:30"))
    assert explain(by_hand, at("2026-02-24T10:00"))[0] == "当日由人工设定，此时不开放（停电）"
    assert not by_hand.provisional(date(2027, 1, 1))


def test_hours_over_midnight() -> None:
    late = Calendar("late", tuple(((1200, 120),) for _ in range(7)), TABLE, holidays="open")  # type: ignore[arg-type]
    assert is_open(late, at("2026-03-03T01:59"))
    assert not is_open(late, at("2026-03-03T02:00"))
    assert next_closing(late, at("2026-03-02T23:00")) == at("2026-03-03T02:00")
    assert next_closing(late, at("2026-03-03T01:00")) == at("2026-03-03T02:00")
    assert next_opening(late, at("2026-03-03T01:00")) == at("2026-03-03T20:00")


def test_a_calendar_that_never_opens_has_no_next_opening() -> None:
    never = Calendar("never", ((), (), (), (), (), (), ()), TABLE)
    assert look(never, at("2026-03-03T10:00")).until is None
    assert next_opening(never, at("2026-03-03T10:00")) is None


def naive_open(code: str, moment: datetime) -> bool:
    """5x8 and 7x12 in 2026, worked out with nothing of the code under test."""
    minute, text = moment.hour * 60 + moment.minute, f"{moment:%m%d}"
    if code == "7x12":
        return 510 <= minute < 1230
    works = text in WORKED_2026 or (moment.isoweekday() < 6 and text not in OFF_2026)
    return works and 510 <= minute < 1050


MOMENTS = st.datetimes(datetime(2026, 1, 2), datetime(2026, 11, 30))


@given(MOMENTS, st.sampled_from(["5x8", "7x12"]))
@settings(max_examples=150, deadline=None)
def test_open_against_the_naive_answer(moment: datetime, code: str) -> None:
    local = moment.replace(tzinfo=CHINA)
    subject = calendar(code)
    now = local.timestamp()
    assert is_open(subject, now) == naive_open(code, moment)
    # The next change is where the naive answer changes first, stepping minute by minute.
    until = look(subject, now).until
    assert until is not None
    step = moment.replace(second=0, microsecond=0)
    while naive_open(code, step) == naive_open(code, moment):
        step += timedelta(minutes=1)
    assert until == step.replace(tzinfo=CHINA).timestamp()


SPANS = st.lists(st.tuples(st.integers(0, 1440), st.integers(0, 1440)), max_size=3).map(tuple)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week: Any = tuple(draw(SPANS) for _ in range(7))
    marks = draw(
        st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2026, 3, 1)), st.sampled_from(["off", "work"])), max_size=8)
    )
    rows = [Row(day, day, kind) for day, kind in marks]  # type: ignore[arg-type]
    special = draw(st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 3, 1)), SPANS.map(Special), max_size=4))
    return Calendar(
        "x", week, DayTable.of(rows), "", "", draw(st.sampled_from(["closed", "open", "own"])), draw(SPANS), special
    )


@given(calendars(), st.datetimes(datetime(2026, 1, 3), datetime(2026, 2, 10)))
@settings(max_examples=150, deadline=None)
def test_any_calendar_is_consistent(subject: Calendar, moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC).timestamp()
    standing = look(subject, now)
    if standing.until is not None:
        assert standing.until > now
        assert look(subject, standing.until).open != standing.open
        assert look(subject, standing.until - 0.5).open == standing.open
    # The laid-out timetable says the same, now and for its whole fortnight, and survives being written down.
    table = Timetable.from_json(make([lay_out("12348", subject, now)], now).to_json())
    for offset in range(0, 13 * 24 * 3600, 5 * 3600 + 1234):
        then = now + offset
        expected = look(subject, then)
        assert table.state("12348", then) == expected.state
        assert table.provisional("12348", then) == subject.provisional(datetime.fromtimestamp(then, CHINA).date())
        if expected.open and expected.until is not None and expected.until < table.until:
            assert table.next_closing("12348", then) == expected.until


def test_the_timetable_knows_what_it_does_not_know() -> None:
    now = at("2026-02-13T12:00")
    table = make([lay_out("12348", FIVE, now, name="热线", flow="main")], now)
    assert table.state("12348", now) == "open"
    assert table.state("12348", at("2026-02-16T12:00")) == "holiday"
    assert table.state("12348", at("2026-02-14T22:00")) == "closed"
    assert table.state("12399", now) == "unknown"
    assert table.state("12348", now + 15 * 86_400) == "unknown"
    assert table.state("12348", now - 2 * 86_400) == "unknown"
    assert table.next_opening("12348", at("2026-02-14T22:00")) == at("2026-02-24T08:30")
    assert Timetable().state("12348", now) == "unknown"
    for text in ("", "{}", "[]", '{"made_at":1,"until":2,"lines":[{}]}', '{"made_at":1,"until":2,"lines":[3]}'):
        with pytest.raises(ValueError, match="not a timetable"):
            Timetable.from_json(text)


def test_a_timetable_is_small() -> None:
    now = at("2026-02-13T12:00")
    assert len(make([lay_out("12348", FIVE, now)], now).to_json()) < 1500
    assert midnight(date(2026, 2, 13)) == at("2026-02-13T00:00")
