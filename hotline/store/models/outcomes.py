"""What a call becomes: a ticket, a closed consultation, or a call-back task. Exactly one of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Json, Key, Long, Sealed, Time, Word, Words, one_of

TICKET_STATES: Final = (
    "registered",  # 登记
    "accepted",  # 受理
    "to_complete",  # 补正
    "declined",  # 不予受理
    "assigned",  # 分派
    "signed",  # 签收
    "handling",  # 办理
    "done",  # 办结
    "told",  # 告知
    "followed_up",  # 回访
    "archived",  # 归档
)
CALLBACK_STATES: Final = ("open", "done", "given_up", "no_number")
"""`no_number`: the caller withheld it, so nobody can be called; kept so that the loss is counted."""


class Ticket(Base):
    """One matter handed on to a centre. `number` can be read out: `20261122-0001-22` (local date, count of the day, two
    check digits by ISO 7064 MOD 97-10)."""

    __tablename__ = "tickets"
    __table_args__ = (one_of("state", TICKET_STATES),)

    number: Mapped[Key] = mapped_column(primary_key=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), unique=True)
    state: Mapped[Word] = mapped_column(default="registered", index=True)
    centre_id: Mapped[Key | None] = mapped_column(ForeignKey("centres.id"), index=True)
    dispatch_reason: Mapped[Long] = mapped_column(default="")
    region_code: Mapped[Word] = mapped_column(default="")
    service_type: Mapped[Word] = mapped_column(default="")
    category: Mapped[Word] = mapped_column(default="")
    disposition: Mapped[Word] = mapped_column(default="")
    priority: Mapped[int] = mapped_column(default=3)
    caller_groups: Mapped[Words] = mapped_column(default=list)
    risk_flags: Mapped[Words] = mapped_column(default=list)
    summary: Mapped[Long] = mapped_column(default="")
    request: Mapped[Long] = mapped_column(default="")
    caller_name_enc: Mapped[Sealed] = mapped_column(default="")
    caller_number_enc: Mapped[Sealed] = mapped_column(default="")
    caller_number_masked: Mapped[Word] = mapped_column(default="")
    caller_number_hash: Mapped[Word] = mapped_column(default="", index=True)
    address_enc: Mapped[Sealed] = mapped_column(default="")
    id_number_enc: Mapped[Sealed] = mapped_column(default="")
    opposing_party_enc: Mapped[Sealed] = mapped_column(default="")
    agent_id: Mapped[Key | None]
    form_incomplete: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Time] = mapped_column(index=True)
    updated_at: Mapped[Time]


class TicketEvent(Base):
    """What happened to a ticket, in order."""

    __tablename__ = "ticket_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), index=True)
    at: Mapped[Time]
    actor: Mapped[Key]
    name: Mapped[Word]
    data: Mapped[Json] = mapped_column(default=dict)


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


class CallbackTask(Base):
    """A caller who must be called back; `caller_enc` is the national number. One open task a number, whatever the
    number of calls behind it (:class:`CallbackCall`). `due_at`: first try within 30 minutes (rules A.7)."""

    __tablename__ = "callback_tasks"
    __table_args__ = (
        one_of("state", CALLBACK_STATES),
        Index(
            "uq_callback_tasks_open",
            "caller_hash",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[Key] = mapped_column(primary_key=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), index=True)
    """The first call behind it."""
    caller_enc: Mapped[Sealed] = mapped_column(default="")
    caller_masked: Mapped[Word] = mapped_column(default="")
    caller_hash: Mapped[Word] = mapped_column(default="")
    reason: Mapped[Word]
    state: Mapped[Word] = mapped_column(default="open", index=True)
    calls: Mapped[int] = mapped_column(default=1)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Time]
    due_at: Mapped[Time]
    closed_at: Mapped[Time | None]
    result: Mapped[Word] = mapped_column(default="")


class CallbackCall(Base):
    """Which call stands behind which task; a call stands behind at most one."""

    __tablename__ = "callback_calls"

    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), primary_key=True)
    task_id: Mapped[Key] = mapped_column(ForeignKey("callback_tasks.id"), index=True)
    at: Mapped[Time]
