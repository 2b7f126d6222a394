"""A worker that hung when the edge gave it a caller, and comes to later: the edge has long gone on to the next worker. It must
not write the caller down a second time; but when nobody else did (the caller hung up meanwhile), it must.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from hotline import logs
from hotline.conversation.arrival import SOURCE, arrival
from hotline.conversation.context import Context
from hotline.conversation.journal import Journal
from hotline.core.facts import Fact
from hotline.core.ids import new_id
from hotline.core.journal import SUFFIX, decode
from hotline.telephony.events import IncomingCall, RefusedCall

log = logs.get("worker")

CROSSING_SECONDS: Final = 0.5
"""Our first word must reach the edge before its patience ends: what we read this much earlier than that counts as late too."""
LOOK_SECONDS: Final = 0.5
WAIT_PATIENCES: Final = 12
"""By then the edge has found a worker or turned the caller away: it asks at most ten, each as long as its patience lasts."""
_HEAD_BYTES: Final = 8192


def is_late(context: Context, call: IncomingCall | RefusedCall, now: float) -> bool:
    """Whether the edge has (or is about to have) given this caller to somebody else."""
    return call.sent_at > 0 and now - call.sent_at > context.settings.sip.worker_silent_seconds - CROSSING_SECONDS


def written_down(directory: Path, sip_call_id: str, since: float) -> bool:
    """Whether a journal that began after `since` (Unix time) is of this caller."""
    oldest = new_id("call", since)[:-8]
    for path in _journals(directory):
        if path.stem >= oldest:
            try:
                with path.open("rb") as file:
                    records = decode(file.read(_HEAD_BYTES)).records
            except OSError:
                continue  # moved to the done ones between two looks
            if records and records[0].get("fact", {}).get("data", {}).get("sip_call_id") == sip_call_id:
                return True
    return False


def _journals(directory: Path) -> Iterator[Path]:
    yield from directory.glob(f"*{SUFFIX}")
    yield from (directory / "done").glob(f"*{SUFFIX}")


def account_for(
    context: Context,
    call: IncomingCall | RefusedCall,
    worker: str,
    tell: Callable[[list[Fact]], None],
    wait: Callable[[float], bool],
) -> bool:
    """Wait until somebody has written the caller down, else do it: a call that was cancelled before anybody answered.
    `wait` passes the time (at most so many seconds), and says whether there is more of it. True when we wrote."""
    directory = context.settings.journal_dir
    until = time.monotonic() + WAIT_PATIENCES * context.settings.sip.worker_silent_seconds
    while time.monotonic() < until:
        if written_down(directory, call.sip_call_id, call.sent_at - 1.0):
            log.warning("late_invite", served=True)
            return False
        if not wait(LOOK_SECONDS):
            break
    log.warning("late_invite", served=False)
    tell(note_unserved(context, call, worker, cause="cancelled", ended_by="caller", sip_code=487))
    return True


def note_unserved(
    context: Context, call: IncomingCall | RefusedCall, worker: str, *, cause: str, ended_by: str, sip_code: int
) -> list[Fact]:
    """The journal of a caller whom nobody served, and its facts."""
    now = time.time()
    call_id = new_id("call", now)
    ended = {"cause": cause, "ended_by": ended_by, "phase": "arrived", "sip_code": sip_code, "answered": False}
    facts = [
        Fact("call_arrived", call_id, now, 1, SOURCE, data=arrival(context, call_id, call, worker)),
        Fact("call_ended", call_id, now, 2, SOURCE, data=ended),
    ]
    journal = Journal(context.settings.journal_dir, call_id)
    journal.facts(facts)
    journal.close()
    return facts
