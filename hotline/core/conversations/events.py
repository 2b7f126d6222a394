"""What can happen to a conversation. All frozen; legs are named `caller`, `agent:<offer_id>` and `expert:<try_id>`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hotline.core.commands import Command
from hotline.core.conversations.orders import Order


@dataclass(frozen=True, slots=True)
class Invited:
    """The caller's INVITE is here and can be answered. `data` are the fields of the fact `call_arrived`."""

    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ordered:
    """We are to call somebody. `data` are the fields of the fact `call_arrived`."""

    data: Mapping[str, Any]
    order: Order


@dataclass(frozen=True, slots=True)
class Unacceptable:
    """The caller's INVITE cannot be answered (no codec in common …); `sip_code` was sent."""

    data: Mapping[str, Any]
    sip_code: int


@dataclass(frozen=True, slots=True)
class Answered:
    """200 was sent to the caller."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The caller's ACK came: audio may flow both ways."""


@dataclass(frozen=True, slots=True)
class FlowStepped:
    """The flow went on: play `says` (prompt ids), then do `wait`; no wait means: hang up after them with `cause`.

    The first `uncut` of `says` are played to their end (the notice of recording must be heard): a key pressed meanwhile
    counts after them.
    """

    node: str
    language: str
    says: tuple[str, ...]
    wait: Wait | None
    uncut: int = 0
    cause: str = ""
    hours: tuple[Mapping[str, Any], ...] = ()
    """What the flow asked about opening hours on the way: the data of `hours_checked`."""


@dataclass(frozen=True, slots=True)
class DigitsWait:
    """Collect one key. `keys` are the routes; anything else is `invalid`."""

    keys: tuple[str, ...]
    seconds: float
    barge_in: bool


@dataclass(frozen=True, slots=True)
class QueueWait:
    """Wait for a human for at most `seconds`. `callback_seconds`: after this a call-back is offered (0: never); `full`: the
    flow has a route of its own for a full queue."""

    queue: str
    priority: str
    seconds: float
    callback_seconds: float = 0.0
    full: bool = False


@dataclass(frozen=True, slots=True)
class RateWait:
    """Ask for a rating: `seconds` after each prompt, `repeats` more prompts."""

    prompt: str
    repeat_prompt: str
    invalid_prompt: str
    keys: tuple[str, ...]
    seconds: float
    repeats: int
    human_key: str = ""
    """A key that leads to a human instead; empty: none."""


@dataclass(frozen=True, slots=True)
class StaffWait:
    """The staff's own menu, for at most `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ProgressWait:
    """Somebody asks how far their ticket is, for at most `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class DialWait:
    """Have the duty roster's mobiles rung, for at most `seconds`; `next_prompt` before each further one."""

    seconds: float
    next_prompt: str
    region: str = ""
    """Division code of the line's area: who is near is rung first."""


@dataclass(frozen=True, slots=True)
class RecordWait:
    """Take a voice message after the `beep`: at most `seconds`, until `finish_on` or `silence` seconds of silence."""

    seconds: float
    silence: float
    beep: str
    finish_on: str


Wait = DigitsWait | QueueWait | RateWait | DialWait | RecordWait | StaffWait | ProgressWait


@dataclass(frozen=True, slots=True)
class Played:
    """The prompts of playback `playback` have all been heard by `leg`."""

    leg: str
    playback: int


@dataclass(frozen=True, slots=True)
class Digit:
    """One key from `leg`, after de-duplication. `method`: rfc4733, info or inband."""

    leg: str
    digit: str
    method: str


@dataclass(frozen=True, slots=True)
class LegRinging:
    leg: str


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """The far end sent 200 and media is set up (early media never counts as answered)."""

    leg: str


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The dialog is over. `sip_code` is the final code (200 for a BYE of an answered call). `remote`: they ended it."""

    leg: str
    sip_code: int
    remote: bool = True


@dataclass(frozen=True, slots=True)
class TimerFired:
    name: str


@dataclass(frozen=True, slots=True)
class Commanded:
    command: Command


@dataclass(frozen=True, slots=True)
class Watchdog:
    """Something that should flow does not."""

    kind: Literal["no_ack", "no_media", "rtp_silence", "timeout_hold", "session_expired"]
    leg: str


@dataclass(frozen=True, slots=True)
class LegSilent:
    """Nothing has come from a headset for `seconds`."""

    leg: str
    seconds: float


@dataclass(frozen=True, slots=True)
class LegHeard:
    """Something comes from a headset again that had fallen silent."""

    leg: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something about the surroundings that is only written down: `redis_gone`, `redis_back`, `parent_gone`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Drain:
    """The hotline is being stopped: new calls go elsewhere, this one has `policy.drain_seconds` left."""


@dataclass(frozen=True, slots=True)
class VoiceHeard:
    """Somebody has spoken on a metered leg (once)."""

    leg: str


@dataclass(frozen=True, slots=True)
class FellSilent:
    """Nobody has spoken on a metered leg for as long as was asked for."""

    leg: str


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    """The recorder of `talk_id` could not be started or written."""

    recording_id: str
    reason: str


Event = (
    Invited
    | Ordered
    | Unacceptable
    | Answered
    | Confirmed
    | FlowStepped
    | Played
    | Digit
    | LegRinging
    | LegAnswered
    | LegEnded
    | TimerFired
    | Commanded
    | Watchdog
    | LegSilent
    | LegHeard
    | Noticed
    | Drain
    | VoiceHeard
    | FellSilent
    | RecordingFailed
)
