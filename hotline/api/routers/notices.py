"""Notices in the console: what this person has to hear, what is unread, and where they want to be written to besides."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.tickets import seen_by
from hotline.api.shapes import MOST_INT, Limit, Shape
from hotline.store import audit
from hotline.store.models import AccountContact
from hotline.store.repositories import letters, notices
from hotline.store.repositories.sealing import seal

router = APIRouter(prefix="/api", tags=["notices"])

Reader = Annotated[Person, Depends(need("notices.read"))]
Shared = Annotated[Context, Depends(current)]


class NoticeRow(Shape):
    """One notice. `data`: codes and times that belong to its kind."""

    id: int
    number: str | None
    kind: str
    level: str
    data: dict[str, Any]
    at: float
    read_at: float | None


class Notices(Shape):
    """Newest first. `unread`: at most 100 are counted; `next`: `before` of the following page."""

    items: list[NoticeRow]
    unread: int
    next: int | None = None


class ReadRequest(BaseModel):
    """Some by their ids, or all up to one."""

    ids: Annotated[list[Annotated[int, Field(ge=1, le=MOST_INT)]], Field(max_length=200)] = []
    up_to: Annotated[int, Field(ge=0, le=MOST_INT)] = 0


class Unread(Shape):
    """How many are left."""

    unread: int


class ContactRow(Shape):
    """Where somebody is written to; nothing: nowhere."""

    channel: Literal["", "sms", "mail"] = ""
    address_masked: str = ""


class ContactRequest(BaseModel):
    """`channel` empty: write to me no more."""

    channel: Literal["", "sms", "mail"]
    address: Annotated[str, Field(max_length=200)] = ""


@router.get("/notices")
def list_notices(
    person: Reader,
    context: Shared,
    unread: bool = False,
    limit: Limit = 50,
    before: Annotated[int, Query(ge=0, le=MOST_INT)] = 0,
) -> Notices:
    """What concerns this person, and how much is unread. Notices about tickets they may not see (any more) are left out."""
    with context.store.read() as session:
        sight = seen_by(session, person)
        found = notices.of_account(session, person.user_id, sight, unread=unread, limit=limit + 1, before=before)
        rows = [
            NoticeRow(id=row.id, number=row.number, kind=row.kind, level=row.level, data=row.data, at=row.at, read_at=read_at)
            for row, read_at in found[:limit]
        ]
        left = notices.unread(session, person.user_id, sight)
        return Notices(items=rows, unread=left, next=rows[-1].id if len(found) > limit else None)


@router.post("/notices/read")
def mark_read(wanted: ReadRequest, person: Reader, context: Shared) -> Unread:
    """They have read these."""
    now = time.time()
    with context.store.write() as session:
        if wanted.ids:
            notices.read(session, person.user_id, wanted.ids, now)
        if wanted.up_to:
            notices.read_to(session, person.user_id, wanted.up_to, now)
        return Unread(unread=notices.unread(session, person.user_id, seen_by(session, person)))


@router.get("/me/contact")
def my_contact(person: Reader, context: Shared) -> ContactRow:
    """Where this person is written to when a notice is theirs."""
    with context.store.read() as session:
        return _contact(session, person)


@router.put("/me/contact")
def set_contact(wanted: ContactRequest, person: Reader, context: Shared) -> ContactRow:
    """Be written to there, or nowhere. 422 `letter.address`."""
    now = time.time()
    with context.store.write() as session:
        row = session.get(AccountContact, person.user_id)
        if not wanted.channel:
            if row is not None:
                session.delete(row)
        else:
            address, masked = letters.checked(wanted.channel, wanted.address)
            if row is None:
                row = AccountContact(account_id=person.user_id)
                session.add(row)
            row.channel, row.address_masked, row.changed_at = wanted.channel, masked, now
            row.address_enc = seal(context.secrecy, "account_contacts.address_enc", person.user_id, address)
        data = {"channel": wanted.channel}
        audit.append(
            session, at=now, actor=person.user_id, action="contact.changed", object=f"accounts/{person.user_id}", data=data
        )
        session.flush()
        return _contact(session, person)


def _contact(session: Session, person: Person) -> ContactRow:
    row = session.get(AccountContact, person.user_id)
    if row is None:
        return ContactRow()
    return ContactRow(channel="mail" if row.channel == "mail" else "sms", address_masked=row.address_masked)
