"""What belongs to a ticket: its limits, warnings, objections, supervisions, and who else may see it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, case, func, select
from sqlalchemy.orm import Mapped, column_property, mapped_column

from hotline.store.models.base import Base, Key, Long, Time, Word, one_of, where
from hotline.store.models.outcomes import Ticket

CLOCK_STATES: Final = ("running", "paused", "stopped", "beaten")
"""`stopped`: what it waited for was done, or the ticket ended; `beaten`: a limit of the law took its place."""


class TicketClock(Base):
    """One limit of a ticket. `amount`, `unit`: of its rule when it started. `pauses`: [[from, to], …], the last `to`
    null while it stands still. `centre_id`: whose holidays and closing hours it is counted by."""

    __tablename__ = "ticket_clocks"
    __table_args__ = (
        one_of("state", CLOCK_STATES),
        Index("uq_ticket_clocks_open", "number", "rule", unique=True, **where("state IN ('running', 'paused')")),
        Index("ix_ticket_clocks_warn_at", "warn_at", **where("warn_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), index=True)
    rule: Mapped[Word]
    amount: Mapped[int]
    unit: Mapped[Word]
    extra: Mapped[int] = mapped_column(default=0)
    centre_id: Mapped[Key] = mapped_column(default="")
    started_at: Mapped[Time]
    pauses: Mapped[list[Any]] = mapped_column(JSON, default=list)
    state: Mapped[Word] = mapped_column(default="running")
    due_at: Mapped[Time | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    level: Mapped[Word] = mapped_column(default="")
    warn_at: Mapped[Time | None]
    """When the next warning is due; none once it is red, stands still or has stopped."""
    stopped_at: Mapped[Time | None]
    late: Mapped[bool] = mapped_column(default=False)
    """It was stopped after its end."""


OPEN_CLOCKS: Final = ("running", "paused")
_RANKS: Final = {"yellow": 1, "orange": 2, "red": 3}
_worst = (
    select(func.max(case(_RANKS, value=TicketClock.level, else_=0)))
    .where(TicketClock.number == Ticket.number, TicketClock.state.in_(OPEN_CLOCKS), TicketClock.due_at.is_not(None))
    .correlate_except(TicketClock)
    .scalar_subquery()
)
# Not a column: a look at all limits then writes one narrow row each, instead of a ticket with all its indexes.
Ticket.level = column_property(
    case({rank: level for level, rank in _RANKS.items()}, value=_worst, else_=""),
    expire_on_flush=False,  # `Clocks.show` asks anew whenever a limit changed
)


class TicketWarning(Base):
    """One warning: yellow to the handler, orange to the director, red to the bureau; once for each end a limit has."""

    __tablename__ = "ticket_warnings"
    __table_args__ = (
        UniqueConstraint("clock_id", "level", "due_at"),
        Index("ix_ticket_warnings_open", "to_whom", "at"),
        Index("ix_ticket_warnings_untold", "id", **where("NOT noticed")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), index=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("ticket_clocks.id"))
    rule: Mapped[Word]
    level: Mapped[Word]
    to_whom: Mapped[Word]
    centre_id: Mapped[Key] = mapped_column(default="")
    due_at: Mapped[Time]
    at: Mapped[Time]
    noticed: Mapped[bool] = mapped_column(default=False)
    """Its notice is made (`notices`, in the same transaction)."""


class TicketObjection(Base):
    """A centre sent a ticket back, and what was decided."""

    __tablename__ = "ticket_objections"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), index=True)
    centre_id: Mapped[Key]
    sent_by: Mapped[Key] = mapped_column(default="")
    service_type: Mapped[Word] = mapped_column(default="")
    reason: Mapped[Word]
    basis: Mapped[Long]
    by: Mapped[Key]
    at: Mapped[Time] = mapped_column(index=True)
    suggested: Mapped[Key] = mapped_column(default="")
    decided_by: Mapped[Key] = mapped_column(default="")
    decided_at: Mapped[Time | None]
    decided_to: Mapped[Key] = mapped_column(default="")


class TicketSupervision(Base):
    """督办: by phone, on site, by meeting or at the door, with its result."""

    __tablename__ = "ticket_supervisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), index=True)
    way: Mapped[Word]
    why: Mapped[Long]
    by: Mapped[Key]
    at: Mapped[Time]
    result: Mapped[Long] = mapped_column(default="")
    ended_by: Mapped[Key] = mapped_column(default="")
    ended_at: Mapped[Time | None]


class TicketShare(Base):
    """A centre outside the ticket's own branch may see it, by somebody's explicit decision."""

    __tablename__ = "ticket_shares"

    number: Mapped[Key] = mapped_column(ForeignKey("tickets.number"), primary_key=True)
    centre_id: Mapped[Key] = mapped_column(ForeignKey("centres.id"), primary_key=True, index=True)
    by: Mapped[Key]
    at: Mapped[Time]
    why: Mapped[Long]
    ended_at: Mapped[Time | None]
