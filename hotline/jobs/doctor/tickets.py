"""Tickets: never without an owner (T1), every limit as counted anew and warned of in time (T2), every story whole and
along the table (T3), a change of hands only by acceptance (T8), every repeated call counted (T9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.tickets import ACTS, OPEN, OVER
from hotline.core.tickets.handovers import Step, replay
from hotline.core.tickets.table import BY_SYSTEM
from hotline.jobs.doctor.report import Report
from hotline.jobs.doctor.sources import portions
from hotline.settings import Settings
from hotline.store.models import Centre, Switch, Ticket, TicketClock, TicketEvent
from hotline.store.models.tickets import OPEN_CLOCKS
from hotline.store.repositories import ticket_events, ticket_sweep
from hotline.store.repositories.ticket_clocks import Clocks

SLACK_SECONDS: Final = 60.0
"""What was due so shortly before the last look may have missed it."""


def examine(session: Session, settings: Settings, report: Report) -> None:
    """T1 to T3, T8 and T9 for every ticket."""
    numbers = list(session.scalars(select(Ticket.number).order_by(Ticket.number)))
    centres = frozenset(session.scalars(select(Centre.id)))
    clocks = Clocks(session, settings.tickets.warn)
    mark = session.get(Switch, ticket_sweep.COUNTED_BY)
    # Days that changed since the last look are counted by the next one.
    counted = mark is None or mark.reason == ticket_sweep.fingerprint(session)
    if not counted:
        report.skipped["T2"] = "日历刚有变化，待重新计算 / the calendars have just changed: to be counted anew"
    for portion in portions(numbers):
        rows = session.scalars(select(Ticket).where(Ticket.number.in_(portion)).order_by(Ticket.number)).all()
        limits = _by_number(session, portion)
        for ticket in rows:
            _owner(ticket, centres, report)
            _limits(ticket, limits.get(ticket.number, []), clocks if counted else None, mark, report)
        _stories(session, {ticket.number: ticket for ticket in rows}, report)
        _merged(session, rows, report)
        for ticket in rows:
            if mark is not None and ticket.offered_until is not None and ticket.offered_until < mark.at - SLACK_SECONDS:
                report.say("T8", "ticket.offer_forgotten", ticket.number, ticket.call_id)
        session.expunge_all()
        mark = session.get(Switch, ticket_sweep.COUNTED_BY)


def _by_number(session: Session, numbers: Sequence[str]) -> dict[str, list[TicketClock]]:
    found: dict[str, list[TicketClock]] = {}
    query = select(TicketClock).where(TicketClock.number.in_(numbers), TicketClock.state.in_(OPEN_CLOCKS))
    for row in session.scalars(query.order_by(TicketClock.id)):
        found.setdefault(row.number, []).append(row)
    return found


def _owner(ticket: Ticket, centres: frozenset[str], report: Report) -> None:
    report.looked("T1")
    if ticket.state in OPEN and centres and ticket.centre_id not in centres:
        report.say("T1", "ticket.no_owner", ticket.number, ticket.call_id, state=ticket.state)


def _limits(ticket: Ticket, rows: Sequence[TicketClock], clocks: Clocks | None, mark: Switch | None, report: Report) -> None:
    if ticket.version == 0:
        return  # from before there were limits; the jobs bring it over
    report.looked("T2")
    if ticket.state in OVER and rows:
        report.say("T2", "ticket.clock_after_end", ticket.number, ticket.call_id, rule=rows[0].rule)
    if clocks is not None:
        for row in rows:
            due = clocks.count(row).due_at
            if due != row.due_at:
                report.say("T2", "ticket.wrong_deadline", ticket.number, ticket.call_id, rule=row.rule)
    first = min((row.due_at for row in rows if row.due_at is not None), default=None)
    if rows and ticket.due_at != first:
        report.say("T2", "ticket.deadline_not_shown", ticket.number, ticket.call_id)
    for row in rows:
        if mark is not None and row.warn_at is not None and row.warn_at < mark.at - SLACK_SECONDS:
            report.say("T2", "ticket.not_warned", ticket.number, ticket.call_id, rule=row.rule)


def _stories(session: Session, tickets: dict[str, Ticket], report: Report) -> None:
    found: dict[str, list[TicketEvent]] = {number: [] for number in tickets}
    query = select(TicketEvent).where(TicketEvent.number.in_(tickets)).order_by(TicketEvent.number, TicketEvent.seq)
    for event in session.scalars(query):
        found[event.number].append(event)
    for number, events in found.items():
        report.looked("T3", rows=len(events))
        ticket = tickets[number]
        broken = ticket_events.broken_at(events, ticket)
        if broken is not None:
            report.say("T3", "ticket.story_broken", number, ticket.call_id, seq=broken[0], how=broken[1])
            continue
        _hands(ticket, events, report)
        _repeats(ticket, events, report)
        for event in events:
            if not _lawful(event):
                details = {"act": event.name, "before": event.from_state, "after": event.to_state}
                report.say("T3", "ticket.unlawful_step", number, ticket.call_id, seq=event.seq, **details)


def _hands(ticket: Ticket, events: Sequence[TicketEvent], report: Report) -> None:
    report.looked("T8")
    found = replay(Step(event.seq, event.name, event.actor, event.at, event.data) for event in events)
    if found.wrong is not None:
        seq, how = found.wrong
        report.say("T8", "ticket.handover_wrong", ticket.number, ticket.call_id, seq=seq, how=how)
    elif found.keeper is not None and found.keeper != ticket.keeper_id:
        report.say("T8", "ticket.keeper_wrong", ticket.number, ticket.call_id)
    elif found.open != bool(ticket.offered_by):
        report.say("T8", "ticket.offer_wrong", ticket.number, ticket.call_id)


def _repeats(ticket: Ticket, events: Sequence[TicketEvent], report: Report) -> None:
    told = [event for event in events if event.name in ("repeated", "unrepeated")]
    if not all("calls" in event.data for event in told):
        return  # from before each event said how many calls it stands for
    report.looked("T9")
    signed = sum(int(event.data["calls"]) * (1 if event.name == "repeated" else -1) for event in told)
    if signed != ticket.repeats:
        report.say("T9", "ticket.repeat_not_counted", ticket.number, ticket.call_id, counted=ticket.repeats, told=signed)


def _merged(session: Session, rows: Sequence[Ticket], report: Report) -> None:
    into = {row.merged_into for row in rows if row.merged_into}
    there = set(session.scalars(select(Ticket.number).where(Ticket.number.in_(into)))) if into else set()
    for row in rows:
        if row.merged_into and row.merged_into not in there:
            report.say("T9", "ticket.merged_nowhere", row.number, row.call_id)


def _lawful(event: TicketEvent) -> bool:
    """Whether the table has this step."""
    if event.name in BY_SYSTEM:
        return not event.from_state or event.from_state == event.to_state
    act = ACTS.get(event.name)
    if act is None or event.from_state not in act.sources:
        return False
    back = ACTS["merge"].sources if act.name == "unmerge" else ("signed", "handling")
    return event.to_state in {"": (event.from_state,), "<": back}.get(act.to, (act.to,))
