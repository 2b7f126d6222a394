"""One decision being made: the state so far, and what has been decided to do and to say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hotline.core.conversations import actions as act
from hotline.core.conversations.model import CALLER, PersonKind, State, Talk, Third
from hotline.core.conversations.wiring import pairs
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
    partings: list[act.Action] = field(default_factory=list)
    """What must be disconnected before anybody is joined: the same two legs may be bridged for good in this very turn."""
    before: State = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.state

    def set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)

    def do(self, *wanted: act.Action) -> None:
        self.actions.extend(wanted)

    def say(self, name: str, **data: Any) -> None:
        self.facts.append((name, data))

    def decision(self) -> Decision:
        """Everything decided. What changes in who hears whom comes first, the parting before the joining."""
        old, new = pairs(self.before), pairs(self.state)
        parted = [act.Unbridge(*pair) for pair in sorted(old - new)]
        joined = [act.Bridge(*pair) for pair in sorted(new - old)]
        return Decision(self.state, (*parted, *self.partings, *joined, *self.actions), tuple(self.facts))

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

    def start_talk(self, kind: PersonKind, person_id: str, leg: str) -> Talk:
        """Begin a talk between the caller and `leg`: quiet for the caller, and the recording."""
        record = kind != "agent" or self.state.policy.record_agent
        talk = self._talk(kind, person_id, leg, record=record)
        self.quiet_caller()
        if record:
            self.do(act.Record(talk.recording_id, talk.talk_id, CALLER, (leg,)))
        self.remind_of_talk(0)
        return talk

    def _talk(self, kind: PersonKind, person_id: str, leg: str, *, record: bool) -> Talk:
        recording_id = self.new_id("rec") if record else ""
        return Talk(self.new_id("tlk"), kind, person_id, leg, self.now, recording_id)

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
        """Close a talk: recording, the fact who left, and whom a rating would belong to (one of ours, never another
        hotline)."""
        self._end_recording(talk)
        self.say(f"{talk.kind}_left", **{f"{talk.kind}_id": talk.person_id}, talk_id=talk.talk_id, ended_by=ended_by)
        self.do(act.CancelTimer("talk_reminder"))
        self.set(first_end=ended_by)
        if talk.kind != "party":
            self.set(rated_talk=talk, rated_seconds=self.now - talk.started_at)

    def _end_recording(self, talk: Talk) -> None:
        if talk.recording_id:
            self.do(act.StopRecord(talk.recording_id))
            seconds = round(self.now - talk.started_at, 2)
            self.say("recording_ended", recording_id=talk.recording_id, talk_id=talk.talk_id, seconds=seconds)

    def start_side_talk(self, third: Third, transfer_id: str, role: str, agent_leg: str) -> Talk:
        """Begin a consultation (agent and third person, the caller's channel silent) or a conference (caller and third person;
        the agent's own recording goes on)."""
        talk = self._talk(third.kind, third.person_id, third.leg, record=True)
        left, right = ("", (agent_leg, third.leg)) if role == "consult" else (CALLER, (third.leg,))
        self.do(act.Record(talk.recording_id, talk.talk_id, left, right))
        who = {"person_kind": third.kind, "person_id": third.person_id}
        self.say("side_talk_started", transfer_id=transfer_id, talk_id=talk.talk_id, role=role, **who)
        self.recording_facts(talk)
        return talk

    def end_side_talk(self, talk: Talk) -> None:
        """Close it. Who talked with the caller all the while, goes on."""
        self._end_recording(talk)
        self.say("side_talk_ended", talk_id=talk.talk_id, person_kind=talk.kind, person_id=talk.person_id)

    def remind_of_talk(self, given: int) -> None:
        """Set the clock for the next soft reminder of a long talk, `given` of which there have been."""
        steps = (0.0, *self.state.policy.talk_reminder_seconds)
        self.set(reminders=given)
        if given + 1 < len(steps):
            self.do(act.SetTimer("talk_reminder", max(1.0, steps[given + 1] - steps[given])))

    def hang_up(self, leg: str, sip_code: int = 603) -> None:
        self.do(act.HangUp(leg, sip_code))
