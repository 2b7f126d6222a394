"""One key press, one digit: a carrier may send the same key as RFC 4733 event, as SIP INFO and as audible tone at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

KEYS: Final = frozenset("0123456789*#")
SAME_PRESS_SECONDS: Final = 1.0
"""Reports of one press by different methods lie within this of each other (the in-band detector is the slowest)."""


@dataclass(slots=True)
class DigitFilter:
    """Remembers the presses of the last second of one leg, and which methods have reported each."""

    _recent: list[tuple[str, float, set[str]]] = field(default_factory=list)

    def accept(self, digit: str, method: str, now: float) -> bool:
        """Whether this report is a new press. Flash and anything that is not a key is not.

        A report is a copy when the same digit was reported within `SAME_PRESS_SECONDS` by another method, and this method has
        not yet been counted for that press; so `5 5` sent by two methods stays two presses.
        """
        if digit not in KEYS:
            return False
        self._recent = [item for item in self._recent if now - item[1] < SAME_PRESS_SECONDS]
        for known, _, methods in self._recent:
            if known == digit and method not in methods:
                methods.add(method)
                return False
        self._recent.append((digit, now, {method}))
        return True
