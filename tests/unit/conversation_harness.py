"""Drives the pure conversation as the interpreter would: a virtual clock, timers, a tiny flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hotline.core.commands import Command
from hotline.core.conversations import Policy, State, decide, start
from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev

ARRIVAL = {
    "trunk": "demo",
    "called": "12348",
    "caller_enc": "v1.x",
    "caller_masked": "138****0001",
    "caller_hash": "h",
    "region_hint": "",
    "flow": "main",
    "flow_version": "1",
    "worker": "1-0",
}
MENU = ev.FlowStepped(
    "menu", "zh-CN", ("notice", "greeting", "menu"), ev.DigitsWait(("1", "2", "0"), 5.0, barge_in=True), uncut=2
)
QUEUE = ev.FlowStepped("desk", "zh-CN", ("connecting",), ev.QueueWait("GN", "P3", 600.0))
RATE = ev.FlowStepped("rate", "zh-CN", (), ev.RateWait("rate", "rate_again", "rate_invalid", ("1", "2", "3", "4", "5"), 8.0, 1))
THANKS = ev.FlowStepped("thanks", "zh-CN", ("rate_thanks", "goodbye"), None, cause="completed")
GOODBYE = ev.FlowStepped("goodbye", "zh-CN", ("goodbye",), None, cause="completed")
PROMISE = ev.FlowStepped("promise", "zh-CN", ("callback_promise",), None, cause="queue_timeout")
FLOW = {
    "": MENU,
    "1": QUEUE,
    "2": QUEUE,
    "0": QUEUE,
    "no_input": QUEUE,
    "invalid": QUEUE,
    "talked": RATE,
    "timeout": PROMISE,
    "rated": THANKS,
    "no_rating": GOODBYE,
    "skipped": GOODBYE,
}


@dataclass
class Driver:
    """One conversation with its surroundings played by hand."""

    policy: Policy = field(default_factory=Policy)
    now: float = 1_000_000.0
    facts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    did: list[act.Action] = field(default_factory=list)
    timers: dict[str, float] = field(default_factory=dict)
    music: bool = False
    bridged: set[str] = field(default_factory=set)
    playing: act.Play | None = None
    brief: act.Play | None = None
    exited: bool = False
    numbers: int = 0

    def __post_init__(self) -> None:
        self.state: State = start("call_x", self.policy)

    def feed(self, event: ev.Event) -> None:
        queue = [event]
        while queue:
            decision = decide(self.state, queue.pop(0), self.now)
            self.state = decision.state
            self.facts.extend(decision.facts)
            self.times.extend(self.now for _ in decision.facts)
            for action in decision.actions:
                self.did.append(action)
                queue.extend(self._do(action))

    def _do(self, action: act.Action) -> list[ev.Event]:
        match action:
            case act.AnswerCaller():
                return [ev.Answered()]
            case act.StepFlow(outcome):
                return [FLOW[outcome]]
            case act.Play(leg):
                if leg == "caller":
                    self.playing = action
                else:
                    self.brief = action
            case act.StopPlay("caller"):
                self.playing = None
            case act.Music("caller", on):
                self.music = on
            case act.Bridge(_, second):
                self.bridged.add(second)
            case act.Unbridge(_, second):
                self.bridged.discard(second)
            case act.HangUp(leg):
                self.bridged.discard(leg)
            case act.SetTimer(name, seconds):
                self.timers[name] = self.now + seconds
            case act.CancelTimer(name):
                self.timers.pop(name, None)
            case act.Exit():
                self.exited = True
        return []

    # Shorthands.

    def heard(self) -> None:
        """The caller has heard what plays now."""
        assert self.playing is not None
        playback, self.playing = self.playing.playback, None
        self.feed(ev.Played("caller", playback))

    def brief_heard(self) -> None:
        assert self.brief is not None
        self.feed(ev.Played(self.brief.leg, self.brief.playback))

    def wait(self, seconds: float) -> None:
        """Let time pass, firing timers in order."""
        end = self.now + seconds
        while self.timers and min(self.timers.values()) <= end:
            name = min(self.timers, key=lambda item: self.timers[item])
            self.now = max(self.now, self.timers.pop(name))
            self.feed(ev.TimerFired(name))
        self.now = end

    def key(self, digit: str, leg: str = "caller") -> None:
        self.feed(ev.Digit(leg, digit, "rfc4733"))

    def command(self, name: str, **data: Any) -> None:
        self.numbers += 1
        self.feed(ev.Commanded(Command(name, "call_x", f"cmd_{self.numbers}", data)))

    def names(self) -> list[str]:
        return [name for name, _ in self.facts]

    def fact(self, name: str) -> dict[str, Any]:
        """The last fact of that name."""
        return next(data for found, data in reversed(self.facts) if found == name)

    def to_queue(self) -> None:
        self.feed(ev.Invited(ARRIVAL))
        self.feed(ev.Confirmed())
        self.heard()
        self.key("0")

    def to_agent(self, offer: str = "off1", agent: str = "a1", uri: str = "sip:8001@hotline.local") -> None:
        self.command("connect_agent", offer_id=offer, agent_id=agent, uri=uri)
        self.feed(ev.LegRinging(f"agent:{offer}"))
        self.now += 2
        self.feed(ev.LegAnswered(f"agent:{offer}"))
        self.now += 10

    def to_hunt(self) -> None:
        self.command("start_transfer", transfer_id="trf1", agent_id="a1")

    def try_expert(self, number: int = 1) -> str:
        self.command(
            "try_expert",
            transfer_id="trf1",
            try_id=f"try{number}",
            expert_id=f"e{number}",
            number_enc="v1.n",
            trunk="demo",
            brief={"category": "0201", "region": "", "waited": 10},
        )
        return f"expert:try{number}"

    def to_expert(self, number: int = 1) -> str:
        leg = self.try_expert(number)
        self.feed(ev.LegRinging(leg))
        self.now += 3
        self.feed(ev.LegAnswered(leg))
        self.brief_heard()
        self.key("1", leg)
        self.now += 30
        return leg
