"""Call-back tasks: one open task a number, however often it called."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.ids import new_id
from hotline.core.outcomes import CALLBACK_SECONDS
from hotline.core.phones import normalise
from hotline.secrecy import Secrecy
from hotline.store.models import Call, CallbackCall, CallbackTask
from hotline.store.repositories import calls
from hotline.store.repositories.sealing import seal, unseal


def add(session: Session, secrecy: Secrecy, call: Call, *, reason: str, now: float) -> CallbackTask:
    """Put a call behind the open task of its number, or open one. A caller whose number cannot be dialled gets a task
    in state `no_number`: nobody can be called, but the loss is counted. Harmless when repeated."""
    known = session.get(CallbackCall, call.call_id)
    if known is not None:
        return session.get_one(CallbackTask, known.task_id)
    number = normalise(calls.caller_number(secrecy, call))
    task = _open_task(session, call.caller_hash) if number.dialable else None
    if task is not None:
        task.calls += 1
    else:
        task_id = new_id("cbk", now)
        task = CallbackTask(
            id=task_id,
            call_id=call.call_id,
            caller_enc=seal(secrecy, "callback_tasks.caller_enc", task_id, number.national),
            caller_masked=call.caller_masked,
            caller_hash=call.caller_hash or secrecy.index(number.national),
            reason=reason,
            state="open" if number.dialable else "no_number",
            calls=1,
            created_at=now,
            due_at=now + CALLBACK_SECONDS,
        )
        session.add(task)
        session.flush()
    session.add(CallbackCall(call_id=call.call_id, task_id=task.id, at=now))
    session.flush()
    return task


def _open_task(session: Session, caller_hash: str) -> CallbackTask | None:
    if not caller_hash:
        return None
    return session.scalars(
        select(CallbackTask).where(CallbackTask.caller_hash == caller_hash, CallbackTask.state == "open").with_for_update()
    ).one_or_none()


def page(session: Session, *, state: str = "open", limit: int = 100) -> Sequence[CallbackTask]:
    """Tasks of a state (`` for all), the most pressing first."""
    query = select(CallbackTask).order_by(CallbackTask.due_at, CallbackTask.id).limit(max(1, min(limit, 500)))
    if state:
        query = query.where(CallbackTask.state == state)
    return session.scalars(query).all()


def number(secrecy: Secrecy, task: CallbackTask) -> str:
    """The number to call, national form. Write the audit row first. Raises SecrecyError."""
    return unseal(secrecy, "callback_tasks.caller_enc", task.id, task.caller_enc)
