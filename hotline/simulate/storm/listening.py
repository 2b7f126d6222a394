"""Who heard whom, and for how long not: the ears of a call laid beside its facts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from hotline.simulate.ear import Ear

Fact = Mapping[str, Any]

_OPENS: Final = {"agent_connected": "agent_id", "expert_connected": "expert_id", "party_connected": "party_id"}
_CLOSES: Final = frozenset(
    {
        *("agent_left", "expert_left", "party_left", "hold_started", "transfer_started", "transfer_moved", "side_talk_started"),
        *("monitor_started", "monitor_changed", "call_ended", "rating_offered", "third_left"),
    }
)
_BACK: Final = ("returned", "cancelled")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Caller and one person, undisturbed, from when to when."""

    person: str
    since: float
    until: float


def stretches(timeline: Iterable[Fact]) -> list[Stretch]:
    """The parts of a call in which caller and one person must hear each other all the time."""
    found: list[Stretch] = []
    person, agent, since = "", "", 0.0

    def close(at: float) -> None:
        nonlocal person
        if person:
            found.append(Stretch(person, since, at))
        person = ""

    for fact in sorted((f for f in timeline if f["source"] != "routing"), key=lambda f: float(f["at"])):
        name, at, data = str(fact["name"]), float(fact["at"]), fact["data"]
        if name in _OPENS:
            close(at)
            person, since = str(data[_OPENS[name]]), at
            agent = person if name == "agent_connected" else agent
        elif name in _CLOSES:
            close(at)
            agent = "" if name == "agent_left" and data.get("agent_id") == agent else agent
        elif agent and (name == "hold_ended" or (name == "transfer_ended" and data.get("outcome") in _BACK)):
            close(at)
            person, since = agent, at
    return found


def longest_without(ears: Sequence[Ear], voice: int, since: float, until: float) -> float:
    """Longest time in seconds within the two moments in which none of the ears heard that voice."""
    heard = sorted(
        at for ear in ears for at, number in zip(ear.times, ear.voices, strict=True) if number == voice and since <= at <= until
    )
    return max((b - a for a, b in pairwise([since, *heard, until])), default=0.0)


def served_between(timeline: Iterable[Fact]) -> list[tuple[float, float]]:
    """When the caller must hear something without a break: from the queue to the end of the last talk."""
    found: list[tuple[float, float]] = []
    began = 0.0
    for fact in sorted((f for f in timeline if f["source"] != "routing"), key=lambda f: float(f["at"])):
        name, at = str(fact["name"]), float(fact["at"])
        if name in ("queue_entered", "agent_connected", "expert_connected", "party_connected") and not began:
            began = at
        elif name in ("rating_offered", "call_ended", "callback_requested", "watchdog_fired") and began:
            found.append((began, at))
            began = 0.0
    return found
