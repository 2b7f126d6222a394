"""A hunt: the search for an expert who takes over a caller, one after the other or two at once (rules A.9, A.12).

The conversation reports each try with `expert_tried`; routing answers with the next `try_expert`, or gives up. Each try
has a time limit on this side too, in case the report never comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from hotline.core.conflicts import Parties
from hotline.core.conflicts.paid import NOBODY

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
    deadline: float = 0.0
    """When its report is overdue."""

    @property
    def open(self) -> bool:
        """Whether the expert is still being called."""
        return self.state in ("dialling", "ringing", "answered")


@dataclass(slots=True)
class Third:
    """The third person of a transfer. `state`: `reserved`, `dialling`, `ringing`, `there`."""

    kind: str
    try_id: str
    id: str
    name: str
    state: str


FINISHED: Final = ("connected", "cancelled", "conferred", "queued", "returned")


@dataclass(slots=True)
class Hunt:
    """One transfer. `state`: `trying` → one of :data:`FINISHED`."""

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
    """When the conversation should have reported the end of the transfer; 0 while experts are tried."""
    kind: str = "auto"
    """As in `start_transfer`; `duty`: for the duty roster out of hours, with no agent to return to."""
    parties: Parties | None = NOBODY
    """Who calls and whom against; None when that was lost with an earlier routing: then nobody new is called."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Experts passed over for a conflict of interest → why."""
    complete: bool = True
    """Whether past clients could be looked up at all."""
    target: str = "expert"
    target_id: str = ""
    name: str = ""
    """Of the colleague or hotline wished for."""
    stage: str = "seeking"
    third: Third | None = None
    """Who is asked, rings, or is there: a colleague or another hotline; an expert once they are part of a conversation."""
    result: str = ""
    """What became of the last colleague or hotline dialled, when they did not come."""
    narrow: bool = False
    """The conversation had no leg free for a second expert at once: from now on one at a time."""

    @property
    def tried(self) -> set[str]:
        return {item.expert_id for item in self.tries}

    @property
    def open(self) -> list[Try]:
        """The experts being called now."""
        return [item for item in self.tries if item.open]

    @property
    def accepted(self) -> bool:
        """Somebody has pressed 1."""
        return any(item.state == "accepted" for item in self.tries)

    def find(self, try_id: str) -> Try | None:
        return next((item for item in self.tries if item.try_id == try_id), None)

    def to_entity(self) -> dict[str, Any]:
        """As the board shows it (and as routing reads it back after a restart)."""
        return {
            "transfer_id": self.transfer_id,
            "agent_id": self.agent_id,
            "category": self.category,
            "region": self.region,
            "kind": self.kind,
            "state": self.state,
            "target": self.target,
            "target_id": self.target_id,
            "name": self.name,
            "stage": self.stage,
            "third": asdict(self.third) if self.third else None,
            "result": self.result,
            "started_at": self.started_at,
            "skipped": [{"expert_id": key, "reason": reason} for key, reason in self.skipped.items()],
            "conflicts_known": self.complete,
            "parties": asdict(self.parties) if self.parties else None,
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
            kind=str(raw.get("kind") or "auto"),
            started_at=float(raw.get("started_at", 0.0)),
            state=raw["state"],
            target=raw.get("target", "expert"),
            target_id=raw.get("target_id", ""),
            name=raw.get("name", ""),
            stage=raw.get("stage", "seeking"),
            third=Third(**raw["third"]) if raw.get("third") else None,
            result=raw.get("result", ""),
            parties=_parties(raw.get("parties")),
            skipped={item["expert_id"]: item["reason"] for item in raw.get("skipped", ())},
            complete=bool(raw.get("conflicts_known", True)),
            tries=[
                Try(item["try_id"], item["expert_id"], item["expert_name"], item["state"], item["at"]) for item in raw["tries"]
            ],
        )


def _parties(raw: object) -> Parties | None:
    if not isinstance(raw, Mapping):
        return None
    return Parties(**{key: tuple(raw[key]) for key in ("caller", "opposing", "avoid")})


def try_seconds(ring_seconds: float, accept_seconds: float) -> float:
    """Longest one try can take before its report is overdue."""
    return ring_seconds + accept_seconds + BRIEF_SECONDS
