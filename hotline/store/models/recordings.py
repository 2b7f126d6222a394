"""Recordings: one a talk, or an explicit reason why there is none."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Hash, Key, Long, Name, Seconds, Time, Word, one_of

RECORDING_STATES: Final = ("capturing", "captured", "sealed", "failed")


class Recording(Base):
    """`capturing` while the talk lasts, `captured` when the two mono files are whole, `sealed` when the encrypted
    file was written and read back, `failed` with a `reason`. `path` is relative to `settings.recordings_dir`. A talk
    that never got a recording has a row `none_<talk_id>` in state `failed`. `keep_until` is null until the call's
    outcome is known."""

    __tablename__ = "recordings"
    __table_args__ = (one_of("state", RECORDING_STATES),)

    recording_id: Mapped[Key] = mapped_column(primary_key=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), index=True)
    talk_id: Mapped[Key] = mapped_column(unique=True)
    person_kind: Mapped[Word] = mapped_column(default="")
    person_id: Mapped[Key] = mapped_column(default="")
    started_at: Mapped[Time]
    ended_at: Mapped[Time | None]
    seconds: Mapped[Seconds | None]
    state: Mapped[Word] = mapped_column(default="capturing")
    reason: Mapped[Name] = mapped_column(default="")
    path: Mapped[Name] = mapped_column(default="")
    sha256: Mapped[Hash] = mapped_column(default="")
    bytes: Mapped[int] = mapped_column(default=0)
    sealed_at: Mapped[Time | None]
    keep_until: Mapped[Time | None]


class RecordingPeaks(Base):
    """What the waveform of a recording is drawn from, made when it was sealed: `count` stretches of equal length, the loudest
    sample of each as a byte (255 full scale), first all of the caller, then all of the other side. One-to-one with the
    recording."""

    __tablename__ = "recording_peaks"

    recording_id: Mapped[Key] = mapped_column(ForeignKey("recordings.recording_id"), primary_key=True)
    count: Mapped[int]
    peaks: Mapped[bytes] = mapped_column(LargeBinary)


class RecordingShare(Base):
    """A recording shown to one colleague by a link: by whom, to whom, why, until when. `offset_seconds`: where playing begins.
    Each opening has its audit row; `opened` counts them. A revoked or expired one opens nothing."""

    __tablename__ = "recording_shares"

    id: Mapped[Key] = mapped_column(primary_key=True)
    recording_id: Mapped[Key] = mapped_column(ForeignKey("recordings.recording_id"), index=True)
    by_user: Mapped[Key] = mapped_column(ForeignKey("accounts.id"))
    to_user: Mapped[Key] = mapped_column(ForeignKey("accounts.id"), index=True)
    purpose: Mapped[Long]
    offset_seconds: Mapped[Seconds] = mapped_column(default=0.0)
    created_at: Mapped[Time]
    expires_at: Mapped[Time]
    revoked_at: Mapped[Time | None]
    revoked_by: Mapped[Key] = mapped_column(default="")
    opened: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[Time | None]
