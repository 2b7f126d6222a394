"""A story told to the routing brain, event by event; what must always hold of its state is checked after each."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from hotline.core.commands import Command
from hotline.core.facts import Fact
from hotline.core.queues.rules import QueueRules, Queues
from hotline.core.routing.effects import Effect, Reply
from hotline.core.routing.engine import decide
from hotline.core.routing.events import Asked, FactSeen, Tick, World
from hotline.core.routing.rules import Rules
from hotline.core.routing.state import State
from tests.fakes.desk_world import make_people, make_state
from tests.fakes.routing_checks import check_state

ARRIVED = {
    "trunk": "demo",
    "called": "12348",
    "caller_enc": "",
    "caller_masked": "138****0000",
    "caller_hash": "",
    "region_hint": "",
    "flow": "main",
    "flow_version": "1",
    "worker": "0",
}


class Story:
    """Tells the brain things at `now`, and keeps what it orders."""

    def __init__(self, agents: int = 2, experts: int = 3, **rules: Any) -> None:
        self.now = 100.0
        common = {key: rules.pop(key) for key in list(rules) if key in QueueRules.__dataclass_fields__}
        rules.setdefault("queues", Queues(QueueRules(**common)))
        self.state: State = make_state(make_people(agents, experts), Rules(**rules), self.now)
        self.seq = itertools.count(1)
        self.ids = itertools.count(1)
        self.commands: list[Command] = []
        self.facts: list[Fact] = []
        for agent in self.state.agents:
            self.ask("set_agent_state", agent_id=agent, state="available", lease=15.0)

    def _take(self, effects: list[Effect]) -> dict[str, Any]:
        check_state(self.state, self.now)
        answer: dict[str, Any] = {}
        for effect in effects:
            if isinstance(effect, Command):
                self.commands.append(effect)
            elif isinstance(effect, Fact):
                self.facts.append(effect)
            elif isinstance(effect, Reply):
                answer = dict(effect.answer)
        return answer

    def ask(self, name: str, *, lease: float | None = None, **data: Any) -> dict[str, Any]:
        return self._take(decide(self.state, Asked(f"r{next(self.ids)}", name, data, lease), self.now))

    def hear(self, name: str, call_id: str = "c1", **data: Any) -> Fact:
        fact = Fact(name, call_id, self.now, next(self.seq), "conversation", 1, data)
        self._take(decide(self.state, FactSeen(fact), self.now))
        return fact

    def waits(self, call_id: str = "c1", priority: int = 0, queue: str = "GN") -> None:
        self.hear("call_arrived", call_id, **ARRIVED)
        self.hear("queue_entered", call_id, queue=queue, priority=priority, language="zh-CN")

    def look(self, *live: Mapping[str, Any], present: bool = True, **more: Any) -> None:
        leases = dict.fromkeys(self.state.agents, 15.0) if present else {}
        self._take(decide(self.state, World({item["call_id"]: item for item in live}, leases, **more), self.now))

    def passes(self, seconds: float, *live: Mapping[str, Any], present: bool = True) -> None:
        """Time goes by with ticks, and conversations that renew their snapshots."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.5)
            if live or not present:
                self.look(*[{**item, "lease": self.now + 8} for item in live], present=present)
            else:
                for call in self.state.calls.values():
                    call.lease = self.now + 8
            self._take(decide(self.state, Tick(), self.now))

    def offer_of(self, call_id: str = "c1") -> str:
        return self.state.calls[call_id].offer_id

    def accepts(self, agent: str = "a0", call_id: str = "c1") -> dict[str, Any]:
        return self.ask("accept_offer", offer_id=self.offer_of(call_id), agent_id=agent)

    def talks(self, agent: str = "a0", call_id: str = "c1") -> None:
        offer_id = self.offer_of(call_id)
        assert self.accepts(agent, call_id)["ok"]
        self.hear("agent_dialled", call_id, offer_id=offer_id, agent_id=agent)
        self.hear("agent_ringing", call_id, offer_id=offer_id, agent_id=agent)
        self.hear("agent_connected", call_id, offer_id=offer_id, agent_id=agent, talk_id="t")
        self.hear("queue_left", call_id, reason="connected")

    def ordered(self, name: str) -> list[Command]:
        return [item for item in self.commands if item.name == name]

    def agent(self, name: str = "a0") -> tuple[str, str]:
        agent = self.state.agents[name]
        return agent.state, agent.reason

    def snapshot(self, call_id: str = "c1", **more: Any) -> dict[str, Any]:
        base = {
            "call_id": call_id,
            "lease": self.now + 8,
            "phase": "queue",
            "arrived_at": 50.0,
            "caller_masked": "138****0000",
            "region_hint": "",
            "trunk": "demo",
            "queue": "GN",
            "priority": 0,
            "language": "zh-CN",
            "queued_at": 60.0,
            "agent_id": "",
            "agent_state": "none",
            "hold": False,
            "transfer": None,
            "expert_id": None,
        }
        return {**base, **more}
