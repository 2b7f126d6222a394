"""Notices: what somebody of the house has to hear, in the console."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Json, Key, Time, Word


class Notice(Base):
    """One thing to be heard, once for each cause: `key` is `warning:<id>`, `supervision:<id>`, `letter:<id>:<round>` and the
    like. `data` holds codes and times, nothing of the caller."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    number: Mapped[Key | None] = mapped_column(ForeignKey("tickets.number"), index=True)
    kind: Mapped[Word]
    level: Mapped[Word] = mapped_column(default="")
    to_whom: Mapped[Word] = mapped_column(default="")
    data: Mapped[Json] = mapped_column(default=dict)
    at: Mapped[Time]


class NoticeReader(Base):
    """Whose notice it is, and when they read it."""

    __tablename__ = "notice_readers"
    __table_args__ = (Index("ix_notice_readers_of_account", "account_id", "read_at", "notice_id"),)

    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    account_id: Mapped[Key] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    read_at: Mapped[Time | None]
