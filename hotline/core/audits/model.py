"""One call as the checks see it: its facts in order, and the stretches they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hotline.core.facts import Fact

ROUTING: Final = "routing"
CLOCK_SLACK: Final = 0.5
"""Seconds that a corrected wall clock may run backwards without a call being called wrong."""


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that does not hold. `invariant`: its number (`I3`); `subject`: the id of the first row it shows at;
    `problem`: a stable code; `details`: values without personal data."""

    invariant: str
    subject: str
    problem: str
    call_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds in force; seconds. Defaults are those of the settings."""

    max_call_seconds: float = 7200.0
    agent_ring_seconds: float = 20.0
    expert_ring_seconds: float = 20.0
    accept_seconds: float = 12.0
    brief_seconds: float = 30.0
    routing_silent_seconds: float = 5.0
    max_tries: int = 3
    wrap_up_seconds: float = 60.0
    dials_per_minute: int = 20
    rating_scores: frozenset[int] = frozenset(range(10))
    recording_slack: float = 1.2
    """I16."""

    @property
    def transfer_seconds(self) -> float:
        """No transfer can take longer (I12): every try to its very end, and routing slow before each."""
        one = self.expert_ring_seconds + self.brief_seconds + self.accept_seconds + self.routing_silent_seconds
        return self.max_tries * one + self.routing_silent_seconds + 5.0


@dataclass(frozen=True, slots=True)
class Talk:
    """Caller and one person. `ended_at` None: still talking, or never closed."""

    talk_id: str
    kind: str
    person_id: str
    started_at: float
    ended_at: float | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Visit:
    """`facts` are the conversation's (and its supervisor's) in order, `routing` what routing said, in order."""

    call_id: str
    facts: Sequence[Fact]
    routing: Sequence[Fact]
    now: float
    live: bool
    limits: Limits
    talks: Sequence[Talk]

    @property
    def closed(self) -> bool:
        return any(fact.name == "call_ended" for fact in self.facts)

    @property
    def recovered_at(self) -> float | None:
        """When the supervisor took over from a dead conversation; None when that never happened."""
        first = self.facts[0].epoch if self.facts else 1
        return next((fact.at for fact in self.facts if fact.epoch > first), None)

    @property
    def last_word(self) -> float:
        """Time of the last fact of the conversation itself, before any take-over."""
        first = self.facts[0].epoch if self.facts else 1
        return max((fact.at for fact in self.facts if fact.epoch == first), default=0.0)

    def named(self, *names: str) -> list[Fact]:
        """The facts of these names, in order."""
        return [fact for fact in self.facts if fact.name in names]

    def broken(self, invariant: str, problem: str, subject: str = "", **details: Any) -> Broken:
        """Something wrong in this call; `subject` is the call itself unless named."""
        return Broken(invariant, subject or self.call_id, problem, self.call_id, details)


def read(facts: Iterable[Fact], now: float, *, live: bool = False, limits: Limits | None = None) -> Visit:
    """Put the facts of one call in order. Raises ValueError when they belong to two."""
    unique = {(fact.call_id, fact.source, fact.epoch, fact.seq): fact for fact in facts}
    calls = {fact.call_id for fact in unique.values()}
    if len(calls) > 1:
        raise ValueError("facts of more than one call")
    ordered = sorted(unique.values(), key=lambda fact: (fact.epoch, fact.seq))
    own = tuple(fact for fact in ordered if fact.source != ROUTING)
    routing = tuple(fact for fact in ordered if fact.source == ROUTING)
    return Visit(next(iter(calls), ""), own, routing, now, live, limits or Limits(), _talks(own))


def _talks(facts: Iterable[Fact]) -> tuple[Talk, ...]:
    found: dict[str, Talk] = {}
    for fact in facts:
        kind = {"agent_connected": "agent", "expert_connected": "expert"}.get(fact.name)
        if kind:
            talk_id = str(fact.data["talk_id"])
            found.setdefault(talk_id, Talk(talk_id, kind, str(fact.data[f"{kind}_id"]), fact.at, None, ""))
        elif fact.name in ("agent_left", "expert_left"):
            talk = found.get(str(fact.data["talk_id"]))
            if talk and talk.ended_at is None:
                ended_by = str(fact.data["ended_by"])
                found[talk.talk_id] = Talk(talk.talk_id, talk.kind, talk.person_id, talk.started_at, fact.at, ended_by)
    return tuple(found.values())
