"""The experts at the other end of a transfer, their firms, telephones and cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.store.models.base import Base, Key, Long, Name, Sealed, Time, Word, Words, one_of

if TYPE_CHECKING:
    from hotline.store.models.rosters import RosterException, RosterShift

EXPERT_KINDS: Final = ("lawyer", "notary", "appraiser", "mediator", "legal_aid", "duty")
FIRM_KINDS: Final = ("law_firm", "notary_office", "appraisal", "mediation", "legal_aid", "bureau", "other")
PRESENCES: Final = ("on_roster", "away", "available")
CARD_COLOURS: Final = ("yellow", "red")


class Firm(Base):
    """A law firm, notary office or other house that experts come from. What one of its people has advised binds all of
    them (Lawyers Law, art. 39)."""

    __tablename__ = "firms"
    __table_args__ = (one_of("kind", FIRM_KINDS),)

    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[Name] = mapped_column(unique=True)
    kind: Mapped[Word]
    licence: Mapped[Word] = mapped_column(default="")
    region_code: Mapped[Word] = mapped_column(default="")
    note: Mapped[Name] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)


class Expert(Base):
    """A lawyer, notary, appraiser, mediator, legal-aid or duty officer on a plain telephone.

    `phone_enc` is the first E.164 number, sealed; `phone_hash` the blind index of its national form; further numbers
    stand in `phones`. `skills` are skill groups of the matter categories (MF, LB, CT, GN, SV …); an expert with GN takes any
    matter. `region_code` is the first region they serve, `regions` all further ones. `trunk` is the carrier trunk to dial
    through; empty means the first one. `stars` 1–5 (founding row F15), 0 = not graded.

    `firm_id` has no foreign key in the database: SQLite cannot add one to a table that others refer to.
    """

    __tablename__ = "experts"
    __table_args__ = (
        one_of("kind", EXPERT_KINDS),
        CheckConstraint("stars BETWEEN 0 AND 5", name="stars"),
    )

    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[Name]
    kind: Mapped[Word]
    firm_id: Mapped[Key | None] = mapped_column(index=True)
    licence: Mapped[Word] = mapped_column(default="")
    skills: Mapped[Words] = mapped_column(default=list)
    languages: Mapped[Words] = mapped_column(default=list)
    region_code: Mapped[Word] = mapped_column(default="")
    regions: Mapped[Words] = mapped_column(default=list)
    phone_enc: Mapped[Sealed]
    phone_masked: Mapped[Word]
    phone_hash: Mapped[Word] = mapped_column(index=True)
    trunk: Mapped[Word] = mapped_column(default="")
    hours_from: Mapped[int] = mapped_column(default=0)
    """Not called before this minute of the day, nor after `hours_to`, whatever the roster says; 0 and 1440: any time."""
    hours_to: Mapped[int] = mapped_column(default=1440)
    suspended: Mapped[bool] = mapped_column(default=False)
    """Suspended, from `suspended_from` (null: at once) to `suspended_to` (null: until further notice)."""
    suspended_from: Mapped[Time | None]
    suspended_to: Mapped[Time | None]
    suspended_reason: Mapped[Name] = mapped_column(default="")
    presence: Mapped[Word] = mapped_column(default="on_roster")
    """`on_roster`; `away` or `available` by their own word until `presence_until` (null: until changed)."""
    presence_until: Mapped[Time | None]
    max_calls_per_day: Mapped[int] = mapped_column(default=0)
    """0 = no limit."""
    stars: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    """False: has left the pool; kept for the records."""

    house: Mapped[Firm | None] = relationship(
        primaryjoin="foreign(Expert.firm_id) == Firm.id", lazy="joined", viewonly=True, innerjoin=False
    )
    phones: Mapped[list[ExpertPhone]] = relationship(
        back_populates="expert", cascade="all, delete-orphan", order_by="ExpertPhone.position"
    )
    cards: Mapped[list[ExpertCard]] = relationship(back_populates="expert", cascade="all, delete-orphan")
    shifts: Mapped[list[RosterShift]] = relationship(back_populates="expert", cascade="all, delete-orphan")
    exceptions: Mapped[list[RosterException]] = relationship(back_populates="expert", cascade="all, delete-orphan")

    @property
    def firm(self) -> str:
        """Name of the firm, `` without one."""
        return self.house.name if self.house is not None else ""


class ExpertPhone(Base):
    """A further number of an expert, dialled when the one before it is out of order. Sealed under the same context as the
    first, because the conversation knows the expert's id only."""

    __tablename__ = "expert_phones"
    __table_args__ = (UniqueConstraint("expert_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[Key] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"))
    position: Mapped[int]
    """2 and up: the first number stands with the expert."""
    phone_enc: Mapped[Sealed]
    phone_masked: Mapped[Word]
    phone_hash: Mapped[Word] = mapped_column(index=True)

    expert: Mapped[Expert] = relationship(back_populates="phones")


class ExpertCard(Base):
    """A yellow or red card (founding row F15). A red card that is not lifted bars every offer. `objection` is the
    expert's own."""

    __tablename__ = "expert_cards"
    __table_args__ = (one_of("colour", CARD_COLOURS),)

    id: Mapped[Key] = mapped_column(primary_key=True)
    expert_id: Mapped[Key] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), index=True)
    colour: Mapped[Word]
    reason: Mapped[Long]
    given_at: Mapped[Time]
    given_by: Mapped[Key]
    objection: Mapped[Long] = mapped_column(default="")
    objection_at: Mapped[Time | None]
    objection_by: Mapped[Key] = mapped_column(default="")
    lifted_at: Mapped[Time | None]
    lifted_by: Mapped[Key] = mapped_column(default="")
    lift_reason: Mapped[Long] = mapped_column(default="")

    expert: Mapped[Expert] = relationship(back_populates="cards")
