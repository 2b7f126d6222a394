"""Who gets into the staff's telephone menu, and on which telephone an agent without a console is rung."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hotline.api.ask import reload
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import Id, Shape
from hotline.store import audit, passwords
from hotline.store.repositories import staff

router = APIRouter(prefix="/api/staff-phones", tags=["staff"])


class StaffPhoneRequest(BaseModel):
    """`number`: the staff number. `phone`: an agent's or a centre's clerk's own telephone; empty for experts, whose numbers
    stand with them. A clerk goes by the account's id."""

    kind: Literal["agent", "expert", "clerk"]
    number: Annotated[str, Field(max_length=16)]
    pin: Annotated[str, Field(max_length=32)]
    phone: Annotated[str, Field(max_length=32)] = ""
    trunk: Annotated[str, Field(max_length=32)] = ""


class StaffPhoneAnswer(Shape):
    """As it stands now; the PIN is never shown."""

    id: str
    kind: str
    number: str
    phone_masked: str


@router.put("/{person_id}")
async def set_staff_phone(
    person_id: Id,
    wanted: StaffPhoneRequest,
    person: Annotated[Person, Depends(need("staff_phones.write"))],
    context: Annotated[Context, Depends(current)],
) -> StaffPhoneAnswer:
    """Give a person a staff number and a PIN, and an agent a telephone. A lock is lifted by it."""
    staff.check_pin(wanted.pin)

    def store() -> StaffPhoneAnswer:
        # Hashing is slow on purpose, and must not happen while the write lock is held.
        pin_hash = passwords.hash_password(wanted.pin)
        now = time.time()
        with context.store.write() as session:
            row = staff.put(
                session,
                context.secrecy,
                kind=wanted.kind,
                person_id=person_id,
                number=wanted.number,
                pin_hash=pin_hash,
                phone=wanted.phone,
                trunk=wanted.trunk,
                now=now,
            )
            data = {"kind": wanted.kind}
            audit.append(
                session, at=now, actor=person.user_id, action="staff.phone_set", object=f"staff_phones/{person_id}", data=data
            )
            return StaffPhoneAnswer(id=row.id, kind=row.kind, number=row.number, phone_masked=row.phone_masked)

    answer = await asyncio.to_thread(store)
    await reload(context)
    return answer
