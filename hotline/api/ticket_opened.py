"""Letting others see a ticket, a person (granted) or a centre (shared), and ending it: the ticket locked, the row, and what is
on record of it, in its story and in the audit trail."""

from __future__ import annotations

from sqlalchemy.orm import Session

from hotline.api.people import Person
from hotline.core.errors import Missing
from hotline.store import audit
from hotline.store.models import Ticket, TicketGrant, TicketShare
from hotline.store.repositories import ticket_events


def locked(session: Session, number: str) -> Ticket:
    """The ticket as it stands now, nobody else's until the transaction ends."""
    ticket = session.get(Ticket, number, with_for_update=True, populate_existing=True)
    assert isinstance(ticket, Ticket)
    return ticket


def end(row: TicketGrant | TicketShare | None, missing: str, now: float) -> None:
    """They need not see it any more. Raises Missing `missing` where they do not see it by such a row."""
    if row is None or row.ended_at is not None:
        raise Missing(missing)
    row.ended_at = now


def note(
    session: Session, ticket: Ticket, name: str, person: Person, now: float, data: dict[str, object], why: str = ""
) -> None:
    """On record: an event of the ticket, and a row of the audit trail."""
    ticket_events.append(session, ticket, name, actor=person.user_id, at=now, before=ticket.state, why=why, data=data)
    audit.append(
        session,
        at=now,
        actor=person.user_id,
        action=f"ticket.{name}",
        object=f"tickets/{ticket.number}",
        purpose=why,
        data=data,
    )
