"""The archiver: takes facts from the stream (quick) and the journals (sure), stores each once, folds them into the
rows of a call, and starts the after-call work. See docs/protocol.md, "Journal" and "After the call".

It may be killed, and Redis or the database may go away, at any moment: a journal is put away, and a stream entry
acknowledged, only after the commit, and everything before that is done again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

import redis
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hotline import logs
from hotline.bus.client import connect
from hotline.core.cdr import fold
from hotline.core.facts import Fact
from hotline.jobs.durable import Waker, describe
from hotline.jobs.journals import Journals
from hotline.jobs.part import Heartbeat
from hotline.jobs.stream import Stream
from hotline.secrecy import SecrecyError
from hotline.settings import Settings
from hotline.store.engine import Store, is_away
from hotline.store.repositories import calls, conflicts, jobs, task_results
from hotline.store.repositories import facts as fact_rows
from hotline.store.repositories.forms import finish_key

SWEEP_SECONDS: Final = 3.0
GATHER_SECONDS: Final = 0.3
"""Pause after a portion of the stream: one transaction for many facts costs a tenth of one for each."""
BLOCK_MS: Final = 500
BACKOFF_SECONDS: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
REMEMBERED_CALLS: Final = 5_000
CALLS_AT_ONCE: Final = 6
"""Calls folded in one transaction. While it lasts nobody else writes to SQLite: a backlog must not make agents wait."""

log = logs.get(__name__)
Key = tuple[str, int, int]


class Archiver:
    """The archiver without its loop: `take` facts, `sweep` journals. `clock` gives Unix time."""

    def __init__(
        self, store: Store, settings: Settings, waker: Waker | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._clock = clock
        self._waker = waker
        self._journals = Journals(settings.journal_dir)
        self._known: OrderedDict[str, set[Key]] = OrderedDict()

    def take(self, facts: Iterable[Fact]) -> None:
        """Store and fold facts of any calls. Raises what the database raises; then nothing of the failing call is
        stored, and the facts may be taken again."""
        by_call: dict[str, list[Fact]] = {}
        for fact in facts:
            if _key(fact) not in self._known.get(fact.call_id, ()):
                by_call.setdefault(fact.call_id, []).append(fact)
        names = list(by_call)
        bad: Exception | None = None
        for start in range(0, len(names), CALLS_AT_ONCE):
            try:
                self._take({call_id: by_call[call_id] for call_id in names[start : start + CALLS_AT_ONCE]})
            except Exception as exc:
                if is_away(exc):
                    raise
                bad = exc  # of one call: the others are stored all the same
        if bad is not None:
            raise bad

    def _take(self, by_call: dict[str, list[Fact]]) -> None:
        """Some calls, in one transaction if possible."""
        try:
            self._store_calls(by_call)
        except Exception as exc:
            if is_away(exc) or len(by_call) == 1:
                raise
            # One call's facts are bad: the others must not wait for them.
            bad: Exception | None = None
            for call_id, items in by_call.items():
                try:
                    self._store_calls({call_id: items})
                except Exception as again:
                    if is_away(again):
                        raise
                    log.error("call_not_stored", call_id=call_id, error=describe(again))
                    bad = again
            if bad is not None:
                raise bad from None

    def sweep(self) -> list[str]:
        """Store what is new in the journals and put the finished ones away; their call ids. Raises when the database is
        away; a journal that cannot be stored for another reason stays where it is and is tried again."""
        for portion in self._journals.changed():
            try:
                self.take(portion.facts)
            except Exception as exc:
                if is_away(exc):
                    raise
                log.error("journal_not_stored", file=portion.path.name, error=describe(exc))
                continue
            self._journals.stored(portion)
        moved = self._journals.put_away(self._clock())
        for call_id in moved:
            self._known.pop(call_id, None)
        return moved

    @property
    def waiting(self) -> int:
        """Journals not put away yet."""
        return self._journals.waiting()

    def _store_calls(self, by_call: dict[str, list[Fact]]) -> None:
        now = self._clock()
        wake: list[str] = []
        with self._store.write() as session:
            fact_rows.store(session, [fact for items in by_call.values() for fact in items], now)
            for call_id in by_call:
                if call_id:  # facts about an agent's state belong to no call
                    wake += self._fold(session, call_id, now)
        for call_id, items in by_call.items():
            self._remember(call_id, items)
        if self._waker is not None:
            self._waker.wake(wake)

    def _fold(self, session: Session, call_id: str, now: float) -> list[str]:
        """Fold a call anew from all its stored facts; ids of the jobs that this starts."""
        found = fact_rows.of_call(session, call_id)
        if not found:
            return []
        record = fold(found)
        applied = calls.apply(session, record)
        if record.known:
            task_results.settle(session, self._store.secrecy, self._store.settings, record, now)
        if any(talk.person_kind == "expert" for talk in record.talks) or any(item.refusal for item in record.tries):
            self._note_conflicts(session, call_id)
        started = [
            jobs.enqueue(session, "seal_recording", f"seal_recording:{recording_id}", {"recording_id": recording_id}, now=now)
            for recording_id in applied.captured
        ]
        if record.known and record.closed:
            started.append(jobs.enqueue(session, "finish_call", finish_key(call_id), {"call_id": call_id}, now=now))
        return [job_id for job_id in started if job_id is not None]

    def _note_conflicts(self, session: Session, call_id: str) -> None:
        """Whom the expert advised, for later conflict checks. A form that does not open must not stop the records."""
        try:
            conflicts.note_call(session, self._store.secrecy, call_id)
        except SecrecyError:
            log.error("conflicts_not_noted", call_id=call_id)

    def _remember(self, call_id: str, items: Iterable[Fact]) -> None:
        self._known.setdefault(call_id, set()).update(_key(fact) for fact in items)
        self._known.move_to_end(call_id)
        if not call_id:
            self._known.pop(call_id)  # would grow for ever; such facts come by the stream only
        while len(self._known) > REMEMBERED_CALLS:
            self._known.popitem(last=False)


def _key(fact: Fact) -> Key:
    return (fact.source, fact.epoch, fact.seq)


class _Loop:
    """Both ways in turn, each with its own patience."""

    def __init__(self, archiver: Archiver, client: redis.Redis, heartbeat: Heartbeat) -> None:
        self._archiver = archiver
        self._stream = Stream(client)
        self._heartbeat = heartbeat
        self._failures = 0
        self._next_sweep = 0.0
        self._redis_away = False

    def once(self) -> float:
        """One round; how long to wait before the next."""
        self._heartbeat.beat(database="away" if self._failures else "ok", journals=self._archiver.waiting)
        try:
            read = self._from_stream()
            if time.monotonic() >= self._next_sweep:
                self._archiver.sweep()
                self._next_sweep = time.monotonic() + SWEEP_SECONDS
        except SQLAlchemyError as exc:
            self._stream.again()
            if not self._failures:
                log.error("database_away", error=type(exc).__name__)
            pause = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
            self._failures += 1
            return pause
        if self._failures:
            log.info("database_back")
        self._failures = 0
        return GATHER_SECONDS if read or self._redis_away else 0.0

    def last(self) -> None:
        """What is there already is stored before the part ends."""
        try:
            self._from_stream(block_ms=1)
            self._archiver.sweep()
        except SQLAlchemyError as exc:
            log.warning("last_sweep_failed", error=type(exc).__name__)

    def _from_stream(self, block_ms: int = BLOCK_MS) -> bool:
        try:
            if self._stream.wake_requested():
                self._next_sweep = 0.0
            batch = self._stream.read(block_ms)
        except redis.RedisError as exc:
            if not self._redis_away:
                log.warning("redis_away", error=type(exc).__name__)
            self._redis_away = True
            self._stream.again()
            return False
        if self._redis_away:
            log.info("redis_back")
            self._redis_away = False
        try:
            self._archiver.take(batch.facts)
        except Exception as exc:
            if is_away(exc):
                raise
            # The journal keeps the facts and is tried again; the stream must go on.
            log.error("facts_not_stored", error=describe(exc))
        try:
            self._stream.ack(batch)
        except redis.RedisError:
            self._stream.again()
        return bool(batch.ids)


def serve(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Archive until `stop` is set; what is there then is stored first. In a thread of its own (see `hotline.jobs.main`)."""
    settings.journal_dir.mkdir(parents=True, exist_ok=True)
    client = connect(settings.redis_url)
    heartbeat = Heartbeat(client, "archiver")
    loop = _Loop(Archiver(store, settings, Waker(settings.redis_url)), client, heartbeat)
    log.info("archiver_started")
    while not stop.is_set():
        pause = loop.once()
        if pause:
            stop.wait(pause)
    loop.last()
    heartbeat.end()
    log.info("archiver_stopped")
