"""Which tickets a person may see: the bureau all, a centre its own and those below it and what was shared with them, agents
those of calls they talked on (rules F.51), and everybody what is offered to them. From that is taken what is hidden from them
(they are accused, they avoid) and what is confidential and was not granted to them (F.50). Every list, count, search and export
goes through :func:`sight`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session

from hotline.api.people import Person
from hotline.core.errors import Missing
from hotline.core.tickets import Actor, Tree
from hotline.store.models import Call, Ticket, TicketGrant, TicketShare
from hotline.store.repositories.ticket_guard import caller_open, granted, kept_secret, subtree, unguarded

__all__ = [
    "actor",
    "beside",
    "caller_open",
    "granted",
    "kept_secret",
    "may_grant",
    "offered_to",
    "opens",
    "sight",
    "subtree",
    "unguarded",
    "visible",
]


def sight(
    person: Person, own_calls: ColumnElement[bool], within: Any = None, beside: list[str] | None = None
) -> ColumnElement[bool]:
    """Condition on :class:`Ticket`. `within`: the centres below the person's, where they are known already; `beside`: what
    :func:`beside` found."""
    if beside is not None:
        return and_(_branch(person, own_calls, within, beside), unguarded(person, within))
    return and_(or_(_branch(person, own_calls, within), _granted_also(person)), unguarded(person, within))


def _granted_also(person: Person) -> ColumnElement[bool]:
    return false() if person.may("tickets.read_all") else granted(person)


MOST_BESIDE = 500


def beside(session: Session, person: Person, within: Any) -> list[str] | None:
    """What a centre's person may see besides its branch: shared, offered, granted. Few as they are, they are looked up first:
    a condition on three tables would make the database look through all that are open. None: too many for that."""
    if person.role != "centre" or not person.centre_id:
        return None
    shared = select(TicketShare.number).where(TicketShare.centre_id.in_(within), TicketShare.ended_at.is_(None))
    found = set(session.scalars(shared.limit(MOST_BESIDE + 1)))
    found |= set(session.scalars(select(Ticket.number).where(offered_to(person)).limit(MOST_BESIDE + 1)))
    let = select(TicketGrant.number).where(TicketGrant.account_id == person.user_id, TicketGrant.ended_at.is_(None))
    found |= set(session.scalars(let.limit(MOST_BESIDE + 1)))
    return sorted(found) if len(found) <= MOST_BESIDE else None


def _branch(
    person: Person, own_calls: ColumnElement[bool], within: Any, beside: list[str] | None = None
) -> ColumnElement[bool]:
    if person.may("tickets.read_all"):
        return true()
    if person.role == "centre":
        if not person.centre_id:
            return false()
        below = within if within is not None else subtree(person.centre_id)
        shared = exists().where(
            TicketShare.number == Ticket.number, TicketShare.centre_id.in_(below), TicketShare.ended_at.is_(None)
        )
        more = or_(shared, offered_to(person)) if beside is None else Ticket.number.in_(beside)
        return or_(Ticket.centre_id.in_(below), more) if beside != [] else Ticket.centre_id.in_(below)
    return or_(
        exists().where(Call.call_id == Ticket.call_id, own_calls), Ticket.keeper_id == person.user_id, offered_to(person)
    )


def offered_to(person: Person) -> ColumnElement[bool]:
    """Condition on :class:`Ticket`: somebody offers to hand it over to this person, or to the centre they work at."""
    to_me = and_(Ticket.offered_to != "", Ticket.offered_to == person.user_id)
    if person.role == "centre" and person.centre_id:
        return or_(to_me, and_(Ticket.offered_centre != "", Ticket.offered_centre == person.centre_id))
    return to_me


def may_grant(person: Person, ticket: Ticket, tree: Tree) -> bool:
    """Whether this person may let others see a confidential ticket: the bureau's supervisors, the directors over it, and
    whoever took it down."""
    if person.role == "supervisor" or (person.agent_id and ticket.agent_id == person.agent_id):
        return True
    return person.role == "centre" and person.director and tree.covers(person.centre_id, ticket.centre_id or "")


def opens(session: Session, person: Person, number: str) -> bool:
    """Whether the caller's name and number on this ticket may be opened by this person, who sees it."""
    return session.scalar(select(Ticket.number).where(Ticket.number == number, caller_open(person))) is not None


def visible(session: Session, condition: ColumnElement[bool], number: str) -> Ticket:
    """The ticket, if it is there and this person's to see. Raises Missing `ticket.missing`."""
    ticket = session.scalar(select(Ticket).where(Ticket.number == number, condition))
    if ticket is None:
        raise Missing("ticket.missing")
    return ticket


def actor(person: Person) -> Actor:
    """The person as the ticket's rules see them."""
    role: Any = person.role if person.role in ("centre", "agent", "supervisor", "admin") else "admin"
    return Actor(person.user_id, role, person.centre_id, person.director)
