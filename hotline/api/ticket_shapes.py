"""The shapes of one ticket with its whole story."""

from __future__ import annotations

from typing import Any

from hotline.api.rows import RecordingRow, TicketRow
from hotline.api.shapes import Shape


class EventRow(Shape):
    """One step: who, when, why, and from which state to which."""

    seq: int
    at: float
    actor: str
    actor_name: str | None
    name: str
    from_state: str
    to_state: str
    why: str
    data: dict[str, Any]


class ClockRow(Shape):
    """One limit. `late`: it ended after its time."""

    id: int
    rule: str
    amount: int
    unit: str
    extra: int
    started_at: float
    due_at: float | None
    provisional: bool
    state: str
    level: str
    stopped_at: float | None
    late: bool
    legal: bool
    source: str
    extendable: int


class NeedRow(Shape):
    """One thing to be said with an act. `codes`: name of the list in `GET /api/ticket-codes`."""

    name: str
    kind: str
    codes: str
    limit: int
    optional: bool


class ActRow(Shape):
    """Something this person may do now. `to`: the state it leads to; empty: none other."""

    name: str
    to: str
    needs: list[NeedRow]


class ObjectionRow(Shape):
    """It was sent back, and what was decided."""

    at: float
    centre_id: str
    centre_name: str | None
    reason: str
    basis: str
    decided_at: float | None
    decided_to: str


class SupervisionRow(Shape):
    """督办."""

    at: float
    way: str
    why: str
    result: str
    ended_at: float | None


class WarningRow(Shape):
    """A warning that was given."""

    at: float
    rule: str
    level: str
    to_whom: str


class ShareRow(Shape):
    """Who else may see it."""

    centre_id: str
    centre_name: str | None
    at: float
    why: str


class HandoverRow(Shape):
    """An offer that stands. `to_person` and `to_centre`: one of them; `mine`: this person may accept it."""

    by_name: str | None
    to_person: str | None
    to_centre: str | None
    until: float | None
    mine: bool


class ProgressWords(Shape):
    """How a ticket stands, for the caller."""

    number: str
    zh: str
    en: str


class StoryCall(Shape):
    """A call about this matter."""

    call_id: str
    arrived_at: float
    ended_at: float | None
    direction: str
    agent_name: str | None
    talk_seconds: float
    rating: int | None
    ticket_number: str | None
    recordings: list[RecordingRow]


class TaskLine(Shape):
    """What was or is owed on it."""

    id: int
    kind: str
    state: str
    created_at: float
    tries: int
    score: int
    cause: str
    fix: str
    done_at: float | None
    done_name: str | None = None


class ComplaintRow(Shape):
    """Whom it complains about, and how far it has come."""

    kind: str
    accused_name: str
    stage: str
    outcome: str
    decided_at: float | None


class GrantRow(Shape):
    """Who may see a confidential ticket."""

    account_id: str
    name: str | None
    by_name: str | None
    at: float
    why: str


class SafetyRow(Shape):
    """How the person may be reached in safety; the number itself and the note are shown with a purpose only."""

    contact_masked: str
    ways: list[str]
    windows: list[str]
    has_note: bool
    at: float


class AvoidanceRow(Shape):
    """回避: whose, at whose request, and what was decided."""

    name: str | None
    side: str
    why: str
    at: float
    granted: bool | None
    decided_name: str | None
    decided_why: str


class TicketDetail(TicketRow):
    """A ticket with its text and history; personal fields are masked."""

    dispatch_reason: str
    caller_groups: list[str]
    risk_flags: list[str]
    language: str
    """Of the caller, as far as it is known (`languages` of the catalogue)."""
    summary: str
    request: str
    result: str
    route: str
    materials: list[str]
    code: str
    final: bool
    reported: bool
    merged_into: str
    repeat_of: str
    handler_id: str
    handler_name: str | None
    keeper_id: str
    keeper_name: str | None
    """Who answers for it now: the first receiver until it is signed, then whoever signed it or accepted it."""
    handover: HandoverRow | None
    progress: ProgressWords
    """To be read out to the caller who calls again with nothing new: of this ticket, or of the one it repeats."""
    caller_name: str
    id_number: str
    has_address: bool
    has_opposing_party: bool
    events: list[EventRow]
    clocks: list[ClockRow]
    acts: list[ActRow]
    objections_made: list[ObjectionRow]
    supervisions: list[SupervisionRow]
    warnings: list[WarningRow]
    shares: list[ShareRow]
    calls: list[StoryCall]
    secret: str
    may_grant: bool
    may_reveal: bool
    complaint: ComplaintRow | None
    grants: list[GrantRow]
    safety: SafetyRow | None
    avoidances: list[AvoidanceRow]
    tasks: list[TaskLine]
    gone: bool = False
    """Only in the answer to an act: it is not this person's to see any more."""
