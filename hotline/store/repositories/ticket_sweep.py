"""The look at all limits: warnings that are due, papers that never came, and counts made anew when a year table arrives.

Each look takes only rows whose time has come (an index holds them), in portions, each a transaction of its own; a doubled look
finds nothing left to do, and a warning is one row for each end of a limit, whatever happens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import false, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hotline.core.errors import HotlineError
from hotline.core.tickets import Actor
from hotline.core.tickets.clocks import LEVELS, TO, Level, level_at, next_moment
from hotline.settings.tickets import TicketSettings
from hotline.store.engine import Store
from hotline.store.models import Calendar, CalendarDay, Centre, SpecialDay, Switch, Ticket, TicketClock, TicketWarning
from hotline.store.models.tickets import OPEN_CLOCKS
from hotline.store.repositories import calendars, task_warnings, ticket_clocks, ticket_events
from hotline.store.repositories.ticket_acts import House
from hotline.store.repositories.ticket_clocks import Clocks

PORTION: Final = 5_000
ROWS: Final = 500
"""Rows named in one statement."""
COUNTED_BY: Final = "ticket_days"
"""Row of `switches` that keeps which days the open limits were counted by."""
SYSTEM: Final = Actor("system", "system")


def sweep(store: Store, settings: TicketSettings, now: float) -> dict[str, int]:
    """One look; how many limits were warned of, withdrawn and counted anew, and warnings of tasks without a ticket given."""
    found = {"recounted": _recount(store, settings, now), "warned": 0, "withdrawn": 0}
    while True:
        with store.write() as session:
            count, over = _warn(session, settings, now)
        found["warned"] += count
        for number in over:
            found["withdrawn"] += _withdraw(store, settings, number, now)
        if count < PORTION:
            break
    found["handovers_expired"] = _expire_handovers(store, settings, now)
    with store.write() as session:
        found["tasks_warned"] = task_warnings.warn(session, settings, now)
        session.get_one(Switch, COUNTED_BY).at = now
    return found


def _warn(session: Session, settings: TicketSettings, now: float) -> tuple[int, list[str]]:
    """Warn of one portion. The numbers of tickets whose papers did not come in time, besides."""
    query = (
        select(TicketClock.id, TicketClock.number, TicketClock.rule, TicketClock.due_at, TicketClock.level)
        .where(TicketClock.warn_at.is_not(None), TicketClock.warn_at <= now)
        .order_by(TicketClock.warn_at)
        .limit(PORTION)
        .with_for_update(skip_locked=True)
    )
    due = session.execute(query).all()
    if not due:
        return 0, []
    passed = [row for row in due if now >= (row.due_at or now)]
    red = [row.id for row in passed]
    warned: dict[Level, list[int]] = {"red": [row.id for row in passed if row.level != "red"]}
    late = [row.number for row in passed if ticket_clocks.limits()[row.rule].then == "withdraw"]
    moved: list[dict[str, Any]] = []
    clocks = Clocks(session, settings.warn)
    # Only before its end must the days of a limit be counted.
    for some in _portions([row.id for row in due if now < (row.due_at or now)]):
        for clock in session.scalars(select(TicketClock).where(TicketClock.id.in_(some))):
            at = clocks.moments(clock)
            level = level_at(now, at)
            moved.append({"id": clock.id, "level": level, "warn_at": next_moment(level, at)})
            if level and LEVELS.index(level) > LEVELS.index(clock.level):
                warned.setdefault(level, []).append(clock.id)
    session.expunge_all()  # the rows are written in bulk below
    for reached, ids in warned.items():
        for some in _portions(ids):
            session.execute(_warnings(session, reached, some, now))
    if moved:
        session.execute(update(TicketClock), moved)
    for some in _portions(red):
        session.execute(
            update(TicketClock)
            .where(TicketClock.id.in_(some))
            .values(level="red", warn_at=None)
            .execution_options(synchronize_session=False)
        )
    return len(due), late


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[begin : begin + ROWS] for begin in range(0, len(ids), ROWS))


def _warnings(session: Session, level: Level, clock_ids: Sequence[int], now: float) -> Any:
    """The statement that writes the warnings of these limits: the database copies what it holds already."""
    said = {
        TicketWarning.number: TicketClock.number,
        TicketWarning.clock_id: TicketClock.id,
        TicketWarning.rule: TicketClock.rule,
        TicketWarning.level: literal(level),
        TicketWarning.to_whom: literal(TO[level]),
        TicketWarning.centre_id: func.coalesce(Ticket.centre_id, ""),
        TicketWarning.due_at: TicketClock.due_at,
        TicketWarning.at: literal(now),
        TicketWarning.noticed: false(),
    }
    rows = select(*said.values()).join(Ticket, Ticket.number == TicketClock.number).where(TicketClock.id.in_(clock_ids))
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(TicketWarning).from_select([column.key for column in said], rows).on_conflict_do_nothing()


def _withdraw(store: Store, settings: TicketSettings, number: str, now: float) -> int:
    """Papers not supplied in time: the application counts as withdrawn (Legal Aid Law, art. 43)."""
    try:
        with store.write() as session:
            House(session, settings.limits, settings.warn).do(
                number, "withdraw", SYSTEM, {"reason": "not_supplied"}, now=now, key=f"not_supplied:{number}"
            )
    except HotlineError:
        return 0  # somebody was quicker, or a minor at risk must be reported first: red it stays
    return 1


def _expire_handovers(store: Store, settings: TicketSettings, now: float) -> int:
    """Offers that nobody accepted in time: it stays where it was."""
    with store.read() as session:
        query = select(Ticket.number).where(Ticket.offered_until < now).order_by(Ticket.offered_until).limit(PORTION)
        numbers = list(session.scalars(query))
    count = 0
    for number in numbers:
        try:
            with store.write() as session:
                House(session, settings.limits, settings.warn).do(number, "expire_handover", SYSTEM, {}, now=now)
        except HotlineError:
            continue  # somebody was quicker
        count += 1
    return count


def fingerprint(session: Session) -> str:
    """Stands for everything limits are counted by: year tables, calendars, and which centre keeps which."""
    shipped = [[row.first.isoformat(), row.last.isoformat(), row.kind, row.region] for row in calendars.shipped()]
    days = [tuple(row) for row in session.execute(select(CalendarDay.region_code, CalendarDay.date, CalendarDay.kind))]
    hours = session.execute(select(Calendar.id, Calendar.weekly, Calendar.holidays, Calendar.holiday_hours))
    special = session.execute(select(SpecialDay.calendar_id, SpecialDay.date, SpecialDay.hours))
    places = session.execute(select(Centre.id, Centre.region_code, Centre.calendar_id))
    body = [shipped, *(sorted(map(repr, part)) for part in (days, hours, special, places))]
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def _recount(store: Store, settings: TicketSettings, now: float) -> int:
    """Count every open limit anew when the days have changed since the last time; how many ends moved."""
    with store.read() as session:
        known, mark = session.get(Switch, COUNTED_BY), fingerprint(session)
    if known is not None and known.reason == mark:
        return 0
    moved, last = 0, 0
    while known is not None:  # the first time everything was just counted by these days
        with store.write() as session:
            clocks = Clocks(session, settings.warn)
            query = select(TicketClock).where(TicketClock.state.in_(OPEN_CLOCKS), TicketClock.id > last)
            portion = session.scalars(query.order_by(TicketClock.id).limit(PORTION).with_for_update()).all()
            if not portion:
                break
            last = portion[-1].id
            for row in portion:
                before = row.due_at
                if clocks.recount(row):
                    moved += 1
                    ticket = session.get_one(Ticket, row.number, with_for_update=True)
                    clocks.show(ticket)
                    data = {"rule": row.rule, "from": before, "to": row.due_at, "provisional": row.provisional}
                    ticket_events.append(session, ticket, "recounted", actor="system", at=now, before=ticket.state, data=data)
                elif (ticket_row := session.get(Ticket, row.number)) is not None and ticket_row.clock == row.rule:
                    ticket_row.provisional = row.provisional
    with store.write() as session:
        moved += task_warnings.recount(session) if known is not None else 0
        row_mark = session.get(Switch, COUNTED_BY)
        if row_mark is None:
            session.add(Switch(name=COUNTED_BY, on=True, by="system", at=now, reason=mark))
        else:
            row_mark.reason, row_mark.at = mark, now
    return moved


def open_count(session: Session) -> int:
    """How many limits run or stand still."""
    found = session.scalar(select(func.count()).where(TicketClock.state.in_(OPEN_CLOCKS)))
    return int(found or 0)
