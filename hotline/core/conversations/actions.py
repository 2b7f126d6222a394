"""What a conversation can want done. The interpreter carries them out in order; each is idempotent for a leg that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class AnswerCaller:
    """Send 200 to the caller."""


@dataclass(frozen=True, slots=True)
class StepFlow:
    """Start the flow (`outcome` empty) or resume it with the outcome of its wait; the answer is the event `FlowStepped`."""

    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Play:
    """Play prompts (ids) one after another to a leg; the event `Played` follows. Replaces what plays there now."""

    leg: str
    prompts: tuple[str, ...]
    language: str
    playback: int


@dataclass(frozen=True, slots=True)
class StopPlay:
    leg: str


@dataclass(frozen=True, slots=True)
class Music:
    """Music to a leg, on or off."""

    leg: str
    on: bool


@dataclass(frozen=True, slots=True)
class Listen:
    """Digits are awaited from this leg (turns the in-band detector on or off)."""

    leg: str
    on: bool


@dataclass(frozen=True, slots=True)
class Dial:
    """Dial a leg: either a SIP `uri`, or a sealed number through a trunk."""

    leg: str
    uri: str = ""
    number_enc: str = ""
    trunk: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a leg: CANCEL, BYE or a final answer with `sip_code`, whichever fits."""

    leg: str
    sip_code: int = 603


@dataclass(frozen=True, slots=True)
class Bridge:
    """Let two legs hear each other."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Unbridge:
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Hear:
    """Let `sink` hear `source`, or no longer: one way only."""

    source: str
    sink: str
    on: bool


@dataclass(frozen=True, slots=True)
class Tap:
    """Put one more voice on the second channel of a recording, or take it off."""

    recording_id: str
    leg: str
    on: bool


@dataclass(frozen=True, slots=True)
class Record:
    """Capture both sides of a talk in two mono files: the caller's leg (empty: a silent channel), and the others, mixed."""

    recording_id: str
    talk_id: str
    caller: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meter:
    """Tell whether somebody speaks on this leg: `VoiceHeard` once, `FellSilent` after `silence` seconds without a voice."""

    leg: str
    on: bool
    silence: float = 0.0


@dataclass(frozen=True, slots=True)
class StopRecord:
    recording_id: str


@dataclass(frozen=True, slots=True)
class SetTimer:
    """`TimerFired(name)` after `seconds`; setting it again moves it."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CancelTimer:
    name: str


@dataclass(frozen=True, slots=True)
class AskStaff:
    """Ask the house something about its own people (docs/protocol.md, "The staff's telephone"); the answer is the command
    `staff_answer` with the same `number`. `keys` are what was keyed: a PIN perhaps, so they go nowhere else."""

    number: int
    question: str
    data: Mapping[str, Any]
    keys: str = ""


@dataclass(frozen=True, slots=True)
class Exit:
    """Nothing is left to do: the process may end."""


Action = (
    AnswerCaller
    | StepFlow
    | Play
    | StopPlay
    | Music
    | Listen
    | Dial
    | HangUp
    | Bridge
    | Unbridge
    | Hear
    | Tap
    | Record
    | Meter
    | StopRecord
    | SetTimer
    | CancelTimer
    | AskStaff
    | Exit
)
