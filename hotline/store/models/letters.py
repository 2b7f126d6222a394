"""Letters: text messages and mails that leave the house; and where staff can be written to."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.core.letters import STATES
from hotline.store.models.base import Base, Key, Name, Sealed, Time, Word, one_of, where

CHANNELS: Final = ("sms", "mail")
LETTER_STATES: Final = STATES


class Letter(Base):
    """One letter. `key` makes it unique for ever: whoever asks twice gets the one that is there. Address and text are sealed
    (`text_enc`: JSON with `subject` and `body`) and erased when they are no longer needed. What moves it is the job
    `letter:<id>:<round>`, put in together with it."""

    __tablename__ = "letters"
    __table_args__ = (
        one_of("state", LETTER_STATES),
        one_of("channel", CHANNELS),
        Index("ix_letters_of_state", "state", "created_at"),
        Index("ix_letters_kept", "finished_at", **where("text_enc <> ''")),
    )

    id: Mapped[Key] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    number: Mapped[Key | None] = mapped_column(ForeignKey("tickets.number"), index=True)
    """The ticket it is about."""
    account_id: Mapped[Key] = mapped_column(default="")
    """The member of staff it goes to; empty: somebody outside."""
    kind: Mapped[Word]
    channel: Mapped[Word]
    to_enc: Mapped[Sealed] = mapped_column(default="")
    to_masked: Mapped[Word] = mapped_column(default="")
    text_enc: Mapped[Sealed] = mapped_column(default="")
    urgent: Mapped[bool] = mapped_column(default=False)
    """Goes in the quiet hours too."""
    safe: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """The only times at which it may arrive: [[from, to], …] in minutes after midnight; none named: any."""
    state: Mapped[Word] = mapped_column(default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=1)
    """How often it was put on its way: by its cause, and by each person who had it tried again."""
    code: Mapped[Word] = mapped_column(default="")
    """Why the last attempt did not end well."""
    reference: Mapped[Name] = mapped_column(default="")
    """The other side's name for it."""
    by: Mapped[Key] = mapped_column(default="system")
    created_at: Mapped[Time]
    not_before: Mapped[Time]
    """When the next attempt may be."""
    finished_at: Mapped[Time | None]
    """When it was sent, given up, or settled."""
    settled_by: Mapped[Key] = mapped_column(default="")
    """Who said what became of it, where only a person could know."""


class AccountContact(Base):
    """Where a member of staff wants to be written to when a notice is theirs. At most one address."""

    __tablename__ = "account_contacts"
    __table_args__ = (one_of("channel", CHANNELS),)

    account_id: Mapped[Key] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    channel: Mapped[Word]
    address_enc: Mapped[Sealed]
    address_masked: Mapped[Word]
    changed_at: Mapped[Time]
