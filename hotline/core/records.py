"""The shape of a call's record: what `hotline.core.cdr` folds facts into, and the database keeps.

All times are Unix seconds (UTC), None where it has not happened.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TalkRecord:
    """Caller and one person, from `started_at` to `ended_at` (None: still talking). `role`: `main`, or what a third person's
    talk beside it is: `consult` (agent and third person, without the caller) or `conference`. Only main talks count as talk
    time: each second belongs to exactly one person."""

    talk_id: str
    person_kind: str
    person_id: str
    started_at: float
    ended_at: float | None = None
    ended_by: str = ""
    role: str = "main"


@dataclass(frozen=True, slots=True)
class TransferRecord:
    """`kind` and `target` as in `start_transfer`; `stage` is the last one reached; `third_kind`, `third_id`: who came."""

    transfer_id: str
    agent_id: str
    started_at: float
    ended_at: float | None = None
    outcome: str = ""
    reason: str = ""
    kind: str = "auto"
    target: str = "expert"
    stage: str = "seeking"
    third_kind: str = ""
    third_id: str = ""


@dataclass(frozen=True, slots=True)
class ThirdRecord:
    """A colleague or another hotline dialled in a transfer."""

    try_id: str
    transfer_id: str
    person_kind: str
    person_id: str
    dialled_at: float
    ringing_at: float | None = None
    answered_at: float | None = None
    left_at: float | None = None
    ended_at: float | None = None
    outcome: str = ""
    sip_code: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TryRecord:
    """One expert dialled in a transfer."""

    try_id: str
    transfer_id: str
    expert_id: str
    dialled_at: float
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    outcome: str = ""
    sip_code: int = 0
    seconds: float = 0.0
    talk_id: str | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class RatingRecord:
    talk_id: str
    person_kind: str
    person_id: str
    score: int
    method: str
    at: float


@dataclass(frozen=True, slots=True)
class RecordingRecord:
    """`state`: capturing, captured, failed. Sealing happens later and elsewhere."""

    recording_id: str
    talk_id: str
    person_kind: str
    person_id: str
    started_at: float
    ended_at: float | None = None
    seconds: float | None = None
    state: str = "capturing"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A voice message. Its recording has the message's id in place of a talk's."""

    message_id: str
    recording_id: str
    started_at: float
    ended_at: float | None = None
    outcome: str = ""
    ended_by: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CallRecord:
    """Everything that the facts say about one call. `known` is False while only routing has spoken of it."""

    call_id: str
    known: bool = False
    direction: str = "inbound"
    task_id: str | None = None
    task_kind: str = ""
    of_call: str = ""
    """Of a rating call: the consultation that the rating belongs to."""
    dialled_at: float | None = None
    """Of an outbound call: when the person was dialled."""
    dial_status: str = ""
    """Of an outbound call: what became of that, when it was not answered."""
    dial_code: int = 0
    trunk: str = ""
    called: str = ""
    caller_enc: str = ""
    caller_masked: str = ""
    caller_hash: str = ""
    region_hint: str = ""
    flow: str = ""
    flow_version: str = ""
    worker: str = ""
    arrived_at: float = 0.0
    answered_at: float | None = None
    queued_at: float | None = None
    agent_connected_at: float | None = None
    ended_at: float | None = None
    queue: str = ""
    priority: int = 3
    language: str = ""
    cause: str = ""
    ended_by: str = ""
    phase: str = "arrived"
    sip_code: int = 0
    answered: bool = False
    rating_outcome: str = ""
    hold_since: float | None = None
    hold_seconds: float = 0.0
    talks: tuple[TalkRecord, ...] = ()
    transfers: tuple[TransferRecord, ...] = ()
    tries: tuple[TryRecord, ...] = ()
    thirds: tuple[ThirdRecord, ...] = ()
    rating: RatingRecord | None = None
    recordings: tuple[RecordingRecord, ...] = ()
    messages: tuple[MessageRecord, ...] = ()
    hours: str = ""
    last_at: float = 0.0

    @property
    def closed(self) -> bool:
        return self.ended_at is not None

    @property
    def agent_id(self) -> str | None:
        """The last agent who talked."""
        return self._last_person("agent")

    @property
    def expert_id(self) -> str | None:
        """The last expert who talked."""
        return self._last_person("expert")

    @property
    def wait_seconds(self) -> float:
        """From the first queue to the first human, or to the end; 0 while it is not known."""
        first = self.talks[0].started_at if self.talks else None
        until = self.agent_connected_at or first or self.ended_at
        return max(0.0, until - self.queued_at) if self.queued_at is not None and until is not None else 0.0

    @property
    def talk_seconds(self) -> float:
        """Sum of the talks that are over; talks of third people beside them do not count twice."""
        return sum(talk.ended_at - talk.started_at for talk in self.main_talks if talk.ended_at is not None)

    @property
    def main_talks(self) -> tuple[TalkRecord, ...]:
        """The talks that make up the call, one after another."""
        return tuple(talk for talk in self.talks if talk.role == "main")

    @property
    def consultation_over(self) -> bool:
        """Whether the last talk came to its end by one of the people, before anything failed."""
        return bool(self.main_talks) and self.main_talks[-1].ended_by in ("caller", "agent", "expert", "party")

    @property
    def first_agent_id(self) -> str | None:
        """The first agent who talked: whose caller it is, whoever they were handed to."""
        return next((talk.person_id for talk in self.main_talks if talk.person_kind == "agent"), None)

    def _last_person(self, kind: str) -> str | None:
        return next((talk.person_id for talk in reversed(self.main_talks) if talk.person_kind == kind), None)
