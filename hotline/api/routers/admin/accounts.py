"""People: accounts with their roles, seats with extension, skills, queues and languages; disabled, given a new password, logged
out. Routing, the edge and open consoles hear of each change at once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from redis.exceptions import RedisError

from hotline import logs
from hotline.api import changes, people_desk
from hotline.api.ask import ask, reload
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.people_desk import NewPerson, PersonFields, PersonRow, Phone, one_time
from hotline.api.sessions import LOGGED_OUT
from hotline.api.shapes import Done, Id, Page
from hotline.core.errors import HotlineError
from hotline.store import passwords
from hotline.store.repositories import sessions

log = logs.get("hotline.api.admin.accounts")
router = APIRouter(prefix="/api/people", tags=["people"])

Shared = Annotated[Context, Depends(current)]
Admin = Annotated[Person, Depends(need("people.manage"))]


class Given(BaseModel):
    """The person, and what is shown this once: `password` to log in with, `phone_password` for the desk phone."""

    person: PersonRow
    password: str = ""
    phone_password: str = ""


@router.get("")
async def list_people(person: Admin, context: Shared) -> Page[PersonRow]:
    """Everybody who may log in, or might, by user name."""
    registered = await asyncio.to_thread(_registered, context)
    return Page(items=await asyncio.to_thread(people_desk.rows, context, registered))


@router.post("", status_code=201)
async def add(wanted: NewPerson, person: Admin, context: Shared) -> Given:
    """A new person with a one-time password. 409 `account.exists`, `seat.extension_taken`; 422 `account.…`, `seat.…`."""
    password, phone_password = one_time(), one_time() if wanted.seat else ""
    hashed = await asyncio.to_thread(passwords.hash_password, password)
    account_id, seat = await asyncio.to_thread(people_desk.add, context, person, wanted, hashed, phone_password)
    await _tell(context, seat)
    return Given(person=await _one(context, account_id), password=password, phone_password=phone_password)


@router.put("/{account_id}")
async def change(account_id: Id, wanted: PersonFields, person: Admin, context: Shared) -> Given:
    """Set everything of a person. A new extension comes with a new password of the desk phone. 409 `account.last_admin`,
    `account.own`, `seat.extension_taken`, `seat.kept` (a seat is not taken away: disable the person)."""
    phone_password = one_time()
    seat, before = await asyncio.to_thread(people_desk.change, context, person, account_id, wanted, phone_password)
    if before and before != seat:
        await _drop_phone(context, before[0])
    await _tell(context, seat)
    fresh = phone_password if seat and (not before or before[0] != seat[0]) else ""
    return Given(person=await _one(context, account_id), phone_password=fresh)


@router.post("/{account_id}/disable")
async def disable(account_id: Id, person: Admin, context: Shared) -> PersonRow:
    """They are logged out everywhere and cannot log in; the seat gets no calls, the desk phone cannot register. Records keep
    the name. 409 `account.last_admin`, `account.own`."""
    seat = await asyncio.to_thread(people_desk.set_active, context, person, account_id, False)
    if seat:
        await _drop_phone(context, seat[0])
    await _leave(context, account_id)
    return await _one(context, account_id)


@router.post("/{account_id}/enable")
async def enable(account_id: Id, person: Admin, context: Shared) -> PersonRow:
    """They may log in again with the password they had; a lock is lifted."""
    seat = await asyncio.to_thread(people_desk.set_active, context, person, account_id, True)
    await _tell(context, seat)
    return await _one(context, account_id)


@router.post("/{account_id}/password")
async def reset_password(account_id: Id, person: Admin, context: Shared) -> Given:
    """A new one-time password; they are logged out everywhere, a lock is lifted."""
    password = one_time()
    hashed = await asyncio.to_thread(passwords.hash_password, password)
    await asyncio.to_thread(people_desk.reset, context, person, account_id, hashed)
    await _leave(context, account_id)
    return Given(person=await _one(context, account_id), password=password)


@router.post("/{account_id}/phone-password")
async def reset_phone(account_id: Id, person: Admin, context: Shared) -> Given:
    """A new password for the desk phone; the old one is good until the phone's next registration. 404 `seat.missing`."""
    phone_password = one_time()
    seat = await asyncio.to_thread(people_desk.reset_phone, context, person, account_id, phone_password)
    await _tell(context, seat)
    return Given(person=await _one(context, account_id), phone_password=phone_password)


@router.post("/{account_id}/log-out")
async def log_out(account_id: Id, person: Admin, context: Shared) -> Done:
    """End every log-in of that person now; a seat goes offline, after its call when there is one."""

    def work() -> None:
        now = time.time()
        with context.store.write() as session:
            found = people_desk.get(session, account_id)
            count = sessions.revoke_all(session, found.id, now)
            changes.note(session, person, now, "account.logged_out", f"accounts/{found.id}", sessions=count)

    await asyncio.to_thread(work)
    await _leave(context, account_id)
    return Done()


# Asking and telling the others. What does not hear it now reads the database soon (routing) or at its next start (the edge).


def _registered(context: Context) -> set[str] | None:
    if context.edge is None:
        return None
    try:
        return context.edge.registered()
    except HotlineError:
        return None


async def _one(context: Context, account_id: str) -> PersonRow:
    registered = await asyncio.to_thread(_registered, context)
    return (await asyncio.to_thread(people_desk.rows, context, registered, account_id))[0]


async def _tell(context: Context, phone: Phone) -> None:
    if phone and context.edge is not None:
        try:
            await asyncio.to_thread(context.edge.put_phone, *phone)
        except HotlineError as exc:
            log.warning("edge_not_told", code=exc.code)
    await reload(context)


async def _drop_phone(context: Context, extension: str) -> None:
    if context.edge is not None:
        with contextlib.suppress(HotlineError):
            await asyncio.to_thread(context.edge.drop_phone, extension)


async def _leave(context: Context, account_id: str) -> None:
    """End the open consoles of a person who was logged out; the seat goes offline."""
    for one in list(context.feeds.open):
        if one.person.user_id == account_id:
            one.bye(LOGGED_OUT)
    row = await _one(context, account_id)
    if row.seat:
        data = {"agent_id": row.seat.id, "state": "offline", "reason": "logged_out"}
        with contextlib.suppress(HotlineError, RedisError, OSError):
            await ask(context, "set_agent_state", data)
    await reload(context)
