"""Which free agents each waiting caller may have now, best first. Looked up once for each kind of caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from hotline.core.agents import Agent
from hotline.core.offers import DECLINE_REST_SECONDS
from hotline.core.queues import strategies
from hotline.core.queues.relaxing import Need, Skills, attainable, first_ring, ring_at
from hotline.core.queues.rules import QueueRules
from hotline.core.routing.calls import Call
from hotline.core.routing.people import Seat
from hotline.core.routing.state import State

_NOBODY: Final[frozenset[str]] = frozenset()


class Profile(NamedTuple):
    """Callers with the same one may have the same agents in the same order."""

    queue: str
    need: tuple[str, str, str]
    """Skill, language and region, as far as anybody at work can meet them."""
    ring: int
    resting: frozenset[str]
    """Agents excused: they declined this caller a moment ago."""
    ignored: frozenset[str]
    """Agents asked last: they let an earlier offer of this caller run out."""
    wish: str = ""
    """The agent asked first: the caller was handed to them, or knows them."""


class Choice:
    """The agents who are free at `now`, as every waiting caller sees them."""

    def __init__(self, state: State, free: Sequence[Agent], now: float) -> None:
        self._state = state
        self._free = free
        self._now = now
        self._skills = {agent.id: skills_of(state.people.seats[agent.id]) for agent in free}
        self._at_work = [
            skills_of(state.people.seats[agent.id])
            for agent in state.agents.values()
            if agent.state not in ("offline", "paused") and agent.id in state.people.seats
        ]
        self._needs: dict[tuple[str, str, str], Need] = {}
        self._regions = any(skills.region for skills in self._at_work)
        self._orders: dict[str, list[tuple[strategies.Key, Agent]]] = {}
        self._rings: dict[tuple[str, Need, int, tuple[str, ...], tuple[str, ...], str], int | None] = {}
        self._profiles: dict[str, Profile] = {}
        self._lists: dict[Profile, list[str]] = {}
        self._sets: dict[Profile, frozenset[str]] = {}

    def rules(self, call: Call) -> QueueRules:
        """The rules of the caller's queue."""
        return self._state.rules.queues.of(call.queue)

    def ring(self, call: Call) -> int:
        """How far this caller's need has relaxed: an index into the rings of the queue."""
        waited = self._now - (self._now if call.queued_at is None else call.queued_at)
        return ring_at(self.rules(call).rings, waited)

    def profile(self, call_id: str) -> Profile:
        """The caller's kind."""
        found = self._profiles.get(call_id)
        if found is None:
            found = self._profiles[call_id] = self._profile(call_id)
        return found

    def _profile(self, call_id: str) -> Profile:
        call = self._state.calls[call_id]
        need = self._need(call)
        resting = _NOBODY
        if call.declined:
            resting = frozenset(a for a, at in call.declined.items() if self._now - at < DECLINE_REST_SECONDS)
        ignored = frozenset(call.ignored) if call.ignored else _NOBODY
        return Profile(call.queue, (need.skill, need.language, need.region), self.ring(call), resting, ignored, self.wish(call))

    def wish(self, call: Call) -> str:
        """The agent to be asked first, while that wish holds and they are free."""
        fresh = call.wish and self._now < call.wish_until
        return call.wish if fresh and call.wish in self._skills else ""

    def eligible(self, call_id: str) -> list[str]:
        """Free agents this caller may have: the narrowest ring first, then by the queue's strategy; those who ignored this
        caller last."""
        kind = self.profile(call_id)
        found = self._lists.get(kind)
        if found is None:
            found = self._lists[kind] = self._list(self._state.calls[call_id], kind)
        return found

    def members(self, call_id: str) -> frozenset[str]:
        """The same as a set."""
        kind = self.profile(call_id)
        found = self._sets.get(kind)
        if found is None:
            found = self._sets[kind] = frozenset(self.eligible(call_id))
        return found

    def admitted_at(self, call_id: str, agent_id: str) -> int | None:
        """Index of the ring that first lets this caller have this free agent; None when none so far does."""
        call = self._state.calls[call_id]
        return self._first(call, self._need(call), self._skills[agent_id], self.ring(call))

    def _list(self, call: Call, kind: Profile) -> list[str]:
        need = self._need(call)
        able: list[tuple[bool, int, int, str]] = []
        for place, (_, agent) in enumerate(self._order(call)):
            if agent.id in kind.resting:
                continue
            ring = self._first(call, need, self._skills[agent.id], kind.ring)
            if agent.id == kind.wish:
                ring = -1  # whoever handed the caller to them knew what they can do
            if ring is not None:
                able.append((agent.id in kind.ignored, ring, place, agent.id))
        able.sort()
        return [item[3] for item in able]

    def _order(self, call: Call) -> list[tuple[strategies.Key, Agent]]:
        """The free agents by the strategy of the caller's queue."""
        found = self._orders.get(call.queue)
        if found is None:
            name = self.rules(call).strategy
            found = [
                (strategies.key(name, agent, level_of(self._skills[agent.id], call.queue), self._now), agent)
                for agent in self._free
            ]
            found.sort(key=lambda item: item[0])
            self._orders[call.queue] = found
        return found

    def _need(self, call: Call) -> Need:
        region = call.region_hint if self._regions else ""
        key = (call.queue, call.language, region)
        found = self._needs.get(key)
        if found is None:
            wanted = Need(call.queue, call.language, region, self.rules(call).neighbours)
            found = self._needs[key] = attainable(wanted, self._at_work)
        return found

    def _first(self, call: Call, need: Need, skills: Skills, upto: int) -> int | None:
        key = (call.queue, need, upto, skills.groups, skills.languages, skills.region)
        if key not in self._rings:
            self._rings[key] = first_ring(self.rules(call).rings, need, skills, upto)
        return self._rings[key]


def skills_of(seat: Seat) -> Skills:
    """What the agent at this seat can do."""
    return Skills(seat.skills, seat.languages, seat.region, seat.levels)


def level_of(skills: Skills, queue: str) -> int:
    """The agent's level in the skill of a queue: 1 the best; in somebody else's skill the worst."""
    if skills.groups and queue not in skills.groups:
        return strategies.WORST_LEVEL
    return skills.levels.get(queue, strategies.BEST_LEVEL)
