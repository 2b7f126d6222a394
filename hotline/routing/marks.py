"""The book of conflicts, kept up to date from the database by the loader's thread."""

from __future__ import annotations

from typing import Final

from hotline.core.conflicts import Book
from hotline.store.engine import Store
from hotline.store.repositories import conflicts

YEARS: Final = 3.0
"""Advice given longer ago bars nobody any more (a declared client does until revoked). The bar's own rules know no term; three
years are the general limitation of a civil claim (Civil Code 188)."""
MOST_MARKS: Final = 1_000_000
"""About 250 MB; a city writes some hundred thousand in three years."""
WHOLE_SECONDS: Final = 600.0
"""So often the whole book is read anew, because marks may have been taken back."""


class Marks:
    """Owned by the loader's thread. New marks are added to the present book; a whole reading makes a new one."""

    def __init__(self) -> None:
        self._book = Book(complete=False)
        self._last_id = 0
        self._whole_at: float | None = None

    def read(self, store: Store, now: float, *, whole: bool = False) -> Book:
        """The book as of now. Raises what the database raises."""
        due = self._whole_at is None or now - self._whole_at >= WHOLE_SECONDS or whole
        since = now - YEARS * conflicts.YEAR
        with store.read() as session:
            rows = conflicts.marks(session, after_id=0 if due else self._last_id, since=since, limit=MOST_MARKS)
        book = Book() if due else self._book
        for row in rows:
            book.add(row.hash, row.mark)
            self._last_id = max(self._last_id, row.id)
        if due:
            self._whole_at = now
        self._book = book
        return book
