"""One task of the work list as JSON: the row of a list, and the whole of it with the words of the call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.names import Names, centre_names, people_names
from hotline.api.people import Person
from hotline.api.shapes import Shape
from hotline.api.ticket_shapes import NeedRow
from hotline.api.ticket_sight import actor
from hotline.core.tickets import ACTS, standing_of
from hotline.core.tickets.followups import FOLLOW_UP, QUALITY, TASKS
from hotline.settings.tickets import TicketSettings
from hotline.store.models import Call, Ticket, TicketClock, TicketTask
from hotline.store.repositories import centres, ticket_secrecy, ticket_tasks
from hotline.store.repositories.ticket_acts import seen


class TaskRow(Shape):
    """Something owed. `due_at`: until when; `next_at`: not before, after a try. `may`: whether this person may do it (nobody
    follows up his own work)."""

    id: int
    kind: str
    state: str
    number: str | None
    call_id: str
    ticket_state: str
    version: int
    due_at: float | None
    created_at: float
    next_at: float | None
    tries: int
    tries_most: int
    outcome: str
    claimed_by: str
    claimed_name: str | None
    mine: bool
    may: bool
    score: int
    about_name: str | None
    centre_name: str | None
    service_type: str
    category: str
    caller_masked: str
    secret: str
    complaint: str
    done_at: float | None
    done_name: str | None


class QuestionRow(Shape):
    """One question of a follow-up call; `about`: `matter` or `handler`."""

    code: str
    about: str
    zh: str
    en: str


class SafeRow(BaseModel):
    """How the person may be reached. `contact_masked`: another number than their own; `ok`: a call is safe now, else from
    `not_before` on."""

    contact_masked: str
    ways: list[str]
    windows: list[str]
    ok: bool
    not_before: float
    has_note: bool


class TaskDetail(TaskRow):
    """A task with what must be said, asked and minded."""

    needs: list[NeedRow]
    questions: list[QuestionRow]
    safe: SafeRow | None
    request: str
    result: str
    handler_name: str | None
    answers: dict[str, Any]
    text: str
    cause: str
    fix: str


def rows(
    session: Session, found: Sequence[tuple[TicketTask, float | None]], person: Person, figures: TicketSettings, now: float
) -> list[TaskRow]:
    """Rows of a list; `found`: each with its end."""
    numbers = {task.number for task, _ in found if task.number}
    tickets = {row.number: row for row in session.scalars(select(Ticket).where(Ticket.number.in_(numbers)))}
    calls = select(Call.call_id, Call.caller_masked).where(Call.call_id.in_([task.call_id for task, _ in found]))
    masked = {str(call_id): str(text) for call_id, text in session.execute(calls)}
    names = people_names(session, [one for task, _ in found for one in (task.claimed_by, task.done_by, task.about_id)])
    experts = Names(session, (), (task.about_id for task, _ in found if task.about_kind == "expert"))
    where = centre_names(session, [ticket.centre_id for ticket in tickets.values()])
    tree = centres.tree(session)
    mine = ticket_tasks.handled_by(session, numbers, person.user_id)
    items = []
    for task, due in found:
        ticket = tickets.get(task.number or "")
        act = ACTS[TASKS[task.kind].act]
        may = person.role == "supervisor"
        if ticket is not None:
            own = "other" in act.who and ticket.number in mine
            may = not own and not standing_of(actor(person), seen(ticket), tree).isdisjoint(act.who)
        held = ticket_tasks.held(task, now, figures.claim_seconds)
        items.append(
            TaskRow(
                id=task.id,
                kind=task.kind,
                state=task.state,
                number=task.number,
                call_id=task.call_id,
                ticket_state=ticket.state if ticket else "",
                version=ticket.version if ticket else 0,
                due_at=due,
                created_at=task.created_at,
                next_at=task.tried_at + figures.follow_up_spacing_seconds if task.tried_at else None,
                tries=task.tries,
                tries_most=figures.follow_up_tries,
                outcome=task.outcome,
                claimed_by=held,
                claimed_name=names.get(held),
                mine=held == person.user_id,
                may=may and person.may("tickets.act"),
                score=task.score,
                about_name=names.get(task.about_id) or experts.of("expert", task.about_id),
                centre_name=where.get(ticket.centre_id or "") if ticket else None,
                service_type=ticket.service_type if ticket else "",
                category=ticket.category if ticket else "",
                caller_masked=ticket.caller_number_masked if ticket else masked.get(task.call_id, ""),
                secret=ticket.secret if ticket else "",
                complaint=ticket.complaint if ticket else "",
                done_at=task.done_at,
                done_name=names.get(task.done_by),
            )
        )
    return items


def detail(session: Session, task: TicketTask, person: Person, figures: TicketSettings, now: float) -> TaskDetail:
    """One task, whole."""
    clock = session.get(TicketClock, task.clock_id) if task.clock_id else None
    row = rows(session, [(task, clock.due_at if clock else task.due_at)], person, figures, now)[0]
    ticket = session.get(Ticket, task.number) if task.number else None
    asked = ticket_tasks.questions() if task.kind in (FOLLOW_UP, QUALITY) else ()
    return TaskDetail(
        **row.model_dump(),
        needs=[NeedRow.model_validate(need) for need in ACTS[TASKS[task.kind].act].needs],
        questions=[QuestionRow(code=one["code"], about=one["about"], zh=one["zh"], en=one["en"]) for one in asked],
        safe=_safe(session, ticket, now) if ticket else None,
        request=ticket.request if ticket else "",
        result=ticket.result if ticket else "",
        handler_name=people_names(session, [ticket.handler_id]).get(ticket.handler_id) if ticket else None,
        answers=dict(task.answers),
        text=task.text,
        cause=task.cause,
        fix=task.fix,
    )


def _safe(session: Session, ticket: Ticket, now: float) -> SafeRow | None:
    found = ticket_secrecy.of_ticket(session, ticket.number)
    if found is None:
        return None
    rules = ticket_secrecy.safety(found)
    return SafeRow(
        contact_masked=found.contact_masked,
        ways=found.ways,
        windows=found.windows,
        ok=not rules.refusal("phone", now),
        not_before=rules.next(now),
        has_note=bool(found.note_enc),
    )
