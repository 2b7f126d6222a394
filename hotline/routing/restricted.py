"""Publishing which numbers are restricted, for the workers of this machine."""

from __future__ import annotations

import json

from hotline.routing.timetable import write_whole
from hotline.settings import Settings
from hotline.store.engine import Store
from hotline.store.repositories import restrictions


def publish(settings: Settings, store: Store, now: float) -> None:
    """Close what has run out, and write what is in force. Raises what the database raises, and OSError."""
    with store.read() as session:
        found, over = restrictions.active(session, now), restrictions.overdue(session, now)
    if over:
        with store.write() as session:
            restrictions.expire(session, now)
    write_whole(settings.restricted_file, json.dumps(found, sort_keys=True))
