"""Tickets of centres without a computer: who must be called for which, what a clerk keys, and the centre above when nobody
could be had.

`village_calls` says for each assignment whether it still waits; the calls themselves are tasks of the kind `village`
(`callbacks`), one for each clerk's telephone, so that however many tickets wait there is one call at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, String, cast, func, literal, select
from sqlalchemy.orm import Session

from hotline.core.errors import Missing, Rejected
from hotline.core.tickets import Actor
from hotline.core.tickets.table import ASSIGNED
from hotline.core.tickets.village import STEPS
from hotline.settings import Settings
from hotline.store import ticket_codes
from hotline.store.engine import Store
from hotline.store.models import Account, Call, CallbackTask, Centre, Notice, StaffPhone, Ticket, TicketEvent, VillageCall
from hotline.store.repositories import callbacks, centres, notices, ticket_events
from hotline.store.repositories.sealing import unseal
from hotline.store.repositories.ticket_acts import House

ASSIGNING: Final = ("assign", "reassign", "adjudicate")
PORTION: Final = 200
KIND: Final = "village"
_NOTHING: Final = ""
"""The sweep found nothing to do with one that waits."""


def clerk(session: Session, centre_id: str) -> tuple[Account, StaffPhone] | None:
    """Who is called for a centre: the first of its people with a telephone noted."""
    row = session.execute(
        select(Account, StaffPhone)
        .join(StaffPhone, StaffPhone.id == Account.id)
        .where(Account.centre_id == centre_id, Account.role == "centre", Account.active, StaffPhone.phone_enc != "")
        .order_by(Account.director, Account.id)
        .limit(1)
    ).first()
    return (row[0], row[1]) if row is not None else None


def actor(account: Account) -> Actor:
    """The clerk as the ticket's rules see them."""
    return Actor(account.id, "centre", account.centre_id or "", account.director)


# the look at what waits


def sweep(store: Store, settings: Settings, now: float) -> dict[str, int]:
    """One look: new assignments are noted and given a call, what is settled is closed, and of what could not be settled the
    centre above is told. A doubled look finds nothing left to do."""
    found = {"noted": 0, "closed": 0, "unreached": 0, _NOTHING: 0}
    with store.write() as session:
        for ticket, seq in _unnoted(session):
            session.add(VillageCall(number=ticket.number, seq=seq, centre_id=ticket.centre_id or "", created_at=now))
            found["noted"] += 1
        session.flush()
        waiting = session.scalars(
            select(VillageCall).where(VillageCall.state == "waiting").order_by(VillageCall.id).limit(PORTION).with_for_update()
        ).all()
        for row in waiting:
            found[_look(store, session, settings, row, now)] += 1
        session.flush()
        for row, ticket in session.execute(untold().order_by(VillageCall.id).limit(PORTION)).all():
            told = ticket_events.last(session, row.number, "unreached")
            notices.of_village(session, row, ticket, str(told.data.get("reason", "")), now)
        _let_go(session, settings, now)
    return {name: count for name, count in found.items() if count and name}


def _unnoted(session: Session) -> list[tuple[Ticket, int]]:
    """Tickets that wait at a centre by phone, with the event that brought them, of which nothing is noted yet."""
    seq = (
        select(func.max(TicketEvent.seq))
        .where(TicketEvent.number == Ticket.number, TicketEvent.name.in_(ASSIGNING))
        .correlate(Ticket)
        .scalar_subquery()
    )
    noted = select(VillageCall.id).where(VillageCall.number == Ticket.number, VillageCall.seq == seq).exists()
    by_phone = session.scalars(select(Centre.id).where(Centre.by_phone, Centre.active)).all()
    if not by_phone:
        return []
    query = (
        select(Ticket, seq)
        .where(Ticket.state == ASSIGNED, Ticket.centre_id.in_(by_phone), seq.is_not(None), ~noted)
        .order_by(Ticket.due_at, Ticket.number)
        .limit(PORTION)
    )
    # An earlier assignment that still waits is closed first (one open row a ticket).
    rows = [(row[0], int(row[1])) for row in session.execute(query)]
    for ticket, _ in rows:
        for old in session.scalars(
            select(VillageCall).where(VillageCall.number == ticket.number, VillageCall.state == "waiting")
        ):
            old.state, old.ended_at = "left", ticket.updated_at
    session.flush()
    return rows


def _look(store: Store, session: Session, settings: Settings, row: VillageCall, now: float) -> str:
    """See to one that waits; what was done, as a name of the sweep's count (`noted` for nothing new)."""
    ticket = session.get_one(Ticket, row.number)
    centre = session.get(Centre, row.centre_id)
    here = ticket.state == ASSIGNED and ticket.centre_id == row.centre_id
    if here and (centre is None or not centre.by_phone):
        session.delete(row)  # it has a computer now; should it lose it again, the ticket is noted anew
        return "closed"
    if not here:
        row.state, row.ended_at = "left", now
        return "closed"
    if ticket.secret:
        return _tell_above(session, row, ticket, "secret", now)  # nothing confidential is read out to whoever picks up
    task = session.get(CallbackTask, row.task_id) if row.task_id else None
    if task is not None and task.state in callbacks.UNFINISHED:
        return _NOTHING
    who = clerk(session, row.centre_id)
    if who is None:
        return _tell_above(session, row, ticket, "no_phone", now)
    if task is not None:
        row.rounds += 1
        if task.state != "done" or row.rounds >= settings.village.rounds:
            return _tell_above(session, row, ticket, "no_answer" if task.state != "done" else "no_word", now)
    _call(store, session, settings, row, who, now, again=task is not None)
    return _NOTHING


def _call(
    store: Store,
    session: Session,
    settings: Settings,
    row: VillageCall,
    who: tuple[Account, StaffPhone],
    now: float,
    *,
    again: bool,
) -> None:
    """Put the ticket behind the open task of the clerk's telephone, or make one."""
    account, phone = who
    row.clerk_id = account.id
    task = callbacks.open_task(session, phone.phone_hash, KIND)
    if task is None:
        ticket = session.get_one(Ticket, row.number)
        number = unseal(store.secrecy, "staff_phones.phone_enc", phone.id, phone.phone_enc)
        task = callbacks.add(
            session,
            store.secrecy,
            settings,
            session.get_one(Call, ticket.call_id),
            kind=KIND,
            reason="ticket",
            now=now,
            place_at=now,
            after=now + settings.village.spacing_seconds[0] if again else None,
            phone=number,
            talk={"clerk_id": account.id, "centre_id": row.centre_id},
            language="",
            region_hint="",
        )
        task.trunk = phone.trunk or task.trunk
    row.task_id = task.id
    session.flush()


def _tell_above(session: Session, row: VillageCall, ticket: Ticket, why: str, now: float) -> str:
    """Nobody could be had: the centre above is told, once for each assignment, in the ticket's own story and by a notice."""
    row.state, row.ended_at = "unreached", now
    row.told = centres.tree(session).above(row.centre_id) or row.centre_id
    data = {"centre_id": row.centre_id, "to_centre": row.told, "reason": why, "rounds": row.rounds}
    ticket_events.append(session, ticket, "unreached", actor="system", at=now, before=ticket.state, data=data)
    return "unreached"


def untold() -> Select[VillageCall, Ticket]:
    """Assignments of which the centre above has no notice yet, though the ticket still lies there unheard."""
    key = literal(notices.unreached_key(0)[:-1]) + cast(VillageCall.id, String)
    return (
        select(VillageCall, Ticket)
        .join(Ticket, Ticket.number == VillageCall.number)
        .outerjoin(Notice, Notice.key == key)
        .where(VillageCall.state == "unreached", Ticket.state == ASSIGNED, Ticket.centre_id == VillageCall.centre_id)
        .where(Notice.id.is_(None))
    )


def _let_go(session: Session, settings: Settings, now: float) -> None:
    """A call for which nothing waits any more is not made."""
    waiting = select(VillageCall.task_id).where(VillageCall.state == "waiting", VillageCall.task_id.is_not(None))
    idle = select(CallbackTask).where(CallbackTask.kind == KIND, CallbackTask.state == "open", CallbackTask.id.not_in(waiting))
    for task in session.scalars(idle.limit(PORTION).with_for_update()):
        callbacks.happened(session, settings, task, "served", now)


# what a clerk hears and keys


def clerk_called(session: Session, call_id: str) -> Account | None:
    """Whom we called with this call; None when it is no such call."""
    row = callbacks.try_of(session, call_id)
    task = session.get(CallbackTask, row.task_id) if row is not None and row.ended_at is None else None
    if task is None or task.kind != KIND:
        return None
    account = session.get(Account, str(task.talk.get("clerk_id", "")))
    return account if account is not None and account.active else None


def waiting(session: Session, account: Account) -> Sequence[Ticket]:
    """What the clerk must still sign, the most pressing first."""
    mine = (Ticket.centre_id == account.centre_id, Ticket.state == ASSIGNED, Ticket.secret == "")
    query = select(Ticket).where(*mine)
    return session.scalars(query.order_by(Ticket.due_at, Ticket.number).limit(50)).all()


def by_code(session: Session, account: Account, code: str) -> Ticket | None:
    """The ticket of the clerk's own centre with that short code and something left to report; the newest, should two share
    it."""
    query = select(Ticket).where(
        Ticket.centre_id == account.centre_id, Ticket.code == code, Ticket.state.in_(STEPS), Ticket.secret == ""
    )
    return session.scalars(query.order_by(Ticket.created_at.desc()).limit(1)).first() if code else None


def sign(house: House, account: Account, number: str, version: int, now: float, key: str) -> Ticket:
    """1: accepted. Raises as :meth:`House.do`."""
    ticket = house.do(number, "sign", actor(account), {}, now=now, version=version, key=key, channel="phone")
    _answered(house.session, number, now)
    return ticket


def send_back(house: House, account: Account, number: str, reason: str, version: int, now: float, key: str) -> Ticket:
    """2: sent back, with a coded reason. Raises as :meth:`House.do`."""
    given: dict[str, Any] = {"reason": reason, "basis": f"电话退回：{ticket_codes.name('objection_reasons', reason)}"}
    ticket = house.do(number, "object", actor(account), given, now=now, version=version, key=key, channel="phone")
    _answered(house.session, number, now)
    return ticket


def report(house: House, account: Account, number: str, result: str, now: float, key: str) -> Ticket:
    """A result keyed by code: whatever acts are left on the way to `done`, in one transaction. Raises as :meth:`House.do`, and
    Rejected `ticket.transition` for a ticket that has no result to report."""
    ticket = house.session.get(Ticket, number, with_for_update=True, populate_existing=True)
    if ticket is None or ticket.centre_id != account.centre_id:
        raise Missing("ticket.missing")
    if ticket_events.done_before(house.session, account.id, f"{key}:finish") is not None:
        return ticket
    if ticket.state not in STEPS:
        raise Rejected("ticket.transition")
    words = ticket_codes.name("village_results", result)
    for name in STEPS[ticket.state]:
        given = {"result": f"电话报结：{words}"} if name == "finish" else {}
        ticket = house.do(number, name, actor(account), given, now=now, key=f"{key}:{name}", channel="phone")
    _answered(house.session, number, now)
    return ticket


def _answered(session: Session, number: str, now: float) -> None:
    for row in session.scalars(select(VillageCall).where(VillageCall.number == number, VillageCall.state == "waiting")):
        row.state, row.ended_at = "answered", now
    session.flush()
