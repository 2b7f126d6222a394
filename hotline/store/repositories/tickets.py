"""Tickets and closed consultations: what becomes of a call that reached somebody."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.core.dispatch import Dispatch
from hotline.core.outcomes import priority, ticket_number
from hotline.core.phones import mask, normalise
from hotline.secrecy import Secrecy
from hotline.store.models import Call, Consultation, Ticket, TicketCounter, TicketEvent
from hotline.store.repositories import calls, places
from hotline.store.repositories.experts import ZONE
from hotline.store.repositories.sealing import seal, unseal

_SEALED: Final = ("caller_name", "caller_number", "address", "id_number", "opposing_party")


def create(
    session: Session, secrecy: Secrecy, call: Call, fields: Mapping[str, Any], *, form_incomplete: bool, now: float
) -> Ticket:
    """The ticket of a call, numbered, routed to a centre, its caller's data sealed anew for the ticket's own row."""
    region, service = str(fields.get("matter_region", "")), str(fields.get("service_type", ""))
    route = places.dispatch(session, service, region)
    number = next_number(session, now)
    phone = str(fields.get("caller_number") or calls.caller_number(secrecy, call))
    private = {**fields, "caller_number": phone}
    ticket = Ticket(
        number=number,
        call_id=call.call_id,
        state="registered",
        centre_id=route.office_id or None,
        dispatch_reason=route.zh,
        region_code=region,
        service_type=service,
        category=str(fields.get("category", "")),
        disposition=str(fields.get("disposition", "")),
        priority=priority(fields),
        caller_groups=list(fields.get("caller_groups", ())),
        risk_flags=list(fields.get("risk_flags", ())),
        summary=str(fields.get("facts", "")),
        request=str(fields.get("request", "")),
        caller_number_masked=mask(normalise(phone).national or phone),
        caller_number_hash=calls.number_hash(secrecy, phone) or call.caller_hash,
        agent_id=call.agent_id,
        form_incomplete=form_incomplete,
        created_at=now,
        updated_at=now,
        **{f"{key}_enc": seal(secrecy, f"tickets.{key}_enc", number, str(private.get(key, ""))) for key in _SEALED},
    )
    session.add(ticket)
    session.flush()
    _log(session, number, call.agent_id, route, now)
    return ticket


def _log(session: Session, number: str, agent_id: str | None, route: Dispatch, now: float) -> None:
    session.add(TicketEvent(number=number, at=now, actor=agent_id or "system", name="registered", data={}))
    data = {"centre_id": route.office_id, "level": route.level, "zh": route.zh, "en": route.en}
    session.add(TicketEvent(number=number, at=now, actor="system", name="dispatched", data=data))


def next_number(session: Session, now: float) -> str:
    """The next number of the local day; two transactions never get the same one."""
    day = datetime.fromtimestamp(now, ZONE).date()
    counter = session.get(TicketCounter, f"{day:%Y%m%d}", with_for_update=True)
    if counter is None:
        counter = TicketCounter(day=f"{day:%Y%m%d}", last=0)
        session.add(counter)
    counter.last += 1
    session.flush()
    return ticket_number(day, counter.last)


def get(session: Session, number: str) -> Ticket | None:
    """One ticket, or None."""
    return session.get(Ticket, number)


def events(session: Session, number: str) -> Sequence[TicketEvent]:
    """What happened to a ticket, oldest first."""
    return session.scalars(select(TicketEvent).where(TicketEvent.number == number).order_by(TicketEvent.id)).all()


def private(secrecy: Secrecy, ticket: Ticket) -> dict[str, str]:
    """The caller's data in clear (only those given). Write the audit row first. Raises SecrecyError."""
    opened = {key: unseal(secrecy, f"tickets.{key}_enc", ticket.number, getattr(ticket, f"{key}_enc")) for key in _SEALED}
    return {key: text for key, text in opened.items() if text}


def page(
    session: Session,
    *,
    state: str = "",
    centres: Collection[str] | None = None,
    agent_id: str = "",
    limit: int = 50,
    before: str = "",
) -> Sequence[Ticket]:
    """Tickets, newest first. `before` is the last number of the page before; `centres` keeps those centres' tickets."""
    query = select(Ticket).order_by(Ticket.created_at.desc(), Ticket.number.desc()).limit(max(1, min(limit, 500)))
    if state:
        query = query.where(Ticket.state == state)
    if centres is not None:
        query = query.where(Ticket.centre_id.in_(centres))
    if agent_id:
        query = query.where(Ticket.agent_id == agent_id)
    if before and (last := session.get(Ticket, before)) is not None:
        query = query.where(
            or_(
                Ticket.created_at < last.created_at,
                (Ticket.created_at == last.created_at) & (Ticket.number < last.number),
            )
        )
    return session.scalars(query).all()


def close_consultation(
    session: Session, call: Call, fields: Mapping[str, Any], *, form_incomplete: bool, now: float
) -> Consultation:
    """The closed consultation of a call that was settled on the spot."""
    consultation = Consultation(
        call_id=call.call_id,
        agent_id=call.agent_id,
        expert_id=call.expert_id,
        region_code=str(fields.get("matter_region", "")),
        service_type=str(fields.get("service_type", "")),
        category=str(fields.get("category", "")),
        disposition=str(fields.get("disposition", "")),
        form_incomplete=form_incomplete,
        closed_at=now,
    )
    session.add(consultation)
    session.flush()
    return consultation
