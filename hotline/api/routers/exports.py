"""Exports of ledgers: asked for with a purpose, watched while they are made, taken once they are there. Each
step is on record."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.calls import stated
from hotline.api.routers.ledgers import Day, ledger_of
from hotline.api.shapes import Id, Limit, Page, Shape
from hotline.core.errors import Missing, Rejected
from hotline.store.ledgers import exports
from hotline.store.ledgers.files import part_path, read_parts
from hotline.store.models import Export

router = APIRouter(prefix="/api/exports", tags=["ledgers"])

Exporter = Annotated[Person, Depends(need("ledgers.export"))]
Shared = Annotated[Context, Depends(current)]
_MEDIA: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for media in _MEDIA.values()}}
}


class ExportWish(BaseModel):
    """Which ledger, of which days, narrowed by what, and what for. `clear`: names and numbers in clear."""

    ledger: Annotated[str, Field(max_length=32, pattern=r"^[a-z]+$")]
    format: Literal["xlsx", "csv"] = "xlsx"
    first: Day
    last: Day
    filters: Annotated[
        dict[Annotated[str, Field(max_length=32)], Annotated[str, Field(max_length=64)]], Field(max_length=8)
    ] = {}
    purpose: Annotated[str, Field(max_length=200)]
    clear: bool = False


class ExportRow(Shape):
    """An export of mine. `error`: a code of the catalogue of errors."""

    id: str
    ledger: str
    format: str
    filters: dict[str, str]
    purpose: str
    clear: bool
    state: str
    rows_done: int
    rows_total: int
    bytes: int
    sha256: str
    error: str
    created_at: float
    finished_at: float | None
    expires_at: float | None


@router.post("")
def ask(wanted: ExportWish, person: Exporter, context: Shared) -> ExportRow:
    """Have a ledger made into a file; a job makes it."""
    ledger_of(person, wanted.ledger)
    purpose = stated(wanted.purpose)
    asked = exports.asked_of(wanted.first, wanted.last, wanted.filters, wanted.ledger)
    with context.store.write() as session:
        row = exports.ask(
            session,
            context.secrecy,
            person.user_id,
            wanted.ledger,
            wanted.format,
            asked,
            language=person.language,
            purpose=purpose,
            clear=wanted.clear,
            now=time.time(),
        )
        return ExportRow.model_validate(row)


@router.get("")
def mine(person: Exporter, context: Shared, limit: Limit = 20) -> Page[ExportRow]:
    """My exports, newest first."""
    with context.store.read() as session:
        query = select(Export).where(Export.by == person.user_id).order_by(Export.created_at.desc(), Export.id.desc())
        return Page(items=[ExportRow.model_validate(row) for row in session.scalars(query.limit(limit))])


@router.get("/{export_id}")
def one(export_id: Id, person: Exporter, context: Shared) -> ExportRow:
    """How far it is."""
    with context.store.read() as session:
        return ExportRow.model_validate(_own(session, person, export_id))


@router.get("/{export_id}/file", response_class=StreamingResponse, responses=_FILE)
def take(export_id: Id, person: Exporter, context: Shared) -> StreamingResponse:
    """The file. The audit row is committed before the first byte leaves."""
    now, folder = time.time(), context.settings.exports_dir
    with context.store.write() as session:
        row = _own(session, person, export_id)
        # Who may no longer read the ledger, or no longer in clear, gets no old copy of it either.
        ledger_of(person, row.ledger)
        exports.may_take(row, person.role, person.director)
        if row.state == "expired" or (row.expires_at is not None and now >= row.expires_at):
            raise Missing("export.expired")
        if row.state != "done":
            raise Rejected("export.not_ready", state=row.state)
        if not all(part_path(folder, row.id, number).is_file() for number in range(row.parts)):
            raise Missing("export.expired")
        exports.served(session, row, person.user_id, now)
        name = f"{row.ledger}-{row.filters['first']}-{row.filters['last']}.{row.format}"
        kind, size, parts = row.format, row.bytes, row.parts

    def content() -> Iterator[bytes]:
        yield from read_parts(folder, export_id, parts, context.secrecy)

    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(size),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(content(), media_type=_MEDIA[kind], headers=headers)


def _own(session: Session, person: Person, export_id: str) -> Export:
    row = session.get(Export, export_id)
    if row is None or row.by != person.user_id:
        raise Missing("export.missing")
    return row
