"""A caller cut off by our own fault keeps the place: recognised by number when they dial again in time.

Our fault is a call that ended as `system_failure` or `drained` before the caller was finished with. The place is the
caller's first time in the queue; of one who had not come so far, the time of arrival. The truth is the finished call (in
the database); routing remembers the last ones it saw itself, so that nobody has to wait for the archiver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OUR_FAULT: Final = frozenset({"system_failure", "drained"})
"""Causes of `call_ended` for which the caller is not to blame."""
FINISHED_WITH: Final = frozenset({"rating", "goodbye", "message"})
"""Phases in which the caller wanted nobody any more."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is kept: the seniority (`queued_at`), of which call, and since when it lies there (Unix seconds)."""

    queued_at: float
    lost_call_id: str
    lost_at: float


def lost(cause: str, phase: str, *, consultation_over: bool = False) -> bool:
    """Whether a call that ended so leaves a place behind."""
    return cause in OUR_FAULT and phase not in FINISHED_WITH and not consultation_over


def still_kept(place: Place, now: float, keep_seconds: float) -> bool:
    """Whether the caller has dialled again in time."""
    return now - place.lost_at <= keep_seconds
