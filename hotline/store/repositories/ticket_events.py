"""The story of a ticket: one row an event, each holding the hash of the one before, so that it can be proved whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.store.models import Ticket, TicketEvent


def append(
    session: Session,
    ticket: Ticket,
    name: str,
    *,
    actor: str,
    at: float,
    before: str,
    why: str = "",
    data: Mapping[str, Any] | None = None,
    key: str = "",
) -> TicketEvent:
    """The next event. `before`: the state it found; the ticket has the new one already. Flushes."""
    ticket.seq += 1
    event = TicketEvent(
        number=ticket.number,
        seq=ticket.seq,
        at=at,
        actor=actor,
        name=name,
        from_state=before,
        to_state=ticket.state,
        why=why,
        data=dict(data or {}),
        key=key,
    )
    ticket.head = event.hash = digest(event, ticket.head)
    ticket.updated_at = at
    session.add(event)
    session.flush()
    return event


def digest(event: TicketEvent, previous: str) -> str:
    """SHA-256 over the event and the hash before it."""
    body = [
        event.number, event.seq, event.at, event.actor, event.name, event.from_state, event.to_state, event.why, event.data,
        previous,
    ]  # fmt: skip
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def of_ticket(session: Session, number: str) -> Sequence[TicketEvent]:
    """What happened, oldest first."""
    return session.scalars(select(TicketEvent).where(TicketEvent.number == number).order_by(TicketEvent.seq)).all()


def last(session: Session, number: str, name: str) -> TicketEvent:
    """The last event of that name. Raises NoResultFound."""
    query = select(TicketEvent).where(TicketEvent.number == number, TicketEvent.name == name)
    return session.scalars(query.order_by(TicketEvent.seq.desc()).limit(1)).one()


def done_before(session: Session, actor: str, key: str) -> TicketEvent | None:
    """The event that this person's request of that name made, if it was made."""
    if not key:
        return None
    return session.scalars(select(TicketEvent).where(TicketEvent.actor == actor, TicketEvent.key == key)).one_or_none()


def followed(session: Session, event: TicketEvent) -> bool:
    """Whether somebody, not the house by itself, has done anything after that."""
    later = select(TicketEvent.seq).where(TicketEvent.number == event.number, TicketEvent.seq > event.seq)
    return session.scalars(later.where(TicketEvent.actor != "system").limit(1)).first() is not None


def broken_at(events: Iterable[TicketEvent], ticket: Ticket) -> tuple[int, str] | None:
    """The first event that is wrong, and how: `gap`, `edited`, `state` (does not follow from the one before), or `end` (the
    ticket is not where its story ends). None when the story is whole."""
    seq, head, state = 0, "", ""
    for event in events:
        seq += 1
        if event.seq != seq:
            return seq, "gap"
        if event.hash != digest(event, head):
            return seq, "edited"
        if event.from_state != state and seq > 1:
            return seq, "state"
        head, state = event.hash, event.to_state
    if (ticket.seq, ticket.head, ticket.state) != (seq, head, state):
        return seq, "end"
    return None
