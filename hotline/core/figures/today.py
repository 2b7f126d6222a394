"""Counts and rates of a day (rules A.1, A.2, E.38): every call falls into exactly one class, so that they must add up.

============  =====================================================================================
class         a call that
============  =====================================================================================
answered      reached a human of the desk (live or over)
abandoned     was answered by the system and left by the caller before a human
cancelled     was given up before the system answered
timed_out     waited to the limit; a call-back was promised
promised      chose a call-back instead of waiting on
self_served   came to its end in the flow without a human (opening hours, a voice message)
rejected      was not taken (no codec, malformed, a restricted number)
failed        was lost by our own fault before a human
in_progress   is live and has not reached a human yet
============  =====================================================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

CLASSES: Final = (
    "answered",
    "abandoned",
    "cancelled",
    "timed_out",
    "promised",
    "self_served",
    "rejected",
    "failed",
    "in_progress",
)
_BY_CAUSE: Final[Mapping[str, str]] = {
    "abandoned": "abandoned",
    "cancelled": "cancelled",
    "queue_timeout": "timed_out",
    "callback_promised": "promised",
    "completed": "self_served",
    "message_left": "self_served",
    "progress_told": "self_served",
    "restricted": "rejected",
    "staff_menu": "self_served",  # our own people in their menu, who are not counted here
    "not_reached": "failed",  # of calls we make ourselves, which are not counted here
    "rejected": "rejected",
    **dict.fromkeys(
        ("no_ack", "no_media", "rtp_timeout", "timeout_hold", "session_expired", "max_duration", "drained", "system_failure"),
        "failed",
    ),
}
DAY_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Visit:
    """What of a call is counted; times are Unix seconds."""

    call_id: str
    arrived_at: float
    queued_at: float | None
    connected_at: float | None
    ended_at: float | None
    live: bool
    cause: str
    rating: int | None


@dataclass(frozen=True, slots=True)
class Targets:
    """What green, amber and red mean; shares are 0–1, times seconds. Rules A.1: 15 s to a human, alarm at 20 s; connected
    in 24 h at least 95 %, warned of below 97 %. Rules E.38: 57 % rated is a province's figure. The others are our own."""

    answer_seconds: float = 15.0
    alarm_seconds: float = 20.0
    short_seconds: float = 5.0
    connect_green: float = 0.97
    connect_red: float = 0.95
    within_green: float = 0.90
    within_red: float = 0.80
    abandon_green: float = 0.03
    abandon_red: float = 0.05
    rated_green: float = 0.57
    rated_red: float = 0.40
    satisfied_green: float = 0.95
    satisfied_red: float = 0.90


def class_of(visit: Visit) -> str:
    """One of :data:`CLASSES`; empty for a cause nobody has told us of."""
    if visit.connected_at is not None:
        return "answered"
    return "in_progress" if visit.live else _BY_CAUSE.get(visit.cause, "")


def today(visits: Iterable[Visit], since: float, now: float, targets: Targets) -> dict[str, Any]:
    """The figures of the calls that arrived from `since` on; `visits` may reach back further, for the rolling 24 hours.

    `difference` is what the classes fall short of `offered`; anything but 0 means that the figures cannot be trusted.
    """
    known = list(visits)
    day = [visit for visit in known if visit.arrived_at >= since]
    count = Counter(class_of(visit) for visit in day)
    figures: dict[str, Any] = {"at": now, "since": since, "offered": len(day), **{name: count[name] for name in CLASSES}}
    figures["difference"] = figures["offered"] - sum(figures[name] for name in CLASSES)
    asked = [visit for visit in day if visit.queued_at is not None]
    settled = [visit for visit in asked if class_of(visit) != "in_progress"]
    waits = [_wait(visit) for visit in asked if visit.connected_at is not None]
    within = sum(wait <= targets.answer_seconds for wait in waits)
    short = sum(class_of(visit) == "abandoned" and _stayed(visit) < targets.short_seconds for visit in day)
    over = figures["offered"] - figures["in_progress"]
    rolling = [visit for visit in known if visit.arrived_at >= now - DAY_SECONDS and class_of(visit) != "in_progress"]
    talked = [visit for visit in day if visit.connected_at is not None and not visit.live]
    scores = Counter(visit.rating for visit in talked if visit.rating is not None)
    rated = sum(scores.values())
    figures |= {
        "within": within,
        "short": short,
        "rated": rated,
        "wait_mean": round(sum(waits) / len(waits), 1) if waits else None,
        "wait_max": round(max(waits), 1) if waits else None,
    }
    figures["rates"] = {
        "connect": _share(figures["answered"], over),
        "connect_asked": _share(len(waits), len(settled)),
        "connect_24h": _share(sum(visit.connected_at is not None for visit in rolling), len(rolling)),
        "within": _share(within, len(settled)),
        "abandon": _share(figures["abandoned"], over),
        "abandon_long": _share(figures["abandoned"] - short, over - short),
        "rated": _share(rated, len(talked)),
        "satisfied": _share(scores[1] + scores[2] + scores[3], rated),
        "satisfied_strict": _share(scores[1] + scores[2], rated),
    }
    figures["grades"] = grades(figures["rates"], targets)
    return figures


def _wait(visit: Visit) -> float:
    assert visit.connected_at is not None
    return max(0.0, visit.connected_at - (visit.queued_at if visit.queued_at is not None else visit.arrived_at))


def _stayed(visit: Visit) -> float:
    return (visit.ended_at or visit.arrived_at) - visit.arrived_at


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole > 0 else None


def grades(rates: Mapping[str, float | None], targets: Targets) -> dict[str, str]:
    """`green`, `amber`, `red` for each rate that has a rule; empty while there is nothing to judge."""
    rules = {
        "connect_24h": (targets.connect_green, targets.connect_red, True),
        "connect": (targets.connect_green, targets.connect_red, True),
        "within": (targets.within_green, targets.within_red, True),
        "abandon": (targets.abandon_green, targets.abandon_red, False),
        "rated": (targets.rated_green, targets.rated_red, True),
        "satisfied": (targets.satisfied_green, targets.satisfied_red, True),
    }
    return {name: grade(rates.get(name), *rule) for name, rule in rules.items()}


def grade(value: float | None, green: float, red: float, more_is_better: bool) -> str:
    """One colour. On the bound it is still the better one."""
    if value is None:
        return ""
    if not more_is_better:
        value, green, red = -value, -green, -red
    return "green" if value >= green else "red" if value < red else "amber"
