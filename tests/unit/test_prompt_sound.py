"""A bureau's own recordings: read with distrust, made 8 kHz mono at the level of the other prompts."""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np
import pytest

from hotline.core.errors import Invalid
from hotline.store.prompt_sound import convert

pytestmark = pytest.mark.unit


def tone(rate: int, seconds: float = 1.0, *, hertz: float = 600.0, peak: float = 0.3) -> np.ndarray[Any, Any]:
    time = np.arange(int(rate * seconds)) / rate
    return peak * np.sin(2 * np.pi * hertz * time)


def wav(samples: np.ndarray[Any, Any], rate: int, *, width: int = 2, channels: int = 1) -> bytes:
    out = io.BytesIO()
    whole = np.rint(samples * ((1 << (8 * width - 1)) - 1)).astype(np.int64)
    if channels == 2:
        whole = np.repeat(whole, 2)
    if width == 1:
        raw = (whole + 128).astype(np.uint8).tobytes()
    else:
        raw = b"".join(int(value).to_bytes(width, "little", signed=True) for value in whole)
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(raw)
    return out.getvalue()


def heard(content: bytes) -> tuple[np.ndarray[Any, Any], wave._wave_params]:
    with wave.open(io.BytesIO(content)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768, file.getparams()


@pytest.mark.parametrize(
    ("rate", "width", "channels"),
    [(8000, 2, 1), (44_100, 2, 2), (48_000, 3, 1), (16_000, 4, 2), (22_050, 1, 1), (11_025, 2, 1)],
)
def test_whatever_comes_in_eight_thousand_a_second_goes_out_at_the_usual_level(rate: int, width: int, channels: int) -> None:
    found = convert(wav(tone(rate, 1.5), rate, width=width, channels=channels))
    samples, params = heard(found.wav)
    assert (params.framerate, params.nchannels, params.sampwidth) == (8000, 1, 2)
    assert found.seconds == pytest.approx(1.5, abs=0.01)
    assert found.speech_db == pytest.approx(-20, abs=0.5)
    strongest = np.argmax(np.abs(np.fft.rfft(samples))) * 8000 / len(samples)
    assert strongest == pytest.approx(600, abs=3), "the tone is still the same"


def test_what_a_telephone_does_not_carry_is_left_out_and_does_not_fold_back() -> None:
    both = tone(44_100) + tone(44_100, hertz=6500, peak=0.3)
    samples, _ = heard(convert(wav(both, 44_100)).wav)
    spectrum = np.abs(np.fft.rfft(samples))
    folded = spectrum[int((8000 - 6500) * len(samples) / 8000)]
    assert 20 * np.log10(folded / spectrum.max()) < -50


def test_music_keeps_its_level() -> None:
    found = convert(wav(tone(8000, peak=0.05), 8000), level=False)
    assert found.gain_db == 0
    assert found.peak_db == pytest.approx(-26, abs=0.5)


def test_a_quiet_voice_is_lifted_only_as_far_as_its_peaks_allow() -> None:
    voice = tone(8000, 2.0, peak=0.01)
    voice[4000:4010] = 0.5
    found = convert(wav(voice, 8000))
    assert found.peak_db <= -2.9


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "prompt.format"),
        (b"RIFF" + b"\0" * 100, "prompt.format"),
        (b"ID3 an mp3", "prompt.format"),
        (wav(tone(8000, 0.1), 8000), "prompt.length"),
        (wav(np.zeros(8000 * 121), 8000), "prompt.length"),
        (wav(np.zeros(8000), 8000), "prompt.quiet"),
        (wav(np.clip(tone(8000, peak=3.0), -1, 1), 8000), "prompt.clipped"),
    ],
)
def test_what_cannot_be_used_says_why(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        convert(content)
    assert caught.value.code == code
