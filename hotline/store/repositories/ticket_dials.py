"""Follow-ups of tickets on the telephone: they are dialled as call-back tasks are, and what comes of a call counts for both."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.errors import HotlineError, Rejected
from hotline.core.tickets import Actor
from hotline.core.tickets.followups import FINAL_OUTCOMES
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.models import Account, Call, CallbackTask, Ticket, TicketTask
from hotline.store.repositories import callbacks, ticket_secrecy
from hotline.store.repositories.ticket_acts import House

DIALLED: Final = frozenset({"tell", "follow_up", "quality"})
"""Kinds of tasks for which the person is called."""
COUNTS: Final = frozenset({"no_answer", "busy", "refused", "wrong_number"})
"""Results of a call back that are a try of the follow-up too."""


def dial(session: Session, secrecy: Secrecy, settings: Settings, row: TicketTask, now: float) -> CallbackTask:
    """The call-back task that dials for a ticket's task: the one that is open, or a new one. It never goes to the handler's
    own seat. Raises Rejected `ticket_task.not_dialled`, `ticket.unsafe_way`, `ticket.unsafe_time`, `call.no_number`;
    SecrecyError."""
    if row.kind not in DIALLED or row.number is None:
        raise Rejected("ticket_task.not_dialled")
    ticket = session.get_one(Ticket, row.number)
    contact = ticket_secrecy.contact(session, secrecy, ticket, "phone", now)
    if contact.refusal:
        raise Rejected(f"ticket.{contact.refusal}", not_before=contact.not_before)
    known = session.get(CallbackTask, row.dial_task) if row.dial_task else None
    if known is not None and known.state in callbacks.UNFINISHED:
        return known
    handler = session.get(Account, ticket.handler_id) if ticket.handler_id else None
    task = callbacks.add(
        session,
        secrecy,
        settings,
        session.get_one(Call, ticket.call_id),
        kind="follow_up",
        reason="ticket",
        now=now,
        place_at=now,
        phone=contact.number,
        not_agent_id=handler.agent_id if handler is not None and row.kind != "tell" else None,
    )
    if task.state == "no_number":
        raise Rejected("call.no_number")
    row.dial_task = task.id
    session.flush()
    return task


def behind(session: Session, dial_task: str) -> TicketTask | None:
    """The ticket's open task that a call-back task dials for."""
    query = select(TicketTask).where(TicketTask.dial_task == dial_task, TicketTask.state == "open")
    return session.scalars(query.limit(1)).first() if dial_task else None


def tried(session: Session, settings: Settings, dial_task: str, result: str, agent_id: str, now: float) -> None:
    """A call for a follow-up reached nobody: a try of the ticket's task too, unless its rules say that it does not count (too
    soon after the last one, its own handler)."""
    row = behind(session, dial_task)
    account = session.scalar(select(Account.id).where(Account.agent_id == agent_id)) if agent_id else None
    if row is None or row.number is None or row.kind != "follow_up" or result not in COUNTS or account is None:
        return
    try:
        with session.begin_nested():
            make_try(session, settings, row.number, result, Actor(account, "agent"), now)
    except HotlineError:
        return


def make_try(session: Session, settings: Settings, number: str, outcome: str, actor: Actor, now: float, **more: str) -> Ticket:
    """Write down a try that reached nobody; the last one ends the follow-up. Raises what
    :meth:`~hotline.store.repositories.ticket_acts.House.do` raises."""
    figures = settings.tickets
    house = House(session, figures.limits, figures.warn)
    key = more.get("key", "")
    given = {"outcome": outcome, **({"why": more["why"]} if more.get("why") else {})}
    ticket = house.do(number, "try_follow_up", actor, given, now=now, key=key)
    made = house.standing(ticket).follow_up
    if ticket.state == "told" and (made.tries >= figures.follow_up_tries or made.outcome in FINAL_OUTCOMES):
        ticket = house.do(number, "unreachable", actor, {}, now=now)
    return ticket


def close(session: Session, settings: Settings, number: str, now: float) -> None:
    """Nobody need be called any more for what is no longer owed on this ticket."""
    query = select(CallbackTask).join(TicketTask, TicketTask.dial_task == CallbackTask.id)
    query = query.where(TicketTask.number == number, TicketTask.state != "open", CallbackTask.state == "open")
    for task in session.scalars(query).all():
        callbacks.happened(session, settings, task, "cancel", now, reason="not_owed")
