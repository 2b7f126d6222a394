"""Appointments as rows: what is free, and booking, moving, cancelling, each in one transaction with the ticket's story.

Two who want the same place at once are told apart by the database (unique indexes): the second one gets
`appointment.taken`, whatever this code believed to be free.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline.core.appointments import Plan, Rules, Slot
from hotline.core.appointments import slots as free_slots
from hotline.core.appointments.slots import Hours, holds
from hotline.core.calendars import DayTable
from hotline.core.errors import Invalid, Missing, Rejected
from hotline.core.ids import new_id
from hotline.core.tickets import OPEN
from hotline.store.models import Appointment, AppointmentPlan, Centre, Ticket
from hotline.store.repositories import calendars, ticket_events

CALLER: Final = "caller"
"""Who acts on the progress page."""
ALL_DAY: Final = ((0, 1440),)


def plan_of(row: AppointmentPlan) -> Plan:
    """The row as the rules see it."""
    return Plan(
        row.id,
        frozenset(row.kinds),
        frozenset(row.weekdays),
        row.from_minute,
        row.to_minute,
        row.slot_minutes,
        row.places,
    )


def hours_of(session: Session, centre: Centre) -> Hours:
    """The hours a centre keeps: those of its calendar with the holidays of its area and its days closed by hand; without a
    calendar every working day."""
    found = calendars.calendars(session).get(centre.calendar_id or "")
    if found is not None:
        return lambda when: found.plan(when)[0]
    table = DayTable.of(calendars.day_rows(session), region=centre.region_code)

    def working(when: date) -> Iterable[tuple[int, int]]:
        return ALL_DAY if table.day(when).working else ()

    return working


def plans(session: Session, centre_id: str, kind: str = "") -> list[AppointmentPlan]:
    """A centre's plans that are in use, of that kind."""
    rows = session.scalars(
        select(AppointmentPlan)
        .where(AppointmentPlan.centre_id == centre_id, AppointmentPlan.active)
        .order_by(AppointmentPlan.from_minute, AppointmentPlan.id)
    ).all()
    return [row for row in rows if not kind or kind in row.kinds]


def free(session: Session, ticket: Ticket, kind: str, now: float, rules: Rules) -> list[Slot]:
    """What can be booked for a ticket, at the centre that has it."""
    centre = session.get(Centre, ticket.centre_id or "")
    if centre is None or ticket.state not in OPEN:
        return []
    rows = plans(session, centre.id, kind)
    gone = session.execute(
        select(Appointment.plan_id, Appointment.starts_at, Appointment.account_id).where(
            Appointment.centre_id == centre.id, Appointment.state == "booked", Appointment.starts_at >= now
        )
    ).all()
    taken = Counter((str(plan_id), float(starts_at)) for plan_id, starts_at, _ in gone)
    return free_slots(map(plan_of, rows), hours_of(session, centre), taken, now, rules)


def open_of(session: Session, number: str) -> Appointment | None:
    """The ticket's appointment that is to come, locked."""
    return session.scalars(
        select(Appointment).where(Appointment.number == number, Appointment.state == "booked").with_for_update()
    ).one_or_none()


def of_ticket(session: Session, number: str) -> Sequence[Appointment]:
    """All of a ticket's appointments, the latest first."""
    return session.scalars(
        select(Appointment).where(Appointment.number == number).order_by(Appointment.created_at.desc()).limit(50)
    ).all()


def book(
    session: Session, ticket: Ticket, *, kind: str, plan_id: str, starts_at: float, by: str, now: float, rules: Rules
) -> Appointment:
    """Take a place of a slot.

    Raises Rejected `appointment.closed_ticket`, `appointment.has_one`, `appointment.no_slot` (closed, too near, too far, not
    in the plan), `appointment.taken`.
    """
    if ticket.state not in OPEN:
        raise Rejected("appointment.closed_ticket")
    if open_of(session, ticket.number) is not None:
        raise Rejected("appointment.has_one")
    plan = session.get(AppointmentPlan, plan_id)
    centre = session.get(Centre, ticket.centre_id or "")
    if plan is None or centre is None or not plan.active or plan.centre_id != centre.id or kind not in plan.kinds:
        raise Rejected("appointment.no_slot")
    slot = holds(plan_of(plan), hours_of(session, centre), starts_at, now, rules)
    if slot is None:
        raise Rejected("appointment.no_slot")
    used = set(
        session.scalars(
            select(Appointment.place).where(
                Appointment.plan_id == plan.id, Appointment.starts_at == starts_at, Appointment.state == "booked"
            )
        )
    )
    for place in (number for number in range(1, plan.places + 1) if number not in used):
        row = Appointment(
            id=new_id("apt", now),
            number=ticket.number,
            plan_id=plan.id,
            centre_id=centre.id,
            account_id=plan.account_id,
            kind=kind,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            place=place,
            by=by,
            created_at=now,
            updated_at=now,
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            continue  # somebody was quicker at this place: perhaps the next one
        break
    else:
        raise Rejected("appointment.taken")
    _note(session, ticket, row, "booked", by, now)
    return row


def move(
    session: Session, row: Appointment, *, plan_id: str, starts_at: float, by: str, why: str, now: float, rules: Rules
) -> Appointment:
    """Give the place back and take another, both or neither. Raises as :func:`book`; `appointment.over`, and for callers
    `appointment.too_late` and `appointment.moves`."""
    _changeable(row, by, now, rules)
    ticket = session.get_one(Ticket, row.number, with_for_update=True)
    moved = session.scalars(select(Appointment.id).where(Appointment.number == row.number, Appointment.state == "moved")).all()
    if by == CALLER and len(moved) >= rules.most_moves:
        raise Rejected("appointment.moves")
    row.state, row.ended_by, row.reason, row.updated_at = "moved", by, why, now
    session.flush()
    made = book(session, ticket, kind=row.kind, plan_id=plan_id, starts_at=starts_at, by=by, now=now, rules=rules)
    row.moved_to = made.id
    session.flush()
    return made


def cancel(session: Session, row: Appointment, *, by: str, why: str, now: float, rules: Rules) -> Appointment:
    """Give it up. Raises Rejected `appointment.over`, for callers `appointment.too_late`; Invalid `appointment.why` when the
    house cancels without saying why."""
    _changeable(row, by, now, rules)
    if by != CALLER and len(why.strip()) < 2:
        raise Invalid("appointment.why", field="why")
    row.state, row.ended_by, row.reason, row.updated_at = "cancelled", by, why.strip(), now
    _note(session, session.get_one(Ticket, row.number, with_for_update=True), row, "cancelled", by, now, why=why.strip())
    return row


def over(session: Session, row: Appointment, state: str, *, by: str, now: float) -> Appointment:
    """It was `kept`, or `missed`. Raises Rejected `appointment.over`, `appointment.not_yet`."""
    if row.state != "booked":
        raise Rejected("appointment.over")
    if now < row.starts_at:
        raise Rejected("appointment.not_yet")
    row.state, row.ended_by, row.updated_at = state, by, now
    _note(session, session.get_one(Ticket, row.number, with_for_update=True), row, state, by, now)
    return row


def _changeable(row: Appointment, by: str, now: float, rules: Rules) -> None:
    if row.state != "booked" or now >= row.starts_at:
        raise Rejected("appointment.over")
    if by == CALLER and row.starts_at - now < rules.notice_seconds:
        raise Rejected("appointment.too_late")


def _note(session: Session, ticket: Ticket, row: Appointment, what: str, by: str, now: float, why: str = "") -> None:
    data = {"appointment": row.id, "what": what, "kind": row.kind, "starts_at": row.starts_at}
    # Its story may have gone on since it was read: as it is now, and nobody else's until this is written.
    ticket = session.get_one(Ticket, ticket.number, with_for_update=True, populate_existing=True)
    ticket_events.append(session, ticket, "appointment", actor=by, at=now, before=ticket.state, why=why, data=data)


def put_plan(session: Session, plan_id: str, values: dict[str, object], now: float) -> AppointmentPlan:
    """Make (empty `plan_id`) or change a plan.

    Raises Missing `appointment_plan.missing`, Invalid `appointment_plan.times`, Rejected `appointment_plan.overlap` (one
    person in two plans at a time).
    """
    row = session.get(AppointmentPlan, plan_id) if plan_id else AppointmentPlan(id=new_id("apl", now))
    if row is None:
        raise Missing("appointment_plan.missing")
    for name, value in values.items():
        setattr(row, name, value)
    if not 0 <= row.from_minute < row.to_minute <= 1440 or row.slot_minutes > row.to_minute - row.from_minute:
        raise Invalid("appointment_plan.times", field="to_minute")
    if row.account_id:
        row.places = 1
        with session.no_autoflush:
            others = session.scalars(
                select(AppointmentPlan).where(
                    AppointmentPlan.account_id == row.account_id, AppointmentPlan.id != row.id, AppointmentPlan.active
                )
            ).all()
        if row.active and any(_overlap(row, other) for other in others):
            raise Rejected("appointment_plan.overlap")
    session.add(row)
    session.flush()
    return row


def _overlap(one: AppointmentPlan, other: AppointmentPlan) -> bool:
    same_day = bool(set(one.weekdays) & set(other.weekdays))
    return same_day and one.from_minute < other.to_minute and other.from_minute < one.to_minute


def get(session: Session, appointment_id: str) -> Appointment:
    """One, locked. Raises Missing `appointment.missing`."""
    row = session.get(Appointment, appointment_id, with_for_update=True)
    if row is None:
        raise Missing("appointment.missing")
    return row


def due(session: Session, now: float, ahead: float, test: Callable[[Appointment], bool]) -> list[Appointment]:
    """Booked ones that begin within `ahead` seconds and fit the test, locked, the earliest first."""
    rows = session.scalars(
        select(Appointment)
        .where(Appointment.state == "booked", Appointment.starts_at <= now + ahead, Appointment.starts_at > now - 3600)
        .order_by(Appointment.starts_at)
        .limit(500)
        .with_for_update()
    )
    return [row for row in rows if test(row)]
