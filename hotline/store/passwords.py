"""Passwords: argon2id hashes, the rules for a new one, and the tokens of a log-in."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hotline.core.errors import Invalid

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 256
"""A longer one only serves to keep the hasher busy."""

# RFC 9106, second recommended option: 64 MiB, 3 passes; one lane, because the small install has two cores for
# everything.
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)
# Of a random password that was thrown away: nothing matches it.
_NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=1$84bsmbtzUB4aWkqzqFrhxw$aq+G1IHizwCXePPFYaRdMrG0IiDPKhO63SoM4eabuZc"


def check_new(password: str, username: str = "") -> None:
    """Raises Invalid (`password.too_short`, `password.too_long`, `password.is_username`, `password.too_simple`) when it
    must not be used."""
    if len(password) < MIN_LENGTH:
        raise Invalid("password.too_short", field="password", least=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise Invalid("password.too_long", field="password", most=MAX_LENGTH)
    if username and username.lower() in password.lower() and len(password) - len(username) < 4:
        raise Invalid("password.is_username", field="password")
    if len(set(password)) < 4:
        raise Invalid("password.too_simple", field="password")


def hash_password(password: str) -> str:
    """The argon2id hash to keep. Takes about 0.1 s on purpose."""
    return _HASHER.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Whether `password` belongs to the hash. With `stored` None (no such user) it takes as long and says no, so that
    the clock does not tell who exists."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with older parameters."""
    return _HASHER.check_needs_rehash(stored)


def new_token() -> str:
    """A session token: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token. A plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
