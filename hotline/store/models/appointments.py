"""Appointments: when a centre has time, and who has taken which slot."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from hotline.core.appointments.model import KINDS, STATES
from hotline.store.models.base import Base, Key, Long, Time, Word, one_of, where

APPOINTMENT_KINDS: Final = KINDS
APPOINTMENT_STATES: Final = STATES


class AppointmentPlan(Base):
    """Slots that come every week: on `weekdays` (0 Monday), from `from_minute` to `to_minute` after midnight, `places` at a
    time. `account_id`: one person's; empty: whoever is there. `kinds`: what may be booked in it."""

    __tablename__ = "appointment_plans"

    id: Mapped[Key] = mapped_column(primary_key=True)
    centre_id: Mapped[Key] = mapped_column(ForeignKey("centres.id"), index=True)
    account_id: Mapped[Key] = mapped_column(default="")
    kinds: Mapped[list[Any]] = mapped_column(JSON, default=list)
    weekdays: Mapped[list[Any]] = mapped_column(JSON, default=list)
    from_minute: Mapped[int]
    to_minute: Mapped[int]
    slot_minutes: Mapped[int]
    places: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)


class Appointment(Base):
    """One place of one slot, for one ticket. The unique indexes are what keeps two from taking the same: a place, a ticket's
    only open appointment, and a person's time."""

    __tablename__ = "appointments"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", STATES),
        Index("uq_appointments_place", "plan_id", "starts_at", "place", unique=True, **where("state = 'booked'")),
        Index("uq_appointments_number", "number", unique=True, **where("state = 'booked'")),
        Index(
            "uq_appointments_person", "account_id", "starts_at", unique=True, **where("state = 'booked' AND account_id <> ''")
        ),
        Index("ix_appointments_of_centre", "centre_id", "starts_at"),
    )

    id: Mapped[Key] = mapped_column(primary_key=True)
    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), index=True)
    plan_id: Mapped[Key] = mapped_column(ForeignKey("appointment_plans.id"))
    centre_id: Mapped[Key] = mapped_column(ForeignKey("centres.id"))
    account_id: Mapped[Key] = mapped_column(default="")
    kind: Mapped[Word]
    starts_at: Mapped[Time]
    ends_at: Mapped[Time]
    place: Mapped[int] = mapped_column(default=1)
    state: Mapped[Word] = mapped_column(default="booked")
    by: Mapped[Key]
    """Account, or `caller`: from the progress page."""
    reason: Mapped[Long] = mapped_column(default="")
    moved_to: Mapped[Key] = mapped_column(default="")
    ended_by: Mapped[Key] = mapped_column(default="")
    told: Mapped[Word] = mapped_column(default="")
    """How the caller was told of a change that was not theirs: `task` (somebody calls), `letter`; empty: nothing to tell."""
    task_id: Mapped[Key] = mapped_column(default="")
    """Of a call-back: the task that stands behind it when its time has come."""
    reminded_at: Mapped[Time | None]
    created_at: Mapped[Time]
    updated_at: Mapped[Time]
