"""Tones in the audio: every key is heard (Q.24: 40 ms of tone, 40 ms of pause), speech and music press none."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from hotline.telephony.inband import RATE, InbandDetector

pytestmark = pytest.mark.unit

LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477)
KEYS = ("123", "456", "789", "*0#")
PROMPTS = Path(__file__).resolve().parents[2] / "ivr_flows" / "prompts"


def tones(
    *, milliseconds: int, amplitude: float, noise: float = 0.0, twist_db: float = 0.0, off_percent: float = 0.0
) -> np.ndarray:
    """All twelve keys one after another."""
    time = np.arange(RATE * milliseconds // 1000) / RATE
    pause = np.zeros(RATE * 40 // 1000)
    gain, shift = 10 ** (twist_db / 20), 1 + off_percent / 100
    parts = [pause]
    for low in LOW:
        for high in HIGH:
            parts.append(amplitude * (np.sin(2 * np.pi * low * shift * time) + gain * np.sin(2 * np.pi * high * shift * time)))
            parts.append(pause)
    sound = np.concatenate(parts)
    return (sound + np.random.default_rng(7).normal(0, noise, len(sound))).astype(np.int16)


def heard(sound: np.ndarray, chunk: int = 160) -> str:
    detector = InbandDetector()
    return "".join(key for at in range(0, len(sound), chunk) for key in detector.feed(sound[at : at + chunk]))


@pytest.mark.parametrize("milliseconds", [40, 60, 100, 400])
@pytest.mark.parametrize("amplitude", [700, 3000, 12000])
def test_every_key_once(milliseconds: int, amplitude: float) -> None:
    assert heard(tones(milliseconds=milliseconds, amplitude=amplitude)) == "".join(KEYS)


@pytest.mark.parametrize("noise", [100, 500])
def test_every_key_in_noise(noise: float) -> None:
    assert heard(tones(milliseconds=60, amplitude=3000, noise=noise)) == "".join(KEYS)


@pytest.mark.parametrize("twist_db", [-6, -4, 4, 6])
@pytest.mark.parametrize("off_percent", [-1.4, 1.4])
def test_twist_and_deviation_that_the_recommendation_allows(twist_db: float, off_percent: float) -> None:
    assert heard(tones(milliseconds=60, amplitude=3000, twist_db=twist_db, off_percent=off_percent)) == "".join(KEYS)


def test_a_tone_far_off_is_no_key() -> None:
    assert heard(tones(milliseconds=60, amplitude=3000, off_percent=6)) == ""


@pytest.mark.parametrize("chunk", [1, 37, 160, 4000])
def test_how_the_audio_is_cut_does_not_matter(chunk: int) -> None:
    assert heard(tones(milliseconds=60, amplitude=3000)[:12_000], chunk) == heard(
        tones(milliseconds=60, amplitude=3000)[:12_000]
    )


def test_speech_and_music_press_no_key() -> None:
    """Talk-off over everything spoken that ships: several voices, two languages, about ten minutes."""
    seconds = 0.0
    pressed: dict[str, str] = {}
    for path in sorted(PROMPTS.rglob("*.wav")):
        with wave.open(str(path)) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        seconds += len(sound) / RATE
        for gain in (1.0, 0.25):
            if keys := heard((sound * gain).astype(np.int16), 800):
                pressed[f"{path.name} ×{gain}"] = keys
    assert seconds > 300
    assert pressed == {}
