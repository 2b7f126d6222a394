"""Calls that we make: one task a number, one call a try, no call without its row (I22, I26)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.core.callbacks.model import ENDED
from hotline.jobs.doctor.report import Report
from hotline.jobs.doctor.sources import LAG_SECONDS, Live
from hotline.store.models import Agent, Call, CallbackTask, CallbackTry, CallFact, Expert, ExternalHotline

OVERDUE_SECONDS = 120.0
"""How long after its limit a task may still be open: the sweep that closes it comes once a minute."""
SLACK_SECONDS = 1.0


def examine(session: Session, live: Live, report: Report, now: float) -> None:
    """I22 of tasks and tries, I26 of whatever was dialled."""
    _tasks(session, report, now)
    _tries(session, live, report, now)
    _dialled(session, report)


def expected_calls(session: Session) -> set[str]:
    """Call ids that routing may speak of without any conversation: of tasks that stand in the line."""
    waiting = session.scalars(select(CallbackTask.next_call_id))
    return {*waiting, *session.scalars(select(CallbackTry.call_id))}


def _tasks(session: Session, report: Report, now: float) -> None:
    key = (CallbackTask.caller_hash, CallbackTask.kind)
    unfinished = CallbackTask.state.in_(("open", "calling"))
    doubled = select(*key, func.count()).where(unfinished, CallbackTask.caller_hash != "").group_by(*key)
    for caller_hash, kind, count in session.execute(doubled.having(func.count() > 1)):
        first = session.scalars(select(CallbackTask.id).where(unfinished, CallbackTask.caller_hash == caller_hash)).first()
        report.say("I22", "callback.doubled", str(first), open=count, kind=kind)
    for task in session.scalars(select(CallbackTask).order_by(CallbackTask.id)):
        report.looked("I22")
        if task.state in ENDED and task.state != "no_number" and (task.closed_at is None or not task.result):
            report.say("I22", "task.closed_without_result", task.id, task.call_id, state=task.state)
        if task.state == "open" and now > task.expires_at + OVERDUE_SECONDS:
            report.say("I22", "task.not_expired", task.id, task.call_id)


def _tries(session: Session, live: Live, report: Report, now: float) -> None:
    by_task: dict[str, list[CallbackTry]] = defaultdict(list)
    for row in session.scalars(select(CallbackTry).order_by(CallbackTry.started_at)):
        by_task[row.task_id].append(row)
    states = {task.id: task.state for task in session.scalars(select(CallbackTask))}
    for task_id, rows in by_task.items():
        for first, second in pairwise(rows):
            if first.ended_at is None or second.started_at < first.ended_at - SLACK_SECONDS:
                report.say("I22", "task.called_twice", second.call_id, second.call_id, task=task_id, other=first.call_id)
        last = rows[-1]
        if last.ended_at is None and last.call_id not in live.snapshots and now - last.started_at > 2 * LAG_SECONDS:
            closed = session.scalar(select(Call.call_id).where(Call.call_id == last.call_id, Call.state == "live"))
            if closed is None:
                report.say("I22", "task.try_not_ended", last.call_id, last.call_id, task=task_id, state=states.get(task_id, ""))
        if states.get(task_id) == "calling" and last.ended_at is not None:
            report.say("I22", "task.calling_nobody", task_id, last.call_id)


def _dialled(session: Session, report: Report) -> None:
    """I26: whoever was dialled stands in a row of the database, and the row was there first."""
    tries = {row.call_id: row for row in session.scalars(select(CallbackTry))}
    experts, agents = set(session.scalars(select(Expert.id))), set(session.scalars(select(Agent.id)))
    seen: set[str] = set()
    # A house without any people at all (a fresh database, an import of old calls) proves nothing about who was dialled.
    hotlines = set(session.scalars(select(ExternalHotline.id)))
    names = ("caller_dialled", "expert_dialled", "agent_dialled", "third_dialled")
    for fact in session.scalars(select(CallFact).where(CallFact.name.in_(names)).order_by(CallFact.at)):
        report.looked("I26")
        if fact.name == "caller_dialled":
            row = tries.get(fact.call_id)
            if row is None or row.task_id != fact.data.get("task_id"):
                report.say("I26", "dialled.without_row", fact.call_id, fact.call_id, leg="caller")
            elif row.started_at > fact.at + SLACK_SECONDS:
                report.say("I26", "dialled.before_row", fact.call_id, fact.call_id)
            if fact.call_id in seen:
                report.say("I22", "task.dialled_twice", fact.call_id, fact.call_id)
            seen.add(fact.call_id)
        elif fact.name == "expert_dialled" and experts and str(fact.data.get("expert_id")) not in experts:
            report.say("I26", "dialled.without_row", str(fact.data.get("try_id")), fact.call_id, leg="expert")
        elif fact.name == "agent_dialled" and agents and str(fact.data.get("agent_id")) not in agents:
            report.say("I26", "dialled.without_row", str(fact.data.get("offer_id")), fact.call_id, leg="agent")
        elif fact.name == "third_dialled" and hotlines and _unlisted(fact.data, hotlines):
            report.say("I26", "dialled.without_row", str(fact.data.get("try_id")), fact.call_id, leg="party")


def _unlisted(data: Mapping[str, Any], hotlines: Collection[str]) -> bool:
    """Another hotline that has no row in the list."""
    return data.get("person_kind") == "party" and str(data.get("person_id")) not in hotlines
