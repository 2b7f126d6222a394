"""The catalogue at hand: searched by everybody at the desk, kept by the office with a version and an audit row each time.

Its word is `knowledge`: `/api/catalogue` is the code lists.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import MOST_INT, Code, Done, Page, Version
from hotline.core.errors import Invalid
from hotline.core.knowledge import Draft, parse, read_draft, read_out, standing
from hotline.core.knowledge.kinds import LONG, SHORT
from hotline.store import audit
from hotline.store.models import Account, KnowledgeEntry, Region
from hotline.store.repositories import external_hotlines, knowledge
from hotline.store.repositories.experts import ZONE

router = APIRouter(prefix="/api/knowledge", tags=["knowledge"])

Shared = Annotated[Context, Depends(current)]
Reader = Annotated[Person, Depends(need("knowledge.read"))]
Keeper = Annotated[Person, Depends(need("knowledge.write"))]
EntryId = Annotated[int, Path(ge=1, le=MOST_INT)]
Kind = Literal["institution", "hotline", "guide", "law", "script"]
Day = Annotated[str, Field(max_length=10)]
Text = Annotated[str, Field(max_length=LONG + 1000)]
MOST: Final = 50


class PhoneRow(BaseModel):
    """A number of an entry. `hotline_id`: it stands in the list of other hotlines, so a caller may be handed to it."""

    number: str
    hotline_id: str | None


class EntryRow(BaseModel):
    """One entry. `standing`: `in_force`, `not_yet`, `outdated` today; `read_out`: as one reads it to the caller."""

    id: int
    kind: str
    title: str
    keywords: list[str]
    region: str
    region_name: str
    fields: dict[str, str]
    phones: list[PhoneRow]
    valid_from: str
    valid_to: str
    standing: str
    source: str
    read_out: str
    active: bool
    version: int
    updated_at: float


class VersionRow(BaseModel):
    """The entry as it was from `at` on."""

    version: int
    at: float
    by: str
    by_name: str
    action: str
    kind: str
    title: str
    keywords: list[str]
    region: str
    fields: dict[str, str]
    valid_from: str
    valid_to: str
    source: str


class EntryRequest(BaseModel):
    """An entry as typed. `version`: the one the writer saw (0 for a new one)."""

    kind: Kind
    title: Annotated[str, Field(max_length=SHORT * 2)] = ""
    keywords: Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=40)] = []
    region: Code = ""
    fields: Annotated[dict[Annotated[str, Field(max_length=32)], Text], Field(max_length=20)] = {}
    valid_from: Day = ""
    valid_to: Day = ""
    source: Annotated[str, Field(max_length=SHORT * 2)] = ""
    version: Version = 0


class RestoreRequest(BaseModel):
    """Which version shall hold again, and which one the writer saw as the present one."""

    restore: Annotated[int, Field(ge=1, le=MOST_INT)]
    version: Annotated[int, Field(ge=1, le=MOST_INT)]


@router.get("")
def search(
    person: Reader,
    context: Shared,
    q: Annotated[str, Query(max_length=100, description="Chinese, pinyin in full or by initials, a number")] = "",
    kind: Literal["", "institution", "hotline", "guide", "law", "script"] = "",
    type: Annotated[str, Query(max_length=32, pattern="^[a-z_]*$", description="of an institution")] = "",
    region: Annotated[str, Query(max_length=16, pattern="^[A-Za-z0-9]*$", description="and what is above and below it")] = "",
    current: Annotated[bool, Query(description="only what is in force today")] = False,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
    before: Annotated[str, Query(max_length=9, pattern="^[0-9]*$", description="`next` of the page before")] = "",
) -> Page[EntryRow]:
    """Entries that fit, best first; without words all, in the order they came in. What is not in force comes last."""
    offset = int(before or 0)
    query = parse(q)
    today = _today()
    with context.store.read() as session:
        places = _Places(session)
        near = places.near(region) if region else ()
        wish = knowledge.Wish(kind, type, near if region else None, near, current)
        if query:
            rows: Sequence[KnowledgeEntry] = knowledge.search(session, query, wish, today, limit=limit, offset=offset)
        elif q.strip():
            rows = []
        else:
            rows = knowledge.browse(session, wish, today, limit=limit, offset=offset)
        items = _rows(session, rows[:limit], places, today)
    return Page(items=items, next=str(offset + limit) if len(rows) > limit else None)


@router.get("/{entry_id}")
def read_entry(entry_id: EntryId, person: Reader, context: Shared) -> EntryRow:
    """One entry; one that was taken out too (`active` false)."""
    with context.store.read() as session:
        return _rows(session, [knowledge.get(session, entry_id)], _Places(session), _today())[0]


@router.get("/{entry_id}/versions")
def read_versions(entry_id: EntryId, person: Keeper, context: Shared) -> Page[VersionRow]:
    """All its versions, newest first."""
    with context.store.read() as session:
        knowledge.get(session, entry_id)
        rows = knowledge.versions(session, entry_id)
        query = select(Account.id, Account.display_name).where(Account.id.in_({row.by for row in rows}))
        names: dict[str, str] = {row.id: row.display_name for row in session.execute(query)}
        return Page(
            items=[
                VersionRow(
                    version=row.version,
                    at=row.at,
                    by=row.by,
                    by_name=names.get(row.by, ""),
                    action=row.action,
                    **row.content,
                )
                for row in rows
            ]
        )


@router.post("")
async def add(wanted: EntryRequest, person: Keeper, context: Shared) -> EntryRow:
    """Put an entry in. 422 `knowledge.invalid` names the parts that are wrong."""

    def write() -> EntryRow:
        draft = _draft(context, wanted)
        words = knowledge.words_for(draft)
        now = time.time()
        with context.store.write() as session:
            row = knowledge.add(session, draft, by=person.user_id, now=now, words=words)
            _note(session, person, "knowledge.added", row, now)
            return _rows(session, [row], _Places(session), _today())[0]

    return await asyncio.to_thread(write)


@router.put("/{entry_id}")
async def change(entry_id: EntryId, wanted: EntryRequest, person: Keeper, context: Shared) -> EntryRow:
    """Change an entry. 409 `knowledge.version` when somebody changed it since."""

    def write() -> EntryRow:
        return _change(context, person, entry_id, _draft(context, wanted), wanted.version, "changed")

    return await asyncio.to_thread(write)


@router.post("/{entry_id}/restore")
async def restore(entry_id: EntryId, wanted: RestoreRequest, person: Keeper, context: Shared) -> EntryRow:
    """Let an earlier version hold again: as a new one. Brings back what was taken out, too."""

    def write() -> EntryRow:
        with context.store.read() as session:
            draft = Draft.from_json(knowledge.version(session, entry_id, wanted.restore).content)
        return _change(context, person, entry_id, draft, wanted.version, "restored")

    return await asyncio.to_thread(write)


@router.post("/{entry_id}/remove")
async def remove(entry_id: EntryId, person: Keeper, context: Shared) -> Done:
    """Take it out; its versions stay, and any of them can be restored."""

    def write() -> None:
        now = time.time()
        with context.store.write() as session:
            row = knowledge.get(session, entry_id)
            if row.active:
                knowledge.remove(session, row, by=person.user_id, now=now)
                _note(session, person, "knowledge.removed", row, now)

    await asyncio.to_thread(write)
    return Done()


def _change(context: Context, person: Person, entry_id: int, draft: Draft, base: int, action: str) -> EntryRow:
    words = knowledge.words_for(draft)
    now = time.time()
    with context.store.write() as session:
        row = knowledge.get(session, entry_id)
        if knowledge.change(session, row, draft, by=person.user_id, now=now, action=action, base=base, words=words):
            _note(session, person, f"knowledge.{action}", row, now)
        return _rows(session, [row], _Places(session), _today())[0]


def _draft(context: Context, wanted: EntryRequest) -> Draft:
    raw = {
        **wanted.fields,
        "kind": wanted.kind,
        "title": wanted.title,
        "keywords": "、".join(wanted.keywords),
        "region": wanted.region,
        "valid_from": wanted.valid_from,
        "valid_to": wanted.valid_to,
        "source": wanted.source,
    }
    with context.store.read() as session:
        read = read_draft(raw, {code: code for code in session.scalars(select(Region.code))})
    if read.draft is None:
        raise Invalid("knowledge.invalid", fields=dict(read.problems))
    return read.draft


def _note(session: Session, person: Person, action: str, row: KnowledgeEntry, now: float) -> None:
    data: dict[str, Any] = {"version": row.version, "kind": row.kind}
    audit.append(session, at=now, actor=person.user_id, action=action, object=f"knowledge/{row.id}", data=data)


def _today() -> str:
    return datetime.fromtimestamp(time.time(), ZONE).date().isoformat()


class _Places:
    """Regions by code: names, and what lies around one."""

    def __init__(self, session: Session) -> None:
        self._rows = {row.code: row for row in session.execute(select(Region.code, Region.name, Region.parent_code))}

    def name(self, code: str) -> str:
        row = self._rows.get(code)
        return str(row.name) if row else ""

    def near(self, code: str) -> tuple[str, ...]:
        """The region itself, what is below it, what is above it, and what holds everywhere: nearest first."""
        below = [code]
        for one in below:
            below += [row.code for row in self._rows.values() if row.parent_code == one and row.code not in below]
        above = []
        place = self._rows.get(code)
        while place is not None and place.parent_code and place.parent_code not in above:
            above.append(place.parent_code)
            place = self._rows.get(place.parent_code)
        return (*below, *above, "")


def _rows(session: Session, rows: Sequence[KnowledgeEntry], places: _Places, today: str) -> list[EntryRow]:
    numbers: Mapping[str, str] = {row.number: row.id for row in external_hotlines.active(session)} if rows else {}
    found = []
    for row in rows:
        draft = knowledge.draft_of(row)
        found.append(
            EntryRow(
                id=row.id,
                kind=row.kind,
                title=row.title,
                keywords=list(draft.keywords),
                region=row.region_code,
                region_name=places.name(row.region_code),
                fields=dict(draft.fields),
                phones=[
                    PhoneRow(number=one, hotline_id=numbers.get("".join(char for char in one if char.isdigit())))
                    for one in draft.phones
                ],
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                standing=standing(row.valid_from, row.valid_to, today),
                source=row.source,
                read_out=read_out(row.kind, row.title, draft.fields),
                active=row.active,
                version=row.version,
                updated_at=row.updated_at,
            )
        )
    return found
