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
    nobody within `seconds`. `closed`: out of hours. `failed`: no queue could be entered.
    """

    kind: ClassVar[str] = "queue"
    outcomes: ClassVar[tuple[str, ...]] = ("talked", "timeout", "closed", "failed")

    queue: str
    priority: int
    """0 is ordinary (P3), higher is served first, up to 3 (P0: danger to life)."""
    music: str
    seconds: float

    def describe(self) -> str:
        """A few words for people and for golden scenarios."""
        return f"queue {self.queue}" + (f" priority {self.priority}" if self.priority else "")


@dataclass(frozen=True, slots=True)
class RateWait:
    """The caller rates the talk with one key. `prompt` is played; after `seconds` without a key `repeat_prompt`, and
    after a wrong key `invalid_prompt`, both together at most `repeats` times.

    `rated`: a key of `keys` (as `score` in the data). `no_rating`: no valid key. `skipped`: not asked (talk too short,
    ratings switched off).
    """

    kind: ClassVar[str] = "rate"
    outcomes: ClassVar[tuple[str, ...]] = ("rated", "no_rating", "skipped")

    prompt: str
    repeat_prompt: str
    invalid_prompt: str
    keys: tuple[str, ...]
    seconds: float
    repeats: int

    def describe(self) -> str:
        """A few words for people and for golden scenarios."""
        return "rate " + " ".join(self.keys)


Wait = DigitsWait | QueueWait | RateWait
