"""Tasks as routing needs them, read from the database; and the database's yes before anybody is dialled."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import logs
from hotline.core.journal import SUFFIX
from hotline.core.routing.effects import BeginTry, DropTry
from hotline.core.routing.events import CallTask, TasksLoaded, TryBegun
from hotline.settings import Settings
from hotline.store.engine import Store
from hotline.store.models import Call, CallbackTry, CallFact, Switch, TransferThird, TransferTry
from hotline.store.repositories import callbacks
from hotline.store.repositories.task_rows import as_call_task
from hotline.store.repositories.task_rules import hours_of

log = logs.get("routing.tasks")

SOON_SECONDS: Final = 15.0
"""Tasks due so soon are read too: routing takes them into the line at their second."""
DAY: Final = 86_400.0
URGENT: Final = frozenset({"emergency", "by_hand"})
"""Reasons of tasks that wait for no opening hours."""
OUTBOUND: Final = "outbound"
"""Name of the switch."""


def load(store: Store, now: float, *, recall: bool = True) -> TasksLoaded:
    """Everything that is due or being called, the switch, and, with `recall`, what was dialled in the last day."""
    with store.read() as session:
        rows = callbacks.unfinished(session, now + SOON_SECONDS)
        calling = [row.id for row in rows if row.state == "calling"]
        tries = {row.task_id: row for row in session.scalars(select(CallbackTry).where(CallbackTry.task_id.in_(calling)))}
        begun = {task_id: row.started_at for task_id, row in tries.items() if row.ended_at is None}
        on, by = allowed(session, store.settings)
        dialled = _dialled(session, now) if recall else ()
        found = [as_call_task(row, begun.get(row.id, 0.0)) for row in rows]
        return TasksLoaded(tuple(_in_hours(session, store.settings, found, now)), on, by, dialled)


def _in_hours(session: Session, settings: Settings, found: list[CallTask], now: float) -> list[CallTask]:
    """A day closed by hand, or a calendar changed, since the task was made: nobody is called outside the hours as they are now.
    Danger to life, and what an agent calls by hand, waits for none."""
    called = dict(
        session.execute(select(Call.call_id, Call.called).where(Call.call_id.in_([one.of_call for one in found]))).all()
    )
    hours: dict[tuple[str, str], float] = {}
    for one in found:
        key = (one.kind, called.get(one.of_call, ""))
        if key not in hours:
            hours[key] = hours_of(session, settings, *key)(now)
    return [
        replace(one, due_at=max(one.due_at, hours[one.kind, called.get(one.of_call, "")]))
        if one.state == "open" and one.reason not in URGENT
        else one
        for one in found
    ]


def allowed(session: Session, settings: Settings) -> tuple[bool, str]:
    """Whether anything may be dialled out, and who stopped it."""
    if not settings.outbound.enabled:
        return False, "settings"
    switch = session.get(Switch, OUTBOUND)
    return (True, "") if switch is None or switch.on else (False, switch.by)


def _dialled(session: Session, now: float) -> tuple[tuple[str, str, float], ...]:
    mine = select(CallbackTry.call_id, CallbackTry.destination, CallbackTry.started_at).where(
        CallbackTry.started_at > now - DAY, CallbackTry.way != "by_hand", CallbackTry.outcome.not_in(("no_agent",))
    )
    experts = select(TransferTry.try_id, TransferTry.expert_id, TransferTry.dialled_at).where(
        TransferTry.dialled_at > now - DAY
    )
    hotlines = select(TransferThird.try_id, TransferThird.person_id, TransferThird.dialled_at).where(
        TransferThird.dialled_at > now - DAY, TransferThird.person_kind == "party"
    )
    rows = [(str(key), str(to), float(at)) for query in (mine, experts, hotlines) for key, to, at in session.execute(query)]
    phones = select(CallFact.data, CallFact.at).where(CallFact.name == "agent_dialled", CallFact.at > now - DAY)
    rows += [
        (str(data["offer_id"]), str(data["agent_id"]), at) for data, at in session.execute(phones) if data.get("by") == "phone"
    ]
    return tuple(rows)


def begin(store: Store, wanted: BeginTry) -> TryBegun:
    """Claim the task, in one transaction with the switch: thrown a moment ago, it counts."""
    now = time.time()
    with store.write() as session:
        on, _ = allowed(session, store.settings)
        if not on:
            return TryBegun(wanted.task_id, wanted.call_id, reason="switched_off")
        task = callbacks.lock(session, wanted.task_id)
        if task is None or task.next_call_id != wanted.call_id or now >= task.expires_at:
            return TryBegun(wanted.task_id, wanted.call_id, reason="not_open")
        row = callbacks.begin_try(
            session,
            store.settings,
            task,
            way=wanted.way,
            now=now,
            agent_id=wanted.agent_id,
            offer_id=wanted.offer_id,
        )
        if row is None:
            return TryBegun(wanted.task_id, wanted.call_id, reason="not_open")
        found = as_call_task(task, now)
    log.info("try_begun", task=wanted.task_id, call_id=wanted.call_id, way=wanted.way)
    return TryBegun(wanted.task_id, wanted.call_id, found)


def drop(store: Store, wanted: DropTry) -> None:
    """Nothing came of a try: the task is due again, unless a conversation did begin (then its record says what came of it)."""
    with store.write() as session:
        row = callbacks.try_of(session, wanted.call_id)
        if row is None or row.ended_at is not None or session.get(Call, wanted.call_id) is not None:
            return
        if any(_speaks(folder / f"{wanted.call_id}{SUFFIX}") for folder in _journals(store.settings)):
            return
        callbacks.end_try(session, store.settings, row, "lost", time.time())
    log.warning("try_dropped", call_id=wanted.call_id)


def _speaks(journal: Path) -> bool:
    """Whether anything stands in a journal. One that is empty long after its order was too old is of a worker that died before
    it did anything."""
    try:
        return journal.stat().st_size > 0
    except FileNotFoundError:
        return False


def _journals(settings: Settings) -> tuple[Path, Path]:
    return settings.journal_dir, settings.journal_dir / "done"
