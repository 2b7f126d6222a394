"""What the caller keyed after the talk."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Key, Time, Word


class Rating(Base):
    """At most one a call, attributed to the person of that talk. `score`: the key pressed (1 best … 5 worst by
    default). `method`: how the key was heard (`rfc4733`, `info`, `inband`)."""

    __tablename__ = "ratings"
    __table_args__ = (Index("ix_ratings_person", "person_kind", "person_id"),)

    talk_id: Mapped[Key] = mapped_column(primary_key=True)
    call_id: Mapped[Key] = mapped_column(ForeignKey("calls.call_id"), unique=True)
    person_kind: Mapped[Word]
    person_id: Mapped[Key]
    score: Mapped[int]
    method: Mapped[Word] = mapped_column(default="")
    at: Mapped[Time]
