"""Ledgers: their lines by pages, their totals, and what people write into them."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.calls import stated
from hotline.api.shapes import Before, Code, Done, Id, Limit, Page, Shape
from hotline.core.calendars.days import read_day
from hotline.core.errors import Invalid, Missing
from hotline.core.ledgers.tables import LEDGERS, Ledger, columns_for, may_have_clear
from hotline.store import audit
from hotline.store.ledgers import advisers, visits
from hotline.store.ledgers.exports import asked_of
from hotline.store.ledgers.scope import Viewer
from hotline.store.ledgers.sources import source

router = APIRouter(prefix="/api", tags=["ledgers"])

Reader = Annotated[Person, Depends(need("ledgers.read"))]
Writer = Annotated[Person, Depends(need("ledgers.write"))]
Shared = Annotated[Context, Depends(current)]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=40, pattern=r"^[A-Za-z0-9_\-]*$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
IdText = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$")]
DAY_OR_NONE = r"^(\d{4}-\d{2}-\d{2})?$"


class ColumnRow(Shape):
    """A column: what it holds, and in which list its codes stand."""

    key: str
    zh: str
    en: str
    kind: str
    codes: str
    personal: bool
    links: str


class LedgerRow(BaseModel):
    """A ledger as this person sees it. `clear`: they may export names and numbers in clear."""

    name: str
    zh: str
    en: str
    columns: list[ColumnRow]
    filters: list[str]
    typed: bool
    clear: bool


class LineRow(BaseModel):
    """A line: column → value."""

    id: str
    cells: dict[str, str | float | int | None]


class Lines(Page[LineRow]):
    """A page of a ledger; `totals` with the first page only."""

    totals: dict[str, float] = Field(default_factory=dict)


class VisitWish(BaseModel):
    """A visit as typed. `centre_id` empty: one's own; `at` empty: now."""

    centre_id: IdText = ""
    at: Annotated[float, Field(gt=0, lt=4_102_444_800)] | None = None
    visitor: Annotated[str, Field(max_length=40)] = ""
    phone: Annotated[str, Field(max_length=24, pattern=r"^[0-9+\- ]*$")] = ""
    people: Annotated[int, Field(ge=1, le=500)] = 1
    service_type: Code = ""
    category: Code = ""
    matter: Annotated[str, Field(max_length=1000)] = ""
    outcome: Literal["answered", "ticket", "referred", "appointment", "declined"]
    ticket_number: Annotated[str, Field(max_length=32, pattern=r"^[0-9\-]*$")] = ""


class EntryWish(BaseModel):
    """A line of the advisers' log as typed; minutes after midnight."""

    adviser_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
    date: Day
    kind: Literal["onsite", "lecture", "other"]
    from_minute: Annotated[int, Field(ge=0, le=1440)]
    to_minute: Annotated[int, Field(ge=0, le=1440)]
    topic: Annotated[str, Field(max_length=1000)] = ""
    people: Annotated[int, Field(ge=0, le=100_000)] = 0


class AdviserWish(BaseModel):
    """Who advises which village from when to when (`until` empty: still)."""

    centre_id: IdText
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=40)]
    firm: Annotated[str, Field(max_length=100)] = ""
    expert_id: IdText = ""
    since: Day
    until: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""


class VoidWish(BaseModel):
    """Why a line is struck out."""

    reason: Annotated[str, Field(max_length=200)]


class Written(BaseModel):
    """What was written."""

    id: str


class AdviserRow(BaseModel):
    """An adviser in a month: hours and lectures done, what is missing, and whether they are behind."""

    id: str
    name: str
    firm: str
    centre_id: str
    village: str
    expert_id: str
    since: str
    until: str
    hours: float
    missing_hours: float
    owes_month: bool
    lectures: int
    missing_lectures: int
    owes_quarter: bool
    behind_month: bool
    behind_quarter: bool


class Advisers(BaseModel):
    """All of them, those behind first, with what is owed."""

    items: list[AdviserRow]
    owed_hours: float
    owed_lectures: int


def viewer(person: Person) -> Viewer:
    """The person as the ledgers see them."""
    return Viewer(person.user_id, person.role, person.centre_id, person.director, person.agent_id)


def ledger_of(person: Person, name: str) -> Ledger:
    """The ledger, where it is this person's to read. Raises Missing `ledger.missing`."""
    ledger = LEDGERS.get(name)
    if ledger is None or person.role not in ledger.roles:
        raise Missing("ledger.missing")
    return ledger


@router.get("/ledgers")
def list_ledgers(person: Reader) -> list[LedgerRow]:
    """The ledgers this person may read."""
    return [
        LedgerRow(
            name=ledger.name,
            zh=ledger.zh,
            en=ledger.en,
            columns=[ColumnRow.model_validate(column) for column in columns_for(ledger, person.role)],
            filters=list(ledger.filters),
            typed=ledger.typed and person.may("ledgers.write"),
            clear=may_have_clear(person.role, person.director) and any(column.clear for column in ledger.columns),
        )
        for ledger in LEDGERS.values()
        if person.role in ledger.roles
    ]


@router.get("/ledgers/{ledger_name}")
def read_ledger(
    ledger_name: Id,
    person: Reader,
    context: Shared,
    first: Annotated[str, Query(pattern=DAY_OR_NONE, description="first local day; none: that of this month")] = "",
    last: Annotated[str, Query(pattern=DAY_OR_NONE, description="last local day; none: today")] = "",
    centre_id: Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$")] = "",
    service_type: Annotated[str, Query(max_length=16, pattern=r"^[A-Z0-9]*$")] = "",
    category: Annotated[str, Query(max_length=16, pattern=r"^[A-Z0-9]*$")] = "",
    disposition: Annotated[str, Query(max_length=16, pattern=r"^[A-Z0-9]*$")] = "",
    state: Annotated[str, Query(max_length=32, pattern=r"^[a-z_]*$")] = "",
    q: Annotated[str, Query(max_length=40, description="a whole name or number, or words")] = "",
    limit: Limit = 50,
    before: Before = "",
) -> Lines:
    """Lines of a ledger, newest first, personal ones masked; the totals of all of them with the first page."""
    ledger = ledger_of(person, ledger_name)
    today = advisers.today(time.time())
    given = {
        "centre_id": centre_id, "service_type": service_type, "category": category, "disposition": disposition, "state": state,
        "q": q,
    }  # fmt: skip
    asked = asked_of(first or today.replace(day=1).isoformat(), last or today.isoformat(), given, ledger_name)
    columns = [column.key for column in columns_for(ledger, person.role)]
    lines = source(ledger_name, context.secrecy)
    with context.store.read() as session:
        found = lines.page(session, context.secrecy, viewer(person), asked, limit + 1, before)
        totals = dict(lines.totals(session, viewer(person), asked)) if not before else {}
    rows = [LineRow(id=line.id, cells={key: line.cells.get(key) for key in columns}) for line in found[:limit]]
    return Lines(items=rows, next=rows[-1].id if len(found) > limit else None, totals=totals)


@router.post("/visits")
def write_visit(wanted: VisitWish, person: Writer, context: Shared, key: Key = "") -> Written:
    """Write a visit down. The same `Idempotency-Key` twice is written once."""
    with context.store.write() as session:
        row = visits.write(session, context.secrecy, viewer(person), wanted.model_dump(), now=time.time(), key=key)
        return Written(id=row.id)


@router.post("/visits/{visit_id}/void")
def void_visit(visit_id: Id, wanted: VoidWish, person: Writer, context: Shared) -> Done:
    """Strike a visit out; it stays to be read, with the reason."""
    reason, now = stated(wanted.reason), time.time()
    with context.store.write() as session:
        visits.void(session, viewer(person), visit_id, reason, now)
        _note(session, person, "visit.voided", f"visits/{visit_id}", reason, now)
    return Done()


@router.get("/advisers")
def list_advisers(person: Reader, context: Shared, month: Annotated[str, Query(pattern=r"^(\d{4}-\d{2})?$")] = "") -> Advisers:
    """The village advisers and how they stand in a month (default: this one): those who are behind first."""
    ledger_of(person, "advisers")
    now = time.time()
    try:
        day = read_day(f"{month}-01") if month else advisers.today(now)
    except ValueError:
        raise Invalid("ledger.date", field="month") from None
    owed = context.settings.ledgers.owed
    with context.store.read() as session:
        rows = advisers.standings(session, viewer(person), day, now, owed)
        return Advisers(
            items=[
                AdviserRow(
                    id=row.adviser.id, name=row.adviser.name, firm=row.adviser.firm, centre_id=row.adviser.centre_id,
                    village=row.village, expert_id=row.adviser.expert_id or "", since=row.adviser.since,
                    until=row.adviser.until,
                    hours=round(row.standing.minutes / 60, 1), missing_hours=round(row.standing.missing_minutes / 60, 1),
                    owes_month=row.standing.owes_month, lectures=row.standing.lectures,
                    missing_lectures=row.standing.missing_lectures, owes_quarter=row.standing.owes_quarter,
                    behind_month=row.standing.behind_month, behind_quarter=row.standing.behind_quarter,
                )
                for row in rows
            ],
            owed_hours=owed.minutes / 60,
            owed_lectures=owed.lectures,
        )  # fmt: skip


@router.post("/advisers")
def add_adviser(wanted: AdviserWish, person: Writer, context: Shared) -> Written:
    """Name an adviser for a village."""
    return Written(id=_put_adviser(context, person, None, wanted))


@router.put("/advisers/{adviser_id}")
def change_adviser(adviser_id: Id, wanted: AdviserWish, person: Writer, context: Shared) -> Written:
    """Change an adviser's name, firm and time; their village stays."""
    return Written(id=_put_adviser(context, person, adviser_id, wanted))


@router.post("/adviser-log")
def write_entry(wanted: EntryWish, person: Writer, context: Shared, key: Key = "") -> Written:
    """Write a line of the advisers' log down. The same `Idempotency-Key` twice is written once."""
    with context.store.write() as session:
        row = advisers.write(session, viewer(person), wanted.model_dump(), now=time.time(), key=key)
        return Written(id=row.id)


@router.post("/adviser-log/{entry_id}/void")
def void_entry(entry_id: Id, wanted: VoidWish, person: Writer, context: Shared) -> Done:
    """Strike a line out; it stays to be read, with the reason."""
    reason, now = stated(wanted.reason), time.time()
    with context.store.write() as session:
        advisers.void(session, viewer(person), entry_id, reason, now)
        _note(session, person, "adviser_entry.voided", f"adviser_entries/{entry_id}", reason, now)
    return Done()


def _put_adviser(context: Context, person: Person, adviser_id: str | None, wanted: AdviserWish) -> str:
    now = time.time()
    with context.store.write() as session:
        row = advisers.put_adviser(session, viewer(person), adviser_id, wanted.model_dump(), now)
        _note(session, person, "adviser.changed", f"village_advisers/{row.id}", "", now)
        return row.id


def _note(session: Session, person: Person, action: str, what: str, why: str, now: float) -> None:
    audit.append(session, at=now, actor=person.user_id, action=action, object=what, purpose=why)
