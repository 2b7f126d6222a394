"""Which of the duty staff is rung next out of hours: those on the roster now, the nearer region first, then whoever was rung
longest ago, so that no one person has all the nights."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from hotline.core.experts import Expert, Use, can_serve, nearness

DUTY: Final = "duty"
"""Kind of an expert who is the bureau's duty staff, and of the transfer that looks for one."""


def pick_duty(
    experts: Iterable[Expert], uses: Mapping[str, Use], now: float, *, region: str = "", tried: Collection[str] = ()
) -> str | None:
    """The id of the next one to ring, or None when nobody is left."""
    able = []
    for expert in experts:
        use = uses.get(expert.id) or Use(expert.id)
        if expert.kind == DUTY and expert.id not in tried and can_serve(expert, use, now):
            able.append((-nearness(expert.region, region), use.last_used, expert.id))
    return min(able)[2] if able else None
