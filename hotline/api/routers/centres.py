"""Centres as a tree, the rules of dispatch as rows, and which pairs send what back and forth."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.names import centre_names
from hotline.api.people import Person
from hotline.api.shapes import Code, Done, Id, Page, Shape
from hotline.api.ticket_sight import subtree, unguarded
from hotline.core.tickets import OPEN
from hotline.core.tickets.bounces import Objection, picture
from hotline.store import audit, ticket_codes
from hotline.store.ledgers import exports
from hotline.store.models import Account, Centre, Ticket, TicketObjection
from hotline.store.repositories import centres, places

router = APIRouter(prefix="/api", tags=["centres"])

Reader = Annotated[Person, Depends(need("centres.read"))]
Writer = Annotated[Person, Depends(need("centres.write"))]
Shared = Annotated[Context, Depends(current)]
Level = Literal["province", "city", "county", "town", "village"]
DAY = 86_400.0


class StaffRow(Shape):
    """Somebody who works there. `id`: of their log-in; `number`, `phone_masked`: of a clerk who is called for tickets, staff
    number and telephone. All three for administrators only."""

    id: str
    name: str
    director: bool
    number: str
    phone_masked: str


class CentreRow(Shape):
    """A centre. `services`: none named: all of its level. `open_tickets`: of its own."""

    id: str
    name: str
    level: str
    parent_id: str | None
    region_code: str
    phone: str
    phones: list[str]
    hours: str
    calendar_id: str | None
    services: list[str]
    active: bool
    by_phone: bool
    staff: list[StaffRow]
    open_tickets: int


class CentreWish(BaseModel):
    """What an administrator wants of a centre."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100)]
    level: Level
    parent_id: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$")] = ""
    region_code: Annotated[str, Field(min_length=2, max_length=12, pattern=r"^[0-9]+$")]
    phone: Annotated[str, Field(max_length=32, pattern=r"^[0-9+\- 转]*$")] = ""
    phones: Annotated[list[Annotated[str, Field(max_length=32, pattern=r"^[0-9+\- 转]+$")]], Field(max_length=6)] = []
    hours: Annotated[str, Field(max_length=100)] = ""
    calendar_id: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_\-]*$")] = ""
    services: Annotated[list[Code], Field(max_length=30)] = []
    active: bool = True
    by_phone: bool | None = None
    """None: as it is."""


class StaffWish(BaseModel):
    """Whether they head it."""

    director: bool = False


class PersonAtCentre(Shape):
    """Somebody who may work at a centre."""

    id: str
    name: str
    username: str
    centre_id: str | None


class RuleRow(Shape):
    """A rule of dispatch; `region_code` null: everywhere."""

    id: int
    service_type: str
    region_code: str | None
    level: str
    reason: str


class RuleWish(BaseModel):
    """Tickets of this service, from that region and below (empty: everywhere), go to the centre of that level."""

    service_type: Code
    region_code: Annotated[str, Field(max_length=12, pattern=r"^[0-9]*$")] = ""
    level: Level
    reason: Annotated[str, Field(max_length=200)]


class Proposal(Shape):
    """Where a ticket would go, and why, in words."""

    centre_id: str
    centre_name: str | None
    level: str
    zh: str
    en: str


class BounceRow(Shape):
    """How often `centre_id` sent back tickets of this service that `sent_by` (null: the rules or the desk) had sent there."""

    centre_id: str
    centre_name: str | None
    sent_by: str | None
    sent_by_name: str | None
    service_type: str
    count: int
    top_reason: str
    kept: int


class WordRow(Shape):
    """One code. `services`: of a paper, for which it is asked; none: all."""

    code: str
    zh: str
    en: str
    services: list[str]


@router.get("/centres")
def list_centres(person: Reader, context: Shared) -> Page[CentreRow]:
    """All centres, the highest first. A centre's own people see staff and numbers of tickets of their own branch only."""
    with context.store.read() as session:
        rows = session.scalars(select(Centre).order_by(Centre.region_code, Centre.id)).all()
        branch = {row.id for row in rows}
        if person.role == "centre":
            branch = set(session.scalars(subtree(person.centre_id)))
        staff = centres.people(session, sorted(branch))
        phones = centres.clerk_phones(session) if person.may("centres.write") else None
        counted = session.execute(
            select(Ticket.centre_id, func.count())
            .where(Ticket.due_at.is_not(None), Ticket.centre_id.in_(branch), Ticket.state.in_(OPEN))
            .where(unguarded(person, branch))
            .group_by(Ticket.centre_id)
        )
        held: dict[str, int] = {centre_id or "": count for centre_id, count in counted}
        return Page(
            items=[
                CentreRow(
                    id=row.id,
                    name=row.name,
                    level=row.level,
                    parent_id=row.parent_id,
                    region_code=row.region_code,
                    phone=row.phone,
                    phones=row.phones,
                    hours=row.hours,
                    calendar_id=row.calendar_id,
                    services=row.services,
                    active=row.active,
                    by_phone=row.by_phone,
                    staff=[_staff(one, phones) for one in staff.get(row.id, [])],
                    open_tickets=held.get(row.id, 0),
                )
                for row in rows
            ]
        )


def _staff(one: tuple[str, str, bool], phones: Mapping[str, tuple[str, str]] | None) -> StaffRow:
    account_id, name, director = one
    number, masked = (phones or {}).get(account_id, ("", ""))
    shown = "" if phones is None else account_id
    return StaffRow(id=shown, name=name, director=director, number=number, phone_masked=masked)


@router.put("/centres/{centre_id}")
def put_centre(centre_id: Id, wanted: CentreWish, person: Writer, context: Shared) -> Done:
    """Make or change a centre. One that still has open tickets cannot be closed."""
    with context.store.write() as session:
        centres.put(session, centre_id, wanted.model_dump(exclude_none=True))
        _note(session, person, "centre.changed", f"centres/{centre_id}")
    return Done()


@router.put("/centres/{centre_id}/staff/{account_id}")
def put_staff(centre_id: Id, account_id: Id, wanted: StaffWish, person: Writer, context: Shared) -> Done:
    """Somebody with the role `centre` works here from now on; as its head, or not."""
    with context.store.write() as session:
        centres.put_staff(session, centre_id, account_id, director=wanted.director)
        exports.recall(session, account_id, time.time())
        _note(session, person, "centre.staff", f"accounts/{account_id}", centre_id=centre_id, director=wanted.director)
    return Done()


@router.delete("/centres/{centre_id}/staff/{account_id}")
def drop_staff(centre_id: Id, account_id: Id, person: Writer, context: Shared) -> Done:
    """They no longer work here: they see no tickets until they work somewhere else."""
    with context.store.write() as session:
        centres.drop_staff(session, centre_id, account_id)
        exports.recall(session, account_id, time.time())
        _note(session, person, "centre.staff", f"accounts/{account_id}", centre_id="", director=False)
    return Done()


@router.get("/centre-people")
def centre_people(person: Writer, context: Shared) -> Page[PersonAtCentre]:
    """Everybody with the role `centre`, and where they work."""
    with context.store.read() as session:
        query = select(Account).where(Account.role == "centre", Account.active).order_by(Account.display_name, Account.id)
        return Page(
            items=[
                PersonAtCentre(id=row.id, name=row.display_name, username=row.username, centre_id=row.centre_id)
                for row in session.scalars(query)
            ]
        )


@router.get("/dispatch-rules")
def list_rules(person: Reader, context: Shared) -> Page[RuleRow]:
    """The rules of dispatch."""
    with context.store.read() as session:
        return Page(items=[RuleRow.model_validate(row) for row in centres.rules(session)])


@router.put("/dispatch-rules")
def put_rule(wanted: RuleWish, person: Writer, context: Shared) -> RuleRow:
    """Make the rule for a service and region, or change it."""
    with context.store.write() as session:
        row = centres.put_rule(session, **wanted.model_dump())
        _note(session, person, "dispatch_rule.changed", f"dispatch_rules/{row.id}")
        return RuleRow.model_validate(row)


@router.delete("/dispatch-rules/{rule_id}")
def delete_rule(rule_id: Annotated[int, Path(ge=1, le=2**31)], person: Writer, context: Shared) -> Done:
    """Take a rule away: the next wider one holds then."""
    with context.store.write() as session:
        centres.delete_rule(session, rule_id)
        _note(session, person, "dispatch_rule.deleted", f"dispatch_rules/{rule_id}")
    return Done()


@router.get("/dispatch-proposal")
def propose(
    person: Reader,
    context: Shared,
    service_type: Annotated[str, Query(max_length=8, pattern=r"^[A-Z0-9]*$")] = "",
    region: Annotated[str, Query(max_length=12, pattern=r"^[0-9]*$")] = "",
) -> Proposal:
    """Where the rules would send a ticket, and why."""
    with context.store.read() as session:
        found = places.dispatch(session, service_type, region)
        name = centre_names(session, [found.office_id]).get(found.office_id)
        return Proposal(centre_id=found.office_id, centre_name=name, level=found.level, zh=found.zh, en=found.en)


@router.get("/ticket-bounces")
def bounces(
    person: Annotated[Person, Depends(need("bounces.read"))],
    context: Shared,
    days: Annotated[int, Query(ge=1, le=3660)] = 90,
) -> Page[BounceRow]:
    """Which pairs send what back, the worst first. A centre sees those of its own branch."""
    with context.store.read() as session:
        query = select(TicketObjection).where(TicketObjection.at >= time.time() - days * DAY)
        if person.role == "centre":
            branch = list(session.scalars(subtree(person.centre_id)))
            query = query.where(TicketObjection.centre_id.in_(branch))
        rows = session.scalars(query.order_by(TicketObjection.id)).all()
        found = picture(
            Objection(
                row.centre_id,
                row.sent_by,
                row.service_type,
                row.reason,
                None if row.decided_at is None else row.decided_to != row.centre_id,
            )
            for row in rows
        )
        names = centre_names(session, [name for row in found for name in (row.centre_id, row.sent_by)])
        return Page(
            items=[
                BounceRow(
                    centre_id=row.centre_id,
                    centre_name=names.get(row.centre_id),
                    sent_by=row.sent_by or None,
                    sent_by_name=names.get(row.sent_by),
                    service_type=row.service_type,
                    count=row.count,
                    top_reason=row.top_reason,
                    kept=row.kept,
                )
                for row in found
            ]
        )


@router.get("/ticket-codes")
def codes(person: Reader) -> dict[str, list[WordRow]]:
    """The words of the tickets: reasons, ways of telling, papers, names of the limits."""
    return {
        name: [WordRow(code=item.code, zh=item.zh, en=item.en, services=list(item.services)) for item in items]
        for name, items in ticket_codes.words().items()
    }


def _note(session: Session, person: Person, action: str, what: str, **data: object) -> None:
    audit.append(session, at=time.time(), actor=person.user_id, action=action, object=what, data=data)
