"""What the form takes and what it takes to submit it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.core.errors import Invalid
from hotline.core.triage import FIELDS, check_submission, clean, valid_resident_id

pytestmark = pytest.mark.unit

CODES = {
    "categories": frozenset({"01", "0101"}),
    "regions": frozenset({"990102"}),
    "service_types": frozenset({"S01"}),
    "caller_groups": frozenset({"G01", "G02"}),
    "risk_flags": frozenset({"R01"}),
    "dispositions": frozenset({"D01", "D09", "D11", "D12"}),
}
FULL: dict[str, Any] = {
    "caller_name": "王",
    "matter_region": "990102",
    "category": "0101",
    "service_type": "S01",
    "facts": "事实",
    "disposition": "D01",
}


def test_tidying() -> None:
    given_fields = {
        "facts": "  一\r\n二\x00\u202e ",
        "caller_groups": ["G02", "G01", "G02"],
        "risk_flags": [],
        "advice": "",
        "request": None,
        "id_number": "11010519491231002x",
    }
    assert clean(given_fields, CODES) == {
        "facts": "一\n二",
        "caller_groups": ["G01", "G02"],
        "risk_flags": [],
        "id_number": "11010519491231002X",
    }


def test_every_wrong_field_is_named_and_no_value_repeated() -> None:
    with pytest.raises(Invalid) as refused:
        clean({"category": "x", "facts": 1, "hidden": "13812345678", "caller_number": "call me"}, CODES)
    assert refused.value.code == "form.invalid"
    assert refused.value.details["fields"] == {
        "category": "unknown_code",
        "facts": "type",
        "hidden": "unknown_field",
        "caller_number": "format",
    }


VALUES = st.none() | st.booleans() | st.text() | st.lists(st.text(), max_size=3) | st.integers()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from([*FIELDS, "x"]), VALUES, max_size=6))
def test_whatever_is_sent_is_either_clean_or_invalid_and_clean_is_stable(fields: dict[str, Any]) -> None:
    try:
        once = clean(fields, CODES)
    except Invalid:
        return
    assert clean(once, CODES) == once


def test_a_full_form_and_one_without_a_name() -> None:
    check_submission(FULL)
    check_submission({**{key: value for key, value in FULL.items() if key != "caller_name"}, "identity_refused": True})
    for disposition in ("D09", "D11", "D12"):
        check_submission({"disposition": disposition, "category": "01"})


@pytest.mark.parametrize("field", sorted(FULL))
def test_each_compulsory_field(field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_submission({key: value for key, value in FULL.items() if key != field})
    assert refused.value.code == "form.incomplete"
    assert field in refused.value.details["fields"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("number", "valid"),
    [("11010519491231002X", True), ("440524188001010014", True), ("440524188001010013", False), ("1101051949123100", False)],
)
def test_resident_ids(number: str, valid: bool) -> None:
    assert valid_resident_id(number) is valid


@pytest.mark.parametrize(("number", "ok"), [("E12345678", True), ("110105194912310021", False), ("1", False)])
def test_id_numbers_on_submitting(number: str, ok: bool) -> None:
    if ok:
        check_submission({**FULL, "id_number": number})
    else:
        with pytest.raises(Invalid):
            check_submission({**FULL, "id_number": number})
