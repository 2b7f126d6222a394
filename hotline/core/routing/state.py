"""What the routing brain remembers, all of it, and the few ways in which it is changed.

`State` is changed in place by `hotline.core.routing.engine.decide`: copying 700 records for every fact buys nothing, while
what tests need (no IO, no clock, no randomness of its own) is kept: `now` is an argument and ids come from `new_id`.
What it is told: `events.py`; what it orders: `effects.py`; what it keeps of a caller: `calls.py`; `people.py`, `rules.py`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hotline.core.agents import Agent
from hotline.core.calendars.timetable import Timetable
from hotline.core.callbacks.caps import Ledger
from hotline.core.commands import Command
from hotline.core.experts import Use
from hotline.core.facts import Fact
from hotline.core.offers import Offer
from hotline.core.queues import Line, Pace
from hotline.core.queues.places import Place
from hotline.core.routing.calls import Asking, Call, ClosedOffer
from hotline.core.routing.effects import Effect
from hotline.core.routing.events import CallTask
from hotline.core.routing.people import People
from hotline.core.routing.rules import Rules

REMEMBER_REQUESTS: Final = 2_000
"""Request ids kept so that a request delivered twice acts once."""


@dataclass(slots=True)
class State:
    """Routing's memory. `epoch` is the start time of this routing as an integer."""

    rules: Rules
    new_id: Callable[[str, float], str]
    epoch: int
    people: People = field(default_factory=People)
    agents: dict[str, Agent] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    line: Line = field(default_factory=Line)
    offers: dict[str, Offer] = field(default_factory=dict)
    askings: dict[str, Asking] = field(default_factory=dict)
    """Colleagues being asked to join a transfer."""
    closed_offers: OrderedDict[str, ClosedOffer] = field(default_factory=OrderedDict)
    uses: dict[str, Use] = field(default_factory=dict)
    on_console: dict[str, set[str]] = field(default_factory=dict)
    """agent → open offers shown to them."""
    listening: dict[str, str] = field(default_factory=dict)
    """Who is on the line of whose call (agent → call) without being the caller's: they are offered nobody."""
    gone: dict[str, float] = field(default_factory=dict)
    """Ended calls → when, so that a late snapshot or fact does not revive them."""
    pace: Pace = field(default_factory=Pace)
    timetable: Timetable = field(default_factory=Timetable)
    places: dict[str, Place] = field(default_factory=dict)
    """Caller (hash) → place of those we cut off; what this routing saw itself, the rest is in the database."""
    answered: OrderedDict[str, None] = field(default_factory=OrderedDict)
    tasks: dict[str, CallTask] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    """What was dialled out, and whether anything may be."""
    outbound_by: str = ""
    """Who stopped it, when it is stopped."""
    refused: dict[str, str] = field(default_factory=dict)
    """Tasks that a cap holds back → why, so that it is said once."""
    grace_until: float = 0.0
    """Until then a missing lease of an agent proves nothing (Redis was emptied or away)."""
    live_grace_until: float = 0.0
    """The same for a missing live snapshot."""
    hold_offers_until: float = 0.0
    restored: bool = False
    seen_world: bool = False
    seq: int = 0
    match_needed: bool = False
    checked_at: float = 0.0
    """Last time of what is done once a second."""
    board: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Entities as last handed out."""
    effects: list[Effect] = field(default_factory=list)
    dirty: set[str] = field(default_factory=set)
    """Board keys whose entity may have changed."""
    saved_agents: set[str] = field(default_factory=set)
    saved_uses: set[str] = field(default_factory=set)

    def command(self, name: str, call_id: str, now: float, **data: Any) -> Command:
        """Order something of the conversation that owns the call."""
        item = Command(name, call_id, self.new_id("cmd", now), data)
        self.effects.append(item)
        return item

    def fact(self, name: str, call_id: str, now: float, **data: Any) -> None:
        """Publish one of routing's own facts."""
        self.seq += 1
        self.effects.append(Fact(name, call_id, now, self.seq, "routing", self.epoch, data))

    def touch_call(self, call: Call) -> None:
        self.dirty.add(f"calls/{call.call_id}")

    def touch_queue(self, name: str) -> None:
        if name:
            self.dirty.add(f"queues/{name}")

    def set_agent(self, agent: Agent, now: float) -> None:
        """Put the new record in place of the old; a changed state is told, and frees or clears the console."""
        old = self.agents.get(agent.id)
        if old == agent:
            return
        self.agents[agent.id] = agent
        self.dirty.add(f"agents/{agent.id}")
        self.saved_agents.add(agent.id)
        if old is not None and (old.state, old.reason) == (agent.state, agent.reason):
            return
        self.fact(
            "agent_state_changed",
            agent.call_id or (old.call_id if old else ""),
            now,
            agent_id=agent.id,
            state=agent.state,
            reason=agent.reason,
        )
        self.match_needed = True
        if agent.state != "available":
            self.clear_console(agent.id)
        if old is not None and old.state == "on_call":
            self.pace.talked(now - old.since)
        elif old is not None and old.state == "wrap_up":
            self.pace.rested(now - old.since)

    def set_use(self, use: Use) -> None:
        """Remember what an expert is doing."""
        if self.uses.get(use.id) != use:
            self.uses[use.id] = use
            self.dirty.add(f"experts/{use.id}")
            self.saved_uses.add(use.id)

    def free_experts(self, call_id: str, now: float, *, but: str = "") -> None:
        """Nobody but `but` is busy with this call any more."""
        for use in list(self.uses.values()):
            if use.call_id == call_id and use.id != but and use.state != "free":
                self.set_use(replace(use, state="free", call_id="", since=now, last_used=now))

    def clear_console(self, agent_id: str) -> None:
        """Take every offer off one console. Offers left on no console are dealt with by the next match."""
        for offer_id in self.on_console.pop(agent_id, set()):
            asked = self.askings.get(offer_id)
            if asked is not None:
                asked.shown.discard(agent_id)
                asked.expires_at = asked.expires_at if asked.shown else 0.0  # nobody is left to ask: the next tick says so
                self.dirty.add(f"offers/{offer_id}")
            offer = self.offers.get(offer_id)
            if offer is not None:
                offer.shown.pop(agent_id, None)
                self.dirty.add(f"offers/{offer_id}")
                self.match_needed = True
        self.dirty.add(f"agents/{agent_id}")

    def close_offer(self, offer_id: str, now: float, *, taken_by: str = "") -> None:
        """The offer leaves every console."""
        offer = self.offers.pop(offer_id, None)
        if offer is None:
            return
        for agent_id in offer.shown:
            self.on_console.get(agent_id, set()).discard(offer_id)
            self.dirty.add(f"agents/{agent_id}")
        self.dirty.add(f"offers/{offer_id}")
        self.closed_offers[offer_id] = ClosedOffer(offer.call_id, taken_by, now)
        call = self.calls.get(offer.call_id)
        if call is not None and call.offer_id == offer_id:
            call.offer_id = ""
        self.match_needed = True

    def stand_in_line(self, call: Call) -> None:
        """Put the call into the line or take it out, as :attr:`Call.waiting` says."""
        if call.waiting and call.queued_at is not None:
            if call.call_id not in self.line:
                self.line.add(call.call_id, call.priority, call.queued_at)
                self.match_needed = True
        elif call.call_id in self.line:
            self.line.remove(call.call_id)
            call.position = None
            self.match_needed = True
        if call.virtual:
            self.dirty.add("outbound/state")
        self.touch_call(call)
        self.touch_queue(call.queue)

    def enter_queue(self, call: Call, at: float, *, queue: str = "", priority: int | None = None, language: str = "") -> None:
        """The caller waits. `queued_at` only ever moves back in time: seniority is not lost by coming again."""
        call.queue = queue or call.queue
        call.priority = call.priority if priority is None else priority
        call.language = language or call.language
        call.queued_at = at if call.queued_at is None else min(call.queued_at, at)
        call.in_queue = True
        self.line.remove(call.call_id)
        self.stand_in_line(call)
