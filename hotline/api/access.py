"""Which records a person may see: supervisors and administrators all, agents those of calls they talked on."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import Session

from hotline.api.people import Person
from hotline.store.models import Call, Talk


def own_calls(person: Person) -> ColumnElement[bool]:
    """Condition on :class:`Call`: the calls this person may read."""
    if person.may("calls.read_all"):
        return true()
    talked = exists().where(Talk.call_id == Call.call_id, Talk.person_kind == "agent", Talk.person_id == person.agent_id)
    return or_(Call.agent_id == (person.agent_id or None), talked)


def may_read_call(session: Session, person: Person, call_id: str) -> bool:
    """Whether the call is in the database and this person's to read."""
    return session.scalar(select(Call.call_id).where(Call.call_id == call_id, own_calls(person))) is not None
