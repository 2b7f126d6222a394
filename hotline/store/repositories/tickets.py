"""Tickets and closed consultations: what becomes of a call that reached somebody."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.core.dispatch import Dispatch
from hotline.core.outcomes import priority, ticket_number
from hotline.core.phones import mask, normalise
from hotline.core.tickets import OPEN
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.followups import REPORT
from hotline.core.tickets.model import MERGE_SECONDS, MUST_REPORT
from hotline.core.tickets.progress import ANSWERED_WITH_PROGRESS
from hotline.core.tickets.secrecy import reason_for
from hotline.core.tickets.words import index_text
from hotline.secrecy import Secrecy, SecrecyError
from hotline.store.models import Account, Call, Consultation, Ticket, TicketCounter, TicketEvent
from hotline.store.repositories import calls, places, ticket_events, ticket_tasks
from hotline.store.repositories.experts import ZONE
from hotline.store.repositories.sealing import seal, unseal
from hotline.store.repositories.ticket_clocks import Clocks

DEFAULT_WARN: Final = Warn()
_SEALED: Final = ("caller_name", "caller_number", "address", "id_number", "opposing_party")


def create(
    session: Session,
    secrecy: Secrecy,
    call: Call,
    fields: Mapping[str, Any],
    *,
    form_incomplete: bool,
    now: float,
    source: str = "call",
    started_at: float | None = None,
    warn: Warn = DEFAULT_WARN,
) -> Ticket:
    """The ticket of a call, numbered, routed to a centre, its caller's data sealed anew for the ticket's own row, its first
    limits running. `started_at`: from when they run, when not from now."""
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
        language=str(fields.get("language") or call.language or ""),
        caller_groups=list(fields.get("caller_groups", ())),
        risk_flags=list(fields.get("risk_flags", ())),
        summary=str(fields.get("facts", "")),
        request=str(fields.get("request", "")),
        caller_number_masked=mask(normalise(phone).national or phone),
        caller_number_hash=calls.number_hash(secrecy, phone) or call.caller_hash,
        agent_id=call.first_agent_id or call.agent_id,
        keeper_id=account_of(session, call.first_agent_id or call.agent_id),
        form_incomplete=form_incomplete,
        source=source,
        code=new_code(),
        created_at=now,
        updated_at=now,
        **{f"{key}_enc": seal(secrecy, f"tickets.{key}_enc", number, str(private.get(key, ""))) for key in _SEALED},
    )
    index(secrecy, ticket, str(private.get("caller_name", "")))
    ticket.secret = reason_for(ticket.risk_flags)
    ticket.guarded = bool(ticket.secret)
    ticket.complaint = ""
    earlier = same_matter(session, ticket)
    ticket.repeat_of = earlier.number if earlier is not None else ""
    ticket.seq = 0
    session.add(ticket)
    session.flush()
    clocks = Clocks(session, warn)
    clocks.apply(ticket, "register", now, started_at=started_at)
    if MUST_REPORT in ticket.risk_flags:
        ticket_tasks.open_for(session, clocks, ticket, [REPORT], now)
    _log(session, ticket, call.agent_id, route, now)
    if earlier is not None:
        earlier.repeats += 1
        told = {"number": number, "call_id": call.call_id, "calls": 1}
        ticket_events.append(session, earlier, "repeated", actor="system", at=now, before=earlier.state, data=told)
    return ticket


def _log(session: Session, ticket: Ticket, agent_id: str | None, route: Dispatch, now: float) -> None:
    begun = {"keeper_id": ticket.keeper_id}
    ticket_events.append(session, ticket, "registered", actor=agent_id or "system", at=now, before="", data=begun)
    data = {"centre_id": route.office_id, "level": route.level, "zh": route.zh, "en": route.en}
    ticket_events.append(session, ticket, "dispatched", actor="system", at=now, before=ticket.state, data=data)


def account_of(session: Session, agent_id: str | None) -> str:
    """The log-in of whoever sits at a seat; empty where nobody does."""
    if not agent_id:
        return ""
    query = select(Account.id).where(Account.agent_id == agent_id, Account.active).order_by(Account.id).limit(1)
    return session.scalar(query) or ""


def new_code() -> str:
    """Six digits for a slip: with the number they open the ticket's progress, so they are not to be guessed."""
    return f"{secrets.randbelow(1_000_000):06d}"


def name_hash(secrecy: Secrecy, name: str) -> str:
    """The keyed hash under which a caller's name is found; spaces and dots do not matter."""
    plain = "".join(char for char in unicodedata.normalize("NFKC", name).lower() if char.isalnum())
    return secrecy.index(f"name:{plain}") if plain else ""


def index(secrecy: Secrecy, ticket: Ticket, name: str) -> None:
    """What the ticket is found by: its words in clear, the name by its hash."""
    ticket.caller_name_hash = name_hash(secrecy, name)
    ticket.words = index_text(ticket.number, ticket.summary, ticket.request)


def same_matter(session: Session, ticket: Ticket) -> Ticket | None:
    """The oldest open ticket of the same number and matter within 30 days (rules F.49)."""
    return in_hand(session, ticket.caller_number_hash, ticket.category, ticket.created_at, but=ticket.number)


def in_hand(session: Session, caller_hash: str, category: str, now: float, *, but: str = "") -> Ticket | None:
    """What is open of that number and matter, from the 30 days before `now`; the oldest, locked."""
    if not caller_hash or not category:
        return None
    query = (
        select(Ticket)
        .where(
            Ticket.caller_number_hash == caller_hash,
            Ticket.category == category,
            Ticket.number != but,
            Ticket.created_at >= now - MERGE_SECONDS,
            Ticket.state.in_(OPEN),
            Ticket.version > 0,
        )
        .order_by(Ticket.created_at)
        .limit(1)
        .with_for_update()
    )
    return session.scalars(query).first()


def bring_over(session: Session, secrecy: Secrecy, now: float, warn: Warn = DEFAULT_WARN, limit: int = 200) -> int:
    """Tickets from before limits and searching were kept: words, hashes, a code and the limits of their state. How many
    were done; 0 when none is left."""
    rows = session.scalars(select(Ticket).where(Ticket.version == 0).limit(limit).with_for_update()).all()
    clocks = Clocks(session, warn) if rows else None
    for ticket in rows:
        assert clocks is not None
        try:
            index(secrecy, ticket, private(secrecy, ticket).get("caller_name", ""))
        except SecrecyError:
            ticket.words = index_text(ticket.number, ticket.summary, ticket.request)
        ticket.code = ticket.code or new_code()
        ticket.version = 1
        if ticket.state == "registered":
            clocks.apply(ticket, "register", now, started_at=ticket.created_at)
    session.flush()
    return len(rows)


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
    return ticket_events.of_ticket(session, number)


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
    """The closed consultation of a call that was settled on the spot. One that was answered with the progress of an open ticket
    counts on that ticket (rules F.49)."""
    if fields.get("disposition") == ANSWERED_WITH_PROGRESS:
        ticket = in_hand(session, call.caller_hash, str(fields.get("category", "")), now)
        if ticket is not None:
            ticket.repeats += 1
            told = {"call_id": call.call_id, "calls": 1, "answered": "progress"}
            actor = call.agent_id or "system"
            ticket_events.append(session, ticket, "repeated", actor=actor, at=now, before=ticket.state, data=told)
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
