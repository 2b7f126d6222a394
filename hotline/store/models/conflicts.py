"""Conflicts of interest: what experts have declared, and whom they and their firms have advised, as blind hashes."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Key, Name, Sealed, Time, Word, one_of

INTEREST_KINDS: Final = ("client", "avoid")
SIDES: Final = ("client", "opponent", "avoid")


class ExpertInterest(Base):
    """A declared interest: `client` whom the expert (and so the firm) represents, or a party or matter the expert must
    `avoid`. The party's name is sealed; the hashes stand in :class:`ConflictMark`."""

    __tablename__ = "expert_interests"
    __table_args__ = (one_of("kind", INTEREST_KINDS),)

    id: Mapped[Key] = mapped_column(primary_key=True)
    expert_id: Mapped[Key] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[Word]
    party_enc: Mapped[Sealed] = mapped_column(default="")
    """Empty where only hashes are known: declared by key 3 on the telephone."""
    party_masked: Mapped[Name] = mapped_column(default="")
    note: Mapped[Name] = mapped_column(default="")
    source: Mapped[Word] = mapped_column(default="console")
    """`console` or `key`."""
    call_id: Mapped[Key] = mapped_column(default="")
    declared_at: Mapped[Time]
    declared_by: Mapped[Key]
    revoked_at: Mapped[Time | None]
    revoked_by: Mapped[Key] = mapped_column(default="")


class ConflictMark(Base):
    """One party an expert has to do with, as a keyed hash of the normalised name, ID number or telephone number.

    `side`: `client` was advised or is represented, `opponent` was on the other side of a client, `avoid` is declared.
    From a call (`call_id`) or a declaration (`interest_id`). Append and delete only; routing reads new rows by `id`.
    """

    __tablename__ = "conflict_marks"
    __table_args__ = (
        one_of("side", SIDES),
        UniqueConstraint("hash", "expert_id", "side", "call_id", "interest_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[Key] = mapped_column(index=True)
    firm_id: Mapped[Key] = mapped_column(default="")
    """The firm at that time: what was advised there binds the firm when the expert has left it."""
    side: Mapped[Word]
    hash: Mapped[Word]
    call_id: Mapped[Key] = mapped_column(default="", index=True)
    interest_id: Mapped[Key] = mapped_column(default="", index=True)
    at: Mapped[Time] = mapped_column(index=True)
