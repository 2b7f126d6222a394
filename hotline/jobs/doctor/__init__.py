"""`hotline doctor`: proves what must always hold, on the database, the journals and the recordings.

Works on a running system (calls in progress have a valid lease, and whatever is on its way has a little time) and after
everything has stopped (then nothing may be open). It only reads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from hotline.core.audits import Limits
from hotline.jobs.doctor import (
    board,
    calls,
    conflicts,
    emergencies,
    exports,
    files,
    letters,
    library,
    outcomes,
    owed,
    published,
    tickets,
    village,
)
from hotline.jobs.doctor.report import Report
from hotline.jobs.doctor.sources import CannotLook, Journals, Live
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store import audit
from hotline.store.engine import Store

__all__ = ["CannotLook", "Report", "examine", "examine_until_clean"]


def limits_of(settings: Settings) -> Limits:
    """The bounds that the settings give."""
    queue, transfer = settings.queue, settings.transfer
    return Limits(
        max_call_seconds=settings.limits.max_call_seconds,
        agent_ring_seconds=queue.agent_ring_seconds,
        expert_ring_seconds=transfer.ring_seconds,
        accept_seconds=transfer.accept_seconds,
        max_tries=transfer.max_tries,
        parallel=transfer.parallel,
        wrap_up_seconds=queue.wrap_up_seconds,
        region_seconds=max(_own_region_seconds(settings, name) for name in ("", *settings.queues)),
        silent_seconds=max(settings.headset.silent_seconds, 2.0),
        return_seconds=settings.headset.return_seconds,
        rating_scores=frozenset(int(key) for key in settings.rating.keys),
    )


def _own_region_seconds(settings: Settings, queue: str) -> float:
    """How long a caller of the queue is kept for agents of the own region."""
    rings = settings.queue_rules(queue).relax
    return next((ring.after for ring in rings if ring.region == "any"), 86_400.0)


def examine(
    settings: Settings, *, deep: bool = False, anchors: Path | None = None, clock: Callable[[], float] = time.time
) -> Report:
    """Look at everything once. `deep` reads every sealed recording to its last byte, not only the newest. `anchors`: a
    file of heads of the audit chain that was copied away, besides the one in the home.

    Raises :class:`CannotLook` when the database is not there or does not answer.
    """
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        # Opening it would make it.
        raise CannotLook(f"没有数据库 {url.database} / there is no database {url.database}")
    secrecy = _secrecy(settings)
    store = Store(settings, secrecy or Secrecy(bytes(32)))
    try:
        return _look(settings, store, secrecy, deep, anchors, clock)
    except SQLAlchemyError as error:
        raise CannotLook(f"数据库无法读取 / the database cannot be read: {type(error).__name__}") from error
    except OSError as error:
        raise CannotLook(f"文件无法读取 / a file cannot be read: {error.strerror} {error.filename}") from error
    finally:
        store.close()


def _look(
    settings: Settings,
    store: Store,
    secrecy: Secrecy | None,
    deep: bool,
    anchors: Path | None,
    clock: Callable[[], float],
) -> Report:
    live = Live.look(settings)
    now = clock()
    report = Report(now)
    limits = limits_of(settings)
    # Before the moment that is looked at begins: a head noted later is not in it yet.
    try:
        heads = audit.anchors_in(audit.anchor_file(settings.home), *([anchors] if anchors else []))
    except UnicodeDecodeError:
        raise CannotLook("审计锚点不是文本 / the noted heads of the audit chain are no text") from None
    with store.read() as session:
        if not inspect(session.connection()).has_table("call_facts"):
            raise CannotLook("数据库里没有表 / the database has no tables yet")
        seen = calls.examine(session, Journals(settings), live, report, limits, now)
        outcomes.examine(session, settings, report, now)
        outcomes.trail(session, report, heads)
        conflicts.examine(session, report)
        emergencies.examine(session, settings, report, now)
        library.examine(session, report)
        published.examine(session, report)
        tickets.examine(session, settings, report)
        exports.examine(session, settings, report, now)
        owed.examine(session, report)
        letters.examine(session, settings, report)
        village.examine(session, settings, report, now)
        files.examine(session, settings, secrecy, report, limits, seen, now, deep=deep)
    board.examine(live, report)
    return report


def examine_until_clean(settings: Settings, seconds: float, *, deep: bool = False, anchors: Path | None = None) -> Report:
    """Look again and again until nothing is broken, at most so many seconds: for tests on a system that is settling."""
    until = time.monotonic() + seconds
    while True:
        report = examine(settings, deep=deep, anchors=anchors)
        if report.clean or time.monotonic() >= until:
            return report
        time.sleep(min(1.0, max(0.0, until - time.monotonic())))


def _secrecy(settings: Settings) -> Secrecy | None:
    try:
        return Secrecy.from_dir(settings.keys_dir)
    except (OSError, ValueError):
        return None
