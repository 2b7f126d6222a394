"""One ticket with its whole story, as JSON: what happened, its limits, its calls and recordings, and what may be done next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.api.names import centre_names
from hotline.api.people import Person
from hotline.api.rows import RecordingRow, TicketRow, recording_rows, ticket_rows
from hotline.api.shapes import Shape
from hotline.api.ticket_progress import ticket_progress
from hotline.api.ticket_sight import actor, may_grant
from hotline.core.phones import mask_id_number, mask_name
from hotline.core.tickets import Act
from hotline.core.tickets.handovers import is_recipient
from hotline.secrecy import Secrecy
from hotline.settings_tickets import TicketSettings
from hotline.store.models import (
    Account,
    Agent,
    Call,
    Recording,
    Ticket,
    TicketClock,
    TicketObjection,
    TicketShare,
    TicketSupervision,
    TicketWarning,
)
from hotline.store.repositories import ticket_clocks, ticket_events, ticket_secrecy, ticket_tasks
from hotline.store.repositories.sealing import unseal
from hotline.store.repositories.ticket_acts import House, seen


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


def story(
    session: Session, secrecy: Secrecy, figures: TicketSettings, ticket: Ticket, person: Person, now: float
) -> TicketDetail:
    """Everything there is to see of one ticket."""

    def opened(column: str) -> str:
        return unseal(secrecy, f"tickets.{column}", ticket.number, getattr(ticket, column))

    events = ticket_events.of_ticket(session, ticket.number)
    house = House(session, figures.limits, figures.warn)
    acts = house.possible(ticket, actor(person), now) if person.may("tickets.act") else []
    names = people(
        session,
        [*(event.actor for event in events), ticket.handler_id, ticket.keeper_id, ticket.offered_by, ticket.offered_to],
    )
    objections = session.scalars(
        select(TicketObjection).where(TicketObjection.number == ticket.number).order_by(TicketObjection.id)
    ).all()
    shares = session.scalars(
        select(TicketShare).where(TicketShare.number == ticket.number, TicketShare.ended_at.is_(None)).order_by(TicketShare.at)
    ).all()
    centres = centre_names(
        session, [*(row.centre_id for row in objections), *(row.centre_id for row in shares), ticket.offered_centre]
    )
    supervisions = session.scalars(
        select(TicketSupervision).where(TicketSupervision.number == ticket.number).order_by(TicketSupervision.id)
    )
    warnings = session.scalars(select(TicketWarning).where(TicketWarning.number == ticket.number).order_by(TicketWarning.id))
    return TicketDetail(
        **ticket_rows(session, [ticket])[0].model_dump(),
        dispatch_reason=ticket.dispatch_reason,
        caller_groups=ticket.caller_groups,
        risk_flags=ticket.risk_flags,
        summary=ticket.summary,
        request=ticket.request,
        result=ticket.result,
        route=ticket.route,
        materials=ticket.materials,
        code=ticket.code,
        final=ticket.final,
        reported=ticket.reported,
        merged_into=ticket.merged_into,
        repeat_of=ticket.repeat_of,
        handler_id=ticket.handler_id,
        handler_name=names.get(ticket.handler_id),
        keeper_id=ticket.keeper_id,
        keeper_name=names.get(ticket.keeper_id),
        handover=_handover(ticket, person, names, centres),
        progress=_progress(session, ticket, now),
        caller_name=mask_name(opened("caller_name_enc")),
        id_number=mask_id_number(opened("id_number_enc")),
        has_address=bool(ticket.address_enc),
        has_opposing_party=bool(ticket.opposing_party_enc),
        events=[
            EventRow(
                seq=event.seq,
                at=event.at,
                actor=event.actor,
                actor_name=names.get(event.actor),
                name=event.name,
                from_state=event.from_state,
                to_state=event.to_state,
                why=event.why,
                data=event.data,
            )
            for event in events
        ],
        clocks=[_clock(row) for row in ticket_clocks.of_ticket(session, ticket.number)],
        acts=[_act(act) for act in acts],
        objections_made=[
            ObjectionRow(
                at=row.at,
                centre_id=row.centre_id,
                centre_name=centres.get(row.centre_id),
                reason=row.reason,
                basis=row.basis,
                decided_at=row.decided_at,
                decided_to=row.decided_to,
            )
            for row in objections
        ],
        supervisions=[SupervisionRow.model_validate(row) for row in supervisions],
        warnings=[WarningRow.model_validate(row) for row in warnings],
        shares=[
            ShareRow(centre_id=row.centre_id, centre_name=centres.get(row.centre_id), at=row.at, why=row.why) for row in shares
        ],
        calls=_calls(session, ticket),
        **_kept(session, ticket, person, house),
    )


def _handover(ticket: Ticket, person: Person, names: dict[str, str], centres: dict[str, str]) -> HandoverRow | None:
    if not ticket.offered_by:
        return None
    return HandoverRow(
        by_name=names.get(ticket.offered_by),
        to_person=names.get(ticket.offered_to, ticket.offered_to) or None,
        to_centre=centres.get(ticket.offered_centre, ticket.offered_centre) or None,
        until=ticket.offered_until,
        mine=is_recipient(actor(person), seen(ticket)),
    )


def _progress(session: Session, ticket: Ticket, now: float) -> ProgressWords:
    first = session.get(Ticket, ticket.merged_into or ticket.repeat_of or ticket.number) or ticket
    ((row, words),) = ticket_progress(session, [first], now)
    return ProgressWords(number=row.number, zh=words.zh, en=words.en)


def _kept(session: Session, ticket: Ticket, person: Person, house: House) -> dict[str, Any]:
    """Complaint, grants, safe contact, avoidance, and what is owed."""
    tasks = ticket_tasks.of_ticket(session, ticket.number)
    grants = ticket_secrecy.grants(session, ticket.number)
    avoidances = ticket_secrecy.avoidances(session, ticket.number)
    complaint = ticket_secrecy.complaint(session, ticket.number)
    safety = ticket_secrecy.of_ticket(session, ticket.number)
    wanted = [row.done_by for row in tasks] + [one for row in grants for one in (row.account_id, row.by)]
    names = people(session, [*wanted, *(one for row in avoidances for one in (row.person_id, row.decided_by))])
    known = not ticket.secret or ticket_secrecy.granted(session, ticket.number, person.user_id)
    return {
        "secret": ticket.secret,
        "may_grant": bool(ticket.secret) and may_grant(person, ticket, house.tree),
        "may_reveal": person.may("tickets.reveal") and (known or bool(person.agent_id and ticket.agent_id == person.agent_id)),
        "complaint": ComplaintRow(
            kind=complaint.kind,
            accused_name=ticket_secrecy.name_of(session, complaint.kind, complaint.accused_id),
            stage=ticket.complaint,
            outcome=complaint.outcome,
            decided_at=complaint.decided_at,
        )
        if complaint is not None
        else None,
        "grants": [
            GrantRow(
                account_id=row.account_id,
                name=names.get(row.account_id),
                by_name=names.get(row.by),
                at=row.at,
                why=row.why,
            )
            for row in grants
        ],
        "safety": SafetyRow(
            contact_masked=safety.contact_masked,
            ways=safety.ways,
            windows=safety.windows,
            has_note=bool(safety.note_enc),
            at=safety.at,
        )
        if safety is not None
        else None,
        "avoidances": [
            AvoidanceRow(
                name=names.get(row.person_id),
                side=row.side,
                why=row.why,
                at=row.at,
                granted=row.granted,
                decided_name=names.get(row.decided_by),
                decided_why=row.decided_why,
            )
            for row in avoidances
        ],
        "tasks": [TaskLine.model_validate(row).model_copy(update={"done_name": names.get(row.done_by)}) for row in tasks],
    }


def _clock(row: TicketClock) -> ClockRow:
    limit = ticket_clocks.limits().get(row.rule)
    return ClockRow(
        id=row.id,
        rule=row.rule,
        amount=row.amount,
        unit=row.unit,
        extra=row.extra,
        started_at=row.started_at,
        due_at=row.due_at,
        provisional=row.provisional,
        state=row.state,
        level=row.level,
        stopped_at=row.stopped_at,
        late=row.late,
        legal=limit.legal if limit else False,
        source=limit.source if limit else "",
        extendable=max(0, limit.extend - row.extra) if limit else 0,
    )


def _act(act: Act) -> ActRow:
    return ActRow(name=act.name, to=act.to, needs=[NeedRow.model_validate(need) for need in act.needs])


def people(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Names behind account and agent ids."""
    wanted = {one for one in ids if one}
    found: dict[str, str] = {}
    for row_id, name in session.execute(select(Account.id, Account.display_name).where(Account.id.in_(wanted))):
        found[row_id] = name
    for row_id, name in session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(wanted))):
        found[row_id] = name
    return found


MOST_CALLS = 50


def _calls(session: Session, ticket: Ticket) -> list[StoryCall]:
    """The ticket's call, and those of tickets merged into it or about the same matter."""
    same = or_(Ticket.number == ticket.number, Ticket.merged_into == ticket.number, Ticket.repeat_of == ticket.number)
    pairs = session.execute(select(Ticket.call_id, Ticket.number).where(same, *_near(ticket)).limit(MOST_CALLS)).all()
    numbers: dict[str, str] = {row.call_id: row.number for row in pairs}
    calls = session.scalars(select(Call).where(Call.call_id.in_(numbers)).order_by(Call.arrived_at)).all()
    names = people(session, (call.agent_id or "" for call in calls))
    recordings = recording_rows(session, _recordings(session, list(numbers)))
    return [
        StoryCall(
            call_id=call.call_id,
            arrived_at=call.arrived_at,
            ended_at=call.ended_at,
            direction=call.direction,
            agent_name=names.get(call.agent_id or ""),
            talk_seconds=call.talk_seconds,
            rating=call.rating,
            ticket_number=numbers[call.call_id],
            recordings=[row for row in recordings if row.call_id == call.call_id],
        )
        for call in calls
    ]


def _near(ticket: Ticket) -> list[Any]:
    """Tickets of the same caller only: that is what the index holds."""
    return [or_(Ticket.number == ticket.number, Ticket.caller_number_hash == ticket.caller_number_hash)]


def _recordings(session: Session, calls: Sequence[str]) -> Sequence[Recording]:
    return session.scalars(
        select(Recording).where(Recording.call_id.in_(calls)).order_by(Recording.started_at, Recording.recording_id)
    ).all()
