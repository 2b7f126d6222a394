"""What routing remembers of a supervisor on a call, and of an agent's call for help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

LEGS: Final = 4
"""Legs a conversation carries (docs/protocol.md)."""
LIFE_DANGER: Final = 9
"""Rank of P0; nobody is pulled past it."""


@dataclass(frozen=True, slots=True)
class OnLine:
    """A supervisor (or an agent who stayed after a take-over) on a call. `state`: dialling, on. `told`: the agent's
    console shows it. `since` is Unix time."""

    monitor_id: str
    agent_id: str
    mode: str
    state: str
    told: bool
    since: float

    def to_entity(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_entity(cls, raw: Mapping[str, Any], since: float = 0.0) -> OnLine:
        """From the board, or from a live snapshot (which has no `since`). Raises KeyError for anything else."""
        return cls(
            str(raw["monitor_id"]),
            str(raw["agent_id"]),
            str(raw["mode"]),
            str(raw["state"]),
            bool(raw.get("told", True)),
            float(raw.get("since") or since),
        )


@dataclass(frozen=True, slots=True)
class Help:
    """An agent wants a supervisor on the line."""

    help_id: str
    agent_id: str
    since: float

    def to_entity(self) -> dict[str, Any]:
        return asdict(self)
