"""One press, one digit, however many ways the carrier reports it."""

from __future__ import annotations

import pytest

from hotline.conversation.watch import RtpWatch
from hotline.core.digits import DigitFilter

pytestmark = pytest.mark.unit


def accepted(*reports: tuple[str, str, float]) -> list[str]:
    filter_ = DigitFilter()
    return [digit for digit, method, at in reports if filter_.accept(digit, method, at)]


def test_two_methods_are_one_press() -> None:
    assert accepted(("5", "rfc4733", 0.0), ("5", "info", 0.1), ("5", "inband", 0.3)) == ["5"]


def test_the_same_key_twice_by_two_methods_stays_twice() -> None:
    assert accepted(("5", "rfc4733", 0.0), ("5", "info", 0.05), ("5", "rfc4733", 0.3), ("5", "info", 0.35)) == ["5", "5"]


def test_the_same_key_twice_by_one_method_is_twice() -> None:
    assert accepted(("5", "rfc4733", 0.0), ("5", "rfc4733", 0.2)) == ["5", "5"]


def test_a_later_press_by_another_method_counts() -> None:
    assert accepted(("5", "rfc4733", 0.0), ("5", "info", 1.5)) == ["5", "5"]


@pytest.mark.parametrize("flash", ["R", "!", "16", "A", ""])
def test_flash_and_letters_are_no_keys(flash: str) -> None:
    assert accepted((flash, "info", 0.0)) == []


def test_silence_is_told_from_no_stream_at_all() -> None:
    watch = RtpWatch(no_media_seconds=10, silence_seconds=30, hold_seconds=300)
    assert watch.look("caller", -1, held=False, now=0) is None
    assert watch.look("caller", -1, held=False, now=9) is None
    finding = watch.look("caller", -1, held=False, now=10)
    assert finding
    assert finding.kind == "no_media"
    assert watch.look("caller", -1, held=False, now=11) is None
    watch.look("agent:1", 0, held=False, now=0)
    watch.look("agent:1", 50, held=False, now=1)
    assert watch.look("agent:1", 50, held=False, now=30) is None
    assert watch.look("agent:1", 50, held=True, now=40) is None
    finding = watch.look("agent:1", 50, held=False, now=41)
    assert finding
    assert finding.kind == "rtp_silence"
