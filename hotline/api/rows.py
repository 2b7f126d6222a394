"""One row of each list, as JSON, and how it is made from the tables. Nothing here opens a sealed column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from hotline.api.names import Names, centre_names
from hotline.api.shapes import Shape
from hotline.store.models import Call, CallForm, Recording, Ticket


class CallRow(Shape):
    """A call in a list. Times are Unix seconds."""

    call_id: str
    state: str
    direction: str
    task_id: str | None
    arrived_at: float
    answered_at: float | None
    queued_at: float | None
    agent_connected_at: float | None
    ended_at: float | None
    caller_masked: str
    region_hint: str
    queue: str
    language: str
    priority: int
    phase: str
    cause: str
    ended_by: str
    sip_code: int
    agent_id: str | None
    agent_name: str | None
    expert_id: str | None
    expert_name: str | None
    rating: int | None
    rating_outcome: str
    wait_seconds: float
    talk_seconds: float
    hold_seconds: float
    transferred: bool
    category: str | None
    disposition: str | None
    outcome: str | None
    ticket_number: str | None
    form_incomplete: bool


class TicketRow(Shape):
    """A ticket in a list; the caller's number is masked."""

    number: str
    call_id: str
    state: str
    centre_id: str | None
    centre_name: str | None
    region_code: str
    service_type: str
    category: str
    disposition: str
    priority: int
    caller_number_masked: str
    agent_id: str | None
    agent_name: str | None
    form_incomplete: bool
    source: str
    """`call`, or `message`: a voice message."""
    clock: str
    """Rule of the limit that ends first."""
    due_at: float | None
    """When that is; null where nothing is owed, and while the ticket is suspended."""
    provisional: bool
    """A year table to come may move it."""
    level: str
    """Worst warning that holds: `yellow`, `orange`, `red`."""
    version: int
    supervised: bool
    extension_asked: int
    objections: int
    repeats: int
    offered_until: float | None
    """A hand-over is offered, and stands until then."""
    created_at: float
    updated_at: float


class RecordingRow(Shape):
    """A recording of one talk. `state`: `capturing`, `captured`, `sealed` (can be played), `failed` (see `reason`)."""

    recording_id: str
    call_id: str
    talk_id: str
    person_kind: str
    person_id: str
    person_name: str | None
    started_at: float
    ended_at: float | None
    seconds: float | None
    state: str
    reason: str
    bytes: int
    sha256: str


def _columns(row: object, shape: type[Shape], **more: Any) -> dict[str, Any]:
    return {name: more[name] if name in more else getattr(row, name) for name in shape.model_fields}


def call_rows(session: Session, calls: Sequence[Call], seen: ColumnElement[bool] | None = None) -> list[CallRow]:
    """Calls with names, the form's category and disposition, and the ticket's number. `seen`: which tickets whoever asks may
    know of; without it those that everybody in the house may."""
    known = seen if seen is not None else Ticket.guarded.is_(False)
    ids = [call.call_id for call in calls]
    names = Names(session, (call.agent_id for call in calls), (call.expert_id for call in calls))
    forms: dict[str, dict[str, Any]] = {}
    tickets: dict[str, str] = {}
    if ids:
        for call_id, fields in session.execute(select(CallForm.call_id, CallForm.fields).where(CallForm.call_id.in_(ids))):
            forms[call_id] = fields
        for call_id, number in session.execute(select(Ticket.call_id, Ticket.number).where(Ticket.call_id.in_(ids), known)):
            tickets[call_id] = number
    return [
        CallRow(
            **_columns(
                call,
                CallRow,
                agent_name=names.of("agent", call.agent_id),
                expert_name=names.of("expert", call.expert_id),
                category=forms.get(call.call_id, {}).get("category"),
                disposition=forms.get(call.call_id, {}).get("disposition"),
                ticket_number=tickets.get(call.call_id),
            )
        )
        for call in calls
    ]


def ticket_rows(session: Session, tickets: Sequence[Ticket]) -> list[TicketRow]:
    """Tickets with the names of centre and agent."""
    names = Names(session, (ticket.agent_id for ticket in tickets))
    centres = centre_names(session, (ticket.centre_id for ticket in tickets))
    return [
        TicketRow(
            **_columns(
                ticket,
                TicketRow,
                agent_name=names.of("agent", ticket.agent_id),
                centre_name=centres.get(ticket.centre_id or ""),
            )
        )
        for ticket in tickets
    ]


def recording_rows(session: Session, recordings: Sequence[Recording]) -> list[RecordingRow]:
    """Recordings with the name of who talked."""
    names = Names(
        session,
        (one.person_id for one in recordings if one.person_kind == "agent"),
        (one.person_id for one in recordings if one.person_kind == "expert"),
    )
    return [
        RecordingRow(**_columns(one, RecordingRow, person_name=names.of(one.person_kind, one.person_id))) for one in recordings
    ]
