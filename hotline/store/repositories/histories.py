"""What a number called about before: calls, open tickets, and whether it is the same matter again (rules B.19, F.49, R12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from hotline.store.models import Call, CallForm, Ticket

SETTLED: Final = ("declined", "followed_up", "archived")
"""Ticket states in which nothing is open any more."""
MOST_TICKETS: Final = 20
MATTERS_LOOKED_AT: Final = 50


def earlier_calls(session: Session, caller_hash: str, but: str, limit: int, seen: ColumnElement[bool]) -> Sequence[Call]:
    """The latest calls of a number, newest first, without one. `seen`: which of them whoever asks may know of."""
    query = select(Call).where(_earlier(caller_hash, but), seen).order_by(Call.arrived_at.desc(), Call.call_id.desc())
    return session.scalars(query.limit(limit)).all()


def count(session: Session, caller_hash: str, but: str, since: float = 0.0) -> int:
    """How many calls of a number there are besides `but`, from `since` (Unix time) on."""
    query = select(func.count()).select_from(Call).where(_earlier(caller_hash, but), Call.arrived_at >= since)
    return session.scalar(query) or 0


def open_tickets(session: Session, caller_hash: str, seen: ColumnElement[bool]) -> Sequence[Ticket]:
    """What is open for a number, newest first. `seen`: what whoever asks may see of it."""
    query = select(Ticket).where(Ticket.caller_number_hash == caller_hash, Ticket.state.not_in(SETTLED), seen)
    return session.scalars(query.order_by(Ticket.created_at.desc()).limit(MOST_TICKETS)).all()


def same_matter(session: Session, caller_hash: str, but: str, category: str, since: float) -> list[str]:
    """Calls of a number since then whose form names the same category, newest first."""
    query = (
        select(Call.call_id, CallForm.fields)
        .join(CallForm, CallForm.call_id == Call.call_id)
        .where(_earlier(caller_hash, but), Call.arrived_at >= since)
        .order_by(Call.arrived_at.desc())
        .limit(MATTERS_LOOKED_AT)
    )
    return [call_id for call_id, fields in session.execute(query) if fields.get("category") == category]


def _earlier(caller_hash: str, but: str) -> ColumnElement[bool]:
    return and_(Call.caller_hash == caller_hash, Call.call_id != but, Call.direction == "inbound")
