"""Rosters: weekly and dated duties, requests to change them, and what these put in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.core.calendars import DayTable
from hotline.core.errors import Invalid, Missing
from hotline.core.ids import new_id
from hotline.core.rosters import Change, Duty, changes_of, minutes_on
from hotline.core.rosters.changes import OfficialDays, WorkingDays, after, check_minutes, notice, parse_day
from hotline.core.rosters.spans import DAY
from hotline.store.models import Expert, RosterException, RosterRequest, RosterShift
from hotline.store.repositories import calendars
from hotline.store.repositories.experts import ZONE, day_spans


def official_days(session: Session) -> WorkingDays:
    """The calendar that working days are counted by."""
    return OfficialDays(DayTable.of(calendars.day_rows(session)))


def set_weekly(session: Session, expert: Expert, shifts: Iterable[tuple[int, int, int]]) -> None:
    """Replace the weekly duties by (weekday, from, to). Raises Invalid (`roster.minutes`)."""
    wanted = list(shifts)
    for _, first, last in wanted:
        check_minutes(first, last)
    session.execute(delete(RosterShift).where(RosterShift.expert_id == expert.id, RosterShift.weekday.is_not(None)))
    session.add_all(
        RosterShift(expert_id=expert.id, weekday=weekday, from_minute=first, to_minute=last) for weekday, first, last in wanted
    )
    session.flush()


def add_dated(session: Session, expert: Expert, day: str, first: int, last: int) -> RosterShift:
    """One duty on one day. Raises Invalid (`roster.date`, `roster.minutes`)."""
    check_minutes(first, last)
    row = RosterShift(expert_id=expert.id, date=parse_day(day).isoformat(), from_minute=first, to_minute=last)
    session.add(row)
    session.flush()
    return row


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as typed. `other_*` are for a substitute (who) and a swap (who, and their duty)."""

    kind: str
    expert: Expert
    date: str
    from_minute: int
    to_minute: int
    other: Expert | None = None
    other_date: str = ""
    other_from: int = 0
    other_to: int = 0
    reason: str = ""


def ask(session: Session, asked: Asked, *, by: str, now: float, needed: int) -> RosterRequest:
    """Write a request down; one that needs nobody's word is in force at once.

    Raises Invalid (`roster.partner`, `roster.date`, `roster.minutes`, `roster.not_on_duty`), Rejected (`roster.past`).
    """
    today = datetime.fromtimestamp(now, ZONE).date()
    check_minutes(asked.from_minute, asked.to_minute)
    told = notice(asked.date, today, needed, official_days(session))
    if asked.kind != "absence" and (asked.other is None or asked.other.id == asked.expert.id):
        raise Invalid("roster.partner", field="other_id")
    _must_be_on(asked.expert, asked.date, asked.from_minute, asked.to_minute)
    if asked.kind == "swap" and asked.other is not None:
        check_minutes(asked.other_from, asked.other_to)
        theirs = notice(asked.other_date, today, needed, official_days(session))
        _must_be_on(asked.other, asked.other_date, asked.other_from, asked.other_to)
        told = min(told, theirs, key=lambda item: item.working_days)
    row = RosterRequest(
        id=new_id("rreq", now),
        kind=asked.kind,
        expert_id=asked.expert.id,
        date=asked.date,
        from_minute=asked.from_minute,
        to_minute=asked.to_minute,
        other_id=asked.other.id if asked.other is not None else None,
        other_date=asked.other_date if asked.kind == "swap" else "",
        other_from=asked.other_from,
        other_to=asked.other_to,
        reason=asked.reason,
        late=told.late,
        provisional=told.provisional,
        state=after(asked.kind, "", "asked", late=told.late),
        created_at=now,
        created_by=by,
    )
    session.add(row)
    session.flush()
    if row.state == "in_force":
        _put_in_force(session, row)
    return row


def answer(session: Session, request: RosterRequest, what: str, *, by: str, now: float, decision: str = "") -> None:
    """`agreed` by the other, or `approved`, `declined`, `cancelled`. Raises Rejected (`roster.request_state`)."""
    before = request.state
    request.state = after(request.kind, before, what, late=request.late)
    if what == "agreed":
        request.agreed_at, request.agreed_by = now, by
    else:
        request.decided_at, request.decided_by, request.decision = now, by, decision
    if request.state == "in_force":
        _put_in_force(session, request)
    elif before == "in_force":
        session.execute(delete(RosterException).where(RosterException.request_id == request.id))
    session.flush()


def get(session: Session, request_id: str) -> RosterRequest:
    """One request. Raises Missing (`roster.missing`)."""
    row = session.get(RosterRequest, request_id)
    if row is None:
        raise Missing("roster.missing")
    return row


def requests(session: Session, *, expert_id: str = "", limit: int = 100) -> Sequence[RosterRequest]:
    """Requests, newest first; with `expert_id` those the expert has a part in."""
    query = select(RosterRequest).order_by(RosterRequest.created_at.desc()).limit(limit)
    if expert_id:
        query = query.where((RosterRequest.expert_id == expert_id) | (RosterRequest.other_id == expert_id))
    return session.scalars(query).all()


def _must_be_on(expert: Expert, day: str, first: int, last: int) -> None:
    end = first + ((last - first) % DAY or DAY)
    covered = minutes_on(day_spans(expert, date.fromisoformat(day), 2), (first, end))
    if sum(to - from_ for from_, to in covered) < end - first:
        raise Invalid("roster.not_on_duty", field="from_minute")


def _put_in_force(session: Session, row: RosterRequest) -> None:
    own = Duty(row.expert_id, row.date, row.from_minute, row.to_minute)
    other = None
    if row.other_id:
        other = Duty(row.other_id, row.other_date or row.date, row.other_from, row.other_to)
    for expert_id, change in changes_of(Change(row.kind, own, other)):
        session.add(
            RosterException(
                expert_id=expert_id,
                date=change.date,
                from_minute=change.from_minute,
                to_minute=change.to_minute,
                effect=change.effect,
                request_id=row.id,
            )
        )
    session.flush()
