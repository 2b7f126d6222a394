"""The job `finish_call`: what a closed call becomes, exactly one thing."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import logs
from hotline.core.outcomes import PROGRESS_TOLD, Ended, Outcome, decide
from hotline.jobs.durable import Later, Work
from hotline.settings import Settings
from hotline.store.models import Call, CallFact
from hotline.store.repositories import callbacks, facts, forms, messages, recordings, restrictions, task_results, tickets

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
        message = messages.left(session, call_id)
        form = forms.get(session, work.store.secrecy, call_id)
        restricted = call.flow == work.settings.abuse.flow and call.queued_at is None
        found = decide(
            Ended(
                call.cause,
                call.ended_at,
                agent_reached=call.agent_connected_at is not None,
                consultation_over=call.consultation_over,
                outbound=call.direction == "outbound",
                expert_reached=call.expert_id is not None,
                message_left=message is not None,
                restricted=restricted,
            ),
            form.fields,
            form.submitted_at is not None,
            work.now,
            work.settings.queue.longest_wrap_up(facts.wrap_up_extended(session, call_id)),
        )
        if not isinstance(found, Outcome):
            raise Later(found)
        incomplete = found.form_incomplete
        warn = work.settings.tickets.warn
        if found.kind == "callback":
            _call_back(session, work, call, found.reason)
        elif message is not None:
            messages.ticket(
                session, work.store.secrecy, call, message, form.fields, form_incomplete=incomplete, now=work.now, warn=warn
            )
        elif found.kind == "ticket":
            tickets.create(session, work.store.secrecy, call, form.fields, form_incomplete=incomplete, now=work.now, warn=warn)
        elif found.kind == "consultation":
            fields = {"disposition": found.reason, **form.fields} if restricted or call.cause == PROGRESS_TOLD else form.fields
            tickets.close_consultation(session, call, fields, form_incomplete=incomplete, now=work.now)
        call.outcome, call.finished_at, call.form_incomplete = found.kind, work.now, incomplete
        session.flush()
        task_results.after_call(session, work.store.secrecy, work.settings, call, work.now)
        recordings.keep(session, call_id, keep_until(work.settings, found.kind, call.ended_at))
        if session.scalar(select(CallFact.id).where(CallFact.call_id == call_id, CallFact.name == "abuse_warned").limit(1)):
            keep_seconds = work.settings.abuse.keep_days * restrictions.DAY_SECONDS
            restrictions.keep_evidence(session, call_id, call.ended_at + keep_seconds)
    log.info("call_finished", call_id=call_id, outcome=found.kind, form_incomplete=incomplete)


def _call_back(session: Session, work: Work, call: Call, reason: str) -> None:
    """The task keeps the place in the queue; whoever asked for it in the queue is not made to wait."""
    asked = next((fact for fact in facts.of_call(session, call.call_id) if fact.name == "callback_requested"), None)
    place = call.queued_at if call.queued_at is not None else call.arrived_at
    if asked is not None:
        reason, place = str(asked.data["reason"]) or "in_queue", float(asked.data["queued_at"] or place)
    callbacks.add(session, work.store.secrecy, work.settings, call, reason=reason, now=work.now, place_at=place)


def keep_until(settings: Settings, outcome: str, ended_at: float) -> float:
    """Until when the recordings of a call are kept (Unix seconds)."""
    policy = settings.recording
    days = policy.keep_days_ticket if outcome == "ticket" else policy.keep_days_consultation
    return ended_at + days * 86_400
