"""When letters may leave, and what an attempt makes of them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.calendars.days import ZONE
from hotline.core.letters import FINAL, STATES, Receipt, after, before, next_allowed
from hotline.core.letters import texts as words
from hotline.core.letters.times import DAY, allowed, inside, window

pytestmark = pytest.mark.unit

NIGHT = window("21:00-08:00")
BACKOFF = (30.0, 120.0, 600.0)


def at(clock: str, day: str = "2026-11-22") -> float:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE).timestamp()


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("20:59", ("20:59", "2026-11-22")),
        ("21:00", ("08:00", "2026-11-23")),
        ("23:30", ("08:00", "2026-11-23")),
        ("00:10", ("08:00", "2026-11-22")),
        ("07:59", ("08:00", "2026-11-22")),
        ("08:00", ("08:00", "2026-11-22")),
    ],
)
def test_nobody_is_written_to_at_night(now: str, then: tuple[str, str]) -> None:
    assert next_allowed(at(now), NIGHT) == at(*then)


def test_only_at_safe_times() -> None:
    safe = [window("12:00-13:00"), window("20:30-22:00")]
    assert next_allowed(at("09:00"), NIGHT, safe) == at("12:00")
    assert next_allowed(at("12:30"), NIGHT, safe) == at("12:30")
    assert next_allowed(at("13:00"), NIGHT, safe) == at("20:30")
    assert next_allowed(at("21:00"), NIGHT, safe) == at("12:00", "2026-11-23")
    assert next_allowed(at("09:00"), NIGHT, [window("07:00-09:00")]) == at("08:00", "2026-11-23")
    # Safe by night only: a person must find another way.
    assert next_allowed(at("09:00"), NIGHT, [window("22:00-06:00")]) is None


WINDOWS = st.tuples(st.integers(0, DAY - 1), st.integers(0, DAY - 1))


@given(st.integers(0, 4 * DAY), WINDOWS, st.lists(WINDOWS, max_size=3))
def test_the_first_moment_is_allowed_and_none_before_it_is(minute: int, quiet: tuple[int, int], safe: list) -> None:
    now = at("00:00", "2026-11-20") + 60.0 * minute
    found = next_allowed(now, quiet, safe)
    tried = [now + 60.0 * step for step in range(2 * DAY)]
    first = next((one for one in tried if allowed(one, quiet, safe)), None)
    assert found == first


@given(st.integers(0, DAY - 1), WINDOWS)
def test_a_window_and_its_opposite_share_no_minute(minute: int, one: tuple[int, int]) -> None:
    if one[0] != one[1]:
        assert inside(minute, one) != inside(minute, (one[1], one[0]))


@pytest.mark.parametrize("text", ["", "21:00", "21-08", "25:00-08:00", "21:60-08:00", "a:b-c:d", "24:30-01:00"])
def test_no_window(text: str) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        window(text)


def test_the_table_of_states() -> None:
    assert {state: (before(state, True), before(state, False)) for state in STATES} == {
        "waiting": ("sending", "sending"),
        "sending": ("sending", "unsure"),  # somebody died between the act and the mark
        "sent": (None, None),
        "unsure": (None, None),
        "failed": (None, None),
        "cancelled": (None, None),
    }
    assert after(Receipt("sent"), 1, 6, BACKOFF).state in FINAL
    assert after(Receipt("refused"), 1, 6, BACKOFF).state == "failed"
    assert after(Receipt("unsure"), 1, 6, BACKOFF).state == "unsure"


@pytest.mark.parametrize(
    ("tries", "state", "wait"), [(1, "waiting", 30.0), (3, "waiting", 600.0), (5, "waiting", 600.0), (6, "failed", None)]
)
def test_growing_pauses_up_to_a_limit(tries: int, state: str, wait: float | None) -> None:
    found = after(Receipt("again"), tries, 6, BACKOFF)
    assert (found.state, found.wait) == (state, wait)


def test_letters_say_everything_missing_at_once_and_nothing_of_the_story() -> None:
    values = {"number": "20261122-0001-22", "papers": ["身份证明复印件", "户口本"], "day": "2026年12月1日"}
    text = words.caller("papers", values)
    assert "身份证明复印件、户口本" in text.body
    assert "2026年12月1日" in text.body
    assert "视为撤回" in text.body
    assert "by 2026" not in words.caller("papers", {**values, "day": ""}, "en").body
    for kind in words.CALLER_KINDS:
        filled = {**values, "reason": "r" * 900, "route": "x" * 900, "result": "y" * 2000, "state": "s", "code": "123456"}
        assert len(words.caller(kind, filled).body) <= words.LONGEST
        assert words.caller(kind, filled, "en").subject
    assert not any(char.isdigit() for char in words.discreet().body.replace("12348", ""))
    assert words.staff("letter_failed", "", {}) is None


@pytest.mark.parametrize("kind", [*words.CALLER_KINDS, *words.APPOINTMENT_KINDS])
def test_english_letters_hold_what_chinese_ones_hold_and_no_chinese(kind: str) -> None:
    keys = ("number", "reason", "route", "result", "state", "code", "when", "why", "day")
    values = {key: f"<{key}>" for key in keys} | {"papers": ["<one>", "<two>"]}
    chinese, english = words.caller(kind, values), words.caller(kind, values, "en")
    held = {key for key in (*values, "one", "two") if f"<{key}>" in chinese.subject + chinese.body}
    assert held == {key for key in (*values, "one", "two") if f"<{key}>" in english.subject + english.body}
    assert english.body.isascii()
    assert words.caller(kind, values, "dialect") == chinese, "what is not English is Mandarin"


def test_dates_have_words_in_both_languages() -> None:
    when = datetime(2026, 11, 2, 9, 5, tzinfo=ZONE)
    assert (words.day(when), words.day(when, "en-GB")) == ("2026年11月2日", "2 November 2026")
    assert (words.day_and_time(when), words.day_and_time(when, "en")) == ("11月2日09:05", "2 November at 09:05")


@given(st.text(max_size=40), st.text(max_size=40))
def test_what_people_wrote_is_never_a_pattern(reason: str, route: str) -> None:
    text = words.caller("declined", {"number": "1", "reason": reason, "route": route + "{number}"})
    assert reason in text.body
    assert "{number}" in text.body


RECEIPTS = st.sampled_from([Receipt("sent"), Receipt("again"), Receipt("refused"), Receipt("unsure")])
"""`sent` took effect, `again` and `refused` surely did not, `unsure` may have: here it did, the worst that can be."""
RUNS = st.lists(st.tuples(st.sampled_from(["whole", "dies before", "dies after"]), RECEIPTS), max_size=30)


@given(st.booleans(), RUNS)
def test_nobody_gets_a_letter_twice_whoever_dies_when(once: bool, runs: list[tuple[str, Receipt]]) -> None:
    state, tries, arrived = "waiting", 0, 0
    for how, receipt in runs:
        taken = before(state, once)
        if taken != "sending":
            state = taken or state
            continue
        state, tries = "sending", tries + 1
        if how == "dies before":
            continue
        if receipt.handed in ("sent", "unsure") and not (once and arrived):  # a way that keeps keys knows it again
            arrived += 1
        if how == "whole":
            state = after(receipt, tries, 6, BACKOFF).state
    assert arrived <= 1
    assert state in STATES
    if state == "sent":
        assert arrived == 1
    if state == "waiting":
        assert arrived == 0 or once
