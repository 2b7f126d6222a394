"""G.711 A-law and µ-law by table (ITU-T G.711), for whole arrays at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


def _alaw_values() -> Samples:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    base = (mantissa << 4) + 8
    size = np.where(exponent == 0, base, (base + 0x100) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.int16)


def _ulaw_values() -> Samples:
    code = ~np.arange(256) & 0xFF
    size = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return np.where(code & 0x80, -size, size).astype(np.int16)


def _encoder(values: Samples) -> npt.NDArray[np.uint8]:
    """Table from every 16-bit sample (as unsigned index) to the nearest code."""
    order = np.argsort(values, kind="stable")
    levels = values[order].astype(np.int32)
    samples = np.arange(-32768, 32768, dtype=np.int32)
    above = np.clip(np.searchsorted(levels, samples), 1, 255)
    nearer = np.where(samples - levels[above - 1] <= levels[above] - samples, above - 1, above)
    return np.roll(order[nearer].astype(np.uint8), -32768)


DECODE: Final = {"pcma": _alaw_values(), "pcmu": _ulaw_values()}
_ENCODE: Final = {name: _encoder(values) for name, values in DECODE.items()}
SILENCE: Final = {"pcma": 0xD5, "pcmu": 0xFF}


def encode(samples: Samples, codec: str) -> bytes:
    """16-bit samples → one byte each. `codec` is `pcma` or `pcmu`; raises KeyError for another."""
    return _ENCODE[codec][samples.view(np.uint16)].tobytes()


def decode(data: bytes, codec: str) -> Samples:
    """Bytes → 16-bit samples. Raises KeyError for an unknown codec."""
    return DECODE[codec][np.frombuffer(data, np.uint8)]
