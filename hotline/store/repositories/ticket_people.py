"""People a ticket may be handed to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from hotline.store.models import Account, Ticket
from hotline.store.repositories import centres


def recipients(session: Session, ticket: Ticket, part: str, limit: int) -> Sequence[Account]:
    """Active people of the centres over and under the ticket's own, and of the desk, without whoever has it."""
    tree = centres.tree(session)
    own = ticket.centre_id or ""
    branch = tree.below(tree.top(own)) if own else frozenset()
    query = select(Account).where(
        Account.active,
        Account.id != ticket.keeper_id,
        or_(Account.role.in_(("agent", "supervisor")), (Account.role == "centre") & Account.centre_id.in_(branch)),
    )
    if part:
        query = query.where(Account.display_name.contains(part, autoescape=True))
    nearest = case((Account.centre_id == own, 0), (Account.role == "centre", 1), else_=2)
    return session.scalars(query.order_by(nearest, Account.display_name, Account.id).limit(limit)).all()
