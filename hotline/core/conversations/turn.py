"""One decision being made: the state so far, and what has been decided to do and to say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hotline.core.conversations import actions as act
from hotline.core.conversations.model import CALLER, State, Talk
from hotline.core.ids import new_id


@dataclass(frozen=True, slots=True)
class Decision:
    """`facts` are (name, data) in order; the conversation numbers and stamps them. `actions` are to be done in order,
    after the facts were journalled."""

    state: State
    actions: tuple[act.Action, ...]
    facts: tuple[tuple[str, dict[str, Any]], ...]


@dataclass(slots=True)
class Turn:
    """Mutable only while one event is being answered."""

    state: State
    now: float
    actions: list[act.Action] = field(default_factory=list)
    facts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)

    def do(self, *wanted: act.Action) -> None:
        self.actions.extend(wanted)

    def say(self, name: str, **data: Any) -> None:
        self.facts.append((name, data))

    def decision(self) -> Decision:
        return Decision(self.state, tuple(self.actions), tuple(self.facts))

    def new_id(self, prefix: str) -> str:
        return new_id(prefix, self.now)

    # What several stages need.

    def play_caller(self, *prompts: str) -> None:
        """Play prompts to the caller in the call's language."""
        number = self.state.playbacks + 1
        self.set(playback=number, playbacks=number)
        self.do(act.Play(CALLER, prompts, self.state.language, number))

    def quiet_caller(self) -> None:
        """Stop prompts and music at the caller."""
        if self.state.playback:
            self.do(act.StopPlay(CALLER))
        self.set(playback=0)
        self.do(act.Music(CALLER, on=False))

    def add_leg(self, leg: str) -> None:
        self.set(legs=(*self.state.legs, leg))

    def drop_leg(self, leg: str) -> None:
        self.set(legs=tuple(item for item in self.state.legs if item != leg))

    def start_talk(self, kind: str, person_id: str, leg: str) -> Talk:
        """Begin a talk between the caller and `leg`: bridge them and start the recording."""
        state = self.state
        record = kind == "expert" or state.policy.record_agent
        talk = Talk(
            talk_id=self.new_id("tlk"),
            kind="agent" if kind == "agent" else "expert",
            person_id=person_id,
            leg=leg,
            started_at=self.now,
            recording_id=self.new_id("rec") if record else "",
        )
        self.quiet_caller()
        self.do(act.Bridge(CALLER, leg))
        if record:
            self.do(act.Record(talk.recording_id, talk.talk_id, CALLER, leg))
        return talk

    def recording_facts(self, talk: Talk) -> None:
        """Say that the talk is being recorded, or why it is not."""
        if talk.recording_id:
            self.say(
                "recording_started",
                recording_id=talk.recording_id,
                talk_id=talk.talk_id,
                person_kind=talk.kind,
                person_id=talk.person_id,
            )
        else:
            self.say("recording_failed", talk_id=talk.talk_id, reason="policy_from_transfer")

    def end_talk(self, talk: Talk, ended_by: str) -> None:
        """Close a talk: recording, the fact who left, and whom a rating would belong to."""
        if talk.recording_id:
            self.do(act.StopRecord(talk.recording_id))
            self.say(
                "recording_ended",
                recording_id=talk.recording_id,
                talk_id=talk.talk_id,
                seconds=round(self.now - talk.started_at, 2),
            )
        if talk.kind == "agent":
            self.say("agent_left", agent_id=talk.person_id, talk_id=talk.talk_id, ended_by=ended_by)
        else:
            self.say("expert_left", expert_id=talk.person_id, talk_id=talk.talk_id, ended_by=ended_by)
        self.set(rated_talk=talk, rated_seconds=self.now - talk.started_at, first_end=ended_by)

    def hang_up(self, leg: str, sip_code: int = 603) -> None:
        self.do(act.HangUp(leg, sip_code))
