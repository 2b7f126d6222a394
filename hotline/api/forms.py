"""The agent's form of a call: drafts saved while typing, and the final one.

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
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline import logs
from hotline.api.access import may_read_call
from hotline.api.codes import form_codes
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import Id
from hotline.bus import keys
from hotline.core.errors import Forbidden, Missing, Rejected
from hotline.core.masking import masked, unmasked
from hotline.core.triage import check_submission, clean
from hotline.store.models import Call
from hotline.store.repositories import forms
from hotline.store.repositories.forms import Form

log = logs.get("hotline.api.forms")
router = APIRouter(prefix="/api/calls", tags=["forms"])


class FormRequest(BaseModel):
    """The whole form, made from `version`."""

    version: Annotated[int, Field(ge=0, le=1_000_000)]
    fields: Annotated[dict[str, Any], Field(max_length=64)]


class FormAnswer(BaseModel):
    """The form as it stands. `version` 0: nobody has saved anything yet."""

    version: int
    fields: dict[str, Any]
    submitted_at: float | None
    saved_at: float | None


def _shown(form: Form, clear: bool, number: str) -> FormAnswer:
    fields = dict(form.fields) if clear else masked(form.fields)
    if number:
        fields.setdefault("caller_number", number)
    return FormAnswer(version=form.version, fields=fields, submitted_at=form.submitted_at, saved_at=form.saved_at)


def _number(context: Context, call: Call | None, call_id: str) -> str:
    """The caller's own number, masked, as it is prefilled."""
    return call.caller_masked if call is not None else context.holders.masked_number(call_id)


@router.get("/{call_id}/form")
async def read_form(
    call_id: Id, person: Annotated[Person, Depends(need("forms.read"))], context: Annotated[Context, Depends(current)]
) -> FormAnswer:
    """The form of a call; in clear for its agent during call and wrap-up, else masked."""
    holds = await context.holders.holds(person.agent_id, call_id)
    offered = context.holders.offered(person.agent_id, call_id)

    def read() -> FormAnswer:
        with context.store.read() as session:
            if not (holds or offered or _may_read(session, context, person, call_id)):
                raise Missing("call.missing")
            number = _number(context, session.get(Call, call_id), call_id)
            return _shown(forms.get(session, context.secrecy, call_id), holds, number)

    return await asyncio.to_thread(read)


def _may_read(session: Session, context: Context, person: Person, call_id: str) -> bool:
    on_board = person.may("calls.read_all") and f"calls/{call_id}" in context.board.state
    return on_board or may_read_call(session, person, call_id)


@router.put("/{call_id}/form")
async def save_form(
    call_id: Id,
    wanted: FormRequest,
    person: Annotated[Person, Depends(need("forms.write"))],
    context: Annotated[Context, Depends(current)],
) -> FormAnswer:
    """Save a draft. 409 `form.version` with `details.current` when somebody else saved in between."""
    return await _write(context, person, call_id, wanted, final=False)


@router.post("/{call_id}/form/submit")
async def submit_form(
    call_id: Id,
    wanted: FormRequest,
    person: Annotated[Person, Depends(need("forms.write"))],
    context: Annotated[Context, Depends(current)],
) -> FormAnswer:
    """Save and submit. 422 `form.incomplete` with the names of the missing fields."""
    answer = await _write(context, person, call_id, wanted, final=True)
    try:
        await context.redis.rpush(keys.JOBS_WAKE, call_id)
    except (RedisError, OSError, TimeoutError):
        log.warning("jobs_not_woken")  # the job is due in the database; the archiver looks there too
    return answer


async def _write(context: Context, person: Person, call_id: str, wanted: FormRequest, *, final: bool) -> FormAnswer:
    holds = await context.holders.holds(person.agent_id, call_id)

    def write() -> FormAnswer:
        try:
            return _store(context, person, call_id, wanted, holds=holds, final=final)
        except IntegrityError:  # two first saves at the same moment, and the other one won
            with context.store.read() as session:
                call = session.get(Call, call_id)
                raise _conflict(context, session, call, call_id, holds) from None

    return await asyncio.to_thread(write)


def _store(context: Context, person: Person, call_id: str, wanted: FormRequest, *, holds: bool, final: bool) -> FormAnswer:
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
            check_submission(fields)
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
        return _shown(form, holds, number)


def _may_write(session: Session, context: Context, person: Person, call_id: str, call: Call | None, holds: bool) -> None:
    if call is None and not holds and f"calls/{call_id}" not in context.board.state:
        raise Missing("call.missing")
    if not holds and not person.may("forms.write_all") and not may_read_call(session, person, call_id):
        raise Forbidden("call.not_yours")
    if call is not None and call.outcome is not None:
        raise Rejected("form.closed")


def _conflict(context: Context, session: Session, call: Call | None, call_id: str, holds: bool) -> Rejected:
    form = forms.get(session, context.secrecy, call_id)
    return Rejected("form.version", current=_shown(form, holds, _number(context, call, call_id)).model_dump())
