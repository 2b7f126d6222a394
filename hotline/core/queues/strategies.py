"""Which of the agents a caller may have goes first, under the names the field uses.

| strategy | whose console shows the offer |
|---|---|
| `ring_all` | everybody who may take it; the first to accept wins |
| `longest_idle` | one: whoever has been free the longest |
| `fewest_calls` | one: whoever has had the fewest callers today |
| `round_robin` | one: whoever was asked the longest ago |
| `ranked` | one: the best level in the skill asked for, the longest idle among equals |

Before any of them: agents of a narrower ring come before those of a wider one, and somebody who ignored this caller
already comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal, Protocol, get_args

Strategy = Literal["ring_all", "longest_idle", "fewest_calls", "round_robin", "ranked"]
STRATEGIES: Final[tuple[str, ...]] = get_args(Strategy)

BEST_LEVEL: Final = 1
WORST_LEVEL: Final = 9

Key = tuple[float, float, str]


class Candidate(Protocol):
    """What the order of agents is made from."""

    @property
    def id(self) -> str: ...
    @property
    def idle_since(self) -> float: ...
    @property
    def asked_at(self) -> float: ...
    def served_on(self, now: float) -> int: ...


def _idle(agent: Candidate, level: int, now: float) -> Key:
    return (0.0, agent.idle_since, agent.id)


def _fewest(agent: Candidate, level: int, now: float) -> Key:
    return (float(agent.served_on(now)), agent.idle_since, agent.id)


def _robin(agent: Candidate, level: int, now: float) -> Key:
    return (agent.asked_at, 0.0, agent.id)


def _ranked(agent: Candidate, level: int, now: float) -> Key:
    return (float(level), agent.idle_since, agent.id)


KEYS: Final[Mapping[str, Callable[[Candidate, int, float], Key]]] = MappingProxyType(
    {
        "ring_all": _idle,
        "longest_idle": _idle,
        "fewest_calls": _fewest,
        "round_robin": _robin,
        "ranked": _ranked,
    }
)
"""strategy → sort key of an agent with a level in the skill; the smallest goes first."""


def key(strategy: str, agent: Candidate, level: int, now: float) -> Key:
    """Sort key of one agent. Raises KeyError for a name that is no strategy."""
    return KEYS[strategy](agent, level, now)


def everywhere(strategy: str) -> bool:
    """Whether an offer is shown on every console at once, so that moving it disturbs nobody."""
    return strategy == "ring_all"
