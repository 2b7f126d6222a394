"""How much may be dialled out through the trunks at all: per hour in all, per destination a day, and one switch that stops
everything (rules: SIP edge policy, outbound). A guard against toll fraud and against a mistake of our own: a task or a
transfer that is refused is told so, and nothing is lost.

Danger to life is never held back: neither the emergency numbers, nor anybody who is called for a pinned call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

HOUR: Final = 3600.0
DAY: Final = 86_400.0
REASONS: Final = ("switched_off", "cap_hour", "cap_destination")
EMERGENCY_NUMBERS: Final = frozenset({"110", "119", "120", "122"})
"""Police, fire, ambulance, traffic accidents: free of charge, and nobody's toll fraud."""


@dataclass(frozen=True, slots=True)
class Caps:
    """`per_hour` counts every call dialled out. Destinations are counted over 24 hours: a person we call; an expert, who is
    called many times a day; an agent on a plain telephone, whose every caller is a call; another hotline."""

    per_hour: int = 300
    per_person_a_day: int = 6
    per_expert_a_day: int = 60
    per_agent_a_day: int = 300
    per_hotline_a_day: int = 200

    def of(self, kind: str) -> int:
        """The bound of a kind of destination. Raises KeyError for one that is none."""
        return {
            "person": self.per_person_a_day,
            "expert": self.per_expert_a_day,
            "agent": self.per_agent_a_day,
            "hotline": self.per_hotline_a_day,
        }[kind]


def never_capped(*, number: str = "", pinned: str = "") -> bool:
    """Whether a call goes out whatever the caps and the switch say: `number` is dialled, `pinned` the emergency of the call."""
    return bool(pinned) or number in EMERGENCY_NUMBERS


@dataclass(slots=True)
class Ledger:
    """What was dialled lately. `destination` is a blind index or an id, never a number."""

    caps: Caps = field(default_factory=Caps)
    on: bool = True
    """The switch."""
    _all: deque[float] = field(default_factory=deque)
    _by: dict[str, deque[float]] = field(default_factory=dict)
    _seen: dict[str, float] = field(default_factory=dict)

    def refusal(self, kind: str, destination: str, now: float) -> str:
        """Why this must not be dialled now, or ``. `kind`: `person`, `expert`, `agent` or `hotline`."""
        self._forget(now)
        if not self.on:
            return "switched_off"
        if len(self._all) >= self.caps.per_hour:
            return "cap_hour"
        return "cap_destination" if len(self._by.get(destination, ())) >= self.caps.of(kind) else ""

    def dialled(self, key: str, destination: str, at: float) -> None:
        """Count one call; `key` names it, so that it counts once however often it is told."""
        if key in self._seen:
            return
        self._seen[key] = at
        self._all.append(at)
        self._by.setdefault(destination, deque()).append(at)

    def recall(self, calls: Iterable[tuple[str, str, float]]) -> None:
        """Take in (key, destination, at) of what the database knows, in any order."""
        for key, destination, at in sorted(calls, key=lambda item: item[2]):
            self.dialled(key, destination, at)

    @property
    def last_hour(self) -> int:
        """Calls counted in the last hour, as of the last question."""
        return len(self._all)

    def _forget(self, now: float) -> None:
        while self._all and now - self._all[0] >= HOUR:
            self._all.popleft()
        for destination in [key for key, times in self._by.items() if now - times[0] >= DAY]:
            times = self._by[destination]
            while times and now - times[0] >= DAY:
                times.popleft()
            if not times:
                del self._by[destination]
        for key in [key for key, at in self._seen.items() if now - at >= DAY]:
            del self._seen[key]
