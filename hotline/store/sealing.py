"""Sealing a talk's recording, and playing it again.

`seal` turns the two captures into one encrypted stereo A-law file, and removes the captures only after the encrypted
file is on the disk and was read back whole. It may be killed at any moment and run again (invariants I15, I17, I18).
`SealedReader` shows the sealed file as a plain PCM WAV of which any range can be read, which is what browsers play.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

import numpy as np

from hotline.core.wavs import ALAW_HEADER_BYTES, PCM16_HEADER_BYTES, pcm16_header
from hotline.secrecy import Secrecy
from hotline.store.alaw import decode
from hotline.store.captures import RATE, Pair, open_pair
from hotline.store.sealed_files import SealedFile, SealError, write_sealed

__all__ = ["SealError", "SealedInfo", "SealedReader", "peaks", "seal", "verify"]

CHANNELS: Final = 2
SUFFIX: Final = ".hlr"
"""Sealed files are `<recording_id>.hlr`."""


@dataclass(frozen=True, slots=True)
class SealedInfo:
    """`seconds` of sound, `bytes` of the sealed file, `sha256` of that file (so it can be checked without any key),
    `content_sha256` of the A-law WAV inside, and how long each side was."""

    recording_id: str
    seconds: float
    channels: int
    bytes: int
    sha256: str
    content_sha256: str
    caller_seconds: float
    peer_seconds: float


def seal(caller: Path, peer: Path, target: Path, secrecy: Secrecy, recording_id: str) -> SealedInfo:
    """Merge, encrypt, read back, put in place, and only then remove the captures.

    Run again after it was done or killed half-way it ends in the same state: an existing target is read back, and
    captures that are still there are compared with it before they go.

    Raises :class:`SealError`: `sealed.no_source` (neither target nor captures), `sealed.source_format`, `sealed.busy`
    (another process is sealing it), `sealed.differs` (captures and an existing target do not hold the same sound:
    nothing is removed), `sealed.not_read_back` (the disk gave back something else: captures stay), and what
    :class:`SealedReader` raises for a damaged target. OSError when the disk is full or cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(target) as (out, part):
        pair = open_pair(caller, peer)
        if target.exists():
            info = verify(target, secrecy, recording_id)
            # One capture gone means that the removal below had begun, which it only does after all was well.
            if pair.caller.exists and pair.peer.exists and _digest(pair) != info.content_sha256:
                raise SealError("sealed.differs", recording_id=recording_id)
        elif pair.exists:
            info = _write(pair, out, part, target, secrecy, recording_id)
        else:
            raise SealError("sealed.no_source", recording_id=recording_id)
    caller.unlink(missing_ok=True)
    peer.unlink(missing_ok=True)
    return info


def verify(path: Path, secrecy: Secrecy, recording_id: str) -> SealedInfo:
    """Read a sealed file from end to end. Raises :class:`SealError` for the first thing that is wrong."""
    with SealedFile(path, secrecy.file_key(recording_id), recording_id=recording_id) as file:
        content = hashlib.sha256()
        for block in file.blocks():
            content.update(block)
        header = file.header
    sides = [float(header[key]) / RATE for key in ("caller_frames", "peer_frames")]
    return SealedInfo(
        recording_id,
        header["frames"] / RATE,
        CHANNELS,
        path.stat().st_size,
        file_sha256(path),
        content.hexdigest(),
        *sides,
    )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file as it lies on the disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(pair: Pair, out: BinaryIO, part: Path, target: Path, secrecy: Secrecy, recording_id: str) -> SealedInfo:
    header = {
        "recording_id": recording_id,
        "rate": RATE,
        "channels": CHANNELS,
        "frames": pair.frames,
        "caller_frames": pair.caller.frames,
        "peer_frames": pair.peer.frames,
    }
    wanted = write_sealed(out, secrecy.file_key(recording_id), header, pair.wav_bytes, pair.stereo_alaw())
    out.flush()
    os.fsync(out.fileno())
    info = verify(part, secrecy, recording_id)
    if not info.content_sha256 == wanted == _digest(pair):
        raise SealError("sealed.not_read_back", recording_id=recording_id)
    part.rename(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # the name must be on the disk before the captures go
    finally:
        os.close(folder)
    return info


def _digest(pair: Pair) -> str:
    digest = hashlib.sha256()
    for block in pair.stereo_alaw():
        digest.update(block)
    return digest.hexdigest()


@contextmanager
def _only_one(target: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """An empty, locked `<target>.part`. What a killed run left there is taken over; what is not renamed is removed."""
    path = target.with_name(target.name + ".part")
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise SealError("sealed.busy", file=path.name) from exc
        # Between our open and our lock another run may have renamed this very file to the target: never touch that.
        if not _same(path, file):
            raise SealError("sealed.busy", file=path.name)
        file.truncate(0)
        try:
            yield file, path
        finally:
            if _same(path, file):
                path.unlink()


def _same(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


class SealedReader:
    """A sealed recording as a plain WAV: stereo, 16-bit PCM, 8 kHz; `length` bytes, readable from any place."""

    def __init__(self, path: Path, secrecy: Secrecy, recording_id: str) -> None:
        """Raises :class:`SealError`: `sealed.missing`, `sealed.malformed`, `sealed.truncated`, `sealed.tampered`,
        `sealed.wrong_recording` (the file belongs to another recording)."""
        self._file = SealedFile(path, secrecy.file_key(recording_id), recording_id=recording_id)
        self.frames: int = self._file.header["frames"]
        self.rate = RATE
        self.channels = CHANNELS
        self._header = pcm16_header(CHANNELS, RATE, self.frames)

    @property
    def length(self) -> int:
        """Bytes of the whole WAV, header included."""
        return PCM16_HEADER_BYTES + 2 * CHANNELS * self.frames

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    @property
    def caller_seconds(self) -> float:
        """How much of the caller's side was recorded; the rest is silence."""
        return float(self._file.header["caller_frames"]) / self.rate

    @property
    def peer_seconds(self) -> float:
        """How much of the agent's or expert's side was recorded."""
        return float(self._file.header["peer_frames"]) / self.rate

    def read(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from byte `offset`; fewer at the end, none beyond it. Raises ValueError when either is
        negative, :class:`SealError` (`sealed.tampered`) when that part of the file was changed."""
        if offset < 0 or size < 0:
            raise ValueError("offset and size must not be negative")
        end = min(self.length, offset + size)
        if offset >= end:
            return b""
        found = self._header[offset:end]
        begin = max(offset, PCM16_HEADER_BYTES) - PCM16_HEADER_BYTES
        stop = end - PCM16_HEADER_BYTES
        if stop > begin:
            first = begin // 2  # two bytes of PCM for one of A-law
            codes = self._file.read(ALAW_HEADER_BYTES + first, -(-stop // 2) - first)
            found += decode(np.frombuffer(codes, np.uint8)).astype("<i2").tobytes()[begin - 2 * first : stop - 2 * first]
        return found

    def blocks(self, offset: int = 0, size: int | None = None, block: int = 65_536) -> Iterator[bytes]:
        """`read` in blocks: for streaming an answer without holding it."""
        end = self.length if size is None else min(self.length, offset + size)
        while offset < end:
            part = self.read(offset, min(block, end - offset))
            offset += len(part)
            yield part

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> SealedReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def peaks(reader: SealedReader, n: int) -> tuple[list[float], list[float]]:
    """The loudest sample (0 to 1) in each of `n` equal stretches, for caller and peer: what a waveform is drawn from.

    Raises ValueError for `n` outside 1 to 10 000."""
    if not 1 <= n <= 10_000:
        raise ValueError("between 1 and 10000 peaks")
    found = np.zeros((n, CHANNELS))
    place = 0
    for block in reader.blocks(PCM16_HEADER_BYTES):
        samples = np.abs(np.frombuffer(block, "<i2").astype(np.int32).reshape(-1, CHANNELS)) / 32_768
        stretch = (place + np.arange(len(samples))) * n // max(1, reader.frames)
        np.maximum.at(found, stretch, samples)
        place += len(samples)
    return found[:, 0].round(4).tolist(), found[:, 1].round(4).tolist()
