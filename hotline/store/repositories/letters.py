"""Letters in the table: put in once with their cause, taken up, marked; retried, settled or called off by a person.

`send` is what the other parts of the house call:

    letters.send(session, secrecy, key="reminder:apt_1", kind="reminder", channel="sms", to="13800000000",
                 body="…", now=now, number="20261122-0001-22")

in the transaction of the cause. The same key twice is one letter, for ever. The job `send_letter` does the rest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline.core.errors import Invalid, Missing, Rejected
from hotline.core.ids import new_id
from hotline.core.letters import FINAL, Receipt, Window, after, before, next_allowed
from hotline.core.phones import mask, normalise
from hotline.core.tickets.secrecy import Safety
from hotline.secrecy import Secrecy, SecrecyError
from hotline.settings.outbox import OutboxSettings
from hotline.store.models import Letter, Ticket
from hotline.store.repositories import jobs, notices, ticket_events, ticket_secrecy
from hotline.store.repositories.sealing import seal, unseal

JOB: Final = "send_letter"
LONGEST_SUBJECT: Final = 100


def send(
    session: Session,
    secrecy: Secrecy,
    *,
    key: str,
    kind: str,
    channel: str,
    to: str,
    body: str,
    now: float,
    subject: str = "",
    number: str | None = None,
    account_id: str = "",
    by: str = "system",
    not_before: float | None = None,
    urgent: bool = False,
    safe: Sequence[Window] = (),
) -> Letter:
    """Put a letter on its way, once for each `key`: the one that is there when there is one already.

    `to`: a mobile number (`sms`) or a mail address (`mail`). `number`: the ticket it is about; its delivery then stands in the
    ticket's story. `not_before`: Unix seconds. `urgent`: also in the quiet hours. `safe`: the only times of day at which it
    may arrive. Raises Invalid `letter.address` for an address that cannot be one, `letter.channel`, `letter.empty`.
    """
    found = by_key(session, key)
    if found is not None:
        return found
    address, masked = checked(channel, to)
    if not body.strip():
        raise Invalid("letter.empty")
    row_id = new_id("let", now)
    text = json.dumps({"subject": " ".join(subject.split())[:LONGEST_SUBJECT], "body": body}, ensure_ascii=False)
    row = Letter(
        id=row_id,
        key=key,
        number=number,
        account_id=account_id,
        kind=kind,
        channel=channel,
        to_enc=seal(secrecy, "letters.to_enc", row_id, address),
        to_masked=masked,
        text_enc=seal(secrecy, "letters.text_enc", row_id, text),
        urgent=urgent,
        safe=[list(window) for window in safe],
        by=by,
        created_at=now,
        not_before=max(now, not_before or now),
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another transaction was quicker with this key
        found = by_key(session, key)
        if found is None:
            raise
        return found
    _start(session, row, now)
    return row


def cancel(session: Session, key: str, now: float, by: str = "system") -> bool:
    """Call a letter off (a reminder of what will not be); False when it is gone, or there was none."""
    row = session.scalars(select(Letter).where(Letter.key == key).with_for_update()).one_or_none()
    if row is None or row.state not in ("waiting", "failed"):
        return False
    row.state, row.finished_at, row.settled_by = "cancelled", now, by
    return True


def by_key(session: Session, key: str) -> Letter | None:
    """The letter of a key, or None."""
    return session.scalars(select(Letter).where(Letter.key == key)).one_or_none()


def of_ticket(session: Session, number: str) -> Sequence[Letter]:
    """The letters about a ticket that went outside the house, newest first."""
    query = select(Letter).where(Letter.number == number, Letter.account_id == "")
    return session.scalars(query.order_by(Letter.created_at.desc(), Letter.id.desc())).all()


def page(
    session: Session, sight: ColumnElement[bool], state: str = "", limit: int = 50, before_id: str = ""
) -> Sequence[Letter]:
    """Letters, newest first; ids sort by time. `sight`: which tickets one may see: a letter about another is not shown."""
    query = select(Letter).outerjoin(Ticket, Ticket.number == Letter.number).order_by(Letter.id.desc()).limit(limit)
    query = query.where(or_(Letter.number.is_(None), sight))
    if state:
        query = query.where(Letter.state == state)
    if before_id:
        query = query.where(Letter.id < before_id)
    return session.scalars(query).all()


def counts(session: Session) -> dict[str, int]:
    """How many letters are in each state."""
    return {row[0]: row[1] for row in session.execute(select(Letter.state, func.count()).group_by(Letter.state))}


def checked(channel: str, to: str) -> tuple[str, str]:
    """The address as it is sent to, and masked. Raises Invalid `letter.address`, `letter.channel`."""
    if channel == "sms":
        phone = normalise(to)
        if phone.kind != "mobile":
            raise Invalid("letter.address", field="to")
        return phone.national, mask(phone.national)
    if channel != "mail":
        raise Invalid("letter.channel", field="channel")
    address = to.strip()
    name, at, domain = address.partition("@")
    odd = set(' \t\r\n<>()[]\\,;:"@')
    plain = address.isascii() and address.isprintable()
    whole = at and name and "." in domain.strip(".") and not odd & set(name + domain) and plain
    if not whole or len(address) > 200:
        raise Invalid("letter.address", field="to")
    return address, f"{name[0]}***@{domain}"[:64]


# what the job does


def take_up(session: Session, settings: OutboxSettings, letter_id: str, once: bool, now: float) -> Letter | float | None:
    """The letter, marked as being handed over; or when to come again (Unix seconds); or None when there is nothing to do. A
    letter somebody died over becomes `unsure` where it cannot be handed over twice."""
    row = session.get(Letter, letter_id, with_for_update=True, populate_existing=True)
    state = before(row.state, once) if row is not None else None
    if row is None or state is None:
        return None
    if state == "unsure":
        _mark(session, row, Receipt("unsure", "worker.died"), settings, now)
        return None
    at = max(row.not_before, now)
    if row.state == "waiting":
        allowed = _safe_from(session, row, settings, at)
        if allowed is None:
            _mark(session, row, Receipt("refused", "never_safe"), settings, now)
            return None
        at = allowed
    if at > now:
        row.not_before = at
        return at
    row.state = "sending"
    row.tries += 1
    return row


def _safe_from(session: Session, row: Letter, settings: OutboxSettings, at: float) -> float | None:
    """From when it may arrive: not in the quiet hours, at the times it was given, and as the person of its ticket may be
    reached without danger. None: never."""
    safety = Safety()
    if row.number and not row.account_id:
        safety = ticket_secrecy.safety(ticket_secrecy.of_ticket(session, row.number))
    if row.channel == "sms" and safety.ways and "message" not in safety.ways:
        return None
    quiet = NEVER if row.urgent else settings.quiet
    for _ in range(MOST_ROUNDS):
        found = next_allowed(at, quiet, [(window[0], window[1]) for window in row.safe])
        if found is None or safety.next(found) <= found:
            return found
        at = safety.next(found)
    return None


NEVER: Final = (0, 0)
"""No quiet hours. What is urgent waits for safe times all the same: they are about the person's safety, not their sleep."""
MOST_ROUNDS: Final = 50
"""Quiet hours and safe times that have not met after so many of each never will."""


def opened(secrecy: Secrecy, row: Letter) -> tuple[str, str, str]:
    """Address, subject and text in clear. Raises SecrecyError."""
    text = json.loads(unseal(secrecy, "letters.text_enc", row.id, row.text_enc) or "{}")
    to = unseal(secrecy, "letters.to_enc", row.id, row.to_enc)
    if not to or not text:
        raise SecrecyError("erased")
    return to, str(text.get("subject", "")), str(text.get("body", ""))


def mark(session: Session, settings: OutboxSettings, letter_id: str, receipt: Receipt, now: float) -> float | None:
    """What came of the attempt; when the next one may be (Unix seconds), if there is to be one."""
    row = session.get_one(Letter, letter_id, with_for_update=True, populate_existing=True)
    if row.state != "sending" and not (row.state == "unsure" and receipt.handed == "sent"):
        return None  # somebody else has settled it meanwhile; only a late certainty still counts
    return _mark(session, row, receipt, settings, now)


def _mark(session: Session, row: Letter, receipt: Receipt, settings: OutboxSettings, now: float) -> float | None:
    found = after(receipt, row.tries, settings.tries * row.round, settings.backoff_seconds)
    row.state, row.code, row.reference = found.state, receipt.code[:64], receipt.reference[:200]
    if found.wait is not None:
        row.not_before = now + found.wait
        return row.not_before
    row.finished_at = now
    if found.state != "sent":
        notices.of_letter(session, row, now)
    _tell_story(session, row, f"letter_{found.state}", "system", now)
    return None


# what a person does


def retry(session: Session, letter_id: str, by: str, now: float) -> Letter:
    """Try one that has failed, or that nobody is sure of, again. Raises Missing `letter.missing`, Rejected `letter.settled`,
    `letter.erased`."""
    row = _asked(session, letter_id)
    if not row.text_enc:
        raise Rejected("letter.erased")
    row.state, row.round, row.finished_at, row.settled_by = "waiting", row.round + 1, None, by
    row.not_before = now
    session.flush()
    _start(session, row, now)
    _tell_story(session, row, "letter_retried", by, now)
    return row


def settle(session: Session, letter_id: str, arrived: bool, by: str, now: float) -> Letter:
    """A person knows what became of it: it arrived, or it was told another way and is not to be sent any more. Raises as
    `retry` does."""
    row = _asked(session, letter_id)
    row.state, row.finished_at, row.settled_by = ("sent" if arrived else "cancelled"), now, by
    _tell_story(session, row, "letter_settled", by, now, arrived=arrived)
    return row


def _asked(session: Session, letter_id: str) -> Letter:
    row = session.get(Letter, letter_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Missing("letter.missing")
    if row.state not in ("failed", "unsure"):
        raise Rejected("letter.settled", state=row.state)
    return row


# keeping


def erase(session: Session, settings: OutboxSettings, now: float, limit: int = 500) -> int:
    """Address and text of letters that are over long enough; how many."""
    old = now - settings.keep_days * 86_400.0
    over = select(Letter.id).where(Letter.text_enc != "", Letter.state.in_(FINAL), Letter.finished_at < old).limit(limit)
    ids = list(session.scalars(over))
    if ids:
        session.execute(update(Letter).where(Letter.id.in_(ids)).values(text_enc="", to_enc=""))
    return len(ids)


def _start(session: Session, row: Letter, now: float) -> None:
    jobs.enqueue(session, JOB, f"letter:{row.id}:{row.round}", {"letter_id": row.id}, now=now, run_after=row.not_before)


def _tell_story(session: Session, row: Letter, name: str, actor: str, now: float, **more: Any) -> None:
    """Of a letter that goes outside the house the ticket's story tells."""
    if not row.number or row.account_id:
        return
    ticket = session.get(Ticket, row.number, with_for_update=True, populate_existing=True)
    if ticket is None:
        return
    data = {"letter": row.kind, "channel": row.channel, "to": row.to_masked, **({"code": row.code} if row.code else {}), **more}
    ticket_events.append(session, ticket, name, actor=actor, at=now, before=ticket.state, data=data)
