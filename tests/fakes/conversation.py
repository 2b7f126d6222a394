"""A conversation as routing sees one: takes commands, reports facts, keeps a live snapshot. No SIP, no clock of its
own.

What people do (how an agent's phone and an expert's phone answer) is decided by the two functions given to it, so the
simulation can make them as contrary as it likes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotline.core.commands import Command
from hotline.core.facts import Fact

LEASE_SECONDS = 8.0
SILENCE_SECONDS = 5.0

Outcome = tuple[str, float]
"""What becomes of a dialled leg, and after how many seconds."""


class FakeConversation:
    """One caller. `publish` gets facts, `later(seconds, what)` runs something in time."""

    def __init__(
        self,
        call_id: str,
        *,
        clock: Callable[[], float],
        later: Callable[[float, Callable[[], None]], None],
        publish: Callable[[Fact], None],
        agent_phone: Callable[[str], Outcome] = lambda agent_id: ("answered", 0.3),
        expert_phone: Callable[[str], Outcome] = lambda expert_id: ("accepted", 2.0),
    ) -> None:
        self.call_id = call_id
        self._clock, self._later, self._publish = clock, later, publish
        self._agent_phone, self._expert_phone = agent_phone, expert_phone
        self._seq = 0
        self._attempt = 0
        self._seen: set[str] = set()
        self.phase = "arrived"
        self.arrived_at = clock()
        self.caller_hash = "h"
        self.queued_at: float | None = None
        self.queue, self.priority, self.language = "GN", 0, "zh-CN"
        self.offer_id = self.agent_id = self.expert_id = ""
        self.agent_state = "none"
        self.hold = False
        self.transfer: dict[str, Any] | None = None
        self.tries: dict[str, str] = {}
        """try → expert, as long as they are called."""
        self.transfer_at = 0.0
        self.ended = False
        self.room = 2
        """Experts who may ring at once: how many legs are left."""
        self.commands: list[Command] = []
        self.looked_at = 0
        """How many of them have been checked."""
        self.connects = 0

    def fact(self, name: str, **data: Any) -> None:
        self._seq += 1
        self._publish(Fact(name, self.call_id, self._clock(), self._seq, "conversation", 1, data))

    def snapshot(self) -> dict[str, Any]:
        now = self._clock()
        return {
            "call_id": self.call_id,
            "lease": now + LEASE_SECONDS,
            "worker": "1",
            "phase": self.phase,
            "arrived_at": self.arrived_at,
            "caller_masked": "138****0000",
            "caller_hash": self.caller_hash,
            "region_hint": "",
            "trunk": "demo",
            "queue": self.queue,
            "priority": self.priority,
            "language": self.language,
            "queued_at": self.queued_at,
            "offer_id": self.offer_id,
            "agent_id": self.agent_id,
            "agent_state": self.agent_state,
            "hold": self.hold,
            "transfer": self._shown_transfer(),
            "expert_id": self.expert_id or None,
            "recording": False,
        }

    def _shown_transfer(self) -> dict[str, Any] | None:
        if self.transfer is None:
            return None
        tries = [{"try_id": try_id, "expert_id": expert_id, "state": "dialling"} for try_id, expert_id in self.tries.items()]
        first = tries[0] if tries else {"try_id": "", "expert_id": "", "state": "waiting"}
        return {**self.transfer, **first, "tries": tries}

    # The caller

    def arrive(self, queue: str = "GN", priority: int = 0) -> None:
        self.queue, self.priority = queue, priority
        self.fact(
            "call_arrived",
            trunk="demo",
            called="12348",
            caller_enc="",
            caller_masked="138****0000",
            caller_hash=self.caller_hash,
            region_hint="",
            flow="main",
            flow_version="1",
            worker="1",
        )
        self.fact("call_answered")
        self.enter_queue()

    def enter_queue(self) -> None:
        self.phase = "queue"
        self.queued_at = self.queued_at or self._clock()
        self.fact("queue_entered", queue=self.queue, priority=self.priority, language=self.language)

    def caller_hangs_up(self) -> None:
        self._end("caller")

    def _end(self, by: str) -> None:
        if self.ended:
            return
        if self.agent_state == "connected":
            self._agent_leaves(by)
        elif self.agent_state != "none":
            self._agent_fails("cancelled")
        if self.transfer is not None:
            self._tries_end()
            self._transfer_ends("cancelled")
        elif self.expert_id:
            self.fact("expert_left", expert_id=self.expert_id, talk_id="tlk", ended_by=by)
            self.expert_id = ""
        phase, self.ended = self.phase, True
        self.fact("call_ended", cause="completed", ended_by=by, phase=phase, sip_code=200, answered=True)

    # Commands

    def command(self, item: Command) -> None:
        """As the real one: a command seen before, or one that does not fit any more, is dropped."""
        self.commands.append(item)
        if self.ended or item.command_id in self._seen:
            return
        self._seen.add(item.command_id)
        getattr(self, f"_{item.name}")(**item.data)

    def _tell_position(self, position: int, **_: Any) -> None:
        if self.phase == "queue":
            self.fact("position_told", position=position)

    def _set_priority(self, priority: str, reason: str, by: str) -> None:
        before, self.priority = self.priority, priority  # type: ignore[assignment]
        self.fact("priority_changed", priority=priority, before=before, reason=reason, by=by)

    def _restore_place(self, queued_at: float, lost_call_id: str) -> None:
        self.queued_at = min(queued_at, self.queued_at or queued_at)
        self.fact("place_restored", queued_at=self.queued_at, lost_call_id=lost_call_id)

    def _move_queue(self, queue: str, reason: str) -> None:
        self.queue = queue
        data = {"queue": queue, "priority": self.priority, "language": self.language}
        self.fact("queue_entered", **data, queued_at=self.queued_at, again=True)

    def _leave_queue(self, outcome: str, reason: str) -> None:
        if self.phase == "queue" and self.agent_state == "none":
            self.fact("queue_left", reason=outcome)
            self._end("flow")

    def _offer_callback(self, reason: str) -> None:
        self.fact("callback_offered", reason=reason)

    def _connect_agent(self, offer_id: str, agent_id: str, uri: str) -> None:
        if self.phase != "queue" or self.agent_state != "none":
            return
        self.connects += 1
        self.phase, self.agent_state, self.agent_id, self.offer_id = "agent_ringing", "dialling", agent_id, offer_id
        self.fact("agent_dialled", offer_id=offer_id, agent_id=agent_id)
        self._attempt += 1
        attempt = self._attempt
        outcome, seconds = self._agent_phone(agent_id)

        def ringing() -> None:
            if attempt == self._attempt and self.agent_state == "dialling":
                self.agent_state = "ringing"
                self.fact("agent_ringing", offer_id=offer_id, agent_id=agent_id)

        def done() -> None:
            if attempt != self._attempt or self.agent_state not in ("dialling", "ringing"):
                return
            if outcome != "answered":
                self._agent_fails(outcome)
                return
            self.phase, self.agent_state = "agent_talk", "connected"
            self.fact("agent_connected", offer_id=offer_id, agent_id=agent_id, talk_id="tlk")
            self.fact("queue_left", reason="connected")

        self._later(min(0.1, seconds / 2), ringing)
        self._later(seconds, done)

    def _cancel_agent(self, offer_id: str) -> None:
        if self.offer_id == offer_id and self.agent_state in ("dialling", "ringing"):
            self._agent_fails("cancelled")

    def _agent_fails(self, status: str) -> None:
        self._attempt += 1
        offer_id, agent_id = self.offer_id, self.agent_id
        self.phase, self.agent_state, self.agent_id, self.offer_id = "queue", "none", "", ""
        self.fact("agent_failed", offer_id=offer_id, agent_id=agent_id, dial_status=status, sip_code=486)

    def _agent_leaves(self, by: str) -> None:
        agent_id = self.agent_id
        self.agent_state, self.agent_id, self.hold = "none", "", False
        self.fact("agent_left", agent_id=agent_id, talk_id="tlk", ended_by=by)

    def agent_phone_dies(self) -> None:
        """The agent's leg drops in mid-talk: the caller goes back to the queue, at the old place."""
        if self.agent_state == "connected" and self.transfer is None and not self.ended:
            self._agent_leaves("system")
            self.enter_queue()

    def _hold(self, agent_id: str) -> None:
        if self.phase == "agent_talk":
            self.phase, self.hold = "hold", True
            self.fact("hold_started", by="agent")

    def _unhold(self, agent_id: str) -> None:
        if self.phase == "hold":
            self.phase, self.hold = "agent_talk", False
            self.fact("hold_ended", by="agent")

    def _hang_up(self, agent_id: str) -> None:
        if self.agent_state == "connected":
            self._end("agent")

    def _start_transfer(self, transfer_id: str, agent_id: str, kind: str = "auto") -> None:
        if self.agent_state != "connected" or self.transfer is not None:
            return
        self.phase, self.hold = "transfer", False
        self.transfer = {"transfer_id": transfer_id}
        self.fact("transfer_started", transfer_id=transfer_id, agent_id=agent_id)
        self._expect_word()

    def _expect_word(self) -> None:
        """Nothing from routing for five seconds: the caller goes back to the agent by itself."""
        self.transfer_at = self._clock()

        def check() -> None:
            waiting = self.transfer is not None and not self.tries
            if waiting and self._clock() - self.transfer_at >= SILENCE_SECONDS - 0.01:
                self._transfer_ends("returned")

        self._later(SILENCE_SECONDS, check)

    def _try_expert(self, transfer_id: str, try_id: str, expert_id: str, **_: Any) -> None:
        if try_id in self.tries:
            return
        if self.transfer is None or self.transfer["transfer_id"] != transfer_id or len(self.tries) >= self.room:
            ids = {"transfer_id": transfer_id, "try_id": try_id, "expert_id": expert_id}
            self.fact("expert_tried", **ids, outcome="cancelled", sip_code=0, seconds=0.0)
            return
        self.tries[try_id] = expert_id
        self.fact("expert_dialled", transfer_id=transfer_id, try_id=try_id, expert_id=expert_id)
        outcome, seconds = self._expert_phone(expert_id)

        def ringing() -> None:
            if try_id in self.tries:
                self.fact("expert_ringing", transfer_id=transfer_id, try_id=try_id, expert_id=expert_id)

        def done() -> None:
            if try_id not in self.tries:
                return
            self._try_ends(try_id, outcome)
            if outcome != "accepted":
                if not self.tries:
                    self._expect_word()
                return
            self._tries_end()
            self.expert_id, self.phase = expert_id, "expert_talk"
            ids = {"transfer_id": transfer_id, "try_id": try_id, "expert_id": expert_id}
            self.fact("expert_connected", **ids, talk_id="tlk2")
            self.transfer = None
            self.fact("transfer_ended", transfer_id=transfer_id, outcome="connected")
            if self.agent_state == "connected":
                self._agent_leaves("transfer")

        self._later(min(0.2, seconds / 2), ringing)
        self._later(seconds, done)

    def _tries_end(self) -> None:
        for try_id in list(self.tries):
            self._try_ends(try_id, "cancelled")

    def _try_ends(self, try_id: str, outcome: str) -> None:
        assert self.transfer is not None
        ids = {"transfer_id": self.transfer["transfer_id"], "try_id": try_id, "expert_id": self.tries.pop(try_id)}
        self.fact("expert_tried", **ids, outcome=outcome, sip_code=0, seconds=1.0)

    def _transfer_ends(self, outcome: str) -> None:
        assert self.transfer is not None
        transfer_id, self.transfer = self.transfer["transfer_id"], None
        self.phase = "agent_talk"
        self.fact("transfer_ended", transfer_id=transfer_id, outcome=outcome)

    def _give_up_transfer(self, transfer_id: str) -> None:
        if self.transfer is not None and self.transfer["transfer_id"] == transfer_id:
            self._transfer_ends("returned")

    def _cancel_transfer(self, transfer_id: str, agent_id: str) -> None:
        if self.transfer is not None and self.transfer["transfer_id"] == transfer_id:
            self._tries_end()
            self._transfer_ends("cancelled")

    def expert_hangs_up(self) -> None:
        if self.phase == "expert_talk":
            self._end("expert")
