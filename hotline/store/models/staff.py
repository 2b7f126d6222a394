"""The staff on the telephone: by which number and PIN they get into their own menu, and where an agent by phone is rung."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Hash, Key, Long, Sealed, Time, Word, one_of

STAFF_KINDS: Final = ("agent", "expert", "clerk")
"""`clerk`: of a physical centre; the id is that of the account."""


class StaffPhone(Base):
    """One person's way into the menu. `id` is the agent's, expert's or account's own.

    `number` is the staff number, keyed by whoever calls from an unknown telephone. `phone_enc` is an agent's or
    clerk's own plain telephone (E.164, sealed), to which calls may be sent; an expert's numbers stand with the expert.
    `pin_hash` is argon2id. `failed` counts attempts since the last right one; the row is locked until `locked_until`
    (Unix time).
    """

    __tablename__ = "staff_phones"
    __table_args__ = (one_of("kind", STAFF_KINDS),)

    id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    number: Mapped[Word] = mapped_column(unique=True)
    phone_enc: Mapped[Sealed] = mapped_column(default="")
    phone_masked: Mapped[Word] = mapped_column(default="")
    phone_hash: Mapped[Hash] = mapped_column(default="", index=True)
    trunk: Mapped[Word] = mapped_column(default="")
    """Carrier trunk to ring through; empty: the caller's own, else the first."""
    pin_hash: Mapped[Long]
    failed: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[Time | None]
    updated_at: Mapped[Time]
