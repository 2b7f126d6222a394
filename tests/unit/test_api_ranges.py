"""The Range header."""

from __future__ import annotations

import pytest

from hotline.api.ranges import Unsatisfiable, parse

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("", None),
        ("bytes=0-", (0, 99)),
        ("bytes=0-0", (0, 0)),
        ("bytes=10-19", (10, 19)),
        ("bytes=90-500", (90, 99)),
        ("bytes=-5", (95, 99)),
        ("bytes=-500", (0, 99)),
        ("bytes=-", None),
        ("bytes=9-3", None),
        ("bytes=0-1,5-6", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_parse(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert parse(header, 100) == wanted


@pytest.mark.parametrize(("header", "length"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0)])
def test_outside(header: str, length: int) -> None:
    with pytest.raises(Unsatisfiable):
        parse(header, length)
