"""The catalogue at hand: institutions, hotlines, work guides, law and scripts, with every version.

The words under which entries are found stand in `knowledge_words`, a table of each database's own kind (FTS5 or tsvector):
:mod:`hotline.store.knowledge_index`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hotline.core.knowledge import KINDS
from hotline.store.models.base import Base, Json, Key, Name, Time, Word, Words, one_of

KNOWLEDGE_ACTIONS: Final = ("added", "changed", "removed", "restored", "imported")


class KnowledgeEntry(Base):
    """One entry as it stands. `fields` holds the parts of its kind (`hotline.core.knowledge.kinds`), `subtype` an institution's
    type again, to choose by. `region_code` empty: everywhere. Days are ISO dates, both inclusive, empty without a bound.
    Removed entries stay, not `active`."""

    __tablename__ = "knowledge_entries"
    __table_args__ = (one_of("kind", KINDS),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[Word] = mapped_column(index=True)
    subtype: Mapped[Word] = mapped_column(default="")
    title: Mapped[Name] = mapped_column(index=True)
    keywords: Mapped[Words] = mapped_column(default=list)
    region_code: Mapped[Word] = mapped_column(default="")
    fields: Mapped[Json] = mapped_column(default=dict)
    valid_from: Mapped[Word] = mapped_column(default="")
    valid_to: Mapped[Word] = mapped_column(default="")
    source: Mapped[Name] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int]
    updated_at: Mapped[Time]
    updated_by: Mapped[Key]


class KnowledgeVersion(Base):
    """An entry as it was from `at` on; never changed. `action` says what made it."""

    __tablename__ = "knowledge_versions"
    __table_args__ = (one_of("action", KNOWLEDGE_ACTIONS),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("knowledge_entries.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Time]
    by: Mapped[Key]
    action: Mapped[Word]
    content: Mapped[Json]
