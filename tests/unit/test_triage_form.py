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
    "advice": "答复",
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
        check_submission({**FULL, "applies": True, "id_number": number})
    else:
        with pytest.raises(Invalid) as refused:
            check_submission({**FULL, "applies": True, "id_number": number})
        assert refused.value.details["fields"] == {"id_number": "check_digit"}


@pytest.mark.parametrize(
    ("disposition", "wanted"),
    [("D03", "next_step"), ("D04", "request"), ("D05", "request"), ("D06", "handover_result"), ("D08", "not_accepted")],
)
def test_a_disposition_wants_fields_of_its_own(disposition: str, wanted: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_submission({**FULL, "disposition": disposition})
    assert refused.value.details["fields"] == [wanted]
    check_submission({**FULL, "disposition": disposition, wanted: "N01"})


def test_sensitive_fields_only_when_a_service_is_applied_for() -> None:
    number = "11010519491231002X"
    for more in ({"id_number": number}, {"address": "花园路 8 号"}):
        with pytest.raises(Invalid) as refused:
            check_submission({**FULL, **more})
        assert refused.value.details["fields"] == dict.fromkeys(more, "not_asked")
        check_submission({**FULL, **more, "applies": True})
    check_submission({**FULL, "disposition": "D05", "request": "申请", "id_number": number})
    check_submission({**FULL, "disposition": "D04", "request": "上门", "address": "花园路 8 号"})


def test_legal_aid_and_the_notice_must_be_answered() -> None:
    with pytest.raises(Invalid) as refused:
        check_submission({**FULL, "missing_materials": ["M0201"]}, legal_aid_open=True)
    assert refused.value.details["fields"] == ["notice_given", "legal_aid"]
    check_submission({**FULL, "missing_materials": ["M0201"], "notice_given": ["read"], "legal_aid": "told"})


@pytest.mark.parametrize(
    ("dates", "result"),
    [
        ([{"event": "knew", "date": "2026-11-01"}] * 2, [{"event": "knew", "date": "2026-11-01"}]),
        ([{"event": "knew", "date": ""}], []),
        ([{"event": "knew", "date": "2026-02-30"}], "format"),
        ([{"event": "nonsense", "date": "2026-02-01"}], "unknown_code"),
        ([{"event": "knew"}], "type"),
        (["2026-02-01"], "type"),
        ([{"event": "knew", "date": f"2026-01-{day:02}"} for day in range(1, 12)], "too_long"),
    ],
)
def test_key_dates(dates: Any, result: Any) -> None:
    codes = {**CODES, "key_events": frozenset({"knew"})}
    if isinstance(result, list):
        assert clean({"key_dates": dates}, codes) == {"key_dates": result}
    else:
        with pytest.raises(Invalid) as refused:
            clean({"key_dates": dates}, codes)
        assert refused.value.details["fields"] == {"key_dates": result}
