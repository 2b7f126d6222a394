"""The table of after-call work: put in, taken under a lease, done or put back. The row is the truth; what wakes a
worker up (RQ) may be lost or doubled without harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hotline.core.ids import new_id
from hotline.store.models import Job

LEASE_SECONDS: Final = 60.0
"""A worker renews it every third of this while the work runs."""
MAX_ATTEMPTS: Final = 12
"""With the growing pauses about two hours; then a human has to look."""


def enqueue(
    session: Session, kind: str, key: str, payload: Mapping[str, Any], *, now: float, run_after: float | None = None
) -> str | None:
    """Add a job in the caller's transaction, once for each `key` for ever. Its id when it was added, None when there is
    one already."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(Job)
        .values(
            id=new_id("job", now),
            kind=kind,
            key=key,
            payload=dict(payload),
            state="queued",
            run_after=run_after if run_after is not None else now,
            lease_by="",
            attempts=0,
            last_error="",
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Job.id)
    )
    return session.scalars(statement).one_or_none()


def hasten(session: Session, key: str, now: float) -> bool:
    """Let a waiting job run now; False when there is none waiting."""
    done = session.execute(
        update(Job).where(Job.key == key, Job.state == "queued", Job.run_after > now).values(run_after=now).returning(Job.id)
    )
    return done.first() is not None


def retry(session: Session, key: str, now: float) -> bool:
    """Give a job that has failed for good another set of attempts."""
    done = session.execute(
        update(Job)
        .where(Job.key == key, Job.state == "failed")
        .values(state="queued", attempts=0, run_after=now, finished_at=None)
        .returning(Job.id)
    )
    return done.first() is not None


def due(session: Session, now: float, limit: int = 100) -> list[str]:
    """Ids of jobs that may run now: waiting ones whose time has come, running ones whose lease has passed."""
    return list(session.scalars(select(Job.id).where(_due(now)).order_by(Job.run_after, Job.id).limit(limit)))


def claim(session: Session, job_id: str, *, by: str, now: float, lease: float = LEASE_SECONDS) -> Job | None:
    """Take a job under a lease; None when it is not due or another worker was quicker."""
    taken = session.execute(
        update(Job)
        .where(Job.id == job_id, _due(now))
        .values(state="running", lease_by=by, lease_until=now + lease, attempts=Job.attempts + 1)
        .returning(Job.id)
    ).first()
    return session.get(Job, job_id, populate_existing=True) if taken else None


def renew(session: Session, job_id: str, *, by: str, now: float, lease: float = LEASE_SECONDS) -> bool:
    """Hold a lease longer; False when it was lost."""
    return _own(session, job_id, by, lease_until=now + lease)


def done(session: Session, job_id: str, *, by: str, now: float) -> bool:
    """The work is done; False when the lease was lost (another worker does it again, which must be harmless)."""
    return _own(session, job_id, by, state="done", finished_at=now, lease_until=None, last_error="")


def put_back(session: Session, job_id: str, *, by: str, run_after: float, error: str = "", count: bool = True) -> bool:
    """Try again later. `count` False gives the attempt back (it was not the work's fault)."""
    values: dict[str, Any] = {"state": "queued", "run_after": run_after, "lease_until": None, "last_error": error}
    if not count:
        values["attempts"] = Job.attempts - 1
    return _own(session, job_id, by, **values)


def fail(session: Session, job_id: str, *, by: str, now: float, error: str) -> bool:
    """Give up; a human has to look."""
    return _own(session, job_id, by, state="failed", finished_at=now, lease_until=None, last_error=error)


def release(session: Session, holders: Sequence[str], now: float) -> int:
    """End the leases of workers that are known to be dead; how many jobs that frees."""
    freed = session.execute(
        update(Job)
        .where(Job.state == "running", Job.lease_by.in_(holders))
        .values(state="queued", run_after=now, lease_until=None)
        .returning(Job.id)
    )
    return len(freed.all())


def holders(session: Session) -> list[str]:
    """Who holds leases."""
    return list(session.scalars(select(Job.lease_by).where(Job.state == "running").distinct()))


def counts(session: Session) -> dict[str, int]:
    """Number of jobs in each state."""
    found = session.execute(select(Job.state, func.count()).group_by(Job.state))
    return {row[0]: row[1] for row in found}


def by_key(session: Session, key: str) -> Job | None:
    """The job of a key, or None."""
    return session.scalars(select(Job).where(Job.key == key)).one_or_none()


def _due(now: float) -> Any:
    return or_(
        and_(Job.state == "queued", Job.run_after <= now),
        and_(Job.state == "running", Job.lease_until < now),
    )


def _own(session: Session, job_id: str, by: str, **values: Any) -> bool:
    changed = session.execute(
        update(Job).where(Job.id == job_id, Job.state == "running", Job.lease_by == by).values(**values).returning(Job.id)
    )
    return changed.first() is not None
