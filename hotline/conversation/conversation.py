"""One live call: takes events, asks the core what follows, writes it down, does it.

Order matters and is always the same: decide → journal (and sync) → publish → act.
"""

from __future__ import annotations

import os
import time
from collections import deque
from typing import Any

from hotline import logs
from hotline.conversation.arrival import SOURCE, arrival, departure
from hotline.conversation.context import Context
from hotline.conversation.flowing import FlowRunner
from hotline.conversation.hours import Hours
from hotline.conversation.journal import Journal
from hotline.conversation.link import Link
from hotline.conversation.outbound import agent_target, expert_target, party_target, person_target, staff_target
from hotline.core.conversations import actions as act
from hotline.core.conversations import decide, start
from hotline.core.conversations import events as ev
from hotline.core.conversations.model import CALLER
from hotline.core.conversations.orders import Order
from hotline.core.digits import DigitFilter
from hotline.core.errors import HotlineError
from hotline.core.facts import Fact
from hotline.core.headsets import is_headset
from hotline.core.ids import new_id
from hotline.telephony.endpoint import Endpoint
from hotline.telephony.events import Dialog, IncomingCall, RefusedCall
from hotline.telephony.media import Media

log = logs.get("conversation")


class Conversation:
    """The interpreter between the pure core and the world. Single-threaded; `handle` never raises for a bad event."""

    def __init__(
        self,
        context: Context,
        endpoint: Endpoint,
        media: Media,
        link: Link,
        worker: str,
        *,
        call_id: str = "",
        journal: Journal | None = None,
    ) -> None:
        """`call_id`: of a call that we make, which has its id already. `journal`: another than the file of the call."""
        self._context = context
        self._endpoint = endpoint
        self._media = media
        self._link = link
        self._worker = worker
        self.call_id = call_id or new_id("call", time.time())
        self.state = start(self.call_id, context.policy)
        self._journal = journal or Journal(context.settings.journal_dir, self.call_id)
        self._flow: FlowRunner | None = None
        self._seq = 0
        self._timers: dict[str, float] = {}
        self._digits: dict[str, DigitFilter] = {}
        self._inner: deque[ev.Event] = deque()
        self._listening: set[str] = set()
        self._fixed: dict[str, Any] = {}
        self.headsets: set[str] = set()
        """Legs that are browsers."""
        self.exiting = False

    # The caller's INVITE.

    def begin(self, call: IncomingCall | RefusedCall) -> None:
        """The first event of a conversation."""
        hours = Hours.read(call.called, self._context.settings.timetable_file, self._link.timetable)
        data = arrival(self._context, self.call_id, call, self._worker, hours.line.flow)
        self._flow = FlowRunner(self._context, self._context.flows[str(data["flow"])], hours)
        self._fixed = {
            "call_id": self.call_id,
            "arrived_at": time.time(),
            **{key: data[key] for key in ("worker", "caller_masked", "caller_hash", "called", "region_hint", "trunk")},
        }
        self._link.claimed(self.call_id)
        if isinstance(call, RefusedCall):
            self.handle(ev.Unacceptable(data, call.sip_code))
        else:
            self.handle(ev.Invited(data))

    def begin_order(self, order: Order) -> None:
        """The first event of a call that we make. Raises HotlineError, and nothing has happened, when the number cannot be
        opened."""
        flow = self._context.flows[order.flow]
        data = departure(self._context, order, flow, self._worker)
        self._flow = FlowRunner(self._context, flow)
        self._fixed = {
            "call_id": self.call_id,
            "arrived_at": time.time(),
            "direction": "outbound",
            "task_id": order.task_id,
            **{key: data[key] for key in ("worker", "caller_masked", "caller_hash", "region_hint", "trunk")},
        }
        self._link.claimed(self.call_id)
        self.handle(ev.Ordered(data, order))

    # Events.

    def handle(self, event: ev.Event) -> None:
        """Answer one event, and all that follow from it at once."""
        self._inner.append(event)
        while self._inner:
            self._one(self._inner.popleft())

    def note_dialog(self, dialog: Dialog) -> None:
        """A leg's dialog changed: journal it, so that it can be ended without us."""
        try:
            self._journal.leg(dialog)
        except OSError as error:
            log.error("journal_failed", call_id=self.call_id, reason=error.strerror, facts=0)

    def digit(self, event: ev.Digit) -> None:
        """A key from any method: copies of one press are dropped here. Keys nobody waits for are dropped too (they may be
        anything, and are nobody's business)."""
        keep = self._digits.setdefault(event.leg, DigitFilter())
        if keep.accept(event.digit, event.method, time.time()):
            self.handle(event)

    def leg_over(self, leg: str) -> None:
        self.headsets.discard(leg)
        self._media.forget(leg)

    def next_timer(self) -> float:
        """Seconds until the next timer, at most 0.25 (then somebody should look at RTP and the surroundings)."""
        # While tones are listened for, they must be heard soon.
        limit = 0.05 if self._listening else 0.25
        if self._timers:
            limit = min(limit, min(self._timers.values()) - time.monotonic())
        return max(0.0, limit)

    def fire_timers(self) -> None:
        now = time.monotonic()
        for name in [name for name, due in self._timers.items() if due <= now]:
            # An earlier one may have cancelled it.
            if self._timers.pop(name, None) is not None:
                self.handle(ev.TimerFired(name))

    def _one(self, event: ev.Event) -> None:
        now = time.time()
        before = self.state.live()
        decision = decide(self.state, event, now)
        self.state = decision.state
        facts = [self._fact(name, data, now) for name, data in decision.facts]
        self._write_down(facts)
        self._link.publish(facts)
        for fact in facts:
            log.info(fact.name, call_id=self.call_id, seq=fact.seq)
        for action in decision.actions:
            self._do(action)
        if self.state.ended:
            self._link.live(None)
        elif facts and (facts[0].name == "call_arrived" or self.state.live() != before):
            self._link.live({**self._fixed, **self.state.live()})

    def _write_down(self, facts: list[Fact]) -> None:
        """Journal first. A full disk must not cost the caller their call: then the wire alone has the facts, and we say so."""
        try:
            self._journal.facts(facts)
        except OSError as error:
            log.error("journal_failed", call_id=self.call_id, reason=error.strerror, facts=len(facts))

    def _fact(self, name: str, data: dict[str, Any], now: float) -> Fact:
        self._seq += 1
        return Fact(name=name, call_id=self.call_id, at=now, seq=self._seq, source=SOURCE, data=data)

    # Actions.

    def _do(self, action: act.Action) -> None:
        match action:
            case act.AnswerCaller():
                self._answer()
            case act.StepFlow(outcome):
                self._step_flow(outcome)
            case act.Play(leg, prompts, language, playback):
                files = self._context.prompts.files(prompts, language)
                self._media.play(leg, files, lambda: self._endpoint.events.append(ev.Played(leg, playback)))
            case act.StopPlay(leg):
                self._media.stop_play(leg)
            case act.Music(leg, on):
                self._media.music(leg, on=on)
            case act.Listen(leg, on):
                (self._listening.add if on else self._listening.discard)(leg)
                self._media.listen(leg, on=on)
            case act.Dial():
                self._dial(action)
            case act.HangUp(leg, sip_code):
                self._endpoint.hang_up(leg, sip_code)
            case act.Bridge(first, second):
                self._media.bridge(first, second)
            case act.Unbridge(first, second):
                self._media.unbridge(first, second)
            case act.Hear(source, sink, on):
                self._media.let_hear(source, sink, on=on)
            case act.Tap(recording_id, leg, on):
                self._media.tap(recording_id, leg, on=on)
            case act.Record(recording_id, _, caller, others):
                self._record(recording_id, caller, others)
            case act.Meter(leg, on, silence):
                self._media.meter(leg, on=on, silence=silence)
            case act.StopRecord(recording_id):
                self._media.stop_record(recording_id)
            case act.SetTimer(name, seconds):
                self._timers[name] = time.monotonic() + seconds
            case act.CancelTimer(name):
                self._timers.pop(name, None)
            case act.AskStaff():
                self._ask_staff(action)
            case act.Exit():
                self.exiting = True

    def _answer(self) -> None:
        leg = self._endpoint.legs[CALLER]
        if leg.over:
            return  # a CANCEL came in the same moment: the end of the leg is the next event
        if self._endpoint.answer():
            self._inner.append(ev.Answered())
        else:
            self._inner.append(ev.Unacceptable({}, leg.refused_with))

    def _step_flow(self, outcome: str) -> None:
        assert self._flow is not None
        try:
            self._inner.append(self._flow.step(outcome))
        except HotlineError as error:
            # The linter keeps such flows from starting; a live caller must still not be left in the air.
            log.error("flow_failed", call_id=self.call_id, code=error.code)
            self._inner.append(ev.FlowStepped("", self.state.language, ("system_error",), None, cause="system_failure"))

    def _dial(self, action: act.Dial) -> None:
        settings, secrecy = self._context.settings, self._context.secrecy
        try:
            if action.uri:
                target = agent_target(settings, action.uri)
            elif task_id := str(action.context.get("task_id") or ""):
                target = person_target(settings, secrecy, action.number_enc, action.trunk, task_id)
            elif party_id := str(action.context.get("party_id") or ""):
                target = party_target(settings, secrecy, action.number_enc, action.trunk, party_id)
            elif agent_id := str(action.context.get("agent_id") or ""):
                target = staff_target(settings, secrecy, action.number_enc, action.trunk, agent_id)
            else:
                target = expert_target(settings, secrecy, action.number_enc, action.trunk, str(action.context["expert_id"]))
        except HotlineError as error:
            log.warning("dial_refused", call_id=self.call_id, code=error.code)
            self._inner.append(ev.LegEnded(action.leg, 403))
            return
        if is_headset(target.uri):
            self.headsets.add(action.leg)
        self._endpoint.dial(action.leg, target.uri, identity=target.identity, to=target.to)

    def _ask_staff(self, action: act.AskStaff) -> None:
        """What was keyed leaves this process sealed for this call only."""
        keys_enc = self._context.secrecy.seal(action.keys, f"staff.keys:{self.call_id}") if action.keys else ""
        data = {**action.data, "caller_hash": self._fixed.get("caller_hash", "")}
        self._link.ask_staff(
            {"call_id": self.call_id, "number": action.number, "name": action.question, "data": data, "keys_enc": keys_enc}
        )

    def _record(self, recording_id: str, caller: str, others: tuple[str, ...]) -> None:
        directory = self._context.settings.capture_dir
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._media.record(
                recording_id,
                caller,
                others,
                directory / f"{recording_id}.caller.wav",
                directory / f"{recording_id}.peer.wav",
            )
        except Exception as error:
            log.error("recording_failed", call_id=self.call_id, reason=type(error).__name__)
            self._inner.append(ev.RecordingFailed(recording_id, type(error).__name__))

    def close(self) -> None:
        self._journal.close()


def worker_name(slot: int) -> str:
    """How a worker is known: its process and its place in the pool."""
    return f"{os.getpid()}-{slot}"
