"""A conversation of the simulated desk that is the real one: `core/conversations` decides, the real flow engine steps,
and only the wire (legs, prompts, keys, timers) is played on the virtual clock.

It has the face of :class:`tests.fakes.conversation.FakeConversation`, so the same desk drives either.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hotline.conversation.flowing import FlowRunner
from hotline.core.commands import Command
from hotline.core.conversations import Policy, State, decide, start
from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations.recovery import closing_facts
from hotline.core.facts import Fact
from hotline.ivr.parser import load_flow
from hotline.settings import Settings
from tests.fakes.conversation import LEASE_SECONDS, Outcome

SIP_CODES = {"busy": 486, "failed": 503, "refused": 603}
HANG_UP_SECONDS = 0.05
PROMPT_SECONDS = 1.5
KEYS_OF_QUEUES = {"MF": "1", "LB": "2", "CT": "3", "GN": "0"}


def main_flow() -> Any:
    """The flow that ships."""
    return load_flow(Path(__file__).resolve().parents[2] / "ivr_flows" / "main.yaml")


class CoreConversation:
    """One caller. `publish` gets facts, `later(seconds, what)` runs something in time."""

    def __init__(
        self,
        call_id: str,
        *,
        clock: Callable[[], float],
        later: Callable[[float, Callable[[], None]], None],
        publish: Callable[[Fact], None],
        agent_phone: Callable[[str], Outcome],
        expert_phone: Callable[[str], Outcome],
        rng: random.Random,
        policy: Policy,
        flow: Any,
    ) -> None:
        self.call_id = call_id
        self._clock, self._later, self._publish = clock, later, publish
        self._agent_phone, self._expert_phone, self._rng = agent_phone, expert_phone, rng
        self._seq = 0
        self._seen: set[str] = set()
        self._timers: dict[str, int] = {}
        self._numbers = 0
        self._flow = FlowRunner(SimpleNamespace(settings=Settings()), flow)  # type: ignore[arg-type]
        self._phones: dict[str, str] = {}
        """Leg → `ringing`, `up` or `down`."""
        self._outcomes: dict[str, str] = {}
        self._people: dict[str, str] = {}
        self._silent_since: float | None = None
        self.longest_silence = 0.0
        self.core: State = start(call_id, policy)
        self.arrived_at = clock()
        self.facts: list[Fact] = []
        self.commands: list[Command] = []
        self.looked_at = 0
        """How many of them have been checked."""
        self.connects = 0
        self.dead = False
        self.exited = False
        self._playing: tuple[str, int] | None = None
        self._music = False
        self._bridges: set[frozenset[str]] = set()
        self._key = "0"

    # What the desk and the checks look at.

    @property
    def ended(self) -> bool:
        return self.core.ended or self.dead

    @property
    def agent_state(self) -> str:
        return self.core.agent.state if self.core.agent else "none"

    @property
    def agent_id(self) -> str:
        return self.core.agent.agent_id if self.core.agent else ""

    @property
    def expert_id(self) -> str:
        return self.core.expert.person_id if self.core.expert else ""

    @property
    def transfer(self) -> Any:
        return self.core.live()["transfer"]

    @property
    def tries(self) -> dict[str, str]:
        """Try → expert, of those being called now."""
        return {item["try_id"]: item["expert_id"] for item in (self.transfer or {}).get("tries", ())}

    @property
    def queued_at(self) -> float | None:
        return self.core.queued.at if self.core.queued else None

    def snapshot(self) -> dict[str, Any]:
        return {
            "call_id": self.call_id,
            "lease": self._clock() + LEASE_SECONDS,
            "worker": "1-0",
            "arrived_at": self.arrived_at,
            "caller_masked": "138****0000",
            "caller_hash": f"hash_{self.call_id}",
            "region_hint": "",
            "trunk": "demo",
            **self.core.live(),
        }

    # The caller.

    def arrive(self, queue: str = "GN", priority: int = 0) -> None:
        self._key = KEYS_OF_QUEUES[queue]
        data = {
            "trunk": "demo",
            "called": "12348",
            "caller_enc": "",
            "caller_masked": "138****0000",
            "caller_hash": f"hash_{self.call_id}",
            "region_hint": "",
            "flow": "main",
            "flow_version": "1",
            "worker": "1-0",
        }
        self._phones["caller"] = "up"
        self.feed(ev.Invited(data))
        self._later(0.05, lambda: self.feed(ev.Confirmed()))

    def caller_hangs_up(self) -> None:
        self._down("caller", 200)

    def expert_hangs_up(self) -> None:
        if self.core.expert:
            self._down(self.core.expert.leg, 200)

    def agent_phone_dies(self) -> None:
        if self.core.agent and self.core.agent.state == "connected":
            self._down(self.core.agent.leg, 500)

    def die(self) -> list[Fact]:
        """kill -9: nothing more is heard of it. Returns the facts its supervisor closes the record with."""
        if self.ended:
            return []
        self.dead = True
        now = self._clock()
        made = closing_facts(self.facts, now)
        found = [Fact(name, self.call_id, now, number + 1, "conversation", 2, data) for number, (name, data) in enumerate(made)]
        self.facts.extend(found)
        return found

    def _down(self, leg: str, sip_code: int, *, remote: bool = True) -> None:
        if self._phones.get(leg) not in ("ringing", "up"):
            return
        self._phones[leg] = "down"
        self.feed(ev.LegEnded(leg, sip_code, remote))

    # Commands.

    def command(self, item: Command) -> None:
        """As the worker: a command seen before is dropped."""
        self.commands.append(item)
        if self.dead or item.command_id in self._seen:
            return
        self._seen.add(item.command_id)
        self.connects += item.name == "connect_agent"
        self.feed(ev.Commanded(item))

    # The core, and what it wants done.

    def feed(self, event: ev.Event) -> None:
        """One event, and all that follow from it at once."""
        if self.dead or self.exited:
            return
        queue = [event]
        while queue:
            decision = decide(self.core, queue.pop(0), self._clock())
            self.core = decision.state
            for name, data in decision.facts:
                self._seq += 1
                fact = Fact(name, self.call_id, self._clock(), self._seq, "conversation", 1, data)
                self.facts.append(fact)
                self._publish(fact)
            for action in decision.actions:
                queue.extend(self._do(action))
        self._note_silence()

    def _do(self, action: act.Action) -> list[ev.Event]:
        match action:
            case act.AnswerCaller():
                return [ev.Answered()]
            case act.StepFlow(outcome):
                return [self._flow.step(outcome)]
            case act.Play(leg, prompts, _, playback):
                self._play(leg, prompts, playback)
            case act.StopPlay("caller"):
                self._playing = None
            case act.Music("caller", on):
                self._music = on
            case act.Bridge(first, second):
                self._bridges.add(frozenset((first, second)))
            case act.Unbridge(first, second):
                self._bridges.discard(frozenset((first, second)))
            case act.Dial(leg):
                self._dial(leg, action)
            case act.HangUp(leg, sip_code):
                self._later(HANG_UP_SECONDS, lambda: self._down(leg, sip_code, remote=False))
            case act.SetTimer(name, seconds):
                self._set_timer(name, seconds)
            case act.CancelTimer(name):
                self._timers.pop(name, None)
            case act.Exit():
                self.exited = True
        return []

    def _set_timer(self, name: str, seconds: float) -> None:
        self._numbers += 1
        number = self._timers[name] = self._numbers

        def fire() -> None:
            if self._timers.get(name) == number:
                del self._timers[name]
                self.feed(ev.TimerFired(name))

        self._later(seconds, fire)

    def _play(self, leg: str, prompts: tuple[str, ...], playback: int) -> None:
        if leg == "caller":
            self._playing = (leg, playback)

        def over() -> None:
            if leg == "caller":
                if self._playing != (leg, playback):
                    return
                self._playing = None
            if self._phones.get(leg) == "up":
                self.feed(ev.Played(leg, playback))
                if leg == "caller":
                    self._answer_menu()
                else:
                    self._expert_keys(leg)

        self._later(PROMPT_SECONDS * len(prompts), over)

    def _answer_menu(self) -> None:
        """The caller keys the menu, and now and then the rating."""
        wait = self.core.wait
        if isinstance(wait, ev.DigitsWait) and self._rng.random() < 0.8:
            digit = self._key if self._rng.random() < 0.9 else "7"
            self._later(self._rng.uniform(0.1, 2), lambda: self.feed(ev.Digit("caller", digit, "rfc4733")))
        elif self.core.rating_open and self._rng.random() < 0.7:
            digit = self._rng.choice("1234590")
            self._later(self._rng.uniform(0.1, 9), lambda: self.feed(ev.Digit("caller", digit, "rfc4733")))

    # Phones.

    def _dial(self, leg: str, action: act.Dial) -> None:
        kind, _, _ = leg.partition(":")
        person = str(action.context.get(f"{kind}_id") or self._person(leg))
        self._people[leg] = person
        outcome, seconds = self._expert_phone(person) if kind == "expert" else self._agent_phone(person)
        self._phones[leg] = "ringing"
        self._outcomes[leg] = outcome
        self._later(min(0.1, seconds / 2), lambda: self._ring(leg))
        if outcome in SIP_CODES and not (kind == "expert" and outcome == "refused" and seconds > 3):
            self._later(seconds, lambda: self._down(leg, SIP_CODES[outcome]))
        elif outcome != "no_answer":
            self._later(min(seconds, 4.0), lambda: self._pick_up(leg))

    def _person(self, leg: str) -> str:
        agent = self.core.agent
        if agent is not None and agent.leg == leg:
            return agent.agent_id
        return ""

    def _ring(self, leg: str) -> None:
        if self._phones.get(leg) == "ringing":
            self.feed(ev.LegRinging(leg))

    def _pick_up(self, leg: str) -> None:
        if self._phones.get(leg) == "ringing":
            self._phones[leg] = "up"
            self.feed(ev.LegAnswered(leg))

    def _expert_keys(self, leg: str) -> None:
        """The brief was heard: 1, 2, nothing, or the phone is put down."""
        digit = {"accepted": "1", "refused": "2"}.get(self._outcomes.get(leg, ""))
        if digit is not None:
            self._later(self._rng.uniform(0.2, 3), lambda: self.feed(ev.Digit(leg, digit, "rfc4733")))
        elif self._rng.random() < 0.5:
            self._later(2.0, lambda: self._down(leg, 200))

    # Audio at the caller's ear (I10).

    def _hears(self) -> bool:
        up = {leg for leg, state in self._phones.items() if state == "up"}
        bridged = any("caller" in pair and pair <= up for pair in self._bridges)
        waiting_for_key = isinstance(self.core.wait, ev.DigitsWait) or self.core.rating_open
        return bool(self._playing or self._music or bridged or waiting_for_key)

    def _note_silence(self) -> None:
        now = self._clock()
        if self._silent_since is not None:
            self.longest_silence = max(self.longest_silence, now - self._silent_since)
        answered = self.core.confirmed and not self.core.ended and self._phones.get("caller") == "up"
        self._silent_since = now if answered and not self._hears() else None
