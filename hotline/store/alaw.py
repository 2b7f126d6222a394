"""G.711 A-law by table: whole blocks of samples at once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
Codes = NDArray[np.uint8]


def _decode_table() -> Pcm:
    codes = np.arange(256, dtype=np.int32) ^ 0x55
    segment, mantissa = (codes >> 4) & 7, (codes & 15) << 4
    value = np.where(segment == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(segment - 1, 0))
    return np.where(codes & 0x80, value, -value).astype(np.int16)


def _encode_table() -> Codes:
    # ITU-T G.711 works on 13 bits; the index of the table is the 16-bit sample taken as unsigned.
    sample = np.arange(65_536, dtype=np.int32).astype(np.uint16).view(np.int16).astype(np.int32) >> 3
    mask = np.where(sample >= 0, 0xD5, 0x55)
    size = np.where(sample >= 0, sample, -sample - 1)
    segment = np.searchsorted(np.array([0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF]), size)
    mantissa = (size >> np.maximum(segment, 1)) & 15
    return (((segment << 4) | mantissa) ^ mask).astype(np.uint8)


_DECODE: Final = _decode_table()
_ENCODE: Final = _encode_table()


def encode(samples: Pcm) -> Codes:
    """16-bit samples to A-law codes, same shape."""
    return _ENCODE[samples.view(np.uint16)]


def decode(codes: Codes) -> Pcm:
    """A-law codes to 16-bit samples, same shape."""
    return _DECODE[codes]
