"""The audit trail: append-only, each row chained to the one before by its hash."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Hash, Json, Key, Long, Name, Time, Word


class AuditEvent(Base):
    """Who did what to which object, and why. Written through `hotline.store.audit.append` only; the database refuses
    UPDATE and DELETE by trigger."""

    __tablename__ = "audit_events"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Time]
    actor: Mapped[Key]
    action: Mapped[Word]
    object: Mapped[Name]
    purpose: Mapped[Long] = mapped_column(default="")
    data: Mapped[Json] = mapped_column(default=dict)
    prev_hash: Mapped[Hash]
    hash: Mapped[Hash]


class AuditHead(Base):
    """The end of the chain, one row (`id` 1): what an appender locks."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[Hash]
