"""A ticket's progress for whoever has its number and code; wrong codes are counted for each number that was asked for."""

from __future__ import annotations

import hmac
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from hotline.core.errors import HotlineError, Missing
from hotline.core.tickets.progress import normal_number, private
from hotline.secrecy import Secrecy
from hotline.store.models import ProgressTry, Ticket

DAY: Final = 86_400.0
NOBODY: Final = "------"
"""What a code is compared with where there is no such ticket: the work is the same."""


def count(session: Session, secrecy: Secrecy, number: str, now: float, *, wrong_a_day: int) -> None:
    """Count an attempt before it is looked at, in a transaction of its own: many at once get no more tries than one after
    another. Whether there is such a ticket makes no difference. Raises HotlineError `progress.too_often`."""
    key = secrecy.index(f"progress:{normal_number(number)}")
    row = session.get(ProgressTry, key, with_for_update=True)
    if row is None:
        row = ProgressTry(asked_hash=key, wrong=0, since=now)
        session.add(row)
    if now - row.since >= DAY:
        row.wrong, row.since = 0, now
    if row.wrong >= wrong_a_day:
        raise HotlineError("progress.too_often")
    row.wrong += 1
    session.flush()


def look(session: Session, secrecy: Secrecy, number: str, code: str) -> Ticket:
    """The ticket of that number, when the code is right; the count of wrong ones begins anew then.

    Raises Missing `progress.wrong`: the same for a number that is none and for a code that is wrong.
    """
    wanted = normal_number(number)
    ticket = session.get(Ticket, wanted or NOBODY)
    stored = ticket.code if ticket is not None and ticket.code else NOBODY
    right = hmac.compare_digest(stored.encode(), code.strip().encode())
    if ticket is None or not ticket.code or not right:
        raise Missing("progress.wrong")
    session.execute(delete(ProgressTry).where(ProgressTry.asked_hash == secrecy.index(f"progress:{wanted}")))
    return ticket


def is_private(ticket: Ticket) -> bool:
    """Whether its progress is told by people only."""
    return private(frozenset(ticket.risk_flags), bool(ticket.secret))


def forget(session: Session, now: float) -> int:
    """Counts that are over; how many."""
    done = session.execute(delete(ProgressTry).where(ProgressTry.since < now - DAY))
    return int(getattr(done, "rowcount", 0))
