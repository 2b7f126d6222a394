"""Restrictions of numbers whose callers abused the people of the hotline."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.core.abuse.restrictions import STATES
from hotline.store.models.base import Base, Hash, Key, Long, Time, Word, one_of


class Restriction(Base):
    """One number (by its blind index), never for ever. At most one open (proposed or active) a number. The call that is the
    evidence keeps its recordings for `abuse.keep_days`."""

    __tablename__ = "restrictions"
    __table_args__ = (
        one_of("state", STATES),
        Index(
            "uq_restrictions_open",
            "caller_hash",
            unique=True,
            sqlite_where=text("state IN ('proposed', 'active')"),
            postgresql_where=text("state IN ('proposed', 'active')"),
        ),
    )

    id: Mapped[Key] = mapped_column(primary_key=True)
    caller_hash: Mapped[Hash] = mapped_column(index=True)
    caller_masked: Mapped[Word]
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), index=True)
    """The evidence."""
    state: Mapped[Word] = mapped_column(default="proposed", index=True)
    reason: Mapped[Long]
    proposed_by: Mapped[Key]
    proposed_at: Mapped[Time]
    decided_by: Mapped[Key] = mapped_column(default="")
    decided_at: Mapped[Time | None]
    decision: Mapped[Long] = mapped_column(default="")
    """The reason of the last decision."""
    until: Mapped[Time | None]
    renewals: Mapped[int] = mapped_column(default=0)
