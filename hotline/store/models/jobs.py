"""After-call work: the row is the truth, RQ only wakes the worker."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Json, Key, Long, Time, Word, one_of

JOB_STATES: Final = ("queued", "running", "done", "failed")


class Job(Base):
    """One piece of work. `key` makes it unique (`finish_call:<call_id>`). A running job whose `lease_until` has
    passed is taken by another worker; `failed` means that it has used up its attempts and waits for a human."""

    __tablename__ = "jobs"
    __table_args__ = (one_of("state", JOB_STATES), Index("ix_jobs_state_run_after", "state", "run_after"))

    id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    key: Mapped[Key] = mapped_column(unique=True)
    payload: Mapped[Json] = mapped_column(default=dict)
    state: Mapped[Word] = mapped_column(default="queued")
    run_after: Mapped[Time]
    lease_until: Mapped[Time | None]
    lease_by: Mapped[Word] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[Long] = mapped_column(default="")
    created_at: Mapped[Time]
    finished_at: Mapped[Time | None]
