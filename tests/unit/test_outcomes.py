"""What a call becomes, and where a ticket goes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.dispatch import Office, Place, Rule, dispatch
from hotline.core.errors import Invalid
from hotline.core.forms import clean, missing
from hotline.core.outcomes import Ended, Outcome, decide, priority, ticket_number, ticket_number_holds
from tests.calls import whole_form

pytestmark = pytest.mark.unit

TALKED = Ended("completed", 1000.0, True, True)


@pytest.mark.parametrize(
    ("disposition", "request_", "kind"),
    [
        *((code, "", "ticket") for code in ("D03", "D04", "D05", "D07")),
        *((code, "x", "consultation") for code in ("D01", "D02", "D06", "D08", "D09", "D11", "D12", "D13", "")),
        ("D10", "", "consultation"),
        ("D10", "查处", "ticket"),
    ],
)
def test_disposition_decides(disposition: str, request_: str, kind: str) -> None:
    found = decide(TALKED, {"disposition": disposition, "request": request_}, True, 1000.0, 60)
    assert found == Outcome(kind, disposition)


def test_waits_for_the_form_as_long_as_wrap_up_lasts_and_ten_seconds() -> None:
    assert decide(TALKED, {"disposition": "D04"}, False, 1069.9, 60) == 1070.0
    assert decide(TALKED, {"disposition": "D04"}, False, 1070.0, 60) == Outcome("ticket", "D04", True)


@pytest.mark.parametrize("cause", ["abandoned", "cancelled", "queue_timeout", "rejected", "no_media"])
def test_nobody_reached_means_call_back_at_once(cause: str) -> None:
    assert decide(Ended(cause, 1000.0, False, False), {}, False, 1000.0, 60) == Outcome("callback", cause)


def test_system_failure_before_the_end_means_call_back() -> None:
    broken = Ended("system_failure", 1000.0, True, False)
    assert decide(broken, {"disposition": "D04"}, True, 1000.0, 60) == Outcome("callback", "system_failure")
    over = Ended("system_failure", 1000.0, True, True)
    assert decide(over, {"disposition": "D01"}, True, 1000.0, 60) == Outcome("consultation", "D01")


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"risk_flags": ["R02", "R03"]}, 0),
        ({"risk_flags": ["R07"], "caller_groups": ["G01"]}, 1),
        ({"caller_groups": ["G02"]}, 2),
        ({"caller_groups": ["G99"], "risk_flags": ["R12"]}, 3),
        ({}, 3),
    ],
)
def test_priority(fields: dict[str, list[str]], wanted: int) -> None:
    assert priority(fields) == wanted


@given(st.integers(1, 9999), st.integers(0, 11), st.integers(1, 9))
def test_a_wrong_digit_in_a_ticket_number_is_noticed(count: int, position: int, change: int) -> None:
    number = ticket_number(date(2026, 11, 22), count)
    assert ticket_number_holds(number)
    digits = [index for index, char in enumerate(number) if char.isdigit()]
    at = digits[position]
    wrong = number[:at] + str((int(number[at]) + change) % 10) + number[at + 1 :]
    assert not ticket_number_holds(wrong)


def test_required_fields() -> None:
    assert missing(whole_form()) == []
    assert missing({}) == ["disposition", "category", "matter_region", "service_type", "facts", "caller_name"]
    assert missing(whole_form(caller_name="", identity_refused=True)) == []
    assert missing({"disposition": "D12", "category": "1402"}) == []


@pytest.mark.parametrize(
    "fields",
    [{"facts": 3}, {"invented": "x"}, {"risk_flags": "R01"}, {"facts": "x" * 8001}, {"identity_refused": "yes"}],
)
def test_odd_forms_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(Invalid, match=r"form\.field"):
        clean(fields)


PLACES = {
    place.code: place
    for place in (
        Place("1", "市", "", "city"),
        Place("11", "区", "1", "county"),
        Place("111", "镇", "11", "town"),
        Place("1111", "村", "111", "village"),
        Place("12", "县", "1", "county"),
    )
}
OFFICES = [
    Office("o1", "市中心", "city", "1"),
    Office("o11", "区中心", "county", "11"),
    Office("o111", "镇站", "town", "111"),
]
RULES = [
    Rule("S03", "", "village"),
    Rule("S04", "", "city"),
    Rule("S02", "", "county"),
    Rule("S02", "11", "city", "本区上交"),
]


@pytest.mark.parametrize(
    ("service", "region", "office"),
    [
        ("S04", "1111", "o1"),  # up to the city
        ("S03", "1111", "o111"),  # the village has no room: the town takes it
        ("S03", "11", "o11"),  # only the district is known
        ("S02", "1111", "o1"),  # the district's own rule wins
        ("S02", "12", "o1"),  # the county has no centre
        ("S99", "111", "o11"),  # no rule: the county
        ("S03", "", "o1"),
        ("S03", "999", "o1"),
        ("S03", "11119", "o111"),  # a code below a known one
    ],
)
def test_dispatch(service: str, region: str, office: str) -> None:
    found = dispatch(service, region, RULES, PLACES, OFFICES)
    assert found.office_id == office
    assert found.zh
    assert found.en


def test_dispatch_without_any_centre() -> None:
    assert dispatch("S01", "1", RULES, PLACES, []).office_id == ""
