"""Offers: one caller shown on one or several consoles, until somebody accepts, or time runs out.

At any moment there are at most as many open offers as free agents: every open offer has one free agent of its own, its
*nominee*, chosen in queue order. So a younger caller who is accepted first never takes the agent of an older one, and
nobody is overtaken. Strategy `longest_idle` shows an offer to its nominee only; `ring_all` shows it on every eligible
free console, and the first to accept wins.
"""

from __future__ import annotations

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
    profile: Callable[[str], object],
    *,
    movable: bool,
) -> dict[str, str]:
    """Give each caller in `line` (in queue order) a free agent of their own, as far as they reach.

    `eligible(call)` lists the free agents who may serve a caller, best first. `current` is call → nominee of the open
    offers: kept when possible, so that offers do not jump from console to console. A caller with nobody left may take
    the nominee of a younger one, who then goes without; and, when offers may move (`movable`, or they are not made
    yet), an older caller is moved to another agent to make room. `profile(call)` names callers with the same
    `eligible` list: when one finds nobody, the others need not try.
    """
    taken: dict[str, str] = {}  # agent → call
    given: dict[str, str] = {}  # call → agent
    reserved = {agent: call for call, agent in current.items()}
    hopeless: set[object] = set()

    def give(call: str, agent: str) -> None:
        taken[agent] = call
        given[call] = agent

    for call in line:
        kind = profile(call)
        if kind in hopeless:
            continue
        own = current.get(call)
        choices = eligible(call)
        if own is not None and own not in taken and own in choices:
            give(call, own)
            continue
        free = [agent for agent in choices if agent not in taken]
        if free:
            give(call, next((agent for agent in free if agent not in reserved), free[0]))
            continue
        if not _make_room(call, choices, taken, given, current, eligible, movable=movable):
            hopeless.add(kind)
    return given


def _make_room(
    call: str,
    choices: Iterable[str],
    taken: dict[str, str],
    given: dict[str, str],
    current: Mapping[str, str],
    eligible: Callable[[str], Sequence[str]],
    *,
    movable: bool,
) -> bool:
    """Move one older caller to another free agent so that `call` gets theirs; False when that is not possible."""
    for agent in choices:
        older = taken[agent]
        if not movable and current.get(older) == agent:
            continue  # that console rings already
        other = next((item for item in eligible(older) if item not in taken), None)
        if other is not None:
            taken[other], given[older] = older, other
            taken[agent], given[call] = call, agent
            return True
    return False


def fan_out(open_offers: int, free_agents: int) -> int:
    """On how many consoles each of `open_offers` is shown under ring-all: on all of them, until consoles would have to
    show more than :data:`SHOWN_AT_ONCE`; then evenly fewer, at least one."""
    if open_offers <= SHOWN_AT_ONCE:
        return free_agents
    return max(1, SHOWN_AT_ONCE * free_agents // open_offers)


def audience(offer: Offer, eligible: Sequence[str], load: Mapping[str, int], width: int) -> Collection[str]:
    """Consoles to show `offer` on besides those it is on already: eligible ones with room, the emptiest first, until
    `width` are reached. The nominee is always among them."""
    wanted = [] if offer.nominee in offer.shown else [offer.nominee]
    room = width - len(offer.shown) - len(wanted)
    if room <= 0:
        return wanted
    free = [
        agent
        for agent in eligible
        if agent not in offer.shown and agent != offer.nominee and load.get(agent, 0) < SHOWN_AT_ONCE
    ]
    if len(free) > room:
        free.sort(key=lambda agent: load.get(agent, 0))
    return wanted + free[:room]
