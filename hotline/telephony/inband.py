"""Hearing DTMF tones in the audio (ITU-T Q.23/Q.24): some trunks in China carry A-law with in-band tones only.

Goertzel energies at the eight frequencies over blocks of 102 samples at 8 kHz (12.75 ms, bin width 78 Hz), a new block
every 51 samples. A key counts when four blocks running (32 ms of tone) agree after the tests below, and it is over after
three without it. Q.24 asks to accept tones of 40 ms with pauses of 40 ms: at least four blocks lie wholly in such a tone.

Tests against speech ("talk-off"): the pair must hold most of the energy of the block, each must stand out in its group, the
twist (level difference between the groups) must be within Q.24's bounds, and the second harmonics must be weak.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

BLOCK: Final = 102
HOP: Final = 51
RATE: Final = 8000
_LOW: Final = (697, 770, 852, 941)
_HIGH: Final = (1209, 1336, 1477, 1633)
_KEYS: Final = ("123A", "456B", "789C", "*0#D")
_MIN_ENERGY: Final = 3.0e5 * BLOCK
"""Mean square of a tone at about -36 dBm0; quieter is noise."""
_DOMINANT: Final = 0.7
"""Share of the block's energy that the two tones must hold; voiced speech spreads over harmonics."""
_GROUP_RATIO: Final = 4.0
"""6 dB over every other tone of the group; a tone off by 1.5 % under a 6 dB twist leaks that much in so short a block."""
_TWIST_FORWARD: Final = 6.3
"""High over low by at most 8 dB (the trunk's slope may add to the sender's 4 dB)."""
_TWIST_REVERSE: Final = 6.3
_HARMONIC: Final = 0.1
_HOLD_BLOCKS: Final = 4
_ABSENT_BLOCKS: Final = 3


def _bank(frequencies: tuple[int, ...]) -> Any:
    n = np.arange(BLOCK)
    return np.exp(-2j * np.pi * np.outer(frequencies, n) / RATE)


_BANK: Final = np.vstack([_bank(_LOW), _bank(_HIGH), _bank(tuple(2 * f for f in (*_LOW, *_HIGH)))]).astype(np.complex64)


class InbandDetector:
    """Feed it 16-bit samples at 8 kHz, get keys. Only `0-9 * #` are reported; A–D are not keys of a caller."""

    def __init__(self) -> None:
        self._rest: Any = np.zeros(0, dtype=np.float32)
        self._candidate = ""
        self._count = 0
        self._reported = ""
        self._absent = 0

    def feed(self, samples: Any) -> list[str]:
        """Keys that became certain within these samples (a numpy array of int16), in order."""
        data = np.concatenate([self._rest, np.asarray(samples, dtype=np.float32)])
        found: list[str] = []
        whole = max(0, (len(data) - BLOCK) // HOP + 1)
        for index in range(whole):
            key = self._key(data[index * HOP : index * HOP + BLOCK])
            if (new := self._step(key)) and new in "0123456789*#":
                found.append(new)
        self._rest = data[whole * HOP :]
        return found

    def _step(self, key: str) -> str:
        if key and key == self._candidate:
            self._count += 1
        else:
            self._candidate, self._count = key, 1 if key else 0
        if key and key == self._reported:
            self._absent = 0
        elif self._reported:
            self._absent += 1
            if self._absent >= _ABSENT_BLOCKS:
                self._reported, self._absent = "", 0
        if key and not self._reported and self._count >= _HOLD_BLOCKS:
            self._reported = key
            return key
        return ""

    @staticmethod
    def _key(block: Any) -> str:
        block = block - block.mean()
        total = float(np.dot(block, block))
        if total < _MIN_ENERGY:
            return ""
        power = np.abs(_BANK @ block) ** 2
        # A pure tone of energy E in the block gives a Goertzel power of E·BLOCK/2.
        power = power * (2.0 / BLOCK)
        low, high, harmonics = power[:4], power[4:8], power[8:]
        row, column = int(np.argmax(low)), int(np.argmax(high))
        strong_low, strong_high = float(low[row]), float(high[column])
        if (strong_low + strong_high) < _DOMINANT * total:
            return ""
        if strong_high > _TWIST_FORWARD * strong_low or strong_low > _TWIST_REVERSE * strong_high:
            return ""
        others_low = max(float(p) for i, p in enumerate(low) if i != row)
        others_high = max(float(p) for i, p in enumerate(high) if i != column)
        if others_low * _GROUP_RATIO > strong_low or others_high * _GROUP_RATIO > strong_high:
            return ""
        # The second harmonic of a low tone can lie beside the high tone (697 Hz in key 2: 1394 and 1336): no test there.
        apart = abs(2 * _LOW[row] - _HIGH[column]) > 2 * RATE / BLOCK
        if apart and float(harmonics[row]) > _HARMONIC * strong_low:
            return ""
        if float(harmonics[4 + column]) > _HARMONIC * strong_high:
            return ""
        return _KEYS[row][column]
