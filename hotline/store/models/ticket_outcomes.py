"""What is owed once a ticket is done, and who must not see it: tasks, complaints, grants, safe contact, avoidance."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from hotline.core.tickets.complaints import KINDS as ACCUSED_KINDS
from hotline.core.tickets.followups import STATES, TASKS
from hotline.store.models.base import Base, Hash, Json, Key, Long, Sealed, Time, Word, Words, one_of, where

HIDDEN_WHY: Final = ("complaint", "avoidance")


class TicketTask(Base):
    """One thing owed: telling the result, the follow-up call, the quality follow-up, putting a bad rating right, the report of
    a minor at risk (:mod:`hotline.core.tickets.followups`). Its limit is a clock of the ticket; a bad rating of a call that has
    no ticket counts by itself (`due_at`). One open task of a kind a ticket, one for the rating of a call."""

    __tablename__ = "ticket_tasks"
    __table_args__ = (
        one_of("state", STATES),
        one_of("kind", TASKS),
        Index("uq_ticket_tasks_open", "number", "kind", unique=True, **where("state = 'open' AND number IS NOT NULL")),
        Index("uq_ticket_tasks_of_call", "call_id", "kind", unique=True, **where("number IS NULL")),
        Index("ix_ticket_tasks_open", "kind", "number", **where("state = 'open'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Key | None] = mapped_column(ForeignKey("tickets.number"), index=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), index=True)
    kind: Mapped[Word]
    state: Mapped[Word] = mapped_column(default="open")
    clock_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_clocks.id"))
    due_at: Mapped[Time | None]
    """Only without a ticket."""
    created_at: Mapped[Time]
    claimed_by: Mapped[Key] = mapped_column(default="")
    claimed_at: Mapped[Time | None]
    tries: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[Time | None]
    outcome: Mapped[Word] = mapped_column(default="")
    """Of the last try."""
    dial_task: Mapped[Key] = mapped_column(default="", index=True)
    """The call-back task that dials for it."""
    about_kind: Mapped[Word] = mapped_column(default="")
    about_id: Mapped[Key] = mapped_column(default="")
    """Who was rated badly: `agent` or `expert`, or the ticket's handler (`account`)."""
    score: Mapped[int] = mapped_column(default=0)
    answers: Mapped[Json] = mapped_column(default=dict)
    text: Mapped[Long] = mapped_column(default="")
    cause: Mapped[Long] = mapped_column(default="")
    fix: Mapped[Long] = mapped_column(default="")
    done_by: Mapped[Key] = mapped_column(default="")
    done_at: Mapped[Time | None]


class TicketComplaint(Base):
    """Whom a ticket complains about, and who has had a say in it."""

    __tablename__ = "ticket_complaints"
    __table_args__ = (one_of("kind", ACCUSED_KINDS),)

    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), primary_key=True)
    kind: Mapped[Word]
    accused_id: Mapped[Key]
    centre_id: Mapped[Key] = mapped_column(default="")
    """The unit that is accused, or the accused person's own."""
    opened_by: Mapped[Key]
    opened_at: Mapped[Time]
    reported_by: Mapped[Key] = mapped_column(default="")
    opined_by: Mapped[Key] = mapped_column(default="")
    decided_by: Mapped[Key] = mapped_column(default="")
    decided_at: Mapped[Time | None]
    outcome: Mapped[Word] = mapped_column(default="")


class TicketHidden(Base):
    """This person (account, seat or expert) or this centre does not see the ticket, whatever else would let them."""

    __tablename__ = "ticket_hidden"
    __table_args__ = (one_of("why", HIDDEN_WHY),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), index=True)
    person_id: Mapped[Key] = mapped_column(default="")
    centre_id: Mapped[Key] = mapped_column(default="")
    why: Mapped[Word]
    at: Mapped[Time]


class TicketAvoidance(Base):
    """回避: whose, at whose request, and what another decided. `granted` is null while nobody has."""

    __tablename__ = "ticket_avoidances"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), index=True)
    person_id: Mapped[Key]
    side: Mapped[Word]
    why: Mapped[Long]
    asked_by: Mapped[Key]
    at: Mapped[Time]
    granted: Mapped[bool | None]
    decided_by: Mapped[Key] = mapped_column(default="")
    decided_at: Mapped[Time | None]
    decided_why: Mapped[Long] = mapped_column(default="")


class TicketGrant(Base):
    """This account may see a confidential ticket, its caller's data too, by another's explicit decision."""

    __tablename__ = "ticket_grants"

    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), primary_key=True)
    account_id: Mapped[Key] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)
    by: Mapped[Key]
    at: Mapped[Time]
    why: Mapped[Long]
    ended_at: Mapped[Time | None]


class TicketSafety(Base):
    """How a ticket's person may be reached without danger. `contact_enc`: another number than their own, `note_enc`: whom to
    ask for and what not to say. `caller_hash`: of their own number, so that whoever is about to call it finds this."""

    __tablename__ = "ticket_safety"

    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), primary_key=True)
    contact_enc: Mapped[Sealed] = mapped_column(default="")
    contact_masked: Mapped[Word] = mapped_column(default="")
    contact_hash: Mapped[Hash] = mapped_column(default="", index=True)
    caller_hash: Mapped[Hash] = mapped_column(default="", index=True)
    ways: Mapped[Words] = mapped_column(default=list)
    windows: Mapped[Words] = mapped_column(default=list)
    note_enc: Mapped[Sealed] = mapped_column(default="")
    by: Mapped[Key]
    at: Mapped[Time]
