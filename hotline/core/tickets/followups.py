"""What is owed to the caller once a ticket is done, as work with a limit: telling the result, the follow-up call, the quality
follow-up, putting a bad rating right; and the report of a minor at risk. Pure.

Each is a task of the ticket that an act opens and another closes (:data:`TASKS`). Source: the city rule (tell within 3 working
days, follow up within 3, about the matter and the handler, quality within a week) and the rules on bad ratings (keys 4 and 5:
cause and fix). Nobody follows up or judges his own work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from hotline.core.errors import Forbidden, Rejected
from hotline.core.tickets.model import MUST_REPORT, Actor, Limits, Standing, Ticket

TELL, FOLLOW_UP, QUALITY, RECTIFY, REPORT = "tell", "follow_up", "quality", "rectify", "report"
STATES: Final = ("open", "done", "unreachable", "dropped")
"""`unreachable`: tried as often as must be; `dropped`: the ticket went back to work, or ended another way."""
BAD_SCORES: Final = frozenset({4, 5})
"""Keys of a bad rating (rules E.39)."""
FINAL_OUTCOMES: Final = frozenset({"refused", "wrong_number"})
"""After these no further try is made."""


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of work: the act that does it, the limit it runs under, the acts that open it and that make it pointless."""

    kind: str
    act: str
    rule: str
    opened_by: frozenset[str]
    dropped_by: frozenset[str] = frozenset()


def _acts(*names: str) -> frozenset[str]:
    return frozenset(names)


TASKS: Final[Mapping[str, Task]] = MappingProxyType(
    {
        task.kind: task
        for task in (
            #    kind       done by          limit          opened by                                pointless after
            Task(TELL, "tell", "HL-RESULT", _acts("finish", "decide_complaint"), _acts("redo")),
            Task(FOLLOW_UP, "follow_up", "HL-FOLLOWUP", _acts("tell"), _acts("redo")),
            Task(QUALITY, "check_quality", "HL-QUALITY", _acts("finish", "decide_complaint"), _acts("redo")),
            Task(RECTIFY, "rectify", "HL-BAD", _acts()),
            Task(REPORT, "report_minor", "MN-REPORT", _acts("register", "find_minor")),
        )
    }
)


def bad(values: Mapping[str, Any], bad_answers: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether what was said of the work is a bad rating. `bad_answers`: question → the answer that alone makes it one (money
    was asked for, …)."""
    scores = (values.get("matter"), values.get("handler"), values.get("score"))
    answers = values.get("answers") or {}
    return any(score in BAD_SCORES for score in scores) or any(
        answers.get(code) == answer for code, answer in bad_answers.items() if answer
    )


def also_quality(actor: Actor, ticket: Ticket) -> bool:
    """Whether a follow-up by this person is the quality follow-up too: it was made from outside the centre that handled it, so
    nobody need be called twice."""
    return actor.role in ("agent", "supervisor") or (actor.role == "centre" and actor.centre_id != ticket.centre_id)


def opens(act: str, ticket: Ticket, values: Mapping[str, Any], bad_answers: Mapping[str, str]) -> list[str]:
    """Kinds of tasks that `act` opens; the ticket as it is after it."""
    found = [task.kind for task in TASKS.values() if act in task.opened_by]
    if REPORT in found and (MUST_REPORT not in ticket.risk_flags or ticket.reported):
        found.remove(REPORT)
    if act in ("follow_up", "check_quality") and bad(values, bad_answers):
        found.append(RECTIFY)
    return found


def closes(act: str, actor: Actor, ticket: Ticket, owed: Collection[str], *, over: bool) -> dict[str, str]:
    """Kind of open task → the state that `act` brings it to. `over`: the ticket ends with it."""
    found: dict[str, str] = {}
    for kind in owed:
        task = TASKS[kind]
        if act == task.act:
            found[kind] = "done"
        elif act == "unreachable" and kind == FOLLOW_UP:
            found[kind] = "unreachable"
        elif act == "follow_up" and kind == QUALITY and also_quality(actor, ticket):
            found[kind] = "done"
        elif act in task.dropped_by or over:
            found[kind] = "dropped"
    return found


# rules besides the table


def _not_own(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if actor.id in standing.handlers or actor.id == ticket.handler_id:
        raise Forbidden("ticket.own_work")


def _try(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    _not_own(ticket, actor, standing, now, limits)
    made = standing.follow_up
    if made.tries >= limits.tries or made.outcome in FINAL_OUTCOMES:
        raise Rejected("ticket.tries_spent")
    if made.tries and now < made.tried_at + limits.spacing_seconds:
        raise Rejected("ticket.try_too_soon", not_before=made.tried_at + limits.spacing_seconds)


def _unreachable(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    _not_own(ticket, actor, standing, now, limits)
    if standing.follow_up.tries < limits.tries and standing.follow_up.outcome not in FINAL_OUTCOMES:
        raise Rejected("ticket.tries_left", left=limits.tries - standing.follow_up.tries)


def _quality(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    _not_own(ticket, actor, standing, now, limits)
    if QUALITY not in standing.owed:
        raise Rejected("ticket.quality_done")


def _rectify(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if RECTIFY not in standing.owed:
        raise Rejected("ticket.nothing_to_rectify")


def _archive(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if RECTIFY in standing.owed:
        raise Rejected("ticket.rectify_open")
    if QUALITY in standing.owed:
        raise Rejected("ticket.quality_open")


def _ends(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if RECTIFY in standing.owed:
        raise Rejected("ticket.rectify_open")


RULES: Final[Mapping[str, Callable[[Ticket, Actor, Standing, float, Limits], None]]] = MappingProxyType(
    {
        "follow_up": _not_own,
        "try_follow_up": _try,
        "unreachable": _unreachable,
        "check_quality": _quality,
        "rectify": _rectify,
        "archive": _archive,
        "withdraw": _ends,
        "merge": _ends,
    }
)
