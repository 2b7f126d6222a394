"""Shapes that several routes share."""

from __future__ import annotations

from typing import Annotated, Final, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

Row = TypeVar("Row")

Id = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
"""An identifier in a path."""
Code = Annotated[str, Field(max_length=16, pattern=r"^[A-Za-z0-9_\-]*$")]
"""A code out of the catalogue, in a body."""
LIMIT: Final = 200
MOST_INT: Final = 2**31 - 1
"""The largest number that an INTEGER of PostgreSQL holds: of versions, counters and numbered rows."""
Version = Annotated[int, Field(ge=0, le=MOST_INT)]
"""Of a row as its reader saw it."""
Limit = Annotated[int, Query(ge=1, le=LIMIT, description="Rows a page")]
Before = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$", description="`next` of the page before")]

Moment = Annotated[float, Field(ge=0, le=4_102_444_800)]
"""Unix seconds in a body, up to the year 2100."""


class Shape(BaseModel):
    """Base of all answers: built from rows by attribute."""

    model_config = ConfigDict(from_attributes=True)


class Page(BaseModel, Generic[Row]):
    """One page of a list; `next` is given as `before` for the one after, null at the end."""

    items: list[Row]
    next: str | None = None


class Done(BaseModel):
    """It was done, or routing has taken it on; what comes of it is seen on the feed."""

    ok: bool = True
