"""Ledgers that people type, and exports."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from hotline.core.ledgers.advisers import WORKS
from hotline.store.models.base import Base, Count, Json, Key, Long, Name, Sealed, Time, Word, one_of, where

VISIT_OUTCOMES: Final = ("answered", "ticket", "referred", "appointment", "declined")
EXPORT_STATES: Final = ("queued", "running", "done", "failed", "expired")
FORMATS: Final = ("xlsx", "csv")


def _once(table: str) -> Index:
    """A request that is sent twice is written once."""
    return Index(f"uq_{table}_key", "key", unique=True, **where("key <> ''"))


class Visit(Base):
    """Somebody came to a centre. Written by hand; never deleted: `voided_at` strikes it out, with the reason."""

    __tablename__ = "visits"
    __table_args__ = (one_of("outcome", VISIT_OUTCOMES), Index("ix_visits_of_centre", "centre_id", "at", "id"), _once("visits"))

    id: Mapped[Key] = mapped_column(primary_key=True)
    centre_id: Mapped[Key] = mapped_column(ForeignKey("centres.id"))
    at: Mapped[Time] = mapped_column(index=True)
    visitor_name_enc: Mapped[Sealed] = mapped_column(default="")
    visitor_masked: Mapped[Word] = mapped_column(default="")
    visitor_hash: Mapped[Word] = mapped_column(default="", index=True)
    number_enc: Mapped[Sealed] = mapped_column(default="")
    number_masked: Mapped[Word] = mapped_column(default="")
    number_hash: Mapped[Word] = mapped_column(default="", index=True)
    people: Mapped[int] = mapped_column(default=1)
    service_type: Mapped[Word] = mapped_column(default="")
    category: Mapped[Word] = mapped_column(default="")
    matter: Mapped[Long] = mapped_column(default="")
    outcome: Mapped[Word]
    ticket_number: Mapped[Key] = mapped_column(default="")
    received_by: Mapped[Key]
    """Account of whoever received them."""
    created_at: Mapped[Time]
    key: Mapped[Word] = mapped_column(default="")
    """What the client called this request, with its account: the same one twice is written once."""
    voided_at: Mapped[Time | None]
    voided_by: Mapped[Key] = mapped_column(default="")
    void_reason: Mapped[Long] = mapped_column(default="")


class VillageAdviser(Base):
    """A lawyer who advises a village (一村一法律顾问). Dates are local, `until` empty while they still do."""

    __tablename__ = "village_advisers"
    __table_args__ = (Index("ix_village_advisers_centre_id", "centre_id"),)

    id: Mapped[Key] = mapped_column(primary_key=True)
    centre_id: Mapped[Key] = mapped_column(ForeignKey("centres.id"))
    name: Mapped[Name]
    firm: Mapped[Name] = mapped_column(default="")
    expert_id: Mapped[Key | None] = mapped_column(ForeignKey("experts.id", ondelete="SET NULL"))
    since: Mapped[Word]
    until: Mapped[Word] = mapped_column(default="")


class AdviserEntry(Base):
    """A line of the village advisers' log. `date` is local, minutes count from its midnight."""

    __tablename__ = "adviser_entries"
    __table_args__ = (
        one_of("kind", WORKS),
        CheckConstraint("from_minute >= 0 AND from_minute < to_minute AND to_minute <= 1440", name="minutes"),
        Index("ix_adviser_entries_adviser_id", "adviser_id", "date"),
        Index("ix_adviser_entries_of_centre", "centre_id", "date", "id"),
        _once("adviser_entries"),
    )

    id: Mapped[Key] = mapped_column(primary_key=True)
    adviser_id: Mapped[Key] = mapped_column(ForeignKey("village_advisers.id"))
    centre_id: Mapped[Key] = mapped_column(ForeignKey("centres.id"))
    date: Mapped[Word] = mapped_column(index=True)
    kind: Mapped[Word]
    from_minute: Mapped[int]
    to_minute: Mapped[int]
    topic: Mapped[Long] = mapped_column(default="")
    people: Mapped[int] = mapped_column(default=0)
    late: Mapped[bool] = mapped_column(default=False)
    by: Mapped[Key]
    created_at: Mapped[Time]
    key: Mapped[Word] = mapped_column(default="")
    voided_at: Mapped[Time | None]
    voided_by: Mapped[Key] = mapped_column(default="")
    void_reason: Mapped[Long] = mapped_column(default="")


class Export(Base):
    """A ledger as a file, made by the job `export`. The file lies sealed in parts under `exports_dir`; `columns` and what the
    person may see are decided when it is made. `clear`: names and numbers are in clear."""

    __tablename__ = "exports"
    __table_args__ = (
        one_of("state", EXPORT_STATES),
        one_of("format", FORMATS),
        Index("ix_exports_of_person", "by", "created_at"),
        Index("ix_exports_to_expire", "expires_at", **where("state = 'done'")),
    )

    id: Mapped[Key] = mapped_column(primary_key=True)
    ledger: Mapped[Word]
    format: Mapped[Word]
    filters: Mapped[Json] = mapped_column(default=dict)
    q_enc: Mapped[Sealed] = mapped_column(default="")
    """What was searched for: it may be a name or a number."""
    language: Mapped[Word] = mapped_column(default="zh-CN")
    purpose: Mapped[Long]
    clear: Mapped[bool] = mapped_column(default=False)
    by: Mapped[Key]
    state: Mapped[Word] = mapped_column(default="queued")
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_total: Mapped[int] = mapped_column(default=0)
    parts: Mapped[int] = mapped_column(default=0)
    bytes: Mapped[Count] = mapped_column(default=0)
    sha256: Mapped[Word] = mapped_column(default="")
    error: Mapped[Word] = mapped_column(default="")
    """A code of the catalogue of errors."""
    created_at: Mapped[Time]
    finished_at: Mapped[Time | None]
    expires_at: Mapped[Time | None]
