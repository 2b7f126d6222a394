"""Recordings: one a talk, or an explicit reason why there is none."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Hash, Key, Name, Seconds, Time, Word, one_of

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
