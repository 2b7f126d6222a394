"""Letters and notices: every warning is heard exactly once (L1), no letter leaves twice and none is forgotten (L2)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Final

from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.orm import Session

from hotline.jobs.doctor.report import Report
from hotline.outbox.files import TAKEN
from hotline.outbox.port import key_name
from hotline.settings import Settings
from hotline.store.models import Job, Letter, Notice, Switch, TicketWarning
from hotline.store.repositories import task_warnings, ticket_sweep

SLACK_SECONDS: Final = 120.0
"""Warnings are told in portions: a great many at once take more than one look."""
PORTION: Final = 500


def examine(session: Session, settings: Settings, report: Report) -> None:
    """L1, L2."""
    _warnings(session, settings, report)
    _rows(session, report)
    _files(session, settings.outbox_dir, report)


def _warnings(session: Session, settings: Settings, report: Report) -> None:
    mark = session.get(Switch, ticket_sweep.COUNTED_BY)
    report.looked("L1", rows=int(session.scalar(select(func.count()).select_from(TicketWarning)) or 0))
    if mark is not None:
        late = mark.at - SLACK_SECONDS - 2 * settings.tickets.sweep_seconds
        untold = select(TicketWarning).where(~TicketWarning.noticed, TicketWarning.at < late)
        for row in session.scalars(untold.order_by(TicketWarning.id).limit(PORTION)):
            report.say("L1", "warning.untold", row.number, level=row.level)
        _tasks(session, late, report)
    # The key is unique, so "exactly one" means: none is missing.
    key = literal("warning:") + cast(TicketWarning.id, String)
    missing = select(TicketWarning).outerjoin(Notice, Notice.key == key).where(TicketWarning.noticed, Notice.id.is_(None))
    for row in session.scalars(missing.order_by(TicketWarning.id).limit(PORTION)):
        report.say("L1", "warning.without_notice", row.number, level=row.level)


def _tasks(session: Session, late: float, report: Report) -> None:
    """What is owed without a ticket, and should have been done: its notice is all there is of the warning."""
    keys = {task_warnings.key(row, "red"): row for row in task_warnings.open_without_ticket(session, ended_before=late)}
    report.looked("L1", rows=len(keys))
    wanted = list(keys)
    for start in range(0, len(wanted), PORTION):
        part = wanted[start : start + PORTION]
        told = set(session.scalars(select(Notice.key).where(Notice.key.in_(part))))
        for one in part:
            if one not in told:
                report.say("L1", "warning.untold", keys[one].call_id, keys[one].call_id, level="red")


def _rows(session: Session, report: Report) -> None:
    last = ""
    while True:
        query = select(Letter).where(Letter.state.not_in(("sent", "cancelled")), Letter.id > last)
        rows = session.scalars(query.order_by(Letter.id).limit(PORTION)).all()
        if not rows:
            return
        last = rows[-1].id
        jobs = {f"letter:{row.id}:{row.round}": row for row in rows}
        states = {row.key: row.state for row in session.execute(select(Job.key, Job.state).where(Job.key.in_(jobs)))}
        heard = {f"letter_{row.state}:{row.id}:{row.round}" for row in rows}
        known = set(session.scalars(select(Notice.key).where(Notice.key.in_(heard))))
        for key, row in jobs.items():
            report.looked("L2")
            if row.state in ("waiting", "sending"):
                if states.get(key) not in ("queued", "running"):
                    report.say("L2", "letter.forgotten", row.id, state=row.state)
            elif f"letter_{row.state}:{row.id}:{row.round}" not in known:
                report.say("L2", "letter.nobody_told", row.id, state=row.state)
        session.expunge_all()


def _files(session: Session, outbox: Path, report: Report) -> None:
    """Each file stands under the name of its key, so a letter written twice would show as one that is here and taken too."""
    for channel in ("sms", "mail"):
        folder = outbox / channel
        places: Counter[str] = Counter()
        keys: dict[str, str] = {}
        for path in [*folder.glob("*.json"), *(folder / TAKEN).glob("*.json")]:
            report.looked("L2")
            places[path.stem] += 1
            try:
                key = str(json.loads(path.read_text("utf-8"))["key"])
            except (OSError, ValueError, KeyError, TypeError):
                report.say("L2", "letter.bad_file", path.name)
                continue
            if key_name(key) != path.stem:
                report.say("L2", "letter.twice", path.name)
            keys[path.stem] = key
        for name, count in places.items():
            if count > 1:
                report.say("L2", "letter.twice", f"{name}.json")
        wanted = list(keys.values())
        for start in range(0, len(wanted), PORTION):
            part = wanted[start : start + PORTION]
            found = set(session.scalars(select(Letter.key).where(Letter.key.in_(part), Letter.channel == channel)))
            for key in set(part) - found:
                report.say("L2", "letter.without_row", f"{key_name(key)}.json")
