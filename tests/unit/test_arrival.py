"""What is written down of a caller's number: a hint of the region, the number itself only sealed and masked."""

from __future__ import annotations

import pytest

from hotline.conversation.regions import RegionHints
from hotline.core.phones import mask, normalise

pytestmark = pytest.mark.unit

VECTORS = [
    ("13812345678", "mobile", "13812345678"),
    ("013812345678", "mobile", "13812345678"),
    ("01012345678", "landline", "01012345678"),
    ("+8613812345678", "mobile", "13812345678"),
    ("8613812345678", "mobile", "13812345678"),
    ("008613812345678", "mobile", "13812345678"),
    ("913812345678", "mobile", "13812345678"),
    ("901012345678", "landline", "01012345678"),
    ("12583113812345678", "mobile", "13812345678"),
    ("700123456789012", "privacy", "700123456789012"),
    ("+8657187654321", "landline", "057187654321"),
    ("+861012345678", "landline", "01012345678"),
    ("anonymous", "anonymous", ""),
    ("+85212345678", "foreign", "0085212345678"),
    ("87654321", "local", "87654321"),
    ("110", "short", "110"),
    ("hello", "unknown", ""),
]


@pytest.mark.parametrize(("raw", "kind", "national"), VECTORS)
def test_shapes_that_trunks_deliver(raw: str, kind: str, national: str) -> None:
    found = normalise(raw)
    assert (found.kind, found.national, found.raw) == (kind, national, raw)


def test_a_local_number_gets_the_lines_own_area_code() -> None:
    assert normalise("87654321", "0571").e164 == "+8657187654321"


def test_masks_keep_what_a_person_needs_and_no_more() -> None:
    assert [mask(n) for n in ("13812345678", "01012345678", "057187654321", "", "110")] == [
        "138****5678",
        "010****78",
        "0571****21",
        "匿名",
        "1***",
    ]


@pytest.mark.parametrize(
    ("number", "place"),
    [("13957112345", "浙江杭州"), ("01088886666", "北京"), ("057188886666", "浙江杭州"), ("", ""), ("0085212345678", "")],
)
def test_region_hints(number: str, place: str) -> None:
    assert RegionHints().hint(number) == place
