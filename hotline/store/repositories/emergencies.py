"""Emergencies: every change writes its event and its audit row in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from hotline.core.emergencies import RESULTS, next_state
from hotline.core.emergencies.machine import BASIS, TELL_SECONDS
from hotline.core.errors import Invalid, Missing
from hotline.core.ids import new_id
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store import audit
from hotline.store.models import Call, Emergency, EmergencyEvent, EmergencyTask
from hotline.store.repositories import callbacks
from hotline.store.repositories.sealing import seal, unseal


def raise_one(
    session: Session,
    *,
    call_id: str,
    source: str,
    flags: Sequence[str],
    by: str,
    by_agent: str,
    caller_masked: str,
    region_hint: str,
    audience: str,
    now: float,
) -> tuple[Emergency, bool]:
    """A new emergency of a call, or the open one it has (then the second value is False)."""
    known = open_of(session, call_id)
    if known is not None:
        return known, False
    row = Emergency(
        id=new_id("emg", now),
        call_id=call_id,
        source=source,
        flags=list(flags),
        basis=BASIS,
        caller_masked=caller_masked,
        region_hint=region_hint,
        audience=audience,
        raised_by=by,
        raised_by_agent=by_agent,
        raised_at=now,
    )
    session.add(row)
    session.flush()
    if audience == "everyone":
        add_task(session, row, "unheard", due_at=now, now=now)
    _happened(session, row, "raised", by, now, source=source, flags=list(flags), basis=BASIS, audience=audience)
    return row, True


def open_of(session: Session, call_id: str) -> Emergency | None:
    """The open emergency of a call, or None."""
    return session.scalars(select(Emergency).where(Emergency.call_id == call_id, Emergency.state != "closed")).one_or_none()


def all_open(session: Session) -> Sequence[Emergency]:
    """Every emergency that nobody has closed, oldest first."""
    return session.scalars(select(Emergency).where(Emergency.state != "closed").order_by(Emergency.raised_at)).all()


def page(session: Session, *, state: str = "", limit: int = 50, before: Emergency | None = None) -> Sequence[Emergency]:
    """Emergencies, newest first; `before`: only older ones than this."""
    query = select(Emergency).order_by(Emergency.raised_at.desc(), Emergency.id.desc()).limit(max(1, min(limit, 201)))
    if before is not None:
        query = query.where(tuple_(Emergency.raised_at, Emergency.id) < (before.raised_at, before.id))
    if state:
        query = query.where(Emergency.state == state)
    return session.scalars(query).all()


def get(session: Session, emergency_id: str) -> Emergency:
    """One emergency, locked for change. Raises Missing `emergency.missing`."""
    row = session.get(Emergency, emergency_id, with_for_update=True)
    if row is None:
        raise Missing("emergency.missing")
    return row


def alerted(session: Session, row: Emergency, *, by: str, role: str, now: float) -> bool:
    """A console has shown it to somebody who did not raise it. True when it is the first time for this person."""
    before = session.scalars(
        select(EmergencyEvent).where(
            EmergencyEvent.emergency_id == row.id, EmergencyEvent.name == "alerted", EmergencyEvent.actor == by
        )
    ).first()
    if before is not None or by == row.raised_by:
        return False
    if row.alerted_at is None and (role == "supervisor" or row.audience == "everyone"):
        row.alerted_at = now
    _happened(session, row, "alerted", by, now, audited=False, role=role, seconds=round(now - row.raised_at, 2))
    return True


def widen(session: Session, row: Emergency, now: float) -> None:
    """No supervisor has seen it in time: from now on it is everybody's, and a task says so."""
    if row.audience != "everyone":
        row.audience = "everyone"
        add_task(session, row, "unheard", due_at=now, now=now)
        _happened(session, row, "widened", "system", now)


def acknowledge(session: Session, row: Emergency, *, by: str, now: float) -> None:
    """Somebody has taken it up. Raises IllegalTransition once it is closed."""
    row.state = next_state(row.state, "acknowledge")
    if not row.acknowledged_by:
        row.acknowledged_by, row.acknowledged_at = by, now
        _happened(session, row, "acknowledged", by, now, seconds=round(now - row.raised_at, 2))


def dispatch(session: Session, row: Emergency, *, service: str, note: str, by: str, now: float) -> None:
    """A service (110, 120 …) has been called out. Raises IllegalTransition once it is closed."""
    acknowledge(session, row, by=by, now=now)
    row.state = next_state(row.state, "dispatch")
    row.dispatched_to = [*row.dispatched_to, service]
    row.dispatched_at = row.dispatched_at or now
    _happened(session, row, "dispatched", by, now, service=service, note=note)


def assign(session: Session, row: Emergency, *, agent_id: str, by: str, now: float) -> None:
    """A second agent is to call out help: the card opens on their console."""
    if agent_id not in row.helpers:
        row.helpers = [*row.helpers, agent_id]
        _happened(session, row, "assigned", by, now, agent_id=agent_id)


def line_lost(session: Session, secrecy: Secrecy, settings: Settings, row: Emergency, now: float) -> bool:
    """The caller's line is gone: a call-back with the highest priority, due now. False while the call is not stored
    yet (try again), the line lost is noted all the same."""
    if row.line_lost_at is None:
        row.line_lost_at = now
        _happened(session, row, "line_lost", "system", now)
    if session.scalars(
        select(EmergencyTask).where(EmergencyTask.emergency_id == row.id, EmergencyTask.kind == "call_back")
    ).first():
        return True
    call = session.get(Call, row.call_id)
    if call is None:
        return False
    task = callbacks.add(session, secrecy, settings, call, reason="emergency", now=now, again=True, priority=0)
    task.reason, task.priority, task.due_at = "emergency", 0, min(task.due_at, now)
    mine = add_task(session, row, "call_back", due_at=now, now=now)
    mine.callback_id = task.id
    session.flush()
    return True


def close(
    session: Session, secrecy: Secrecy, row: Emergency, *, result: str, report: Mapping[str, str], by: str, now: float
) -> None:
    """It is over. Raises Invalid (`emergency.result`, `emergency.report`) and IllegalTransition."""
    if result not in RESULTS:
        raise Invalid("emergency.result", field="result")
    lacking = [name for name in ("what", "told") if not report.get(name, "").strip()]
    if lacking:
        raise Invalid("emergency.report", fields=lacking)
    row.state = next_state(row.state, "close")
    row.closed_by, row.closed_at, row.result = by, now, result
    row.report_enc = seal(secrecy, "emergencies.report_enc", row.id, json.dumps(dict(report), ensure_ascii=False))
    if result != "false_alarm":
        add_task(session, row, "tell_afterwards", due_at=now + TELL_SECONDS, now=now)
    _happened(session, row, "closed", by, now, result=result)


def report(secrecy: Secrecy, row: Emergency) -> dict[str, str]:
    """The report in clear; empty before the end."""
    text = unseal(secrecy, "emergencies.report_enc", row.id, row.report_enc)
    found: dict[str, str] = json.loads(text) if text else {}
    return found


def add_task(session: Session, row: Emergency, kind: str, *, due_at: float, now: float) -> EmergencyTask:
    task = EmergencyTask(id=new_id("emt", now), emergency_id=row.id, kind=kind, created_at=now, due_at=due_at)
    session.add(task)
    session.flush()
    return task


def tasks(session: Session, *, emergency_id: str = "", state: str = "") -> Sequence[EmergencyTask]:
    """Tasks, the most pressing first."""
    query = select(EmergencyTask).order_by(EmergencyTask.due_at, EmergencyTask.id).limit(200)
    if emergency_id:
        query = query.where(EmergencyTask.emergency_id == emergency_id)
    if state:
        query = query.where(EmergencyTask.state == state)
    return session.scalars(query).all()


def task_done(session: Session, task_id: str, *, note: str, by: str, now: float) -> EmergencyTask:
    """Done. Raises Missing `task.missing`."""
    task = session.get(EmergencyTask, task_id, with_for_update=True)
    if task is None:
        raise Missing("task.missing")
    if task.state == "open":
        task.state, task.closed_at, task.closed_by, task.note = "done", now, by, note
        row = session.get_one(Emergency, task.emergency_id)
        _happened(session, row, "task_done", by, now, kind=task.kind, note=note)
    return task


def events(session: Session, emergency_id: str) -> Sequence[EmergencyEvent]:
    return session.scalars(
        select(EmergencyEvent).where(EmergencyEvent.emergency_id == emergency_id).order_by(EmergencyEvent.id)
    ).all()


def _happened(session: Session, row: Emergency, name: str, by: str, now: float, *, audited: bool = True, **data: Any) -> None:
    session.add(EmergencyEvent(emergency_id=row.id, at=now, actor=by, name=name, data=data))
    session.flush()
    if audited:
        audit.append(
            session,
            at=now,
            actor=by,
            action=f"emergency.{name}",
            object=f"emergencies/{row.id}",
            data={"call_id": row.call_id, **data},
        )
