"""What a call becomes: a ticket, a closed consultation, or a call-back task (`tasks.py`). Exactly one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from hotline.core.tickets.table import STATES
from hotline.store.models.base import Base, Hash, Json, Key, Long, Sealed, Time, Word, Words, one_of, where

TICKET_STATES: Final = STATES
TICKET_SOURCES: Final = ("call", "message")
Terms = Annotated[str, mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))]
"""Words to search by (:mod:`hotline.core.tickets.words`), a space before and after each."""


class Ticket(Base):
    """One matter handed on to a centre. `number` can be read out: `20261122-0001-22` (local date, count of the day, two
    check digits by ISO 7064 MOD 97-10). `centre_id` owns it, or, in a house without any centre, the desk does."""

    __tablename__ = "tickets"
    __table_args__ = (
        one_of("state", TICKET_STATES),
        one_of("source", TICKET_SOURCES),
        # Only what still runs has a deadline: these hold the open tickets, in the order of the list.
        Index("ix_tickets_by_deadline", "due_at", "number", **where("due_at IS NOT NULL")),
        Index("ix_tickets_of_centre", "centre_id", "due_at", "number", **where("due_at IS NOT NULL")),
        Index("ix_tickets_of_state", "state", "number"),
        Index("ix_tickets_offered_to", "offered_to", **where("offered_to <> ''")),
        Index("ix_tickets_offered_centre", "offered_centre", **where("offered_centre <> ''")),
        Index("ix_tickets_offered_until", "offered_until", **where("offered_until IS NOT NULL")),
        Index("ix_tickets_words", "words", postgresql_using="gin"),
    )

    number: Mapped[Key] = mapped_column(primary_key=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), unique=True)
    state: Mapped[Word] = mapped_column(default="registered")
    version: Mapped[int] = mapped_column(default=1)
    """Counts the acts: whoever acts says which one they saw. 0: from before there were acts, not yet brought over."""
    seq: Mapped[int] = mapped_column(default=0)
    """Of the last event."""
    head: Mapped[Hash] = mapped_column(default="")
    """Hash of the last event."""
    centre_id: Mapped[Key | None] = mapped_column(ForeignKey("centres.id"), index=True)
    assigned_by: Mapped[Key] = mapped_column(default="")
    """The centre that sent it where it is; empty: the rules, or the desk."""
    handler_id: Mapped[Key] = mapped_column(default="")
    """Account of whoever signed it last."""
    keeper_id: Mapped[Key] = mapped_column(default="")
    """Account of whoever answers for it now: the first receiver, then who signed it, then who accepted a hand-over."""
    offered_by: Mapped[Key] = mapped_column(default="")
    """Who offers to hand it over; empty: nobody does."""
    offered_to: Mapped[Key] = mapped_column(default="")
    """The person it is offered to; empty: anybody at `offered_centre`."""
    offered_centre: Mapped[Key] = mapped_column(default="")
    offered_until: Mapped[Time | None]
    dispatch_reason: Mapped[Long] = mapped_column(default="")
    region_code: Mapped[Word] = mapped_column(default="")
    service_type: Mapped[Word] = mapped_column(default="")
    category: Mapped[Word] = mapped_column(default="")
    disposition: Mapped[Word] = mapped_column(default="")
    priority: Mapped[int] = mapped_column(default=3)
    language: Mapped[Word] = mapped_column(default="")
    """Of the caller (`languages.csv`): as noted at the desk, else as chosen in the phone menu. Empty: not known."""
    caller_groups: Mapped[Words] = mapped_column(default=list)
    risk_flags: Mapped[Words] = mapped_column(default=list)
    summary: Mapped[Long] = mapped_column(default="")
    request: Mapped[Long] = mapped_column(default="")
    caller_name_enc: Mapped[Sealed] = mapped_column(default="")
    caller_name_hash: Mapped[Word] = mapped_column(default="", index=True)
    caller_number_enc: Mapped[Sealed] = mapped_column(default="")
    caller_number_masked: Mapped[Word] = mapped_column(default="")
    caller_number_hash: Mapped[Word] = mapped_column(default="", index=True)
    address_enc: Mapped[Sealed] = mapped_column(default="")
    id_number_enc: Mapped[Sealed] = mapped_column(default="")
    opposing_party_enc: Mapped[Sealed] = mapped_column(default="")
    words: Mapped[Terms] = mapped_column(default=" ", deferred=True)
    agent_id: Mapped[Key | None]
    """First receiver: theirs to see through until somebody accepted it."""
    form_incomplete: Mapped[bool] = mapped_column(default=False)
    source: Mapped[Word] = mapped_column(default="call")
    """`call`: written at the desk; `message`: a voice message."""
    code: Mapped[Word] = mapped_column(default="")
    """Six digits printed on its slip."""
    clock: Mapped[Word] = mapped_column(default="")
    """Rule of `ticket_clocks.csv` that `due_at` comes from."""
    due_at: Mapped[Time | None]
    """The earliest of its running limits; none once nothing is owed, and while it is suspended."""
    provisional: Mapped[bool] = mapped_column(default=False)
    if TYPE_CHECKING:
        level: Mapped[str]
        """The worst warning given and still true: `yellow`, `orange`, `red`; asked of its limits (`models/tickets.py`)."""
    resume_to: Mapped[Word] = mapped_column(default="")
    objections: Mapped[int] = mapped_column(default=0)
    final: Mapped[bool] = mapped_column(default=False)
    """An adjudicator has decided where it belongs."""
    papers_asked: Mapped[bool] = mapped_column(default=False)
    materials: Mapped[Words] = mapped_column(default=list)
    """What the caller was told, once, is missing."""
    extensions: Mapped[int] = mapped_column(default=0)
    extension_asked: Mapped[int] = mapped_column(default=0)
    extension_asked_by: Mapped[Key] = mapped_column(default="")
    supervised: Mapped[bool] = mapped_column(default=False)
    reported: Mapped[bool] = mapped_column(default=False)
    guarded: Mapped[bool] = mapped_column(default=False)
    """Not everybody who could see it may: it is confidential, or hidden from somebody."""
    secret: Mapped[Word] = mapped_column(default="")
    """Why it is confidential."""
    complaint: Mapped[Word] = mapped_column(default="")
    """How far a complaint has come (`hotline.core.tickets.complaints.STAGES`)."""
    merged_into: Mapped[Key] = mapped_column(default="")
    repeat_of: Mapped[Key] = mapped_column(default="")
    """An open ticket of the same number and matter within 30 days."""
    repeats: Mapped[int] = mapped_column(default=0)
    """Further calls about it: each counts, whether it became a ticket of its own or was answered with the progress."""
    result: Mapped[Long] = mapped_column(default="")
    route: Mapped[Long] = mapped_column(default="")
    """Where a declined matter belongs."""
    created_at: Mapped[Time] = mapped_column(index=True)
    updated_at: Mapped[Time]


class TicketEvent(Base):
    """What happened to a ticket: who, when, why, from which state to which. `seq` counts from 1 without a gap, `hash` is the
    SHA-256 over the row and the hash before it: an edited or removed row breaks the chain."""

    __tablename__ = "ticket_events"
    __table_args__ = (
        UniqueConstraint("number", "seq"),
        Index("uq_ticket_events_once", "actor", "key", unique=True, **where("key <> ''")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"))
    seq: Mapped[int] = mapped_column(default=1)
    at: Mapped[Time]
    actor: Mapped[Key]
    """Account, agent, or `system`."""
    name: Mapped[Word]
    from_state: Mapped[Word] = mapped_column(default="")
    to_state: Mapped[Word] = mapped_column(default="")
    why: Mapped[Long] = mapped_column(default="")
    data: Mapped[Json] = mapped_column(default=dict)
    key: Mapped[Word] = mapped_column(default="")
    """What the client called this request: the same one twice is done once."""
    hash: Mapped[Hash] = mapped_column(default="")


class TicketCounter(Base):
    """Last ticket number given on a local day (`20261122`)."""

    __tablename__ = "ticket_counters"

    day: Mapped[Word] = mapped_column(primary_key=True)
    last: Mapped[int]


class Consultation(Base):
    """A call that was settled on the spot: closed, nothing more to do."""

    __tablename__ = "consultations"

    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), primary_key=True)
    agent_id: Mapped[Key | None] = mapped_column(index=True)
    expert_id: Mapped[Key | None] = mapped_column(index=True)
    region_code: Mapped[Word] = mapped_column(default="")
    service_type: Mapped[Word] = mapped_column(default="")
    category: Mapped[Word] = mapped_column(default="")
    disposition: Mapped[Word] = mapped_column(default="")
    form_incomplete: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[Time] = mapped_column(index=True)
