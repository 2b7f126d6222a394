"""After the call: exactly one outcome each, no job given up, the audit chain whole (I22, I29)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.outcomes import GRACE_SECONDS
from hotline.jobs.doctor.report import Report
from hotline.jobs.doctor.sources import LAG_SECONDS, portions, rows_of
from hotline.settings import Settings
from hotline.store import audit
from hotline.store.models import Call, CallbackCall, Consultation, Job, Message, Ticket
from hotline.store.repositories.forms import finish_key

WITHOUT_ROW: Final = frozenset({"staff", "attempt"})
"""Outcomes after which nothing follows: one of our own people in their menu; a call of ours that reached nobody."""
_TABLES: Final = (("ticket", Ticket), ("consultation", Consultation), ("callback", CallbackCall))


def examine(session: Session, settings: Settings, report: Report, now: float) -> None:
    """I22: closed calls, their outcome and the jobs that make it."""
    ids = list(session.scalars(select(Call.call_id).where(Call.state == "closed").order_by(Call.call_id)))
    wait = settings.queue.wrap_up_seconds + GRACE_SECONDS + LAG_SECONDS
    for portion in portions(ids):
        calls = session.scalars(select(Call).where(Call.call_id.in_(portion)).order_by(Call.call_id)).all()
        made = {name: rows_of(session, model, portion) for name, model in _TABLES}
        left = select(Message.call_id).where(Message.call_id.in_(portion), Message.outcome == "recorded")
        spoken = set(session.scalars(left))
        keys = [finish_key(call_id) for call_id in portion]
        jobs = {job.key: job.state for job in session.scalars(select(Job).where(Job.key.in_(keys)))}
        for call in calls:
            report.looked("I22")
            found = [name for name in made for _ in made[name][call.call_id]]
            if len(found) > 1:
                report.say("I22", "outcome.doubled", call.call_id, call.call_id, found=", ".join(found))
            elif call.outcome is None:
                job = jobs.get(finish_key(call.call_id), "")
                if found or (job not in ("queued", "running") and now - (call.ended_at or now) > wait):
                    report.say("I22", "outcome.missing", call.call_id, call.call_id, job=job)
            elif call.call_id in spoken and not _due(made["ticket"][call.call_id]):
                report.say("I22", "message.without_ticket", call.call_id, call.call_id)
            elif found != ([] if call.outcome in WITHOUT_ROW else [call.outcome]):
                details = {"outcome": call.outcome, "found": ", ".join(found) or "-"}
                report.say("I22", "outcome.wrong", call.call_id, call.call_id, **details)
    _jobs(session, report)


def _due(found: Sequence[object]) -> bool:
    """Whether there is a ticket that says until when somebody must answer."""
    return any(
        isinstance(item, Ticket) and item.source == "message" and (item.due_at is not None or item.version > 1)
        for item in found
    )


def _jobs(session: Session, report: Report) -> None:
    for job in session.scalars(select(Job).where(Job.state == "failed").order_by(Job.created_at)):
        report.say("I22", "job.failed", job.id, str(job.payload.get("call_id", "")), kind=job.kind)


def trail(session: Session, report: Report, anchors: Iterable[audit.Anchor]) -> None:
    """I29: the audit chain, row by row, and against the heads that were noted outside the database."""
    verdict = audit.verify(session, anchors)
    report.looked("I29", rows=verdict.count)
    if not verdict.ok:
        report.say("I29", "audit.broken", f"audit_events/{verdict.bad_seq}", seq=verdict.bad_seq, how=verdict.problem)
