"""One row of the catalogue of errors."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """What a client is answered: the HTTP status, and the words a person reads."""

    status: int
    zh: str
    en: str
