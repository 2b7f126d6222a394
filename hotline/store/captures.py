"""The two mono files of a talk, as the recorder left them, read side by side.

Either may be shorter, may have a header that was never finished, or may be missing: the other side is still kept, with
silence where there is nothing (rules D.33: two channels, caller left, agent or expert right).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from hotline.core.wavs import ALAW_HEADER_BYTES, HEADER_READ, PCM, Span, WavError, alaw_header, find_samples
from hotline.store.alaw import Pcm, encode
from hotline.store.sealed_files import SealError

BLOCK_FRAMES: Final = 32_000
"""4 s at a time: 190 kB of memory, whatever the length of the talk."""
RATE: Final = 8000


@dataclass(frozen=True, slots=True)
class Side:
    """One mono file; `span` is None when there is no sound in it."""

    path: Path
    span: Span | None
    exists: bool

    @property
    def frames(self) -> int:
        return self.span.frames if self.span else 0


def open_side(path: Path) -> Side:
    """Look at one capture. A missing or empty file is a side without sound.

    Raises SealError (`sealed.source_format`) for a file that is no mono 16-bit WAV of 8 kHz.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEADER_READ)
        size = path.stat().st_size
    except FileNotFoundError:
        return Side(path, None, False)
    try:
        span = find_samples(head, size)
    except WavError as exc:
        raise SealError("sealed.source_format", file=path.name) from exc
    if span and (span.coding, span.channels, span.rate, span.frame_bytes) != (PCM, 1, RATE, 2):
        raise SealError("sealed.source_format", file=path.name)
    return Side(path, span, True)


@dataclass(frozen=True, slots=True)
class Pair:
    """Caller and peer of one talk."""

    caller: Side
    peer: Side

    @property
    def frames(self) -> int:
        """Length of the longer one."""
        return max(self.caller.frames, self.peer.frames)

    @property
    def exists(self) -> bool:
        return self.caller.exists or self.peer.exists

    @property
    def wav_bytes(self) -> int:
        """Length of what :meth:`stereo_alaw` yields."""
        return ALAW_HEADER_BYTES + 2 * self.frames

    def stereo_alaw(self) -> Iterator[bytes]:
        """A stereo A-law WAV, block by block: caller left, peer right, the shorter padded with silence."""
        yield alaw_header(2, RATE, self.frames)
        blocks = zip(_blocks(self.caller, self.frames), _blocks(self.peer, self.frames), strict=True)
        for left, right in blocks:
            yield encode(np.stack((left, right), axis=1)).tobytes()


def open_pair(caller: Path, peer: Path) -> Pair:
    """Look at both captures. Raises SealError (`sealed.source_format`)."""
    return Pair(open_side(caller), open_side(peer))


def merge_to_stereo_alaw(caller: Path, peer: Path, out: BinaryIO) -> int:
    """Write the two mono captures as one stereo A-law WAV; returns the number of frames.

    Raises SealError: `sealed.no_source` when neither file is there, `sealed.source_format`.
    """
    pair = open_pair(caller, peer)
    if not pair.exists:
        raise SealError("sealed.no_source")
    for block in pair.stereo_alaw():
        out.write(block)
    return pair.frames


def _blocks(side: Side, frames: int) -> Iterator[Pcm]:
    """Exactly `frames` samples in blocks; silence after the side's own end."""
    if side.span is None:
        for start in range(0, frames, BLOCK_FRAMES):
            yield np.zeros(min(BLOCK_FRAMES, frames - start), np.int16)
        return
    with side.path.open("rb") as file:
        file.seek(side.span.offset)
        for start in range(0, frames, BLOCK_FRAMES):
            wanted = min(BLOCK_FRAMES, frames - start)
            raw = file.read(2 * min(wanted, max(0, side.frames - start)))
            samples = np.frombuffer(raw, "<i2", len(raw) // 2).astype(np.int16, copy=False)
            yield np.pad(samples, (0, wanted - len(samples)))
