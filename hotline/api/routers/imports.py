"""Experts and rosters from and to spreadsheets: a template, a dry run with a report, then all or nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from hotline.api.ask import reload
from hotline.api.context import Context
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.pool import Shared
from hotline.core.errors import HotlineError
from hotline.core.sheets import EXPERTS, ROSTER, Problem, SheetRow, Table, read_experts, read_roster
from hotline.core.sheets.problems import MOST
from hotline.store import audit, sheets
from hotline.store.repositories import experts, pool

router = APIRouter(prefix="/api/sheets", tags=["pool"])
Office = Annotated[Person, Depends(need("roster.manage"))]
Kind = Literal["experts", "roster"]
Format = Annotated[Literal["xlsx", "csv"], Query()]

TABLES: Final[dict[str, Table]] = {"experts": EXPERTS, "roster": ROSTER}
_MEDIA: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class ProblemRow(BaseModel):
    """One bad cell: which row and column, what is wrong, what to do."""

    row: int
    column: str
    column_zh: str
    column_en: str
    code: str
    zh: str
    en: str
    do_zh: str
    do_en: str


class Report(BaseModel):
    """What the import did (`committed`), or would do. With problems nothing is ever imported."""

    kind: str
    rows: int
    good: int
    added: int
    changed: int
    same: int
    committed: bool
    problems: list[ProblemRow]
    more_problems: int


class _DryRun(Exception):
    """Undoes the transaction."""

    def __init__(self, outcome: pool.Outcome) -> None:
        super().__init__()
        self.outcome = outcome


_SHEET: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for media in _MEDIA.values()}}
}


@router.get("/{kind}/template", response_class=Response, responses=_SHEET)
def template(kind: Kind, person: Office, context: Shared, format: Format = "xlsx") -> Response:
    """An empty sheet with headings and one sample row."""
    table = TABLES[kind]
    return _file(table, [[column.sample for column in table.columns]], format, f"{kind}-template")


@router.get("/{kind}", response_class=Response, responses=_SHEET)
def export(kind: Kind, person: Office, context: Shared, format: Format = "xlsx") -> Response:
    """Everything there is, as a sheet that can be imported again; numbers stay masked (a masked number is left alone). The
    audit row is committed first."""
    with context.store.write() as session:
        if kind == "experts":
            known = pool.codes(session)
            names = {"skills": known.skills, "languages": known.languages, "regions": known.regions}
            rows = pool.export_experts(session, names)
        else:
            rows = pool.export_roster(session)
        audit.append(session, at=time.time(), actor=person.user_id, action=f"{kind}.exported", object=f"sheets/{kind}")
    return _file(TABLES[kind], rows, format, kind)


@router.post("/{kind}")
async def upload(
    kind: Kind,
    file: UploadFile,
    person: Office,
    context: Shared,
    commit: Annotated[bool, Query(description="false: only look")] = False,
) -> Report:
    """Look at a sheet and, with `commit`, import it: all of it, or nothing. Experts need the right to manage them."""
    if kind == "experts" and commit and not person.may("experts.manage"):
        raise HotlineError("auth.forbidden")
    content = await file.read(sheets.MOST_BYTES + 1)
    report = await asyncio.to_thread(_import, context, person, kind, content, commit)
    if report.committed:
        await reload(context)
    return report


def _read(session: Session, kind: Kind, rows: Sequence[SheetRow]) -> tuple[Sequence[Any], list[Problem]]:
    if kind == "experts":
        return read_experts(rows, pool.codes(session))
    today = datetime.fromtimestamp(time.time(), experts.ZONE).date()
    return read_roster(rows, pool.known(session), today)


def _import(context: Context, person: Person, kind: Kind, content: bytes, commit: bool) -> Report:
    table = TABLES[kind]
    rows = sheets.read(content, table)
    with context.store.read() as session:
        entries, problems = _read(session, kind, rows)

    def work(session: Session) -> pool.Outcome:
        if kind == "experts":
            return pool.import_experts(session, context.secrecy, entries, now=time.time())
        return pool.import_roster(session, entries)

    outcome, committed = _run(context, person, kind, work, commit=commit and not problems and bool(entries))
    problems = sorted([*problems, *outcome.problems], key=lambda item: item.row)
    bad_rows = {problem.row for problem in problems}
    return Report(
        kind=kind,
        rows=len(rows),
        good=len([row for row in rows if row.number not in bad_rows]),
        added=outcome.added,
        changed=outcome.changed,
        same=outcome.same,
        committed=committed,
        problems=[ProblemRow(**problem.to_json(table.titles)) for problem in problems[:MOST]],
        more_problems=max(0, len(problems) - MOST),
    )


def _run(
    context: Context, person: Person, kind: str, work: Callable[[Session], pool.Outcome], *, commit: bool
) -> tuple[pool.Outcome, bool]:
    """Do it, and undo it unless it is to be kept and nothing was wrong."""
    try:
        with context.store.write() as session:
            outcome = work(session)
            if not commit or outcome.problems:
                raise _DryRun(outcome)
            data = {"added": outcome.added, "changed": outcome.changed}
            audit.append(
                session,
                at=time.time(),
                actor=person.user_id,
                action=f"{kind}.imported",
                object=f"sheets/{kind}",
                data={**data, "experts": outcome.touched[:200]},
            )
            return outcome, True
    except _DryRun as undone:
        return undone.outcome, False


def _file(table: Table, rows: Sequence[Sequence[str]], format: str, name: str) -> Response:
    content = sheets.write_xlsx(table, rows) if format == "xlsx" else sheets.write_csv(table, rows)
    return Response(
        content, media_type=_MEDIA[format], headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    )
