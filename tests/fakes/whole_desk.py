"""The simulated desk with the real conversations in it: routing's core and the conversations' core, joined by late,
doubled and lost messages."""

from __future__ import annotations

from typing import Any

from hotline.core.audits import Across, Limits, check_call, read
from hotline.core.conversations import Policy
from hotline.core.facts import Fact
from hotline.core.routing.events import FactSeen
from tests.fakes.core_conversation import CoreConversation, main_flow
from tests.fakes.desk_world import Desk

FLOW = main_flow()


class WholeDesk(Desk):
    """As :class:`Desk`; its callers go through the shipped flow, and a worker may be killed."""

    calls: dict[str, Any]

    def call_in(self, queue: str = "GN", priority: int = 0, patience: float | None = None) -> Any:
        call_id = f"call_{next(self.ids):06}"
        rules = self.rules
        policy = Policy(
            agent_ring_seconds=rules.agent_ring_seconds,
            expert_ring_seconds=rules.ring_seconds,
            accept_seconds=rules.accept_seconds,
            max_call_seconds=900,
        )
        call = CoreConversation(
            call_id,
            clock=lambda: self.now,
            later=self.later,
            publish=lambda fact: self._publish_fact(call, fact),
            agent_phone=self._agent_phone,
            expert_phone=self._expert_phone,
            rng=self.rng,
            policy=policy,
            flow=FLOW,
        )
        self.calls[call_id] = call
        call.arrive(queue, priority)
        if patience is not None:
            self.later(patience, call.caller_hangs_up)
        return call

    def _publish_fact(self, call: CoreConversation, fact: Fact) -> None:
        self._send("facts", lambda: self.decide(FactSeen(fact)))
        self._snapshot(call)  # type: ignore[arg-type]
        self._people_hear(call, fact)  # type: ignore[arg-type]

    def kill_worker(self) -> None:
        """A worker with a live call dies; half a second later its supervisor has closed the record."""
        alive = [call for call in self.calls.values() if not call.ended]
        if not alive:
            return
        call = self.rng.choice(alive)
        made = call.die()

        def close() -> None:
            for fact in made:
                self._send("facts", lambda fact=fact: self.decide(FactSeen(fact)))
            self.live.pop(call.call_id, None)

        self.later(0.5, close)

    def audit(self) -> list[str]:
        """Everything the auditors of the records find broken."""
        rules = self.rules
        limits = Limits(
            max_call_seconds=900,
            agent_ring_seconds=rules.agent_ring_seconds,
            expert_ring_seconds=rules.ring_seconds,
            accept_seconds=rules.accept_seconds,
            wrap_up_seconds=rules.wrap_up_seconds,
            max_tries=rules.max_tries,
        )
        across = Across(limits)
        found = []
        of_call: dict[str, list[Fact]] = {call_id: list(call.facts) for call_id, call in self.calls.items()}
        nobody: list[Fact] = []
        for fact in self.facts:
            of_call.get(fact.call_id, nobody).append(fact)
        for facts in of_call.values():
            found.extend(check_call(facts, self.now, limits=limits))
            across.add(read(facts, self.now, limits=limits))
        across.add(read(nobody, self.now, limits=limits))
        found.extend(across.broken())
        return [f"{item.invariant} {item.problem} {item.subject} {item.call_id} {dict(item.details)}" for item in found]
