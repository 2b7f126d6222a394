"""May this be done, and what comes of it: the table, who stands where, and the few rules that a table cannot say. Pure.

Errors, all of :mod:`hotline.core.errors`: `ticket.transition` (not in this state), `ticket.not_yours` (not by this person),
`ticket.needs` (something is missing or wrong; `details.fields`), and one code for each rule below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from hotline.core.errors import Forbidden, IllegalTransition, Invalid, Rejected
from hotline.core.tickets import complaints, followups, handovers, secrecy
from hotline.core.tickets.centres import Tree
from hotline.core.tickets.model import MERGE_SECONDS, MUST_REPORT, Actor, Change, Limits, Standing, Ticket
from hotline.core.tickets.needs import checked
from hotline.core.tickets.table import ACTS, ASSIGNED, HANDABLE, OVER, Act, from_state

CLOSING: Final = frozenset({"finish", "decide_complaint", "archive", "decline", "withdraw", "merge"})
"""Acts after which nobody looks at a ticket again."""


def standing_of(actor: Actor, ticket: Ticket, tree: Tree) -> frozenset[str]:
    """Which of the table's parties the person is for this ticket."""
    found: set[str] = set()
    if actor.role in ("agent", "supervisor"):
        found.add("desk")
    if actor.role == "centre" and tree.covers(actor.centre_id, ticket.centre_id):
        found.add("owner")
        if actor.centre_id != ticket.centre_id:
            found.add("above")
        if actor.director:
            found.add("director")
            if actor.centre_id == tree.top(ticket.centre_id):
                found.add("bureau")
    if actor.role == "system":
        found.add("system")
    if actor.role == "supervisor":
        found.add("bureau")
    if "bureau" in found:
        found |= {"owner", "above", "director"}
    if actor.id == ticket.keeper_id and actor.role in ("agent", "supervisor", "centre"):
        found.add("keeper")
    if handovers.is_recipient(actor, ticket):
        found.add("recipient")
    if found - {"system"} and actor.id != ticket.handler_id:
        found.add("other")
    return frozenset(found)


def possible(ticket: Ticket, actor: Actor, tree: Tree, standing: Standing, now: float, limits: Limits) -> list[Act]:
    """What this person may do now: the buttons. Whatever :func:`decide` would refuse, whatever is said with it, is left out."""
    parties = standing_of(actor, ticket, tree)
    found = []
    for act in from_state(ticket.state):
        if not parties.isdisjoint(act.who):
            try:
                _rules(act, ticket, actor, standing, now, limits)
            except (Rejected, Forbidden):
                continue
            found.append(act)
    return found


def decide(
    ticket: Ticket,
    name: str,
    actor: Actor,
    given: Mapping[str, Any],
    *,
    tree: Tree,
    standing: Standing,
    now: float,
    limits: Limits,
) -> Change:
    """The change that `name`, done by `actor` with `given`, makes of `ticket`. Nothing is changed when it raises."""
    act = ACTS.get(name)
    if act is None or ticket.state not in act.sources:
        allowed = [row.name for row in from_state(ticket.state)]
        raise IllegalTransition("ticket.transition", state=ticket.state, act=name[:32], possible=allowed)
    if standing_of(actor, ticket, tree).isdisjoint(act.who):
        raise Forbidden("ticket.not_yours", act=name)
    values = checked(act, given, standing)
    _rules(act, ticket, actor, standing, now, limits)
    why = str(values.get("why", ""))
    state = {"": ticket.state, "<": ticket.resume_to}.get(act.to, act.to)
    data = {key: value for key, value in values.items() if key != "why"}
    sets = dict(_EFFECTS[name](ticket, actor, values, tree, limits)) if name in _EFFECTS else {}
    complaints.check_centre(name, values, standing)
    secrecy.check_way(act, values, standing)
    if name == "merge":
        _mergeable(ticket, standing.into, now)
    if name == "ask_avoidance":
        data["person"] = secrecy.who_avoids(ticket, actor, str(values["side"]))
    if name == "open_complaint" and standing.accused is not None:
        sets["centre_id"] = complaints.owner_of(ticket, standing.accused, tree)
    if name == "offer_handover":
        sets |= handovers.offered(ticket, actor, values, standing)
        data["until"] = standing.handover_until
    elif ticket.offered_by and name not in handovers.ACTS and (state not in HANDABLE or "centre_id" in sets):
        sets |= handovers.NO_OFFER
        data["handover"] = "void"
    if name == "report_minor" and values["reported_at"] > now + CLOCKS_APART:
        raise Invalid("ticket.needs", act=name, fields={"reported_at": "future"})
    if name == "ask_extension" and values["amount"] > standing.extendable:
        raise Invalid("ticket.extension_too_long", field="amount", most=standing.extendable)
    return Change(name, state, why, sets, data)


CLOCKS_APART: Final = 300.0
"""Seconds that somebody's watch may be ahead of ours."""


# rules besides the table


def _rules(act: Act, ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    """What forbids the act whatever is said with it. Raises Rejected or Forbidden."""
    if act.name in CLOSING and MUST_REPORT in ticket.risk_flags and not ticket.reported:
        raise Rejected("ticket.must_report")
    if act.name in handovers.ACTS:
        handovers.may(act.name, ticket, now)
    secrecy.check_out(act.name, actor, standing)
    for rules in (_RULES, complaints.RULES, secrecy.RULES, followups.RULES):
        if act.name in rules:
            rules[act.name](ticket, actor, standing, now, limits)


def _object(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if ticket.final or ticket.objections >= limits.objections:
        raise Rejected("ticket.objection_spent")
    if standing.sign_due is not None and now > standing.sign_due:
        raise Rejected("ticket.objection_late")


def _reassign(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if ticket.objections >= limits.objections:
        raise Rejected("ticket.adjudicator_only")


def _adjudicate(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if ticket.objections < limits.objections:
        raise Rejected("ticket.not_for_adjudication")


def _ask_extension(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if ticket.extension_asked:
        raise Rejected("ticket.extension_pending")
    if ticket.extensions >= limits.extensions:
        raise Rejected("ticket.extension_spent")
    if standing.handle_due is None or not standing.extendable:
        raise Rejected("ticket.no_extension")
    if now > standing.handle_due:
        raise Rejected("ticket.extension_late")


def _decide_extension(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if not ticket.extension_asked:
        raise Rejected("ticket.no_extension_asked")
    if actor.id == ticket.extension_asked_by:
        raise Forbidden("ticket.extension_own")


def _grant_extension(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    _decide_extension(ticket, actor, standing, now, limits)
    if standing.handle_due is None or now > standing.handle_due:
        raise Rejected("ticket.extension_late")


def _end_supervision(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if not ticket.supervised:
        raise Rejected("ticket.not_supervised")


def _unmerge(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if not ticket.resume_to:  # merged before it was noted where it stood
        raise Rejected("ticket.cannot_unmerge")


def _report(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if MUST_REPORT not in ticket.risk_flags:
        raise Rejected("ticket.nothing_to_report")


def _ask_papers(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    # Everything missing is said once (Legal Aid Law, art. 43; city rule): a second list is not to be had.
    if ticket.papers_asked:
        raise Rejected("ticket.papers_once")


_Rule = Callable[[Ticket, Actor, Standing, float, Limits], None]
_RULES: Final[Mapping[str, _Rule]] = MappingProxyType(
    {
        "object": _object,
        "reassign": _reassign,
        "adjudicate": _adjudicate,
        "ask_papers": _ask_papers,
        "ask_extension": _ask_extension,
        "grant_extension": _grant_extension,
        "refuse_extension": _decide_extension,
        "end_supervision": _end_supervision,
        "report_minor": _report,
        "unmerge": _unmerge,
    }
)


def same_matter(one: Ticket, other: Ticket) -> bool:
    """Whether two tickets are one matter: same number, same category, within 30 days."""
    near = abs(one.created_at - other.created_at) <= MERGE_SECONDS
    return bool(one.caller_hash) and one.caller_hash == other.caller_hash and one.category == other.category and near


def _mergeable(ticket: Ticket, into: Ticket | None, now: float) -> None:
    if into is None or into.number == ticket.number or into.state in OVER:
        raise Invalid("ticket.merge_target", field="into")
    if not same_matter(ticket, into):
        raise Invalid("ticket.merge_other_matter", field="into")
    if ticket.complaint or into.complaint or ticket.secret != into.secret:
        # Whoever sees the one need not see the other.
        raise Invalid("ticket.merge_guarded", field="into")


# what an act changes besides the state


def _to_centre(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    return {"centre_id": given["centre_id"], "handler_id": ""}


def _adjudicated(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    return {"centre_id": given["centre_id"], "handler_id": "", "final": True}


def _objected(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    """Whoever must decide has it now: the centre above, and after the last objection the topmost one. Never nobody."""
    count = ticket.objections + 1
    up = tree.top(ticket.centre_id) if count >= limits.objections else tree.above(ticket.centre_id)
    return {"objections": count, "centre_id": up or ticket.centre_id}


def _handler(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    return {"handler_id": actor.id, "keeper_id": actor.id}


def _accepted(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    return {} if ticket.keeper_id else {"keeper_id": actor.id}


def _no_offer(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    return handovers.NO_OFFER


def _suspended(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    return {"resume_to": ticket.state}


def _resumed(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    return {"resume_to": ""}


def _asked(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    return {"extension_asked": given["amount"], "extension_asked_by": actor.id}


def _granted(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    return {"extensions": ticket.extensions + 1, "extension_asked": 0, "extension_asked_by": ""}


def _refused(ticket: Ticket, actor: Actor, given: Mapping[str, Any], tree: Tree, limits: Limits) -> Mapping[str, Any]:
    return {"extension_asked": 0, "extension_asked_by": ""}


_Effect = Callable[[Ticket, Actor, Mapping[str, Any], Tree, Limits], Mapping[str, Any]]
_EFFECTS: Final[Mapping[str, _Effect]] = MappingProxyType(
    {
        "ask_papers": lambda t, a, given, tree, limits: {
            "papers_asked": True,
            "materials": [*given["materials"], *given.get("others", [])],
        },
        "decline": lambda t, a, given, tree, limits: {"route": given["route"]},
        "accept": _accepted,
        "assign": _to_centre,
        "reassign": _to_centre,
        "adjudicate": _adjudicated,
        "object": _objected,
        "sign": _handler,
        "handle": _handler,
        "finish": lambda t, a, given, tree, limits: {"result": given["result"]},
        "archive": _resumed,
        "suspend": _suspended,
        "resume": _resumed,
        "withdraw": lambda t, a, given, tree, limits: {"extension_asked": 0, "extension_asked_by": ""},
        "merge": lambda t, a, given, tree, limits: {"merged_into": given["into"], "resume_to": t.state},
        "unmerge": lambda t, a, given, tree, limits: {"merged_into": "", "resume_to": ""},
        "accept_handover": lambda t, a, given, tree, limits: handovers.accepted(t, a),
        "refuse_handover": _no_offer,
        "recall_handover": _no_offer,
        "expire_handover": _no_offer,
        "ask_extension": _asked,
        "grant_extension": _granted,
        "refuse_extension": _refused,
        "supervise": lambda t, a, given, tree, limits: {"supervised": True},
        "end_supervision": lambda t, a, given, tree, limits: {"supervised": False},
        "report_minor": lambda t, a, given, tree, limits: {"reported": True},
        "find_minor": lambda t, a, given, tree, limits: {
            "risk_flags": sorted({*t.risk_flags, MUST_REPORT}),
            "reported": False,
            "secret": t.secret or "minor",
        },
        "open_complaint": lambda t, a, given, tree, limits: {"complaint": "opened", "handler_id": ""},
        "report_complaint": lambda t, a, given, tree, limits: {"complaint": "reported"},
        "give_opinion": lambda t, a, given, tree, limits: {"complaint": "opined"},
        "decide_complaint": lambda t, a, given, tree, limits: {"complaint": "decided", "result": given["result"]},
        "redo": lambda t, a, given, tree, limits: {"complaint": "opened"} if t.complaint else {},
        # what was reported by whoever should have kept out does not count
        "grant_avoidance": lambda t, a, given, tree, limits: {
            **_to_centre(t, a, given, tree, limits),
            **({"complaint": "opened"} if t.complaint else {}),
        },
        "keep_secret": lambda t, a, given, tree, limits: {"secret": given["reason"]},
        "end_secrecy": lambda t, a, given, tree, limits: {"secret": ""},
    }
)

assert set(_EFFECTS) | set(_RULES) | set(complaints.RULES) | set(secrecy.RULES) | set(followups.RULES) <= set(ACTS)
assert ASSIGNED in ACTS["sign"].sources
