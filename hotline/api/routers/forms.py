"""The agent's form of a call: drafts saved while typing, field by field, and the final one.

Who may write: the agent of the call, from the moment the offer is his (the database hears of the call later), and
supervisors. In clear it is shown only to the agent who has the call now or writes it up; to all others masked, and a
masked field that comes back unchanged leaves what is stored alone.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline import logs
from hotline.api.access import may_read_call, may_see_form
from hotline.api.context import Context, current
from hotline.api.form_hints import HintsAnswer, hints_of, legal_aid_open, raised
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.codes import form_codes
from hotline.api.shapes import Id
from hotline.bus import keys
from hotline.core.errors import Forbidden, Invalid, Missing, Rejected
from hotline.core.intake.edits import Edit, changed
from hotline.core.masking import masked, unmasked
from hotline.core.outcomes import form_open
from hotline.core.triage import FIELDS, check_submission, clean
from hotline.store.models import Account, Call
from hotline.store.repositories import conflicts, facts, forms
from hotline.store.repositories.forms import Form

log = logs.get("hotline.api.routers.forms")
router = APIRouter(prefix="/api/calls", tags=["forms"])


class FormRequest(BaseModel):
    """The whole form, made from `version`."""

    version: Annotated[int, Field(ge=0, le=1_000_000)]
    fields: Annotated[dict[str, Any], Field(max_length=64)]


class FieldEdit(BaseModel):
    """A new value of one field, made when the field had version `base` (0: never written). null clears it."""

    base: Annotated[int, Field(ge=0, le=1_000_000)]
    value: Any = None


class EditRequest(BaseModel):
    """The fields that were edited, and only those."""

    edits: Annotated[dict[str, FieldEdit], Field(min_length=1, max_length=64)]


class ConflictRow(BaseModel):
    """Somebody else wrote the field meanwhile: what stands there now, since which version, by whom and when."""

    value: Any
    version: int
    by_name: str
    at: float


class FormAnswer(BaseModel):
    """The form as it stands. `version` 0: nobody has saved anything yet. `versions`: of each field ever written. `conflicts`:
    edits that were not taken because somebody else had written the field; `refused`: edits that the field cannot hold (why)."""

    version: int
    fields: dict[str, Any]
    submitted_at: float | None
    saved_at: float | None
    versions: dict[str, int]
    hints: HintsAnswer
    conflicts: dict[str, ConflictRow] = {}
    refused: dict[str, str] = {}


def _shown(context: Context, session: Session, form: Form, clear: bool, number: str) -> FormAnswer:
    fields = dict(form.fields) if clear else masked(form.fields)
    conflicts = {}
    if form.conflicts:
        ids = {form.writers[name][0] for name in form.conflicts if name in form.writers}
        found = session.execute(select(Account.id, Account.display_name).where(Account.id.in_(ids)))
        names: dict[str, str] = {}
        for account_id, name in found:
            names[account_id] = name
        for name in form.conflicts:
            by, at = form.writers.get(name, ("", form.saved_at or 0.0))
            conflicts[name] = ConflictRow(
                value=fields.get(name), version=form.versions.get(name, 0), by_name=names.get(by, ""), at=at
            )
    if number:
        fields.setdefault("caller_number", number)
    return FormAnswer(
        version=form.version,
        fields=fields,
        submitted_at=form.submitted_at,
        saved_at=form.saved_at,
        versions=dict(form.versions),
        hints=hints_of(context, session, form.fields),
        conflicts=conflicts,
    )


def _number(context: Context, call: Call | None, call_id: str) -> str:
    """The caller's own number, masked, as it is prefilled."""
    return call.caller_masked if call is not None else context.holders.masked_number(call_id)


@router.get("/{call_id}/form")
async def read_form(
    call_id: Id, person: Annotated[Person, Depends(need("forms.read"))], context: Annotated[Context, Depends(current)]
) -> FormAnswer:
    """The form of a call; in clear for its agent during call and wrap-up, else masked."""
    holds = await context.holders.holds(person.agent_id, call_id)
    if not await may_see_form(context, person, call_id):
        raise Missing("call.missing")

    def read() -> FormAnswer:
        with context.store.read() as session:
            number = _number(context, session.get(Call, call_id), call_id)
            return _shown(context, session, forms.get(session, context.secrecy, call_id), holds, number)

    return await asyncio.to_thread(read)


@router.patch("/{call_id}/form")
async def edit_form(
    call_id: Id,
    wanted: EditRequest,
    person: Annotated[Person, Depends(need("forms.write"))],
    context: Annotated[Context, Depends(current)],
) -> FormAnswer:
    """Save single fields. What somebody else wrote meanwhile is left as it is and comes back in `conflicts`; what a field
    cannot hold comes back in `refused`; everything else is saved."""
    holds = await context.holders.holds(person.agent_id, call_id)

    def write() -> tuple[FormAnswer, list[str]]:
        try:
            return _edit(context, person, call_id, wanted, holds)
        except IntegrityError:  # two first saves at the same moment: now there is a row to edit
            return _edit(context, person, call_id, wanted, holds)

    answer, fields = await asyncio.to_thread(write)
    if fields:
        context.attendance.saved(call_id, answer.version, person, fields, answer.saved_at or 0.0, submitted=False)
    return answer


def _edit(context: Context, person: Person, call_id: str, wanted: EditRequest, holds: bool) -> tuple[FormAnswer, list[str]]:
    codes = form_codes(context)
    with context.store.write() as session:
        call = session.get(Call, call_id)
        _may_write(session, context, person, call_id, call, holds)
        number = _number(context, call, call_id)
        stored = forms.get(session, context.secrecy, call_id)
        changes, refused = _changes(wanted, stored, number, codes)
        form = forms.edit(session, context.secrecy, call_id, changes=changes, by=person.user_id, now=time.time())
        taken = sorted(name for name, version in form.versions.items() if version != stored.versions.get(name, 0))
        if taken:
            conflicts.note_call(session, context.secrecy, call_id)
        answer = _shown(context, session, form, holds, number)
        return answer.model_copy(update={"refused": refused}), taken


def _changes(
    wanted: EditRequest, stored: Form, number: str, codes: dict[str, frozenset[str]]
) -> tuple[list[Edit], dict[str, str]]:
    """The edits that the fields can hold, and why the others cannot."""
    changes, refused = [], {}
    for name, edit in wanted.edits.items():
        if name not in FIELDS:
            refused[name[:40]] = "unknown_field"
            continue
        try:
            given = unmasked({name: edit.value}, stored.fields, number)
            if name in given:
                changes.append(Edit(name, edit.base, clean(given, codes).get(name)))
        except Invalid as exc:
            reasons: Any = exc.details.get("fields", {})
            refused[name] = str(reasons.get(name, "type"))
    return changes, refused


@router.put("/{call_id}/form")
async def save_form(
    call_id: Id,
    wanted: FormRequest,
    person: Annotated[Person, Depends(need("forms.write"))],
    context: Annotated[Context, Depends(current)],
) -> FormAnswer:
    """Save a whole draft. 409 `form.version` with `details.current` when somebody else saved in between."""
    return await _write(context, person, call_id, wanted, final=False)


@router.post("/{call_id}/form/submit")
async def submit_form(
    call_id: Id,
    wanted: FormRequest,
    person: Annotated[Person, Depends(need("forms.write"))],
    context: Annotated[Context, Depends(current)],
) -> FormAnswer:
    """Save and submit. 422 `form.incomplete` with the names of the missing fields. A limit of the law that runs out within
    `desk.urgent_days` makes the matter P1 (risk flag R07), ticked or not."""
    answer = await _write(context, person, call_id, wanted, final=True)
    try:
        await context.redis.rpush(keys.JOBS_WAKE, call_id)
    except (RedisError, OSError, TimeoutError):
        log.warning("jobs_not_woken")  # the job is due in the database; the archiver looks there too
    return answer


async def _write(context: Context, person: Person, call_id: str, wanted: FormRequest, *, final: bool) -> FormAnswer:
    holds = await context.holders.holds(person.agent_id, call_id)

    def write() -> tuple[FormAnswer, list[str]]:
        try:
            return _store(context, person, call_id, wanted, holds=holds, final=final)
        except IntegrityError:  # two first saves at the same moment, and the other one won
            with context.store.read() as session:
                call = session.get(Call, call_id)
                raise _conflict(context, session, call, call_id, holds) from None

    answer, fields = await asyncio.to_thread(write)
    context.attendance.saved(call_id, answer.version, person, fields, answer.saved_at or 0.0, submitted=final)
    return answer


def _store(
    context: Context, person: Person, call_id: str, wanted: FormRequest, *, holds: bool, final: bool
) -> tuple[FormAnswer, list[str]]:
    codes = form_codes(context)
    with context.store.write() as session:
        call = session.get(Call, call_id)
        _may_write(session, context, person, call_id, call, holds)
        number = _number(context, call, call_id)
        stored = forms.get(session, context.secrecy, call_id)
        if stored.version != wanted.version:
            raise _conflict(context, session, call, call_id, holds)
        fields = clean(unmasked(wanted.fields, stored.fields, number), codes)
        if final:
            fields = raised(context, session, fields)
            check_submission(fields, legal_aid_open=legal_aid_open(context, fields))
        act = forms.submit if final else forms.save
        form = act(
            session,
            context.secrecy,
            call_id,
            version=wanted.version,
            fields=fields,
            by=person.user_id,
            now=time.time(),
        )
        conflicts.note_call(session, context.secrecy, call_id)
        return _shown(context, session, form, holds, number), changed(stored.fields, form.fields)


def _may_write(session: Session, context: Context, person: Person, call_id: str, call: Call | None, holds: bool) -> None:
    if call is None and not holds and f"calls/{call_id}" not in context.board.state:
        raise Missing("call.missing")
    if not holds and not person.may("forms.write_all") and not may_read_call(session, person, call_id):
        raise Forbidden("call.not_yours")
    if call is not None and not form_open(
        call.outcome,
        call.ended_at,
        call.agent_connected_at is not None,
        time.time(),
        context.settings.queue.longest_wrap_up(facts.wrap_up_extended(session, call_id)),
    ):
        raise Rejected("form.closed")


def _conflict(context: Context, session: Session, call: Call | None, call_id: str, holds: bool) -> Rejected:
    form = forms.get(session, context.secrecy, call_id)
    return Rejected("form.version", current=_shown(context, session, form, holds, _number(context, call, call_id)).model_dump())
