"""Handing a ticket from one to another: offered, then accepted, refused, recalled or run out. Until it is accepted the old one
answers for it (rules B.26: the first receiver's ticket is taken over by whoever accepts it, and by nobody else). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from hotline.core.errors import Invalid, Rejected
from hotline.core.tickets.model import Actor, Standing, Ticket
from hotline.core.tickets.table import DONE, HANDLING, SIGNED, SUSPENDED, TOLD

ENDS: Final = frozenset({"accept_handover", "refuse_handover", "recall_handover", "expire_handover"})
ACTS: Final = ENDS | {"offer_handover"}
NO_OFFER: Final[Mapping[str, Any]] = MappingProxyType(
    {"offered_by": "", "offered_to": "", "offered_centre": "", "offered_until": None}
)
IN_HAND: Final = frozenset({SIGNED, HANDLING, SUSPENDED, DONE, TOLD})
"""Whoever takes it over here is its handler too."""


def is_recipient(actor: Actor, ticket: Ticket) -> bool:
    """Whether the ticket is offered to this person, or to the centre they work at."""
    if not ticket.offered_by or actor.role not in ("agent", "supervisor", "centre"):
        return False
    if ticket.offered_to:
        return actor.id == ticket.offered_to
    return actor.role == "centre" and actor.centre_id == ticket.offered_centre


def may(name: str, ticket: Ticket, now: float) -> None:
    """What forbids the act whatever is said with it. Raises Rejected `ticket.handover_open`, `ticket.no_handover`,
    `ticket.handover_late`."""
    if name == "offer_handover":
        if ticket.offered_by:
            raise Rejected("ticket.handover_open")
        return
    if not ticket.offered_by:
        raise Rejected("ticket.no_handover")
    over = ticket.offered_until is not None and now > ticket.offered_until
    if name in ("accept_handover", "refuse_handover") and over:
        raise Rejected("ticket.handover_late")
    if name == "expire_handover" and not over:
        raise Rejected("ticket.no_handover")


def offered(ticket: Ticket, actor: Actor, given: Mapping[str, Any], standing: Standing) -> dict[str, Any]:
    """What an offer sets: a person, or a centre whose people decide among themselves.

    Raises Invalid `ticket.needs` (neither or both named), `ticket.handover_self` (to whoever has it already).
    """
    person, centre = str(given.get("person_id", "")), str(given.get("centre_id", ""))
    if bool(person) == bool(centre):
        raise Invalid("ticket.needs", act="offer_handover", fields={"person_id": "missing" if not person else "one_of"})
    if (person and person == ticket.keeper_id) or (centre and centre == ticket.centre_id):
        raise Invalid("ticket.handover_self", field="person_id" if person else "centre_id")
    return {
        "offered_by": actor.id,
        "offered_to": person,
        "offered_centre": centre,
        "offered_until": standing.handover_until,
    }


def accepted(ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """What acceptance sets: who answers for it, who handles it, and whose it is."""
    found: dict[str, Any] = {**NO_OFFER, "keeper_id": actor.id}
    if actor.role == "centre" and actor.centre_id:
        found["centre_id"] = actor.centre_id
    if ticket.state in IN_HAND:
        found["handler_id"] = actor.id
    return found


@dataclass(frozen=True, slots=True)
class Step:
    """An event as the proof looks at it."""

    seq: int
    name: str
    actor: str
    at: float
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proved:
    """`keeper` as the story says (None: it began before keepers were written down and nobody took it since); `open`: an offer
    stands; `wrong`: (seq, how) of the first event that cannot be."""

    keeper: str | None
    open: bool
    wrong: tuple[int, str] | None = None


def replay(steps: Iterable[Step]) -> Proved:
    """Who answers for a ticket after its story: changed by signing, handling, and accepted offers only."""
    keeper: str | None = None
    until: float | None = None
    is_open = False
    for step in steps:
        if step.name == "registered":
            keeper = step.data.get("keeper_id")
        if step.name == "offer_handover":
            if is_open:
                return Proved(keeper, is_open, (step.seq, "offered_twice"))
            is_open, until = True, step.data.get("until")
        elif step.name in ENDS:
            if not is_open:
                return Proved(keeper, is_open, (step.seq, "not_offered"))
            if step.name == "accept_handover" and until is not None and step.at > until:
                return Proved(keeper, is_open, (step.seq, "too_late"))
            is_open = False
        if step.data.get("handover") == "void":
            is_open = False
        if step.name in ("sign", "handle", "accept_handover") or (step.name == "accept" and keeper == ""):
            keeper = step.actor
    return Proved(keeper, is_open)
