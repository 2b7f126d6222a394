"""Centres by phone (V1): every ticket that waits there is in hand, one call at a time, or the centre above was told.
Appointments (V2): one person and one place at a time, within their plan, and not on closed days."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from itertools import pairwise
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.core.calendars import ZONE
from hotline.core.tickets.table import ASSIGNED
from hotline.jobs.doctor.report import Report
from hotline.settings import Settings
from hotline.store.models import Appointment, AppointmentPlan, CallbackTask, Centre, Ticket, TicketEvent, VillageCall
from hotline.store.repositories import appointments
from hotline.store.repositories.village import ASSIGNING, untold

SLACK_SECONDS: Final = 120.0
"""The look at what waits comes every few seconds; a busy machine may take longer."""


def examine(session: Session, settings: Settings, report: Report, now: float) -> None:
    """V1 and V2."""
    _waiting(session, settings, report, now)
    _told(session, report, now)
    _appointments(session, report, now)


def _waiting(session: Session, settings: Settings, report: Report, now: float) -> None:
    by_phone = session.scalars(select(Centre.id).where(Centre.by_phone, Centre.active)).all()
    rows = {row.number: row for row in session.scalars(select(VillageCall).order_by(VillageCall.seq))}
    query = select(Ticket).where(Ticket.state == ASSIGNED, Ticket.centre_id.in_(by_phone)).order_by(Ticket.number)
    for ticket in session.scalars(query):
        report.looked("V1")
        came = session.scalar(
            select(func.max(TicketEvent.at)).where(TicketEvent.number == ticket.number, TicketEvent.name.in_(ASSIGNING))
        )
        row = rows.get(ticket.number)
        late = came is not None and now - came > SLACK_SECONDS + settings.village.sweep_seconds
        if late and (row is None or row.state not in ("waiting", "unreached")):
            report.say("V1", "village.forgotten", ticket.number, ticket.call_id)
    for row in session.scalars(select(VillageCall).where(VillageCall.state == "waiting")):
        task = session.get(CallbackTask, row.task_id) if row.task_id else None
        if task is not None and task.kind != "village":
            report.say("V1", "village.wrong_task", row.number, task=task.id)


def _told(session: Session, report: Report, now: float) -> None:
    """The centre above is told once of each assignment, and when it is noted as told; its people have a notice of it."""
    told = dict(
        session.execute(
            select(TicketEvent.number, func.count()).where(TicketEvent.name == "unreached").group_by(TicketEvent.number)
        ).all()
    )
    noted = select(VillageCall.number, func.count()).where(VillageCall.state == "unreached").group_by(VillageCall.number)
    counts = dict(session.execute(noted).all())
    for number in sorted({*told, *counts}):
        report.looked("V1")
        if told.get(number, 0) != counts.get(number, 0):
            report.say("V1", "village.told", number, told=told.get(number, 0), noted=counts.get(number, 0))
    for row, _ in session.execute(untold().where(VillageCall.ended_at < now - SLACK_SECONDS)):
        report.say("V1", "village.no_notice", row.number, centre=row.told)


def _appointments(session: Session, report: Report, now: float) -> None:
    rows = session.scalars(select(Appointment).where(Appointment.state == "booked").order_by(Appointment.starts_at)).all()
    plans = {row.id: row for row in session.scalars(select(AppointmentPlan))}
    by_person: dict[str, list[Appointment]] = defaultdict(list)
    hours = {}
    for row in rows:
        report.looked("V2")
        plan = plans[row.plan_id]
        if not 1 <= row.place <= plan.places and row.created_at > now - 86_400:
            report.say("V2", "appointment.place", row.number, appointment=row.id)
        if row.account_id:
            by_person[row.account_id].append(row)
        if row.starts_at > now:
            if row.centre_id not in hours:
                hours[row.centre_id] = appointments.hours_of(session, session.get_one(Centre, row.centre_id))
            day = datetime.fromtimestamp(row.starts_at, ZONE).date()
            if not tuple(hours[row.centre_id](day)):
                report.say("V2", "appointment.closed_day", row.number, appointment=row.id, day=day.isoformat())
    for found in by_person.values():
        for first, second in pairwise(found):
            if second.starts_at < first.ends_at:
                report.say("V2", "appointment.two_at_once", second.number, appointment=second.id, other=first.id)
