"""The catalogue of errors: every code a client can meet, with its HTTP status and the words a person reads, in Chinese and
English. Statuses say what a client does next: 409 look again, 422 correct it, 503 retry.

One file an idea; no code stands twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hotline.api.error_texts import access, callers, desk, ledgers, library, outcomes, pool, system, tickets
from hotline.api.error_texts.entry import Entry

__all__ = ["CATALOGUE", "PARTS", "Entry"]

PARTS: Final = (access, system, desk, pool, library, tickets, outcomes, callers, ledgers)
CATALOGUE: Final[Mapping[str, Entry]] = MappingProxyType(
    {code: entry for part in PARTS for code, entry in part.ENTRIES.items()}
)
