"""How calls to experts end, by where they go: a carrier that blocks our caller ID, or a region whose numbers never ring, shows
as a destination, not as people who do not answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

OPERATORS: Final = ("mobile", "unicom", "telecom", "broadnet", "virtual", "landline", "unknown")
"""中国移动, 中国联通, 中国电信, 中国广电, a reseller of one of them, any fixed line, not to be told."""
NOT_COUNTED: Final = frozenset({"", "cancelled"})
"""Still ringing, the caller gone, or another expert was quicker: says nothing about the destination."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Tries to one operator's numbers of a region. `picked_up`: somebody, or a voicemail, was there; `accepted`: pressed 1."""

    operator: str
    region: str
    tried: int = 0
    picked_up: int = 0
    accepted: int = 0
    no_answer: int = 0
    busy: int = 0
    failed: int = 0

    @property
    def share(self) -> float:
        """Of the tries, how many were picked up; 0 without tries."""
        return self.picked_up / self.tried if self.tried else 0.0


def fold(counts: Iterable[tuple[tuple[str, str], str, bool, int]]) -> list[Destination]:
    """Counted tries ((operator, region), outcome, picked up, how many) to destinations, the most tried first."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for place, outcome, picked_up, count in counts:
        if outcome in NOT_COUNTED:
            continue
        sums = found.setdefault(place, dict.fromkeys(("tried", "picked_up", "accepted", "no_answer", "busy", "failed"), 0))
        sums["tried"] += count
        sums["picked_up"] += count if picked_up else 0
        if outcome in ("accepted", "no_answer", "busy", "failed"):
            sums[outcome] += count
    rows = [Destination(operator, region, **sums) for (operator, region), sums in found.items()]
    return sorted(rows, key=lambda one: (-one.tried, one.operator, one.region))
