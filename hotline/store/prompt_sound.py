"""A recording as somebody uploads it, made into what callers hear: 8 kHz, mono, 16-bit, at the level of the other prompts."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hotline.core.errors import Invalid

RATE: Final = 8000
"""Samples a second: all that a telephone carries."""
RATES: Final = (8_000, 192_000)
SHORTEST_SECONDS: Final = 0.2
LONGEST_SECONDS: Final = 120.0
"""Nobody listens to a prompt for two minutes; music on hold may go on so long before it begins again."""
SPEECH_DB: Final = -20.0
"""dBFS of the shipped prompts' speech (measured: -19.7 to -20.1), so that no prompt stands out."""
PEAK_DB: Final = -3.0
"""Room that G.711 and a line's gain need."""
QUIETEST_DB: Final = -45.0
"""Below this there is more noise than speech: lifting it would lift the noise."""
CLIPPED_SHARE: Final = 0.001
"""More samples than this at full scale, and it crackles."""
_FRAME_SECONDS: Final = 0.02
_PAD_SECONDS: Final = 0.05

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sound:
    """`wav`: the file for callers. `speech_db`, `peak_db`: its levels in dBFS; `gain_db`: by how much it was made louder.
    `source`: what was uploaded, in a few words."""

    wav: bytes
    seconds: float
    speech_db: float
    peak_db: float
    gain_db: float
    source: str


def convert(content: bytes, *, level: bool = True) -> Sound:
    """Read a PCM WAV of 8–192 kHz, mono or stereo, 8–32 bits, and make it ours. `level`: bring it to the level of the other
    prompts (not for music).

    Raises Invalid: `prompt.format`, `prompt.length` (details: seconds), `prompt.clipped`, `prompt.quiet` (details: db).
    """
    samples, rate, source = _read(content)
    seconds = len(samples) / rate
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise Invalid("prompt.length", seconds=round(seconds, 1), least=SHORTEST_SECONDS, most=LONGEST_SECONDS)
    if float(np.mean(np.abs(samples) >= 0.9995)) > CLIPPED_SHARE:
        raise Invalid("prompt.clipped")
    samples = samples - samples.mean()
    small = _resample(samples, rate)
    speech = _speech_db(small)
    if speech < QUIETEST_DB:
        raise Invalid("prompt.quiet", db=round(speech, 1), least=QUIETEST_DB)
    gain = 0.0
    if level:
        gain = min(SPEECH_DB - speech, PEAK_DB - _peak_db(small))
    elif _peak_db(small) > PEAK_DB:
        gain = PEAK_DB - _peak_db(small)
    small = small * 10 ** (gain / 20)
    return Sound(
        wav=_write(small),
        seconds=len(small) / RATE,
        speech_db=round(_speech_db(small), 1),
        peak_db=round(_peak_db(small), 1),
        gain_db=round(gain, 1),
        source=source,
    )


def _read(content: bytes) -> tuple[Samples, int, str]:
    try:
        with wave.open(io.BytesIO(content)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError, ValueError) as exc:
        raise Invalid("prompt.format") from exc
    if channels not in (1, 2) or width not in (1, 2, 3, 4) or not RATES[0] <= rate <= RATES[1] or not raw:
        raise Invalid("prompt.format", rate=rate, channels=channels, bits=8 * width)
    raw = raw[: len(raw) - len(raw) % (channels * width)]
    if width == 1:
        found: Samples = (np.frombuffer(raw, np.uint8).astype(np.float64) - 128) / 128
    elif width == 3:
        bytes_ = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.int32)
        whole = (bytes_[:, 0] | bytes_[:, 1] << 8 | bytes_[:, 2] << 16) << 8 >> 8
        found = whole.astype(np.float64) / (1 << 23)
    else:
        found = np.frombuffer(raw, f"<i{width}").astype(np.float64) / float(1 << (8 * width - 1))
    return (
        found.reshape(-1, channels).mean(axis=1),
        rate,
        f"{rate} Hz, {8 * width} bit, {'mono' if channels == 1 else 'stereo'}",
    )


def _resample(samples: Samples, rate: int) -> Samples:
    """To 8 kHz through the spectrum: what lies above 4 kHz is left out, so nothing folds back. Silence at both ends keeps the
    end from ringing into the beginning."""
    if rate == RATE:
        return samples
    pad = int(_PAD_SECONDS * rate)
    padded = np.concatenate([np.zeros(pad), samples, np.zeros(pad)])
    wanted = round(len(padded) * RATE / rate)
    spectrum = np.fft.rfft(padded)
    kept = spectrum[: wanted // 2 + 1].copy()
    # A soft edge: a hard one rings.
    edge = max(1, len(kept) // 20)
    kept[-edge:] *= np.cos(np.linspace(0, np.pi / 2, edge))
    small = np.fft.irfft(kept, wanted) * (wanted / len(padded))
    cut = round(_PAD_SECONDS * RATE)
    return np.asarray(small[cut : cut + round(len(samples) * RATE / rate)], dtype=np.float64)


def _speech_db(samples: Samples) -> float:
    """Level of what is said, in dBFS: frames of 20 ms within 20 dB of the loudest count, pauses do not."""
    size = int(_FRAME_SECONDS * RATE)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    power = (frames**2).mean(axis=1) if len(frames) else np.array([0.0])
    loud = power[power > np.max(power) / 100]
    return _db(float(np.sqrt(loud.mean()))) if len(loud) else -120.0


def _peak_db(samples: Samples) -> float:
    return _db(float(np.abs(samples).max()))


def _db(value: float) -> float:
    return float(20 * np.log10(max(value, 1e-6)))


def _write(samples: Samples) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes())
    return out.getvalue()
