"""WAV headers, read with distrust and written exactly. Bytes in, bytes out: no files are opened here.

A recorder that was killed leaves a header whose sizes are still zero while the samples are there: the length of the
file then says how many there are (measured on PJSIP's recorder: all but about the last quarter second).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

HEADER_READ: Final = 4096
"""How much of a file's beginning is enough to find its samples."""
PCM: Final = 1
ALAW: Final = 6
PCM16_HEADER_BYTES: Final = 44
ALAW_HEADER_BYTES: Final = 58


class WavError(ValueError):
    """Not a WAV that a recorder of ours can have written; `str(error)` says why."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where the samples lie: from byte `offset`, `length` bytes (whole frames), as `coding` (`PCM`, `ALAW`)."""

    coding: int
    channels: int
    rate: int
    frame_bytes: int
    offset: int
    length: int

    @property
    def frames(self) -> int:
        return self.length // self.frame_bytes

    @property
    def seconds(self) -> float:
        return self.frames / self.rate


def find_samples(head: bytes, size: int) -> Span | None:
    """Find the samples in a file of `size` bytes that begins with `head` (its first `HEADER_READ` bytes or all of it).

    None when the file ends before its samples begin (killed while the header was written): there is nothing in it.
    Raises :class:`WavError` for anything that is no WAV.
    """
    if not b"RIFF".startswith(head[:4]) or (len(head) >= 12 and head[8:12] != b"WAVE"):
        raise WavError("not a RIFF WAVE file")
    place, fmt = 12, None
    while place + 8 <= len(head):
        name, length = struct.unpack_from("<4sI", head, place)
        place += 8
        if name == b"fmt ":
            if place + 16 > len(head):
                return None
            fmt = struct.unpack_from("<HHIIHH", head, place)
        elif name == b"data":
            if fmt is None:
                raise WavError("samples before their format")
            return _span(fmt, place, length, size)
        place += length + (length & 1)
    if size > HEADER_READ:
        raise WavError("no samples within the first bytes")
    return None


def _span(fmt: tuple[int, ...], place: int, said: int, size: int) -> Span:
    coding, channels, rate, _, frame, _ = fmt
    if not (coding in (PCM, ALAW) and channels in (1, 2) and 4000 <= rate <= 192_000 and 1 <= frame <= 8):
        raise WavError(f"unusable format {fmt}")
    there = max(0, size - place)
    # Zero: never closed. More than there is: cut off. Otherwise what follows the samples is some other chunk.
    length = there if said == 0 else min(said, there)
    return Span(coding, channels, rate, frame, place, length - length % frame)


def pcm16_header(channels: int, rate: int, frames: int) -> bytes:
    """The 44 bytes before 16-bit samples."""
    length = frames * channels * 2
    fmt = struct.pack("<HHIIHH", PCM, channels, rate, rate * channels * 2, channels * 2, 16)
    return struct.pack("<4sI4s4sI", b"RIFF", 36 + length, b"WAVE", b"fmt ", 16) + fmt + struct.pack("<4sI", b"data", length)


def alaw_header(channels: int, rate: int, frames: int) -> bytes:
    """The 58 bytes before A-law samples (a coding other than PCM carries an extension size and a `fact` chunk). An odd
    number of bytes of samples is followed by one of padding, which the caller writes."""
    length = frames * channels
    fmt = struct.pack("<HHIIHHH", ALAW, channels, rate, rate * channels, channels, 8, 0)
    riff = struct.pack("<4sI4s4sI", b"RIFF", 50 + length + (length & 1), b"WAVE", b"fmt ", 18)
    return riff + fmt + struct.pack("<4sII", b"fact", 4, frames) + struct.pack("<4sI", b"data", length)
