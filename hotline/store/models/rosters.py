"""When experts are on duty, and how that is changed for a day."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.store.models.base import Base, Key, Long, Name, Time, Word, one_of
from hotline.store.models.experts import Expert

REQUEST_KINDS: Final = ("swap", "substitute", "absence")
REQUEST_STATES: Final = ("asked", "agreed", "in_force", "declined", "cancelled")
EFFECTS: Final = ("on", "off")


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


class RosterException(Base):
    """What a swap, a substitute or an absence changes on one day: `off` takes the minutes out of the expert's shifts, `on`
    adds them."""

    __tablename__ = "roster_exceptions"
    __table_args__ = (one_of("effect", EFFECTS),)

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[Key] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), index=True)
    date: Mapped[Word] = mapped_column(index=True)
    from_minute: Mapped[int]
    to_minute: Mapped[int]
    effect: Mapped[Word]
    request_id: Mapped[Key] = mapped_column(default="", index=True)

    expert: Mapped[Expert] = relationship(back_populates="exceptions")


class RosterRequest(Base):
    """A swap (`other_id` takes this duty, `expert_id` takes theirs), a substitute (`other_id` takes it), or an absence.

    `asked` → `agreed` (the other said yes; an approval is still wanted) → `in_force`; or `declined`, `cancelled`. `late`:
    told less than the working days ahead that the rules ask, so a supervisor must approve. Dates and minutes as in
    :class:`RosterShift`.
    """

    __tablename__ = "roster_requests"
    __table_args__ = (one_of("kind", REQUEST_KINDS), one_of("state", REQUEST_STATES))

    id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    expert_id: Mapped[Key] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), index=True)
    date: Mapped[Word]
    from_minute: Mapped[int]
    to_minute: Mapped[int]
    other_id: Mapped[Key | None] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), index=True)
    other_date: Mapped[Word] = mapped_column(default="")
    other_from: Mapped[int] = mapped_column(default=0)
    other_to: Mapped[int] = mapped_column(default=0)
    reason: Mapped[Long] = mapped_column(default="")
    late: Mapped[bool] = mapped_column(default=False)
    provisional: Mapped[bool] = mapped_column(default=False)
    """The working days were counted without the year's official calendar."""
    state: Mapped[Word] = mapped_column(default="asked")
    created_at: Mapped[Time]
    created_by: Mapped[Key]
    agreed_at: Mapped[Time | None]
    agreed_by: Mapped[Key] = mapped_column(default="")
    decided_at: Mapped[Time | None]
    decided_by: Mapped[Key] = mapped_column(default="")
    decision: Mapped[Name] = mapped_column(default="")
    """What the supervisor noted."""
