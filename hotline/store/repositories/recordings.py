"""Recordings: found by call, sealed, and how long they are kept (rules D.34)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.store.models import Recording, RecordingPeaks


def get(session: Session, recording_id: str) -> Recording | None:
    """One recording, or None."""
    return session.get(Recording, recording_id)


def of_call(session: Session, call_id: str) -> Sequence[Recording]:
    """The recordings of a call, oldest first."""
    return session.scalars(
        select(Recording).where(Recording.call_id == call_id).order_by(Recording.started_at, Recording.recording_id)
    ).all()


def sealed(session: Session, recording_id: str, *, path: str, seconds: float, size: int, sha256: str, now: float) -> None:
    """The encrypted file was written and read back."""
    session.execute(
        update(Recording)
        .where(Recording.recording_id == recording_id)
        .values(state="sealed", path=path, seconds=seconds, bytes=size, sha256=sha256, sealed_at=now, reason="")
    )


def failed(session: Session, recording_id: str, reason: str) -> None:
    """There will be no recording, and why."""
    session.execute(update(Recording).where(Recording.recording_id == recording_id).values(state="failed", reason=reason[:200]))


def keep(session: Session, call_id: str, until: float) -> None:
    """Until when (Unix seconds) the recordings of a call are kept."""
    session.execute(update(Recording).where(Recording.call_id == call_id).values(keep_until=until))


def peaks(session: Session, recording_id: str) -> RecordingPeaks | None:
    """What its waveform is drawn from; None when it was sealed before waveforms were made."""
    return session.get(RecordingPeaks, recording_id)


def put_peaks(session: Session, recording_id: str, found: tuple[int, bytes]) -> None:
    """Keep a waveform; one that is there is the same and stays."""
    if session.get(RecordingPeaks, recording_id) is None:
        session.add(RecordingPeaks(recording_id=recording_id, count=found[0], peaks=found[1]))
        session.flush()
