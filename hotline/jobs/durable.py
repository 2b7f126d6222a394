"""Durable jobs: the `jobs` row is the truth, RQ is the wake-up.

A job is put into the table in the same transaction as what caused it (`hotline.store.repositories.jobs.enqueue`), so it
exists exactly when its cause does. :class:`Waker` then pushes its id through RQ; that push may be lost or doubled. A
:class:`Runner` takes the row under a lease, runs the handler and marks the row; a handler may therefore run twice and
must be harmless then.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import redis
from rq import Queue
from rq.serializers import JSONSerializer

from hotline import logs
from hotline.settings import Settings
from hotline.store.engine import Store, is_away
from hotline.store.models import Job
from hotline.store.repositories import jobs

QUEUE: Final = "hotline"
MAX_RUN_SECONDS: Final = 1800
"""No job takes longer; sealing two hours of talk takes seconds."""
BACKOFF_SECONDS: Final = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0)

log = logs.get(__name__)
Result = Literal["skipped", "done", "later", "retry", "failed"]


class Later(Exception):
    """Raised by a handler that cannot decide yet: run again at `at` (Unix seconds). Costs no attempt."""

    def __init__(self, at: float) -> None:
        super().__init__(at)
        self.at = at


@dataclass(frozen=True, slots=True)
class Work:
    """What a handler gets."""

    store: Store
    settings: Settings
    payload: Mapping[str, Any]
    attempt: int
    now: float


Handler = Callable[[Work], None]


class Waker:
    """Pushes job ids through RQ. Never raises: the sweep finds what was not pushed."""

    def __init__(self, redis_url: str) -> None:
        # RQ wants bytes. JSON instead of pickle: who can write to Redis must not be able to run code here.
        self._connection = redis.Redis.from_url(redis_url, socket_timeout=2.0, socket_connect_timeout=2.0, driver_info=None)
        self.queue = Queue(QUEUE, connection=self._connection, serializer=JSONSerializer)

    def wake(self, job_ids: Iterable[str]) -> bool:
        """False when Redis is away."""
        try:
            for job_id in job_ids:
                self.queue.enqueue_call(
                    "hotline.jobs.durable.woken", args=[job_id], timeout=MAX_RUN_SECONDS, result_ttl=0, failure_ttl=3600
                )
        except redis.RedisError:
            return False
        return True

    def pending(self) -> int | None:
        """Wake-ups not consumed yet; None when Redis is away."""
        try:
            return int(self.queue.count)
        except redis.RedisError:
            return None


class Runner:
    """Runs one job at a time, in this process."""

    def __init__(
        self, store: Store, handlers: Mapping[str, Handler], *, clock: Callable[[], float] = time.time, by: str = ""
    ) -> None:
        self._store = store
        self._handlers = handlers
        self._clock = clock
        self._by = by or holder()

    def run(self, job_id: str) -> Result:
        """Take the job, do it, mark it. `skipped`: not due, or another worker has it. Raises when the database is
        away."""
        with self._store.write() as session:
            job = jobs.claim(session, job_id, by=self._by, now=self._clock())
        if job is None:
            return "skipped"
        log.info("job_started", job=job.id, kind=job.kind, attempt=job.attempts)
        try:
            handler = self._handlers[job.kind]
            with self._lease(job.id):
                handler(Work(self._store, self._store.settings, job.payload, job.attempts, self._clock()))
        except Later as later:
            with self._store.write() as session:
                jobs.put_back(session, job.id, by=self._by, run_after=later.at, count=False)
            return "later"
        except Exception as exc:
            return self._went_wrong(job, exc)
        with self._store.write() as session:
            jobs.done(session, job.id, by=self._by, now=self._clock())
        return "done"

    def _went_wrong(self, job: Job, exc: Exception) -> Result:
        error = describe(exc)
        away = is_away(exc)
        log.error("job_failed", job=job.id, kind=job.kind, attempt=job.attempts, error=error)
        now = self._clock()
        with self._store.write() as session:
            if job.attempts >= jobs.MAX_ATTEMPTS and not away:
                jobs.fail(session, job.id, by=self._by, now=now, error=error)
                return "failed"
            pause = BACKOFF_SECONDS[min(job.attempts, len(BACKOFF_SECONDS)) - 1]
            jobs.put_back(session, job.id, by=self._by, run_after=now + pause, error=error, count=not away)
        return "retry"

    @contextmanager
    def _lease(self, job_id: str) -> Iterator[None]:
        """Renew the lease from a thread while the work runs, but not for ever: a handler that hangs loses it."""
        over = threading.Event()

        def renew() -> None:
            until = time.monotonic() + MAX_RUN_SECONDS
            while not over.wait(jobs.LEASE_SECONDS / 3) and time.monotonic() < until:
                try:
                    with self._store.write() as session:
                        if not jobs.renew(session, job_id, by=self._by, now=self._clock()):
                            return
                except Exception as exc:
                    log.warning("lease_not_renewed", job=job_id, error=type(exc).__name__)

        thread = threading.Thread(target=renew, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


_runner: Runner | None = None


def serve(runner: Runner | None) -> None:
    """Set what :func:`woken` runs jobs with in this process."""
    global _runner
    _runner = runner


def woken(job_id: str) -> str:
    """The function that RQ calls."""
    if _runner is None:
        raise RuntimeError("no runner in this process")
    return _runner.run(job_id)


def holder() -> str:
    """Who holds a lease: host, process, and when the process started, so that a reused pid is not taken for it."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{_started(os.getpid())}"


def is_dead(name: str) -> bool:
    """Whether the holder of a lease was a process of this host that is gone. Of other hosts nothing is known."""
    host, pid, started = (["", "", "", *name.rsplit(":", 2)])[-3:]
    return host == socket.gethostname()[:30] and pid.isdigit() and _started(int(pid)) != started


def _started(pid: int) -> str:
    """Start time of a process in clock ticks since boot (field 22 of /proc/<pid>/stat), `gone` when there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "gone"


def describe(exc: BaseException) -> str:
    """An error without anything of the data in it: type, stable code, and where it was raised."""
    code = getattr(exc, "code", "")
    frames = traceback.extract_tb(exc.__traceback__)
    where = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return f"{type(exc).__name__}{f' {code}' if isinstance(code, str) and code else ''}{where}"
