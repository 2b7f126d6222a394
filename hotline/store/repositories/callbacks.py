"""Tasks: one open task a number and kind, however often it called; what happens to them, in one transaction each.

The rules stand in `hotline.core.callbacks`; here they are read from and written to their rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.core.callbacks import machine, model
from hotline.core.callbacks.hours import both
from hotline.core.callbacks.model import Hours
from hotline.core.errors import IllegalTransition
from hotline.core.ids import new_id
from hotline.core.phones import mask, normalise
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.models import Call, CallbackCall, CallbackTask, CallbackTry, TicketSafety
from hotline.store.repositories import calls, ticket_secrecy
from hotline.store.repositories.sealing import seal, unseal
from hotline.store.repositories.task_rules import hours_of, policy_of

UNFINISHED: Final = ("open", "calling")
_FIELDS: Final = tuple(item.name for item in fields(model.Task))
PROMISED: Final = frozenset({"in_queue", "asked", "by_hand"})
"""Reasons of somebody who knows that a call comes: they are not made to wait for it."""
CALLABLE: Final = frozenset({"mobile", "landline"})
"""Kinds of numbers that are called without a human's wish: mainland mobiles and landlines."""


def add(
    session: Session,
    secrecy: Secrecy,
    settings: Settings,
    call: Call,
    *,
    reason: str,
    now: float,
    kind: str = "call_back",
    place_at: float | None = None,
    after: float | None = None,
    again: bool = False,
    phone: str = "",
    **more: Any,
) -> CallbackTask:
    """Put a call behind the open task of its number, or open one. A caller whose number cannot be dialled gets a task
    in state `no_number`: nobody can be called, but the loss is counted. Harmless when repeated.

    `place_at`: since when the caller has waited. `after`: not before (Unix seconds). `again`: somebody wants this
    call's number called once more, by hand; the call keeps the outcome it has. `phone`: another number than the one the call
    came from (the person gave it to us). `more`: further columns
    (`queue`, `priority`, `language`, `not_agent_id`, `talk`, `agent_id`, `note`) of a new task.
    """
    if kind == "call_back" and not again and (known := session.get(CallbackCall, call.call_id)) is not None:
        return session.get_one(CallbackTask, known.task_id)
    own = normalise(calls.caller_number(secrecy, call))
    number = normalise(phone) if phone else own
    safe = ticket_secrecy.of_number(session, secrecy.index(number.national))
    if safe is not None and (instead := ticket_secrecy.safe_number(secrecy, safe)):
        number = normalise(instead)
    hours = _safe_hours(hours_of(session, settings, kind, call.called), safe)
    other = number.national != own.national
    caller_hash = secrecy.index(number.national) if other else call.caller_hash or secrecy.index(number.national)
    task = open_task(session, caller_hash, kind) if number.dialable else None
    if task is not None:
        happened(session, settings, task, "called", now, place_at=call.arrived_at if place_at is None else place_at)
        if reason in PROMISED:
            # They know that it comes: it does not wait for the next try any more.
            task.due_at, task.reason = min(task.due_at, hours(now)), reason
    else:
        made = model.new(
            kind,
            now,
            policy_of(settings, kind),
            hours,
            place_at=call.arrived_at if place_at is None else place_at,
            at_once=reason in PROMISED,
        )
        task_id = new_id("cbk", now)
        task = CallbackTask(
            id=task_id,
            call_id=call.call_id,
            caller_enc=seal(secrecy, "callback_tasks.caller_enc", task_id, number.national),
            caller_masked=mask(number.national) if other else call.caller_masked,
            caller_hash=caller_hash,
            region_hint="" if other else call.region_hint,
            trunk=call.trunk,
            reason=reason,
            queue=call.queue,
            priority=call.priority,
            language=call.language,
            next_call_id=new_id("call", now),
            **{name: getattr(made, name) for name in _FIELDS},
        )
        for name, value in more.items():
            setattr(task, name, value)
        if not number.dialable:
            task.state = "no_number"
        if after is not None:
            task.due_at = max(task.due_at, hours(after))
        session.add(task)
        session.flush()
    if kind == "call_back" and not again:
        session.add(CallbackCall(call_id=call.call_id, task_id=task.id, at=now))
    session.flush()
    return task


def hours_for(session: Session, settings: Settings, task: CallbackTask) -> Hours:
    """When the person of this task may be called."""
    called = session.scalar(select(Call.called).where(Call.call_id == task.call_id)) or ""
    hours = hours_of(session, settings, task.kind, called)
    return _safe_hours(hours, ticket_secrecy.of_number(session, task.caller_hash))


def _safe_hours(hours: Hours, safe: TicketSafety | None) -> Hours:
    """The person may be in danger when somebody calls at another time: their own hours go before the house's."""
    return both(ticket_secrecy.safety(safe).next, hours) if safe is not None and safe.windows else hours


def safe_from(session: Session, task: CallbackTask, now: float) -> float:
    """From when the person of this task may be called without danger; `now` where nothing was said about that."""
    safe = ticket_secrecy.of_number(session, task.caller_hash)
    return ticket_secrecy.safety(safe).next(now)


def make_safe(session: Session, secrecy: Secrecy, safe: TicketSafety, now: float) -> int:
    """Open tasks of a number that has just been said to be unsafe: they call the safe number, at a safe time. How many."""
    query = select(CallbackTask).where(CallbackTask.caller_hash == safe.caller_hash, CallbackTask.state == "open")
    instead = ticket_secrecy.safe_number(secrecy, safe)
    found = session.scalars(query.with_for_update()).all()
    for task in found:
        task.due_at = ticket_secrecy.safety(safe).next(max(now, task.due_at))
        if not instead or open_task(session, safe.contact_hash, task.kind) is not None:
            continue
        task.caller_enc = seal(secrecy, "callback_tasks.caller_enc", task.id, instead)
        task.caller_masked, task.caller_hash = safe.contact_masked, safe.contact_hash
    session.flush()
    return len(found)


def open_task(session: Session, caller_hash: str, kind: str = "call_back") -> CallbackTask | None:
    """The task of this number that is not over, locked; None without one."""
    if not caller_hash:
        return None
    return session.scalars(
        select(CallbackTask)
        .where(CallbackTask.caller_hash == caller_hash, CallbackTask.kind == kind, CallbackTask.state.in_(UNFINISHED))
        .with_for_update()
    ).one_or_none()


def lock(session: Session, task_id: str) -> CallbackTask | None:
    """The task, locked for this transaction; None when there is none."""
    return session.get(CallbackTask, task_id, with_for_update=True)


def happened(session: Session, settings: Settings, task: CallbackTask, event: str, now: float, **data: Any) -> None:
    """Take the task one step on. After a try the next one gets an id of its own. Raises IllegalTransition, Invalid."""
    before = model.Task(**{name: getattr(task, name) for name in _FIELDS})
    after = machine.step(before, event, now, policy_of(settings, task.kind), hours_for(session, settings, task), **data)
    for name in _FIELDS:
        if getattr(after, name) != getattr(before, name):
            setattr(task, name, getattr(after, name))
    if before.state == "calling" and after.state != "calling" and event != "called":
        task.next_call_id = new_id("call", now)
    session.flush()


def begin_try(
    session: Session, settings: Settings, task: CallbackTask, *, way: str, now: float, agent_id: str = "", offer_id: str = ""
) -> CallbackTry | None:
    """Claim the task for one call: its row is there before anybody is dialled. None when it is not open any more (somebody
    else calls, or it is over), and when the person may not be called now without danger: it is due when they may."""
    if task.state == "open" and (later := safe_from(session, task, now)) > now:
        task.due_at = later
        session.flush()
        return None
    try:
        happened(session, settings, task, "start", now)
    except IllegalTransition:
        return None
    row = CallbackTry(
        call_id=task.next_call_id,
        task_id=task.id,
        way=way,
        agent_id=agent_id or None,
        offer_id=offer_id,
        destination=task.caller_hash,
        started_at=now,
    )
    if agent_id:
        task.agent_id = agent_id
    session.add(row)
    session.flush()
    return row


def end_try(session: Session, settings: Settings, row: CallbackTry, event: str, now: float, *, result: str = "") -> None:
    """What became of a try; the task goes on from there. Harmless when repeated. What the agent coded counts for more than
    what the telephone said, but that somebody talked with us is never coded away by a dead line."""
    if row.ended_at is not None:
        return
    if row.coded and event == "tried":
        result = row.coded
    row.ended_at, row.outcome = now, result or event
    task = lock(session, row.task_id)
    if task is None or task.state != "calling":
        return  # served meanwhile, by the person's own call
    happened(session, settings, task, event, now, **({"result": result} if event == "tried" else {}))


def by_hand(session: Session, settings: Settings, task: CallbackTask, *, result: str, agent_id: str, now: float) -> CallbackTry:
    """Somebody called on another telephone and writes down what came of it. Raises IllegalTransition when the task is not
    open, Invalid for a result that is none."""
    if task.state != "open":
        raise IllegalTransition("task.transition", state=task.state, event="tried")
    row = CallbackTry(
        call_id=new_id("try", now),
        task_id=task.id,
        way="by_hand",
        agent_id=agent_id or None,
        destination=task.caller_hash,
        started_at=now,
        ended_at=now,
        outcome=result,
    )
    happened(session, settings, task, "tried", now, result=result)
    task.agent_id = agent_id or task.agent_id
    session.add(row)
    session.flush()
    return row


def served(session: Session, settings: Settings, caller_hash: str, call_id: str, now: float) -> bool:
    """The number reached a human by itself, in `call_id`: its call-back is not needed any more. A call that is itself the
    call-back closes its task by its own try."""
    task = open_task(session, caller_hash)
    if task is None or task.next_call_id == call_id:
        return False
    happened(session, settings, task, "served", now)
    return True


def expire(session: Session, settings: Settings, now: float) -> int:
    """Close what is too old, with the reason; how many."""
    rows = session.scalars(
        select(CallbackTask).where(CallbackTask.state == "open", CallbackTask.expires_at <= now).limit(200).with_for_update()
    ).all()
    for task in rows:
        happened(session, settings, task, "expire", now)
    return len(rows)


def page(session: Session, *, state: str = "open", limit: int = 100) -> Sequence[CallbackTask]:
    """Tasks of a state (`` for all), the most pressing first."""
    query = select(CallbackTask).order_by(CallbackTask.due_at, CallbackTask.id).limit(max(1, min(limit, 500)))
    if state:
        query = query.where(CallbackTask.state == state)
    return session.scalars(query).all()


def unfinished(session: Session, before: float, limit: int = 1000) -> Sequence[CallbackTask]:
    """Tasks that are due before a moment, and those being called, the oldest place first."""
    return session.scalars(
        select(CallbackTask)
        .where(or_(CallbackTask.state == "calling", (CallbackTask.state == "open") & (CallbackTask.due_at <= before)))
        .order_by(CallbackTask.place_at, CallbackTask.id)
        .limit(limit)
    ).all()


def try_of(session: Session, call_id: str) -> CallbackTry | None:
    """The try that a call was made for, locked; None for a call that is none."""
    return session.get(CallbackTry, call_id, with_for_update=True)


def tries_of(session: Session, task_id: str) -> Sequence[CallbackTry]:
    """Every try of a task, in order."""
    return session.scalars(select(CallbackTry).where(CallbackTry.task_id == task_id).order_by(CallbackTry.started_at)).all()


def number(secrecy: Secrecy, task: CallbackTask) -> str:
    """The number to call, national form. Write the audit row first. Raises SecrecyError."""
    return unseal(secrecy, "callback_tasks.caller_enc", task.id, task.caller_enc)
