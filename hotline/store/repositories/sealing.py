"""Sealing and opening the sensitive columns of a row: always with the context that the table of contexts gives."""

from __future__ import annotations

from hotline.secrecy import Secrecy
from hotline.store.models import context


def seal(secrecy: Secrecy, column: str, row_id: str, text: str) -> str:
    """Seal `text` for `table.column` of one row; nothing stays nothing. Raises KeyError for a column that is not
    sealed."""
    place = context(column, row_id)
    return secrecy.seal(text, place) if text else ""


def unseal(secrecy: Secrecy, column: str, row_id: str, sealed: str) -> str:
    """Inverse of :func:`seal`. Raises SecrecyError when the value belongs to another row or column."""
    place = context(column, row_id)
    return secrecy.open(sealed, place) if sealed else ""


def reseal(secrecy: Secrecy, from_column: str, from_id: str, to_column: str, to_id: str, sealed: str) -> str:
    """The same text, bound to another place."""
    return seal(secrecy, to_column, to_id, unseal(secrecy, from_column, from_id, sealed))
