"""Who changed what, when, from what to what: the audit trail of the things an administrator sets."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import or_, select

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import Page
from hotline.store.models import Account, AuditEvent

router = APIRouter(prefix="/api/changes", tags=["changes"])

KINDS: Final = (
    *("accounts", "flows", "prompts", "calendars", "calendar_days", "lines", "external_hotlines", "firms"),
    *("staff_phones", "experts", "rosters", "sheets"),
)
"""What the things are called in the audit trail, before the slash."""
HIDDEN: Final = ("login", "logout", "login.failed")
"""Not changes."""


class ChangeRow(BaseModel):
    """One change. `data` holds `before` and `after` with what differs, and what else was noted."""

    seq: int
    at: float
    by: str
    action: str
    object: str
    data: dict[str, Any]


@router.get("")
def list_changes(
    person: Annotated[Person, Depends(need("changes.read"))],
    context: Annotated[Context, Depends(current)],
    of: Annotated[str, Query(max_length=120, pattern=r"^[A-Za-z0-9_+*#/\-]*$", description="`flows/main`; empty: all")] = "",
    before: Annotated[int, Query(ge=0, le=2**53, description="`seq` of the last row of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[ChangeRow]:
    """Changes, the latest first."""
    kinds = or_(*(AuditEvent.object.startswith(f"{kind}/", autoescape=True) for kind in KINDS), AuditEvent.object.in_(KINDS))
    query = select(AuditEvent).where(AuditEvent.action.not_in(HIDDEN), kinds)
    if of:
        query = query.where(or_(AuditEvent.object == of, AuditEvent.object.startswith(f"{of}/", autoescape=True)))
    if before:
        query = query.where(AuditEvent.seq < before)
    with context.store.read() as session:
        found = session.scalars(query.order_by(AuditEvent.seq.desc()).limit(limit + 1)).all()
        people = {row.id: row.display_name for row in session.query(Account.id, Account.display_name)}
    rows = [
        ChangeRow(
            seq=row.seq, at=row.at, by=people.get(row.actor, row.actor), action=row.action, object=row.object, data=row.data
        )
        for row in found[:limit]
    ]
    return Page(items=rows, next=str(rows[-1].seq) if len(found) > limit else None)
