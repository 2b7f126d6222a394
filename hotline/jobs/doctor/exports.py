"""Exports (E1): each is on record; what is done lies there in all its parts until its time is over, and nothing else does."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.jobs.doctor.report import Report
from hotline.settings import Settings
from hotline.store.ledgers.exports import ASKED
from hotline.store.ledgers.files import part_path
from hotline.store.models import AuditEvent, Export

SLACK_SECONDS: Final = 3600.0
"""A job that deletes may be late by so much: the jobs may have been away."""


def examine(session: Session, settings: Settings, report: Report, now: float) -> None:
    """E1 for every export, and for every file in their folder."""
    folder = settings.exports_dir
    # The folder is looked at first: what is begun meanwhile is in the rows that are read after it.
    files = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []
    rows = session.scalars(select(Export).order_by(Export.id)).all()
    asked = set(session.scalars(select(AuditEvent.object).where(AuditEvent.action == ASKED)))
    for row in rows:
        report.looked("E1")
        if f"exports/{row.id}" not in asked:
            report.say("E1", "export.not_on_record", row.id)
        over = row.expires_at is not None and now > row.expires_at + SLACK_SECONDS
        if row.state == "done" and over:
            report.say("E1", "export.not_deleted", row.id)
        elif row.state == "done":
            gone = next((number for number in range(row.parts) if not part_path(folder, row.id, number).is_file()), None)
            # The job that deletes removes the file before it says so.
            if gone is not None and (row.expires_at is None or now < row.expires_at):
                report.say("E1", "export.part_gone", row.id, part=gone)
    kept = {row.id for row in rows if row.state in ("queued", "running", "done")}
    for name in files:
        if name.rpartition(".")[0] not in kept and (folder / name).exists():
            report.say("E1", "export.stray", name, name=name)
