"""What the staff's menu says of a state, and until when somebody is believed who takes calls on a phone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LOCAL_OFFSET: Final = 8 * 3600
"""China Standard Time, no summer time."""
DAY: Final = 86_400

_OF_AGENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "available": "staff_available",
        "paused": "staff_paused",
        "offline": "staff_offline",
        "reserved": "staff_on_call",
        "ringing": "staff_on_call",
        "on_call": "staff_on_call",
        "wrap_up": "staff_on_call",
    }
)


def prompts_of_agent(state: str, *, missed: bool) -> tuple[str, ...]:
    """What to say of an agent's state; `missed`: taken off for calls not taken."""
    said = _OF_AGENT.get(state, "staff_offline")
    return ("staff_missed", said) if missed else (said,)


def prompts_of_expert(presence: str, until: float | None, now: float) -> tuple[str, ...]:
    """What to say of an expert's own word, while it holds."""
    holds = presence in ("away", "available") and (until is None or now < until)
    return (f"staff_{presence}" if holds else "staff_on_roster",)


def phone_until(now: float, hours: float, at: str) -> float:
    """Unix time at which the presence by phone ends: after `hours`, or at the time of day `at` (`18:00`) if that is earlier."""
    ends = now + hours * 3600
    if at:
        hour, minute = (int(part) for part in at.split(":"))
        midnight = (now + LOCAL_OFFSET) // DAY * DAY - LOCAL_OFFSET
        today = midnight + hour * 3600 + minute * 60
        ends = min(ends, today if today > now else today + DAY)
    return ends
