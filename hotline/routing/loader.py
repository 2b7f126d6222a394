"""The thread that talks to the database, so that a slow or absent one never delays a caller."""

from __future__ import annotations

import queue
import threading
import time
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from hotline import logs
from hotline.core.calendars.timetable import Timetable
from hotline.core.routing.effects import BeginTry, DropTry
from hotline.core.routing.events import TasksLoaded, TryBegun
from hotline.core.routing.people import People
from hotline.routing import people, restricted, tasks
from hotline.routing.marks import Marks
from hotline.routing.timetable import Publisher
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store import publisher
from hotline.store.engine import Store
from hotline.store.repositories import agents

RELOAD_SECONDS: Final = 10.0
TASKS_SECONDS: Final = 2.0
"""Tasks are few, and somebody waits for each."""
RECALL_SECONDS: Final = 60.0
"""What was dialled out in the last day, for the caps: routing counts by itself, the database knows it over a restart."""

log = logs.get("routing.loader")


class Loader:
    """Reads people every 10 s and when asked, writes desired states. What it read waits in `loaded`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store: Store | None = None
        self._timetable = Publisher(settings)
        self._wake = threading.Event()
        self._stopping = False
        self._lock = threading.Lock()
        self._wishes: dict[str, str] = {}
        self._away = False
        self._marks = Marks()
        self._asked = False
        self.loaded: queue.SimpleQueue[People] = queue.SimpleQueue()
        self.hours: queue.SimpleQueue[Timetable] = queue.SimpleQueue()
        """When each line is open, as last laid out."""
        self.news: queue.SimpleQueue[TasksLoaded | TryBegun] = queue.SimpleQueue()
        """What was read of tasks, and the database's answers about tries."""
        self._wanted: queue.SimpleQueue[BeginTry | DropTry] = queue.SimpleQueue()
        self._read_at = -RELOAD_SECONDS
        self._recalled_at = -RECALL_SECONDS
        self.first_done = threading.Event()
        """Set after the first attempt, successful or not."""
        self._thread = threading.Thread(target=self._run, name="people", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def reload(self) -> None:
        """Read again at once, everything."""
        self._asked = True
        self._wake.set()

    def want(self, item: BeginTry | DropTry) -> None:
        """Begin or drop a try; the answer comes as `news`."""
        self._wanted.put(item)
        self._wake.set()

    def remember(self, agent_id: str, state: str) -> None:
        """Write an agent's desired state, when the database can take it; the latest wins."""
        with self._lock:
            self._wishes[agent_id] = state
        self._wake.set()

    def stop(self) -> None:
        """End the thread; waits up to 2 s for what is under way."""
        self._stopping = True
        self._wake.set()
        self._thread.join(2.0)
        if self._store is not None and not self._thread.is_alive():
            self._store.close()

    def _run(self) -> None:
        while not self._stopping:
            self._once()
            self.first_done.set()
            self._wake.wait(TASKS_SECONDS)
            self._wake.clear()
        self._write()

    def _once(self) -> None:
        try:
            if self._store is None:
                self._store = Store(self._settings, Secrecy.from_dir(self._settings.keys_dir))
            self._do_wanted(self._store)
            if self._asked or time.monotonic() - self._read_at >= RELOAD_SECONDS:
                asked, self._asked = self._asked, False
                self._read_at, now = time.monotonic(), time.time()
                self.loaded.put(people.load(self._store, now, self._marks.read(self._store, now, whole=asked)))
                restricted.publish(self._settings, self._store, now)
                publisher.publish(self._settings, self._store)
                self.hours.put(self._timetable.publish(self._store, now))
            recall = time.monotonic() - self._recalled_at >= RECALL_SECONDS
            self.news.put(tasks.load(self._store, time.time(), recall=recall))
            self._recalled_at = time.monotonic() if recall else self._recalled_at
        except (SQLAlchemyError, OSError) as exc:
            self._note_away(exc)
        else:
            if self._away:
                log.info("database_back")
            self._away = False
            self._write()

    def _do_wanted(self, store: Store) -> None:
        while True:
            try:
                wanted = self._wanted.get_nowait()
            except queue.Empty:
                return
            try:
                if isinstance(wanted, BeginTry):
                    self.news.put(tasks.begin(store, wanted))
                else:
                    tasks.drop(store, wanted)
            except (SQLAlchemyError, OSError):
                if isinstance(wanted, BeginTry):
                    # Whether it was committed is not known: the agent is free again, and a later look tells.
                    self.news.put(TryBegun(wanted.task_id, wanted.call_id, reason="database_away"))
                raise

    def _write(self) -> None:
        with self._lock:
            wishes, self._wishes = self._wishes, {}
        if not wishes or self._store is None:
            return
        try:
            with self._store.write() as session:
                for agent_id, state in wishes.items():
                    agents.set_desired_state(session, agent_id, state)
        except (SQLAlchemyError, OSError) as exc:
            with self._lock:
                self._wishes = {**wishes, **self._wishes}
            self._note_away(exc)

    def _note_away(self, exc: Exception) -> None:
        if not self._away:
            log.warning("database_away", error=type(exc).__name__)
        self._away = True
