"""What a village centre's clerk asks and keys on the telephone, answered from the database; called by the staff's desk.

The clerk is known by the call we made to them, or by staff number and PIN. Signing and sending back want no PIN on a call that
we made to the registered telephone (unless `village.pin_on_call`); a result and the caller's number always do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from hotline.core.errors import HotlineError
from hotline.core.tickets.village import RESULTS, RETURNS, brief, digits
from hotline.store import audit
from hotline.store.models import Account, Ticket
from hotline.store.repositories import ticket_secrecy, village
from hotline.store.repositories.ticket_acts import House

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.api.context import Context

REFUSED: Final = MappingProxyType({"ticket.must_report": "village_minor", "ticket.version": "village_gone"})
"""Error → what is said of it; anything else is `village_refused`."""
GONE: Final = frozenset({"ticket.transition", "ticket.missing", "ticket.not_yours"})


@dataclass(frozen=True, slots=True)
class AtTicket:
    """Where the clerk is: which ticket is being spoken about, and whether a PIN was keyed."""

    clerk_id: str
    call_id: str
    pin: bool = False
    ticket: str = ""
    version: int = 0
    reporting: bool = False
    """A result is being keyed; else the ticket is to be signed."""
    heard: tuple[str, ...] = ()
    """Tickets read out in this visit already: whoever passes one over hears the next."""


Answered = tuple[AtTicket, str, tuple[str, ...]]
"""The place after it, the outcome for the menu, and what is said."""


def answer(context: Context, place: AtTicket, name: str, entered: str, number: int) -> Answered:
    """One question of the clerk's menus. Never raises for what is only refused: that is said. `number`: of the question in its
    call, so that one asked twice is done once."""
    said = ""
    if name in ("accept", "contact") or name.startswith(("return_", "result_")):
        try:
            with context.store.write() as session:
                account = session.get_one(Account, place.clerk_id)
                return _act(context, session, account, place, name, f"{place.call_id}:{number}")
        except HotlineError as error:
            said = "village_gone" if error.code in GONE else REFUSED.get(error.code, "village_refused")
    with context.store.read() as session:
        known = session.get(Account, place.clerk_id)
        if known is None or not known.active or not known.centre_id:
            return place, "failed", ()
        if said:
            return _after(session, known, place, said)
        step = _ASK.get(name)
        return step(session, known, place, entered) if step is not None else (place, "failed", ())


def first(context: Context, call_id: str) -> AtTicket | None:
    """The clerk of a call that we made; None when it is none."""
    with context.store.write() as session:
        account = village.clerk_called(session, call_id)
        return AtTicket(account.id, call_id) if account is not None else None


def _act(context: Context, session: Session, account: Account, place: AtTicket, name: str, key: str) -> Answered:
    now = time.time()
    rules = context.settings.tickets
    house = House(session, rules.limits, rules.warn)
    if name == "contact":
        return _contact(context, session, account, place)
    if name == "accept":
        village.sign(house, account, place.ticket, place.version, now, key)
        return _after(session, account, place, "village_signed")
    if name.startswith("return_") and (reason := name.removeprefix("return_")) in RETURNS:
        village.send_back(house, account, place.ticket, reason, place.version, now, key)
        return _after(session, account, place, "village_returned")
    if (result := name.removeprefix("result_")) in RESULTS and place.pin:
        village.report(house, account, place.ticket, result, now, key)
        return replace(place, ticket="", reporting=False), "menu_clerk", ("village_noted",)
    return place, "failed", ()


def _contact(context: Context, session: Session, account: Account, place: AtTicket) -> Answered:
    """The caller's number, to whoever keyed a PIN; the audit row first."""
    if not place.pin:
        return place, "want_pin", ()
    menu = "result" if place.reporting else "ticket"
    ticket = session.get(Ticket, place.ticket)
    if ticket is None or ticket.centre_id != account.centre_id:
        return _after(session, account, place, "village_gone")
    contact = ticket_secrecy.contact(session, context.secrecy, ticket, "phone", time.time())
    if contact.refusal:
        return place, menu, ("village_refused",)
    data = {"purpose": "电话联系来电人", "channel": "phone"}
    audit.append(
        session, at=time.time(), actor=account.id, action="ticket.revealed", object=f"tickets/{ticket.number}", data=data
    )
    return place, menu, ("village_caller", *digits(contact.number)) if contact.number else ("village_no_number",)


def _after(session: Session, account: Account, place: AtTicket, *said: str) -> Answered:
    """Something was done, or could not be: the next one that waits, or the end."""
    passed = replace(place, ticket="", heard=(*place.heard, place.ticket) if place.ticket else place.heard)
    return _next(session, account, passed, "", *said)


def _next(session: Session, account: Account, place: AtTicket, _: str, *said: str) -> Answered:
    ticket = next((row for row in village.waiting(session, account) if row.number not in place.heard), None)
    if ticket is None:
        left = replace(place, ticket="", reporting=False)
        if place.pin:
            return left, "menu_clerk", said or ("village_none",)
        return left, "over", said or ("village_none",)
    return _at(replace(place, reporting=False), ticket, *said)


def _at(place: AtTicket, ticket: Ticket, *said: str) -> Answered:
    told = brief(ticket.code, ticket.category, ticket.region_code, ticket.due_at)
    return replace(place, ticket=ticket.number, version=ticket.version), "ticket", (*said, *told)


def _again(session: Session, account: Account, place: AtTicket, _: str) -> Answered:
    ticket = session.get(Ticket, place.ticket)
    if ticket is None or ticket.centre_id != account.centre_id:
        return _after(session, account, place, "village_gone")
    return _at(place, ticket)


def _reasons(session: Session, account: Account, place: AtTicket, _: str) -> Answered:
    return place, "reason", ()


def _report(session: Session, account: Account, place: AtTicket, _: str) -> Answered:
    return place, "want_code" if place.pin else "want_pin", ()


def _code(session: Session, account: Account, place: AtTicket, entered: str) -> Answered:
    ticket = village.by_code(session, account, entered) if place.pin else None
    if ticket is None:
        return place, "menu_clerk", ("village_no_code",)
    return replace(place, ticket=ticket.number, version=ticket.version, reporting=True), "result", ()


def _menu(session: Session, account: Account, place: AtTicket, _: str) -> Answered:
    return replace(place, ticket="", reporting=False), "menu_clerk", ()


_ASK: Final[Mapping[str, Callable[..., Answered]]] = MappingProxyType(
    {"next": _next, "again": _again, "reasons": _reasons, "report": _report, "code": _code, "menu": _menu}
)


def entered(context: Context, place: AtTicket) -> Answered:
    """The PIN was right: back to the ticket that was spoken about, or to the clerk's menu."""
    place = replace(place, pin=True)
    with context.store.read() as session:
        account = session.get(Account, place.clerk_id)
        if account is None:
            return place, "failed", ()
        if place.ticket and not place.reporting:
            return _again(session, account, place, "")
    return place, "clerk", ()
