"""Recordings shown to one colleague by a link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from hotline.core.errors import Missing, Rejected
from hotline.store.models import RecordingShare

MOST: Final = 200
"""Shares listed at once."""
PLAYED: Final = "recording.played"
SHARED: Final = "recording.shared"
SHARE_OPENED: Final = "recording.share_opened"
"""Actions in the audit record, by which the doctor proves I28."""


def get(session: Session, share_id: str) -> RecordingShare:
    """One share. Raises Missing `share.missing`."""
    row = session.get(RecordingShare, share_id)
    if row is None:
        raise Missing("share.missing")
    return row


def stands(row: RecordingShare, now: float) -> bool:
    """Whether it still opens."""
    return row.revoked_at is None and now < row.expires_at


def given(session: Session, share_id: str, *, to_user: str, recording_id: str, now: float) -> RecordingShare:
    """A share that lets this person hear this recording now.

    Raises Missing `share.missing` (not theirs, or of another recording), Rejected `share.over` (revoked or expired).
    """
    row = get(session, share_id)
    if row.to_user != to_user or (recording_id and row.recording_id != recording_id):
        raise Missing("share.missing")
    if not stands(row, now):
        raise Rejected("share.over")
    return row


def listed(session: Session, user: str, *, recording_id: str = "", everybody: bool = False) -> Sequence[RecordingShare]:
    """Shares by or to a person, newest first; with `everybody` all."""
    conditions: list[ColumnElement[bool]] = []
    if not everybody:
        conditions.append(or_(RecordingShare.by_user == user, RecordingShare.to_user == user))
    if recording_id:
        conditions.append(RecordingShare.recording_id == recording_id)
    return session.scalars(
        select(RecordingShare).where(*conditions).order_by(RecordingShare.created_at.desc()).limit(MOST)
    ).all()
