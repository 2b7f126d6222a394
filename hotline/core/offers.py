"""Offers: one caller shown on one or several consoles, until somebody accepts, or time runs out.

**Nobody is overtaken** (I7), precisely. The line has one order: priority, then seniority. At any moment callers are given
free agents of their own, their *nominees*, in that order, as far as they reach (:func:`nominate`): a caller goes without
only when every free agent whom their need admits by now is the nominee of somebody ahead of them. And a caller is shown on
the console of another agent only when that agent, were they to accept at once, would leave everybody ahead whom they may
serve with a nominee of their own (:func:`may_show`). So no agent can ever take a caller over the head of an older one who
could have had that agent and then has nobody. A need that relaxes with time only adds agents to a caller; the place stays.

What is not overtaking: an agent whom the older caller's need does not admit yet takes a younger one; an agent who declined
the older caller takes a younger one while they are excused (:data:`DECLINE_REST_SECONDS`); a caller who has had
:data:`MOST_PER_MINUTE` offers in a minute pauses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

MOST_PER_MINUTE: Final = 20
"""Offers made for one caller in a minute (invariant: no offer loop). Three are ordinary (20 s each); a chain of agents
who decline at once may need more."""

DECLINE_REST_SECONDS: Final = 30.0
"""An agent who declined a caller is not shown the same caller again for this long."""

SHOWN_AT_ONCE: Final = 8
"""Most offers on one console. Keeps the work for 200 free agents and 200 open offers linear, and a screen readable."""


@dataclass(slots=True)
class Offer:
    """One open offer. `shown` is agent → when it appeared on that console; `ever` also holds those it was taken
    from."""

    offer_id: str
    call_id: str
    nominee: str
    made_at: float
    expires_at: float
    ring: int = 0
    """The caller's ring when the offer was made: a wider one lets it ring wider."""
    shown: dict[str, float] = field(default_factory=dict)
    ever: set[str] = field(default_factory=set)

    def show(self, agent_id: str, now: float) -> None:
        self.shown.setdefault(agent_id, now)
        self.ever.add(agent_id)


def may_offer(recent: Iterable[float], now: float) -> bool:
    """Whether the bound of offers a minute leaves room for another; `recent` are the times of those made."""
    return sum(1 for at in recent if now - at < 60.0) < MOST_PER_MINUTE


def ignored_by(offer: Offer, now: float, offer_seconds: float) -> list[str]:
    """Who has missed an expired offer: those it was shown to for (nearly) the whole time, not late joiners."""
    return [agent_id for agent_id, since in offer.shown.items() if now - since >= 0.9 * offer_seconds]


def nominate(
    line: Sequence[str],
    eligible: Callable[[str], Sequence[str]],
    current: Mapping[str, str],
    fixed: Collection[str] = (),
    free: int | None = None,
) -> Matching:
    """Give each caller in `line` (in queue order) a free agent of their own, as far as they reach.

    `eligible(call)` lists the free agents who may serve a caller, best first. `current` is call → nominee of the open
    offers: kept when possible, so that offers do not jump from console to console. A caller with nobody left may take
    the nominee of a younger one, who then goes without; or older callers are moved to other agents to make room, along
    the shortest chain, but for those in `fixed`, whose only console rings already. `free` is the number of free agents,
    when known: with all of them given, nobody further back need look.
    """
    found = _Nomination(eligible, current, frozenset(fixed))
    for call in line:
        if len(found.taken) == free:
            break
        found.take(call)
    return Matching(found.given, found.taken)


@dataclass(frozen=True, slots=True)
class Matching:
    """`given`: call → nominee; `taken`: the inverse."""

    given: Mapping[str, str]
    taken: Mapping[str, str]


class _Nomination:
    """A matching that grows one caller at a time, by augmenting paths (Kuhn). Callers once given an agent never lose one,
    and one who found nobody never will: so the agents they looked at are closed to everybody after them as well, which
    keeps the work for 500 callers and 200 agents linear."""

    def __init__(self, eligible: Callable[[str], Sequence[str]], current: Mapping[str, str], fixed: frozenset[str]) -> None:
        self.given: dict[str, str] = {}
        self.taken: dict[str, str] = {}
        self.closed: set[str] = set()
        self._eligible = eligible
        self._current = current
        self._reserved = {agent: call for call, agent in current.items()}
        self._fixed = fixed

    def take(self, call: str) -> None:
        """Find an agent for the next caller of the line."""
        choices = self._eligible(call)
        own = self._current.get(call)
        if own is not None and own not in self.taken and own in choices:
            self._give(call, own)
            return
        free = [agent for agent in choices if agent not in self.taken]
        if free:
            self._give(call, next((agent for agent in free if agent not in self._reserved), free[0]))
            return
        self._make_room(call, choices)

    def _give(self, call: str, agent: str) -> None:
        self.taken[agent], self.given[call] = call, agent

    def _make_room(self, call: str, choices: Sequence[str]) -> None:
        """Move older callers along until one finds a free agent; nothing when there is no such chain."""
        came_from: dict[str, str] = {}
        """agent → the agent whose caller would move to it; `` for a choice of `call` itself."""
        queue = deque(agent for agent in choices if agent not in self.closed)
        came_from.update((agent, "") for agent in queue)
        while queue:
            agent = queue.popleft()
            older = self.taken[agent]
            if older in self._fixed and self._current.get(older) == agent:
                continue
            for other in self._eligible(older):
                if other in came_from or other in self.closed:
                    continue
                came_from[other] = agent
                if other not in self.taken:
                    self._shift(call, other, came_from)
                    return
                queue.append(other)
        self.closed.update(came_from)

    def _shift(self, call: str, free: str, came_from: Mapping[str, str]) -> None:
        agent = free
        while before := came_from[agent]:
            self._give(self.taken[before], agent)
            agent = before
        self._give(call, agent)


def may_show(
    call: str,
    agent: str,
    matching: Matching,
    older: Callable[[str, str], bool],
    eligible: Callable[[str], Collection[str]],
    owed: Collection[str],
) -> bool:
    """Whether `agent` may accept `call` without anybody ahead being overtaken.

    `older(a, b)`: a stands ahead of b. `owed`: agents wanted by callers ahead of `call` who went without. The agent's own
    caller, when ahead, must be able to have this caller's nominee instead.
    """
    own = matching.given[call]
    if agent == own:
        return True
    if agent in owed:
        return False
    theirs = matching.taken.get(agent)
    return theirs is None or not older(theirs, call) or own in eligible(theirs)


def fan_out(open_offers: int, free_agents: int) -> int:
    """On how many consoles each of `open_offers` is shown under ring-all: on all of them, until consoles would have to
    show more than :data:`SHOWN_AT_ONCE`; then evenly fewer, at least one."""
    if open_offers <= SHOWN_AT_ONCE:
        return free_agents
    return max(1, SHOWN_AT_ONCE * free_agents // open_offers)


def audience(
    offer: Offer,
    candidates: Sequence[str],
    load: Mapping[str, int],
    width: int,
    allowed: Callable[[str], bool] = lambda agent: True,
) -> list[str]:
    """Consoles to show `offer` on besides those it is on already: candidates with room who are `allowed`, the emptiest first,
    until `width` are reached. The nominee is always among them."""
    wanted = [] if offer.nominee in offer.shown else [offer.nominee]
    room = width - len(offer.shown) - len(wanted)
    if room <= 0:
        return wanted
    free = [
        agent
        for agent in candidates
        if load.get(agent, 0) < SHOWN_AT_ONCE and agent not in offer.shown and agent != offer.nominee
    ]
    if len(free) > room:
        free.sort(key=lambda agent: load.get(agent, 0))
    for agent in free:
        if room and allowed(agent):
            wanted.append(agent)
            room -= 1
    return wanted
