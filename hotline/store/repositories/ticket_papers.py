"""What a ticket's people are told in writing: papers that are missing, a refusal with the proper way, a result, more time,
where it stands. Made from the ticket's own story, so that a letter says what was decided and nothing else.

The same letter of the same step to the same address goes out once, whoever asks for it how often: its key says all of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.calendars.days import ZONE
from hotline.core.errors import Invalid, Rejected
from hotline.core.letters import texts
from hotline.core.letters.texts import Text
from hotline.core.tickets.progress import words
from hotline.secrecy import Secrecy, SecrecyError
from hotline.settings.outbox import OutboxSettings
from hotline.store import ticket_codes
from hotline.store.models import Letter, Ticket, TicketEvent, TicketSupervision
from hotline.store.repositories import jobs, letters, notices, ticket_clocks, ticket_events, ticket_secrecy
from hotline.store.repositories.sealing import unseal

BY_MESSAGE: Final = "message"
"""Code of `notice_ways` that means: the hotline sends it itself."""
JOB: Final = "ticket_paper"
KIND_OF: Final[Mapping[str, str]] = {
    "ask_papers": "papers",
    "decline": "declined",
    "tell": "result",
    "grant_extension": "extended",
}
"""Act → the letter that goes with it when it is told by message."""
STEP_OF: Final[Mapping[str, str]] = {
    "papers": "ask_papers", "declined": "decline", "result": "finish", "extended": "grant_extension",
}  # fmt: skip
"""Letter → the act whose words it carries."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter as it would go out. `step`: what it is about, for its key."""

    kind: str
    step: str
    text: Text


def after_act(session: Session, ticket: Ticket, event: TicketEvent, now: float) -> None:
    """What follows an act, in its transaction: the letter when it is told by message, notices when it is supervised."""
    if event.name in KIND_OF and event.data.get("way") == BY_MESSAGE:
        body = {"number": ticket.number, "kind": KIND_OF[event.name], "by": event.actor, "seq": event.seq}
        jobs.enqueue(session, JOB, f"paper:{ticket.number}:{event.seq}", body, now=now)
    if event.name in ("supervise", "end_supervision"):
        session.flush()
        query = select(TicketSupervision).where(TicketSupervision.number == ticket.number)
        rows = session.scalars(query.order_by(TicketSupervision.id)).all()
        for row in rows:
            if (row.ended_at is None) == (event.name == "supervise"):
                notices.of_supervision(session, row, ticket, now)


def possible(session: Session, ticket: Ticket) -> list[str]:
    """Which letters this ticket's story has words for, in the order of the list."""
    names = {event.name for event in ticket_events.of_ticket(session, ticket.number)}
    return [kind for kind in texts.CALLER_KINDS if kind == "progress" or STEP_OF[kind] in names]


def mobile(secrecy: Secrecy, ticket: Ticket) -> bool:
    """Whether the caller's number takes text messages. A seal that does not open counts as none."""
    try:
        letters.checked("sms", unseal(secrecy, "tickets.caller_number_enc", ticket.number, ticket.caller_number_enc))
    except (Invalid, SecrecyError):
        return False
    return True


def compose(session: Session, settings: OutboxSettings, ticket: Ticket, kind: str) -> Paper:
    """The words of a letter, in the caller's language where that is known to be English; what people wrote into the ticket (a
    result, a route) stays as they wrote it. Raises Invalid `letter.kind`, Rejected `letter.nothing_to_say`."""
    if kind not in texts.CALLER_KINDS:
        raise Invalid("letter.kind", field="kind")
    if kind == "progress":
        step, data = f"v{ticket.version}", {"state": words(ticket.state, ticket.language), "code": ticket.code}
    else:
        event = next(
            (row for row in reversed(ticket_events.of_ticket(session, ticket.number)) if row.name == STEP_OF[kind]), None
        )
        if event is None:
            raise Rejected("letter.nothing_to_say", kind=kind)
        step, data = str(event.seq), _VALUES[kind](session, ticket, event.data)
    if ticket.secret or not set(settings.discreet_flags).isdisjoint(ticket.risk_flags):
        return Paper(kind, step, texts.discreet(ticket.language))
    return Paper(kind, step, texts.caller(kind, {**data, "number": ticket.number}, ticket.language))


def send(
    session: Session,
    secrecy: Secrecy,
    settings: OutboxSettings,
    ticket: Ticket,
    kind: str,
    *,
    by: str,
    now: float,
    channel: str = "sms",
    to: str = "",
) -> Letter:
    """Send one of the ticket's letters, once. `to` empty: the caller's number. Raises what `compose` and
    :func:`hotline.store.repositories.letters.send` raise, and Invalid `letter.no_mobile` when the caller's is none."""
    paper = compose(session, settings, ticket, kind)
    if not to:
        if channel != "sms":
            raise Invalid("letter.address", field="to")
        contact = ticket_secrecy.contact(session, secrecy, ticket, "message", now)
        if contact.refusal == "unsafe_way":
            raise Rejected("ticket.unsafe_way")
        to = contact.number  # another one than the caller's own, where that is not safe
        try:
            letters.checked(channel, to)
        except Invalid as error:
            raise Rejected("letter.no_mobile") from error
    address, masked = letters.checked(channel, to)
    key = f"{kind}:{ticket.number}:{paper.step}:{channel}:{secrecy.index(f'letter:{address}')[:12]}"
    known = letters.by_key(session, key)
    if known is not None:
        return known
    data = {"letter": kind, "channel": channel, "to": masked}
    ticket_events.append(session, ticket, "letter_asked", actor=by, at=now, before=ticket.state, data=data)
    return letters.send(
        session,
        secrecy,
        key=key,
        kind=kind,
        channel=channel,
        to=address,
        subject=paper.text.subject,
        body=paper.text.body,
        now=now,
        number=ticket.number,
        by=by,
    )


def _papers(session: Session, ticket: Ticket, data: Mapping[str, Any]) -> dict[str, Any]:
    wanted: Sequence[str] = [*data.get("materials", ()), *data.get("others", ())]
    rules = ticket_clocks.limits()
    running = ticket_clocks.open_of(session, ticket.number)
    due = next((row.due_at for row in running if rules[row.rule].then == "withdraw"), None)
    names = [ticket_codes.name("materials", code, ticket.language) for code in wanted]
    return {"papers": names, "day": _day(due, ticket.language)}


def _declined(session: Session, ticket: Ticket, data: Mapping[str, Any]) -> dict[str, Any]:
    reason = ticket_codes.name("decline_reasons", str(data.get("reason", "")), ticket.language)
    return {"reason": reason, "route": str(data.get("route", ""))}


def _result(session: Session, ticket: Ticket, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"result": str(data.get("result", "")) or ticket.result}


def _extended(session: Session, ticket: Ticket, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"day": _day(data.get("due_at"), ticket.language)}


_VALUES: Final = {"papers": _papers, "declined": _declined, "result": _result, "extended": _extended}


def _day(at: object, language: str) -> str:
    if not isinstance(at, int | float):
        return ""
    return texts.day(datetime.fromtimestamp(at - 1, ZONE), language)  # the end of a day is the midnight after it
