"""Unit: what a village adviser owes and who is behind; cells that no spreadsheet program runs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.errors import Invalid
from hotline.core.ledgers import LEDGERS, neutral
from hotline.core.ledgers.advisers import (
    Adviser,
    Entry,
    Owed,
    check_entry,
    is_late,
    month_of,
    quarter_of,
    standing,
)
from hotline.core.ledgers.cells import MOST, runs
from hotline.core.ledgers.tables import columns_for, may_have_clear
from hotline.core.ledgers.words import WORDS, word
from hotline.core.tickets import STATES
from hotline.store.ticket_codes import words

pytestmark = pytest.mark.unit

OWED = Owed()
LONG = Adviser("a", date(2025, 1, 1))


def entry(day: str, work: Any = "onsite", first: int = 540, last: int = 660, who: str = "a") -> Entry:
    return Entry(who, date.fromisoformat(day), work, first, last)


def test_four_hours_a_month_and_a_lecture_a_quarter() -> None:
    entries = [entry("2026-10-08"), entry("2026-10-20"), entry("2026-11-03"), entry("2026-11-04", who="b")]
    october = standing(LONG, entries, date(2026, 10, 15), date(2026, 11, 22), OWED)
    assert (october.minutes, october.missing_minutes, october.behind_month) == (240, 0, False)
    november = standing(LONG, entries, date(2026, 11, 1), date(2026, 11, 22), OWED)
    assert (november.minutes, november.missing_minutes, november.behind_month) == (120, 120, False)  # there is time yet
    assert (november.missing_lectures, november.behind_quarter) == (1, False)
    over = standing(LONG, entries, date(2026, 11, 1), date(2027, 1, 1), OWED)
    assert (over.behind_month, over.behind_quarter, over.behind) == (True, True, True)
    held = standing(LONG, [*entries, entry("2026-12-01", "lecture")], date(2026, 11, 1), date(2027, 1, 1), OWED)
    assert (held.behind_quarter, held.lectures) == (False, 1)


def test_only_whole_months_and_quarters_are_owed() -> None:
    new = Adviser("a", date(2026, 11, 2))
    found = standing(new, [], date(2026, 11, 5), date(2027, 5, 1), OWED)
    assert (found.owes_month, found.owes_quarter, found.behind) == (False, False, False)
    assert standing(new, [], date(2026, 12, 5), date(2027, 5, 1), OWED).behind_month
    gone = Adviser("a", date(2025, 1, 1), date(2026, 11, 29))
    assert not standing(gone, [], date(2026, 11, 5), date(2027, 5, 1), OWED).behind
    assert not standing(LONG, [entry("2026-11-05", "other", 0, 600)], date(2026, 11, 5), date(2026, 11, 6), OWED).minutes


@given(st.dates(date(2020, 1, 1), date(2036, 12, 31)))
def test_months_and_quarters_hold_their_days(day: date) -> None:
    for first, last in (month_of(day), quarter_of(day)):
        assert first.day == 1
        assert first <= day <= last
        assert (last + timedelta(days=1)).day == 1
    assert quarter_of(day)[0].month in (1, 4, 7, 10)
    assert 90 <= (quarter_of(day)[1] - quarter_of(day)[0]).days + 1 <= 92


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (entry("2026-11-03", first=660, last=660), "ledger.minutes"),
        (entry("2026-11-03", first=0, last=1440), "ledger.minutes"),
        (entry("2026-11-23"), "ledger.date"),
        (entry("2024-12-31"), "ledger.date"),
        (entry("2026-11-03", first=600, last=700), "ledger.overlap"),
        (entry("2026-11-03", "sleep"), "ledger.work"),
    ],
)
def test_what_cannot_be_is_not_written_down(wrong: Entry, code: str) -> None:
    with pytest.raises(Invalid) as found:
        check_entry(wrong, LONG, [entry("2026-11-03", first=540, last=660)], date(2026, 11, 22))
    assert found.value.code == code


def test_what_can_be_is() -> None:
    check_entry(entry("2026-11-03", first=660, last=720), LONG, [entry("2026-11-03")], date(2026, 11, 22))
    assert is_late(date(2026, 11, 1), date(2026, 11, 9))
    assert not is_late(date(2026, 11, 2), date(2026, 11, 9))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+86138", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|cmd", "%x", " =1", "\u200b=1", "\ufeff=1", "＝1+1", "＋1",
        "－1", "＠x", "\u3000=1",
    ],
)  # fmt: skip
def test_what_would_run_gets_an_apostrophe(text: str) -> None:
    assert runs(text)
    assert neutral(text).startswith("'")
    assert not runs(neutral(text))


@given(st.text(max_size=60))
def test_a_cell_never_runs_and_keeps_its_words(text: str) -> None:
    made = neutral(text)
    assert not runs(made)
    assert not any(ord(char) < 32 and char not in "\t\r\n" for char in made)
    assert (
        made.removeprefix("'").replace("'", "") in text.replace("'", "")
        or max(text) >= "\ud800"
        or any(ord(char) < 32 or char in "\ufffe\uffff" for char in text)
    )


def test_a_long_text_is_cut_to_what_a_cell_holds() -> None:
    assert len(neutral("x" * 50_000)) == MOST


def test_the_table_of_ledgers() -> None:
    assert set(LEDGERS) == {"visits", "calls", "cases", "complaints", "duty", "advisers"}
    for ledger in LEDGERS.values():
        keys = [column.key for column in ledger.columns]
        assert len(keys) == len(set(keys))
        assert not [column for column in columns_for(ledger, "statistician") if column.personal]
        assert columns_for(ledger, "supervisor") == ledger.columns
        assert all(column.personal for column in ledger.columns if column.clear)
        assert all(column.codes in WORDS for column in ledger.columns if column.kind == "state")
        assert all(column.codes in words() for column in ledger.columns if column.kind == "ticket_code")
    assert set(WORDS["ticket_state"]) == set(STATES)
    assert word("ticket_state", "done", english=False) == "已办结"
    assert word("ticket_state", "elsewhere", english=False) == "elsewhere"
    assert [may_have_clear(*who) for who in (("supervisor", False), ("centre", True), ("centre", False), ("admin", False))] == [
        True, True, False, False,
    ]  # fmt: skip
