"""Acts on a ticket, in one transaction each: the table decides, the row changes, its limits move, an event is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.errors import Missing, Rejected
from hotline.core.tickets import Act, Actor, Change, Standing, Tree, decide, possible
from hotline.core.tickets import Ticket as Seen
from hotline.core.tickets.clocks import Term, Warn, count
from hotline.core.tickets.model import Limits, Recipient
from hotline.store import ticket_codes
from hotline.store.models import Account, Ticket, TicketObjection, TicketSupervision
from hotline.store.repositories import (
    centres,
    notices,
    ticket_clocks,
    ticket_events,
    ticket_papers,
    ticket_secrecy,
    ticket_tasks,
)
from hotline.store.repositories.ticket_clocks import Clocks

COLUMNS: Final = frozenset(
    {
        "centre_id", "handler_id", "objections", "final", "papers_asked", "materials", "extensions", "extension_asked",
        "extension_asked_by", "keeper_id", "offered_by", "offered_to", "offered_centre", "offered_until",
        "supervised", "reported", "resume_to", "merged_into", "result", "route", "risk_flags", "secret",
        "complaint",
    }
)  # fmt: skip
"""What an act may set."""
AS_IF: Final = {"decide_complaint": "finish"}
"""To the limits it is the other act too."""


class House:
    """What the acts of one transaction need besides the ticket: the tree, the limits and the figures. Read once."""

    def __init__(self, session: Session, limits: Limits, warn: Warn) -> None:
        self.session = session
        self.limits = limits
        self.tree: Tree = centres.tree(session)
        self.centres = centres.active(session)
        self.clocks = Clocks(session, warn)

    def standing(
        self, ticket: Ticket, into: str = "", accused: str = "", person: str = "", now: float | None = None
    ) -> Standing:
        """What must be known besides the ticket itself."""
        running = ticket_clocks.open_of(self.session, ticket.number)
        sign = next((row.due_at for row in running if row.rule == "HL-SIGN"), None)
        main = ticket_clocks.handling(running)
        limit = ticket_clocks.limits()[main.rule] if main is not None else None
        other = self.session.get(Ticket, into) if into else None
        owed = ticket_tasks.open_of(self.session, ticket.number)
        complaint = ticket_secrecy.complaint(self.session, ticket.number) if ticket.complaint else None
        safe = ticket_secrecy.of_ticket(self.session, ticket.number)
        return Standing(
            sign_due=sign,
            handle_due=main.due_at if main is not None else None,
            extendable=max(0, limit.extend - main.extra) if limit and main is not None else 0,
            into=seen(other) if other is not None else None,
            person=recipient(self.session, person) if person else None,
            handover_until=self.handover_until(ticket, now) if now is not None else None,
            centres=self.centres,
            codes=ticket_codes.codes(),
            handlers=ticket_tasks.handlers(self.session, ticket.number) if owed else frozenset(),
            owed=frozenset(row.kind for row in owed),
            follow_up=ticket_tasks.follow_up(owed),
            complaint_by=frozenset({complaint.reported_by, complaint.opined_by} - {""}) if complaint else frozenset(),
            accused_centre=complaint.centre_id if complaint else "",
            accused=ticket_secrecy.accused(self.session, accused) if accused else None,
            avoidance=ticket_secrecy.avoidance(self.session, ticket.number),
            ways=frozenset(safe.ways) if safe is not None else frozenset(),
        )

    def handover_until(self, ticket: Ticket, now: float) -> float | None:
        """Until when an offer made now holds: the working days of the centre that has it."""
        centre_id = ticket.centre_id or ""
        days = self.clocks.days
        term = Term(self.limits.handover_days, "workday", now)
        return count(term, days.table(centre_id), lambda day: days.closes(centre_id, day)).due_at

    def possible(self, ticket: Ticket, actor: Actor, now: float) -> list[Act]:
        """The buttons of this person."""
        return possible(seen(ticket), actor, self.tree, self.standing(ticket), now, self.limits)

    def do(
        self,
        number: str,
        name: str,
        actor: Actor,
        given: Mapping[str, Any],
        *,
        now: float,
        version: int | None = None,
        key: str = "",
        channel: str = "",
    ) -> Ticket:
        """Do one act. `version`: what the person saw; `key`: their name for this request, done once; `channel`: how they did
        it, when not in the browser (`phone`).

        Raises what :func:`hotline.core.tickets.decide.decide` raises, Missing `ticket.missing`, Rejected `ticket.version`
        (somebody acted in between) and `ticket.key_used` (the same key for something else).
        """
        ticket = self.session.get(Ticket, number, with_for_update=True, populate_existing=True)
        if ticket is None:
            raise Missing("ticket.missing")
        before = ticket_events.done_before(self.session, actor.id, key)
        if before is not None:
            if (before.number, before.name) != (number, name):
                raise Rejected("ticket.key_used")
            return ticket
        if version is not None and version != ticket.version:
            raise Rejected("ticket.version", version=ticket.version)
        into, person, accused = (str(given.get(name) or "") for name in ("into", "person_id", "accused"))
        if into:
            self.session.get(Ticket, into, with_for_update=True)
        standing = self.standing(ticket, into, accused, person, now)
        change = decide(seen(ticket), name, actor, given, tree=self.tree, standing=standing, now=now, limits=self.limits)
        self._write(ticket, change, actor, standing, now, key, channel)
        return ticket

    def _write(
        self, ticket: Ticket, change: Change, actor: Actor, standing: Standing, now: float, key: str, channel: str
    ) -> None:
        before = seen(ticket)
        state, centre, granted = ticket.state, ticket.centre_id or "", ticket.extension_asked
        main = ticket_clocks.handling(ticket_clocks.open_of(self.session, ticket.number))
        for column, value in change.sets.items():
            if column not in COLUMNS:
                raise KeyError(column)
            setattr(ticket, column, value)
        ticket.state = change.state
        ticket.version += 1
        if change.act in ("assign", "reassign", "adjudicate"):
            ticket.assigned_by = actor.centre_id
        elif change.act == "accept_handover" and (ticket.centre_id or "") != centre:
            ticket.assigned_by = centre
        data = dict(change.data) | ({"channel": channel} if channel else {})
        if (ticket.centre_id or "") != centre:
            data |= {"from_centre": centre, "to_centre": ticket.centre_id or ""}
        if change.act == "grant_extension" and main is not None:
            self.clocks.extend(main, granted)
            data |= {"rule": main.rule, "amount": granted, "due_at": main.due_at}
        if change.act == "put_clock":
            self._put(ticket, str(data["rule"]), float(data["at"]))
        if change.act == "stop_clock":
            self._stop(ticket, str(data["rule"]), now)
        if change.act == "unmerge":
            self.clocks.reopen(ticket.number, ticket_events.last(self.session, ticket.number, "merge").at)
        self.clocks.apply(ticket, change.act, now)
        if change.act in AS_IF:
            self.clocks.apply(ticket, AS_IF[change.act], now)
        ticket_tasks.after(self.session, self.clocks, ticket, before, change, actor, now)
        ticket_secrecy.after(self.session, ticket, change, actor, standing.accused, now)
        _BESIDE.get(change.act, _nothing)(self.session, ticket, change, actor, centre, now)
        event = ticket_events.append(
            self.session, ticket, change.act, actor=actor.id, at=now, before=state, why=change.why, data=data, key=key
        )
        if ticket.secret and not before.secret:
            ticket_secrecy.keep_known(self.session, ticket, actor, now)
        ticket_papers.after_act(self.session, ticket, event, now)
        notices.after_act(self.session, ticket, before, event, now)

    def _put(self, ticket: Ticket, rule: str, at: float) -> None:
        if any(row.rule == rule for row in ticket_clocks.open_of(self.session, ticket.number)):
            raise Rejected("ticket.clock_runs")
        self.clocks.start(ticket, rule, at)
        self.session.flush()

    def _stop(self, ticket: Ticket, rule: str, now: float) -> None:
        row = next((row for row in ticket_clocks.open_of(self.session, ticket.number) if row.rule == rule), None)
        if row is None:
            raise Rejected("ticket.no_clock")
        ticket_clocks.stop(row, now)
        self.session.flush()


def seen(row: Ticket) -> Seen:
    """The row as the rules see it."""
    return Seen(
        number=row.number,
        state=row.state,
        centre_id=row.centre_id or "",
        created_at=row.created_at,
        service_type=row.service_type,
        category=row.category,
        caller_hash=row.caller_number_hash,
        risk_flags=frozenset(row.risk_flags),
        agent_id=row.agent_id or "",
        handler_id=row.handler_id,
        resume_to=row.resume_to,
        objections=row.objections,
        final=row.final,
        papers_asked=row.papers_asked,
        extensions=row.extensions,
        extension_asked=row.extension_asked,
        extension_asked_by=row.extension_asked_by,
        supervised=row.supervised,
        keeper_id=row.keeper_id,
        offered_by=row.offered_by,
        offered_to=row.offered_to,
        offered_centre=row.offered_centre,
        offered_until=row.offered_until,
        merged_into=row.merged_into,
        reported=row.reported,
        complaint=row.complaint,
        secret=row.secret,
    )


def recipient(session: Session, account_id: str) -> Recipient | None:
    """The person a ticket may be handed to: somebody of a centre or of the desk, who may still log in."""
    row = session.get(Account, account_id)
    if row is None or not row.active or row.role not in ("centre", "agent", "supervisor"):
        return None
    return Recipient(row.id, row.centre_id or "" if row.role == "centre" else "")


# rows beside the ticket


def _nothing(session: Session, ticket: Ticket, change: Change, actor: Actor, centre: str, now: float) -> None:
    """Most acts leave no row of their own."""


def _objected(session: Session, ticket: Ticket, change: Change, actor: Actor, centre: str, now: float) -> None:
    session.add(
        TicketObjection(
            number=ticket.number,
            centre_id=centre,
            sent_by=ticket.assigned_by,
            service_type=ticket.service_type,
            reason=change.data["reason"],
            basis=change.data["basis"],
            by=actor.id,
            at=now,
            suggested=change.data.get("centre_id", ""),
        )
    )


def _decided(session: Session, ticket: Ticket, change: Change, actor: Actor, centre: str, now: float) -> None:
    query = select(TicketObjection).where(TicketObjection.number == ticket.number, TicketObjection.decided_at.is_(None))
    for row in session.scalars(query):
        row.decided_by, row.decided_at, row.decided_to = actor.id, now, ticket.centre_id or ""


def _supervised(session: Session, ticket: Ticket, change: Change, actor: Actor, centre: str, now: float) -> None:
    session.add(TicketSupervision(number=ticket.number, way=change.data["way"], why=change.why, by=actor.id, at=now))


def _supervision_over(session: Session, ticket: Ticket, change: Change, actor: Actor, centre: str, now: float) -> None:
    query = select(TicketSupervision).where(TicketSupervision.number == ticket.number, TicketSupervision.ended_at.is_(None))
    for row in session.scalars(query):
        row.result, row.ended_by, row.ended_at = change.data["result"], actor.id, now


def _merged(session: Session, ticket: Ticket, change: Change, actor: Actor, centre: str, now: float) -> None:
    into = session.get_one(Ticket, change.sets["merged_into"])
    # Its own call may have been counted when it came in; those that were counted here are counted there from now on.
    calls = ticket.repeats + (ticket.repeat_of != into.number)
    into.repeats += calls
    data = {"number": ticket.number, "call_id": ticket.call_id, "calls": calls}
    ticket_events.append(session, into, "repeated", actor=actor.id, at=now, before=into.state, data=data)


def _unmerged(session: Session, ticket: Ticket, change: Change, actor: Actor, centre: str, now: float) -> None:
    """It is another matter after all: its calls count here again, and no longer there."""
    merged = ticket_events.last(session, ticket.number, "merge")
    into = session.get(Ticket, str(merged.data["into"]), with_for_update=True)
    if into is None:
        return
    calls = ticket.repeats + 1
    into.repeats = max(0, into.repeats - calls)
    if ticket.repeat_of == into.number:
        ticket.repeat_of = ""
    data = {"number": ticket.number, "call_id": ticket.call_id, "calls": calls}
    ticket_events.append(session, into, "unrepeated", actor=actor.id, at=now, before=into.state, why=change.why, data=data)


_BESIDE: Final = {
    "object": _objected,
    "reassign": _decided,
    "adjudicate": _decided,
    "supervise": _supervised,
    "end_supervision": _supervision_over,
    "merge": _merged,
    "unmerge": _unmerged,
}
