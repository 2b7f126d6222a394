"""What is asked of a ledger, and what a line of it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from hotline.core.calendars.days import ZONE
from hotline.secrecy import Secrecy
from hotline.store.ledgers.scope import Viewer

Cell = str | float | int | None
MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Asked:
    """Local days `first` to `last`, both counted, and what else it is narrowed by (column → value)."""

    first: date
    last: date
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def since(self) -> float:
        """Unix time of the first midnight."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=ZONE).timestamp()

    @property
    def until(self) -> float:
        """Unix time of the midnight after the last day."""
        after = self.last + timedelta(days=1)
        return datetime(after.year, after.month, after.day, tzinfo=ZONE).timestamp()

    def of(self, name: str) -> str:
        """The value of a filter; empty where it is not narrowed by that."""
        return self.filters.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `id` is its place: the page after begins behind it. `cells`: column → value, personal ones masked; `clear`: the
    sealed value of some, as (column of the table, key of the row, sealed text)."""

    id: str
    cells: Mapping[str, Cell]
    clear: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)


class Source(Protocol):
    """One ledger's rows, newest first."""

    def count(self, session: Session, viewer: Viewer, asked: Asked) -> int:
        """How many lines there are."""

    def totals(self, session: Session, viewer: Viewer, asked: Asked) -> Mapping[str, float]:
        """Sums below the list: name → number."""

    def page(self, session: Session, secrecy: Secrecy, viewer: Viewer, asked: Asked, limit: int, before: str) -> Sequence[Line]:
        """So many lines, those after the line `before`."""
