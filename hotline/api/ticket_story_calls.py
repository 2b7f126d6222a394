"""The calls about a ticket's matter, with their recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.api.names import people_names
from hotline.api.rows import recording_rows
from hotline.api.ticket_shapes import StoryCall
from hotline.store.models import Call, Recording, Ticket

MOST_CALLS: Final = 50


def calls_of(session: Session, ticket: Ticket) -> list[StoryCall]:
    """The ticket's call, and those of tickets merged into it or about the same matter."""
    same = or_(Ticket.number == ticket.number, Ticket.merged_into == ticket.number, Ticket.repeat_of == ticket.number)
    pairs = session.execute(select(Ticket.call_id, Ticket.number).where(same, *_near(ticket)).limit(MOST_CALLS)).all()
    numbers: dict[str, str] = {row.call_id: row.number for row in pairs}
    calls = session.scalars(select(Call).where(Call.call_id.in_(numbers)).order_by(Call.arrived_at)).all()
    names = people_names(session, (call.agent_id or "" for call in calls))
    recordings = recording_rows(session, _recordings(session, list(numbers)))
    return [
        StoryCall(
            call_id=call.call_id,
            arrived_at=call.arrived_at,
            ended_at=call.ended_at,
            direction=call.direction,
            agent_name=names.get(call.agent_id or ""),
            talk_seconds=call.talk_seconds,
            rating=call.rating,
            ticket_number=numbers[call.call_id],
            recordings=[row for row in recordings if row.call_id == call.call_id],
        )
        for call in calls
    ]


def _near(ticket: Ticket) -> list[Any]:
    """Tickets of the same caller only: that is what the index holds."""
    return [or_(Ticket.number == ticket.number, Ticket.caller_number_hash == ticket.caller_number_hash)]


def _recordings(session: Session, calls: Sequence[str]) -> Sequence[Recording]:
    return session.scalars(
        select(Recording).where(Recording.call_id.in_(calls)).order_by(Recording.started_at, Recording.recording_id)
    ).all()
