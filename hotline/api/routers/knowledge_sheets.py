"""The catalogue at hand from and to a spreadsheet: looked at first, then imported whole or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, UploadFile
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.imports import ProblemRow, Report
from hotline.core.knowledge import Indexed
from hotline.core.knowledge.sheet import KNOWLEDGE, SheetEntry, read_sheet, sample_row, sheet_row
from hotline.core.sheets.problems import MOST
from hotline.store import audit, sheets
from hotline.store.models import KnowledgeEntry, Region
from hotline.store.repositories import knowledge

router = APIRouter(prefix="/api/knowledge-sheet", tags=["knowledge"])

Shared = Annotated[Context, Depends(current)]
Keeper = Annotated[Person, Depends(need("knowledge.write"))]
Format = Annotated[Literal["xlsx", "csv"], Query()]
_MEDIA: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_SHEET: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for media in _MEDIA.values()}}
}


@router.get("/template", response_class=Response, responses=_SHEET)
def template(person: Keeper, format: Format = "xlsx") -> Response:
    """An empty sheet with headings and one sample row."""
    return _file([sample_row()], format, "knowledge-template")


@router.get("", response_class=Response, responses=_SHEET)
def export(
    person: Keeper,
    context: Shared,
    format: Format = "xlsx",
    kind: Annotated[str, Query(max_length=16, pattern="^[a-z]*$")] = "",
) -> Response:
    """The catalogue, or one kind of it, as a sheet that can be imported again (by a thousand rows)."""
    with context.store.read() as session:
        names: dict[str, str] = {row.code: row.name for row in session.execute(select(Region.code, Region.name))}
        query = select(KnowledgeEntry).where(KnowledgeEntry.active).order_by(KnowledgeEntry.kind, KnowledgeEntry.id)
        rows = session.scalars(query.where(KnowledgeEntry.kind == kind) if kind else query)
        lines = [sheet_row(knowledge.draft_of(row), names.get(row.region_code, "")) for row in rows]
    return _file(lines, format, "knowledge")


@router.post("")
async def upload(
    file: UploadFile,
    person: Keeper,
    context: Shared,
    commit: Annotated[bool, Query(description="false: only look")] = False,
) -> Report:
    """Look at a sheet and, with `commit`, import it: all of it, or nothing. What the sheet does not name stays."""
    content = await file.read(sheets.MOST_BYTES + 1)
    return await asyncio.to_thread(_import, context, person, content, commit)


def _import(context: Context, person: Person, content: bytes, commit: bool) -> Report:
    rows = sheets.read(content, KNOWLEDGE)
    with context.store.read() as session:
        regions: dict[str, str] = {}
        for row in session.execute(select(Region.code, Region.name)):
            regions |= {row.name: row.code}
        regions |= {code: code for code in regions.values()}
    entries, problems = read_sheet(rows, regions)
    # Pinyin and pairs of a thousand entries take a second: not while the database waits for us.
    words = [knowledge.words_for(entry.draft) for entry in entries] if commit and not problems else []
    counts, committed = _run(context, person, entries, words, commit=commit and not problems and bool(entries))
    bad_rows = {problem.row for problem in problems}
    return Report(
        kind="knowledge",
        rows=len(rows),
        good=len([row for row in rows if row.number not in bad_rows]),
        added=counts[0],
        changed=counts[1],
        same=counts[2],
        committed=committed,
        problems=[ProblemRow(**problem.to_json(KNOWLEDGE.titles)) for problem in sorted(problems, key=_row)[:MOST]],
        more_problems=max(0, len(problems) - MOST),
    )


def _row(problem: Any) -> int:
    return int(problem.row)


def _run(
    context: Context, person: Person, entries: Sequence[SheetEntry], words: Sequence[Indexed], *, commit: bool
) -> tuple[tuple[int, int, int], bool]:
    """Count what it would do; do it when it is to be kept."""
    if not commit:
        with context.store.read() as session:
            return _count(session, entries), False
    now = time.time()
    added = changed = same = 0
    with context.store.write() as session:
        for entry, found in zip(entries, words, strict=True):
            row = knowledge.same_thing(session, entry.draft)
            if row is None:
                knowledge.add(session, entry.draft, by=person.user_id, now=now, action="imported", words=found)
                added += 1
            elif knowledge.change(session, row, entry.draft, by=person.user_id, now=now, action="imported", words=found):
                changed += 1
            else:
                same += 1
        data = {"added": added, "changed": changed, "same": same}
        audit.append(session, at=now, actor=person.user_id, action="knowledge.imported", object="knowledge-sheet", data=data)
    return (added, changed, same), True


def _count(session: Session, entries: Sequence[SheetEntry]) -> tuple[int, int, int]:
    added = changed = same = 0
    for entry in entries:
        row = knowledge.same_thing(session, entry.draft)
        if row is None:
            added += 1
        elif row.active and knowledge.draft_of(row) == entry.draft:
            same += 1
        else:
            changed += 1
    return added, changed, same


def _file(rows: Sequence[Sequence[str]], format: str, name: str) -> Response:
    content = sheets.write_xlsx(KNOWLEDGE, rows) if format == "xlsx" else sheets.write_csv(KNOWLEDGE, rows)
    return Response(
        content, media_type=_MEDIA[format], headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    )
