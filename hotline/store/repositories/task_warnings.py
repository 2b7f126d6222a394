"""Warnings of what is owed for a call without a ticket (a bad rating to be put right): no clock of a ticket runs for it, so its
end is looked at here. Yellow, orange and red like a ticket's, each told once for each end it has; the notice is the record.

Only the bureau's supervisors see such a task, and never one that is about themselves: nobody else hears of it. Whoever has
claimed it is its handler.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.tickets.clocks import TO, level_at, moments
from hotline.core.tickets.followups import TASKS
from hotline.settings.tickets import TicketSettings
from hotline.store.models import Notice, TicketTask
from hotline.store.repositories import notices, ticket_secrecy, ticket_tasks
from hotline.store.repositories.centres import Days
from hotline.store.repositories.staff_of import Knows, Ladder, Member

KIND = "owed"
"""Of the notice."""


def key(row: TicketTask, level: str) -> str:
    """Of the notice that this level was told; another end begins anew."""
    return f"{KIND}:{row.id}:{level}:{row.due_at:.0f}"


def open_without_ticket(session: Session, ended_before: float | None = None) -> Sequence[TicketTask]:
    """What is owed for calls without a ticket; `ended_before`: only what should have been done by then."""
    query = select(TicketTask).where(TicketTask.state == "open", TicketTask.number.is_(None), TicketTask.due_at.is_not(None))
    if ended_before is not None:
        query = query.where(TicketTask.due_at < ended_before)
    return session.scalars(query.order_by(TicketTask.id)).all()


def recount(session: Session) -> int:
    """Count their ends anew, the days having changed; how many moved."""
    days, moved = Days(session), 0
    for row in open_without_ticket(session):
        if (end := ticket_tasks.end_without_ticket(row.kind, row.created_at, days)) != row.due_at:
            row.due_at = end
            moved += 1
    session.flush()
    return moved


def warn(session: Session, settings: TicketSettings, now: float) -> int:
    """Tell what has come due since the last look; how many warnings were given."""
    table = Days(session).table("")
    reached: list[tuple[TicketTask, str]] = []
    for row in open_without_ticket(session):
        reached.append((row, level_at(now, moments(row.created_at, row.due_at or 0.0, table, settings.warn))))
    keys = [key(row, level) for row, level in reached if level]
    told = set(session.scalars(select(Notice.key).where(Notice.key.in_(keys))))
    fresh = [(row, level) for row, level in reached if level and key(row, level) not in told]
    if not fresh:
        return 0
    ladder = Ladder(session)
    for row, level in fresh:
        handler = ticket_tasks.held(row, now, settings.claim_seconds)
        readers = ladder.who(TO[level], handler, "", _knows(session, row))
        data = {"rule": TASKS[row.kind].rule, "due_at": row.due_at, "task": row.id}
        notices.add(session, key(row, level), KIND, readers, now=now, level=level, to_whom=TO[level], data=data)
    return len(fresh)


def _knows(session: Session, row: TicketTask) -> Knows:
    about = ticket_secrecy.accused(session, f"{row.about_kind}:{row.about_id}")
    ids = about.ids if about is not None else frozenset({row.about_id})

    def knows(member: Member) -> bool:
        return member.role == "supervisor" and member.id not in ids

    return knows
