"""The ledgers of cases and of complaints: tickets, by the same right of sight as their lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func, or_, select
from sqlalchemy.orm import Session

from hotline.core.ledgers.complaints import NAMES, Event, Step, standing
from hotline.core.phones import mask_name
from hotline.core.tickets import OPEN
from hotline.secrecy import Secrecy, SecrecyError
from hotline.store.ledgers import scope
from hotline.store.ledgers.line import Asked, Cell, Line
from hotline.store.ledgers.scope import Viewer
from hotline.store.models import Account, Centre, Region, Ticket, TicketClock, TicketEvent
from hotline.store.models.tickets import OPEN_CLOCKS
from hotline.store.repositories.lookup import pairs
from hotline.store.repositories.sealing import unseal
from hotline.store.repositories.ticket_guard import caller_open

COMPLAINT = "S13"
"""Service type of complaints and suggestions."""


class Cases:
    """Tickets registered in the time asked for, newest first. `complaints`: only those, whatever they began as."""

    def __init__(self, *, complaints: bool = False) -> None:
        self._complaints = complaints

    def count(self, session: Session, viewer: Viewer, asked: Asked) -> int:
        return session.scalar(select(func.count()).select_from(Ticket).where(*self._where(session, viewer, asked))) or 0

    def totals(self, session: Session, viewer: Viewer, asked: Asked) -> Mapping[str, float]:
        where = self._where(session, viewer, asked)
        late = select(TicketClock.number).where(TicketClock.state.in_(OPEN_CLOCKS), TicketClock.level == "red")
        query = select(
            func.count(), func.sum(cast(Ticket.state.in_(OPEN), Integer)), func.sum(Ticket.repeats),
            func.sum(cast(Ticket.state == "archived", Integer)), func.sum(cast(Ticket.number.in_(late), Integer)),
        ).where(*where)  # fmt: skip
        total, still_open, repeats, archived, red = session.execute(query).one()
        return {
            "lines": total, "open": still_open or 0, "archived": archived or 0, "overdue": red or 0, "repeats": repeats or 0,
        }  # fmt: skip

    def page(self, session: Session, secrecy: Secrecy, viewer: Viewer, asked: Asked, limit: int, before: str) -> Sequence[Line]:
        # A number begins with its day and counts up within it: newest first is simply backwards.
        query = select(Ticket).where(*self._where(session, viewer, asked)).order_by(Ticket.number.desc())
        if before:
            query = query.where(Ticket.number < before)
        rows = session.scalars(query.limit(limit)).all()
        numbers = [row.number for row in rows]
        places = pairs(session, Centre.id, Centre.name, (row.centre_id for row in rows))
        regions = pairs(session, Region.code, Region.name, (row.region_code for row in rows))
        opened = set(session.scalars(select(Ticket.number).where(Ticket.number.in_(numbers), caller_open(viewer))))
        said = _said(session, numbers) if self._complaints else {}
        people = {row.keeper_id for row in rows} | {step.by for steps in said.values() for step in steps.values()}
        names = pairs(session, Account.id, Account.display_name, people)
        finished = _counted(session, TicketEvent.number, func.max(TicketEvent.at), numbers, TicketEvent.name == "finish")
        late = _counted(session, TicketClock.number, func.count(), numbers, TicketClock.late.is_(True))
        return [
            Line(
                row.number,
                {
                    "number": row.number, "created_at": row.created_at, "state": row.state, "service_type": row.service_type,
                    "category": row.category, "region": regions.get(row.region_code, row.region_code),
                    "centre": places.get(row.centre_id or ""), "keeper": names.get(row.keeper_id),
                    "caller_name": mask_name(_name(secrecy, row)), "caller": row.caller_number_masked, "summary": row.summary,
                    "result": row.result, "finished_at": finished.get(row.number), "due_at": row.due_at,
                    "late": late.get(row.number, 0) + (row.level == "red"), "repeats": row.repeats,
                    **_course(said.get(row.number, {}), names),
                },
                _sealed(row) if row.number in opened else {},
            )
            for row in rows
        ]  # fmt: skip

    def _where(self, session: Session, viewer: Viewer, asked: Asked) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [Ticket.created_at >= asked.since, Ticket.created_at < asked.until]
        found.append(scope.tickets(session, viewer, asked.of("centre_id")))
        if self._complaints:
            found.append(or_(Ticket.service_type == COMPLAINT, Ticket.complaint != ""))
        if service := asked.of("service_type"):
            found.append(Ticket.service_type == service)
        for name in ("category", "state"):
            if value := asked.of(name):
                found.append(getattr(Ticket, name) == value)
        return found


def _sealed(row: Ticket) -> dict[str, tuple[str, str, str]]:
    """The caller's data, opened in files in clear."""
    return {
        "caller_name": ("tickets.caller_name_enc", row.number, row.caller_name_enc),
        "caller": ("tickets.caller_number_enc", row.number, row.caller_number_enc),
    }


def _said(session: Session, numbers: Sequence[str]) -> dict[str, dict[str, Step]]:
    """Complaint → what was said to it, by act."""
    query = (
        select(TicketEvent.number, TicketEvent.name, TicketEvent.at, TicketEvent.actor, TicketEvent.data)
        .where(TicketEvent.number.in_(numbers), TicketEvent.name.in_(NAMES))
        .order_by(TicketEvent.number, TicketEvent.seq)
    )
    events: dict[str, list[Event]] = {}
    for number, name, at, actor, data in session.execute(query):
        events.setdefault(number, []).append(Event(name, at, actor, data))
    return {number: standing(found) for number, found in events.items()}


def _course(steps: Mapping[str, Step], names: Mapping[str, str]) -> dict[str, Cell]:
    """The columns of a complaint."""
    report, opinion, decision, told = (
        steps.get(name) for name in ("report_complaint", "give_opinion", "decide_complaint", "tell")
    )
    cells: dict[str, Cell] = {}
    if report is not None:
        cells |= {"report_by": names.get(report.by), "reported_at": report.at, "report": report.text}
    if opinion is not None:
        cells |= {"opinion_by": names.get(opinion.by), "opined_at": opinion.at, "opinion": opinion.text}
    if decision is not None:
        cells |= {"decision_by": names.get(decision.by), "decided_at": decision.at, "decision": decision.text}
        cells["outcome"] = decision.code
    if told is not None:
        cells |= {"told_at": told.at, "told_way": told.code}
    return cells


def _counted(
    session: Session, number: Any, what: Any, numbers: Sequence[str], condition: ColumnElement[bool]
) -> dict[str, Any]:
    """Ticket → what is counted of its rows."""
    query = select(number, what).where(number.in_(numbers), condition).group_by(number)
    return {row[0]: row[1] for row in session.execute(query)}


def _name(secrecy: Secrecy, row: Ticket) -> str:
    try:
        return unseal(secrecy, "tickets.caller_name_enc", row.number, row.caller_name_enc)
    except SecrecyError:
        return ""
