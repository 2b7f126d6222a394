"""What a waveform is drawn from, made once when a recording is sealed: nobody decodes an hour of sound to draw a picture."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hotline.core.wavs import PCM16_HEADER_BYTES
from hotline.store.sealing import CHANNELS, SealedReader

Peaks = NDArray[np.uint8]
PER_SECOND: Final = 10
"""Stretches a second of a short recording."""
MOST: Final = 4_000
"""Stretches of a long one: wider than any screen; an hour has one for each 0.9 s."""


def waveform(reader: SealedReader) -> tuple[int, bytes]:
    """Number of stretches, and the loudest sample of each as a byte (255 full scale): first all of the caller's side, then all
    of the other. (0, b"") for a recording without sound. Reads the file once, 64 KiB at a time."""
    if reader.frames == 0:
        return 0, b""
    width = max(reader.rate // PER_SECOND, -(-reader.frames // MOST))
    peaks: list[Peaks] = []
    rest = np.zeros((0, CHANNELS), np.int16)
    for block in reader.blocks(PCM16_HEADER_BYTES):
        samples = np.concatenate((rest, np.frombuffer(block, "<i2").reshape(-1, CHANNELS)))
        whole = len(samples) // width
        peaks.append(_loudest(samples[: whole * width].reshape(whole, width, CHANNELS)))
        rest = samples[whole * width :]
    if len(rest):
        peaks.append(_loudest(rest.reshape(1, len(rest), CHANNELS)))
    found = np.concatenate(peaks)
    return len(found), found[:, 0].tobytes() + found[:, 1].tobytes()


def _loudest(stretches: NDArray[np.int16]) -> Peaks:
    if len(stretches) == 0:
        return np.zeros((0, CHANNELS), np.uint8)
    # int32: the absolute of -32768 does not fit into 16 bits.
    high, low = stretches.max(axis=1).astype(np.int32), stretches.min(axis=1).astype(np.int32)
    loudest: Peaks = (np.maximum(high, -low) * 255 // 32_768).astype(np.uint8)
    return loudest
