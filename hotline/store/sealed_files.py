"""Encrypted files that can be read from the middle: AES-256-GCM in chunks of 64 KiB.

    "HLR1" | length of header (4 bytes, big endian) | header (JSON) | chunk 0 | chunk 1 | … | last chunk

Each chunk is 64 KiB of content and a 16-byte tag; only the last is shorter. Its nonce is its number (11 bytes) and a
byte that is 1 for the last one, so that chunks cannot be dropped, doubled, swapped or cut off; the whole header is
authenticated with every chunk. The key is derived from the recording's own key and a salt drawn for this very file:
sealing the same recording again never meets the same key and nonce.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hotline.core.errors import HotlineError

MAGIC: Final = b"HLR1"
CHUNK: Final = 65_536
TAG: Final = 16
MAX_HEADER: Final = 4096


class SealError(HotlineError):
    """A recording cannot be sealed, or a sealed one cannot be read. Codes: `sealed.missing`, `sealed.malformed`,
    `sealed.truncated`, `sealed.wrong_recording`, `sealed.tampered`, `sealed.no_source`, `sealed.source_format`,
    `sealed.differs`, `sealed.not_read_back`, `sealed.busy`."""


def write_sealed(out: BinaryIO, key: bytes, header: Mapping[str, Any], length: int, content: Iterable[bytes]) -> str:
    """Encrypt `content` (blocks of any size, `length` bytes in all) to `out`; returns the SHA-256 of the content.

    Raises SealError (`sealed.differs`) when the content is not `length` bytes long: its source changed meanwhile.
    """
    salt = os.urandom(16)
    head = json.dumps({**header, "v": 1, "salt": salt.hex(), "length": length}, sort_keys=True, separators=(",", ":"))
    prefix = MAGIC + len(head.encode()).to_bytes(4, "big") + head.encode()
    out.write(prefix)
    aead = AESGCM(_file_key(key, salt))
    digest = hashlib.sha256()
    number, pending = 0, bytearray()
    for block in content:
        digest.update(block)
        pending += block
        while len(pending) > CHUNK:  # the last chunk is never written here: it carries its flag
            out.write(aead.encrypt(_nonce(number, last=False), bytes(pending[:CHUNK]), prefix))
            del pending[:CHUNK]
            number += 1
    out.write(aead.encrypt(_nonce(number, last=True), bytes(pending), prefix))
    if number * CHUNK + len(pending) != length:
        raise SealError("sealed.differs", wanted=length, got=number * CHUNK + len(pending))
    return digest.hexdigest()


class SealedFile:
    """Reads a sealed file from any place. One chunk is kept decrypted; memory does not grow with the file."""

    def __init__(self, path: Path, key: bytes, *, recording_id: str) -> None:
        """Opens and authenticates header, length and last chunk. Raises :class:`SealError`."""
        try:
            self._file = path.open("rb")
        except OSError as exc:
            raise SealError("sealed.missing", recording_id=recording_id) from exc
        try:
            self._open(key, recording_id)
        except BaseException:
            self._file.close()
            raise

    def _open(self, key: bytes, recording_id: str) -> None:
        start = self._file.read(8)
        size = int.from_bytes(start[4:8], "big")
        if len(start) < 8:
            raise SealError("sealed.truncated", recording_id=recording_id)
        if start[:4] != MAGIC or size > MAX_HEADER:
            raise SealError("sealed.malformed", recording_id=recording_id)
        raw = self._file.read(size)
        if len(raw) < size:
            raise SealError("sealed.truncated", recording_id=recording_id)
        try:
            self.header: dict[str, Any] = json.loads(raw)
            named, salt, length = self.header["recording_id"], bytes.fromhex(self.header["salt"]), self.header["length"]
        except (ValueError, KeyError, TypeError) as exc:
            raise SealError("sealed.malformed", recording_id=recording_id) from exc
        if self.header.get("v") != 1 or not isinstance(length, int) or length < 0:
            raise SealError("sealed.malformed", recording_id=recording_id)
        if named != recording_id:
            raise SealError("sealed.wrong_recording", recording_id=recording_id)
        self.recording_id, self.length = recording_id, length
        self._prefix = start + raw
        self._aead = AESGCM(_file_key(key, salt))
        self._chunks = max(1, -(-length // CHUNK))
        there = os.fstat(self._file.fileno()).st_size
        wanted = len(self._prefix) + length + self._chunks * TAG
        if there != wanted:
            raise SealError("sealed.truncated" if there < wanted else "sealed.tampered", recording_id=recording_id)
        self._held = (-1, b"")
        self._chunk(self._chunks - 1)

    def _chunk(self, number: int) -> bytes:
        if self._held[0] == number:
            return self._held[1]
        self._file.seek(len(self._prefix) + number * (CHUNK + TAG))
        sealed = self._file.read(min(CHUNK, self.length - number * CHUNK) + TAG)
        try:
            clear = self._aead.decrypt(_nonce(number, last=number == self._chunks - 1), sealed, self._prefix)
        except InvalidTag as exc:
            raise SealError("sealed.tampered", recording_id=self.recording_id, chunk=number) from exc
        self._held = (number, clear)
        return clear

    def read(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset`; fewer at the end. Raises :class:`SealError` (`sealed.tampered`)."""
        end = min(self.length, offset + max(0, size))
        parts = []
        while offset < end:
            number, within = divmod(offset, CHUNK)
            part = self._chunk(number)[within : within + end - offset]
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def blocks(self) -> Iterator[bytes]:
        """The whole content, a chunk at a time."""
        for number in range(self._chunks):
            yield self._chunk(number)

    def close(self) -> None:
        self._file.close()
        self._held = (-1, b"")

    def __enter__(self) -> SealedFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _file_key(key: bytes, salt: bytes) -> bytes:
    return hmac.digest(key, b"hotline sealed file v1:" + salt, hashlib.sha256)
