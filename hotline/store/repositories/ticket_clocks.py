"""The limits of a ticket as rows: started, stopped, paused, extended by its acts; counted anew when a year table comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.calendars.days import DayTable
from hotline.core.tickets import OVER
from hotline.core.tickets.clocks import (
    Counted,
    Limit,
    Steps,
    Term,
    Warn,
    count,
    level_at,
    moments,
    next_moment,
    read_limits,
    steps,
)
from hotline.core.tickets.clocks.limits import Unit
from hotline.store.catalogue import rows
from hotline.store.models import Ticket, TicketClock
from hotline.store.models.tickets import OPEN_CLOCKS
from hotline.store.repositories.centres import Days


@cache
def limits() -> Mapping[str, Limit]:
    """The rules of `ticket_clocks.csv`."""
    return read_limits(rows("ticket_clocks.csv"))


class Clocks:
    """Limits counted by the days of the centre that has the ticket. Made once for many tickets."""

    def __init__(self, session: Session, warn: Warn) -> None:
        self._session = session
        self._warn = warn
        self.days = Days(session)

    # counting

    def term(self, row: TicketClock) -> Term:
        """What a row counts."""
        pauses = tuple((float(start), None if end is None else float(end)) for start, end in row.pauses)
        return Term(row.amount, cast(Unit, row.unit), row.started_at, row.extra, pauses)

    def count(self, row: TicketClock) -> Counted:
        """When it ends, day by day."""
        centre_id = row.centre_id
        return count(self.term(row), self.table(row), lambda day: self.days.closes(centre_id, day))

    def table(self, row: TicketClock) -> DayTable:
        """The days that row is counted by."""
        return self.days.table(row.centre_id)

    def recount(self, row: TicketClock) -> bool:
        """Bring an open row up to date; whether its end moved. Its warnings begin again when it did."""
        found = self.count(row)
        if (found.due_at, found.provisional) == (row.due_at, row.provisional):
            return False
        moved = found.due_at != row.due_at
        row.due_at, row.provisional = found.due_at, found.provisional
        if moved:
            row.level = ""
            self.plan(row)
        return moved

    def plan(self, row: TicketClock) -> None:
        """When its next warning is due."""
        running = row.state == "running" and row.due_at is not None
        row.warn_at = next_moment(row.level, self.moments(row)) if running else None

    def moments(self, row: TicketClock) -> tuple[float, float, float]:
        """Yellow, orange and red of a running row."""
        assert row.due_at is not None
        return moments(row.started_at, row.due_at, self.table(row), self._warn)

    def level(self, row: TicketClock, now: float) -> str:
        """The level that holds at `now`."""
        return level_at(now, self.moments(row)) if row.due_at is not None else ""

    # what acts do

    def apply(self, ticket: Ticket, act: str, now: float, *, started_at: float | None = None) -> Steps:
        """Start, stop, pause and resume what the act does. `started_at`: of limits that start, when it was not just now."""
        open_rows = {row.rule: row for row in open_of(self._session, ticket.number)}
        over = ticket.state in OVER
        wanted = steps(act, limits(), sorted(open_rows), facts_of(ticket), over=over)
        for rule in wanted.stop:
            stop(open_rows[rule], now)
        for rule in wanted.beaten:
            stop(open_rows[rule], now, "beaten")
        for rule in wanted.pause:
            row = open_rows[rule]
            row.pauses, row.state = [*row.pauses, [now, None]], "paused"
            self.recount(row)
            self.plan(row)
        for rule in wanted.resume:
            row = open_rows[rule]
            row.state = "running"
            if row.pauses and row.pauses[-1][1] is None:
                row.pauses = [*row.pauses[:-1], [row.pauses[-1][0], now]]
            self.recount(row)
            self.plan(row)
        for rule in wanted.start:
            self.start(ticket, rule, started_at if started_at is not None else now)
        self._session.flush()
        self.show(ticket)
        return wanted

    def start(self, ticket: Ticket, rule: str, started_at: float) -> TicketClock:
        """Start one limit."""
        limit = limits()[rule]
        row = TicketClock(
            number=ticket.number,
            rule=rule,
            amount=limit.amount,
            unit=limit.unit,
            extra=0,
            centre_id=ticket.centre_id or "",
            started_at=started_at,
            pauses=[],
            state="running",
            level="",
        )
        if ticket.state == "suspended" and limit.unit != "immediate":
            row.state, row.pauses = "paused", [[started_at, None]]
        found = self.count(row)
        row.due_at, row.provisional = found.due_at, found.provisional
        self.plan(row)
        self._session.add(row)
        return row

    def extend(self, row: TicketClock, units: int) -> None:
        """More time, counted on."""
        row.extra += units
        self.recount(row)

    def reopen(self, number: str, stopped_at: float) -> None:
        """What an act stopped that is taken back runs on, as if it had never stopped: the caller has waited all the time."""
        query = select(TicketClock).where(TicketClock.number == number, TicketClock.stopped_at == stopped_at)
        for row in self._session.scalars(query.where(TicketClock.state == "stopped")):
            row.state, row.stopped_at, row.late = "running", None, False
            self.recount(row)
            self.plan(row)
        self._session.flush()

    def show(self, ticket: Ticket) -> None:
        """The earliest end of what runs, on the ticket itself: lists go by it."""
        running = [row for row in open_of(self._session, ticket.number) if row.due_at is not None]
        first = min(running, key=lambda row: (row.due_at or 0.0, row.rule), default=None)
        ticket.due_at, ticket.clock = (first.due_at, first.rule) if first else (None, "")
        ticket.provisional = bool(first and first.provisional)
        self._session.flush()
        self._session.refresh(ticket, ["level"])


def stop(row: TicketClock, now: float, state: str = "stopped") -> None:
    """It no longer runs."""
    row.state, row.stopped_at, row.warn_at = state, now, None
    row.late = row.due_at is not None and now > row.due_at


def of_ticket(session: Session, number: str) -> Sequence[TicketClock]:
    """All limits of a ticket, oldest first."""
    return session.scalars(select(TicketClock).where(TicketClock.number == number).order_by(TicketClock.id)).all()


def open_of(session: Session, number: str) -> Sequence[TicketClock]:
    """Those that run or stand still."""
    query = select(TicketClock).where(TicketClock.number == number, TicketClock.state.in_(OPEN_CLOCKS))
    return session.scalars(query.order_by(TicketClock.id)).all()


def handling(found: Iterable[TicketClock]) -> TicketClock | None:
    """The limit until which it must be done: the earliest of those that end with `finish`."""
    until = [row for row in found if row.state == "running" and row.rule in limits() and "finish" in limits()[row.rule].stops]
    return min(until, key=lambda row: row.due_at or 0.0, default=None)


def facts_of(ticket: Ticket) -> dict[str, frozenset[str]]:
    """What the conditions of the rules look at."""
    return {
        "service": frozenset({ticket.service_type}),
        "source": frozenset({ticket.source}),
        "flag": frozenset(ticket.risk_flags),
        "kind": frozenset({"complaint"} if ticket.complaint else ()),
    }
