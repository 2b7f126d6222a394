"""Supervisors on a call: their leg ends with it (I8), a take-over comes from somebody on the line (I13), and the house
never hangs up on a caller in danger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hotline.core.audits.model import Broken, Visit

_OVER: Final = frozenset({"monitor_failed", "monitor_ended"})
RING_SECONDS: Final = 60.0
"""More than any phone is let ring."""


def monitors_end(call: Visit) -> Iterator[Broken]:
    """I8: each supervisor's leg is over by the end of the call, and there is one at a time."""
    on_line: dict[str, float] = {}
    for fact in call.facts:
        monitor_id = str(fact.data.get("monitor_id", ""))
        if fact.name in ("monitor_dialled", "monitor_started"):
            if on_line.keys() - {monitor_id}:
                yield call.broken("I8", "monitor.two_at_once", monitor_id)
            if fact.name == "monitor_started" and monitor_id not in on_line and not fact.data.get("stayed"):
                yield call.broken("I8", "monitor.started_undialled", monitor_id)
            on_line[monitor_id] = fact.at if fact.name == "monitor_dialled" else float("inf")
        elif fact.name in _OVER:
            # Refused before it was dialled (no leg, nobody to listen to) is in order.
            known = on_line.pop(monitor_id, None) is not None
            if not known and fact.name == "monitor_ended":
                yield call.broken("I8", "monitor.ended_unstarted", monitor_id)
    for monitor_id, since in on_line.items():
        if call.closed or call.now - since > RING_SECONDS:
            yield call.broken("I8", "monitor.leg_not_ended", monitor_id)


def taken_over_from_the_line(call: Visit) -> Iterator[Broken]:
    """I13: whoever takes over was on the line, and the former talk was closed as taken over."""
    on: dict[str, str] = {}
    for fact in call.facts:
        if fact.name == "monitor_started":
            on[str(fact.data["monitor_id"])] = str(fact.data["agent_id"])
        elif fact.name == "agent_connected" and fact.data.get("by") == "takeover":
            known = on.get(str(fact.data["offer_id"])) == fact.data["agent_id"]
            if not known:
                yield call.broken("I13", "takeover.not_on_the_line", str(fact.data["talk_id"]))


def pinned_not_dropped(call: Visit) -> Iterator[Broken]:
    """Rules A.16: while a call is pinned no limit and no flow ends it."""
    pinned = False
    for fact in call.facts:
        if fact.name in ("call_pinned", "call_unpinned"):
            pinned = fact.name == "call_pinned"
        elif fact.name == "call_ended" and pinned:
            data = fact.data
            if data["cause"] in ("max_duration", "rtp_timeout", "timeout_hold", "queue_timeout", "drained"):
                yield call.broken("A16", "pinned.dropped", cause=str(data["cause"]))
