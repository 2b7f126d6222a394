"""Whether somebody speaks: voices, silence, clicks, and the noise of an idle line."""

from __future__ import annotations

import numpy as np
import pytest

from hotline.telephony.meter import RATE, Meter

pytestmark = pytest.mark.unit


def tone(seconds: float, dbfs: float) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return (32768 * np.sqrt(2) * 10 ** (dbfs / 20) * np.sin(2 * np.pi * 440 * t)).astype(np.int16)


def words(meter: Meter, *pieces: np.ndarray) -> list[str]:
    return [word for piece in pieces for word in meter.feed(piece)]


def test_a_voice_then_silence() -> None:
    meter = Meter(2.0)
    assert words(meter, tone(1, -25)) == ["voice"]
    assert words(meter, tone(1.9, -60)) == []
    assert words(meter, tone(0.2, -60)) == ["silence"]
    assert words(meter, tone(5, -60), tone(1, -20)) == [], "each is said once"


def test_silence_from_the_beginning_and_a_click() -> None:
    assert words(Meter(1.0), np.zeros(8100, np.int16)) == ["silence"]
    assert words(Meter(9.0), tone(0.1, -10), np.zeros(8000, np.int16), tone(0.1, -10)) == []


def test_pauses_between_words_are_no_silence() -> None:
    meter = Meter(2.0)
    for _ in range(6):
        assert "silence" not in words(meter, tone(0.5, -30), np.zeros(12_000, np.int16))


@pytest.mark.parametrize("size", [1, 79, 160, 161, 1000])
def test_the_size_of_the_pieces_does_not_matter(size: int) -> None:
    sound = np.concatenate([tone(0.4, -25), np.zeros(16_000, np.int16)])
    meter = Meter(1.5)
    pieces = [sound[i : i + size] for i in range(0, len(sound), size)]
    assert words(meter, *pieces) == ["voice", "silence"]
