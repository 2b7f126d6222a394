"""How tickets stand, in words for the caller."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from hotline.api.names import centre_names
from hotline.core.tickets.progress import Progress, progress
from hotline.store.models import Ticket
from hotline.store.repositories import ticket_clocks


def ticket_progress(session: Session, tickets: Iterable[Ticket], now: float) -> list[tuple[Ticket, Progress]]:
    """Each ticket with what to read out; the date is that until which it must be done."""
    rows = list(tickets)
    centres = centre_names(session, (row.centre_id for row in rows))
    found = []
    for row in rows:
        main = ticket_clocks.handling(ticket_clocks.open_of(session, row.number))
        due = main.due_at if main is not None else None
        name = centres.get(row.centre_id or "", "")
        said = progress(row.state, number=row.number, received_at=row.created_at, centre=name, due_at=due, now=now)
        found.append((row, said))
    return found
