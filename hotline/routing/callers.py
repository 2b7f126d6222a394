"""The thread that looks up who calls, so that a slow database never delays anybody: places of callers whom we cut off, and
green-channel groups from earlier forms."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from hotline import logs
from hotline.core.queues.places import Place
from hotline.core.routing.effects import LookUpCaller
from hotline.core.routing.events import CallerKnown
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.engine import Store
from hotline.store.repositories import earlier

AGAIN_SECONDS: Final = (2.0, 5.0, 10.0, 20.0)
"""After a crash the record of the lost call is still being closed while its caller dials again: looked for anew after these
pauses, until it is found."""
OLDEST_SECONDS: Final = 120.0

log = logs.get("routing.callers")

Due = tuple[float, int, LookUpCaller]


class Callers:
    """Answers :class:`LookUpCaller` with :class:`CallerKnown` in `found`, as soon as the database can."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._store: Store | None = None
        self._asked: queue.SimpleQueue[LookUpCaller | None] = queue.SimpleQueue()
        self._due: list[Due] = []
        self._stopping = False
        self._away = False
        self.found: queue.SimpleQueue[CallerKnown] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="callers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self, item: LookUpCaller) -> None:
        """Look this caller up."""
        self._asked.put(item)

    def stop(self) -> None:
        """End the thread; waits up to 2 s for what is under way."""
        self._stopping = True
        self._asked.put(None)
        self._thread.join(2.0)
        if self._store is not None and not self._thread.is_alive():
            self._store.close()

    def _run(self) -> None:
        while not self._stopping:
            wait = min((due for due, _, _ in self._due), default=self._clock() + 1.0) - self._clock()
            try:
                item = self._asked.get(timeout=max(0.05, min(wait, 1.0)))
            except queue.Empty:
                item = None
            if item is not None:
                self._due.append((self._clock(), 0, item))
            now = self._clock()
            ready, self._due = [x for x in self._due if x[0] <= now], [x for x in self._due if x[0] > now]
            for _, tries, asked in ready:
                self._look(asked, tries, now)

    def _look(self, item: LookUpCaller, tries: int, now: float) -> None:
        try:
            if self._store is None:
                self._store = Store(self._settings, Secrecy.from_dir(self._settings.keys_dir))
            with self._store.read() as session:
                place = earlier.kept_place(session, item.caller_hash, item.call_id, item.arrived_at)
                raised, group = earlier.green_channel(session, item.caller_hash, item.call_id)
        except (SQLAlchemyError, OSError) as exc:
            if not self._away:
                log.warning("database_away", error=type(exc).__name__)
            self._away = True
            place, raised, group = None, "", ""
        else:
            self._away = False
        self._answer(item, place, raised, group)
        if place is None and tries < len(AGAIN_SECONDS) and now - item.arrived_at < OLDEST_SECONDS:
            self._due.append((now + AGAIN_SECONDS[tries], tries + 1, item))

    def _answer(self, item: LookUpCaller, place: Place | None, raised: str, group: str) -> None:
        if place is not None or raised:
            self.found.put(CallerKnown(item.call_id, place, raised, f"green_channel:{group}" if raised else ""))
