"""Names for ids, and the like: one column by another, for the rows that a page shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session


def pairs(session: Session, key: Any, value: Any, wanted: Iterable[str | None]) -> dict[str, Any]:
    """Key → value of the rows with these keys; empty ones, and those that are not there, are left out."""
    keys = {one for one in wanted if one}
    if not keys:
        return {}
    return {row[0]: row[1] for row in session.execute(select(key, value).where(key.in_(keys)))}
