"""Whose rows somebody may read in a ledger: the bureau all, a centre those of its own branch (rules F.51).
The page and the file ask here, so that an export never holds more than the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, true
from sqlalchemy.orm import Session

from hotline.store.models import Account, Call, Ticket, TicketShare
from hotline.store.repositories import centres
from hotline.store.repositories.ticket_guard import kept_secret, unguarded

BUREAU = frozenset({"supervisor", "admin", "statistician"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads."""

    user_id: str
    role: str
    centre_id: str = ""
    director: bool = False
    agent_id: str = ""


def viewer_of(account: Account) -> Viewer:
    """An account as it stands now: an export that waited is made with the rights its owner has then."""
    return Viewer(account.id, account.role, account.centre_id or "", account.director, account.agent_id or "")


def branch(session: Session, viewer: Viewer) -> list[str] | None:
    """The centres whose rows may be read; None: all."""
    if viewer.role in BUREAU:
        return None
    if viewer.role != "centre" or not viewer.centre_id:
        return []
    return sorted(centres.tree(session).below(viewer.centre_id))


def in_branch(column: Any, session: Session, viewer: Viewer, centre_id: str = "") -> ColumnElement[bool]:
    """Condition on a column that holds a centre. `centre_id`: only that one and those below it."""
    allowed = branch(session, viewer)
    if centre_id:
        wanted = centres.tree(session).below(centre_id)
        allowed = sorted(wanted if allowed is None else wanted & set(allowed))
    if allowed is None:
        return true()
    found: ColumnElement[bool] = column.in_(allowed) if allowed else false()
    return found


def tickets(session: Session, viewer: Viewer, centre_id: str = "") -> ColumnElement[bool]:
    """Condition on :class:`Ticket`."""
    own = in_branch(Ticket.centre_id, session, viewer, centre_id)
    allowed = branch(session, viewer)
    guard = unguarded(viewer, allowed)
    if allowed and not centre_id:
        share = (TicketShare.number == Ticket.number, TicketShare.centre_id.in_(allowed), TicketShare.ended_at.is_(None))
        return and_(or_(own, exists().where(*share)), guard)
    return and_(own, guard)


def calls(session: Session, viewer: Viewer) -> ColumnElement[bool]:
    """Condition on :class:`Call`: a centre reads the calls its tickets came from."""
    if viewer.role in BUREAU:
        return not_(kept_secret(viewer))
    return exists().where(Ticket.call_id == Call.call_id, tickets(session, viewer))
