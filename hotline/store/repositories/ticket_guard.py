"""What is kept from whom: complaints from the accused, confidential tickets from all who were not let see them (rules F.50).
Every list, count, search, ledger and export asks here."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, exists, not_, or_, select, true
from sqlalchemy.orm import aliased

from hotline.store.models import Call, Centre, Ticket, TicketGrant, TicketHidden


class Reader(Protocol):
    """Who reads."""

    @property
    def user_id(self) -> str: ...
    @property
    def agent_id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def centre_id(self) -> str: ...
    @property
    def director(self) -> bool: ...


def subtree(centre_id: str) -> Select[Any]:
    """Ids of the centre and all below it."""
    # Without a name of its own: one statement may ask for it twice, and two of one name do not go together.
    here = select(Centre.id).where(Centre.id == centre_id).cte(recursive=True)
    lower = aliased(Centre)
    both = here.union(select(lower.id).where(lower.parent_id == here.c.id))
    return select(both.c.id)


def granted(person: Reader, ticket: Any = Ticket) -> ColumnElement[bool]:
    """Condition on :class:`Ticket`: somebody let this person see it."""
    return exists().where(
        TicketGrant.number == ticket.number, TicketGrant.account_id == person.user_id, TicketGrant.ended_at.is_(None)
    )


def caller_open(person: Reader, ticket: Any = Ticket) -> ColumnElement[bool]:
    """Condition on :class:`Ticket`: the caller's name and number may be opened by this person, if they see the ticket. Of a
    confidential one they open to whom it was granted and to whoever took it down, wherever they stand: on the ticket, on its
    call, in a ledger's file. What is unknown is no yes: negate it by `is_not(true())`."""
    known = [ticket.secret == "", granted(person, ticket)]
    if person.agent_id:
        known.append(ticket.agent_id == person.agent_id)
    return or_(*known)


def unguarded(person: Reader, within: Any = None, ticket: Any = Ticket) -> ColumnElement[bool]:
    """Condition on :class:`Ticket`: it is neither hidden from this person, nor confidential without being theirs to know.
    Theirs by their place: the bureau's supervisors and the director (to see that it gets a handler), and whoever took it
    down."""
    ids = [one for one in (person.user_id, person.agent_id) if one]
    mine: ColumnElement[bool] = TicketHidden.person_id.in_(ids)
    if person.centre_id:
        mine = or_(mine, TicketHidden.centre_id == person.centre_id)
    hidden = exists().where(TicketHidden.number == ticket.number, mine)
    may_know = [ticket.secret == "", granted(person, ticket)]
    if person.role == "supervisor":
        may_know.append(true())
    if person.role == "centre" and person.director and person.centre_id:
        may_know.append(ticket.centre_id.in_(within if within is not None else subtree(person.centre_id)))
    if person.agent_id:
        may_know.append(ticket.agent_id == person.agent_id)
    return or_(ticket.guarded.is_(False), and_(not_(hidden), or_(*may_know)))


def kept_secret(person: Reader) -> ColumnElement[bool]:
    """Condition on :class:`Call`: its ticket is kept from this person, and so is what was said."""
    # No seat and no centre compare as unknown, and that is not theirs either.
    kept = aliased(Ticket)  # a table of its own: this stands inside of queries on tickets too
    return exists().where(kept.call_id == Call.call_id, kept.guarded.is_(True), unguarded(person, ticket=kept).is_not(true()))
