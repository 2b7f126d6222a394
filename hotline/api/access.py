"""Which records a person may see: supervisors and administrators all, agents those of calls they talked on, and
voice messages; a centre those of tickets it may see."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select, true
from sqlalchemy.orm import Session

from hotline.api.people import Person
from hotline.api.ticket_sight import kept_secret, sight
from hotline.store.models import Call, Message, Talk, Ticket

if TYPE_CHECKING:
    from hotline.api.context import Context


def own_calls(person: Person) -> ColumnElement[bool]:
    """Condition on :class:`Call`: the calls this person may read; none whose ticket is kept from them."""
    return and_(_own_calls(person), not_(kept_secret(person)))


def _own_calls(person: Person) -> ColumnElement[bool]:
    if person.may("calls.read_all"):
        return true()
    if person.role == "centre":
        return exists().where(Ticket.call_id == Call.call_id, sight(person, false()))
    talked = exists().where(Talk.call_id == Call.call_id, Talk.person_kind == "agent", Talk.person_id == person.agent_id)
    # A voice message is for whoever is at the desk when it must be answered.
    left = exists().where(Message.call_id == Call.call_id, Message.outcome == "recorded")
    return or_(left, Call.agent_id == (person.agent_id or None), talked)


def may_read_call(session: Session, person: Person, call_id: str) -> bool:
    """Whether the call is in the database and this person's to read."""
    return session.scalar(select(Call.call_id).where(Call.call_id == call_id, own_calls(person))) is not None


async def may_see_form(context: Context, person: Person, call_id: str) -> bool:
    """Whether this person may read the form of a call: who has the call, on whose console it rings, and who may read its
    record; supervisors from the moment it is on the board."""
    if await context.holders.holds(person.agent_id, call_id) or context.holders.offered(person.agent_id, call_id):
        return True
    if person.may("calls.read_all") and f"calls/{call_id}" in context.board.state:
        return True

    def read() -> bool:
        with context.store.read() as session:
            return may_read_call(session, person, call_id)

    return person.may("forms.read") and await asyncio.to_thread(read)
