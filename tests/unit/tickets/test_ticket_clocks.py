"""Unit: limits counted by the program against an independent count, day by day, from the notice's own dates."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hotline.core.calendars.days import ZONE, DayTable, Row
from hotline.core.tickets.clocks import LEVELS, Term, Warn, count, level_at, moments, read_limits, sentences, steps
from hotline.store.catalogue import rows
from hotline.store.repositories.calendars import shipped

pytestmark = pytest.mark.unit

TABLE = DayTable.of(shipped())
LIMITS = read_limits(rows("ticket_clocks.csv"))

# Written out by hand from the State Council's notice for 2026, apart from the program's own file.
OFF_DAYS = {1: (1, 2, 3), 2: range(15, 24), 4: (4, 5, 6), 5: (1, 2, 3, 4, 5), 6: (19, 20, 21), 9: (25, 26, 27), 10: range(1, 8)}
OFF = {f"2026-{month:02d}-{day:02d}" for month, days in OFF_DAYS.items() for day in days}
WORK = {"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}


def worked(day: date) -> bool:
    """The oracle: nothing but the lists above and the weekday."""
    text = day.isoformat()
    return text in WORK or (text not in OFF and day.isoweekday() <= 5)


def at(text: str, clock: str = "10:00") -> float:
    return datetime.fromisoformat(f"{text}T{clock}").replace(tzinfo=ZONE).timestamp()


def ends(found: float | None) -> str:
    assert found is not None
    return f"{datetime.fromtimestamp(found - 1, ZONE):%Y-%m-%d}"


def oracle(unit: str, amount: int, start: date, paused: set[date]) -> date:
    """The last day, counted on the fingers."""
    day = start
    if unit == "workday":
        left = amount
        while left:
            day += timedelta(days=1)
            if worked(day) and day not in paused:
                left -= 1
        return day
    if unit == "day":
        left = amount
        while left:
            day += timedelta(days=1)
            if day not in paused:
                left -= 1
    else:
        year, month = start.year, start.month
        for _ in range(amount * (12 if unit == "year" else 1)):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        number = start.day
        while True:
            try:
                last = date(year, month, number)
                break
            except ValueError:
                number -= 1
        while day < last:
            day += timedelta(days=1)
            if day in paused:
                last += timedelta(days=1)
    while not worked(day) or day in paused:
        day += timedelta(days=1)
    return day


DAYS = st.dates(date(2025, 12, 31), date(2026, 11, 30))


@given(
    st.sampled_from(["workday", "day", "month"]),
    st.integers(1, 30),
    DAYS,
    st.lists(st.tuples(DAYS, st.integers(0, 12)), max_size=2),
)
@example("workday", 1, date(2026, 2, 13), [])
@example("workday", 1, date(2026, 2, 14), [])
@example("workday", 3, date(2026, 2, 15), [])
@example("day", 7, date(2026, 2, 10), [])
@example("day", 1, date(2026, 2, 22), [])
@example("workday", 1, date(2026, 9, 18), [])
@example("workday", 2, date(2026, 9, 24), [])
@example("day", 1, date(2026, 9, 30), [])
@example("workday", 1, date(2026, 10, 9), [])
@example("month", 1, date(2026, 1, 31), [])
@example("month", 1, date(2026, 8, 31), [])
@example("workday", 5, date(2026, 4, 30), [(date(2026, 5, 6), 3)])
def test_against_a_count_on_the_fingers(unit: str, amount: int, start: date, pauses: list[tuple[date, int]]) -> None:
    start = max(start, date(2026, 1, 1) - timedelta(days=1))
    spans, paused = [], set()
    for first, length in pauses:
        if first >= start:
            spans.append((at(first.isoformat(), "11:00"), at((first + timedelta(days=length)).isoformat(), "16:00")))
            paused |= {first + timedelta(days=n) for n in range(1, length + 1)}
    wanted = oracle(unit, 1 if unit == "month" else amount, start, paused)
    term = Term(1 if unit == "month" else amount, unit, at(start.isoformat()), pauses=tuple(spans))  # type: ignore[arg-type]
    found = count(term, TABLE)
    if wanted.year == 2026:
        assert ends(found.due_at) == wanted.isoformat()
        assert not (found.provisional and wanted < date(2026, 12, 28))
    else:
        assert found.provisional
    assert found.steps[0].why == "start"
    assert len({step.date for step in found.steps}) == len(found.steps)


@pytest.mark.parametrize(
    ("rule", "start", "due"),
    [
        # 14 February is a worked Saturday, then nine days off
        ("HL-DISPATCH", "2026-02-13", "2026-02-25"),
        ("HL-SIGN", "2026-02-13", "2026-02-14"),
        ("HL-SIGN", "2026-02-14", "2026-02-24"),
        ("HL-SIGN", "2026-02-20", "2026-02-24"),
        # 20 September is a worked Sunday
        ("HL-SIGN", "2026-09-19", "2026-09-20"),
        ("HL-DISPATCH", "2026-09-18", "2026-09-22"),
        ("HL-SIGN", "2026-10-09", "2026-10-10"),
        ("HL-SIGN", "2026-10-10", "2026-10-12"),
        ("HL-HANDLE", "2026-09-30", "2026-10-13"),
        ("LA-DECIDE", "2026-02-08", "2026-02-24"),  # the seventh day is in the holiday
        ("LA-DECIDE", "2026-01-01", "2026-01-08"),
        ("HL-QUALITY", "2026-09-13", "2026-09-20"),  # the last day is a make-up Sunday: worked, no rolling
        ("HL-QUALITY", "2026-09-20", "2026-09-28"),  # 27 September: rolls over
        ("PM-CLOSE", "2026-01-31", "2026-02-28"),  # no 31 February; the 28th is a worked Saturday
        ("PM-CLOSE", "2026-02-28", "2026-03-30"),  # the 28th of March is a Saturday
    ],
)
def test_known_dates(rule: str, start: str, due: str) -> None:
    limit = LIMITS[rule]
    assert ends(count(Term(limit.amount, limit.unit, at(start)), TABLE).due_at) == due


def test_leap_day_and_years() -> None:
    table = DayTable.of([Row(date(year, 1, 1), date(year, 1, 1), "off") for year in range(2023, 2031)])
    assert ends(count(Term(1, "year", at("2024-02-29")), table).due_at) == "2025-02-28"
    assert ends(count(Term(1, "month", at("2024-01-31")), table).due_at) == "2024-02-29"
    assert ends(count(Term(1, "month", at("2028-01-29")), table).due_at) == "2028-02-29"
    assert ends(count(Term(4, "year", at("2024-02-29")), table).due_at) == "2028-02-29"
    assert ends(count(Term(1, "day", at("2028-02-28")), table).due_at) == "2028-02-29"


def test_hours_run_through_holidays() -> None:
    found = count(Term(24, "hour", at("2026-02-15", "14:30")), TABLE)
    assert found.due_at == at("2026-02-16", "14:30")
    paused = Term(24, "hour", at("2026-02-15", "14:30"), pauses=((at("2026-02-15", "20:30"), at("2026-02-15", "23:30")),))
    assert count(paused, TABLE).due_at == at("2026-02-16", "17:30")
    assert count(Term(0, "immediate", at("2026-02-15")), TABLE).due_at == at("2026-02-15")


def test_close_of_business() -> None:
    def closes(day: date) -> int:
        return 17 * 60 + 30

    assert count(Term(1, "workday", at("2026-02-13")), TABLE, closes).due_at == at("2026-02-14", "17:30")
    assert count(Term(0, "same_day", at("2026-02-13", "17:29")), TABLE, closes).due_at == at("2026-02-13", "17:30")
    assert count(Term(0, "same_day", at("2026-02-13", "17:30")), TABLE, closes).due_at == at("2026-02-14", "17:30")
    assert count(Term(0, "same_day", at("2026-02-16")), TABLE, closes).due_at == at("2026-02-24", "17:30")
    assert count(Term(1, "workday", at("2026-02-13")), TABLE).due_at == at("2026-02-15", "00:00")


def test_suspended_stands_still_and_an_extension_is_counted_on() -> None:
    term = Term(5, "workday", at("2026-03-02"), pauses=((at("2026-03-03"), None),))
    assert count(term, TABLE).due_at is None
    assert ends(count(Term(5, "workday", at("2026-03-02"), extra=5), TABLE).due_at) == "2026-03-16"
    back = Term(5, "workday", at("2026-03-02"), pauses=((at("2026-03-03"), at("2026-03-06")),))
    # 3 March is the first day; 4, 5, 6 do not count; 9, 10, 11, 12 are the second to fifth
    assert ends(count(back, TABLE).due_at) == "2026-03-12"


def test_an_unknown_year_is_provisional_until_its_table_comes() -> None:
    term = Term(3, "workday", at("2026-12-30"))
    before = count(term, TABLE)
    assert before.provisional
    assert ends(before.due_at) == "2027-01-04"
    rows_2027 = [*shipped(), Row(date(2027, 1, 1), date(2027, 1, 3), "off"), Row(date(2027, 1, 9), date(2027, 1, 9), "work")]
    after = count(term, DayTable.of(rows_2027))
    assert not after.provisional
    assert ends(after.due_at) == "2027-01-05"
    assert not count(Term(3, "workday", at("2026-11-20")), TABLE).provisional


def test_the_count_in_words() -> None:
    term = Term(3, "workday", at("2026-02-13"))
    lines = [zh for zh, _ in sentences(term, count(term, TABLE))]
    assert lines[0] == "2026-02-13 五 起算当日，不计入"
    assert lines[1] == "2026-02-14 六 第 1 天（调休上班）（春节）"
    assert lines[2] == "2026-02-15 日 节假日，不计（春节）"
    assert lines[-1] == "到期：2026-02-25 24:00"
    assert len(lines) == 14


@given(st.floats(0, 90 * 86_400), st.floats(60, 70 * 86_400))
def test_warnings_come_in_order(offset: float, whole: float) -> None:
    start = at("2026-01-05") + offset
    yellow, orange, red = moments(start, start + whole, TABLE, Warn())
    assert start <= yellow <= orange <= red == start + whole
    assert [level_at(when, (yellow, orange, red)) for when in (red, red + 1)] == ["red", "red"]
    assert LEVELS.index(level_at(orange, (yellow, orange, red))) >= 2


def test_warnings_fall_on_working_days() -> None:
    # due on Tuesday 24 February after nine days off: yellow at once, on the Saturday that is worked
    due = count(Term(1, "workday", at("2026-02-14", "16:00")), TABLE, lambda _: 17 * 60 + 30).due_at
    assert due == at("2026-02-24", "17:30")
    yellow, orange, _ = moments(at("2026-02-14", "08:00"), due, TABLE, Warn())
    assert yellow == at("2026-02-14", "09:00")
    assert orange == at("2026-02-24", "09:30")


def test_the_law_beats_the_house() -> None:
    def of(service: str, *flags: str) -> dict[str, frozenset[str]]:
        return {"service": frozenset({service}), "source": frozenset({"call"}), "flag": frozenset(flags)}

    assert steps("register", LIMITS, [], of("S17"), over=False).start == ("HL-DISPATCH",)
    assert steps("register", LIMITS, [], of("S01"), over=False).start == ("HL-CONSULT", "HL-DISPATCH")
    assert steps("register", LIMITS, [], of("S17", "R04"), over=False).start == ("HL-DISPATCH", "MN-REPORT")
    assert steps("accept", LIMITS, ["HL-DISPATCH"], of("S02"), over=False).start == ("LA-DECIDE",)
    assigned = steps("assign", LIMITS, ["HL-DISPATCH", "LA-DECIDE"], of("S02"), over=False)
    assert (assigned.start, assigned.stop) == (("HL-SIGN",), ("HL-DISPATCH",))
    signed = steps("sign", LIMITS, ["HL-SIGN", "LA-DECIDE"], of("S02"), over=False)
    assert (signed.start, signed.stop) == ((), ("HL-SIGN",))  # no HL-HANDLE: the law's seven days run
    assert steps("sign", LIMITS, ["HL-SIGN"], of("S17"), over=False).start == ("HL-HANDLE",)
    assert steps("put_clock", {**LIMITS}, ["HL-HANDLE", "AR-DECIDE"], of("S08"), over=False).beaten == ("HL-HANDLE",)
    held = steps("suspend", LIMITS, ["HL-HANDLE", "MN-REPORT"], of("S17"), over=False)
    assert held.pause == ("HL-HANDLE",)
    assert steps("withdraw", LIMITS, ["HL-HANDLE"], of("S17"), over=True).stop == ("HL-HANDLE",)
