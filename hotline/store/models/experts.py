"""The experts at the other end of a transfer, and when they are on duty."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.store.models.base import Base, Key, Name, Sealed, Word, Words, one_of

EXPERT_KINDS: Final = ("lawyer", "notary", "appraiser", "mediator", "legal_aid", "duty")


class Expert(Base):
    """A lawyer, notary, appraiser, mediator, legal-aid or duty officer on a plain telephone.

    `phone_enc` is the E.164 number, sealed; `phone_hash` the blind index of its national form. `skills` are skill
    groups of the matter categories (MF, LB, CT, GN, SV …); an expert with GN takes any matter. `trunk` is the carrier
    trunk to dial through; empty means the first one. `stars` 1–5 (founding row F15), 0 = not graded.
    """

    __tablename__ = "experts"
    __table_args__ = (
        one_of("kind", EXPERT_KINDS),
        CheckConstraint("stars BETWEEN 0 AND 5", name="stars"),
    )

    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[Name]
    kind: Mapped[Word]
    firm: Mapped[Name] = mapped_column(default="")
    licence: Mapped[Word] = mapped_column(default="")
    skills: Mapped[Words] = mapped_column(default=list)
    languages: Mapped[Words] = mapped_column(default=list)
    region_code: Mapped[Word] = mapped_column(default="")
    phone_enc: Mapped[Sealed]
    phone_masked: Mapped[Word]
    phone_hash: Mapped[Word] = mapped_column(index=True)
    trunk: Mapped[Word] = mapped_column(default="")
    suspended: Mapped[bool] = mapped_column(default=False)
    max_calls_per_day: Mapped[int] = mapped_column(default=0)
    """0 = no limit."""
    stars: Mapped[int] = mapped_column(default=0)

    shifts: Mapped[list[RosterShift]] = relationship(back_populates="expert", cascade="all, delete-orphan")


class RosterShift(Base):
    """When an expert is on duty, in the bureau's local time (Asia/Shanghai).

    Either `weekday` (0 Monday … 6 Sunday; every week) or `date` (`2026-11-22`; that day only) is set. `from_minute` and
    `to_minute` count from local midnight, 0–1440; a `to_minute` at or below `from_minute` runs past midnight.
    """

    __tablename__ = "roster_shifts"
    __table_args__ = (
        CheckConstraint("(weekday IS NULL) <> (date IS NULL)", name="when"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("from_minute BETWEEN 0 AND 1440 AND to_minute BETWEEN 0 AND 1440", name="minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[Key] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), index=True)
    weekday: Mapped[int | None]
    date: Mapped[Word | None]
    from_minute: Mapped[int]
    to_minute: Mapped[int]

    expert: Mapped[Expert] = relationship(back_populates="shifts")
