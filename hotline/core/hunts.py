"""A hunt: the search for an expert who takes over a caller, one expert after the other (rules A.9, A.12).

The conversation reports each try with `expert_tried`; routing answers with the next `try_expert`, or gives up. Each try
has a time limit on this side too, in case the report never comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

BRIEF_SECONDS: Final = 25.0
"""Allowance for the spoken brief, its repeat, and signalling, on top of ringing and the wait for the key."""


@dataclass(slots=True)
class Try:
    """One expert called. `state` goes from `dialling` over `ringing`, `answered` to one of the try outcomes."""

    try_id: str
    expert_id: str
    expert_name: str
    state: str
    at: float

    @property
    def open(self) -> bool:
        """Whether the expert is still being called."""
        return self.state in ("dialling", "ringing", "answered")


@dataclass(slots=True)
class Hunt:
    """One transfer. `state`: `trying` → `connected` | `returned` | `cancelled`."""

    transfer_id: str
    agent_id: str
    category: str
    region: str
    wish: str = ""
    started_at: float = 0.0
    state: str = "trying"
    leaving: str = ""
    """`give_up` or `cancel` once that has been ordered: no further expert is tried."""
    tries: list[Try] = field(default_factory=list)
    deadline: float = 0.0
    """When the conversation should have reported; 0 while nothing is awaited."""

    @property
    def tried(self) -> set[str]:
        return {item.expert_id for item in self.tries}

    @property
    def current(self) -> Try | None:
        """The try under way."""
        return self.tries[-1] if self.tries and self.tries[-1].open else None

    def find(self, try_id: str) -> Try | None:
        return next((item for item in self.tries if item.try_id == try_id), None)

    def to_entity(self) -> dict[str, Any]:
        """As the board shows it (and as routing reads it back after a restart)."""
        return {
            "transfer_id": self.transfer_id,
            "agent_id": self.agent_id,
            "category": self.category,
            "region": self.region,
            "state": self.state,
            "started_at": self.started_at,
            "tries": [
                {
                    "try_id": item.try_id,
                    "expert_id": item.expert_id,
                    "expert_name": item.expert_name,
                    "state": item.state,
                    "at": item.at,
                }
                for item in self.tries
            ],
        }

    @classmethod
    def from_entity(cls, raw: Mapping[str, Any]) -> Hunt:
        """Inverse of :meth:`to_entity`. Raises KeyError or TypeError for anything else."""
        return cls(
            transfer_id=raw["transfer_id"],
            agent_id=raw.get("agent_id", ""),
            category=raw.get("category", ""),
            region=raw.get("region", ""),
            started_at=float(raw.get("started_at", 0.0)),
            state=raw["state"],
            tries=[
                Try(item["try_id"], item["expert_id"], item["expert_name"], item["state"], item["at"]) for item in raw["tries"]
            ],
        )


def try_seconds(ring_seconds: float, accept_seconds: float) -> float:
    """Longest one try can take before its report is overdue."""
    return ring_seconds + accept_seconds + BRIEF_SECONDS
