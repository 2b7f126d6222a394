"""Danger to life: each emergency was on somebody's console in time, or an alarm is kept (rules A.16, H.56)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.jobs.doctor.report import Report
from hotline.settings import Settings
from hotline.store.models import Emergency, EmergencyTask

SLACK_SECONDS: Final = 3.0
"""The alarm is kept by a look every half second; a busy machine may be late."""


def examine(session: Session, settings: Settings, report: Report, now: float) -> None:
    """A16: seen within `emergency.alert_seconds`, or a task `unheard`; a closed one has its task to tell afterwards."""
    limit = settings.emergency.alert_seconds
    for row in session.scalars(select(Emergency).order_by(Emergency.raised_at)):
        report.looked("A16")
        kinds = set(session.scalars(select(EmergencyTask.kind).where(EmergencyTask.emergency_id == row.id)))
        late = (row.alerted_at or now) - row.raised_at
        if late > limit + SLACK_SECONDS and "unheard" not in kinds:
            report.say("A16", "emergency.unheard", row.id, row.call_id, seconds=round(late, 1))
        if row.state == "closed" and row.result != "false_alarm" and "tell_afterwards" not in kinds:
            report.say("A16", "emergency.not_told", row.id, row.call_id)
        if row.line_lost_at and now - row.line_lost_at > 60 and "call_back" not in kinds:
            report.say("A16", "emergency.no_call_back", row.id, row.call_id)
