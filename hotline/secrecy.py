"""Sealing of personal data: AES-256-GCM per field, bound to its place, and a blind index for searching.

A sealed value is `v1.<base64 of nonce + ciphertext>`. The `context` (for instance `calls.caller_number:<call_id>`) is
authenticated, so a ciphertext copied into another row or column does not open. The blind index is an HMAC, so a number
can be found without being stored in clear.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class SecrecyError(Exception):
    """A sealed value does not open: wrong key, wrong place, or tampered with."""

    code = "secrecy.cannot_open"


class Secrecy:
    """Seals and opens fields with one 32-byte master key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("the master key must be 32 bytes")
        self._aead = AESGCM(hmac.digest(key, b"hotline field encryption v1", hashlib.sha256))
        self._index_key = hmac.digest(key, b"hotline blind index v1", hashlib.sha256)
        self._master = key

    @classmethod
    def from_dir(cls, keys_dir: Path, *, create: bool = False) -> Secrecy:
        """Read `<keys_dir>/master.key` (mode 0600), making it first when `create` is set.

        Raises FileNotFoundError when it is missing and `create` is not set: a new key would make old data unreadable.
        """
        path = keys_dir / "master.key"
        if create and not path.exists():
            keys_dir.mkdir(parents=True, exist_ok=True)
            os.chmod(keys_dir, 0o700)
            try:
                fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                pass  # another part was quicker
            else:
                with os.fdopen(fd, "wb") as file:
                    file.write(os.urandom(32))
                    file.flush()
                    os.fsync(file.fileno())
        return cls(path.read_bytes())

    def seal(self, text: str, context: str) -> str:
        """Encrypt `text` for the place named by `context`."""
        nonce = os.urandom(12)
        sealed = self._aead.encrypt(nonce, text.encode(), context.encode())
        return "v1." + base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str, context: str) -> str:
        """Inverse of :meth:`seal`. Raises :class:`SecrecyError`."""
        version, _, body = sealed.partition(".")
        if version != "v1":
            raise SecrecyError(f"unknown seal version {version!r}")
        try:
            raw = base64.urlsafe_b64decode(body)
            return self._aead.decrypt(raw[:12], raw[12:], context.encode()).decode()
        except (InvalidTag, ValueError) as exc:
            raise SecrecyError("sealed value does not open here") from exc

    def index(self, text: str) -> str:
        """Blind index of `text`: 32 hex digits, the same for the same text, useless without the key."""
        return hmac.digest(self._index_key, text.encode(), hashlib.sha256).hex()[:32]

    def file_key(self, recording_id: str) -> bytes:
        """32-byte key of one sealed recording, derived from the master key and its id."""
        return hmac.digest(self._master, b"hotline recording v1:" + recording_id.encode(), hashlib.sha256)
