"""Sound of the simulator: G.711, voices told apart, in-band keys, what an ear notes of a damaged stream."""

from __future__ import annotations

import asyncio
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from hotline.simulate import clips, g711, tones
from hotline.simulate.clips import Clip
from hotline.simulate.ear import Ear, listen

pytestmark = pytest.mark.unit


def heard(samples: np.ndarray, codec: str = "pcma") -> list[int]:
    through = g711.decode(g711.encode(samples.astype(np.int16), codec), codec)
    windows = through[: len(through) // 800 * 800].astype(np.float32).reshape(-1, 800)
    return tones.detect_voices(windows)[0].tolist()


@pytest.mark.parametrize("codec", ["pcma", "pcmu"])
def test_g711_keeps_every_sample_within_its_step(codec: str) -> None:
    samples = np.arange(-32768, 32768, dtype=np.int16)
    again = g711.decode(g711.encode(samples, codec), codec).astype(int)
    inside = np.abs(samples) < 32000
    assert (np.abs(again - samples)[inside] <= np.maximum(16, np.abs(samples.astype(int)[inside]) / 16)).all()
    codes = bytes(range(256))
    values = g711.decode(codes, codec)
    assert (g711.decode(g711.encode(values, codec), codec) == values).all()


def test_g711_known_values() -> None:
    assert g711.decode(bytes([0xD5, 0x55, 0xAA, 0x2A]), "pcma").tolist() == [8, -8, 32256, -32256]
    assert g711.decode(bytes([0xFF, 0x7F, 0x80, 0x00]), "pcmu").tolist() == [0, 0, 32124, -32124]


@pytest.mark.parametrize("codec", ["pcma", "pcmu"])
def test_every_voice_is_told_from_every_other(codec: str) -> None:
    for number in range(len(tones.PAIRS)):
        assert set(heard(tones.voice(number, 0.5)[37:], codec)) == {number}


def test_two_at_once_noise_silence_and_single_tones_are_nobody() -> None:
    noise = np.random.default_rng(1).normal(0, 3000, 8000)
    t = np.arange(8000) / 8000
    assert set(heard(noise)) == {-1}
    assert set(heard(np.zeros(8000))) == {-1}
    assert set(heard(6000 * np.sin(2 * np.pi * 450 * t))) == {-1}
    mixed = tones.voice(3).astype(int) + tones.voice(44).astype(int)
    assert set(heard(mixed // 2)) <= {-1}


def test_no_voice_is_near_a_key_or_a_progress_tone() -> None:
    for tone in (*tones.DTMF_LOW, *tones.DTMF_HIGH, 450):
        assert min(abs(tone - voice) for voice in tones.LOWS + tones.HIGHS) >= 39


def test_in_band_keys_are_heard_and_voices_are_no_keys() -> None:
    played = np.concatenate([clips.digit(key).samples for key in "0123456789*#"])
    assert tones.detect_dtmf(played) == "0123456789*#"
    assert "".join(tones.detect_dtmf(tones.voice(number)) for number in range(len(tones.PAIRS))) == ""


def feed(ear: Ear, seqs: list[int], payload: bytes, start: float = 100.0, ssrc: int = 1) -> None:
    for seq in seqs:
        ear.audio(start + 0.02 * seq, seq & 0xFFFF, ssrc, payload, "pcma")


def test_losses_reordering_doubles_wraps_and_gaps() -> None:
    ear, payload = Ear(), bytes([0xD5]) * 160
    feed(ear, [65534, 65535, 65536, 65537], payload)
    assert (ear.reception.lost, ear.reception.late) == (0, 0)
    feed(ear, [65540], payload)
    assert ear.reception.lost == 2
    feed(ear, [65539, 65540], payload)
    assert (ear.reception.lost, ear.reception.late) == (1, 2)
    feed(ear, [65600], payload)
    assert ear.gaps == [(pytest.approx(100.0 + 0.02 * 65540), pytest.approx(1.2))]
    feed(ear, [65601], payload, ssrc=2)
    assert ear.reception.ssrc_changes == 1


def test_an_event_counts_once_and_the_same_key_again_counts_again() -> None:
    ear = Ear()
    for timestamp, key in ((1000, 5), (3000, 5), (5000, 11)):
        for duration in (160, 320, 480, 480, 480):
            ear.event(1.0, 1, 1, bytes([key, 0x8A]) + duration.to_bytes(2, "big"), timestamp)
    ear.event(1.0, 1, 1, bytes([16, 0, 0, 0]), 7000)  # flash is no key
    assert ear.digits == "55#"


def test_who_was_heard_and_how_long_it_was_quiet() -> None:
    ear = Ear()
    frames = clips.voice(7).frames("pcma")
    start = time.time() - 1.0
    for seq in range(50):
        ear.audio(start + 0.02 * seq, seq, 1, frames[seq % 50], "pcma")
    listen([ear])
    assert ear.hears(7)
    for seq in range(50, 150):
        ear.audio(start + 0.02 * seq, seq, 1, bytes([0xD5]) * 160, "pcma")
    listen([ear])
    assert ear.heard(7) == pytest.approx(1.0)
    assert ear.voices_heard() == {7}
    assert not ear.hears(7)
    assert not ear.hears_other_sound()
    assert ear.longest_quiet() == pytest.approx(2.0, abs=0.15)


def test_what_was_heard_long_ago_is_not_heard_now() -> None:
    ear = Ear()
    for seq in range(50):
        ear.audio(1000 + 0.02 * seq, seq, 1, clips.voice(7).frames("pcma")[seq % 50], "pcma")
    listen([ear])
    assert ear.heard(7) == pytest.approx(1.0)
    assert not ear.hears(7)
    assert ear.recent(3) == []


def test_two_voices_at_once_are_both_heard_and_no_third() -> None:
    mixed = Clip(tones.voice(1) // 2 + tones.voice(52) // 2)
    ear = Ear()
    for seq in range(50):
        ear.audio(1000 + 0.02 * seq, seq, 1, mixed.frames("pcma")[seq], "pcma")
    listen([ear])
    assert ear.voices_heard() == set()
    assert [number for number in (1, 23, 52, 71) if ear.sounds(number)] == [1, 52]
    assert not ear.sounds(1, since=1000.9)


async def test_waiting_for_a_voice_ends_by_itself() -> None:
    ear = Ear()
    assert not await ear.until_hears(3, 0.05)
    waiting = asyncio.ensure_future(ear.until_hears(3, 2.0))
    await asyncio.sleep(0)
    ear.last_at = time.time()
    ear.note([3, 3, 3], [6000.0] * 3, [tones.tones_of(3)] * 3)
    assert await waiting


def test_wav_files_of_both_rates_and_useless_ones(tmp_path: Path) -> None:
    def write(name: str, rate: int, channels: int, width: int = 2) -> Path:
        path = tmp_path / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(width)
            file.setframerate(rate)
            samples = np.repeat(tones.voice(5), rate // 8000 * channels) if width == 2 else np.zeros(80, np.uint8)
            file.writeframes(samples.tobytes())
        return path

    for path in (write("a.wav", 8000, 1), write("b.wav", 16000, 1), write("c.wav", 8000, 2)):
        clip = clips.wav(path)
        assert clip.seconds == pytest.approx(1.0)
        assert len(clip.frames("pcma")) == 50
        assert set(heard(clip.samples)) == {5}
    for path in (write("d.wav", 8000, 1, width=1), write("e.wav", 48000, 1), tmp_path / "missing.wav"):
        with pytest.raises(clips.ClipError, match=path.name):
            clips.wav(path)
