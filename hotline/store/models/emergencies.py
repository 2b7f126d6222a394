"""Danger to life: the emergency, what happened to it, and what must still be done."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.core.emergencies import STATES
from hotline.store.models.base import Base, Json, Key, Name, Sealed, Time, Word, Words, one_of

EMERGENCY_TASKS: Final = ("tell_afterwards", "call_back", "unheard")
"""`tell_afterwards`: inform the person (PIPL 18). `call_back`: the line dropped. `unheard`: no supervisor's console showed
it in time, so every agent's did; somebody must say why."""


class Emergency(Base):
    """One emergency of one call; at most one open a call. There is no foreign key to the call: it is raised before the
    archiver has stored anything. `report_enc` is the report form as JSON."""

    __tablename__ = "emergencies"
    __table_args__ = (
        one_of("state", STATES),
        Index(
            "uq_emergencies_open",
            "call_id",
            unique=True,
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
    )

    id: Mapped[Key] = mapped_column(primary_key=True)
    call_id: Mapped[Key] = mapped_column(index=True)
    state: Mapped[Word] = mapped_column(default="raised", index=True)
    source: Mapped[Word] = mapped_column(default="button")
    flags: Mapped[Words] = mapped_column(default=list)
    basis: Mapped[Word] = mapped_column(default="")
    caller_masked: Mapped[Word] = mapped_column(default="")
    region_hint: Mapped[Name] = mapped_column(default="")
    audience: Mapped[Word] = mapped_column(default="supervisors")
    """`supervisors`, or `everyone` when none of them is there or has seen it."""
    helpers: Mapped[Words] = mapped_column(default=list)
    """Agents a supervisor asked to call out 110 or 120."""
    raised_by: Mapped[Key]
    raised_by_agent: Mapped[Key] = mapped_column(default="")
    raised_at: Mapped[Time] = mapped_column(index=True)
    alerted_at: Mapped[Time | None]
    """First console that showed it to somebody else."""
    acknowledged_by: Mapped[Key] = mapped_column(default="")
    acknowledged_at: Mapped[Time | None]
    dispatched_to: Mapped[Words] = mapped_column(default=list)
    dispatched_at: Mapped[Time | None]
    line_lost_at: Mapped[Time | None]
    closed_by: Mapped[Key] = mapped_column(default="")
    closed_at: Mapped[Time | None]
    result: Mapped[Word] = mapped_column(default="")
    report_enc: Mapped[Sealed] = mapped_column(default="")


class EmergencyEvent(Base):
    """What happened to an emergency, in order. `actor` is an account or `system`."""

    __tablename__ = "emergency_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    emergency_id: Mapped[Key] = mapped_column(ForeignKey("emergencies.id"), index=True)
    at: Mapped[Time]
    actor: Mapped[Key]
    name: Mapped[Word]
    data: Mapped[Json] = mapped_column(default=dict)


class EmergencyTask(Base):
    """Something that must still be done about an emergency; stays until a person says that it is done."""

    __tablename__ = "emergency_tasks"
    __table_args__ = (one_of("kind", EMERGENCY_TASKS),)

    id: Mapped[Key] = mapped_column(primary_key=True)
    emergency_id: Mapped[Key] = mapped_column(ForeignKey("emergencies.id"), index=True)
    kind: Mapped[Word]
    state: Mapped[Word] = mapped_column(default="open", index=True)
    created_at: Mapped[Time]
    due_at: Mapped[Time]
    callback_id: Mapped[Key] = mapped_column(default="")
    closed_at: Mapped[Time | None]
    closed_by: Mapped[Key] = mapped_column(default="")
    note: Mapped[Name] = mapped_column(default="")
