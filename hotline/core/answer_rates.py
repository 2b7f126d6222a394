"""How often an expert comes to the telephone, learnt from the tries: by person, and by hour of the day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

PRIOR_TRIES: Final = 5.0
"""So many tries at the house's average stand for what is not known of a person yet: nobody is judged by one call."""
NOT_COUNTED: Final = frozenset({"", "cancelled"})
"""Outcomes that say nothing about the expert: still ringing, caller gone, another was quicker."""


@dataclass(frozen=True, slots=True)
class Tally:
    """`answered` of `tried` (an expert answers by pressing 1)."""

    answered: int = 0
    tried: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.answered + other.answered, self.tried + other.tried)

    def smoothed(self, average: float) -> float:
        """Share of tries answered, 0 to 1, drawn towards `average` while there are few."""
        return (self.answered + PRIOR_TRIES * average) / (self.tried + PRIOR_TRIES)


@dataclass(slots=True)
class Rates:
    """Per expert: all tries, those of each hour (0–23, local), and why they refused."""

    total: dict[str, Tally] = field(default_factory=dict)
    by_hour: dict[tuple[str, int], Tally] = field(default_factory=dict)
    refusals: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def average(self) -> float:
        """Of the whole house; 0.5 while nothing is known."""
        everybody = sum(self.total.values(), Tally())
        return everybody.answered / everybody.tried if everybody.tried else 0.5


def rates(counts: Iterable[tuple[str, int, str, str, int]]) -> Rates:
    """Fold counted tries: (expert, local hour, outcome, refusal reason, how many)."""
    result = Rates()
    for expert_id, hour, outcome, refusal, count in counts:
        if outcome in NOT_COUNTED:
            continue
        tally = Tally(count if outcome == "accepted" else 0, count)
        result.total[expert_id] = result.total.get(expert_id, Tally()) + tally
        result.by_hour[expert_id, hour] = result.by_hour.get((expert_id, hour), Tally()) + tally
        if outcome == "refused":
            result.refusals[expert_id][refusal or "unsaid"] += count
    return result
