"""A day of the desk: when each agent signed in and out, and how long they were ready and paused, out of what routing
said of their states. Pure.

Nothing is made up: a state lasts from the word that says so to the next word about the same agent; who has said nothing since
the day before was not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

OFF: Final = "offline"
READY: Final = "available"
PAUSED: Final = "paused"


class Said(NamedTuple):
    """From `at` (Unix seconds) on this agent was in this state (:data:`hotline.core.agents.STATES`)."""

    agent_id: str
    state: str
    at: float


@dataclass(slots=True)
class Attendance:
    """One agent on one day; seconds, and Unix seconds. `signed_in`: the first time on this day, None where they were there at
    midnight already and did not sign in again; `signed_out`: the last time, None while they are there."""

    signed_in: float | None = None
    signed_out: float | None = None
    present: float = 0.0
    ready: float = 0.0
    paused: float = 0.0

    def __bool__(self) -> bool:
        return self.present > 0 or self.signed_in is not None or self.signed_out is not None


def attendances(said: Iterable[Said], since: float, until: float) -> dict[str, Attendance]:
    """Agent → their day, from `since` to `until`; who was not there is left out. `said`: in order, with what was said last
    of each the day before, so that it is known who was there when the day began; what comes after `until` is not looked at."""
    found: dict[str, Attendance] = {}
    held: dict[str, Said] = {}
    for word in said:
        if word.at >= until:
            break
        before = held.get(word.agent_id)
        held[word.agent_id] = word
        day = found.setdefault(word.agent_id, Attendance())
        if before is not None:
            _count(day, before, since, word.at)
        was_there, is_there = before is not None and before.state != OFF, word.state != OFF
        if word.at < since or was_there == is_there:
            continue
        if is_there:
            day.signed_in = word.at if day.signed_in is None else day.signed_in
            day.signed_out = None
        else:
            day.signed_out = word.at
    for agent_id, word in held.items():
        _count(found[agent_id], word, since, until)
    return {agent_id: day for agent_id, day in found.items() if day}


def _count(day: Attendance, word: Said, since: float, until: float) -> None:
    seconds = max(0.0, until - max(word.at, since))
    if word.state != OFF:
        day.present += seconds
    if word.state == READY:
        day.ready += seconds
    elif word.state == PAUSED:
        day.paused += seconds
