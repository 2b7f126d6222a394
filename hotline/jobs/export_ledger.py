"""The job `export_ledger`: a ledger as a sealed file, and its end when the time is over."""

from __future__ import annotations

from hotline import logs
from hotline.jobs.durable import Work
from hotline.store.ledgers import exports

log = logs.get(__name__)


def run(work: Work) -> None:
    """Make the file, or delete it. Harmless when run twice."""
    export_id, settings = str(work.payload["export_id"]), work.settings
    if work.payload.get("expire"):
        exports.expire(work.store, settings.exports_dir, export_id, work.now)
        return
    keep = settings.ledgers.export_keep_hours * 3600
    exports.make(work.store, settings.exports_dir, export_id, most=settings.ledgers.export_rows, keep_seconds=keep)
    log.info("export_finished", export_id=export_id)
