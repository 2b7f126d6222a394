"""What stored calls do to tasks: the end of a try, a person served, a rating that came by telephone, tasks that follow."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.callbacks import results
from hotline.core.phones import normalise
from hotline.core.records import CallRecord
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.models import Call, CallbackTask, Rating, Talk
from hotline.store.repositories import callbacks, calls, ticket_dials, ticket_tasks

HUNG_UP_FIRST = frozenset({"not_offered", "caller_hung_up"})
"""Why a rating is missing, when a call may ask for it."""


def settle(session: Session, secrecy: Secrecy, settings: Settings, record: CallRecord, now: float) -> None:
    """A call's record was stored: tell the tasks. Harmless when repeated."""
    if record.direction == "outbound":
        if record.rating is not None:
            _rated_by_call(session, secrecy, settings, record, now)
        if record.closed and (row := callbacks.try_of(session, record.call_id)) is not None:
            event, result = results.of_call(record)
            if row.coded and result != "reached":
                event, result = "tried", row.coded
            callbacks.end_try(session, settings, row, event, now, result=result)
            if event == "tried":
                ticket_dials.tried(session, settings, row.task_id, result, row.agent_id or "", now)
    if record.agent_connected_at is not None and record.caller_hash:
        callbacks.served(session, settings, record.caller_hash, record.call_id, now)


def _rated_by_call(session: Session, secrecy: Secrecy, settings: Settings, record: CallRecord, now: float) -> None:
    """I20: the rating belongs to the consultation and the person of that talk, once, however it was given."""
    rating = record.rating
    call = session.get(Call, record.of_call, with_for_update=True)
    known = session.scalar(select(Rating).where(Rating.call_id == record.of_call))
    talk = session.get(Talk, rating.talk_id) if rating else None
    if rating is None or call is None or known is not None or talk is None or talk.call_id != call.call_id:
        return
    session.add(
        Rating(
            talk_id=talk.talk_id,
            call_id=call.call_id,
            person_kind=talk.person_kind,
            person_id=talk.person_id,
            score=rating.score,
            method="call",
            at=rating.at,
        )
    )
    call.rating, call.rating_outcome = rating.score, "rated"
    session.flush()
    follow(session, secrecy, settings, call, now)


def after_call(session: Session, secrecy: Secrecy, settings: Settings, call: Call, now: float) -> None:
    """An inbound consultation is over and finished with: is there to be a follow-up, or a call for the rating?"""
    if call.direction != "inbound":
        return
    if call.rating is not None:
        follow(session, secrecy, settings, call, now)
    elif settings.rating_call.enabled and call.rating_outcome in HUNG_UP_FIRST:
        _ask_rating(session, secrecy, settings, call, now)


def follow(session: Session, secrecy: Secrecy, settings: Settings, call: Call, now: float) -> None:
    """Rules E.39, E.41: a bad rating is always followed up, never by the handler himself, and put right with cause and fix."""
    rules = settings.follow_up
    if call.rating is not None and call.rating in rules.scores:
        rated = session.scalar(select(Rating).where(Rating.call_id == call.call_id))
        kind, person = (rated.person_kind, rated.person_id) if rated else ("agent", call.agent_id or "")
        ticket_tasks.rated_badly(session, call.call_id, call.rating, kind, person, now)
    if rules.enabled and call.rating in rules.scores and not _has(session, call.call_id, "follow_up"):
        handler = call.agent_id
        callbacks.add(
            session,
            secrecy,
            settings,
            call,
            kind="follow_up",
            reason=f"rated_{call.rating}",
            now=now,
            place_at=now,
            not_agent_id=handler,
        )


def _ask_rating(session: Session, secrecy: Secrecy, settings: Settings, call: Call, now: float) -> None:
    talk = session.scalars(select(Talk).where(Talk.call_id == call.call_id).order_by(Talk.started_at.desc())).first()
    if talk is None or talk.ended_at is None or talk.ended_at - talk.started_at < settings.rating_call.min_talk_seconds:
        return
    number = normalise(calls.caller_number(secrecy, call))
    if number.kind not in callbacks.CALLABLE or _has(session, call.call_id, "rating"):
        return
    about = {"talk_id": talk.talk_id, "person_kind": talk.person_kind, "person_id": talk.person_id}
    callbacks.add(session, secrecy, settings, call, kind="rating", reason="not_rated", now=now, place_at=now, talk=about)


def _has(session: Session, call_id: str, kind: str) -> bool:
    """Asked once about one consultation, whatever came of it."""
    return session.scalar(select(CallbackTask.id).where(CallbackTask.call_id == call_id, CallbackTask.kind == kind)) is not None
