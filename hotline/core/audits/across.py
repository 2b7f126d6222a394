"""What several calls must keep among them: one record an INVITE (I1), a person has one caller (I4), the queue its order (I7),
an agent a rest (I14).

Calls are added one by one; only a few numbers of each are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hotline.core.audits.model import Broken, Limits, Visit
from hotline.core.facts import Fact
from hotline.core.queues import Rank, priority_of, rank

OVERLAP_SLACK: Final = 1.0
"""Seconds by which one engagement may seem to begin before the other has ended: two processes write the two facts."""
NOTICED_SECONDS: Final = 2.0
"""A caller counts as waiting once routing can have heard of it."""
OFFER_SECONDS: Final = 1.0
"""I6: an eligible caller is offered within this time."""
RESTING_SECONDS: Final = 30.0
"""An agent who declined a caller is not shown the same one for this long; others may then go first."""
SAME_INVITE_SECONDS: Final = 300.0
"""A SIP Call-ID that comes again after this is another call of a carrier that numbers badly."""
FOREVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class _Engaged:
    call_id: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _Waiting:
    call_id: str
    rank: Rank
    queued_at: float
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class _Offered:
    call_id: str
    offer_id: str
    agents: frozenset[str]
    at: float
    until: float


class Across:
    """Collects calls with :meth:`add`, then :meth:`broken` says what does not hold among them."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._engaged: dict[tuple[str, str], list[_Engaged]] = defaultdict(list)
        self._waiting: dict[tuple[str, str], list[_Waiting]] = defaultdict(list)
        self._offered: dict[str, list[_Offered]] = defaultdict(list)
        self._queue_of: dict[str, tuple[str, str]] = {}
        self._region_of: dict[str, str] = {}
        self._refused: dict[tuple[str, str], list[float]] = defaultdict(list)
        self._states: dict[str, list[Fact]] = defaultdict(list)
        self._invites: dict[str, tuple[str, float, float]] = {}
        self._owner: dict[tuple[str, str], str] = {}
        self._early: list[Broken] = []

    def add(self, call: Visit) -> None:
        """Take in one call (or, with an empty call id, what routing said about agents alone)."""
        self._states_of(call.routing)
        if not call.call_id:
            return
        self._invite(call)
        self._engagements(call)
        self._waits(call)
        self._offers(call)
        for kind, key in (("recording", "recording_id"), ("talk", "talk_id")):
            for name in ("recording_started", "agent_connected", "expert_connected", "party_connected", "side_talk_started"):
                for fact in call.named(name):
                    if key in fact.data:
                        self._own(kind, str(fact.data[key]), call)

    def _invite(self, call: Visit) -> None:
        """I1: one INVITE, one record. Only a visit that ended unanswered may come again under the same Call-ID: the carrier
        tries anew after a refusal, the edge after a worker's death."""
        arrived = next(iter(call.named("call_arrived")), None)
        sip_call_id = str(arrived.data.get("sip_call_id") or "") if arrived else ""
        if not arrived or not sip_call_id:
            return
        ended = next((fact.at for fact in call.named("call_ended")), FOREVER)
        free_again = FOREVER if call.named("call_answered") else ended
        other, since, until = self._invites.get(sip_call_id, ("", 0.0, 0.0))
        if other and abs(arrived.at - since) < SAME_INVITE_SECONDS:
            earlier_ends = until if since <= arrived.at else free_again
            if max(since, arrived.at) < earlier_ends:
                self._early.append(Broken("I1", call.call_id, "call.same_invite", call.call_id, {"other": other}))
        self._invites[sip_call_id] = (call.call_id, arrived.at, free_again)

    def _own(self, kind: str, subject: str, call: Visit) -> None:
        other = self._owner.setdefault((kind, subject), call.call_id)
        if other != call.call_id:
            invariant = "I15" if kind == "recording" else "I13"
            self._early.append(Broken(invariant, subject, f"{kind}.of_two_calls", call.call_id, {"other": other}))

    def broken(self) -> Iterator[Broken]:
        """Everything that does not hold among the calls added so far."""
        yield from self._early
        yield from self._two_callers()
        yield from self._overtaken()
        yield from self._no_rest()

    # Collecting.

    def _engagements(self, call: Visit) -> None:
        """From the first ring to the end, for agents and experts."""
        # A dead conversation's people are free when routing sees its lease lapse, not when its record is closed.
        last = call.last_word if call.recovered_at is not None else FOREVER
        open_at: dict[tuple[str, str], float] = {}

        def close(person: tuple[str, str], at: float) -> None:
            start = open_at.pop(person, None)
            if start is not None:
                self._engaged[person].append(_Engaged(call.call_id, start, min(at, max(start, last))))

        for fact in call.facts:
            data = fact.data
            match fact.name:
                case "agent_dialled" | "agent_connected":
                    open_at.setdefault(("agent", str(data["agent_id"])), fact.at)
                case "agent_failed" | "agent_left":
                    close(("agent", str(data["agent_id"])), fact.at)
                case "expert_dialled" | "expert_connected":
                    open_at.setdefault(("expert", str(data["expert_id"])), fact.at)
                case "expert_tried" if data["outcome"] != "accepted":
                    close(("expert", str(data["expert_id"])), fact.at)
                case "expert_left":
                    close(("expert", str(data["expert_id"])), fact.at)
                case "third_dialled" if data["person_kind"] == "agent":
                    open_at.setdefault(("agent", str(data["person_id"])), fact.at)
                case "third_tried" if data["person_kind"] == "agent" and data["outcome"] != "answered":
                    close(("agent", str(data["person_id"])), fact.at)
                case "third_left" if data["person_kind"] != "party":
                    close((str(data["person_kind"]), str(data["person_id"])), fact.at)
        for person in list(open_at):
            close(person, FOREVER if call.live else call.facts[-1].at)

    def _waits(self, call: Visit) -> None:
        since: float | None = None
        queue, language, place, queued_at = "", "", rank(0, 0.0, call.call_id), 0.0
        for fact in call.facts:
            if fact.name == "queue_entered":
                queue, language = str(fact.data["queue"]), str(fact.data["language"])
                queued_at = float(fact.data.get("queued_at") or fact.at)
                place = rank(priority_of(fact.data["priority"]), queued_at, call.call_id)
                since = fact.at
                self._queue_of[call.call_id] = (queue, language)
            elif fact.name == "priority_changed" and queue:
                if since is not None:  # waited with the old rank until now, with the new one from here
                    self._waiting[queue, language].append(_Waiting(call.call_id, place, queued_at, since, fact.at))
                    since = fact.at
                place = rank(priority_of(fact.data["priority"]), queued_at, call.call_id)
            elif fact.name == "place_restored" and queue:
                # Cut off by our own fault and back again: from here on they stand where they had stood.
                if since is not None:
                    self._waiting[queue, language].append(_Waiting(call.call_id, place, queued_at, since, fact.at))
                    since = fact.at
                queued_at = min(queued_at, float(fact.data["queued_at"]))
                place = (place[0], queued_at, call.call_id)
            elif fact.name == "call_arrived":
                self._region_of[call.call_id] = str(fact.data["region_hint"])
            elif fact.name == "agent_failed" and queue:
                since = fact.at
            elif fact.name in ("agent_dialled", "queue_left", "call_ended"):
                if since is not None:
                    wait = _Waiting(call.call_id, place, queued_at, since, fact.at)
                    self._waiting[queue, language].append(wait)
                since = None if fact.name == "agent_dialled" else since
                if fact.name != "agent_dialled":
                    since, queue = None, ""
        if since is not None and call.live:
            self._waiting[queue, language].append(_Waiting(call.call_id, place, queued_at, since, FOREVER))

    def _offers(self, call: Visit) -> None:
        ends: dict[str, float] = {}
        made: dict[str, Fact] = {}
        for fact in call.routing:
            if fact.name == "offer_made":
                made.setdefault(str(fact.data["offer_id"]), fact)
            elif fact.name in ("offer_accepted", "offer_missed"):
                ends.setdefault(str(fact.data["offer_id"]), fact.at)
            if fact.name == "offer_declined":
                self._refused[call.call_id, str(fact.data["agent_id"])].append(fact.at)
        for offer_id, fact in made.items():
            until = ends.get(offer_id, float(fact.data["expires_at"]))
            agents = frozenset(str(item) for item in fact.data["agent_ids"])
            self._offered[call.call_id].append(_Offered(call.call_id, offer_id, agents, fact.at, until))

    def _states_of(self, routing: Iterable[Fact]) -> None:
        for fact in routing:
            if fact.name == "agent_state_changed":
                self._states[str(fact.data["agent_id"])].append(fact)

    # Judging.

    def _two_callers(self) -> Iterator[Broken]:
        """I4: no person is dialled for, or talks with, two callers at once."""
        for (kind, person), stretches in self._engaged.items():
            longest: _Engaged | None = None
            for item in sorted(stretches, key=lambda found: found.start):
                if longest and item.start < longest.end - OVERLAP_SLACK and item.call_id != longest.call_id:
                    details = {"person_kind": kind, "other_call": longest.call_id}
                    yield Broken("I4", person, "person.two_callers", item.call_id, details)
                if longest is None or item.end > longest.end:
                    longest = item

    def _overtaken(self) -> Iterator[Broken]:
        """I7: nobody is offered while an older caller of the same queue and language, no less urgent, waits unoffered."""
        by_queue: dict[tuple[str, str], list[_Offered]] = defaultdict(list)
        for call_id, offers in self._offered.items():
            by_queue[self._queue_of.get(call_id, ("", ""))].extend(offers)
        for key, offers in by_queue.items():
            waits = sorted(self._waiting[key], key=lambda wait: wait.since)
            ranks = {wait.call_id: wait.rank for wait in waits}
            active: list[_Waiting] = []
            taken = 0
            for offer in sorted(offers, key=lambda item: item.at):
                while taken < len(waits) and waits[taken].since <= offer.at - NOTICED_SECONDS:
                    active.append(waits[taken])
                    taken += 1
                active = [wait for wait in active if wait.until >= offer.at + OFFER_SECONDS]
                own = ranks.get(offer.call_id)
                for wait in active:
                    if own and wait.rank < own and not self._excused(wait, offer):
                        details = {"older": wait.call_id, "waited": round(offer.at - wait.queued_at, 2)}
                        yield Broken("I7", offer.offer_id, "queue.overtaken", offer.call_id, details)

    def _excused(self, older: _Waiting, offer: _Offered) -> bool:
        """Whether the older caller has an offer too, has used up its offers, or was refused by all those agents."""
        its = self._offered.get(older.call_id, [])
        if any(item.at <= offer.at + OFFER_SECONDS and item.until >= offer.at - OFFER_SECONDS for item in its):
            return True
        if sum(1 for item in its if 0 <= offer.at - item.at < 60) >= self._limits.dials_per_minute:
            return True
        near = self._region_of.get(older.call_id) == self._region_of.get(offer.call_id)
        if not near and offer.at - older.queued_at < self._limits.region_seconds + OFFER_SECONDS:
            return True  # an agent of the younger caller's own region, whom the older one's need does not admit yet
        return bool(offer.agents) and all(
            any(0 <= offer.at - at <= RESTING_SECONDS for at in self._refused.get((older.call_id, agent), ()))
            for agent in offer.agents
        )

    def _no_rest(self) -> Iterator[Broken]:
        """I14: no offer reaches an agent in wrap-up."""
        rests: dict[str, list[tuple[float, float]]] = {}
        for agent, facts in self._states.items():
            ordered = sorted(facts, key=lambda fact: (fact.at, fact.epoch, fact.seq))
            rests[agent] = []
            for place, fact in enumerate(ordered):
                if fact.data["state"] == "wrap_up":
                    until = ordered[place + 1].at if place + 1 < len(ordered) else FOREVER
                    rests[agent].append((fact.at, min(until, fact.at + self._limits.wrap_up_seconds)))
        for offers in self._offered.values():
            for offer in offers:
                for agent in sorted(offer.agents):
                    if any(start + 0.05 < offer.at < end - 0.05 for start, end in rests.get(agent, ())):
                        yield Broken("I14", offer.offer_id, "offer.in_wrap_up", offer.call_id, {"agent": agent})
