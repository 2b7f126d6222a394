"""One call as the checks see it: its facts in order, and the stretches they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    offer_seconds: float = 20.0
    party_ring_seconds: float = 45.0
    consult_seconds: float = 300.0
    brief_seconds: float = 30.0
    routing_silent_seconds: float = 5.0
    max_tries: int = 3
    parallel: int = 1
    """Experts who may ring at once for one caller."""
    wrap_up_seconds: float = 60.0
    dials_per_minute: int = 20
    region_seconds: float = 10.0
    """How long a caller may be kept for agents of their own region: callers of one queue are not compared before."""
    rating_scores: frozenset[int] = frozenset(range(10))
    silent_seconds: float = 2.0
    """A headset without a packet for so long is lost."""
    return_seconds: float = 30.0
    recording_slack: float = 1.2
    """I16."""

    @property
    def transfer_seconds(self) -> float:
        """No search can take longer (I12): every try to its very end, and routing slow before each; a colleague has to accept
        and then to answer; another hotline rings long."""
        one = self.expert_ring_seconds + self.brief_seconds + self.accept_seconds + self.routing_silent_seconds
        colleague = self.offer_seconds + self.agent_ring_seconds + 10.0
        return max(self.max_tries * one, colleague, self.party_ring_seconds) + self.routing_silent_seconds + 5.0


@dataclass(frozen=True, slots=True)
class Talk:
    """Caller and one person. `ended_at` None: still talking, or never closed. `role`: `main`, `consult` or `conference`."""

    talk_id: str
    kind: str
    person_id: str
    started_at: float
    ended_at: float | None
    ended_by: str
    role: str = "main"


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
    """Those that make up the call: each second belongs to one of them at most (I13)."""
    side_talks: Sequence[Talk] = ()
    """Consultations and conferences with a third person, beside a talk."""

    @property
    def all_talks(self) -> Sequence[Talk]:
        """Everything that is recorded."""
        return [*self.talks, *self.side_talks]

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

    def after_duty(self, fact: Fact) -> frozenset[str]:
        """Where a caller may be besides after this fact when there was no desk to return to: the roster was rung by the flow
        (a transfer of kind `duty`), and the flow goes on."""
        transfers = {start.data["transfer_id"] for start in self.named("transfer_started") if start.data.get("kind") == "duty"}
        talks = {item.data["talk_id"] for item in self.named("expert_connected") if item.data["transfer_id"] in transfers}
        ours = fact.data.get("transfer_id") in transfers or fact.data.get("talk_id") in talks
        return frozenset({"flow_moved"}) if ours else frozenset()

    @property
    def message_ids(self) -> frozenset[str]:
        """The voice messages of the call."""
        return frozenset(str(fact.data["message_id"]) for fact in self.named("message_started"))

    @property
    def message_left(self) -> bool:
        """Whether the caller has left a voice message."""
        return any(fact.data["outcome"] == "recorded" for fact in self.named("message_ended"))

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
    found = _talks(own)
    main = tuple(talk for talk in found if talk.role == "main")
    side = tuple(talk for talk in found if talk.role != "main")
    return Visit(next(iter(calls), ""), own, routing, now, live, limits or Limits(), main, side)


def _talks(facts: Iterable[Fact]) -> tuple[Talk, ...]:
    found: dict[str, Talk] = {}
    for fact in facts:
        kind = {"agent_connected": "agent", "expert_connected": "expert", "party_connected": "party"}.get(fact.name)
        if kind:
            talk_id = str(fact.data["talk_id"])
            found.setdefault(talk_id, Talk(talk_id, kind, str(fact.data[f"{kind}_id"]), fact.at, None, ""))
        elif fact.name == "side_talk_started":
            talk_id, data = str(fact.data["talk_id"]), fact.data
            side = Talk(talk_id, str(data["person_kind"]), str(data["person_id"]), fact.at, None, "", str(data["role"]))
            found.setdefault(talk_id, side)
        elif fact.name == "side_talk_ended":
            talk = found.get(str(fact.data["talk_id"]))
            if talk and talk.ended_at is None:
                found[talk.talk_id] = replace(talk, ended_at=fact.at)
        elif fact.name in ("agent_left", "expert_left", "party_left"):
            talk = found.get(str(fact.data["talk_id"]))
            if talk and talk.ended_at is None:
                ended_by = str(fact.data["ended_by"])
                found[talk.talk_id] = Talk(talk.talk_id, talk.kind, talk.person_id, talk.started_at, fact.at, ended_by)
    return tuple(found.values())
