"""Appointments for the desk and the centres: a ticket's slots, booking, moving, cancelling ahead; the day's list; the plans."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.names import centre_names
from hotline.api.people import Person
from hotline.api.routers.tickets import seen_by
from hotline.api.shapes import Done, Id, Moment, Shape
from hotline.api.ticket_sight import subtree, unguarded, visible
from hotline.core.errors import Forbidden, Invalid, Missing
from hotline.core.tickets import OPEN
from hotline.store import audit
from hotline.store.models import Account, Appointment, AppointmentPlan, Centre, Ticket
from hotline.store.repositories import appointment_notes, appointments

router = APIRouter(prefix="/api", tags=["appointments"])

Reader = Annotated[Person, Depends(need("appointments.read"))]
Writer = Annotated[Person, Depends(need("appointments.write"))]
Planner = Annotated[Person, Depends(need("appointments.plan"))]
Shared = Annotated[Context, Depends(current)]
Kind = Literal["visit", "video", "call"]
CodeId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
DAY = 86_400.0


class AppointmentRow(Shape):
    """One appointment. `by` and `ended_by`: account or `caller`; `told`: how the person is told of a change by the house."""

    id: str
    number: str
    centre_id: str
    centre_name: str | None
    account_name: str | None
    kind: str
    starts_at: float
    ends_at: float
    state: str
    by: str
    reason: str
    moved_to: str
    ended_by: str
    told: str
    reminded_at: float | None


class Appointments(Shape):
    """Of a ticket the latest first; of a day in its order."""

    items: list[AppointmentRow]


class SlotRow(Shape):
    """A time that can be booked; `left`: places in it."""

    plan_id: str
    starts_at: float
    ends_at: float
    left: int


class Slots(Shape):
    """The earliest first. `kinds`: what this centre offers at all; nothing for a ticket that is over."""

    items: list[SlotRow]
    kinds: list[str]


class BookRequest(BaseModel):
    """A slot as it was offered."""

    kind: Kind
    plan_id: CodeId
    starts_at: Moment


class MoveRequest(BaseModel):
    """Another slot, and why: the person is told."""

    plan_id: CodeId
    starts_at: Moment
    why: Annotated[str, Field(max_length=500)] = ""


class CancelRequest(BaseModel):
    """Why: the person is told, ahead of the time that was agreed."""

    why: Annotated[str, Field(max_length=500)]


class PlanRow(Shape):
    """Slots that come every week."""

    id: str
    centre_id: str
    centre_name: str | None
    account_id: str
    account_name: str | None
    kinds: list[str]
    weekdays: list[int]
    from_minute: int
    to_minute: int
    slot_minutes: int
    places: int
    active: bool


class Plans(Shape):
    """Those of the centres the person is over. `may_plan`: whether they may change any: at a centre directors may."""

    items: list[PlanRow]
    may_plan: bool


class PlanWish(BaseModel):
    """Minutes after midnight; `weekdays` 0 is Monday; `account_id`: one person's own, who then has one place at a time."""

    centre_id: CodeId
    account_id: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$")] = ""
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=3)]
    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, max_length=7)]
    from_minute: Annotated[int, Field(ge=0, le=1440)]
    to_minute: Annotated[int, Field(ge=0, le=1440)]
    slot_minutes: Annotated[int, Field(ge=5, le=480)]
    places: Annotated[int, Field(ge=1, le=50)] = 1
    active: bool = True


@router.get("/tickets/{number}/appointments")
def of_ticket(number: Id, person: Reader, context: Shared) -> Appointments:
    """All appointments of a ticket."""
    with context.store.read() as session:
        visible(session, seen_by(session, person), number)
        return Appointments(items=_rows(session, list(appointments.of_ticket(session, number))))


@router.get("/tickets/{number}/appointment-slots")
def slots(number: Id, person: Reader, context: Shared, kind: Annotated[Kind, Query()] = "visit") -> Slots:
    """What can be booked for it at the centre that has it: none on closed days, none that are full."""
    with context.store.read() as session:
        ticket = visible(session, seen_by(session, person), number)
        found = appointments.free(session, ticket, kind, time.time(), context.settings.appointments.rules)
        plans = appointments.plans(session, ticket.centre_id or "") if ticket.state in OPEN else []
        kinds = {one for plan in plans for one in plan.kinds}
        return Slots(items=[SlotRow.model_validate(slot) for slot in found], kinds=sorted(kinds))


@router.post("/tickets/{number}/appointments")
def book(number: Id, wanted: BookRequest, person: Writer, context: Shared) -> AppointmentRow:
    """Take a slot. 409 `appointment.taken`, `appointment.no_slot`, `appointment.has_one`, `appointment.closed_ticket`."""
    with context.store.write() as session:
        ticket = visible(session, seen_by(session, person), number)
        row = appointments.book(
            session,
            ticket,
            kind=wanted.kind,
            plan_id=wanted.plan_id,
            starts_at=wanted.starts_at,
            by=person.user_id,
            now=time.time(),
            rules=context.settings.appointments.rules,
        )
        return _rows(session, [row])[0]


@router.post("/appointments/{appointment_id}/move")
def move(appointment_id: Id, wanted: MoveRequest, person: Writer, context: Shared) -> AppointmentRow:
    """Another slot, both or neither; the person is called about it. Answers with the new one."""

    def do(session: Session, row: Appointment, now: float) -> Appointment:
        made = appointments.move(
            session,
            row,
            plan_id=wanted.plan_id,
            starts_at=wanted.starts_at,
            by=person.user_id,
            why=wanted.why,
            now=now,
            rules=context.settings.appointments.rules,
        )
        appointment_notes.changed(session, context.secrecy, context.settings, row, now)
        return made

    return _change(context, person, appointment_id, do)


@router.post("/appointments/{appointment_id}/cancel")
def cancel(appointment_id: Id, wanted: CancelRequest, person: Writer, context: Shared) -> AppointmentRow:
    """Cancelled ahead, with a reason; the person is called about it. 422 `appointment.why`."""

    def do(session: Session, row: Appointment, now: float) -> Appointment:
        rules = context.settings.appointments.rules
        appointments.cancel(session, row, by=person.user_id, why=wanted.why, now=now, rules=rules)
        appointment_notes.changed(session, context.secrecy, context.settings, row, now)
        return row

    return _change(context, person, appointment_id, do)


@router.post("/appointments/{appointment_id}/{state}")
def over(appointment_id: Id, state: Literal["kept", "missed"], person: Writer, context: Shared) -> AppointmentRow:
    """It took place, or the person did not come. 409 `appointment.not_yet`, `appointment.over`."""
    return _change(
        context,
        person,
        appointment_id,
        lambda session, row, now: appointments.over(session, row, state, by=person.user_id, now=now),
    )


@router.get("/appointments")
def of_days(
    person: Reader,
    context: Shared,
    start: Annotated[float, Query(alias="from", ge=0, le=4_102_444_800)] = 0,
    days: Annotated[int, Query(ge=1, le=31)] = 1,
) -> Appointments:
    """What stands in the book of the person's centres, from a moment (default: now) over some days."""
    begin = start or time.time()
    with context.store.read() as session:
        query = select(Appointment).join(Ticket, Ticket.number == Appointment.number)
        query = query.where(Appointment.starts_at >= begin, Appointment.starts_at < begin + days * DAY)
        if person.role == "centre":
            # what is held at the centre, also where the ticket has gone on; but nothing of a ticket that is kept from them
            within = list(session.scalars(subtree(person.centre_id)))
            query = query.where(Appointment.centre_id.in_(within), unguarded(person, within))
        else:
            query = query.where(seen_by(session, person))
        rows = session.scalars(query.order_by(Appointment.starts_at, Appointment.id).limit(500)).all()
        return Appointments(items=_rows(session, list(rows)))


@router.get("/appointment-plans")
def plans(person: Reader, context: Shared) -> Plans:
    """When the centres have time."""
    with context.store.read() as session:
        query = select(AppointmentPlan).order_by(AppointmentPlan.centre_id, AppointmentPlan.from_minute, AppointmentPlan.id)
        if person.role == "centre":
            query = query.where(AppointmentPlan.centre_id.in_(subtree(person.centre_id)))
        rows = list(session.scalars(query.limit(1000)))
        names = centre_names(session, {row.centre_id for row in rows})
        people = _people(session, {row.account_id for row in rows})
        may_plan = person.may("appointments.plan") and (person.role != "centre" or person.director)
        return Plans(items=[_plan(row, names, people) for row in rows], may_plan=may_plan)


@router.post("/appointment-plans")
def add_plan(wanted: PlanWish, person: Planner, context: Shared) -> PlanRow:
    """A new plan."""
    return _put_plan(context, person, "", wanted)


@router.put("/appointment-plans/{plan_id}")
def put_plan(plan_id: Id, wanted: PlanWish, person: Planner, context: Shared) -> PlanRow:
    """Change a plan; what is booked in it already stays booked."""
    return _put_plan(context, person, plan_id, wanted)


@router.delete("/appointment-plans/{plan_id}")
def delete_plan(plan_id: Id, person: Planner, context: Shared) -> Done:
    """Nothing more is booked in it; what is booked stays."""
    with context.store.write() as session:
        row = session.get(AppointmentPlan, plan_id)
        if row is None:
            raise Missing("appointment_plan.missing")
        _own(session, person, row.centre_id)
        row.active = False
        _audit(session, person, "appointment_plan.removed", row.id)
    return Done()


def _put_plan(context: Context, person: Person, plan_id: str, wanted: PlanWish) -> PlanRow:
    with context.store.write() as session:
        _own(session, person, wanted.centre_id)
        known = session.get(AppointmentPlan, plan_id) if plan_id else None
        if known is not None:
            _own(session, person, known.centre_id)
        if wanted.account_id:
            account = session.get(Account, wanted.account_id)
            if account is None or account.centre_id != wanted.centre_id:
                raise Invalid("appointment_plan.times", field="account_id")
        row = appointments.put_plan(session, plan_id, wanted.model_dump(), time.time())
        _audit(session, person, "appointment_plan.set", row.id)
        names, people = centre_names(session, {row.centre_id}), _people(session, {row.account_id})
        return _plan(row, names, people)


def _own(session: Session, person: Person, centre_id: str) -> None:
    """Directors plan for their own centre and those below it. Raises Missing `centre.missing`, Forbidden `auth.forbidden`."""
    if session.get(Centre, centre_id) is None:
        raise Missing("centre.missing")
    if person.role == "centre":
        below = session.scalars(subtree(person.centre_id)).all()
        if not person.director or centre_id not in below:
            raise Forbidden("auth.forbidden")


def _change(
    context: Context, person: Person, appointment_id: str, do: Callable[[Session, Appointment, float], Appointment]
) -> AppointmentRow:
    now = time.time()
    with context.store.write() as session:
        row = appointments.get(session, appointment_id)
        visible(session, seen_by(session, person), row.number)
        return _rows(session, [do(session, row, now)])[0]


def _audit(session: Session, person: Person, action: str, plan_id: str) -> None:
    audit.append(session, at=time.time(), actor=person.user_id, action=action, object=f"appointment_plans/{plan_id}", data={})


def _people(session: Session, ids: set[str]) -> dict[str, str]:
    found = session.execute(select(Account.id, Account.display_name).where(Account.id.in_(ids - {""})))
    return {str(key): str(name) for key, name in found}


def _plan(row: AppointmentPlan, names: dict[str, str], people: dict[str, str]) -> PlanRow:
    return PlanRow.model_validate(
        {
            **{name: getattr(row, name) for name in PlanRow.model_fields if not name.endswith("_name")},
            "centre_name": names.get(row.centre_id),
            "account_name": people.get(row.account_id),
        }
    )


def _rows(session: Session, rows: list[Appointment]) -> list[AppointmentRow]:
    names = centre_names(session, {row.centre_id for row in rows})
    people = _people(session, {row.account_id for row in rows})
    return [
        AppointmentRow.model_validate(
            {
                **{name: getattr(row, name) for name in AppointmentRow.model_fields if not name.endswith("_name")},
                "centre_name": names.get(row.centre_id),
                "account_name": people.get(row.account_id),
            }
        )
        for row in rows
    ]
