"""What callers do by themselves, without a log-in: how far their ticket is, and its appointment. They know the ticket's number
and the six-digit code they were given; each request carries both.

The answer to a wrong code is the answer to a number that is none, and takes as long. Nothing personal is ever shown here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Final, Literal, TypeVar

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from hotline.api import progress_desk
from hotline.api.context import Context, current
from hotline.api.guard import open_to_all
from hotline.api.shapes import Shape
from hotline.api.throttle import slow_down
from hotline.core.errors import Missing, Rejected
from hotline.core.tickets import OPEN
from hotline.core.tickets.progress import PHASE
from hotline.store import ticket_codes
from hotline.store.models import Appointment, Centre, Ticket
from hotline.store.repositories import appointments, progress, ticket_events

router = APIRouter(prefix="/api/public", tags=["public"])

Shared = Annotated[Context, Depends(current)]
Answer = TypeVar("Answer")
STEP_SECONDS: Final = 0.25
"""Every answer comes on a multiple of this, so that the clock does not tell a wrong number from a wrong code."""
KINDS = Literal["visit", "video", "call"]


class Asked(BaseModel):
    """Number and code, as on the paper or in the message."""

    number: Annotated[str, Field(max_length=40)]
    code: Annotated[str, Field(max_length=12)]


class AskedSlots(Asked):
    """What may be booked: in person, by video, or a call."""

    kind: KINDS


class AskedAppointment(Asked):
    """`book` and `move` want a slot as it was offered."""

    act: Literal["book", "move", "cancel"]
    kind: KINDS = "visit"
    plan_id: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$")] = ""
    starts_at: Annotated[float, Field(ge=0, le=4_102_444_800)] = 0


class PublicStep(Shape):
    """One step on the way: what it is called to the public, and since when."""

    phase: str
    at: float


class PublicWord(Shape):
    """A paper that is missing, in words; those written in by hand are left out: they may name people."""

    zh: str
    en: str


class PublicAppointment(Shape):
    """The appointment to come. `changeable`: by the caller, still."""

    kind: str
    starts_at: float
    ends_at: float
    changeable: bool


class Progress(Shape):
    """How far it is. `private`: nothing is told but to call. `kinds`: what may be booked with the centre that has it."""

    number: str
    private: bool
    phase: str
    due_at: float | None
    provisional: bool
    materials: list[PublicWord]
    centre: str
    centre_phone: str
    steps: list[PublicStep]
    appointment: PublicAppointment | None
    kinds: list[str]


class PublicSlot(Shape):
    """A time that can be had; `left`: places in it."""

    plan_id: str
    starts_at: float
    ends_at: float
    left: int


class PublicSlots(Shape):
    """The earliest first."""

    items: list[PublicSlot]


@router.post("/progress", dependencies=[Depends(open_to_all)])
async def ask(wanted: Asked, request: Request, context: Shared) -> Progress:
    """How far a ticket is. 404 `progress.wrong`; 429 `progress.slow_down`, `progress.too_often`."""
    return await _answer(context, request, wanted, lambda session, ticket: _progress(context, session, ticket))


@router.post("/progress/slots", dependencies=[Depends(open_to_all)])
async def slots(wanted: AskedSlots, request: Request, context: Shared) -> PublicSlots:
    """What can be booked for it, at the centre that has it."""

    def find(session: Session, ticket: Ticket) -> PublicSlots:
        found = appointments.free(session, ticket, wanted.kind, time.time(), context.settings.appointments.rules)
        return PublicSlots(items=[PublicSlot.model_validate(slot) for slot in found])

    return await _answer(context, request, wanted, _unless_private(find))


@router.post("/progress/appointment", dependencies=[Depends(open_to_all)])
async def appointment(wanted: AskedAppointment, request: Request, context: Shared) -> Progress:
    """Book, move or cancel. 409 `appointment.…`."""

    def do(session: Session, ticket: Ticket) -> Progress:
        rules, now = context.settings.appointments.rules, time.time()
        slot = {"plan_id": wanted.plan_id, "starts_at": wanted.starts_at, "by": appointments.CALLER, "now": now, "rules": rules}
        if wanted.act == "book":
            appointments.book(session, ticket, kind=wanted.kind, **slot)  # type: ignore[arg-type]
        else:
            row = appointments.open_of(session, ticket.number)
            if row is None:
                raise Missing("appointment.missing")
            if wanted.act == "move":
                appointments.move(session, row, why="", **slot)  # type: ignore[arg-type]
            else:
                appointments.cancel(session, row, by=appointments.CALLER, why="", now=now, rules=rules)
        session.flush()
        return _progress(context, session, ticket)

    return await _answer(context, request, wanted, _unless_private(do))


def _unless_private(do: Callable[[Session, Ticket], Answer]) -> Callable[[Session, Ticket], Answer]:
    def checked(session: Session, ticket: Ticket) -> Answer:
        if progress.is_private(ticket):
            raise Rejected("appointment.no_slot")
        return do(session, ticket)

    return checked


async def _answer(context: Context, request: Request, wanted: Asked, do: Callable[[Session, Ticket], Answer]) -> Answer:
    """Count, look, answer; all in the same time."""
    if not context.settings.progress.enabled:
        raise Missing("request.not_found")
    await slow_down(context, request, "progress", context.settings.progress.per_minute)
    began = time.monotonic()

    def work() -> Answer:
        number = progress_desk.check(context, wanted.number, wanted.code)
        with context.store.write() as session:
            return do(session, session.get_one(Ticket, number))

    try:
        return await asyncio.to_thread(work)
    finally:
        spent = time.monotonic() - began
        await asyncio.sleep(STEP_SECONDS - spent % STEP_SECONDS)


def _progress(context: Context, session: Session, ticket: Ticket) -> Progress:
    if progress.is_private(ticket):
        return Progress(
            number=ticket.number,
            private=True,
            phase="",
            due_at=None,
            provisional=False,
            materials=[],
            centre="",
            centre_phone="",
            steps=[],
            appointment=None,
            kinds=[],
        )
    centre = session.get(Centre, ticket.centre_id or "")
    row = appointments.open_of(session, ticket.number)
    open_kinds = {kind for plan in appointments.plans(session, ticket.centre_id or "") for kind in plan.kinds}
    return Progress(
        number=ticket.number,
        private=False,
        phase=PHASE[ticket.state],
        due_at=ticket.due_at,
        provisional=ticket.provisional,
        materials=_missing(ticket) if ticket.state == "to_complete" else [],
        centre=centre.name if centre is not None else "",
        centre_phone=centre.phone if centre is not None else "",
        steps=_steps(session, ticket),
        appointment=_shown(context, row) if row is not None else None,
        kinds=sorted(open_kinds) if ticket.state in OPEN else [],
    )


def _missing(ticket: Ticket) -> list[PublicWord]:
    known = {word.code: word for word in ticket_codes.words()["materials"]}
    return [PublicWord(zh=known[code].zh, en=known[code].en) for code in ticket.materials if code in known]


def _steps(session: Session, ticket: Ticket) -> list[PublicStep]:
    """When it came into each phase; going back and forth between offices is one phase."""
    found: list[PublicStep] = []
    for event in ticket_events.of_ticket(session, ticket.number):
        phase = PHASE.get(event.to_state, "")
        if phase and (not found or found[-1].phase != phase):
            found.append(PublicStep(phase=phase, at=event.at))
    return found


def _shown(context: Context, row: Appointment) -> PublicAppointment:
    notice = context.settings.appointments.rules.notice_seconds
    return PublicAppointment(
        kind=row.kind, starts_at=row.starts_at, ends_at=row.ends_at, changeable=row.starts_at - time.time() >= notice
    )
