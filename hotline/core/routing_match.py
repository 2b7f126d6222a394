"""Offers: made, shown, expired, withdrawn. The rules stand in `hotline.core.offers`; this applies them to the state."""

from __future__ import annotations

from collections.abc import Sequence

from hotline.core.agents import Agent, missed_offer
from hotline.core.experts import FALLBACK_SKILL
from hotline.core.offers import DECLINE_REST_SECONDS, Offer, audience, fan_out, ignored_by, may_offer, nominate
from hotline.core.routing_state import Call, Seat, State

Profile = tuple[str, str, frozenset[str], frozenset[str]]
"""Callers with the same one may be served by the same agents in the same order: skill (the queue's name), language,
agents excluded (they declined), agents put last (they ignored an earlier offer)."""


def match(state: State, now: float) -> None:
    """Bring the offers in line with who waits and who is free."""
    if not (state.restored and state.seen_world) or now < state.hold_offers_until:
        return
    state.match_needed = False
    free = sorted(
        (agent for agent in state.agents.values() if agent.state == "available" and agent.id in state.people.seats),
        key=lambda agent: (agent.idle_since, agent.id),
    )
    if not state.offers and (not free or not len(state.line)):
        return
    choice = _Choice(state, free, now)
    line = [call_id for call_id in state.line if _offerable(state.calls[call_id], now)]
    current = {offer.call_id: offer.nominee for offer in state.offers.values() if offer.nominee in offer.shown}
    given = nominate(line, choice.eligible, current, choice.profile, movable=state.rules.strategy == "ring_all")
    for offer in list(state.offers.values()):
        nominee = given.get(offer.call_id)
        moved = nominee != offer.nominee and state.rules.strategy == "longest_idle"
        if nominee is None or moved:
            state.close_offer(offer.offer_id, now)
        else:
            offer.nominee = nominee
    for call_id in line:
        call = state.calls[call_id]
        if call_id in given and not call.offer_id:
            _open(state, call, given[call_id], now)
    _show(state, choice, line, len(free), now)
    state.match_needed = False  # closing and showing above is this match's own doing


def _offerable(call: Call, now: float) -> bool:
    return bool(call.offer_id) or may_offer(call.offered, now)


def _open(state: State, call: Call, nominee: str, now: float) -> None:
    offer = Offer(state.new_id("off", now), call.call_id, nominee, now, now + state.rules.offer_seconds)
    state.offers[offer.offer_id] = offer
    call.offer_id = offer.offer_id
    call.offered.append(now)


def _show(state: State, choice: _Choice, line: Sequence[str], free: int, now: float) -> None:
    """Put the offers on consoles: the nominee's, and under ring-all on as many others as there is room for."""
    width = fan_out(len(state.offers), free) if state.rules.strategy == "ring_all" else 1
    load = {agent_id: len(shown) for agent_id, shown in state.on_console.items()}
    for call_id in line:
        offer = state.offers.get(state.calls[call_id].offer_id)
        if offer is None:
            continue
        fresh = not offer.shown
        new = audience(offer, choice.eligible(call_id), load, width)
        for agent_id in new:
            offer.show(agent_id, now)
            state.on_console.setdefault(agent_id, set()).add(offer.offer_id)
            load[agent_id] = load.get(agent_id, 0) + 1
            state.dirty.add(f"agents/{agent_id}")
        if new:
            state.dirty.add(f"offers/{offer.offer_id}")
        if fresh and offer.made_at == now:
            state.fact(
                "offer_made",
                call_id,
                now,
                offer_id=offer.offer_id,
                agent_ids=sorted(offer.shown),
                expires_at=offer.expires_at,
            )


class _Choice:
    """Who may serve whom, looked up once for each kind of caller."""

    def __init__(self, state: State, free: Sequence[Agent], now: float) -> None:
        self._state = state
        self._free = free
        self._now = now
        self._lists: dict[Profile, list[str]] = {}
        desk = [
            state.people.seats[agent.id]
            for agent in state.agents.values()
            if agent.state not in ("offline", "paused") and agent.id in state.people.seats
        ]
        self._languages = {language for seat in desk for language in seat.languages}
        self._queues = {call.queue for call in map(state.calls.__getitem__, state.line)}
        self._queues = {name for name in self._queues if any(has_skill(seat, name) for seat in desk)}

    def profile(self, call_id: str) -> Profile:
        call = self._state.calls[call_id]
        resting = frozenset(a for a, at in call.declined.items() if self._now - at < DECLINE_REST_SECONDS)
        # A skill or language nobody at the desk has excludes nobody: a human who must struggle is better than none.
        skill = call.queue if call.queue in self._queues else ""
        language = call.language if call.language in self._languages else ""
        return (skill, language, resting, frozenset(call.ignored))

    def eligible(self, call_id: str) -> list[str]:
        """Free agents for this caller, the longest idle first, those who ignored this caller last."""
        kind = self.profile(call_id)
        found = self._lists.get(kind)
        if found is None:
            skill, language, resting, ignored = kind
            seats = self._state.people.seats
            able = [
                agent.id
                for agent in self._free
                if agent.id not in resting
                and (not skill or has_skill(seats[agent.id], skill))
                and (not language or language in (seats[agent.id].languages or (language,)))
            ]
            found = [a for a in able if a not in ignored] + [a for a in able if a in ignored]
            self._lists[kind] = found
        return found


def has_skill(seat: Seat, queue: str) -> bool:
    """Whether the agent serves `queue`, which is named by a skill group: those with the skill, those with the general
    skill, and those without any noted."""
    return not seat.skills or queue in seat.skills or FALLBACK_SKILL in seat.skills


def expire(state: State, now: float) -> None:
    """Offers whose time has run out: those who ignored them are noted, and the callers are offered anew."""
    for offer in [item for item in state.offers.values() if item.expires_at <= now]:
        ignored = ignored_by(offer, now, state.rules.offer_seconds)
        state.fact("offer_missed", offer.call_id, now, offer_id=offer.offer_id, agent_ids=sorted(ignored))
        call = state.calls.get(offer.call_id)
        if call is not None:
            call.ignored |= set(offer.shown)
        state.close_offer(offer.offer_id, now)
        for agent_id in ignored:
            state.set_agent(
                missed_offer(
                    state.agents[agent_id],
                    now,
                    offer_seconds=state.rules.offer_seconds,
                    limit=state.rules.missed_offers_to_pause,
                ),
                now,
            )
