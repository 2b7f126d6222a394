"""What is owed once a ticket is done, as rows: opened and closed by its acts, tried, claimed, and read as a list of work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.errors import Rejected
from hotline.core.tickets import OVER, Actor, Change
from hotline.core.tickets import Ticket as Seen
from hotline.core.tickets.clocks import Term, count
from hotline.core.tickets.followups import QUALITY, RECTIFY, TASKS, closes, opens
from hotline.core.tickets.model import FollowUp
from hotline.store.catalogue import rows
from hotline.store.models import Ticket, TicketEvent, TicketTask
from hotline.store.repositories import ticket_clocks
from hotline.store.repositories.centres import Days
from hotline.store.repositories.ticket_clocks import Clocks

HANDS: Final = ("sign", "handle", "finish", "report_complaint", "decide_complaint")
"""Acts that make somebody one of those who handled it."""


@cache
def questions() -> tuple[Mapping[str, str], ...]:
    """What a follow-up call asks, in order: {code, about, bad, zh, en}."""
    return tuple(rows("follow_up_questions.csv"))


@cache
def bad_answers() -> Mapping[str, str]:
    """Question → the answer that alone is a bad rating."""
    return {row["code"]: row["bad"] for row in questions() if row["bad"]}


def open_of(session: Session, number: str) -> Sequence[TicketTask]:
    """What is owed on a ticket."""
    query = select(TicketTask).where(TicketTask.number == number, TicketTask.state == "open")
    return session.scalars(query.order_by(TicketTask.id)).all()


def of_ticket(session: Session, number: str) -> Sequence[TicketTask]:
    """All that was ever owed on a ticket, oldest first."""
    return session.scalars(select(TicketTask).where(TicketTask.number == number).order_by(TicketTask.id)).all()


def follow_up(found: Iterable[TicketTask]) -> FollowUp:
    """The follow-up call as the rules see it."""
    row = next((row for row in found if row.kind == "follow_up"), None)
    return FollowUp(row.tries, row.tried_at or 0.0, row.outcome) if row is not None else FollowUp()


def handlers(session: Session, number: str) -> frozenset[str]:
    """Everybody who had a hand in the work, not only the last one."""
    query = select(TicketEvent.actor).where(TicketEvent.number == number, TicketEvent.name.in_(HANDS))
    return frozenset(session.scalars(query.distinct()))


def handled_by(session: Session, numbers: Collection[str], actor_id: str) -> frozenset[str]:
    """Which of these tickets this person had a hand in."""
    query = select(TicketEvent.number).where(
        TicketEvent.number.in_(numbers), TicketEvent.actor == actor_id, TicketEvent.name.in_(HANDS)
    )
    return frozenset(session.scalars(query.distinct()))


def open_for(session: Session, clocks: Clocks, ticket: Ticket, kinds: Collection[str], now: float, **more: Any) -> None:
    """New tasks, each behind the limit it runs under (started where no act of the limits' own table does)."""
    if not kinds:
        return
    known = {row.kind for row in open_of(session, ticket.number)}
    running = {row.rule: row for row in ticket_clocks.open_of(session, ticket.number)}
    for kind in kinds:
        if kind in known:
            continue
        clock = running.get(TASKS[kind].rule)
        if clock is None:
            clock = clocks.start(ticket, TASKS[kind].rule, now)
            session.flush()
        session.add(
            TicketTask(
                number=ticket.number,
                call_id=ticket.call_id,
                kind=kind,
                clock_id=clock.id,
                created_at=now,
                **(more if kind == RECTIFY else {}),
            )
        )
    session.flush()


def after(session: Session, clocks: Clocks, ticket: Ticket, seen: Seen, change: Change, actor: Actor, now: float) -> None:
    """What an act closes and opens. `ticket` is as it is after the act, `seen` as it was before; its clocks have moved."""
    found = {row.kind: row for row in open_of(session, ticket.number)}
    if change.act == "try_follow_up" and (row := found.get("follow_up")) is not None:
        row.tries, row.tried_at, row.outcome = row.tries + 1, now, str(change.data["outcome"])
        row.claimed_by, row.claimed_at = "", None
    closed = closes(change.act, actor, seen, found.keys(), over=ticket.state in OVER)
    for kind, state in closed.items():
        row = found[kind]
        row.state, row.done_at = state, now
        if state != "dropped":
            row.done_by = actor.id
            _keep(row, change)
    if closed.get(QUALITY) == "done" and change.act != TASKS[QUALITY].act:
        for clock in ticket_clocks.open_of(session, ticket.number):
            if clock.rule == TASKS[QUALITY].rule:
                ticket_clocks.stop(clock, now)
    wanted = opens(change.act, _as_seen(seen, ticket), change.data, bad_answers())
    scores = [int(change.data.get(name) or 0) for name in ("matter", "handler", "score")]
    about = {"about_kind": "account" if seen.handler_id else "", "about_id": seen.handler_id, "score": max(scores)}
    open_for(session, clocks, ticket, wanted, now, **about)
    session.flush()
    clocks.show(ticket)


def _as_seen(seen: Seen, ticket: Ticket) -> Seen:
    return replace(seen, state=ticket.state, risk_flags=frozenset(ticket.risk_flags), reported=ticket.reported)


def _keep(row: TicketTask, change: Change) -> None:
    data = change.data
    scores = {name: data[name] for name in ("matter", "handler") if name in data}
    row.answers = {**scores, **data.get("answers", {})}
    row.score = row.score or max([int(data.get("score") or 0), *map(int, scores.values())])
    row.text = str(data.get("text") or data.get("proof") or change.why or "")
    row.cause, row.fix = str(data.get("cause") or ""), str(data.get("fix") or "")


# the rating of a call that has no ticket


def end_without_ticket(kind: str, created_at: float, days: Days) -> float | None:
    """When a task ends that no ticket's clock runs for, by the days known now (Unix seconds)."""
    limit = ticket_clocks.limits()[TASKS[kind].rule]
    return count(Term(limit.amount, limit.unit, created_at), days.table(""), lambda day: days.closes("", day)).due_at


def rated_badly(session: Session, call_id: str, score: int, kind: str, person_id: str, now: float) -> TicketTask | None:
    """A bad rating by keypad: its cause and fix are owed within the limit of `HL-BAD`. Once for each call; None where it is
    there."""
    query = select(TicketTask).where(TicketTask.call_id == call_id, TicketTask.kind == RECTIFY, TicketTask.number.is_(None))
    if session.scalars(query).one_or_none() is not None:
        return None
    row = TicketTask(
        number=None,
        call_id=call_id,
        kind=RECTIFY,
        due_at=end_without_ticket(RECTIFY, now, Days(session)),
        created_at=now,
        score=score,
        about_kind=kind,
        about_id=person_id,
    )
    session.add(row)
    session.flush()
    return row


def rectify(session: Session, row: TicketTask, actor_id: str, cause: str, fix: str, now: float) -> None:
    """Close the task of a call's rating. Raises Rejected `ticket_task.over`, Invalid through the caller's checks."""
    if row.state != "open":
        raise Rejected("ticket_task.over")
    row.state, row.done_by, row.done_at, row.cause, row.fix = "done", actor_id, now, cause, fix
    session.flush()


def claim(row: TicketTask, actor_id: str, now: float, hold_seconds: float) -> None:
    """It is mine for a while. Raises Rejected `ticket_task.over`, `ticket_task.claimed` (somebody else's, not yet lapsed)."""
    if row.state != "open":
        raise Rejected("ticket_task.over")
    if held(row, now, hold_seconds) not in ("", actor_id):
        raise Rejected("ticket_task.claimed")
    row.claimed_by, row.claimed_at = actor_id, now


def held(row: TicketTask, now: float, hold_seconds: float) -> str:
    """Who has claimed it; `` for nobody, and once a claim has lapsed."""
    return row.claimed_by if row.claimed_by and now < (row.claimed_at or 0.0) + hold_seconds else ""
