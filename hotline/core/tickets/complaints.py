"""Complaints: the handler reports, his director gives an opinion, the bureau decides, the caller is told (city rule). Each step
by somebody else, none by the accused or the accused's unit, who see nothing of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from hotline.core.errors import Forbidden, Rejected
from hotline.core.tickets.centres import Tree
from hotline.core.tickets.model import Accused, Actor, Limits, Standing, Ticket

STAGES: Final = ("", "opened", "reported", "opined", "decided")
KINDS: Final = ("account", "agent", "expert", "centre")
"""Whom a complaint can be about: one of a centre's or the desk's people, an agent's seat, an expert, a whole centre."""


def owner_of(ticket: Ticket, accused: Accused, tree: Tree) -> str:
    """Which centre has a complaint: where the ticket is, but never the accused unit: then the one above it (at the top nobody
    is above: it stays, and the bureau's own people have it)."""
    if accused.centre_id and accused.centre_id == ticket.centre_id:
        return tree.above(ticket.centre_id) or ticket.centre_id
    return ticket.centre_id


def _open(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if ticket.complaint:
        raise Rejected("ticket.complaint_already")


def _stage(wanted: str) -> Callable[[Ticket, Actor, Standing, float, Limits], None]:
    def rule(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
        if not ticket.complaint:
            raise Rejected("ticket.no_complaint")
        if ticket.complaint != wanted:
            raise Rejected("ticket.complaint_order", stage=ticket.complaint)
        if actor.id in standing.complaint_by:
            raise Forbidden("ticket.complaint_own")

    return rule


def _finish(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if ticket.complaint:
        raise Rejected("ticket.complaint_way")


RULES: Final[Mapping[str, Callable[[Ticket, Actor, Standing, float, Limits], None]]] = MappingProxyType(
    {
        "open_complaint": _open,
        "report_complaint": _stage("opened"),
        "give_opinion": _stage("reported"),
        "decide_complaint": _stage("opined"),
        "finish": _finish,
    }
)


def check_centre(name: str, values: Mapping[str, Any], standing: Standing) -> None:
    """A complaint is never sent to the unit it is about. Raises Rejected `ticket.accused_centre`."""
    if standing.accused_centre and name in _SENDS and values.get("centre_id") == standing.accused_centre:
        raise Rejected("ticket.accused_centre")


_SENDS: Final = frozenset({"assign", "reassign", "adjudicate", "grant_avoidance", "offer_handover"})
