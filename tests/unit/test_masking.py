"""Masks of personal fields, and telling a mask that came back from something typed."""

from __future__ import annotations

import pytest

from hotline.core.errors import Invalid
from hotline.core.masking import mask_address, masked, unmasked

pytestmark = pytest.mark.unit

STORED = {
    "caller_name": "王小明",
    "caller_number": "13812345678",
    "address": "临江市江北区花园路 8 号",
    "id_number": "11010519491231002X",
    "opposing_party": "李四",
    "facts": "欠薪 * 3 个月",
}


def test_everything_personal_is_masked_and_nothing_else() -> None:
    shown = masked(STORED)
    assert shown == {
        "caller_name": "王**",
        "caller_number": "138****5678",
        "address": "临江市江北区****",
        "id_number": "110105**********2X",
        "opposing_party": "李*",
        "facts": "欠薪 * 3 个月",
    }


@pytest.mark.parametrize(("text", "wanted"), [("", ""), ("花园路 8 号", "****"), ("X" * 40, "****"), ("青溪县", "青溪县****")])
def test_addresses(text: str, wanted: str) -> None:
    assert mask_address(text) == wanted


def test_a_form_that_comes_back_as_shown_changes_nothing() -> None:
    assert unmasked(masked(STORED), STORED, "139****0000") == STORED


def test_only_what_was_typed_changes() -> None:
    given = {**masked(STORED), "caller_name": "赵六"}
    assert unmasked(given, STORED, "") == {**STORED, "caller_name": "赵六"}


def test_the_prefilled_number_is_no_number() -> None:
    assert unmasked({"caller_number": "139****0000"}, {}, "139****0000") == {}


@pytest.mark.parametrize("field", ["caller_name", "caller_number", "address", "id_number", "opposing_party"])
def test_a_mask_that_stands_for_nothing_is_refused(field: str) -> None:
    with pytest.raises(Invalid) as refused:
        unmasked({field: "1*3"}, {}, "")
    assert refused.value.details == {"fields": {field: "masked"}}
