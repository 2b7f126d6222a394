"""Offers: made, shown, widened, expired, withdrawn. The rules stand in `hotline.core.offers` and `hotline.core.queues`;
this applies them to the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hotline.core.agents import Agent, missed_offer
from hotline.core.callbacks.line import may_be_offered
from hotline.core.offers import Matching, Offer, audience, fan_out, ignored_by, may_offer, may_show, nominate
from hotline.core.queues.choosing import Choice
from hotline.core.queues.strategies import everywhere
from hotline.core.routing.calls import Call
from hotline.core.routing.phones import by_phone
from hotline.core.routing.state import State


def match(state: State, now: float) -> None:
    """Bring the offers in line with who waits and who is free."""
    if not (state.restored and state.seen_world) or now < state.hold_offers_until:
        return
    state.match_needed = False
    free = [agent for agent in state.agents.values() if unoccupied(state, agent) and not by_phone(agent, now)]
    if not state.offers and (not free or not len(state.line)):
        return
    choice = Choice(state, free, now)
    line = [
        call_id
        for call_id in state.line
        if offerable(state.calls[call_id], now) and may_be_offered(state, state.calls[call_id], now)
    ]
    current = {offer.call_id: offer.nominee for offer in state.offers.values() if offer.nominee in offer.shown}
    fixed = {call_id for call_id in current if not everywhere(choice.rules(state.calls[call_id]).strategy)}
    found = nominate(line, choice.eligible, current, fixed, len(free))
    for offer in list(state.offers.values()):
        nominee = found.given.get(offer.call_id)
        if nominee is None or (nominee != offer.nominee and offer.call_id in fixed):
            state.close_offer(offer.offer_id, now)
        else:
            offer.nominee = nominee
    for call_id in line:
        call = state.calls[call_id]
        if call_id in found.given and not call.offer_id:
            _open(state, call, found.given[call_id], choice.ring(call), now)
    _Showing(state, choice, line, found, now).all(len(free))
    state.match_needed = False  # closing and showing above is this match's own doing


def unoccupied(state: State, agent: Agent) -> bool:
    """Available, known, and not on another call's line (supervisors)."""
    return agent.state == "available" and agent.id in state.people.seats and agent.id not in state.listening


def offerable(call: Call, now: float) -> bool:
    """Whether the caller may have an offer at all: the bound of offers a minute (I9) comes before everything."""
    return bool(call.offer_id) or may_offer(call.offered, now)


def _open(state: State, call: Call, nominee: str, ring: int, now: float) -> None:
    offer = Offer(state.new_id("off", now), call.call_id, nominee, now, now + state.rules.offer_seconds, ring)
    state.offers[offer.offer_id] = offer
    call.offer_id = offer.offer_id
    call.offered.append(now)
    state.set_agent(replace(state.agents[nominee], asked_at=now), now)


class _Showing:
    """Puts the offers on consoles, and takes them off where an accept would let somebody ahead go without."""

    def __init__(self, state: State, choice: Choice, line: Sequence[str], found: Matching, now: float) -> None:
        self._state = state
        self._choice = choice
        self._line = line
        self._found = found
        self._now = now
        self._place = {call_id: number for number, call_id in enumerate(line)}
        self._owed: set[str] = set()
        self._load = {agent_id: len(shown) for agent_id, shown in state.on_console.items()}

    def all(self, free: int) -> None:
        """Every offer, in order of the line."""
        state = self._state
        width = fan_out(len(state.offers), free)
        left = len(self._found.given)
        for call_id in self._line:
            if not left:
                return
            if call_id not in self._found.given:
                self._owed |= self._choice.members(call_id)
                continue
            left -= 1
            offer = state.offers.get(state.calls[call_id].offer_id)
            if offer is not None:
                self._one(offer, width)

    def _one(self, offer: Offer, width: int) -> None:
        call = self._state.calls[offer.call_id]
        fresh = not offer.shown and offer.made_at == self._now
        self._withdraw(offer)
        ring = self._choice.profile(call.call_id).ring
        if everywhere(self._choice.rules(call).strategy):
            wished = offer.nominee == self._choice.wish(call) != ""
            new = self._fill(offer, self._choice.eligible(call.call_id), 1 if wished else width)
        else:
            # One console at a time; but a need that relaxes while it rings brings in one of those it lets in.
            width = 1 + ring - offer.ring
            wider = width > 1 and len(offer.shown) < width
            spare = [agent for agent in self._choice.eligible(call.call_id) if self._joins(offer, agent)] if wider else []
            new = self._fill(offer, spare, width)
        if fresh:
            self._tell("offer_made", offer, sorted(offer.shown), ring)
        elif new and ring > offer.ring:
            self._tell("offer_widened", offer, sorted(new), ring)
        if new and everywhere(self._choice.rules(call).strategy):
            offer.ring = max(offer.ring, ring)

    def _joins(self, offer: Offer, agent_id: str) -> bool:
        admitted = self._choice.admitted_at(offer.call_id, agent_id)
        return agent_id not in self._found.taken and admitted is not None and admitted > offer.ring

    def _fill(self, offer: Offer, candidates: Sequence[str], width: int) -> list[str]:
        if len(offer.shown) >= width and offer.nominee in offer.shown:
            return []
        new = audience(offer, candidates, self._load, width, lambda agent: self._may(offer.call_id, agent))
        for agent_id in new:
            offer.show(agent_id, self._now)
            self._state.on_console.setdefault(agent_id, set()).add(offer.offer_id)
            self._load[agent_id] = self._load.get(agent_id, 0) + 1
            self._state.dirty.add(f"agents/{agent_id}")
        if new:
            self._state.dirty.add(f"offers/{offer.offer_id}")
        return new

    def _withdraw(self, offer: Offer) -> None:
        members = self._choice.members(offer.call_id)
        for agent_id in list(offer.shown):
            if agent_id != offer.nominee and not (agent_id in members and self._may(offer.call_id, agent_id)):
                del offer.shown[agent_id]
                self._state.on_console.get(agent_id, set()).discard(offer.offer_id)
                self._load[agent_id] = self._load.get(agent_id, 1) - 1
                self._state.dirty |= {f"offers/{offer.offer_id}", f"agents/{agent_id}"}

    def _may(self, call_id: str, agent_id: str) -> bool:
        return may_show(call_id, agent_id, self._found, self._older, self._choice.members, self._owed)

    def _older(self, one: str, other: str) -> bool:
        return self._place[one] < self._place[other]

    def _tell(self, name: str, offer: Offer, agent_ids: Sequence[str], ring: int) -> None:
        more: Mapping[str, object] = {"expires_at": offer.expires_at} if name == "offer_made" else {}
        self._state.fact(name, offer.call_id, self._now, offer_id=offer.offer_id, agent_ids=list(agent_ids), ring=ring, **more)


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
