"""Centres without a computer: which ticket is read out to which clerk by telephone, and what came of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Hash, Key, Time, Word, one_of, where

VILLAGE_STATES: Final = ("waiting", "answered", "left", "unreached")
"""`waiting`: to be read out. `answered`: signed or sent back by its clerk. `left`: the ticket went another way (signed in the
browser, taken away, withdrawn). `unreached`: nobody was to be had, and the centre above was told."""


class VillageCall(Base):
    """One assignment of a ticket (`seq`: of the event that assigned it) to a centre by phone. `task_id`: the calls for it,
    shared with what else waits for the same telephone, so one ticket is in one call at most."""

    __tablename__ = "village_calls"
    __table_args__ = (
        one_of("state", VILLAGE_STATES),
        UniqueConstraint("number", "seq"),
        Index("uq_village_calls_waiting", "number", unique=True, **where("state = 'waiting'")),
        Index("ix_village_calls_state", "state", "centre_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"))
    seq: Mapped[int]
    centre_id: Mapped[Key]
    clerk_id: Mapped[Key] = mapped_column(default="")
    task_id: Mapped[Key | None] = mapped_column(ForeignKey("callback_tasks.id"))
    state: Mapped[Word] = mapped_column(default="waiting")
    rounds: Mapped[int] = mapped_column(default=0)
    """Calls that were answered and settled nothing."""
    told: Mapped[Key] = mapped_column(default="")
    """Of an unreached one: the centre that was told."""
    created_at: Mapped[Time]
    ended_at: Mapped[Time | None]


class ProgressTry(Base):
    """Wrong codes for one ticket number (keyed hash of what was asked for, whether there is such a ticket or not)."""

    __tablename__ = "progress_tries"

    asked_hash: Mapped[Hash] = mapped_column(primary_key=True)
    wrong: Mapped[int] = mapped_column(default=0)
    since: Mapped[Time] = mapped_column(index=True)
