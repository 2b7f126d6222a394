"""Making speech fit for a telephone: 24 kHz to 8 kHz, level, trimmed silence, WAV. Used by the rendering tools only."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

RATE = 8000
MARGIN_SECONDS = 0.08
"""Silence left at both ends."""
SPEECH_DBFS = -20.0
"""RMS of the voiced part: in the middle of what G.711 carries well, about -19 LUFS for speech."""
PEAK_DBFS = -3.3
FRAME = 80
"""10 ms at 8 kHz."""


def to_telephone_band(audio: Samples, rate: int = 24_000) -> Samples:
    """Low-pass at 3.6 kHz and high-pass at 120 Hz (hum only eats level), then decimate to 8 kHz."""
    factor = rate // RATE
    n = np.arange(-240, 241)
    window = np.blackman(len(n))

    def low_pass(cutoff: float) -> Samples:
        taps = np.sinc(2 * cutoff / rate * n) * window
        return np.asarray(taps / taps.sum())

    taps = low_pass(3600) - low_pass(120)
    return np.convolve(audio, taps, mode="same")[::factor]


def trim(audio: Samples, threshold_dbfs: float = -48.0) -> Samples:
    """Cut silence at both ends down to `MARGIN_SECONDS`, padding with silence where there was less."""
    levels = frame_levels(audio)
    loud = np.flatnonzero(levels > threshold_dbfs)
    if not len(loud):
        raise ValueError("nothing but silence")
    speech = audio[loud[0] * FRAME : (loud[-1] + 1) * FRAME].copy()
    fade = np.linspace(0, 1, 40)
    speech[:40] *= fade
    speech[-40:] *= fade[::-1]
    margin = np.zeros(int(MARGIN_SECONDS * RATE))
    return np.concatenate([margin, speech, margin])


def frame_levels(audio: Samples) -> Samples:
    """RMS in dBFS of each whole 10 ms frame."""
    frames = audio[: len(audio) // FRAME * FRAME].reshape(-1, FRAME)
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-12))


def active_rms(audio: Samples) -> float:
    """RMS in dBFS over the frames in which someone speaks (louder than 25 dB below the loudest)."""
    levels = frame_levels(audio)
    active = levels[levels > levels.max() - 25]
    return float(10 * np.log10(np.mean(10 ** (active / 10))))


def level(audio: Samples, target_dbfs: float = SPEECH_DBFS) -> Samples:
    """Bring speech to the target and hold its peaks below `PEAK_DBFS` with a look-ahead limiter (5 ms)."""
    for _ in range(3):  # limiting takes a little level away: once or twice more brings it back
        audio = limit(audio * 10 ** ((target_dbfs - active_rms(audio)) / 20))
    return audio


def limit(audio: Samples, ceiling_dbfs: float = PEAK_DBFS) -> Samples:
    """Turn the level down smoothly around every peak above the ceiling."""
    ceiling = 10 ** (ceiling_dbfs / 20)
    gain = np.minimum(1.0, ceiling / np.maximum(np.abs(audio), 1e-9))
    width = 40
    padded = np.pad(gain, width, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * width + 1).min(axis=1)
    smooth = np.convolve(
        np.pad(lowest, width, mode="edge"), np.hanning(2 * width + 1) / np.hanning(2 * width + 1).sum(), mode="valid"
    )
    return np.asarray(audio * np.minimum(smooth, gain))


def write_wav(path: Path, audio: Samples) -> None:
    """8 kHz, mono, 16 bit PCM."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pcm = np.clip(np.round(audio * 32767), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())
