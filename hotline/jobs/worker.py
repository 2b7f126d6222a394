"""What does after-call work: an RQ worker for what is pushed, and a sweep of the table for what was not (a
wake-up lost with Redis, a time that has come, a lease whose holder died). While Redis is away the sweep runs the jobs
itself."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

import redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from hotline import logs
from hotline.bus.client import connect
from hotline.core.ids import new_id
from hotline.jobs.durable import Handler, Runner, Waker, describe, holder, is_dead, serve
from hotline.jobs.handlers import handlers as all_handlers
from hotline.jobs.part import Heartbeat
from hotline.settings import Settings
from hotline.store import audit
from hotline.store.engine import Store, is_away
from hotline.store.repositories import (
    appointment_notes,
    callbacks,
    jobs,
    letters,
    notices,
    progress,
    ticket_sweep,
    tickets,
    village,
)

SWEEP_SECONDS: Final = 2.0
POLL_SECONDS: Final = 0.2
REWAKE_SECONDS: Final = 30.0
"""A due job that was pushed and not run within this time is pushed again."""
EXPIRE_SECONDS: Final = 60.0
"""Tasks that nobody could be called for are closed this often."""
BURST: Final = 20
"""Jobs between two looks at the clock."""
NOTICE_PORTIONS: Final = 10
"""Portions of warnings that get their notices in one look: the others wait for the next, so that letters are not held up."""
ANCHOR_SECONDS: Final = 300.0
BACKOFF_SECONDS: Final = (0.5, 1.0, 2.0, 5.0, 10.0)

log = logs.get(__name__)


class _Away(redis.RedisError):
    """Redis went away while RQ was at work."""


class _RqWorker(SimpleWorker):
    """Runs jobs in this process; the signals stay ours.

    RQ would wait for a Redis that is away as long as that takes, and meanwhile nobody would look into the table: here it gives
    up at its first sign of life that is not heard. Nor does it listen for commands; nobody sends any.
    """

    def _install_signal_handlers(self) -> None:
        pass

    def subscribe(self) -> None:
        pass

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        try:
            super().heartbeat(timeout, pipeline)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise _Away(str(error)) from None


class Worker:
    """The work without the loop. `pause` seconds of real time lie between two rounds."""

    def __init__(self, store: Store, settings: Settings, handlers: Mapping[str, Handler] | None = None) -> None:
        self._store = store
        self._settings = settings
        self._waker = Waker(settings.redis_url)
        self._runner = Runner(store, handlers if handlers is not None else all_handlers())
        serve(self._runner)
        self._woken: dict[str, float] = {}
        self._next_sweep = 0.0
        self._expired_at = 0.0
        self._tickets_at = 0.0
        self._village_at = 0.0
        self._next_anchor = 0.0
        self._failures = 0
        self._rq: _RqWorker | None = None
        self._stop = False

    def take_over(self) -> None:
        """Free the jobs of workers of this host that are gone, at once instead of when their lease runs out."""
        with self._store.write() as session:
            gone = [name for name in jobs.holders(session) if is_dead(name)]
            freed = jobs.release(session, gone, time.time()) if gone else 0
        if freed:
            log.warning("jobs_taken_over", count=freed)

    def once(self) -> float:
        """One round: sweep when due, then work off what RQ has. Seconds to wait before the next."""
        try:
            if time.monotonic() >= self._next_sweep:
                self.sweep()
                self._next_sweep = time.monotonic() + SWEEP_SECONDS
            if time.monotonic() >= self._next_anchor:
                self.anchor()
                self._next_anchor = time.monotonic() + ANCHOR_SECONDS
            self._failures = 0
        except SQLAlchemyError as exc:
            log.error("database_away" if is_away(exc) else "sweep_failed", error=describe(exc))
            self._failures += 1
            return BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS)) - 1]
        return 0.0 if self._burst() else POLL_SECONDS

    def sweep(self) -> None:
        """Push every due job through RQ; run them here when Redis is away."""
        now = time.time()
        if now - self._expired_at >= EXPIRE_SECONDS:
            self._expired_at = now
            with self._store.write() as session:
                progress.forget(session, now)
                appointment_notes.sweep(session, self._store.secrecy, self._settings, now)
                if count := callbacks.expire(session, self._settings, now):
                    log.info("tasks_expired", count=count)
        if now - self._tickets_at >= self._settings.tickets.sweep_seconds:
            self._tickets_at = now
            self._tickets(now)
        if now - self._village_at >= self._settings.village.sweep_seconds:
            self._village_at = now
            if any((found_calls := village.sweep(self._store, self._settings, now)).values()):
                log.info("village_calls", **found_calls)
        with self._store.read() as session:
            found = jobs.due(session, now)
        self._woken = {job_id: at for job_id, at in self._woken.items() if job_id in found}
        fresh = [job_id for job_id in found if now - self._woken.get(job_id, 0.0) >= REWAKE_SECONDS]
        if not fresh:
            return
        if self._waker.wake(fresh):
            self._woken.update(dict.fromkeys(fresh, now))
            return
        for job_id in fresh:
            if self._stop:
                return
            self._runner.run(job_id)

    def _tickets(self, now: float) -> None:
        """Old tickets are brought over, and every limit whose time has come is seen to."""
        while True:
            with self._store.write() as session:
                brought = tickets.bring_over(session, self._store.secrecy, now, self._settings.tickets.warn)
            if not brought:
                break
        if any((found := ticket_sweep.sweep(self._store, self._settings.tickets, now)).values()):
            log.info("ticket_limits", **found)
        told = 0
        for _ in range(NOTICE_PORTIONS):
            with self._store.write() as session:
                portion = notices.of_warnings(session, now)
            told += portion
            if portion < notices.PORTION:
                break
        if told:
            log.info("warnings_told", count=told)
        with self._store.write() as session:
            letters.erase(session, self._settings.outbox, now)

    def anchor(self) -> None:
        """Note the head of the audit chain outside the database, when it has moved."""
        with self._store.read() as session:
            head = audit.head(session)
        path = audit.anchor_file(self._settings.home)
        known = audit.anchors_in(path)
        if head.seq and (not known or known[-1] != head):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
                file.write(audit.anchor_line(head, time.time()) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def stop(self) -> None:
        """Take no further job. Safe in a signal handler."""
        self._stop = True
        if self._rq is not None:
            self._rq._stop_requested = True

    def _burst(self) -> bool:
        if self._stop or not self._waker.pending():
            return False
        try:
            self._rq = _RqWorker(
                [self._waker.queue],
                name=new_id("wrk", time.time()),
                connection=self._waker.queue.connection,
                serializer=JSONSerializer,
            )
            worked = bool(self._rq.work(burst=True, logging_level="WARNING", max_jobs=BURST))
            if not self._waker.pending():
                # Everything pushed was consumed: what is due now became due since, and is pushed at once.
                self._woken.clear()
            return worked
        except redis.RedisError:
            return False  # the sweep goes on without it
        finally:
            self._rq = None


def work(worker: Worker, settings: Settings, stop: threading.Event) -> None:
    """Do the jobs until `stop` is set. In the main thread: RQ limits the time of a job by a signal."""
    logging.getLogger("rq").setLevel(logging.WARNING)
    heartbeat = Heartbeat(connect(settings.redis_url), "jobs")
    log.info("jobs_started", holder=holder())
    while not stop.is_set():
        try:
            worker.take_over()
            break
        except SQLAlchemyError as exc:
            log.error("database_away", error=describe(exc))
            heartbeat.beat()
            stop.wait(2.0)
    while not stop.is_set():
        heartbeat.beat()
        pause = worker.once()
        if pause:
            stop.wait(pause)
    heartbeat.end()
    serve(None)
    log.info("jobs_stopped")
