"""Identifiers: sortable by time, short enough to be read out, no meaning inside."""

from __future__ import annotations

import re
import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u

PATTERN = re.compile(r"^[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{18}$")


def new_id(prefix: str, now: float) -> str:
    """`prefix` (call, off, trf, try, rec, tlk, cmd …), `_`, 10 characters of milliseconds and 8 random ones.

    `now` is Unix time in seconds. Ids made in the same process sort by `now`.
    """
    millis = int(now * 1000)
    head = ""
    for _ in range(10):
        millis, digit = divmod(millis, 32)
        head = _ALPHABET[digit] + head
    return f"{prefix}_{head}" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
