"""Working days: the shipped years against an independent count, unknown years, regional days, year tables from files."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.calendars import DayTable, add_working_days, working_days_between
from hotline.core.calendars.counting import next_working_day
from hotline.core.calendars.days import Row, local_date, midnight, missing_year, read_day
from hotline.core.calendars.yeartables import read, years
from hotline.core.errors import Invalid
from hotline.core.rosters.changes import parse_day
from hotline.store.ledgers.exports import asked_of

pytestmark = pytest.mark.unit

SHIPPED = Path(__file__).resolve().parents[3] / "hotline" / "store" / "data" / "workdays.csv"
ROWS, _ = read(SHIPPED.read_text("utf-8"))
TABLE = DayTable.of(ROWS)

# Written out day by day from the notice, not from the file: the independent count.
OFF_2026 = (
    "0101 0102 0103 0215 0216 0217 0218 0219 0220 0221 0222 0223 0404 0405 0406 0501 0502 0503 0504 0505 "
    "0619 0620 0621 0925 0926 0927 1001 1002 1003 1004 1005 1006 1007"
)
WORKED_2026 = "0104 0214 0228 0509 0920 1010"


def naive(when: date) -> bool:
    """Worked in 2026?"""
    text = f"{when:%m%d}"
    if text in OFF_2026:
        return False
    return text in WORKED_2026 or when.isoweekday() < 6


def test_the_shipped_file_has_no_bad_row() -> None:
    rows, bad = read(SHIPPED.read_text("utf-8"))
    assert not bad
    assert years(rows) == (2025, 2026)


def test_every_day_of_2026_against_the_notice() -> None:
    day = date(2026, 1, 1)
    while day.year == 2026:
        assert TABLE.working(day) == naive(day), day
        day += timedelta(days=1)
    # 365 days − 104 weekend days − 33 off + those off that were weekends + 6 worked
    assert sum(naive(date(2026, 1, 1) + timedelta(days=n)) for n in range(365)) == 248


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        ("2026-02-14", "makeup"),
        ("2026-02-15", "holiday"),
        ("2026-02-23", "holiday"),
        ("2026-02-24", "workday"),
        ("2026-02-28", "makeup"),
        ("2026-09-20", "makeup"),
        ("2026-09-26", "holiday"),
        ("2026-10-10", "makeup"),
        ("2026-10-11", "weekend"),
        ("2025-12-31", "workday"),
        ("2026-01-01", "holiday"),
        ("2026-01-04", "makeup"),
    ],
)
def test_known_days(when: str, kind: str) -> None:
    day = TABLE.day(date.fromisoformat(when))
    assert (day.kind, day.provisional) == (kind, False)


def test_an_unknown_year_is_provisional_and_never_raises() -> None:
    assert TABLE.day(date(2027, 1, 1)).kind == "workday"  # a Friday; surely a holiday, but nobody has said so
    assert TABLE.day(date(2027, 1, 1)).provisional
    assert TABLE.day(date(2027, 1, 2)).kind == "weekend"
    assert TABLE.day(date(1, 1, 1)).provisional
    assert TABLE.day(date(9999, 12, 31)).provisional


def test_the_last_days_of_december_wait_for_the_next_notice() -> None:
    assert TABLE.day(date(2026, 12, 31)).provisional
    assert not TABLE.day(date(2026, 12, 25)).provisional
    assert not TABLE.day(date(2025, 12, 31)).provisional  # 2026 is known
    with_next = DayTable.of([*ROWS, Row(date(2027, 1, 1), date(2027, 1, 3), "off")])
    assert not with_next.day(date(2026, 12, 31)).provisional


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 60))
def test_counting_against_the_naive_count(start: date, count: int) -> None:
    found = add_working_days(TABLE, start, count)
    if found.date.year == 2026:
        passed = [start + timedelta(days=n) for n in range(1, (found.date - start).days + 1)]
        assert sum(naive(day) for day in passed) == count
        assert count == 0 or naive(found.date)
        assert working_days_between(TABLE, start, found.date) == count
        assert working_days_between(TABLE, found.date, start) == -count
        assert found.provisional == any(day >= date(2026, 12, 28) for day in passed)
    else:
        assert found.provisional


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-02-13", 1, "2026-02-14"),  # the working Saturday before the Spring Festival
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-02-14", 5, "2026-02-28"),  # 24, 25, 26, 27, and the working Saturday
        ("2026-09-18", 1, "2026-09-20"),  # a working Sunday
        ("2026-09-30", 3, "2026-10-10"),  # 8, 9, and the working Saturday
        ("2025-12-31", 1, "2026-01-04"),
    ],
)
def test_terms_over_holidays(start: str, count: int, end: str) -> None:
    found = add_working_days(TABLE, date.fromisoformat(start), count)
    assert (found.date.isoformat(), found.provisional) == (end, False)


def test_a_term_that_runs_into_an_unknown_year_is_provisional() -> None:
    found = add_working_days(TABLE, date(2026, 12, 30), 3)
    assert found.provisional
    assert found.date == date(2027, 1, 4)


def test_the_last_day_of_a_term_moves_off_a_holiday() -> None:
    assert next_working_day(TABLE, date(2026, 10, 1)).date == date(2026, 10, 8)
    assert next_working_day(TABLE, date(2026, 2, 14)).date == date(2026, 2, 14)


def test_counting_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="negative"):
        add_working_days(TABLE, date(2026, 1, 1), -1)
    nothing = DayTable.of(
        [Row(date(2026, 1, 1) + timedelta(days=n), date(2026, 1, 1) + timedelta(days=n), "off") for n in range(4100)]
    )
    with pytest.raises(ValueError, match="eleven years"):
        add_working_days(nothing, date(2026, 1, 1), 1)


def test_regional_days_are_added_to_the_national_ones() -> None:
    rows = [
        *ROWS,
        Row(date(2026, 3, 20), date(2026, 3, 20), "off", "肉孜节", "650000"),
        Row(date(2026, 3, 23), date(2026, 3, 23), "off", "", "650100"),
    ]
    city, region = DayTable.of(rows, region="650102"), DayTable.of(rows, region="650200")
    assert (city.working(date(2026, 3, 20)), city.working(date(2026, 3, 23))) == (False, False)
    assert (region.working(date(2026, 3, 20)), region.working(date(2026, 3, 23))) == (False, True)
    assert DayTable.of(rows).working(date(2026, 3, 20))
    assert DayTable.of(rows, region="110000").working(date(2026, 3, 20))
    assert city.day(date(2026, 3, 20)).name == "肉孜节"
    assert 2027 not in DayTable.of([Row(date(2027, 3, 1), date(2027, 3, 1), "off", "", "650000")], region="650000").years


@given(st.dates(date(1995, 1, 1), date(2200, 1, 1)))
def test_midnight_and_date_are_inverse(when: date) -> None:
    assert local_date(midnight(when)) == when
    assert local_date(midnight(when) - 1) == when - timedelta(days=1)


@pytest.mark.parametrize(
    ("today", "wanted"),
    [("2026-10-31", None), ("2026-11-01", 2027), ("2026-12-31", 2027), ("2027-01-01", 2027), ("2024-06-01", 2024)],
)
def test_when_the_missing_year_is_told(today: str, wanted: int | None) -> None:
    assert missing_year([2025, 2026], date.fromisoformat(today)) == wanted


BAD_FILE = """# notice of 2026
date_from,date_to,kind,name,region
2027-01-01,2027-01-03,off,元旦,
2027-02-05,2027-02-31,off,春节,
2027-05-05,2027-05-01,off,劳动节,
2027-05-01,2027-08-01,off,,
2026-12-31,2027-01-02,off,,
1027-01-01,,off,,
2027-04-05,,free,,
2027-01-02,,off,,
2027-02-01,,work,,
2027-03-01,,off,,新疆
2027-02-06,,work,春节,
"""


def test_every_bad_row_is_told_with_its_line() -> None:
    rows, bad = read(BAD_FILE)
    assert [(item.line, item.code) for item in bad] == [
        (4, "date"),
        (5, "order"),
        (6, "too_long"),
        (7, "two_years"),
        (8, "year"),
        (9, "kind"),
        (10, "doubled"),
        (11, "worked_weekday"),
        (12, "region"),
    ]
    assert [row.first.isoformat() for row in rows] == ["2027-01-01", "2027-02-06"]
    assert all(item.show().startswith(f"第 {item.line} 行") for item in bad)


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "a,b\n1,2\n", "date_from,kind\n", f"date_from,kind\n{'x' * 140_000},off\n"]
)
def test_a_file_without_rows_is_told(text: str) -> None:
    rows, bad = read(text)
    assert not rows
    assert len(bad) == 1


def test_a_name_is_text_that_can_be_kept_and_a_region_is_digits() -> None:
    rows, bad = read("date_from,kind,name,region\n2027-01-01,off,元\x00旦,\n2027-01-02,off,,٥٤\n")
    assert ([row.name for row in rows], [item.code for item in bad]) == (["元旦"], ["region"])


@pytest.mark.parametrize("day", ["1999-12-31", "2101-01-01", "0001-01-01", "9999-12-31", "2027-02-29", "2027-2-9", ""])
def test_a_day_that_nobody_can_mean_is_none(day: str) -> None:
    """Counting the working days up to the year 9999 would take a minute of a processor, and the day after it there is not."""
    for reader in (read_day, parse_day, lambda text: asked_of(text, text, {}, "visits")):
        with pytest.raises((ValueError, Invalid)):
            reader(day)
    assert read_day("2028-02-29").isoformat() == "2028-02-29"


@given(st.text(max_size=300))
def test_reading_never_raises(text: str) -> None:
    rows, bad = read(text)
    assert rows or bad
