"""Samples are found in WAV files that were cut off at any byte, and our own headers are read by others."""

from __future__ import annotations

import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.wavs import ALAW, HEADER_READ, PCM, WavError, alaw_header, find_samples, pcm16_header

pytestmark = pytest.mark.unit


def pjsip_header(data_length: int = 0) -> bytes:
    """As PJSIP's recorder writes it at the start (sizes zero) and at its end."""
    riff = 36 + data_length if data_length else 0
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", riff, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16_000, 2, 16, b"data", data_length
    )


@given(samples=st.binary(max_size=6000), cut=st.integers(0, 6044), closed=st.booleans())
def test_killed_at_any_byte(samples: bytes, cut: int, closed: bool) -> None:
    whole = pjsip_header(len(samples) // 2 * 2 if closed else 0) + samples
    left = whole[:cut]
    span = find_samples(left[:HEADER_READ], len(left))
    usable = max(0, len(left) - 44) // 2 * 2
    if span is None:
        assert len(left) < 44, "every sample that reached the disk is found"
    else:
        assert (span.coding, span.channels, span.rate, span.offset) == (PCM, 1, 8000, 44)
        assert left[span.offset : span.offset + span.length] == whole[44 : 44 + usable]


def test_a_chunk_after_the_samples_is_not_sound() -> None:
    whole = pjsip_header(320) + bytes(320) + b"LIST" + struct.pack("<I", 4) + b"INFO"
    span = find_samples(whole, len(whole))
    assert span is not None
    assert span.length == 320
    assert span.seconds == 0.02


def test_chunks_before_the_samples_are_passed_over() -> None:
    plain = pjsip_header(4)
    whole = plain[:36] + b"junk" + struct.pack("<I", 3) + b"abc\0" + plain[36:] + b"\1\2\3\4"
    span = find_samples(whole, len(whole))
    assert span is not None
    assert whole[span.offset :] == b"\1\2\3\4"


@pytest.mark.parametrize(
    "head",
    [
        b"OggS" + bytes(60),
        b"RIFF\0\0\0\0AVI " + bytes(60),
        pjsip_header()[:12] + pjsip_header()[36:],  # samples before their format
        pjsip_header().replace(struct.pack("<I", 8000), struct.pack("<I", 0)),
        pjsip_header()[:20] + struct.pack("<H", 85) + pjsip_header()[22:],  # MP3 in WAV
    ],
)
def test_what_is_no_recording_is_refused(head: bytes) -> None:
    with pytest.raises(WavError):
        find_samples(head, len(head))


def test_pcm_header_is_read_by_the_standard_library() -> None:
    with wave.open(io.BytesIO(pcm16_header(2, 8000, 3) + bytes(12))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (2, 2, 8000, 3)


def test_alaw_header_round_trip() -> None:
    whole = alaw_header(2, 8000, 5) + bytes(10)
    span = find_samples(whole, len(whole))
    assert span is not None
    assert (span.coding, span.channels, span.frames, span.offset) == (ALAW, 2, 5, 58)
