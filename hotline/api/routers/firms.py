"""Firms, which bind their experts in conflicts of interest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import func, select

from hotline.api import changes
from hotline.api.ask import reload
from hotline.api.context import Context
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.pool import Shared
from hotline.api.shapes import Code, Id, Page, Shape
from hotline.core.errors import Missing, Rejected
from hotline.core.ids import new_id
from hotline.store.models import Expert, Firm
from hotline.store.repositories import firms

router = APIRouter(prefix="/api/firms", tags=["pool"])
Manager = Annotated[Person, Depends(need("experts.manage"))]


class FirmRow(Shape):
    """A firm; `experts` are its people in the pool."""

    id: str
    name: str
    kind: str
    licence: str
    region_code: str
    note: str
    active: bool
    experts: int = 0


class FirmRequest(BaseModel):
    """A firm as typed."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
    kind: Literal["law_firm", "notary_office", "appraisal", "mediation", "legal_aid", "bureau", "other"]
    licence: Annotated[str, Field(max_length=64)] = ""
    region_code: Code = ""
    note: Annotated[str, Field(max_length=200)] = ""
    active: bool = True


@router.get("")
def list_firms(person: Annotated[Person, Depends(need("experts.read_all"))], context: Shared) -> Page[FirmRow]:
    """All firms, by name."""
    with context.store.read() as session:
        counted = session.execute(select(Expert.firm_id, func.count()).where(Expert.active).group_by(Expert.firm_id)).all()
        counts: Mapping[str | None, int] = {row[0]: row[1] for row in counted}
        found = [FirmRow.model_validate(row) for row in firms.all_firms(session)]
    return Page(items=[row.model_copy(update={"experts": counts.get(row.id, 0)}) for row in found])


@router.post("")
async def add_firm(wanted: FirmRequest, person: Manager, context: Shared) -> FirmRow:
    """Register a firm. 409 `firm.exists`."""
    return await _put(context, person, wanted, "")


@router.put("/{firm_id}")
async def change_firm(firm_id: Id, wanted: FirmRequest, person: Manager, context: Shared) -> FirmRow:
    """Change a firm. 409 `firm.exists` when another has the name."""
    return await _put(context, person, wanted, firm_id)


async def _put(context: Context, person: Person, wanted: FirmRequest, firm_id: str) -> FirmRow:
    def write() -> FirmRow:
        now = time.time()
        values: dict[str, Any] = {**wanted.model_dump(), "name": wanted.name.strip()}
        with context.store.write() as session:
            row = firms.get(session, firm_id) if firm_id else Firm(id=new_id("firm", now))
            if row is None:
                raise Missing("firm.missing")
            other = firms.by_name(session, values["name"])
            if other is not None and other.id != row.id:
                raise Rejected("firm.exists")
            before = {key: getattr(row, key) for key in values} if firm_id else {}
            for key, value in values.items():
                setattr(row, key, value)
            session.add(row)
            session.flush()
            action = "firm.changed" if firm_id else "firm.added"
            changes.note(session, person, now, action, f"firms/{row.id}", before, values)
            return FirmRow.model_validate(row)

    answer = await asyncio.to_thread(write)
    await reload(context)
    return answer
