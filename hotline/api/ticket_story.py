"""One ticket with its whole story, as JSON: what happened, its limits, its calls and recordings, and what may be done next."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.names import centre_names, people_names
from hotline.api.people import Person
from hotline.api.rows import ticket_rows
from hotline.api.ticket_kept import kept
from hotline.api.ticket_progress import ticket_progress
from hotline.api.ticket_shapes import (
    ActRow,
    ClockRow,
    EventRow,
    HandoverRow,
    NeedRow,
    ObjectionRow,
    ProgressWords,
    ShareRow,
    SupervisionRow,
    TicketDetail,
    WarningRow,
)
from hotline.api.ticket_sight import actor
from hotline.api.ticket_story_calls import calls_of
from hotline.core.phones import mask_id_number, mask_name
from hotline.core.tickets import Act
from hotline.core.tickets.handovers import is_recipient
from hotline.secrecy import Secrecy
from hotline.settings.tickets import TicketSettings
from hotline.store.models import Ticket, TicketClock, TicketObjection, TicketShare, TicketSupervision, TicketWarning
from hotline.store.repositories import ticket_clocks, ticket_events
from hotline.store.repositories.sealing import unseal
from hotline.store.repositories.ticket_acts import House, seen


def story(
    session: Session, secrecy: Secrecy, figures: TicketSettings, ticket: Ticket, person: Person, now: float
) -> TicketDetail:
    """Everything there is to see of one ticket."""

    def opened(column: str) -> str:
        return unseal(secrecy, f"tickets.{column}", ticket.number, getattr(ticket, column))

    events = ticket_events.of_ticket(session, ticket.number)
    house = House(session, figures.limits, figures.warn)
    acts = house.possible(ticket, actor(person), now) if person.may("tickets.act") else []
    names = people_names(
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
        language=ticket.language,
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
        calls=calls_of(session, ticket),
        **kept(session, ticket, person, house),
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
