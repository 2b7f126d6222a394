"""The pool of experts: everybody in it, put in, changed, taken out; their numbers revealed with a purpose. All audited."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from hotline.api.ask import reload
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.routers.calls import stated
from hotline.api.routers.experts import AnswerRate, learnt, rate_of
from hotline.api.shapes import Done, Id, Moment, Page, Shape
from hotline.core.answer_rates import Rates
from hotline.core.errors import Invalid, Missing
from hotline.core.phones import normalise
from hotline.core.sheets import ExpertEntry
from hotline.store import audit
from hotline.store.models import Expert
from hotline.store.repositories import experts, pool

router = APIRouter(prefix="/api/pool", tags=["pool"])

Shared = Annotated[Context, Depends(current)]
Reader = Annotated[Person, Depends(need("experts.read_all"))]
Manager = Annotated[Person, Depends(need("experts.manage"))]
Short = Annotated[str, Field(max_length=200)]
Minute = Annotated[int, Field(ge=0, le=1440)]


class CardRow(Shape):
    """A card. One without `lifted_at` stands."""

    id: str
    colour: str
    reason: str
    given_at: float
    given_by: str
    objection: str
    objection_at: float | None
    lifted_at: float | None
    lift_reason: str


class PoolRow(Shape):
    """An expert in the pool; numbers masked. `bar`: why they are not offered callers now: `` (nothing), `red_card`,
    `suspended`, `away`, `off_duty`."""

    id: str
    name: str
    kind: str
    firm_id: str | None
    firm: str
    licence: str
    skills: list[str]
    languages: list[str]
    regions: list[str]
    phones: list[str]
    hours_from: int
    hours_to: int
    max_per_day: int
    stars: int
    suspended: bool
    suspended_from: float | None
    suspended_to: float | None
    suspended_reason: str
    presence: str
    presence_until: float | None
    bar: str
    cards: list[CardRow]
    rate: AnswerRate


class ExpertRequest(BaseModel):
    """An expert as typed. A masked number stands for the present one in that place."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    kind: Literal["lawyer", "notary", "appraiser", "mediator", "legal_aid", "duty"]
    firm: Short = ""
    licence: Annotated[str, Field(max_length=64)] = ""
    skills: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=20)]
    languages: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=20)] = ["zh-CN"]
    regions: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=50)] = []
    phones: Annotated[list[Annotated[str, Field(min_length=1, max_length=32)]], Field(min_length=1, max_length=3)]
    hours_from: Minute = 0
    hours_to: Minute = 1440
    max_per_day: Annotated[int, Field(ge=0, le=500)] = 0
    stars: Annotated[int, Field(ge=0, le=5)] = 0


class SuspensionRequest(BaseModel):
    """`suspended` false lifts it. Times are Unix seconds; none: from now, until further notice."""

    suspended: bool
    since: Moment | None = None
    until: Moment | None = None
    reason: Short = ""


class RevealRequest(BaseModel):
    """Why the numbers are wanted."""

    purpose: Short = ""


class RevealAnswer(BaseModel):
    """All numbers, in order, as one dials them."""

    numbers: list[str]


@router.get("")
def list_pool(person: Reader, context: Shared) -> Page[PoolRow]:
    """Everybody in the pool, by id."""
    now = time.time()
    with context.store.read() as session:
        found = learnt(session, now)
        return Page(items=[row_of(row, found, now) for row in experts.all_experts(session)])


@router.get("/{expert_id}")
def read_expert(expert_id: Id, person: Reader, context: Shared) -> PoolRow:
    """One expert."""
    now = time.time()
    with context.store.read() as session:
        return row_of(one(session, expert_id), learnt(session, now), now)


@router.post("")
async def add_expert(wanted: ExpertRequest, person: Manager, context: Shared) -> PoolRow:
    """Put somebody into the pool; the firm is made when it is not known yet."""
    return await _put(context, person, wanted, "")


@router.put("/{expert_id}")
async def change_expert(expert_id: Id, wanted: ExpertRequest, person: Manager, context: Shared) -> PoolRow:
    """Change somebody in the pool."""
    return await _put(context, person, wanted, expert_id)


@router.post("/{expert_id}/remove")
async def remove_expert(expert_id: Id, person: Manager, context: Shared) -> Done:
    """Take somebody out of the pool; records keep the name."""

    def write() -> None:
        with context.store.write() as session:
            one(session, expert_id).active = False
            note(session, person, "expert.removed", expert_id)

    await asyncio.to_thread(write)
    await reload(context)
    return Done()


@router.post("/{expert_id}/suspension")
async def suspend(
    expert_id: Id,
    wanted: SuspensionRequest,
    person: Annotated[Person, Depends(need("experts.cards"))],
    context: Shared,
) -> PoolRow:
    """Suspend, or lift the suspension."""
    ends_before = wanted.since is not None and wanted.until is not None and wanted.until <= wanted.since
    if wanted.suspended and (len(wanted.reason.strip()) < 2 or ends_before):
        raise Invalid("expert.suspension", field="reason")

    def write() -> PoolRow:
        now = time.time()
        with context.store.write() as session:
            row = one(session, expert_id)
            row.suspended = wanted.suspended
            row.suspended_from = wanted.since if wanted.suspended else None
            row.suspended_to = wanted.until if wanted.suspended else None
            row.suspended_reason = wanted.reason.strip() if wanted.suspended else ""
            data = {"from": wanted.since, "to": wanted.until, "reason": wanted.reason.strip()}
            note(session, person, "expert.suspended" if wanted.suspended else "expert.unsuspended", expert_id, data)
            session.flush()
            return row_of(row, learnt(session, now), now)

    answer = await asyncio.to_thread(write)
    await reload(context)
    return answer


@router.post("/{expert_id}/reveal")
async def reveal(
    expert_id: Id, wanted: RevealRequest, person: Annotated[Person, Depends(need("experts.reveal"))], context: Shared
) -> RevealAnswer:
    """The numbers in clear. The audit row, with the purpose, is committed before they leave."""
    purpose = stated(wanted.purpose)

    def write() -> list[str]:
        with context.store.write() as session:
            found = pool.all_numbers(context.secrecy, one(session, expert_id))
            audit.append(
                session,
                at=time.time(),
                actor=person.user_id,
                action="expert.number_revealed",
                object=f"experts/{expert_id}",
                purpose=purpose,
            )
        return [normalise(number).national or number for number in found]

    return RevealAnswer(numbers=await asyncio.to_thread(write))


async def _put(context: Context, person: Person, wanted: ExpertRequest, expert_id: str) -> PoolRow:
    def write() -> PoolRow:
        now = time.time()
        with context.store.write() as session:
            _check(session, wanted)
            row = one(session, expert_id) if expert_id else None
            entry = ExpertEntry(
                name=wanted.name.strip(),
                kind=wanted.kind,
                firm=wanted.firm.strip(),
                licence=wanted.licence.strip(),
                skills=tuple(wanted.skills),
                languages=tuple(wanted.languages),
                regions=tuple(wanted.regions),
                phones=tuple(wanted.phones),
                hours=(wanted.hours_from, wanted.hours_to),
                max_per_day=wanted.max_per_day,
                stars=wanted.stars,
            )
            row, changed = pool.put(session, context.secrecy, entry, row, now=now)
            if changed:
                note(session, person, "expert.changed" if expert_id else "expert.added", row.id)
            session.refresh(row)
            return row_of(row, learnt(session, now), now)

    answer = await asyncio.to_thread(write)
    await reload(context)
    return answer


def _check(session: Session, wanted: ExpertRequest) -> None:
    known = pool.codes(session)
    if not wanted.skills and wanted.kind != "duty":
        raise Invalid("expert.skills", field="skills")
    for field, items, codes in (
        ("skills", wanted.skills, known.skills),
        ("languages", wanted.languages, known.languages),
        ("regions", wanted.regions, known.regions),
    ):
        if any(item not in codes for item in items):
            raise Invalid("expert.code", field=field)
    if wanted.hours_from >= wanted.hours_to:
        raise Invalid("roster.minutes", field="hours_from")


def one(session: Session, expert_id: str) -> Expert:
    """An expert in the pool. Raises Missing (`expert.missing`)."""
    row = experts.get(session, expert_id)
    if row is None or not row.active:
        raise Missing("expert.missing")
    return row


def note(session: Session, person: Person, action: str, expert_id: str, data: dict[str, Any] | None = None) -> None:
    """One audit row about an expert, last in the transaction."""
    audit.append(session, at=time.time(), actor=person.user_id, action=action, object=f"experts/{expert_id}", data=data)


def row_of(row: Expert, found: Rates, now: float) -> PoolRow:
    """The expert as the pool page shows them."""
    local = datetime.fromtimestamp(now, experts.ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    seen = experts.for_routing(row, midnight)
    away = row.presence == "away" and (row.presence_until is None or now < row.presence_until)
    bar = (
        "red_card"
        if seen.red_card
        else "suspended"
        if seen.is_suspended(now)
        else "away"
        if away
        else ""
        if seen.on_duty(now)
        else "off_duty"
    )
    cards = sorted(row.cards, key=lambda card: card.given_at, reverse=True)
    return PoolRow(
        id=row.id,
        name=row.name,
        kind=row.kind,
        firm_id=row.firm_id,
        firm=row.firm,
        licence=row.licence,
        skills=row.skills,
        languages=row.languages,
        regions=[code for code in (row.region_code, *row.regions) if code],
        phones=[row.phone_masked, *(item.phone_masked for item in row.phones)],
        hours_from=row.hours_from,
        hours_to=row.hours_to,
        max_per_day=row.max_calls_per_day,
        stars=row.stars,
        suspended=row.suspended,
        suspended_from=row.suspended_from,
        suspended_to=row.suspended_to,
        suspended_reason=row.suspended_reason,
        presence=row.presence,
        presence_until=row.presence_until,
        bar=bar,
        cards=[CardRow.model_validate(card) for card in cards],
        rate=rate_of(found, row.id, now),
    )
