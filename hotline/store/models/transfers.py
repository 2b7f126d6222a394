"""Transfers, every expert tried, every colleague and other hotline dialled."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Key, Seconds, Time, Word


class Transfer(Base):
    """One wish of an agent to hand a caller on. `kind` and `target` as in `start_transfer`; `outcome` as in `transfer_ended`
    (empty while it runs); `third_*`: who came."""

    __tablename__ = "transfers"

    transfer_id: Mapped[Key] = mapped_column(primary_key=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), index=True)
    agent_id: Mapped[Key]
    started_at: Mapped[Time]
    ended_at: Mapped[Time | None]
    outcome: Mapped[Word] = mapped_column(default="")
    reason: Mapped[Word] = mapped_column(default="")
    """Why routing refused it (`transfer_refused`)."""
    kind: Mapped[Word] = mapped_column(default="auto")
    target: Mapped[Word] = mapped_column(default="expert")
    stage: Mapped[Word] = mapped_column(default="seeking")
    """The last stage it reached."""
    third_kind: Mapped[Word] = mapped_column(default="")
    third_id: Mapped[Key] = mapped_column(default="")


class TransferTry(Base):
    """One expert dialled. `outcome` is one of `hotline.core.facts.TRY_OUTCOMES` (empty while it rings)."""

    __tablename__ = "transfer_tries"

    try_id: Mapped[Key] = mapped_column(primary_key=True)
    transfer_id: Mapped[Key] = mapped_column(index=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), index=True)
    expert_id: Mapped[Key] = mapped_column(index=True)
    dialled_at: Mapped[Time] = mapped_column(index=True)
    ringing_at: Mapped[Time | None]
    answered_at: Mapped[Time | None]
    ended_at: Mapped[Time | None]
    outcome: Mapped[Word] = mapped_column(default="")
    refusal: Mapped[Word] = mapped_column(default="")
    """Why the expert refused, where they keyed it: `busy`, `not_my_field`, `conflict`."""
    sip_code: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[Seconds] = mapped_column(default=0.0)
    talk_id: Mapped[Key | None]


class TransferThird(Base):
    """A colleague (`agent`) or another hotline (`party`, its id in `external_hotlines`) dialled in a transfer. `outcome` is one
    of `hotline.core.facts.TRY_OUTCOMES` (empty while it rings); `left_at`: when they left the conversation."""

    __tablename__ = "transfer_thirds"

    try_id: Mapped[Key] = mapped_column(primary_key=True)
    transfer_id: Mapped[Key] = mapped_column(index=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), index=True)
    person_kind: Mapped[Word]
    person_id: Mapped[Key] = mapped_column(index=True)
    dialled_at: Mapped[Time]
    ringing_at: Mapped[Time | None]
    answered_at: Mapped[Time | None]
    left_at: Mapped[Time | None]
    ended_at: Mapped[Time | None]
    outcome: Mapped[Word] = mapped_column(default="")
    sip_code: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[Seconds] = mapped_column(default=0.0)
