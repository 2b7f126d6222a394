"""What is owed after the work, and what is kept from whom: everything owed is a task with its limit, done by another than the
handler, and put right with cause and fix (T4); complaints and confidential tickets are guarded, steps are different people's,
whoever avoids has it in hand no more, a minor's report has its proof (T5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.core.tickets import OVER
from hotline.core.tickets.followups import RECTIFY, REPORT, TASKS
from hotline.core.tickets.model import MUST_REPORT
from hotline.core.tickets.secrecy import reason_for
from hotline.jobs.doctor.report import Report
from hotline.jobs.doctor.sources import portions
from hotline.store.models import (
    CallbackTask,
    Centre,
    Ticket,
    TicketClock,
    TicketComplaint,
    TicketEvent,
    TicketGrant,
    TicketHidden,
    TicketTask,
)
from hotline.store.repositories.ticket_tasks import HANDS

OWED_IN: Final[Mapping[str, str]] = {"done": "tell", "told": "follow_up"}
"""State of a ticket → what is owed in it."""
BY_OTHERS: Final = frozenset({"follow_up", "quality"})
PROOF: Final = ("told", "receiver", "proof", "reported_at")


def examine(session: Session, report: Report) -> None:
    """T4 and T5 for every ticket that owes or hides anything."""
    owing = select(TicketTask.number).where(TicketTask.number.is_not(None))
    query = select(Ticket.number).where(
        Ticket.version > 0,
        or_(Ticket.number.in_(owing), Ticket.state.in_(OWED_IN), Ticket.guarded, Ticket.secret != "", Ticket.complaint != ""),
    )
    numbers = list(session.scalars(query.order_by(Ticket.number)))
    parents = {row.id: row.parent_id for row in session.execute(select(Centre.id, Centre.parent_id))}
    for portion in portions(numbers):
        tickets = session.scalars(select(Ticket).where(Ticket.number.in_(portion)).order_by(Ticket.number)).all()
        tasks = _by_number(session.scalars(select(TicketTask).where(TicketTask.number.in_(portion))))
        clocks = {
            row_id: (number, rule)
            for row_id, number, rule in session.execute(
                select(TicketClock.id, TicketClock.number, TicketClock.rule).where(TicketClock.number.in_(portion))
            )
        }
        hands: dict[str, dict[str, float]] = {}
        for number, actor, at in session.execute(
            select(TicketEvent.number, TicketEvent.actor, TicketEvent.at)
            .where(TicketEvent.number.in_(portion), TicketEvent.name.in_(HANDS))
            .order_by(TicketEvent.at)
        ):
            hands.setdefault(number, {}).setdefault(actor, at)
        for ticket in tickets:
            _owed(ticket, tasks.get(ticket.number, []), clocks, hands.get(ticket.number, {}), report)
        _kept(session, tickets, parents, report)
        _reports(session, [ticket for ticket in tickets if ticket.reported], report)
        session.expunge_all()
    _ratings(session, report)


def _by_number(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(row)
    return found


def _owed(
    ticket: Ticket,
    tasks: Sequence[TicketTask],
    clocks: Mapping[int, tuple[str, str]],
    hands: Mapping[str, float],
    report: Report,
) -> None:
    report.looked("T4", rows=len(tasks))

    def say(code: str, **details: Any) -> None:
        report.say("T4", code, ticket.number, ticket.call_id, **details)

    opened = {task.kind for task in tasks if task.state == "open"}
    if (kind := OWED_IN.get(ticket.state)) is not None and kind not in opened:
        say("ticket.not_owed", kind=kind)
    if ticket.state in OVER and opened:
        say("ticket.owed_after_end", kind=min(opened))
    for task in tasks:
        rule = TASKS[task.kind].rule
        if clocks.get(task.clock_id or 0) != (ticket.number, rule):
            say("ticket.owed_without_limit", kind=task.kind, rule=rule)
        if task.state == "done" and task.kind == RECTIFY and not (task.cause and task.fix):
            say("ticket.rectified_without_reason", task=task.id)
        if (
            task.state == "done"
            and task.kind in BY_OTHERS
            and hands.get(task.done_by, task.done_at or 0.0) < (task.done_at or 0.0)
        ):
            say("ticket.followed_up_by_handler", kind=task.kind, task=task.id)
    if (MUST_REPORT in ticket.risk_flags and not ticket.reported and ticket.state not in OVER) != (REPORT in opened):
        say("ticket.report_not_owed")


def _kept(session: Session, tickets: Sequence[Ticket], parents: Mapping[str, str | None], report: Report) -> None:
    numbers = [ticket.number for ticket in tickets]
    hidden = _by_number(session.scalars(select(TicketHidden).where(TicketHidden.number.in_(numbers))))
    complaints = {
        row.number: row for row in session.scalars(select(TicketComplaint).where(TicketComplaint.number.in_(numbers)))
    }
    grants = _by_number(session.scalars(select(TicketGrant).where(TicketGrant.number.in_(numbers))))
    logged = {
        (number, data.get("account_id"))
        for number, data in session.execute(
            select(TicketEvent.number, TicketEvent.data).where(TicketEvent.number.in_(numbers), TicketEvent.name == "granted")
        )
    }
    for ticket in tickets:
        report.looked("T5")

        def say(code: str, ticket: Ticket = ticket, **details: Any) -> None:
            report.say("T5", code, ticket.number, ticket.call_id, **details)

        rows = hidden.get(ticket.number, [])
        if ticket.guarded != bool(ticket.secret or rows):
            say("ticket.not_guarded")
        out = {row.person_id for row in rows} - {""}
        if ticket.handler_id in out and ticket.state not in OVER:
            say("ticket.avoided_but_handler")
        row = complaints.get(ticket.number)
        if bool(ticket.complaint) != (row is not None):
            say("ticket.complaint_unknown")
        if row is not None:
            _complaint(ticket, row, rows, parents, say)
        for given in grants.get(ticket.number, []):
            if (ticket.number, given.account_id) not in logged or given.by == given.account_id:
                say("ticket.grant_unlogged")
        at_risk = ticket.state not in OVER and MUST_REPORT in ticket.risk_flags and not ticket.secret
        if at_risk and not _ended(session, ticket.number):
            say("ticket.should_be_secret", reason=reason_for(ticket.risk_flags))


def _complaint(
    ticket: Ticket, row: TicketComplaint, rows: Sequence[TicketHidden], parents: Mapping[str, str | None], say: Any
) -> None:
    if not any(one.why == "complaint" for one in rows):
        say("ticket.accused_sees_it")
    if row.centre_id and ticket.centre_id == row.centre_id and parents.get(row.centre_id):
        say("ticket.accused_has_it")
    steps = [one for one in (row.reported_by, row.opined_by, row.decided_by) if one]
    if len(set(steps)) != len(steps) or {one.person_id for one in rows} & set(steps):
        say("ticket.complaint_by_one")
    if ticket.complaint == "decided" and len(steps) != 3:
        say("ticket.complaint_short", steps=len(steps))


def _ended(session: Session, number: str) -> bool:
    """Somebody of the bureau ended the secrecy, on record."""
    query = select(TicketEvent.id).where(TicketEvent.number == number, TicketEvent.name == "end_secrecy").limit(1)
    return session.scalar(query) is not None


def _reports(session: Session, tickets: Sequence[Ticket], report: Report) -> None:
    query = select(TicketEvent).where(
        TicketEvent.number.in_([ticket.number for ticket in tickets]), TicketEvent.name == "report_minor"
    )
    found = _by_number(session.scalars(query))
    for ticket in tickets:
        if not any(event.data.get("told") and event.data.get("proof") for event in found.get(ticket.number, [])):
            report.say("T5", "ticket.report_without_proof", ticket.number, ticket.call_id)


def _ratings(session: Session, report: Report) -> None:
    """A task that was closed for the rating of a call names cause and fix, and was not closed by the one it is about."""
    query = select(TicketTask).where(TicketTask.number.is_(None), TicketTask.state == "done")
    for task in session.scalars(query):
        report.looked("T4")
        if not (task.cause and task.fix) or task.done_by == task.about_id:
            report.say("T4", "ticket.rectified_without_reason", task.call_id, task.call_id, task=task.id)
    known = select(TicketTask.call_id).where(TicketTask.number.is_(None))
    first = session.scalar(select(TicketTask.created_at).where(TicketTask.number.is_(None)).order_by(TicketTask.id).limit(1))
    if first is not None:
        followed = select(CallbackTask.call_id).where(
            CallbackTask.kind == "follow_up",
            CallbackTask.reason.startswith("rated_"),
            CallbackTask.created_at > first,
            CallbackTask.call_id.not_in(known),
        )
        for call_id in session.scalars(followed):
            report.say("T4", "rating.not_put_right", call_id, call_id)
