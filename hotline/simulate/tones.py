"""Voices one can tell apart by machine: each person plays a pair of sine tones of their own.

The pair is one of :data:`LOWS` with one of :data:`HIGHS`: multiples of 10 Hz, so that each fits a window of 100 ms whole
and Goertzel's filters (here: one matrix of cosines and sines) do not see one another; far from every DTMF frequency and
from the 450 Hz of Chinese call-progress tones, so that no detector takes a voice for a digit.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from hotline.simulate.g711 import Samples

RATE: Final = 8000
WINDOW: Final = 800
"""Samples in a window: 100 ms."""

LOWS: Final = (310, 350, 390, 490, 530, 570, 610, 650, 230, 270)
HIGHS: Final = (1050, 1110, 1790, 1870, 1950, 2030, 2110, 2190, 2270, 2350)
PAIRS: Final = tuple((low, high) for low in LOWS for high in HIGHS)
"""All 100 voices."""

DTMF_LOW: Final = (697, 770, 852, 941)
DTMF_HIGH: Final = (1209, 1336, 1477, 1633)
DTMF_KEYS: Final = "123A456B789C*0#D"

LEVEL: Final = 6000
"""Peak of one tone of a pair: about -12 dBm0 for the pair, a clear voice."""


def voice(number: int, seconds: float = 1.0) -> Samples:
    """`seconds` of voice `number` (0–99); whole tenths of a second can be looped without a click."""
    return _sum_of(PAIRS[number % len(PAIRS)], seconds)


def dtmf(key: str, seconds: float = 0.1) -> Samples:
    """In-band DTMF of one key (0–9 * # A–D). Raises ValueError for another."""
    index = DTMF_KEYS.index(key)
    return _sum_of((DTMF_LOW[index // 4], DTMF_HIGH[index % 4]), seconds)


def _sum_of(pair: tuple[int, int], seconds: float) -> Samples:
    t = np.arange(round(seconds * RATE)) / RATE
    return (LEVEL * (np.sin(2 * np.pi * pair[0] * t) + np.sin(2 * np.pi * pair[1] * t))).astype(np.int16)


def _bank(frequencies: tuple[int, ...], length: int) -> npt.NDArray[np.float32]:
    angles = 2 * np.pi * np.outer(np.arange(length), frequencies) / RATE
    return np.hstack([np.cos(angles), np.sin(angles)]).astype(np.float32)


_BANK: Final = _bank(LOWS + HIGHS, WINDOW)
_DTMF_LENGTH: Final = 205
"""The classic Goertzel length at 8 kHz: 39 Hz wide bins."""
_DTMF_BANK: Final = _bank(DTMF_LOW + DTMF_HIGH, _DTMF_LENGTH)

QUIET: Final = 40.0
"""Root mean square below which a window counts as silence (about -58 dBFS: A-law's smallest steps and comfort noise)."""


def detect_voices(windows: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Voice number of each window (rows of `WINDOW` samples), -1 for none or several, and its level (root mean square)."""
    voices, levels, _ = listen(windows)
    return voices, levels


def listen(windows: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """As :func:`detect_voices`, and which tones sound in each window: a bit each, :data:`LOWS` from bit 0, then :data:`HIGHS`.

    A window has a voice when its strongest low and high tone together make up 70 % of its power and neither is 8 dB
    below the other. Speech and music do that for single windows only; callers of this ask for several in a row.
    A tone sounds from a third of the amplitude on that a voice has.
    """
    power = (windows * windows).mean(axis=1)
    parts = windows @ _BANK
    count = len(LOWS) + len(HIGHS)
    tones = (parts[:, :count] ** 2 + parts[:, count:] ** 2) * (2.0 / WINDOW**2)  # power of each sine
    low, high = tones[:, : len(LOWS)], tones[:, len(LOWS) :]
    low_at, high_at = low.argmax(axis=1), high.argmax(axis=1)
    rows = np.arange(len(windows))
    low_power, high_power = low[rows, low_at], high[rows, high_at]
    clear = (low_power + high_power > 0.7 * power) & (power > QUIET**2)
    level = (low_power < 6.3 * high_power) & (high_power < 6.3 * low_power)
    found = np.where(clear & level, low_at * len(HIGHS) + high_at, -1)
    sounding = (tones > LEVEL**2 / 18) @ (1 << np.arange(count, dtype=np.int64))
    return found, np.sqrt(power), sounding


def tones_of(number: int) -> int:
    """The two bits of that voice in what :func:`listen` says of the tones."""
    return 1 << number // len(HIGHS) % len(LOWS) | 1 << len(LOWS) + number % len(HIGHS)


def detect_dtmf(samples: Samples) -> str:
    """Keys heard in-band in `samples`: for checking our own tones, not for speech."""
    keys, last = "", ""
    for start in range(0, len(samples) - _DTMF_LENGTH + 1, _DTMF_LENGTH):
        piece = samples[start : start + _DTMF_LENGTH].astype(np.float32)
        parts = piece @ _DTMF_BANK
        tones = parts[:8] ** 2 + parts[8:] ** 2
        low, high = int(np.argmax(tones[:4])), int(np.argmax(tones[4:]))
        strong = (tones[low] + tones[4 + high]) * (2.0 / _DTMF_LENGTH**2) > 0.7 * float((piece**2).mean()) > 0.7 * QUIET**2
        key = DTMF_KEYS[low * 4 + high] if strong else ""
        if key and key != last:
            keys += key
        last = key
    return keys
