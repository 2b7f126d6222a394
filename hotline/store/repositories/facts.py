"""Facts as rows: stored once each, read back in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hotline.core.facts import Fact
from hotline.core.ledgers.desk_duty import Said
from hotline.store.models import CallFact


def store(session: Session, facts: Iterable[Fact], now: float) -> int:
    """Insert the facts that are not there yet; how many were new. The same (call, source, epoch, seq) is never stored
    twice, and what was stored first stays."""
    rows = [
        {
            "call_id": fact.call_id,
            "source": fact.source,
            "epoch": fact.epoch,
            "seq": fact.seq,
            "name": fact.name,
            "at": fact.at,
            "data": dict(fact.data),
            "stored_at": now,
        }
        for fact in facts
    ]
    if not rows:
        return 0
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(CallFact).on_conflict_do_nothing().returning(CallFact.id)
    return len(session.execute(statement, rows).all())


def of_call(session: Session, call_id: str) -> list[Fact]:
    """All facts of a call, oldest first. Facts of another version of the program, which this one does not know, are
    left out."""
    rows: Sequence[CallFact] = session.scalars(
        select(CallFact).where(CallFact.call_id == call_id).order_by(CallFact.at, CallFact.epoch, CallFact.seq)
    ).all()
    return _facts(rows)


def agent_states(session: Session, since: float, until: float) -> list[Fact]:
    """What routing said of agents' states in that time (Unix seconds), in order."""
    rows = session.scalars(
        select(CallFact)
        .where(CallFact.name == "agent_state_changed", CallFact.at >= since, CallFact.at <= until)
        .order_by(CallFact.at, CallFact.epoch, CallFact.seq)
    )
    return _facts(rows)


def said_of_agents(session: Session, since: float, until: float) -> list[Said]:
    """The same from `since` to before `until`, for ledgers: thousands a day, so only what is needed of each."""
    fact = CallFact.__table__.c  # plain columns: no row of it becomes an object, and no JSON is read here
    query = (
        select(fact.data["agent_id"].as_string(), fact.data["state"].as_string(), fact.at)
        .where(fact.name == "agent_state_changed", fact.at >= since, fact.at < until)
        .order_by(fact.at, fact.epoch, fact.seq)
    )
    return [Said(*row) for row in session.execute(query)]


def wrap_up_extended(session: Session, call_id: str) -> bool:
    """Whether the agent asked for more time to write this call down."""
    query = select(CallFact.id).where(CallFact.call_id == call_id, CallFact.name == "wrap_up_extended").limit(1)
    return session.scalar(query) is not None


def _facts(rows: Iterable[CallFact]) -> list[Fact]:
    found = []
    for row in rows:
        try:
            found.append(Fact(row.name, row.call_id, row.at, row.seq, row.source, row.epoch, row.data))
        except ValueError:
            continue
    return found
