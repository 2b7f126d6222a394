"""Recordings shown to a colleague by a link: with a purpose, to one person, for a time, revocable; each opening is audited.

Nobody widens by a share what he could not widen by himself: who may read only his own calls shares only with those who may read
all. The right to hear recordings is the addressee's own and is checked each time.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.rights import allowed
from hotline.api.routers.calls import stated
from hotline.api.routers.recordings import find
from hotline.api.rows import RecordingRow, recording_rows
from hotline.api.shapes import Done, Id, Page
from hotline.core.errors import Forbidden, Invalid, Missing, Rejected
from hotline.core.ids import new_id
from hotline.store import audit
from hotline.store.models import Account, RecordingShare
from hotline.store.repositories import recordings, shares

router = APIRouter(prefix="/api/shares", tags=["recordings"])

Shared = Annotated[Context, Depends(current)]
Sharer = Annotated[Person, Depends(need("recordings.share"))]
Listener = Annotated[Person, Depends(need("recordings.play"))]


class ColleagueRow(BaseModel):
    """Somebody a recording may be shown to."""

    id: str
    name: str
    role: str


class ShareRow(BaseModel):
    """One share. `stands`: it still opens."""

    id: str
    recording_id: str
    by_user: str
    by_name: str
    to_user: str
    to_name: str
    purpose: str
    offset_seconds: float
    created_at: float
    expires_at: float
    revoked_at: float | None
    opened: int
    opened_at: float | None
    stands: bool


class ShareRequest(BaseModel):
    """`hours` how long it opens (none: as the settings say); `offset_seconds` where playing begins."""

    recording_id: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
    to_user: Annotated[str, Field(max_length=64)]
    purpose: Annotated[str, Field(max_length=200)] = ""
    hours: float | None = None
    offset_seconds: Annotated[float, Field(ge=0, le=86_400)] = 0.0


class OpenedShare(BaseModel):
    """What the link shows."""

    share: ShareRow
    recording: RecordingRow


@router.get("/people")
def people(person: Sharer, context: Shared) -> Page[ColleagueRow]:
    """To whom this person may show a recording, by name."""
    with context.store.read() as session:
        found = session.scalars(select(Account).where(Account.active).order_by(Account.display_name)).all()
    return Page(items=[ColleagueRow(id=one.id, name=one.display_name, role=one.role) for one in found if _fits(person, one)])


@router.get("")
def list_shares(
    person: Listener,
    context: Shared,
    recording_id: Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$")] = "",
) -> Page[ShareRow]:
    """Shares by me and to me, newest first; supervisors see everybody's."""
    with context.store.read() as session:
        rows = shares.listed(
            session, person.user_id, recording_id=recording_id, everybody=person.may("calls.read_all") and bool(recording_id)
        )
        return Page(items=_rows(session, list(rows)))


@router.post("")
async def share(wanted: ShareRequest, person: Sharer, context: Shared) -> ShareRow:
    """Show a recording to somebody. 403 `share.widens` when that would let them hear what only others may give away."""
    return await asyncio.to_thread(_share, context, person, wanted)


def _share(context: Context, person: Person, wanted: ShareRequest) -> ShareRow:
    purpose = stated(wanted.purpose)
    limits = context.settings.sharing
    hours = limits.hours if wanted.hours is None else wanted.hours
    if not 0 < hours <= limits.max_hours:
        raise Invalid("share.hours", field="hours", most=limits.max_hours)
    recording = find(context, person, wanted.recording_id)
    now = time.time()
    with context.store.write() as session:
        to = session.get(Account, wanted.to_user)
        if to is None or not to.active or not allowed(to.role, "recordings.play") or to.id == person.user_id:
            raise Invalid("share.person", field="to_user")
        if not _fits(person, to):
            raise Forbidden("share.widens")
        row = RecordingShare(
            id=new_id("shr", now),
            recording_id=recording.recording_id,
            by_user=person.user_id,
            to_user=to.id,
            purpose=purpose,
            offset_seconds=wanted.offset_seconds,
            created_at=now,
            expires_at=now + hours * 3600,
        )
        session.add(row)
        session.flush()
        data = {"share": row.id, "to": to.id, "expires_at": round(row.expires_at)}
        _note(session, person, shares.SHARED, f"recordings/{row.recording_id}", purpose, data)
        return _rows(session, [row])[0]


@router.post("/{share_id}/open")
async def open_share(share_id: Id, person: Listener, context: Shared) -> OpenedShare:
    """Follow a link: what it shows, when it is yours and still stands. The audit row is committed before the answer leaves; the
    sound is asked for with `share`, and has its own."""
    return await asyncio.to_thread(_open, context, person, share_id)


def _open(context: Context, person: Person, share_id: str) -> OpenedShare:
    now = time.time()
    with context.store.write() as session:
        row = shares.given(session, share_id, to_user=person.user_id, recording_id="", now=now)
        recording = recordings.get(session, row.recording_id)
        if recording is None:
            raise Missing("recording.missing")
        row.opened, row.opened_at = row.opened + 1, now
        _note(session, person, shares.SHARE_OPENED, f"shares/{row.id}", row.purpose, {"recording": row.recording_id})
        return OpenedShare(share=_rows(session, [row])[0], recording=recording_rows(session, [recording])[0])


@router.post("/{share_id}/revoke")
async def revoke(share_id: Id, person: Sharer, context: Shared) -> Done:
    """Take it back: who gave it, or who may read all calls."""

    def write() -> None:
        with context.store.write() as session:
            row = shares.get(session, share_id)
            if row.by_user != person.user_id and not person.may("calls.read_all"):
                raise Missing("share.missing")
            if row.revoked_at is not None:
                raise Rejected("share.over")
            row.revoked_at, row.revoked_by = time.time(), person.user_id
            _note(session, person, "recording.share_revoked", f"shares/{row.id}", "", {"recording": row.recording_id})

    await asyncio.to_thread(write)
    return Done()


def _fits(person: Person, to: Account) -> bool:
    """Whether `person` may show a recording to them."""
    widens = not allowed(to.role, "calls.read_all") and not person.may("calls.read_all")
    return allowed(to.role, "recordings.play") and not widens and to.id != person.user_id


def _note(session: Session, person: Person, action: str, thing: str, purpose: str, data: dict[str, Any]) -> None:
    audit.append(session, at=time.time(), actor=person.user_id, action=action, object=thing, purpose=purpose, data=data)


def _rows(session: Session, rows: list[RecordingShare]) -> list[ShareRow]:
    ids = {one for row in rows for one in (row.by_user, row.to_user)}
    query = select(Account.id, Account.display_name).where(Account.id.in_(ids))
    names: dict[str, str] = {row.id: row.display_name for row in session.execute(query)}
    now = time.time()
    return [
        ShareRow(
            id=row.id,
            recording_id=row.recording_id,
            by_user=row.by_user,
            by_name=names.get(row.by_user, ""),
            to_user=row.to_user,
            to_name=names.get(row.to_user, ""),
            purpose=row.purpose,
            offset_seconds=row.offset_seconds,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            opened=row.opened,
            opened_at=row.opened_at,
            stands=shares.stands(row, now),
        )
        for row in rows
    ]
