"""The `Range` header (RFC 9110 §14), one range of bytes. Pure."""

from __future__ import annotations

import re
from typing import Final

_RANGE: Final = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


class Unsatisfiable(ValueError):
    """The range lies wholly outside."""


def parse(header: str | None, length: int) -> tuple[int, int] | None:
    """First and last byte (inclusive) wanted of `length` bytes; None when the whole is wanted.

    A header that is no single byte range is ignored, as the RFC says. Raises :class:`Unsatisfiable`.
    """
    match = _RANGE.match(header.replace(" ", "")) if header else None
    if match is None:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:  # the last N bytes
        size = int(last)
        if size == 0 or length == 0:
            raise Unsatisfiable
        return max(0, length - size), length - 1
    start = int(first)
    end = min(int(last), length - 1) if last else length - 1
    if last and int(last) < start:
        return None
    if start >= length:
        raise Unsatisfiable
    return start, end
