"""The job `finish_call`: what a closed call becomes, exactly one thing."""

from __future__ import annotations

from sqlalchemy import select

from hotline import logs
from hotline.core.outcomes import Ended, Outcome, decide
from hotline.jobs.durable import Later, Work
from hotline.settings import Settings
from hotline.store.models import Call
from hotline.store.repositories import callbacks, forms, recordings, tickets

log = logs.get(__name__)


def run(work: Work) -> None:
    """Make the ticket, the closed consultation or the call-back task, in one transaction with `calls.outcome`; with
    that set it does nothing. Raises Later while the agent may still be writing."""
    call_id = str(work.payload["call_id"])
    with work.store.write() as session:
        call = session.scalars(select(Call).where(Call.call_id == call_id).with_for_update()).one()
        if call.outcome is not None:
            return
        if call.ended_at is None:
            raise Later(work.now + 5)
        form = forms.get(session, work.store.secrecy, call_id)
        found = decide(
            Ended(call.cause, call.ended_at, call.agent_connected_at is not None, call.consultation_over),
            form.fields,
            form.submitted_at is not None,
            work.now,
            work.settings.queue.wrap_up_seconds,
        )
        if not isinstance(found, Outcome):
            raise Later(found)
        incomplete = found.form_incomplete
        if found.kind == "callback":
            callbacks.add(session, work.store.secrecy, call, reason=found.reason, now=work.now)
        elif found.kind == "ticket":
            tickets.create(session, work.store.secrecy, call, form.fields, form_incomplete=incomplete, now=work.now)
        else:
            tickets.close_consultation(session, call, form.fields, form_incomplete=incomplete, now=work.now)
        call.outcome, call.finished_at, call.form_incomplete = found.kind, work.now, incomplete
        recordings.keep(session, call_id, keep_until(work.settings, found.kind, call.ended_at))
    log.info("call_finished", call_id=call_id, outcome=found.kind, form_incomplete=incomplete)


def keep_until(settings: Settings, outcome: str, ended_at: float) -> float:
    """Until when the recordings of a call are kept (Unix seconds)."""
    policy = settings.recording
    days = policy.keep_days_ticket if outcome == "ticket" else policy.keep_days_consultation
    return ended_at + days * 86_400
