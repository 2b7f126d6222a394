"""Notices in the table: one for each cause, whose it is, read or not; and the letters that go with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hotline.core.tickets import Ticket as Seen
from hotline.store.models import (
    AccountContact,
    Centre,
    Letter,
    Notice,
    NoticeReader,
    Ticket,
    TicketEvent,
    TicketSupervision,
    TicketWarning,
    VillageCall,
)
from hotline.store.repositories import jobs
from hotline.store.repositories.staff_of import Ladder

PORTION: Final = 500
LETTER_JOB: Final = "notice_letters"
UNREACHED: Final = "village_unreached"
OF_ACT: Final[Mapping[str, str]] = {
    "object": "returned",
    "offer_handover": "handover_offered",
    "accept_handover": "handover_accepted",
    "refuse_handover": "handover_refused",
    "expire_handover": "handover_expired",
}
"""Act → the notice it makes: an offer for whom it is offered to, the others for whoever answered for the ticket before."""


def add(
    session: Session,
    key: str,
    kind: str,
    readers: Collection[str],
    *,
    now: float,
    number: str | None = None,
    level: str = "",
    to_whom: str = "",
    data: Mapping[str, Any] | None = None,
) -> int | None:
    """One notice for these accounts, once for each `key` for ever; its id, or None when it is there already. The job that
    writes to those who want to be written to is put in with it."""
    made: int | None = session.scalars(
        _insert(session, Notice)
        .values(
            key=key, kind=kind, number=number, level=level, to_whom=to_whom, data=dict(data or {}), at=now,
        )
        .on_conflict_do_nothing()
        .returning(Notice.id)
    ).one_or_none()  # fmt: skip
    if made is None:
        return None
    if readers:
        session.execute(
            _insert(session, NoticeReader).on_conflict_do_nothing(),
            [{"notice_id": made, "account_id": one, "read_at": None} for one in sorted(set(readers))],
        )
        wanted = select(AccountContact.account_id).where(AccountContact.account_id.in_(readers)).limit(1)
        if session.scalar(wanted) is not None:
            jobs.enqueue(session, LETTER_JOB, f"notice:{made}", {"notice_id": made}, now=now)
    return made


def of_warnings(session: Session, now: float) -> int:
    """Notices of one portion of the warnings that have none yet; how many warnings were looked at."""
    query = select(TicketWarning).where(text("NOT noticed")).order_by(TicketWarning.id).limit(PORTION)
    rows = session.scalars(query.with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    ladder = Ladder(session)
    numbers = {row.number for row in rows}
    tickets = {row.number: row for row in session.scalars(select(Ticket).where(Ticket.number.in_(numbers)))}
    readers: dict[str, list[str]] = {}
    made: list[dict[str, Any]] = []
    for row in rows:
        ticket, key = tickets[row.number], f"warning:{row.id}"
        knows = ladder.knowers(session, ticket)
        readers[key] = ladder.who(row.to_whom, ticket.handler_id, ticket.centre_id or "", knows)
        keeper = ladder.members.get(ticket.keeper_id)
        if row.level == "red" and keeper is not None and keeper.role == "agent" and knows(keeper):
            readers[key].append(keeper.id)  # until a centre signs it, who took it down answers for it
        values = {"number": row.number, "level": row.level, "to_whom": row.to_whom, "at": now}
        made.append({"key": key, "kind": "warning", "data": {"rule": row.rule, "due_at": row.due_at}, **values})
    # Thousands may come due in one minute: written together, for nobody else writes to SQLite meanwhile.
    session.execute(_insert(session, Notice).on_conflict_do_nothing(), made)
    ids = {row.key: row.id for row in session.execute(select(Notice.key, Notice.id).where(Notice.key.in_(readers)))}
    pairs = [{"notice_id": ids[key], "account_id": one, "read_at": None} for key, found in readers.items() for one in found]
    if pairs:
        session.execute(_insert(session, NoticeReader).on_conflict_do_nothing(), pairs)
    reached = set(session.scalars(select(AccountContact.account_id)))
    for key, found in readers.items():
        if not reached.isdisjoint(found):
            jobs.enqueue(session, LETTER_JOB, f"notice:{ids[key]}", {"notice_id": ids[key]}, now=now)
    session.execute(update(TicketWarning).where(TicketWarning.id.in_([row.id for row in rows])).values(noticed=True))
    return len(rows)


def of_supervision(session: Session, row: TicketSupervision, ticket: Ticket, now: float) -> None:
    """督办 begins or ends: the handler and the director of the centre that has the ticket hear of it; of its end whoever asked
    for it, too. Not whoever did it just now: they know."""
    over = row.ended_at is not None
    ladder = Ladder(session)
    centre, knows = ticket.centre_id or "", ladder.knowers(session, ticket)
    readers = {*ladder.who("handler", ticket.handler_id, centre, knows), *ladder.who("director", "", centre, knows)}
    asker = ladder.members.get(row.by)
    if over and asker is not None and knows(asker):
        readers.add(row.by)
    readers.discard(row.ended_by if over else row.by)
    kind = "supervision_over" if over else "supervision"
    data = {"way": row.way}
    add(session, f"{kind}:{row.id}", kind, readers, now=now, number=ticket.number, to_whom="handler", data=data)


def of_letter(session: Session, row: Letter, now: float) -> None:
    """A letter that could not be delivered, or of which nobody knows, waits for a person: whoever asked for it, the ticket's
    handler, the administrators."""
    ladder = Ladder(session)
    ticket = session.get(Ticket, row.number) if row.number else None
    knows = ladder.knowers(session, ticket)
    readers = set(ladder.admins(knows))
    asker = ladder.members.get(row.by)
    if asker is not None and knows(asker):
        readers.add(row.by)
    if ticket is not None and not row.account_id:
        readers.update(ladder.who("handler", ticket.handler_id, ticket.centre_id or "", knows))
    if not readers:
        readers.update(ladder.who("bureau", "", (ticket.centre_id if ticket is not None else "") or "", knows))
    data = {"letter": row.kind, "channel": row.channel, "to": row.to_masked, "code": row.code}
    kind = f"letter_{row.state}"
    add(session, f"{kind}:{row.id}:{row.round}", kind, readers, now=now, number=row.number, to_whom="handler", data=data)


def unreached_key(row_id: int) -> str:
    """The key of the notice that a village's clerk could not be had, for one assignment (`village_calls.id`)."""
    return f"{UNREACHED}:{row_id}"


def of_village(session: Session, row: VillageCall, ticket: Ticket, reason: str, now: float) -> None:
    """A clerk on the telephone could not be had: the counter and the director of the centre above hear of it, so that somebody
    telephones, goes there, or signs in the village's place."""
    ladder = Ladder(session)
    knows = ladder.knowers(session, ticket)
    readers = {*ladder.who("handler", "", row.told, knows), *ladder.who("director", "", row.told, knows)}
    centre = session.get_one(Centre, row.centre_id)
    data = {"reason": reason, "centre": centre.name, "phone": centre.phone}
    add(session, unreached_key(row.id), UNREACHED, readers, now=now, number=ticket.number, to_whom="director", data=data)


def after_act(session: Session, ticket: Ticket, before: Seen, event: TicketEvent, now: float) -> None:
    """What happened to a ticket that somebody answers for, or was offered: they hear of it, in the act's transaction. Never
    whoever did it."""
    kind = OF_ACT.get(event.name)
    if kind is None:
        return
    ladder = Ladder(session)
    knows = ladder.knowers(session, ticket)
    if event.name == "offer_handover":
        found = ladder.of_these([ticket.offered_to], knows) if ticket.offered_to else ladder.at(ticket.offered_centre, knows)
    else:
        found = ladder.of_these({before.keeper_id, before.offered_by}, knows)
    readers = set(found) - {event.actor}
    if readers:
        data = {"until": ticket.offered_until} if event.name == "offer_handover" else {"reason": event.data.get("reason", "")}
        add(session, f"{kind}:{ticket.number}:{event.seq}", kind, readers, now=now, number=ticket.number, data=data)


# what somebody reads


def of_account(
    session: Session, account_id: str, sight: ColumnElement[bool], *, unread: bool = False, limit: int = 50, before: int = 0
) -> Sequence[tuple[Notice, float | None]]:
    """Somebody's notices, newest first, with when they were read. `sight`: which tickets they may see: a notice about another
    one is not shown."""
    query = _mine(account_id, sight).add_columns(NoticeReader.read_at).order_by(Notice.id.desc()).limit(limit)
    if unread:
        query = query.where(NoticeReader.read_at.is_(None))
    if before:
        query = query.where(Notice.id < before)
    return [(row[0], row[1]) for row in session.execute(query)]


def unread(session: Session, account_id: str, sight: ColumnElement[bool], most: int = 100) -> int:
    """How many are unread, at most `most`."""
    query = _mine(account_id, sight).where(NoticeReader.read_at.is_(None)).limit(most).subquery()
    return int(session.scalar(select(func.count()).select_from(query)) or 0)


def read(session: Session, account_id: str, ids: Iterable[int], now: float) -> int:
    """They have read these; how many were unread."""
    wanted = list(ids)
    done = session.execute(
        update(NoticeReader)
        .where(NoticeReader.account_id == account_id, NoticeReader.notice_id.in_(wanted), NoticeReader.read_at.is_(None))
        .values(read_at=now)
        .returning(NoticeReader.notice_id)
    )
    return len(done.all())


def read_to(session: Session, account_id: str, last: int, now: float) -> int:
    """They have read everything up to this one; how many were unread."""
    done = session.execute(
        update(NoticeReader)
        .where(NoticeReader.account_id == account_id, NoticeReader.notice_id <= last, NoticeReader.read_at.is_(None))
        .values(read_at=now)
        .returning(NoticeReader.notice_id)
    )
    return len(done.all())


def _mine(account_id: str, sight: ColumnElement[bool]) -> Any:
    return (
        select(Notice)
        .join(NoticeReader, NoticeReader.notice_id == Notice.id)
        .outerjoin(Ticket, Ticket.number == Notice.number)
        .where(NoticeReader.account_id == account_id, or_(Notice.number.is_(None), sight))
    )


def _insert(session: Session, table: Any) -> Any:
    kind: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return kind(table)
