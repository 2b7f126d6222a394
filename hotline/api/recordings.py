"""Recordings: which there are, and the sound itself. Nobody hears a byte before its audit row is on disk (I28)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import exists, select, tuple_

from hotline import logs
from hotline.api import ranges
from hotline.api.access import own_calls
from hotline.api.calls import stated
from hotline.api.context import Context, current
from hotline.api.errors import answer
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.rows import RecordingRow, recording_rows
from hotline.api.shapes import Before, Id, Limit, Page
from hotline.core.errors import HotlineError, Invalid, Missing, Rejected
from hotline.store import audit
from hotline.store.models import Call, Recording
from hotline.store.sealing import SealedReader, SealError

log = logs.get("hotline.api.recordings")
router = APIRouter(prefix="/api/recordings", tags=["recordings"])

SAME_HEARING_SECONDS: Final = 60.0
"""A player that seeks asks again from the middle: within this time it belongs to the hearing already on record."""


@router.get("")
def list_recordings(
    person: Annotated[Person, Depends(need("recordings.read"))],
    context: Annotated[Context, Depends(current)],
    call_id: Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$")] = "",
    limit: Limit = 50,
    before: Before = "",
) -> Page[RecordingRow]:
    """Recordings, newest first (those of one call: in order of time). Agents see those of calls they talked on."""
    query = select(Recording).where(exists().where(Call.call_id == Recording.call_id, own_calls(person))).limit(limit + 1)
    if call_id:
        query = query.where(Recording.call_id == call_id).order_by(Recording.started_at, Recording.recording_id)
    else:
        query = query.order_by(Recording.started_at.desc(), Recording.recording_id.desc())
    with context.store.read() as session:
        if before:
            last = session.get(Recording, before)
            if last is None:
                raise Invalid("request.invalid", fields={"query.before": "unknown"})
            place = tuple_(Recording.started_at, Recording.recording_id)
            at = (last.started_at, last.recording_id)
            query = query.where(place > at if call_id else place < at)
        found = session.scalars(query).all()
        rows = recording_rows(session, found[:limit])
        return Page(items=rows, next=rows[-1].recording_id if len(found) > limit else None)


_AUDIO: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}, "description": "The whole WAV"},
    206: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}, "description": "A part of it"},
    416: {"description": "The range lies outside"},
}


@router.get("/{recording_id}/audio", response_class=StreamingResponse, responses=_AUDIO)
def play(
    recording_id: Id,
    person: Annotated[Person, Depends(need("recordings.play"))],
    context: Annotated[Context, Depends(current)],
    purpose: Annotated[str, Query(max_length=200)] = "",
    wanted: Annotated[str | None, Header(alias="range", max_length=100)] = None,
) -> Response:
    """The sound as WAV (PCM, stereo: left the caller, right agent or expert). `purpose` is compulsory.

    409 `recording.not_ready` until it is sealed.
    """
    reason = stated(purpose)
    recording = _find(context, person, recording_id)
    try:
        reader = SealedReader(context.settings.recordings_dir / recording.path, context.secrecy, recording_id)
    except SealError as exc:
        log.error("recording_unreadable", recording_id=recording_id, code=exc.code)
        raise Rejected("recording.damaged") from None
    try:
        span = ranges.parse(wanted, reader.length)
        first, last = span or (0, reader.length - 1)
        _note(context, person, recording_id, reason, first, last)
    except ranges.Unsatisfiable:
        reader.close()
        return answer(HotlineError("recording.range"), {"Content-Range": f"bytes */{reader.length}"})
    except BaseException:
        reader.close()
        raise
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(last - first + 1),
        "Content-Disposition": f'inline; filename="{recording_id}.wav"',
        "Cache-Control": "no-store",
    }
    if span:
        headers["Content-Range"] = f"bytes {first}-{last}/{reader.length}"
    return StreamingResponse(
        _stream(reader, first, last), status_code=206 if span else 200, media_type="audio/wav", headers=headers
    )


def _find(context: Context, person: Person, recording_id: str) -> Recording:
    query = select(Recording).where(
        Recording.recording_id == recording_id, exists().where(Call.call_id == Recording.call_id, own_calls(person))
    )
    with context.store.read() as session:
        recording = session.scalar(query)
    if recording is None:
        raise Missing("recording.missing")
    if recording.state == "failed":
        raise Missing("recording.failed", reason=recording.reason)
    if recording.state != "sealed":
        raise Rejected("recording.not_ready", state=recording.state)
    return recording


def _note(context: Context, person: Person, recording_id: str, purpose: str, first: int, last: int) -> None:
    """Commit the audit row. A seek within a hearing that is on record already needs no second one."""
    now = time.time()
    if first > 0 and now - context.hearings.get((person.session_id, recording_id, purpose), 0.0) < SAME_HEARING_SECONDS:
        context.hearings[person.session_id, recording_id, purpose] = now
        return
    with context.store.write() as session:
        audit.append(
            session,
            at=now,
            actor=person.user_id,
            action="recording.played",
            object=f"recordings/{recording_id}",
            purpose=purpose,
            data={"first": first, "last": last},
        )
    for key in [key for key, at in list(context.hearings.items()) if now - at > SAME_HEARING_SECONDS]:
        context.hearings.pop(key, None)
    context.hearings[person.session_id, recording_id, purpose] = now


def _stream(reader: SealedReader, first: int, last: int) -> Iterator[bytes]:
    with reader:
        yield from reader.blocks(first, last - first + 1)
