"""Telling callers about their appointments: a reminder before it, and ahead of time what the house changed. The one place that
knows how people are told.

Nobody is told twice: the row says what was done (`told`, `reminded_at`, `task_id`), in the transaction that does it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.core.calendars import ZONE
from hotline.core.errors import Invalid
from hotline.core.letters import texts
from hotline.core.phones import normalise
from hotline.core.tickets import OVER
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.models import Appointment, Call, CallbackTask, Ticket
from hotline.store.repositories import appointments, callbacks, letters, ticket_events, ticket_secrecy

CALL_EARLY_SECONDS: Final = 300.0
"""A booked call stands among the tasks so long before its time."""
LETTER_SECONDS: Final = 24 * 3600.0
"""A change is told by message when the appointment lies at least so far ahead; else somebody calls."""


def changed(session: Session, secrecy: Secrecy, settings: Settings, row: Appointment, now: float) -> None:
    """The house moved or cancelled it: the person is told ahead of the time that was agreed, by message; where that cannot be,
    or the time is near (a message may be read too late), somebody of the desk calls."""
    if row.told:
        return
    letters.cancel(session, _key(row, "reminder"), now)
    what = "moved" if row.state == "moved" else "cancelled"
    if row.starts_at - now >= LETTER_SECONDS and _letter(session, secrecy, settings, row, what, now):
        row.told = "letter"
    else:
        task = _task(session, secrecy, settings, row, reason="appointment", now=now, after=None)
        row.told = "task" if task is not None else "no_number"
    session.flush()


def sweep(session: Session, secrecy: Secrecy, settings: Settings, now: float) -> dict[str, int]:
    """Reminders and booked calls whose time has come, and appointments that lost their ticket or centre; how many. Harmless
    when repeated."""
    found = {"reminded": 0, "calls": 0}
    ahead = settings.appointments.remind_hours * 3600
    for row in appointments.due(session, now, CALL_EARLY_SECONDS, lambda row: row.kind == "call" and not row.task_id):
        task = _task(session, secrecy, settings, row, reason="appointment_call", now=now, after=row.starts_at)
        row.task_id = task.id if task is not None else "none"
        found["calls"] += 1
    for row in _left_behind(session):
        row.state, row.ended_by, row.reason, row.updated_at = "cancelled", "system", texts.matter_over(), now
        changed(session, secrecy, settings, row, now)
    for row in appointments.due(session, now, ahead, lambda row: row.reminded_at is None and row.starts_at > now):
        row.reminded_at = now
        if row.starts_at - row.created_at < ahead:
            continue  # booked so near that it is fresh in memory
        remind(session, secrecy, settings, row, now)
        found["reminded"] += 1
    session.flush()
    return found


def _key(row: Appointment, what: str) -> str:
    return f"appointment:{row.id}:{what}"


def _letter(session: Session, secrecy: Secrecy, settings: Settings, row: Appointment, what: str, now: float) -> bool:
    """Put one message on its way, once for ever. False where the person cannot, or must not, be written to."""
    ticket = session.get_one(Ticket, row.number)
    contact = ticket_secrecy.contact(session, secrecy, ticket, "message", now)
    if contact.refusal == "unsafe_way":
        return False
    if ticket.secret or not set(settings.outbox.discreet_flags).isdisjoint(ticket.risk_flags):
        words = texts.discreet(ticket.language)
    else:
        when = texts.day_and_time(datetime.fromtimestamp(row.starts_at, ZONE), ticket.language)
        why = texts.matter_over(ticket.language) if row.ended_by == "system" else row.reason
        values = {"number": ticket.number, "when": when, "why": why}
        words = texts.caller(f"appointment.{what}", values, ticket.language)
    try:
        letters.send(
            session,
            secrecy,
            key=_key(row, what),
            kind="appointment",
            channel="sms",
            to=contact.number,
            subject=words.subject,
            body=words.body,
            now=now,
            number=ticket.number,
            not_before=contact.not_before or None,
        )
    except Invalid:
        return False  # a landline, or none
    return True


def _left_behind(session: Session) -> list[Appointment]:
    """Booked for a ticket that is over, or that another centre has now."""
    query = (
        select(Appointment)
        .join(Ticket, Ticket.number == Appointment.number)
        .where(
            Appointment.state == "booked",
            or_(Ticket.state.in_(OVER), Ticket.centre_id != Appointment.centre_id),
        )
        .limit(200)
    )
    return list(session.scalars(query))


def remind(session: Session, secrecy: Secrecy, settings: Settings, row: Appointment, now: float) -> None:
    """The reminder itself, once, by message; its story says `none` where nobody can be written to."""
    sent = _letter(session, secrecy, settings, row, "reminder", now)
    ticket = session.get_one(Ticket, row.number, with_for_update=True)
    data = {"appointment": row.id, "what": "reminded", "kind": row.kind, "starts_at": row.starts_at}
    data["way"] = "letter" if sent else "none"
    ticket_events.append(session, ticket, "appointment", actor="system", at=now, before=ticket.state, data=data)


def _task(
    session: Session, secrecy: Secrecy, settings: Settings, row: Appointment, *, reason: str, now: float, after: float | None
) -> CallbackTask | None:
    """A call to the ticket's number; None when it has none that can be dialled."""
    ticket = session.get_one(Ticket, row.number)
    contact = ticket_secrecy.contact(session, secrecy, ticket, "phone", now)
    phone = contact.number
    if contact.refusal == "unsafe_way" or not normalise(phone).dialable:
        return None
    after = max(after or now, contact.not_before)
    call = session.get_one(Call, ticket.call_id)
    return callbacks.add(
        session,
        secrecy,
        settings,
        call,
        reason=reason,
        now=now,
        place_at=now,
        after=after,
        again=True,
        phone=phone,
        note=f"预约 {row.id}",
    )
