"""Calls as folded from their facts, and the facts themselves."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Count, Json, Key, Name, Sealed, Seconds, Time, Word, one_of

CALL_STATES: Final = ("live", "closed")
OUTCOMES: Final = ("ticket", "consultation", "callback", "attempt", "staff")
"""`attempt`: we called, and the person talked with nobody; the task behind it knows how it goes on."""


class Call(Base):
    """One caller's whole visit. `caller_enc` is sealed under `call.caller:<call_id>`. Rows are made and changed by the
    archiver only (folded from `call_facts`), but for `outcome`, `finished_at` and `form_incomplete`, which belong to
    the after-call job."""

    __tablename__ = "calls"
    __table_args__ = (one_of("state", CALL_STATES), Index("ix_calls_arrived_at_call_id", "arrived_at", "call_id"))

    call_id: Mapped[Key] = mapped_column(primary_key=True)
    state: Mapped[Word] = mapped_column(default="live", index=True)
    direction: Mapped[Word] = mapped_column(default="inbound")
    """`inbound`, or `outbound`: we called; then `caller_*` is the person called."""
    task_id: Mapped[Key | None] = mapped_column(index=True)
    """Of an outbound call: the task it was made for."""
    trunk: Mapped[Word] = mapped_column(default="")
    called: Mapped[Word] = mapped_column(default="")
    caller_enc: Mapped[Sealed] = mapped_column(default="")
    caller_masked: Mapped[Word] = mapped_column(default="")
    caller_hash: Mapped[Word] = mapped_column(default="", index=True)
    region_hint: Mapped[Name] = mapped_column(default="")
    flow: Mapped[Word] = mapped_column(default="")
    flow_version: Mapped[Word] = mapped_column(default="")
    worker: Mapped[Word] = mapped_column(default="")

    arrived_at: Mapped[Time]
    answered_at: Mapped[Time | None]
    queued_at: Mapped[Time | None]
    """First time in the queue: the start of the wait."""
    agent_connected_at: Mapped[Time | None]
    """First agent heard."""
    ended_at: Mapped[Time | None]

    queue: Mapped[Word] = mapped_column(default="")
    priority: Mapped[int] = mapped_column(default=3)
    language: Mapped[Word] = mapped_column(default="")

    cause: Mapped[Word] = mapped_column(default="")
    ended_by: Mapped[Word] = mapped_column(default="")
    hours: Mapped[Word] = mapped_column(default="")
    """How the line stood when the flow asked: `open`, `closed`, `holiday`; empty when it did not."""
    phase: Mapped[Word] = mapped_column(default="")
    """Phase in which the call ended, or is."""
    sip_code: Mapped[int] = mapped_column(default=0)
    answered: Mapped[bool] = mapped_column(default=False)

    agent_id: Mapped[Key | None] = mapped_column(index=True)
    """The agent who talked (the last one, where there were several)."""
    first_agent_id: Mapped[Key | None]
    """The first agent who talked: the caller is theirs to see through (first receiver), whoever they were handed to."""
    expert_id: Mapped[Key | None]
    """The expert who talked (the last one)."""
    rating: Mapped[int | None]
    rating_outcome: Mapped[Word] = mapped_column(default="")
    """`rated`, or why not: what the conversation reported, `not_offered` when a human was reached and nothing asked."""

    wait_seconds: Mapped[Seconds] = mapped_column(default=0.0)
    """From the queue (first time) to the first agent, or to the end."""
    talk_seconds: Mapped[Seconds] = mapped_column(default=0.0)
    """Sum of the talks."""
    hold_seconds: Mapped[Seconds] = mapped_column(default=0.0)
    transferred: Mapped[bool] = mapped_column(default=False)
    """Handed on: somebody else went on with the caller."""
    consultation_over: Mapped[bool] = mapped_column(default=False)
    """A talk ended by itself, before any failure: what was asked was answered."""

    outcome: Mapped[Word | None]
    """`ticket`, `consultation`, `callback` `attempt` or `staff` (nothing), once the after-call job has decided."""
    finished_at: Mapped[Time | None]
    form_incomplete: Mapped[bool] = mapped_column(default=False)


class CallFact(Base):
    """One fact as it came from the journal or the stream: append-only, the source of every row in this file."""

    __tablename__ = "call_facts"
    __table_args__ = (
        UniqueConstraint("call_id", "source", "epoch", "seq"),
        Index("ix_call_facts_name_at", "name", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[Key]
    source: Mapped[Word]
    epoch: Mapped[Count]
    seq: Mapped[Count]
    name: Mapped[Word]
    at: Mapped[Time]
    data: Mapped[Json]
    stored_at: Mapped[Time]


class Talk(Base):
    """Caller and one human heard each other from `started_at` to `ended_at` (null while it lasts). `role`: `main`, or a third
    person's `consult` or `conference` beside a main talk, which does not count as talk time."""

    __tablename__ = "talks"
    __table_args__ = (one_of("person_kind", ("agent", "expert", "party")), Index("ix_talks_person", "person_kind", "person_id"))

    talk_id: Mapped[Key] = mapped_column(primary_key=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), index=True)
    person_kind: Mapped[Word]
    person_id: Mapped[Key]
    started_at: Mapped[Time]
    ended_at: Mapped[Time | None]
    ended_by: Mapped[Word] = mapped_column(default="")
    role: Mapped[Word] = mapped_column(default="main")
