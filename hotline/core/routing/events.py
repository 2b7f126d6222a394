"""What routing is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from hotline.core.calendars.timetable import Timetable
from hotline.core.facts import Fact
from hotline.core.queues.places import Place
from hotline.core.routing.people import People


@dataclass(frozen=True, slots=True)
class FactSeen:
    """A fact from the stream."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `lease_seconds` is what is left of the asking agent's lease, looked up with the request, so that a
    console that has just connected need not wait for the next comparison; None when not looked up."""

    request_id: str
    name: str
    data: Mapping[str, Any]
    lease_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class World:
    """How things are: live snapshots by call id, seconds left of agents' leases (absent: none). `emptied`: Redis has
    lost everything since the last look. `interrupted`: Redis could not be reached for a while."""

    live: Mapping[str, Mapping[str, Any]]
    leases: Mapping[str, float]
    emptied: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class PeopleLoaded:
    people: People


@dataclass(frozen=True, slots=True)
class CallerKnown:
    """What the database has on the caller of a live call: the place that is kept for them (they were cut off by our fault),
    and a class (`P2`) with its `reason` when their earlier forms open the green channel."""

    call_id: str
    place: Place | None = None
    priority: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallTask:
    """Somebody to be called, as the database has it. `call_id`: of the next try, or of the one under way, which was begun at
    `begun_at`. `number_enc` is sealed for the task."""

    task_id: str
    kind: str
    state: str
    reason: str
    call_id: str
    number_enc: str
    caller_masked: str
    caller_hash: str
    place_at: float
    due_at: float
    expires_at: float
    region_hint: str = ""
    trunk: str = ""
    queue: str = ""
    priority: int = 3
    language: str = ""
    calls: int = 1
    tries: int = 0
    of_call: str = ""
    """The first call behind it; of a rating or follow-up the consultation."""
    not_agent_id: str = ""
    talk: Mapping[str, str] = field(default_factory=dict)
    begun_at: float = 0.0

    @classmethod
    def from_record(cls, raw: Mapping[str, Any]) -> CallTask:
        """From JSON; unknown keys are ignored. Raises TypeError when something is missing."""
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in raw.items() if key in known})


@dataclass(frozen=True, slots=True)
class TasksLoaded:
    """Open tasks that are due (or will be within the minute), and those being called. `on`: dialling out is allowed, else
    `by` says who or what stopped it. `dialled`: calls of the last day as (key, destination, at), for the caps."""

    tasks: tuple[CallTask, ...]
    on: bool = True
    by: str = ""
    dialled: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TryBegun:
    """The database's answer to `BeginTry`: `task` when it may be called, else why not."""

    task_id: str
    call_id: str
    task: CallTask | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HoursKnown:
    """When each line is open in the next days."""

    timetable: Timetable


@dataclass(frozen=True, slots=True)
class Restored:
    """What an earlier routing left behind: agents, expert uses, and its board. All empty: Redis is new."""

    agents: Mapping[str, Mapping[str, Any]]
    uses: Mapping[str, Mapping[str, Any]]
    board: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Event = FactSeen | Asked | World | PeopleLoaded | CallerKnown | HoursKnown | TasksLoaded | TryBegun | Restored | Tick
