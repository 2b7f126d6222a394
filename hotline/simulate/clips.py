"""Sounds cut into packets once and played by many: voices, silence, WAV files."""

from __future__ import annotations

import wave
from functools import lru_cache
from pathlib import Path

import numpy as np

from hotline.simulate import g711, tones
from hotline.simulate.g711 import Samples

FRAME = 160
"""Samples in a packet: 20 ms at 8 kHz."""


class ClipError(ValueError):
    """The WAV file cannot be played; the text names it and says why."""


class Clip:
    """Samples at 8 kHz, and their packets' payloads by codec (made once). The last packet is filled up with silence."""

    def __init__(self, samples: Samples, *, loop: bool = True) -> None:
        self.samples = samples
        self.loop = loop
        self._frames: dict[str, list[bytes]] = {}

    @property
    def seconds(self) -> float:
        return len(self.samples) / tones.RATE

    def frames(self, codec: str) -> list[bytes]:
        """Payloads of 160 bytes, at least one."""
        if codec not in self._frames:
            data = g711.encode(self.samples, codec)
            data += bytes([g711.SILENCE[codec]]) * (-len(data) % FRAME or (0 if data else FRAME))
            self._frames[codec] = [data[i : i + FRAME] for i in range(0, len(data), FRAME)]
        return self._frames[codec]


@lru_cache(maxsize=128)
def voice(number: int) -> Clip:
    """The endless voice `number` (see :mod:`hotline.simulate.tones`)."""
    return Clip(tones.voice(number))


@lru_cache(maxsize=1)
def silence() -> Clip:
    return Clip(np.zeros(FRAME, np.int16))


@lru_cache(maxsize=16)
def digit(key: str, seconds: float = 0.1) -> Clip:
    """One in-band DTMF key, then 60 ms of silence so that the next is told apart."""
    return Clip(np.concatenate([tones.dtmf(key, seconds), np.zeros(480, np.int16)]), loop=False)


@lru_cache(maxsize=256)
def wav(path: Path, *, loop: bool = True) -> Clip:
    """A WAV file: 16-bit PCM, mono or the left of two channels, 8 or 16 kHz (halved). Raises :class:`ClipError`."""
    try:
        with wave.open(str(path), "rb") as file:
            width, rate, channels = file.getsampwidth(), file.getframerate(), file.getnchannels()
            raw = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as exc:
        raise ClipError(f"{path}: {exc}") from exc
    if width != 2 or rate not in (8000, 16000):
        raise ClipError(f"{path}: {8 * width} bit at {rate} Hz; 16 bit at 8000 or 16000 Hz is played")
    samples = np.frombuffer(raw[: len(raw) // (2 * channels) * 2 * channels], "<i2")[::channels].astype(np.int16)
    if rate == 16000:
        even = samples[: len(samples) // 2 * 2].astype(np.int32)
        samples = ((even[::2] + even[1::2]) // 2).astype(np.int16)
    return Clip(samples, loop=loop)
