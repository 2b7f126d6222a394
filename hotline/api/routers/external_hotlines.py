"""Other hotlines: read by the desk (one key each), edited by administrators, every change audited."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field, StringConstraints

from hotline.api import changes
from hotline.api.ask import reload
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import Code, Id, Page, Shape
from hotline.core.errors import Missing, Rejected
from hotline.store.models import ExternalHotline
from hotline.store.repositories import external_hotlines

router = APIRouter(prefix="/api/external-hotlines", tags=["external hotlines"])

Shared = Annotated[Context, Depends(current)]
Editor = Annotated[Person, Depends(need("external_hotlines.write"))]
Text = Annotated[str, Field(max_length=100)]


class HotlineRow(Shape):
    """One key of the list."""

    id: str
    number: str
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    category: str
    region_code: str
    position: int
    active: bool


class HotlineFields(BaseModel):
    """What an administrator may set. `category`: emergency, government, service, rights or justice; `region_code` empty:
    everywhere."""

    number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=12)]
    name_zh: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    name_en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    description_zh: Text = ""
    description_en: Text = ""
    category: Annotated[str, Field(max_length=16)] = "service"
    region_code: Code = ""
    position: Annotated[int, Field(ge=0, le=999)] = 0
    active: bool = True


@router.get("")
def list_hotlines(
    person: Annotated[Person, Depends(need("external_hotlines.read"))],
    context: Shared,
    everything: Annotated[bool, Query(description="inactive ones too")] = False,
) -> Page[HotlineRow]:
    """The list in the console's order."""
    with context.store.read() as session:
        rows = external_hotlines.everything(session) if everything else external_hotlines.active(session)
        return Page(items=[HotlineRow.model_validate(row) for row in rows])


@router.post("", status_code=201)
async def add(fields: HotlineFields, person: Editor, context: Shared) -> HotlineRow:
    """A new line. 409 `external_hotline.exists` when that number stands there already."""
    row = await asyncio.to_thread(_write, context, person, f"hl_{fields.number}", fields, new=True)
    await reload(context)
    return row


@router.put("/{hotline_id}")
async def change(hotline_id: Id, fields: HotlineFields, person: Editor, context: Shared) -> HotlineRow:
    """Set everything of one line; `active` false takes it off the consoles, and nobody can be handed to it any more."""
    row = await asyncio.to_thread(_write, context, person, hotline_id, fields, new=False)
    await reload(context)
    return row


def _write(context: Context, person: Person, hotline_id: str, fields: HotlineFields, *, new: bool) -> HotlineRow:
    now = time.time()
    with context.store.write() as session:
        row = session.get(ExternalHotline, hotline_id)
        if new and row is not None:
            raise Rejected("external_hotline.exists")
        if not new and row is None:
            raise Missing("external_hotline.missing")
        before = HotlineRow.model_validate(row).model_dump() if row else {}
        row = row or ExternalHotline(id=hotline_id)
        for name, value in fields.model_dump(exclude={"number"}).items():
            setattr(row, name, value)
        external_hotlines.put(session, context.secrecy, row, fields.number, now)
        session.add(row)
        session.flush()
        after = HotlineRow.model_validate(row)
        action = "external_hotline.added" if new else "external_hotline.changed"
        changes.note(session, person, now, action, f"external_hotlines/{hotline_id}", before, after.model_dump())
        return after
