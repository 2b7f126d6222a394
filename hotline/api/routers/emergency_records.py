"""Emergencies as they are on record: the list, one with its steps and its report, and what must still be done."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.names import account_names
from hotline.api.people import Person
from hotline.api.routers.calls import stated
from hotline.api.shapes import Before, Done, Id, Limit, Page, Shape
from hotline.core.errors import Invalid, Missing
from hotline.store.models import Emergency
from hotline.store.repositories import emergencies

router = APIRouter(prefix="/api", tags=["emergencies"])

Reader = Annotated[Person, Depends(need("emergencies.read_all"))]
Shared = Annotated[Context, Depends(current)]


class TaskDoneRequest(BaseModel):
    """What was done."""

    note: Annotated[str, Field(max_length=200)]


class EmergencyRow(Shape):
    """An emergency in a list. Times are Unix seconds."""

    id: str
    call_id: str
    state: str
    source: str
    flags: list[str]
    basis: str
    audience: str
    caller_masked: str
    region_hint: str
    raised_by: str
    raised_at: float
    alerted_at: float | None
    acknowledged_by: str
    acknowledged_at: float | None
    dispatched_to: list[str]
    dispatched_at: float | None
    line_lost_at: float | None
    closed_by: str
    closed_at: float | None
    result: str
    raised_by_name: str = ""
    acknowledged_by_name: str = ""
    closed_by_name: str = ""


class EventRow(Shape):
    """One step."""

    at: float
    actor: str
    actor_name: str = ""
    name: str
    data: dict[str, Any]


class TaskRow(Shape):
    """Something that must still be done."""

    id: str
    emergency_id: str
    kind: str
    state: str
    created_at: float
    due_at: float
    closed_at: float | None
    closed_by: str
    note: str


class EmergencyDetail(EmergencyRow):
    """An emergency with its steps, tasks and report."""

    events: list[EventRow]
    tasks: list[TaskRow]
    report: dict[str, str]


@router.get("/emergencies")
def list_emergencies(
    person: Reader,
    context: Shared,
    state: Annotated[Literal["", "raised", "acknowledged", "dispatched", "closed"], Query()] = "",
    limit: Limit = 50,
    before: Before = "",
) -> Page[EmergencyRow]:
    """Emergencies, newest first."""
    with context.store.read() as session:
        last = session.get(Emergency, before) if before else None
        if before and last is None:
            raise Invalid("request.invalid", fields={"query.before": "unknown"})
        rows = list(emergencies.page(session, state=state, limit=limit + 1, before=last))
        found = _named(session, rows[:limit])
        return Page(items=found, next=found[-1].id if len(rows) > limit else None)


def _named(session: Session, rows: Sequence[Emergency]) -> list[EmergencyRow]:
    """Rows with the names of those who had to do with them."""
    ids = {one for row in rows for one in (row.raised_by, row.acknowledged_by, row.closed_by) if one}
    names = account_names(session, ids)
    found = [EmergencyRow.model_validate(row) for row in rows]
    for one in found:
        one.raised_by_name = names.get(one.raised_by, "")
        one.acknowledged_by_name = names.get(one.acknowledged_by, "")
        one.closed_by_name = names.get(one.closed_by, "")
    return found


@router.get("/emergency-tasks")
def list_tasks(
    person: Reader, context: Shared, state: Annotated[Literal["", "open", "done"], Query()] = "open"
) -> Page[TaskRow]:
    """What must still be done: tell the person afterwards, call back, say why nobody heard."""
    with context.store.read() as session:
        return Page(items=[TaskRow.model_validate(row) for row in emergencies.tasks(session, state=state)])


@router.get("/emergencies/{emergency_id}")
def read_emergency(emergency_id: Id, person: Reader, context: Shared) -> EmergencyDetail:
    """One emergency with everything that happened, its tasks and its report."""
    with context.store.read() as session:
        row = session.get(Emergency, emergency_id)
        if row is None:
            raise Missing("emergency.missing")
        steps = [EventRow.model_validate(item) for item in emergencies.events(session, emergency_id)]
        names = account_names(session, {step.actor for step in steps})
        for step in steps:
            step.actor_name = names.get(step.actor, "")
        return EmergencyDetail(
            **_named(session, [row])[0].model_dump(),
            events=steps,
            tasks=[TaskRow.model_validate(item) for item in emergencies.tasks(session, emergency_id=emergency_id)],
            report=emergencies.report(context.secrecy, row),
        )


@router.post("/emergency-tasks/{task_id}/done")
def task_done(task_id: Id, wanted: TaskDoneRequest, person: Reader, context: Shared) -> Done:
    """It was done; how stands in the note."""
    note = stated(wanted.note)
    with context.store.write() as session:
        emergencies.task_done(session, task_id, note=note, by=person.user_id, now=time.time())
    return Done()
