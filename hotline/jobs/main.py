"""The part `jobs`: the archiver and the after-call work, as two threads of one process (20 MB less than two processes).

They share the database's engine and nothing else; each has its own line to Redis, its own patience when something is away,
and its own heartbeat. An error that either does not know ends the process, and the supervisor starts both again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Final

from hotline import logs
from hotline.jobs import archiver
from hotline.jobs.durable import Handler
from hotline.jobs.part import stopping
from hotline.jobs.worker import Worker, work
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.engine import Store

NICE: Final = 5
"""Calls in progress go before the archiver, and the archiver before the jobs (sealing must never disturb a call). On Linux
this is a thread's own."""

log = logs.get(__name__)


def main(settings: Settings, handlers: Mapping[str, Handler] | None = None) -> None:
    """Run until SIGTERM or SIGINT; the job in hand is finished first, and the facts that are there are stored. The caller has
    set logging up and migrated the database. `handlers`: other kinds of jobs (for tests). Raises what ended the archiver."""
    os.nice(NICE)
    store = Store(settings, Secrecy.from_dir(settings.keys_dir))
    worker = Worker(store, settings, handlers)
    failed: list[BaseException] = []
    with stopping(worker.stop) as stop:

        def archive() -> None:
            try:
                archiver.serve(store, settings, stop)
            except BaseException as error:
                log.exception("archiver_failed")
                failed.append(error)
                worker.stop()
                stop.set()

        thread = threading.Thread(target=archive, name="archiver")
        thread.start()
        os.nice(NICE)
        try:
            work(worker, settings, stop)
        finally:
            stop.set()
            thread.join()
    store.close()
    if failed:
        raise failed[0]
