"""Year tables of holidays and make-up days: which are known, what a file would bring, and the import."""

from __future__ import annotations

import asyncio
import time
from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, UploadFile
from pydantic import BaseModel

from hotline.api import changes
from hotline.api.ask import reload
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.core.calendars import yeartables
from hotline.core.calendars.days import Row, local_date, missing_year
from hotline.core.calendars.yeartables import Bad
from hotline.core.errors import HotlineError
from hotline.store.repositories import calendars

router = APIRouter(prefix="/api/years", tags=["hours"])

Shared = Annotated[Context, Depends(current)]
Admin = Annotated[Person, Depends(need("hours.write"))]
MOST_BYTES: Final = 200_000


class DayRow(BaseModel):
    """A stretch of days off (`off`) or worked (`work`); `region` empty: everywhere."""

    first: str
    last: str
    kind: str
    name: str
    region: str


class YearRow(BaseModel):
    """A year with a table. `imported`: by this bureau, in place of the one that ships with the program."""

    year: int
    imported: bool
    off: int
    work: int
    days: list[DayRow]


class Years(BaseModel):
    """Known years, oldest first. `missing`: the one that should be there by now and is not; `provisional_from`: the first year
    whose days are reckoned without a table."""

    items: list[YearRow]
    missing: int | None
    provisional_from: int


class BadRow(BaseModel):
    """A row that cannot be used."""

    line: int
    code: str
    value: str
    zh: str
    en: str


class YearReport(BaseModel):
    """What a file brings. With bad rows nothing is ever imported."""

    years: list[int]
    rows: list[DayRow]
    bad: list[BadRow]
    committed: bool


@router.get("")
def list_years(person: Admin, context: Shared) -> Years:
    """The tables that are known."""
    with context.store.read() as session:
        rows = calendars.day_rows(session)
        own = calendars.imported_years(session)
    found: dict[int, list[DayRow]] = {}
    counts: dict[int, dict[str, int]] = {}
    for row in sorted(rows, key=lambda one: (one.first, one.region)):
        year = row.first.year
        found.setdefault(year, []).append(_day(row))
        if not row.region:
            counts.setdefault(year, {"off": 0, "work": 0})[row.kind] += (row.last - row.first).days + 1
    items = [
        YearRow(year=year, imported=year in own, days=_joined(days), **counts.get(year, {"off": 0, "work": 0}))
        for year, days in sorted(found.items())
    ]
    known = frozenset(counts)
    today = local_date(time.time())
    later = next(year for year in range(today.year, today.year + 200) if year not in known)
    return Years(items=items, missing=missing_year(known, today), provisional_from=later)


def _day(row: Row) -> DayRow:
    return DayRow(first=row.first.isoformat(), last=row.last.isoformat(), kind=row.kind, name=row.name, region=row.region)


def _joined(days: list[DayRow]) -> list[DayRow]:
    """Imported tables are kept day by day: neighbours of one name become one row again."""
    out: list[DayRow] = []
    for day in days:
        last = out[-1] if out else None
        if (
            last
            and (last.kind, last.name, last.region) == (day.kind, day.name, day.region)
            and date.fromisoformat(last.last) + timedelta(days=1) == date.fromisoformat(day.first)
        ):
            last.last = day.last
        else:
            out.append(day.model_copy())
    return out


@router.post("")
async def import_years(
    file: UploadFile,
    person: Admin,
    context: Shared,
    commit: Annotated[bool, Query(description="false: only look")] = False,
) -> YearReport:
    """Look at a CSV (`date_from,date_to,kind,name,region`) and, with `commit`, import it: all of it, or nothing."""
    content = await file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise HotlineError("request.too_large")
    rows, bad = yeartables.read_file(content)
    years = list(yeartables.years(rows))
    wanted = commit and not bad

    def work() -> None:
        now = time.time()
        with context.store.write() as session:
            before = {str(year): year in calendars.imported_years(session) for year in years}
            calendars.import_days(session, rows, source="console", now=now)
            after = dict.fromkeys(before, True)
            changes.note(session, person, now, "calendar.imported", "calendar_days", before, after, years=years, rows=len(rows))

    if wanted:
        await asyncio.to_thread(work)
        await reload(context)
    return YearReport(
        years=years,
        rows=[_day(row) for row in rows],
        bad=[_bad(one) for one in bad[:100]],
        committed=wanted,
    )


def _bad(one: Bad) -> BadRow:
    zh, en = yeartables.TEXTS[one.code]
    return BadRow(line=one.line, code=one.code, value=one.value[:80], zh=zh, en=en)
