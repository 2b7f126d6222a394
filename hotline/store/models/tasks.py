"""Whom the hotline must call (call-backs, follow-ups, rating calls), every try, and the switch over all dialling out."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.core.callbacks.model import KINDS, STATES
from hotline.store.models.base import Base, Json, Key, Long, Name, Sealed, Time, Word, one_of

CALLBACK_STATES: Final = STATES
TRY_WAYS: Final = ("offered", "direct", "automatic", "by_hand")
"""How a try came about: accepted as an offer, started by an agent, without any agent (rating), or done on another telephone
and written down."""


class CallbackTask(Base):
    """Somebody who must be called; `caller_enc` is the national number. One open task a number and kind, whatever the
    number of calls behind it (:class:`CallbackCall`). The states stand in `hotline.core.callbacks.machine`."""

    __tablename__ = "callback_tasks"
    __table_args__ = (
        one_of("state", STATES),
        one_of("kind", KINDS),
        Index(
            "uq_callback_tasks_open",
            "caller_hash",
            "kind",
            unique=True,
            sqlite_where=text("state IN ('open', 'calling') AND caller_hash <> ''"),
            postgresql_where=text("state IN ('open', 'calling') AND caller_hash <> ''"),
        ),
        Index("ix_callback_tasks_due", "state", "due_at"),
    )

    id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Word] = mapped_column(default="call_back")
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), index=True)
    """The first call behind it; of a rating or follow-up the consultation that it is about."""
    caller_enc: Mapped[Sealed] = mapped_column(default="")
    caller_masked: Mapped[Word] = mapped_column(default="")
    caller_hash: Mapped[Word] = mapped_column(default="")
    region_hint: Mapped[Name] = mapped_column(default="")
    trunk: Mapped[Word] = mapped_column(default="")
    """The trunk the call came by; it is called back through the same one."""
    reason: Mapped[Word]
    state: Mapped[Word] = mapped_column(default="open", index=True)
    queue: Mapped[Word] = mapped_column(default="")
    priority: Mapped[int] = mapped_column(default=3)
    language: Mapped[Word] = mapped_column(default="")
    calls: Mapped[int] = mapped_column(default=1)
    tries: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Time]
    place_at: Mapped[Time]
    due_at: Mapped[Time]
    deadline_at: Mapped[Time]
    expires_at: Mapped[Time]
    closed_at: Mapped[Time | None]
    result: Mapped[Word] = mapped_column(default="")
    close_reason: Mapped[Word] = mapped_column(default="")
    next_call_id: Mapped[Key] = mapped_column(unique=True)
    """The id that the call of the next try will have: it can be begun once only."""
    agent_id: Mapped[Key | None]
    """Whose task it is: taken by hand, or accepted last."""
    not_agent_id: Mapped[Key | None]
    """Who must not do it: the handler himself (rules E.41)."""
    talk: Mapped[Json] = mapped_column(default=dict)
    """Of a rating: {talk_id, person_kind, person_id} that it belongs to."""
    answers: Mapped[Json] = mapped_column(default=dict)
    """Of a follow-up: {matter, handler, text}."""
    note: Mapped[Long] = mapped_column(default="")


class CallbackCall(Base):
    """Which call stands behind which task; a call stands behind at most one."""

    __tablename__ = "callback_calls"

    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), primary_key=True)
    task_id: Mapped[Key] = mapped_column(ForeignKey("callback_tasks.id"), index=True)
    at: Mapped[Time]


class CallbackTry(Base):
    """One try. The row is committed before anybody is dialled, with the id the call will have: so no call goes out that is
    not written down (I26), and none goes out twice (I22)."""

    __tablename__ = "callback_tries"
    __table_args__ = (one_of("way", TRY_WAYS),)

    call_id: Mapped[Key] = mapped_column(primary_key=True)
    """The outbound call; of a try by hand an id of its own (`try_…`)."""
    task_id: Mapped[Key] = mapped_column(ForeignKey("callback_tasks.id"), index=True)
    way: Mapped[Word]
    agent_id: Mapped[Key | None]
    offer_id: Mapped[Key] = mapped_column(default="")
    destination: Mapped[Word] = mapped_column(default="")
    """Blind index of the number, for the daily cap."""
    started_at: Mapped[Time] = mapped_column(index=True)
    ended_at: Mapped[Time | None]
    outcome: Mapped[Word] = mapped_column(default="")
    """What became of the try: a result, `no_agent`, or `lost`."""
    coded: Mapped[Word] = mapped_column(default="")
    """What the agent coded, where that differs from what the telephone said (a voicemail answers)."""


class Switch(Base):
    """A switch that people throw while the system runs. `outbound`: everything dialled out through a trunk."""

    __tablename__ = "switches"

    name: Mapped[Key] = mapped_column(primary_key=True)
    on: Mapped[bool]
    by: Mapped[Key] = mapped_column(default="")
    at: Mapped[Time]
    reason: Mapped[Long] = mapped_column(default="")
