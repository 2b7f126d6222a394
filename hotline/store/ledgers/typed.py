"""What all ledgers share that people type: whose centre it is, a request sent twice, and striking out."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.errors import Forbidden, Missing, Rejected
from hotline.store.ledgers import scope
from hotline.store.ledgers.scope import Viewer
from hotline.store.models import AdviserEntry, Visit

Row = TypeVar("Row", Visit, AdviserEntry)


def key_of(viewer: Viewer, key: str) -> str:
    """A person's name for their request, told from everybody else's; `` for none."""
    return f"{viewer.user_id}:{key}"[:64] if key else ""


def written(session: Session, ledger: type[Row], whose: str) -> Row | None:
    """What the same request wrote before."""
    return session.scalars(select(ledger).where(ledger.key == whose)).one_or_none() if whose else None


def check_branch(session: Session, viewer: Viewer, centre_id: str) -> None:
    """Raises Forbidden `ledger.not_yours`: people write for their own branch only."""
    allowed = scope.branch(session, viewer)
    if allowed is not None and centre_id not in allowed:
        raise Forbidden("ledger.not_yours")


def strike(session: Session, viewer: Viewer, ledger: type[Row], row_id: str, reason: str, now: float) -> Row:
    """Strike a row out, with the reason; it stays to be read. Raises Missing `ledger.missing`, Rejected `ledger.voided`."""
    row = session.get(ledger, row_id, with_for_update=True)
    allowed = scope.branch(session, viewer)
    if row is None or (allowed is not None and row.centre_id not in allowed):
        raise Missing("ledger.missing")
    if row.voided_at is not None:
        raise Rejected("ledger.voided")
    row.voided_at, row.voided_by, row.void_reason = now, viewer.user_id, reason
    session.flush()
    return row
