"""Restrictions: proposed with a call as evidence, decided by a supervisor, over by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.core.abuse import ACTIVE, step
from hotline.core.abuse import until as end_of
from hotline.core.errors import Missing, Rejected
from hotline.core.ids import new_id
from hotline.store.models import Call, Recording, Restriction

OPEN = ("proposed", ACTIVE)
DAY_SECONDS = 86_400


def propose(session: Session, call: Call, *, reason: str, by: str, now: float, keep_days: int) -> Restriction:
    """Ask for a restriction of the number of `call`. Raises Rejected: `restriction.no_number` (withheld), `restriction.exists`
    (one is open for this number)."""
    if not call.caller_hash:
        raise Rejected("restriction.no_number")
    if session.scalar(select(Restriction.id).where(Restriction.caller_hash == call.caller_hash, Restriction.state.in_(OPEN))):
        raise Rejected("restriction.exists")
    row = Restriction(
        id=new_id("rst", now),
        caller_hash=call.caller_hash,
        caller_masked=call.caller_masked,
        call_id=call.call_id,
        reason=reason,
        proposed_by=by,
        proposed_at=now,
    )
    session.add(row)
    session.flush()
    keep_evidence(session, call.call_id, now + keep_days * DAY_SECONDS)
    return row


def decide(
    session: Session, restriction_id: str, event: str, *, reason: str, by: str, now: float, hours: float, most_hours: float
) -> Restriction:
    """`approve`, `refuse`, `renew` or `lift`, with the reason. Raises Missing (`restriction.missing`), IllegalTransition
    (`restriction.transition`), Invalid (`restriction.hours`), Rejected (`restriction.exists`, `restriction.own`: nobody decides
    on their own proposal)."""
    row = session.scalars(select(Restriction).where(Restriction.id == restriction_id).with_for_update()).one_or_none()
    if row is None:
        raise Missing("restriction.missing")
    target = step(row.state, event)
    if event == "approve" and row.proposed_by == by:
        raise Rejected("restriction.own")
    if target == ACTIVE:
        if row.state not in OPEN and session.scalar(
            select(Restriction.id).where(Restriction.caller_hash == row.caller_hash, Restriction.state.in_(OPEN))
        ):
            raise Rejected("restriction.exists")
        row.until = end_of(now, hours, most_hours)
    row.renewals += event == "renew"
    row.state, row.decided_by, row.decided_at, row.decision = target, by, now, reason
    session.flush()
    return row


def overdue(session: Session, now: float) -> bool:
    """Whether one in force has run out."""
    query = select(Restriction.id).where(Restriction.state == ACTIVE, Restriction.until <= now).limit(1)
    return session.scalar(query) is not None


def expire(session: Session, now: float) -> int:
    """Close those whose time has run out; how many."""
    due = session.scalars(select(Restriction).where(Restriction.state == ACTIVE, Restriction.until <= now)).all()
    for row in due:
        row.state = step(row.state, "expire")
    return len(due)


def active(session: Session, now: float) -> dict[str, float]:
    """Hash of the number → until when, of all that are in force."""
    query = select(Restriction.caller_hash, Restriction.until).where(Restriction.state == ACTIVE, Restriction.until > now)
    return {row.caller_hash: float(row.until or 0.0) for row in session.execute(query)}


def page(session: Session, *, state: str = "", limit: int = 100) -> Sequence[Restriction]:
    """The newest first; `state` empty for all."""
    query = select(Restriction).order_by(Restriction.proposed_at.desc(), Restriction.id.desc()).limit(max(1, min(limit, 500)))
    return session.scalars(query.where(Restriction.state == state) if state else query).all()


def keep_evidence(session: Session, call_id: str, until: float) -> None:
    """The recordings of the call are kept at least until then."""
    session.execute(
        update(Recording)
        .where(Recording.call_id == call_id, func.coalesce(Recording.keep_until, 0.0) < until)
        .values(keep_until=until)
    )
