"""A whole desk on a virtual clock: callers, agents, experts, a Redis that can be emptied, and the routing brain.

Everything random comes from one seed. Messages keep the order of their stream, as in Redis, but may be late or come
twice.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hotline.core import board_entities
from hotline.core.commands import Command
from hotline.core.experts import Expert
from hotline.core.facts import Fact
from hotline.core.routing.effects import Effect, LookUpCaller, RememberWish, Reply
from hotline.core.routing.engine import decide
from hotline.core.routing.events import Asked, Event, FactSeen, PeopleLoaded, Restored, Tick, World
from hotline.core.routing.people import People, Seat
from hotline.core.routing.rules import Rules
from hotline.core.routing.state import State
from tests.fakes.conversation import FakeConversation

ALWAYS = ((0.0, 1e12),)


def make_people(agents: int, experts: int = 0, **seat: Any) -> People:
    """Agents a0… and experts e0…, all able to serve anybody, always on duty."""
    seats = {f"a{i}": Seat(f"a{i}", f"A{i}", f"80{i:02}", f"sip:80{i:02}@x", **seat) for i in range(agents)}
    skills = (("MF",), ("LB",), ("GN",))
    found = {f"e{i}": Expert(f"e{i}", f"E{i}", "lawyer", skills[i % 3], f"sealed{i}", duty=ALWAYS) for i in range(experts)}
    return People(seats, found, {"0101": "MF", "0201": "LB"}, {"330100": "杭州市"})


def make_state(people: People, rules: Rules | None = None, now: float = 0.0, ids: Any = None) -> State:
    """A brain that has looked at an empty world and may make offers."""
    counter = ids or itertools.count(1)
    state = State(rules or Rules(), lambda prefix, at: f"{prefix}_{next(counter):06}", epoch=int(now))
    decide(state, PeopleLoaded(people), now)
    decide(state, Restored({}, {}, {}), now)
    decide(state, World({}, {}), now)
    return state


@dataclass
class Mood:
    """How the people of one run behave: chances from 0 to 1."""

    accept: float = 0.75
    decline: float = 0.1
    phone_fails: float = 0.12
    vanish: float = 0.01
    transfer: float = 0.35
    expert_accepts: float = 0.45
    give_up: float = 0.15
    double: float = 0.1
    late: float = 0.3


@dataclass
class Desk:
    """The world of one run. `on_step` is called after every decision."""

    seed: int
    rules: Rules
    agents: int = 4
    experts: int = 4
    mood: Mood = field(default_factory=Mood)
    now: float = 1_000_000.0
    on_step: Callable[[Desk], None] = lambda desk: None
    can: Sequence[Mapping[str, Any]] = ()
    """What each agent can do (fields of `Seat`), over and over; empty: everybody everything."""

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.ids = itertools.count(1)
        self.queue: list[tuple[float, int, Callable[[], None]]] = []
        self.order = itertools.count()
        self.calls: dict[str, FakeConversation] = {}
        self.live: dict[str, dict[str, Any]] = {}
        self.leases: dict[str, float] = {}
        self.connected = dict.fromkeys([f"a{i}" for i in range(self.agents)], True)
        self.facts: list[Fact] = []
        self.saved: dict[str, dict[str, dict[str, Any]]] = {"agents": {}, "uses": {}, "board": {}}
        self.epoch_key = True
        self.people = make_people(self.agents, self.experts)
        if self.can:
            seats = enumerate(self.people.seats.values())
            able = {seat.id: replace(seat, **self.can[number % len(self.can)]) for number, seat in seats}
            self.people = replace(self.people, seats=able)
        self.replies: dict[str, list[Mapping[str, Any]]] = {}
        self.asked: dict[str, float] = {}
        self.seen_offers: set[tuple[str, str]] = set()
        self.state: State | None = None
        self.down_since: float | None = None
        self.last_delivery = {"facts": 0.0, "requests": 0.0}
        self.emptied = False
        self.calm_since = self.now
        self.start_routing()
        self._every(0.25, self._tick)
        self._every(1.0, self._look)
        self._every(2.0, self._renew)
        for agent_id in self.connected:
            self.leases[agent_id] = self.now + self.rules.agent_lease_seconds
            self.later(self.rng.uniform(0, 3), lambda a=agent_id: self.ask("set_agent_state", agent_id=a, state="available"))

    # Time

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self.queue, (self.now + seconds, next(self.order), what))

    def _every(self, seconds: float, what: Callable[[], None]) -> None:
        def again() -> None:
            what()
            self.later(seconds, again)

        self.later(seconds, again)

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.queue and self.queue[0][0] <= end:
            self.now, _, what = heapq.heappop(self.queue)
            what()
        self.now = end

    # Routing, its life and its messages

    def start_routing(self) -> None:
        epoch = int(self.now)
        self.state = State(self.rules, lambda prefix, at: f"{prefix}_{next(self.ids):06}", epoch)
        self.down_since = None
        self.decide(PeopleLoaded(self.people))
        self.decide(Restored(self.saved["agents"], self.saved["uses"], self.saved["board"]))
        new = not self.epoch_key
        self.decide(World(dict(self.live), self._left(), emptied=new))
        self._publish_board(everything=True)

    def stop_routing(self) -> None:
        self.state, self.down_since = None, self.now

    def empty_redis(self) -> None:
        self.live.clear()
        self.leases.clear()
        self.saved = {"agents": {}, "uses": {}, "board": {}}
        self.epoch_key = False
        self.emptied = True
        self.last_delivery = dict.fromkeys(self.last_delivery, self.now)
        for stream in self.in_flight.values():
            stream.clear()

    @property
    def in_flight(self) -> dict[str, set[int]]:
        if not hasattr(self, "_in_flight"):
            self._in_flight: dict[str, set[int]] = {"facts": set(), "requests": set(), "commands": set()}
        return self._in_flight

    def _send(self, stream: str, what: Callable[[], None], *, doubles: bool = True) -> None:
        """Deliver in the order of the stream, perhaps late, perhaps twice; lost when Redis is emptied meanwhile."""
        delay = self.rng.uniform(0.05, 1.0) if self.rng.random() < self.mood.late else 0.002
        at = max(self.now + delay, self.last_delivery.get(stream, 0.0))
        self.last_delivery[stream] = at
        token = next(self.order)
        flight = self.in_flight[stream.partition(":")[0]]
        flight.add(token)
        times = 2 if doubles and self.rng.random() < self.mood.double else 1

        def deliver() -> None:
            if token in flight:
                flight.discard(token)
                for _ in range(times):
                    what()

        self.later(at - self.now, deliver)

    def decide(self, event: Event) -> None:
        if self.state is None:
            return
        effects = decide(self.state, event, self.now)
        for effect in effects:
            self._do(effect)
        self._publish_board()
        self.on_step(self)

    def _do(self, effect: Effect) -> None:
        if isinstance(effect, Command):
            call = self.calls.get(effect.call_id)
            if call is not None:
                self._send(f"commands:{effect.call_id}", lambda: call.command(effect))
        elif isinstance(effect, Fact):
            self.facts.append(effect)
        elif isinstance(effect, Reply):
            self.replies.setdefault(effect.request_id, []).append(effect.answer)
        else:
            assert isinstance(effect, RememberWish | LookUpCaller)

    def _publish_board(self, *, everything: bool = False) -> None:
        assert self.state is not None
        board = self.saved["board"]
        if everything:
            board.clear()
            board.update(board_entities.everything(self.state, self.now))
            self.saved["agents"] = {a.id: a.to_record() for a in self.state.agents.values()}
            self.saved["uses"] = {u.id: u.to_record() for u in self.state.uses.values()}
            self.epoch_key = True
            return
        if not self.epoch_key:
            return  # emptied, not yet noticed: a real one would write differences too; the next look writes everything
        found = board_entities.changes(self.state, self.now)
        board.update(found.set)
        for key in found.gone:
            board.pop(key, None)
        for agent_id in self.state.saved_agents:
            self.saved["agents"][agent_id] = self.state.agents[agent_id].to_record()
        for use_id in self.state.saved_uses:
            self.saved["uses"][use_id] = self.state.uses[use_id].to_record()
        self.state.saved_agents.clear()
        self.state.saved_uses.clear()
        self._react()

    def _tick(self) -> None:
        self.decide(Tick())

    def _left(self) -> dict[str, float]:
        return {agent: until - self.now for agent, until in self.leases.items() if until > self.now}

    def _look(self) -> None:
        emptied = not self.epoch_key
        self.decide(World({key: dict(value) for key, value in self.live.items()}, self._left(), emptied=emptied))
        if emptied and self.state is not None:
            self._publish_board(everything=True)

    def _renew(self) -> None:
        for agent_id, here in self.connected.items():
            if here:
                self.leases[agent_id] = self.now + self.rules.agent_lease_seconds
        for call in self.calls.values():
            self._snapshot(call)

    def _snapshot(self, call: FakeConversation) -> None:
        if call.ended:
            self.live.pop(call.call_id, None)
        else:
            self.live[call.call_id] = call.snapshot()

    def ask(self, name: str, **data: Any) -> str:
        request_id = f"req_{next(self.ids)}"
        self.asked[request_id] = self.now
        born = self.now

        def deliver() -> None:
            if self.now - born > 3.0 or self.state is None:
                return
            lease = self._left().get(data.get("agent_id", ""), 0.0)
            self.decide(Asked(request_id, name, data, lease))

        self._send("requests", deliver)
        return request_id

    # People

    def call_in(
        self, queue: str = "GN", priority: int = 0, patience: float | None = None, language: str = "zh-CN"
    ) -> FakeConversation:
        call_id = f"call_{next(self.ids):06}"

        def publish(fact: Fact) -> None:
            self._send("facts", lambda: self.decide(FactSeen(fact)))
            self._snapshot(call)
            self._people_hear(call, fact)

        call = FakeConversation(
            call_id,
            clock=lambda: self.now,
            later=self.later,
            publish=publish,
            agent_phone=self._agent_phone,
            expert_phone=self._expert_phone,
        )
        self.calls[call_id] = call
        call.language = language
        call.arrive(queue, priority)
        if patience is not None:
            self.later(patience, call.caller_hangs_up)
        return call

    def _agent_phone(self, agent_id: str) -> tuple[str, float]:
        if self.rng.random() < self.mood.phone_fails:
            return self.rng.choice([("busy", 0.2), ("failed", 0.1), ("no_answer", self.rules.agent_ring_seconds)])
        return "answered", self.rng.uniform(0.1, 4.0)

    def _expert_phone(self, expert_id: str) -> tuple[str, float]:
        if self.rng.random() < self.mood.expert_accepts:
            return "accepted", self.rng.uniform(2, 15)
        return self.rng.choice([("refused", 6.0), ("busy", 0.5), ("no_answer", self.rules.ring_seconds), ("no_key", 25.0)])

    def _people_hear(self, call: FakeConversation, fact: Fact) -> None:
        """Talking people do what people do."""
        rng = self.rng
        if fact.name == "agent_connected":
            agent = fact.data["agent_id"]
            talk = rng.uniform(2, 25)
            if rng.random() < self.mood.transfer:
                wish = rng.choice(["", "e0", "e1"])
                self.later(
                    talk / 2,
                    lambda: self.ask(
                        "transfer",
                        call_id=call.call_id,
                        agent_id=agent,
                        category="0101",
                        region="330100",
                        expert_id=wish,
                    ),
                )
                if rng.random() < 0.2:
                    self.later(
                        talk / 2 + rng.uniform(0, 20),
                        lambda: self.ask("cancel_transfer", call_id=call.call_id, agent_id=agent),
                    )
                self.later(talk + 60, lambda: self.ask("hang_up", call_id=call.call_id, agent_id=agent))
            else:
                self.later(talk / 3, lambda: self.ask("hold", call_id=call.call_id, agent_id=agent))
                self.later(talk / 2, lambda: self.ask("unhold", call_id=call.call_id, agent_id=agent))
                self.later(talk, lambda: self.ask("hang_up", call_id=call.call_id, agent_id=agent))
            if rng.random() < 0.1:
                self.later(rng.uniform(0, talk), call.agent_phone_dies)
            if rng.random() < 0.2:
                pause = {"agent_id": agent, "state": "paused", "reason": "meal"}
                self.later(rng.uniform(0, talk), lambda: self.ask("set_agent_state", **pause))
                ready = {"agent_id": agent, "state": "available"}
                self.later(talk + rng.uniform(5, 40), lambda: self.ask("set_agent_state", **ready))
            # Whatever goes wrong, nobody talks for ever.
            self.later(200, call.caller_hangs_up)
        elif fact.name == "agent_left" and rng.random() < 0.5:
            agent = fact.data["agent_id"]
            self.later(rng.uniform(0, 5), lambda: self.ask("end_wrap_up", agent_id=agent))
        elif fact.name == "expert_connected":
            self.later(rng.uniform(2, 30), call.expert_hangs_up)

    def _react(self) -> None:
        """Agents look at their consoles: the board, as last published."""
        for key, entity in self.saved["board"].items():
            if not key.startswith("offers/"):
                continue
            for agent_id in entity["agent_ids"]:
                if (entity["offer_id"], agent_id) in self.seen_offers:
                    continue
                self.seen_offers.add((entity["offer_id"], agent_id))
                if self.connected.get(agent_id):
                    self._consider(agent_id, entity["offer_id"])

    def _consider(self, agent_id: str, offer_id: str) -> None:
        roll, rng = self.rng.random(), self.rng
        if roll < self.mood.accept:
            self.later(rng.uniform(0.3, 8), lambda: self.ask("accept_offer", offer_id=offer_id, agent_id=agent_id))
        elif roll < self.mood.accept + self.mood.decline:
            self.later(
                rng.uniform(0.3, 5),
                lambda: self.ask("decline_offer", offer_id=offer_id, agent_id=agent_id, reason="busy"),
            )
        elif roll < self.mood.accept + self.mood.decline + self.mood.vanish:
            self.connected[agent_id] = False
            self.later(rng.uniform(5, 60), lambda: self.connected.update({agent_id: True}))

    def back_to_work(self) -> None:
        """Agents who find themselves paused or offline say they are ready again."""
        if self.state is None:
            return
        for agent in list(self.state.agents.values()):
            if agent.state in ("paused", "offline") and self.connected.get(agent.id):
                self.ask("set_agent_state", agent_id=agent.id, state="available")
