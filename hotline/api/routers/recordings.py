"""Recordings: which there are, and the sound itself. Nobody hears a byte before its audit row is on disk (I28)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel
from sqlalchemy import exists, select, true, tuple_
from sqlalchemy.orm import Session

from hotline import logs
from hotline.api import ranges
from hotline.api.access import own_calls
from hotline.api.context import Context, current
from hotline.api.errors import answer
from hotline.api.guard import need
from hotline.api.names import Names
from hotline.api.people import Person
from hotline.api.routers.calls import stated
from hotline.api.rows import RecordingRow, recording_rows
from hotline.api.shapes import Before, Id, Limit, Page
from hotline.core.errors import HotlineError, Invalid, Missing, Rejected
from hotline.core.recordings import Stretch, chapters
from hotline.store import audit
from hotline.store.models import Call, Recording
from hotline.store.repositories import facts, recordings, shares
from hotline.store.sealing import SealedReader, SealError
from hotline.store.waveform import waveform

log = logs.get("hotline.api.routers.recordings")
router = APIRouter(prefix="/api/recordings", tags=["recordings"])

SAME_HEARING_SECONDS: Final = 60.0
"""A player that seeks asks again from the middle: within this time it belongs to the hearing already on record."""

Share = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$", description="id of a share given to me")]


class ChapterRow(BaseModel):
    """One chapter of the call. `recording_id` null: not recorded (the notice before the talk, the rating after it); otherwise
    `offset` in seconds within that recording. `kind`: see docs/api.md."""

    kind: str
    at: float
    until: float | None
    recording_id: str | None
    offset: float
    person_kind: str
    person_name: str | None
    detail: str


class WaveformRow(BaseModel):
    """`caller` and `peer`: the loudest sample of each stretch of equal length, 0 to 255, over all of `seconds`."""

    recording_id: str
    seconds: float
    caller: list[int]
    peer: list[int]
    chapters: list[ChapterRow]


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
    share: Share = "",
    wanted: Annotated[str | None, Header(alias="range", max_length=100)] = None,
) -> Response:
    """The sound as WAV (PCM, stereo: left the caller, right agent or expert). `purpose` is compulsory; `share` is the id of a
    share that was given to the person.

    409 `recording.not_ready` until it is sealed.
    """
    reason = stated(purpose)
    recording = find(context, person, recording_id, share)
    try:
        reader = SealedReader(context.settings.recordings_dir / recording.path, context.secrecy, recording_id)
    except SealError as exc:
        log.error("recording_unreadable", recording_id=recording_id, code=exc.code)
        raise Rejected("recording.damaged") from None
    try:
        span = ranges.parse(wanted, reader.length)
        first, last = span or (0, reader.length - 1)
        _note(context, person, recording_id, reason, first, last, share)
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


@router.get("/{recording_id}/waveform")
def read_waveform(
    recording_id: Id,
    person: Annotated[Person, Depends(need("recordings.read"))],
    context: Annotated[Context, Depends(current)],
    share: Share = "",
) -> WaveformRow:
    """What a player draws: both sides of the sound, and the chapters of the whole call. Nothing of it can be listened to. By a
    share: the chapters of this recording, and those that no recording holds."""
    recording = find(context, person, recording_id, share)
    with context.store.read() as session:
        row = recordings.peaks(session, recording_id)
    count, peaks = (row.count, row.peaks) if row is not None else _draw(context, recording)
    with context.store.read() as session:
        found = _chapters(session, recording)
    shown = [one for one in found if not share or one.recording_id in (None, recording_id)]
    return WaveformRow(
        recording_id=recording_id,
        seconds=recording.seconds or 0.0,
        caller=list(peaks[:count]),
        peer=list(peaks[count:]),
        chapters=shown,
    )


def _draw(context: Context, recording: Recording) -> tuple[int, bytes]:
    """Of a recording that was sealed before waveforms were made: drawn at the first look, and kept."""
    try:
        with SealedReader(context.settings.recordings_dir / recording.path, context.secrecy, recording.recording_id) as reader:
            made = waveform(reader)
    except SealError as exc:
        log.error("recording_unreadable", recording_id=recording.recording_id, code=exc.code)
        raise Rejected("recording.damaged") from None
    with context.store.write() as session:
        recordings.put_peaks(session, recording.recording_id, made)
    return made


def _chapters(session: Session, recording: Recording) -> list[ChapterRow]:
    told = facts.of_call(session, recording.call_id)
    stretches = [
        Stretch(one.recording_id, one.talk_id, one.started_at, one.ended_at)
        for one in recordings.of_call(session, recording.call_id)
        if one.state != "failed"
    ]
    found = chapters(told, stretches)
    names = Names(
        session,
        (one.person_id for one in found if one.person_kind in ("agent", "supervisor")),
        (one.person_id for one in found if one.person_kind == "expert"),
    )
    return [
        ChapterRow(
            kind=one.kind,
            at=one.at,
            until=one.until,
            recording_id=one.recording_id or None,
            offset=one.offset,
            person_kind=one.person_kind,
            person_name=names.of("agent" if one.person_kind == "supervisor" else one.person_kind, one.person_id),
            detail=one.detail,
        )
        for one in found
    ]


def find(context: Context, person: Person, recording_id: str, share: str = "") -> Recording:
    """A sealed recording that this person may hear: of an own call, or by a share.

    Raises Missing `recording.missing`, `recording.failed`, `share.missing`; Rejected `recording.not_ready`, `share.over`.
    """
    query = select(Recording).where(
        Recording.recording_id == recording_id,
        true() if share else exists().where(Call.call_id == Recording.call_id, own_calls(person)),
    )
    with context.store.read() as session:
        if share:
            shares.given(session, share, to_user=person.user_id, recording_id=recording_id, now=time.time())
        recording = session.scalar(query)
    if recording is None:
        raise Missing("recording.missing")
    if recording.state == "failed":
        raise Missing("recording.failed", reason=recording.reason)
    if recording.state != "sealed":
        raise Rejected("recording.not_ready", state=recording.state)
    return recording


def _note(context: Context, person: Person, recording_id: str, purpose: str, first: int, last: int, share: str) -> None:
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
            action=shares.PLAYED,
            object=f"recordings/{recording_id}",
            purpose=purpose,
            data={"first": first, "last": last, **({"share": share} if share else {})},
        )
    for key in [key for key, at in list(context.hearings.items()) if now - at > SAME_HEARING_SECONDS]:
        context.hearings.pop(key, None)
    context.hearings[person.session_id, recording_id, purpose] = now


def _stream(reader: SealedReader, first: int, last: int) -> Iterator[bytes]:
    with reader:
        yield from reader.blocks(first, last - first + 1)
