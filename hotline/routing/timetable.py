"""Publishing when the lines are open: to Redis for everybody, and to a file for when Redis is away."""

from __future__ import annotations

import os
from pathlib import Path

from redis.exceptions import RedisError

from hotline import logs
from hotline.bus import keys
from hotline.bus.client import connect
from hotline.core.calendars.timetable import Timetable
from hotline.settings import Settings
from hotline.store.engine import Store
from hotline.store.repositories import calendars

log = logs.get("routing.timetable")


class Publisher:
    """Used by the thread that talks to the database. What goes wrong with Redis or the disk is logged, never raised."""

    def __init__(self, settings: Settings) -> None:
        self._redis = connect(settings.redis_url, timeout=1.0)
        self._file = settings.timetable_file
        self._failed = False

    def publish(self, store: Store, now: float) -> Timetable:
        """Lay out the next days and write them. Raises what the database raises."""
        with store.read() as session:
            table = calendars.timetable(session, now)
        text = table.to_json()
        try:
            write_whole(self._file, text)
            self._redis.set(keys.TIMETABLE, text)
        except (OSError, RedisError) as exc:
            if not self._failed:
                log.warning("timetable_not_written", error=type(exc).__name__)
            self._failed = True
        else:
            self._failed = False
        return table


def write_whole(path: Path, text: str) -> None:
    """Put a file in place at once, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
