"""What a flow can wait for. Each wait names every way it can end (`outcomes`), so that a flow can route every one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

KEYS: Final = "0123456789*#"
"""The keys of a telephone."""


@dataclass(frozen=True, slots=True)
class DigitsWait:
    """The caller keys something. `seconds` run from the end of the last prompt to the first key, `inter_digit_seconds`
    between keys (only with `max_digits` > 1). `barge_in`: a key cuts the prompts short that may be cut (see `Say`)."""

    kind: ClassVar[str] = "digits"

    max_digits: int
    seconds: float
    inter_digit_seconds: float
    finish_on: str
    """A key that ends the entry early and is not part of it; empty: none."""
    barge_in: bool
    keys: tuple[str, ...]

    @property
    def outcomes(self) -> tuple[str, ...]:
        return (*self.keys, "no_input", "invalid")

    def outcome(self, digits: str) -> str:
        """The outcome of what was keyed (without `finish_on`): the key itself, `no_input` or `invalid`."""
        return digits if digits in self.keys else "invalid" if digits else "no_input"

    def complete(self, digits: str) -> bool:
        """Whether no further key need be waited for: the entry is full, or nothing longer would fit any key.

        Unknown entries are complete at once, so that a wrong key leads on without a delay.
        """
        return len(digits) >= self.max_digits or not any(key.startswith(digits) and key != digits for key in self.keys)

    def describe(self) -> str:
        """A few words for people and for golden scenarios."""
        return "digits " + " ".join(self.keys)


@dataclass(frozen=True, slots=True)
class QueueWait:
    """The caller waits for a human of `queue`, and talks. `seconds` limit the waiting, not the talk.

    `talked`: a human was reached and the talk (with all transfers) is over while the caller is still there. `timeout`:
    nobody within `seconds`. `closed`: out of hours. `failed`: no queue could be entered. Only where the flow wants them:
    `callback` (the caller was offered a call-back that keeps the place, and took it), `full` (the queue has no room; without
    it that is a `timeout`).
    """

    kind: ClassVar[str] = "queue"

    queue: str
    priority: int
    """0 is ordinary (P3), higher is served first, up to 3 (P0: danger to life)."""
    music: str
    seconds: float
    callback: float = 0.0
    """Seconds of waiting after which a call-back is offered; 0: it is not."""
    full: bool = False

    @property
    def outcomes(self) -> tuple[str, ...]:
        extra = (("callback",) if self.callback else ()) + (("full",) if self.full else ())
        return ("talked", "timeout", "closed", "failed", *extra)

    def describe(self) -> str:
        """A few words for people and for golden scenarios."""
        return f"queue {self.queue}" + (f" priority {self.priority}" if self.priority else "")


@dataclass(frozen=True, slots=True)
class RateWait:
    """The caller rates the talk with one key. `prompt` is played; after `seconds` without a key `repeat_prompt`, and
    after a wrong key `invalid_prompt`, both together at most `repeats` times.

    `rated`: a key of `keys` (as `score` in the data). `no_rating`: no valid key. `skipped`: not asked (talk too short,
    ratings switched off). `human`: `human_key` was pressed instead.
    """

    kind: ClassVar[str] = "rate"

    prompt: str
    repeat_prompt: str
    invalid_prompt: str
    keys: tuple[str, ...]
    seconds: float
    repeats: int
    human_key: str = ""
    earlier_talk: bool = False
    """The rating is of a talk in an earlier call."""

    @property
    def outcomes(self) -> tuple[str, ...]:
        return ("rated", "no_rating", "skipped", *(("human",) if self.human_key else ()))

    def describe(self) -> str:
        """A few words for people and for golden scenarios."""
        return "rate " + " ".join(self.keys)


@dataclass(frozen=True, slots=True)
class StaffWait:
    """One of our own people in their menu: recognised by number or staff number, then by a PIN; hears and sets their state.

    `done`: they have finished. `refused`: too many wrong PINs. `failed`: the house did not answer.
    """

    kind: ClassVar[str] = "staff"
    outcomes: ClassVar[tuple[str, ...]] = ("done", "refused", "failed")

    seconds: float

    def describe(self) -> str:
        """A few words for people and for golden scenarios."""
        return "staff menu"


@dataclass(frozen=True, slots=True)
class ProgressWait:
    """The caller keys a ticket's number and its code, and hears how far it is and until when.

    `done`: heard, and nothing else wanted. `human`: a person is wanted, or number and code were wrong too often. `failed`: the
    house did not answer.
    """

    kind: ClassVar[str] = "progress"
    outcomes: ClassVar[tuple[str, ...]] = ("done", "human", "failed")

    seconds: float

    def describe(self) -> str:
        """A few words for people and for golden scenarios."""
        return "ticket progress"


@dataclass(frozen=True, slots=True)
class HoursWait:
    """Not a wait at all, but a question that is answered at once: is the line the caller dialled open?

    `open` (also when nobody knows), `holiday` (closed, and the day is one), `closed`.
    """

    kind: ClassVar[str] = "hours"
    outcomes: ClassVar[tuple[str, ...]] = ("open", "closed", "holiday")
    seconds: ClassVar[float] = 0.0

    calendar: str
    """`line`: that of the dialled number."""

    def describe(self) -> str:
        """A few words for people and for golden scenarios."""
        return f"hours {self.calendar}"


@dataclass(frozen=True, slots=True)
class DialWait:
    """The mobiles of those on the roster ring one after another until somebody presses 1 to accept; the caller hears music
    and how it stands. `seconds` limit the search, not the talk.

    `talked`: somebody accepted, and the talk is over. `nobody`: nobody on the roster, or nobody accepted. `failed`: the
    search could not be made, or the talk was cut off.
    """

    kind: ClassVar[str] = "dial"
    outcomes: ClassVar[tuple[str, ...]] = ("talked", "nobody", "failed")

    who: str
    """`duty`: the duty staff of the bureau."""
    seconds: float
    music: str
    next_prompt: str
    """Said before every further telephone that is tried."""

    def describe(self) -> str:
        """A few words for people and for golden scenarios."""
        return f"dial {self.who}"


@dataclass(frozen=True, slots=True)
class RecordWait:
    """The caller leaves a voice message after the beep: until `finish_on`, a silence of `silence` seconds, `seconds` in all, or
    hanging up (what was said is kept then too).

    `recorded`: something was said. `empty`: nothing but silence. `failed`: it could not be recorded.
    """

    kind: ClassVar[str] = "record"
    outcomes: ClassVar[tuple[str, ...]] = ("recorded", "empty", "failed")

    seconds: float
    silence: float
    beep: str
    finish_on: str

    def describe(self) -> str:
        """A few words for people and for golden scenarios."""
        return f"record {self.seconds:g}"


Wait = DigitsWait | QueueWait | RateWait | HoursWait | DialWait | RecordWait | StaffWait | ProgressWait
