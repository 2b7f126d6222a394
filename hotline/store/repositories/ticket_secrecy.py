"""Rows that keep a ticket from somebody's eyes and its person from danger: hidden, grants, safe contact, avoidance.

Whoever calls or writes to the person of a ticket asks :func:`contact` first; whatever dials a number asks :func:`of_number`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.core.errors import Invalid, Missing, Rejected
from hotline.core.phones import mask, normalise
from hotline.core.tickets import Actor, Change
from hotline.core.tickets.model import Accused, Avoidance
from hotline.core.tickets.secrecy import Safety, read_windows
from hotline.secrecy import Secrecy
from hotline.store import ticket_codes
from hotline.store.models import (
    Account,
    Agent,
    Centre,
    Expert,
    Ticket,
    TicketAvoidance,
    TicketComplaint,
    TicketGrant,
    TicketHidden,
    TicketSafety,
)
from hotline.store.repositories import ticket_events
from hotline.store.repositories.sealing import seal, unseal

# complaints


def accused(session: Session, text: str) -> Accused | None:
    """Whom `account:…`, `agent:…`, `expert:…` or `centre:…` means, with every id under which they might ask; None: nobody."""
    kind, _, one = text.partition(":")
    if kind == "centre":
        return Accused(kind, one, frozenset(), one) if session.get(Centre, one) is not None else None
    if kind in ("account", "agent"):
        column = Account.id if kind == "account" else Account.agent_id
        account = session.scalars(select(Account).where(column == one).limit(1)).first() if one else None
        if account is None:
            return Accused(kind, one, frozenset({one})) if kind == "agent" and session.get(Agent, one) is not None else None
        ids = frozenset({account.id, account.agent_id or account.id})
        return Accused(kind, one, ids, account.centre_id or "")
    if kind == "expert" and session.get(Expert, one) is not None:
        return Accused(kind, one, frozenset({one, *session.scalars(select(Account.id).where(Account.expert_id == one))}))
    return None


def name_of(session: Session, kind: str, one: str) -> str:
    """What people call the one a complaint is about; the id where nobody is there any more."""
    found = {
        "account": lambda: session.scalar(select(Account.display_name).where(Account.id == one)),
        "agent": lambda: session.scalar(select(Agent.name).where(Agent.id == one)),
        "expert": lambda: session.scalar(select(Expert.name).where(Expert.id == one)),
        "centre": lambda: session.scalar(select(Centre.name).where(Centre.id == one)),
    }[kind]()
    return found or one


def hide(session: Session, ticket: Ticket, ids: Iterable[str], centre_id: str, why: str, now: float) -> None:
    """From these people and this centre on nobody sees it."""
    for person_id in sorted(ids):
        session.add(TicketHidden(number=ticket.number, person_id=person_id, why=why, at=now))
    if centre_id:
        session.add(TicketHidden(number=ticket.number, centre_id=centre_id, why=why, at=now))
    ticket.guarded = True
    session.flush()


def hidden_from(session: Session, number: str) -> Sequence[TicketHidden]:
    """From whom a ticket is hidden."""
    return session.scalars(select(TicketHidden).where(TicketHidden.number == number).order_by(TicketHidden.id)).all()


def after(session: Session, ticket: Ticket, change: Change, actor: Actor, named: Accused | None, now: float) -> None:
    """The rows beside an act: who is accused, whose avoidance, and the mark that not everybody may see it."""
    row = session.get(TicketComplaint, ticket.number)
    if change.act == "open_complaint" and named is not None:
        if row is None:
            row = TicketComplaint(
                number=ticket.number,
                kind=named.kind,
                accused_id=named.id,
                centre_id=named.centre_id,
                opened_by=actor.id,
                opened_at=now,
            )
            session.add(row)
        hide(session, ticket, named.ids, named.centre_id, "complaint", now)
    elif row is not None and change.act == "report_complaint":
        row.reported_by = actor.id
    elif row is not None and change.act == "give_opinion":
        row.opined_by = actor.id
    elif row is not None and change.act == "decide_complaint":
        row.decided_by, row.decided_at, row.outcome = actor.id, now, str(change.data["outcome"])
    elif row is not None and change.act in ("redo", "grant_avoidance"):
        row.reported_by = row.opined_by = row.decided_by = row.outcome = ""
        row.decided_at = None
    _avoidance(session, ticket, change, actor, now)
    ticket.guarded = bool(ticket.secret) or bool(hidden_from(session, ticket.number))
    session.flush()


def complaint(session: Session, number: str) -> TicketComplaint | None:
    """The complaint of a ticket."""
    return session.get(TicketComplaint, number)


# avoidance


def _avoidance(session: Session, ticket: Ticket, change: Change, actor: Actor, now: float) -> None:
    if change.act == "ask_avoidance":
        session.add(
            TicketAvoidance(
                number=ticket.number,
                person_id=str(change.data["person"]),
                side=str(change.data["side"]),
                why=change.why,
                asked_by=actor.id,
                at=now,
            )
        )
    if change.act not in ("grant_avoidance", "refuse_avoidance"):
        return
    query = select(TicketAvoidance).where(TicketAvoidance.number == ticket.number, TicketAvoidance.granted.is_(None))
    for row in session.scalars(query):
        row.granted, row.decided_by, row.decided_at = change.act == "grant_avoidance", actor.id, now
        row.decided_why = change.why
        if row.granted:
            found = accused(session, f"account:{row.person_id}")
            hide(session, ticket, found.ids if found else {row.person_id}, "", "avoidance", now)


def avoidances(session: Session, number: str) -> Sequence[TicketAvoidance]:
    """Every request, oldest first."""
    return session.scalars(select(TicketAvoidance).where(TicketAvoidance.number == number).order_by(TicketAvoidance.id)).all()


def avoidance(session: Session, number: str) -> Avoidance:
    """As the rules see it. Whoever is accused keeps out like one who avoids."""
    rows = avoidances(session, number)
    pending = next((row for row in rows if row.granted is None), None)
    out = {row.person_id for row in hidden_from(session, number) if row.person_id}
    return Avoidance(
        person=pending.person_id if pending else "", asked_by=pending.asked_by if pending else "", out=frozenset(out)
    )


# grants


def grants(session: Session, number: str) -> Sequence[TicketGrant]:
    """Who may see it now, by whose decision."""
    query = select(TicketGrant).where(TicketGrant.number == number, TicketGrant.ended_at.is_(None))
    return session.scalars(query.order_by(TicketGrant.at)).all()


def granted(session: Session, number: str, account_id: str) -> bool:
    """Whether this account has been let see it."""
    row = session.get(TicketGrant, (number, account_id))
    return row is not None and row.ended_at is None


def grant(session: Session, ticket: Ticket, account_id: str, by: str, why: str, now: float) -> None:
    """Let somebody see it. Raises Missing `account.missing`, Rejected `ticket.not_secret`, `ticket.grant_own`,
    `ticket.grant_hidden` (it is hidden from that person)."""
    account = session.get(Account, account_id)
    if account is None or not account.active:
        raise Missing("account.missing")
    if not ticket.secret:
        raise Rejected("ticket.not_secret")
    if account_id == by:
        raise Rejected("ticket.grant_own")
    hidden = hidden_from(session, ticket.number)
    if any(row.person_id == account_id or (row.centre_id and row.centre_id == account.centre_id) for row in hidden):
        raise Rejected("ticket.grant_hidden")
    row = session.get(TicketGrant, (ticket.number, account_id))
    if row is None:
        row = TicketGrant(number=ticket.number, account_id=account_id, by="", at=now, why="")
        session.add(row)
    row.by, row.at, row.why, row.ended_at = by, now, why, None
    session.flush()


def keep_known(session: Session, ticket: Ticket, actor: Actor, now: float) -> None:
    """It has just become confidential: whoever handles it and whoever said so know it, and go on seeing it; on record."""
    for account_id in sorted({actor.id, ticket.handler_id} - {""}):
        account = session.get(Account, account_id)
        if account is None or account.role not in ("agent", "centre") or granted(session, ticket.number, account_id):
            continue
        session.merge(TicketGrant(number=ticket.number, account_id=account_id, by="system", at=now, why="在办", ended_at=None))
        session.flush()
        data = {"account_id": account_id}
        ticket_events.append(session, ticket, "granted", actor="system", at=now, before=ticket.state, data=data)


# safe contact


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the person of a ticket. `number`: in clear, national; only for whoever dials or sends. `refusal`: why not in
    this way now, or ``; `not_before`: when it will be safe."""

    number: str
    refusal: str = ""
    not_before: float = 0.0


def safety(row: TicketSafety | None) -> Safety:
    """As the rules see it; without a row nothing is forbidden."""
    return Safety(frozenset(row.ways), read_windows(row.windows)) if row is not None else Safety()


def of_ticket(session: Session, number: str) -> TicketSafety | None:
    """What is kept about reaching the person of a ticket safely."""
    return session.get(TicketSafety, number)


def of_number(session: Session, number_hash: str) -> TicketSafety | None:
    """What was said last about a number that is about to be called: one's own, or the safe one."""
    if not number_hash:
        return None
    same = or_(TicketSafety.caller_hash == number_hash, TicketSafety.contact_hash == number_hash)
    return session.scalars(select(TicketSafety).where(same).order_by(TicketSafety.at.desc()).limit(1)).first()


def safe_number(secrecy: Secrecy, row: TicketSafety) -> str:
    """The number to use instead of the person's own; `` for none. Write the audit row first where a human will see it."""
    return unseal(secrecy, "ticket_safety.contact_enc", row.number, row.contact_enc)


def opened(secrecy: Secrecy, row: TicketSafety) -> dict[str, str]:
    """The safe number and the note in clear. Write the audit row first. Raises SecrecyError."""
    return {
        "safe_contact": safe_number(secrecy, row),
        "safe_note": unseal(secrecy, "ticket_safety.note_enc", row.number, row.note_enc),
    }


def contact(session: Session, secrecy: Secrecy, ticket: Ticket, way: str, now: float) -> Contact:
    """Where and when the person of a ticket may be told something in this way (code of `notice_ways`). Every letter, message
    and call asks here. Raises SecrecyError."""
    row = of_ticket(session, ticket.number) or of_number(session, ticket.caller_number_hash)
    number = safe_number(secrecy, row) if row is not None else ""
    if not number:
        number = unseal(secrecy, "tickets.caller_number_enc", ticket.number, ticket.caller_number_enc)
    rules = safety(row)
    return Contact(number, rules.refusal(way, now), rules.next(now))


def set_safety(
    session: Session,
    secrecy: Secrecy,
    ticket: Ticket,
    *,
    contact_number: str | None,
    ways: Sequence[str],
    windows: Sequence[str],
    note: str | None,
    by: str,
    now: float,
) -> TicketSafety:
    """Keep how the person may be reached. `contact_number`, `note`: None leaves what is there, `` takes it away. Raises Invalid
    `ticket.needs` with `fields`."""
    wrong: dict[str, str] = {}
    found = normalise(contact_number) if contact_number else None
    if found is not None and not found.dialable:
        wrong["contact"] = "number"
    if not set(ways) <= ticket_codes.codes()["notice_ways"]:
        wrong["ways"] = "unknown_code"
    try:
        read_windows(windows)
    except ValueError:
        wrong["windows"] = "range"
    if wrong:
        raise Invalid("ticket.needs", fields=wrong)
    row = of_ticket(session, ticket.number)
    if row is None:
        row = TicketSafety(number=ticket.number, by=by, at=now)
        session.add(row)
    if contact_number is not None:
        plain = found.national if found is not None else ""
        row.contact_enc = seal(secrecy, "ticket_safety.contact_enc", ticket.number, plain)
        row.contact_masked = mask(plain) if plain else ""
        row.contact_hash = secrecy.index(plain) if plain else ""
    if note is not None:
        row.note_enc = seal(secrecy, "ticket_safety.note_enc", ticket.number, note)
    row.caller_hash = ticket.caller_number_hash
    row.ways, row.windows, row.by, row.at = list(ways), list(windows), by, now
    session.flush()
    return row
