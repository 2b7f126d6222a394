"""A ticket's progress, for the telephone menu and the public page: one way in for both, with one count of wrong codes."""

from __future__ import annotations

import time

from hotline.api.context import Context
from hotline.core.errors import HotlineError
from hotline.core.tickets.progress import PHASE, spoken
from hotline.store.models import Ticket
from hotline.store.repositories import progress


def check(context: Context, number: str, code: str) -> str:
    """The number of the ticket as it stands in the table, when the code is right. Raises Missing `progress.wrong`, HotlineError
    `progress.too_often`."""
    rules = context.settings.progress
    with context.store.write() as session:
        progress.count(session, context.secrecy, number, time.time(), wrong_a_day=rules.wrong_a_day)
    with context.store.write() as session:
        return progress.look(session, context.secrecy, number, code).number


def look(context: Context, number: str, code: str) -> str | None:
    """The same for the telephone: None for wrong ones, and for a number that was guessed at too often."""
    try:
        return check(context, number, code)
    except HotlineError:
        return None


def said(context: Context, number: str) -> tuple[str, ...]:
    """What the telephone says of a ticket that was found."""
    with context.store.read() as session:
        ticket = session.get_one(Ticket, number)
        if progress.is_private(ticket):
            return ("progress_private",)
        return spoken(PHASE[ticket.state], ticket.due_at, time.time())
