"""How every source reads: newest first, from a place on."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import Session

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


def newest_first(session: Session, query: Query, model: Any, place: tuple[Any, ...], before: str) -> Query:
    """The rows in falling order of `place` (columns of `model`, the last one its key), those after the row `before`; from the
    beginning where that is none, or is gone."""
    query = query.order_by(*(column.desc() for column in place))
    last = session.get(model, before) if before else None
    if last is None:
        return query
    return query.where(tuple_(*place) < tuple(getattr(last, column.key) for column in place))
