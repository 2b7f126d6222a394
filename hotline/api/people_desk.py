"""What an administrator sees and sets of people: accounts, and the seats they have. Routes: `routers.admin.accounts`."""

from __future__ import annotations

import secrets
import time
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.api import changes
from hotline.api.context import Context
from hotline.api.people import Person
from hotline.api.shapes import Code
from hotline.core.errors import Invalid, Missing, Rejected
from hotline.core.ids import new_id
from hotline.store.catalogue import catalogue
from hotline.store.ledgers import exports
from hotline.store.models import Account, Agent, Centre, Expert, LoginSession, Region, StaffPhone
from hotline.store.repositories import accounts, agents, sessions

Role = Literal["admin", "supervisor", "agent", "expert", "centre", "statistician", "auditor"]
SEATED: Final = frozenset({"agent", "supervisor"})
"""Roles that may have a seat."""
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without l, o, 0 and 1: it is read out on the telephone. 32 letters, so 5 bits each."""


def one_time() -> str:
    """A password of 80 bits in four groups, to be read out and typed once."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


class SeatFields(BaseModel):
    """A seat at the desk. `skills` name the queues it serves, `levels` how well (1 best to 9; 1 when left out). Without
    skills or languages it serves all."""

    extension: Annotated[str, Field(pattern=r"^[0-9]{2,8}$")]
    skills: Annotated[list[Code], Field(max_length=20)] = []
    levels: dict[Code, Annotated[int, Field(ge=1, le=9)]] = {}
    languages: Annotated[list[Code], Field(max_length=20)] = []
    region_code: Code = ""


class SeatRow(SeatFields):
    """A seat as it stands. `registered`: its desk phone is; null when the edge does not tell. `staff_number`: of the telephone
    menu; `phone_masked`: the plain telephone calls may go to."""

    id: str
    phone_uri: str
    registered: bool | None
    staff_number: str
    phone_masked: str


class PersonRow(BaseModel):
    """An account. `locked_until`: after too many wrong passwords. `sessions`: open log-ins; `last_seen_at`: of the latest."""

    id: str
    username: str
    name: str
    role: str
    language: str
    active: bool
    locked_until: float | None
    must_change: bool
    sessions: int
    last_seen_at: float | None
    seat: SeatRow | None
    expert_id: str | None
    centre_id: str | None
    created_at: float


class PersonFields(BaseModel):
    """What an administrator may set of a person."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    role: Role
    language: Literal["zh-CN", "en"] = "zh-CN"
    seat: SeatFields | None = None
    expert_id: Annotated[str, Field(max_length=64)] | None = None
    centre_id: Annotated[str, Field(max_length=64)] | None = None


class NewPerson(PersonFields):
    """Besides, the name to log in with, which never changes."""

    username: Annotated[str, Field(min_length=2, max_length=32, pattern=r"^[A-Za-z0-9._\-]+$")]


# Reading.


def rows(context: Context, registered: set[str] | None, account_id: str = "") -> list[PersonRow]:
    """Everybody, by user name, or one. `registered`: extensions whose phones are; None: not known."""
    now = time.time()
    open_since = now - context.settings.http.idle_minutes * 60
    with context.store.read() as session:
        seats = {row.id: row for row in session.scalars(select(Agent))}
        phones = {row.id: row for row in session.scalars(select(StaffPhone))}
        query = select(LoginSession.account_id, func.count(), func.max(LoginSession.last_seen_at)).group_by(
            LoginSession.account_id
        )
        last = {row[0]: row[2] for row in session.execute(query)}
        holding = (LoginSession.revoked_at.is_(None), LoginSession.expires_at > now, LoginSession.last_seen_at > open_since)
        logged_in = {row[0]: row[1] for row in session.execute(query.where(*holding))}
        found = accounts.all_accounts(session)
    return [
        PersonRow(
            id=row.id,
            username=row.username,
            name=row.display_name,
            role=row.role,
            language=row.language,
            active=row.active,
            locked_until=row.locked_until if row.locked_until and row.locked_until > now else None,
            must_change=row.must_change_password,
            sessions=logged_in.get(row.id, 0) if row.active else 0,
            last_seen_at=last.get(row.id),
            seat=_seat_row(seats[row.agent_id], phones.get(row.agent_id), registered) if row.agent_id else None,
            expert_id=row.expert_id,
            centre_id=row.centre_id,
            created_at=row.created_at,
        )
        for row in found
        if not account_id or row.id == account_id
    ]


def _seat_row(row: Agent, phone: StaffPhone | None, registered: set[str] | None) -> SeatRow:
    return SeatRow(
        **_seat_values(row),
        id=row.id,
        phone_uri=row.phone_uri,
        registered=None if registered is None else row.extension in registered,
        staff_number=phone.number if phone else "",
        phone_masked=phone.phone_masked if phone else "",
    )


def _seat_values(row: Agent) -> dict[str, Any]:
    return {
        "extension": row.extension,
        "skills": list(row.skills),
        "levels": {str(skill): int(level) for skill, level in row.skill_levels.items()},
        "languages": list(row.languages),
        "region_code": row.region_code,
    }


# Writing. Each returns the seat's (extension, digest secret), where there is one.

Phone = tuple[str, str] | None


def get(session: Session, account_id: str) -> Account:
    """One account. Raises Missing `account.missing`."""
    found = accounts.get(session, account_id)
    if found is None:
        raise Missing("account.missing")
    return found


def _phone_of(session: Session, account: Account) -> Phone:
    row = session.get(Agent, account.agent_id) if account.agent_id else None
    return (row.extension, row.sip_password_ha1) if row and row.active and row.sip_password_ha1 else None


def _picture(session: Session, account: Account) -> dict[str, Any]:
    """An account for the audit trail; no hashes."""
    names = ("display_name", "role", "language", "active", "expert_id", "centre_id", "director")
    row = session.get(Agent, account.agent_id) if account.agent_id else None
    return {**{name: getattr(account, name) for name in names}, "seat": _seat_values(row) if row else None}


def _check(session: Session, wanted: PersonFields) -> None:
    """Raises Invalid for codes that are not there, and for what does not go with the role."""
    if wanted.seat and wanted.role not in SEATED:
        raise Invalid("seat.role", field="seat")
    if wanted.role == "agent" and not wanted.seat:
        raise Invalid("seat.needed", field="seat")
    if wanted.seat:
        known = {item.code for item in catalogue().items("skills")} | {item.code for item in catalogue().items("languages")}
        codes = {*wanted.seat.skills, *wanted.seat.languages, *wanted.seat.levels}
        region = wanted.seat.region_code
        if codes - known or (region and session.get(Region, region) is None):
            raise Invalid("seat.code", codes=sorted(codes - known) or [region])
    if wanted.expert_id and session.get(Expert, wanted.expert_id) is None:
        raise Invalid("account.expert", field="expert_id")
    if wanted.centre_id and session.get(Centre, wanted.centre_id) is None:
        raise Invalid("account.centre", field="centre_id")


def _put_seat(
    session: Session, context: Context, account: Account, fields: SeatFields, phone_password: str, now: float
) -> None:
    other = agents.by_extension(session, fields.extension)
    if other is not None and other.id != account.agent_id:
        raise Rejected("seat.extension_taken", field="extension")
    row = session.get(Agent, account.agent_id) if account.agent_id else None
    domain = context.settings.sip.domain
    if row is None:
        row = Agent(id=new_id("agt", now), name=account.display_name, extension="", phone_uri="", desired_state="offline")
        session.add(row)
    if row.extension != fields.extension:
        row.sip_password_ha1 = agents.ha1(fields.extension, domain, phone_password)
        row.extension, row.phone_uri = fields.extension, f"sip:{fields.extension}@{domain}"
    row.name, row.active = account.display_name, account.active
    row.skills, row.languages = list(fields.skills), list(fields.languages)
    row.skill_levels = {skill: level for skill, level in fields.levels.items() if skill in fields.skills}
    row.region_code = fields.region_code
    session.flush()
    account.agent_id = row.id


def add(context: Context, person: Person, wanted: NewPerson, hashed: str, phone_password: str) -> tuple[str, Phone]:
    """Make a person; their id and seat."""
    now = time.time()
    with context.store.write() as session:
        _check(session, wanted)
        values = {"language": wanted.language, "expert_id": wanted.expert_id, "centre_id": wanted.centre_id}
        account = accounts.create(
            session,
            username=wanted.username,
            password_hash=hashed,
            role=wanted.role,
            display_name=wanted.name.strip(),
            now=now,
            **values,
        )
        account.active = True
        accounts.put_hash(account, hashed, one_time_until=now + 3600 * context.settings.http.one_time_hours)
        if wanted.seat:
            _put_seat(session, context, account, wanted.seat, phone_password, now)
        session.flush()
        after = {"username": account.username, **_picture(session, account)}
        changes.note(session, person, now, "account.created", f"accounts/{account.id}", None, after)
        return account.id, _phone_of(session, account)


def change(context: Context, person: Person, account_id: str, wanted: PersonFields, phone_password: str) -> tuple[Phone, Phone]:
    """Set everything of a person; the seat as it is now, and as it was."""
    now = time.time()
    with context.store.write() as session:
        account = get(session, account_id)
        _check(session, wanted)
        if account.role == "admin" and wanted.role != "admin":
            _not_the_last(session, person, account)
        if account.agent_id and wanted.seat is None:
            raise Rejected("seat.kept", field="seat")
        before, phone = _picture(session, account), _phone_of(session, account)
        if (account.role, account.centre_id) != (wanted.role, wanted.centre_id or None):
            account.director = False  # of that centre; who heads the other one is said there
            exports.recall(session, account.id, now)
        account.display_name, account.role, account.language = wanted.name.strip(), wanted.role, wanted.language
        account.expert_id, account.centre_id = wanted.expert_id or None, wanted.centre_id or None
        if wanted.seat:
            _put_seat(session, context, account, wanted.seat, phone_password, now)
        session.flush()
        changes.note(session, person, now, "account.changed", f"accounts/{account.id}", before, _picture(session, account))
        return _phone_of(session, account), phone


def _not_the_last(session: Session, person: Person, account: Account) -> None:
    if account.id == person.user_id:
        raise Rejected("account.own")
    if account.role == "admin" and account.active and accounts.admins(session) <= 1:
        raise Rejected("account.last_admin")


def set_active(context: Context, person: Person, account_id: str, active: bool) -> Phone:
    """Disable (and log out), or enable (and lift a lock)."""
    now = time.time()
    with context.store.write() as session:
        account = get(session, account_id)
        if not active:
            _not_the_last(session, person, account)
        before, phone = _picture(session, account), _phone_of(session, account)
        account.active = active
        if active:
            account.failed_logins, account.locked_until = 0, None
        else:
            sessions.revoke_all(session, account.id, now)
        row = session.get(Agent, account.agent_id) if account.agent_id else None
        if row is not None:
            row.active = active
        session.flush()
        action = "account.enabled" if active else "account.disabled"
        changes.note(session, person, now, action, f"accounts/{account.id}", before, _picture(session, account))
        return _phone_of(session, account) or phone


def reset(context: Context, person: Person, account_id: str, hashed: str) -> None:
    """Give the one-time password that was hashed, and log out everywhere."""
    now = time.time()
    with context.store.write() as session:
        account = get(session, account_id)
        until = now + 3600 * context.settings.http.one_time_hours
        accounts.put_hash(account, hashed, one_time_until=until)
        sessions.revoke_all(session, account.id, now)
        changes.note(session, person, now, "account.password_reset", f"accounts/{account.id}", one_time_until=until)


def reset_phone(context: Context, person: Person, account_id: str, phone_password: str) -> Phone:
    """Give the desk phone another password. Raises Missing `seat.missing`."""
    now = time.time()
    with context.store.write() as session:
        account = get(session, account_id)
        row = session.get(Agent, account.agent_id) if account.agent_id else None
        if row is None:
            raise Missing("seat.missing")
        row.sip_password_ha1 = agents.ha1(row.extension, context.settings.sip.domain, phone_password)
        session.flush()
        changes.note(session, person, now, "seat.phone_password_reset", f"accounts/{account.id}", extension=row.extension)
        return _phone_of(session, account)
