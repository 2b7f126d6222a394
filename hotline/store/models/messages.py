"""Voice messages: what a caller said when nobody could be reached."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Key, Seconds, Time, Word, one_of

MESSAGE_OUTCOMES: Final = ("", "recorded", "empty", "failed")


class Message(Base):
    """One attempt to leave a message. Its recording has the message's id in place of a talk's. `outcome`: `recorded`,
    `empty` (nothing was said), `failed`; empty while it lasts. `ended_by`: `key`, `silence`, `limit`, `caller`,
    `system`."""

    __tablename__ = "messages"
    __table_args__ = (one_of("outcome", MESSAGE_OUTCOMES),)

    message_id: Mapped[Key] = mapped_column(primary_key=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), index=True)
    recording_id: Mapped[Key] = mapped_column(default="")
    started_at: Mapped[Time]
    ended_at: Mapped[Time | None]
    outcome: Mapped[Word] = mapped_column(default="")
    ended_by: Mapped[Word] = mapped_column(default="")
    seconds: Mapped[Seconds] = mapped_column(default=0.0)
