"""The staff on the telephone: recognised by number, let in by a PIN, and what they set."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.errors import HotlineError, Invalid, Missing, Rejected
from hotline.core.phones import mask, normalise
from hotline.secrecy import Secrecy
from hotline.store.models import Account, Agent, Expert, StaffPhone
from hotline.store.repositories.sealing import seal

NUMBER: Final = re.compile(r"^[0-9]{3,8}$")
_PEOPLE: Final[dict[str, type[Agent | Expert | Account]]] = {"agent": Agent, "expert": Expert, "clerk": Account}
PIN: Final = re.compile(r"^[0-9]{4,12}$")


def check_pin(pin: str) -> None:
    """Raises Invalid (`staff.pin`) for what must not be one: other than 4–12 digits, all the same, or counting up or down."""
    steps = {(int(second) - int(first)) % 10 for first, second in pairwise(pin)} if PIN.match(pin) else {0}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise Invalid("staff.pin", field="pin")


def put(
    session: Session,
    secrecy: Secrecy,
    *,
    kind: str,
    person_id: str,
    number: str,
    pin_hash: str,
    phone: str,
    trunk: str,
    now: float,
) -> StaffPhone:
    """Give a person a staff number and a PIN (hashed), and an agent or a centre's clerk a telephone to be rung at. What was
    there is replaced, and a lock is lifted.

    Raises Missing (`staff.person`), Invalid (`staff.number`, `staff.phone`), Rejected (`staff.number_taken`).
    """
    person = session.get(_PEOPLE[kind], person_id)
    if person is None or (isinstance(person, Account) and person.role != "centre"):
        raise Missing("staff.person")
    if not NUMBER.match(number):
        raise Invalid("staff.number", field="number")
    taken = session.scalars(select(StaffPhone).where(StaffPhone.number == number, StaffPhone.id != person_id)).first()
    if taken is not None:
        raise Rejected("staff.number_taken", field="number")
    row = session.get(StaffPhone, person_id)
    if row is None:
        row = StaffPhone(id=person_id, kind=kind)
        session.add(row)
    row.kind, row.number, row.pin_hash, row.trunk = kind, number, pin_hash, trunk
    row.phone_enc = row.phone_masked = row.phone_hash = ""
    if phone:
        found = normalise(phone)
        if not found.dialable:
            raise Invalid("staff.phone", field="phone")
        row.phone_enc = seal(secrecy, "staff_phones.phone_enc", person_id, found.e164)
        row.phone_masked, row.phone_hash = mask(found.national), secrecy.index(found.national)
    row.failed, row.locked_until, row.updated_at = 0, None, now
    session.flush()
    return row


def by_phone(session: Session, phone_hash: str) -> StaffPhone | None:
    """Whose telephone that is: an agent's own, or an expert's number. None also when two share it: they key their number."""
    if not phone_hash:
        return None
    own = session.scalars(select(StaffPhone).where(StaffPhone.phone_hash == phone_hash)).all()
    experts = session.scalars(
        select(StaffPhone).join(Expert, Expert.id == StaffPhone.id).where(Expert.phone_hash == phone_hash)
    ).all()
    found = {row.id: row for row in (*own, *experts)}
    return next(iter(found.values())) if len(found) == 1 else None


def by_number(session: Session, number: str) -> StaffPhone | None:
    """Whose staff number that is."""
    return session.scalars(select(StaffPhone).where(StaffPhone.number == number)).one_or_none()


def count_attempt(session: Session, person_id: str, now: float, *, tries: int, lock_seconds: float) -> str | None:
    """The PIN's hash to check against; the attempt is counted first, in a transaction of its own, so that many at once get no
    more tries than one after another. None for nobody. Raises HotlineError `staff.locked`."""
    row = session.get(StaffPhone, person_id, with_for_update=True)
    if row is None:
        return None
    if row.locked_until is not None:
        if row.locked_until > now:
            raise HotlineError("staff.locked")
        row.locked_until, row.failed = None, 0
    row.failed += 1
    if row.failed >= tries:
        row.locked_until = now + lock_seconds
    return row.pin_hash


def let_in(session: Session, person_id: str) -> StaffPhone:
    """The PIN was right: the count starts again."""
    row = session.get_one(StaffPhone, person_id)
    row.failed, row.locked_until = 0, None
    return row


def phones_of_agents(session: Session) -> dict[str, tuple[str, str]]:
    """Agent → (sealed number, trunk) of those who may take calls on a plain telephone."""
    rows = session.scalars(select(StaffPhone).where(StaffPhone.kind == "agent", StaffPhone.phone_enc != ""))
    return {row.id: (row.phone_enc, row.trunk) for row in rows}
