"""The catalogue at hand agrees with its versions and its index; what was shared and heard stands in the audit trail."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy import and_, func, inspect, select
from sqlalchemy.orm import Session

from hotline.jobs.doctor.report import Report
from hotline.store import knowledge_index
from hotline.store.models import AuditEvent, KnowledgeEntry, KnowledgeVersion, RecordingShare
from hotline.store.repositories import knowledge
from hotline.store.repositories import shares as share_records

NEWEST: Final = 100
"""Entries whose words are made again and compared in every run: those last changed."""
AFTER: Final = 1.0
"""Seconds a hearing may be noted after its share ended: the check comes a moment before the row."""


def examine(session: Session, report: Report) -> None:
    """F21 and I28 (of shares)."""
    if not inspect(session.connection()).has_table("recording_shares"):
        return  # an older database, not migrated yet
    _catalogue(session, report)
    _shares(session, report)


def _catalogue(session: Session, report: Report) -> None:
    latest = select(KnowledgeVersion.entry_id, func.max(KnowledgeVersion.version).label("version"))
    newest = latest.group_by(KnowledgeVersion.entry_id).subquery()
    query = (
        select(KnowledgeEntry, KnowledgeVersion)
        .outerjoin(newest, newest.c.entry_id == KnowledgeEntry.id)
        .outerjoin(
            KnowledgeVersion,
            and_(KnowledgeVersion.entry_id == newest.c.entry_id, KnowledgeVersion.version == newest.c.version),
        )
        .order_by(KnowledgeEntry.updated_at.desc(), KnowledgeEntry.id)
    )
    found = knowledge_index.indexed(session)
    active: set[int] = set()
    for number, (row, version) in enumerate(session.execute(query)):
        report.looked("F21")
        draft = knowledge.draft_of(row)
        if version is None or version.version != row.version or version.content != draft.to_json():
            report.say("F21", "knowledge.version", str(row.id))
        if not row.active:
            continue
        active.add(row.id)
        if row.id not in found:
            report.say("F21", "knowledge.unindexed", str(row.id))
        elif number < NEWEST:
            words = knowledge.words_for(draft)
            wanted = {*words.title, *words.keywords, *words.body, *words.pinyin}
            if wanted != knowledge_index.words_of(session, row.id):
                report.say("F21", "knowledge.words", str(row.id))
    for one in sorted(found - active):
        report.say("F21", "knowledge.stray", str(one))


def _shares(session: Session, report: Report) -> None:
    shares = {row.id: row for row in session.scalars(select(RecordingShare))}
    opened: Counter[str] = Counter()
    events = select(AuditEvent).where(
        AuditEvent.action.in_((share_records.SHARE_OPENED, share_records.PLAYED, share_records.SHARED))
    )
    shared: set[str] = set()
    for event in session.scalars(events.order_by(AuditEvent.seq)):
        if event.action == share_records.SHARE_OPENED:
            opened[event.object.removeprefix("shares/")] += 1
        elif event.action == share_records.SHARED:
            shared.add(str(event.data.get("share")))
        elif event.data.get("share"):
            share = shares.get(str(event.data["share"]))
            ended = min(share.expires_at, share.revoked_at or share.expires_at) if share else 0.0
            if (
                share is None
                or event.actor != share.to_user
                or event.object != f"recordings/{share.recording_id}"
                or event.at > ended + AFTER
            ):
                report.say("I28", "share.heard", str(event.data["share"]), seq=event.seq)
    for share_id, row in shares.items():
        report.looked("I28")
        if share_id not in shared:
            report.say("I28", "share.unaudited", share_id)
        if opened[share_id] != row.opened:
            report.say("I28", "share.opened", share_id, row=row.opened, audit=opened[share_id])
