"""Experts: their sealed numbers, and who is on duty now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, case, cast, func, select
from sqlalchemy.orm import Session, selectinload

from hotline.core import experts as core
from hotline.core.answer_rates import Rates, rates
from hotline.core.errors import Invalid
from hotline.core.phones import mask, normalise
from hotline.core.rosters import DayChange, Shift, minutes_on, spans
from hotline.core.rosters.spans import DAY
from hotline.secrecy import Secrecy
from hotline.store.models import Expert, ExpertPhone, TransferTry
from hotline.store.repositories.sealing import seal, unseal

ZONE: Final = ZoneInfo("Asia/Shanghai")
"""Rosters are in the bureau's local time; all of China has one."""


@dataclass(frozen=True, slots=True)
class Duty:
    """An expert who may be tried now. `answered_today` counts accepted calls since local midnight."""

    expert: Expert
    answered_today: int


def add(session: Session, secrecy: Secrecy, *, id: str, phone: str, **values: Any) -> Expert:
    """Add an expert; `phone` is any shape of a Chinese number. Raises Invalid (`expert.phone`) when it cannot be
    dialled."""
    expert = Expert(id=id, **values)
    set_phone(secrecy, expert, phone)
    session.add(expert)
    return expert


def set_phone(secrecy: Secrecy, expert: Expert, phone: str) -> None:
    """Seal a new number into the row. Raises Invalid (`expert.phone`)."""
    number = normalise(phone)
    if not number.dialable:
        raise Invalid("expert.phone", field="phone")
    expert.phone_enc = seal(secrecy, "experts.phone_enc", expert.id, number.e164)
    expert.phone_masked = mask(number.national)
    expert.phone_hash = secrecy.index(number.national)


def phone(secrecy: Secrecy, expert: Expert) -> str:
    """The expert's number in E.164. Raises SecrecyError when the row was tampered with."""
    return unseal(secrecy, "experts.phone_enc", expert.id, expert.phone_enc)


def get(session: Session, expert_id: str) -> Expert | None:
    """One expert, or None."""
    return session.get(Expert, expert_id)


def all_experts(session: Session) -> Sequence[Expert]:
    """Everybody in the pool with firm, telephones, cards, shifts and exceptions, by id."""
    return session.scalars(
        select(Expert)
        .where(Expert.active)
        .options(
            selectinload(Expert.shifts),
            selectinload(Expert.exceptions),
            selectinload(Expert.cards),
            selectinload(Expert.phones),
        )
        .order_by(Expert.id)
    ).all()


def on_duty(session: Session, now: float, *, skill: str = "") -> list[Duty]:
    """Experts on duty at `now` (Unix seconds), not suspended and below their calls of the day; with `skill` only
    those who have it or take any matter (GN). By id: the order of trying is routing's business."""
    local = datetime.fromtimestamp(now, ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    answered = answered_since(session, midnight.timestamp())
    result = []
    for row in all_experts(session):
        expert = for_routing(row, midnight)
        if expert.is_suspended(now) or not expert.on_duty(now):
            continue
        if skill and skill not in row.skills and "GN" not in row.skills:
            continue
        count = answered.get(row.id, 0)
        if row.max_calls_per_day and count >= row.max_calls_per_day:
            continue
        result.append(Duty(row, count))
    return result


def shift_end(row: Expert, now: float) -> float:
    """When the shift of an expert ends that is on now or comes next today; midnight without one. Unix seconds."""
    local = datetime.fromtimestamp(now, ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight.timestamp() + 86_400  # no summer time here
    ends = [end for start, end in duty(row, midnight, 1) if start < tomorrow and end > now]
    return max(ends, default=tomorrow)


def for_routing(row: Expert, midnight: datetime, days: int = 1) -> core.Expert:
    """The expert as the rules see them, with the duty of so many days from `midnight` (local)."""
    return core.Expert(
        id=row.id,
        name=row.name,
        kind=row.kind,
        skills=tuple(row.skills),
        number_enc=row.phone_enc,
        more_numbers=tuple(item.phone_enc for item in row.phones),
        firm=row.firm_id or "",
        region=row.region_code,
        regions=tuple(row.regions),
        trunk=row.trunk,
        max_per_day=row.max_calls_per_day,
        suspended=row.suspended,
        suspended_from=row.suspended_from,
        suspended_to=row.suspended_to,
        red_card=any(card.colour == "red" and card.lifted_at is None for card in row.cards),
        presence=row.presence,
        presence_until=row.presence_until,
        duty=duty(row, midnight, days),
    )


def duty(row: Expert, midnight: datetime, days: int) -> tuple[tuple[float, float], ...]:
    """Shifts and exceptions of so many days from `midnight` (local) on, within the expert's hours, as (from, to) in Unix
    seconds."""
    start = midnight.timestamp()
    found = []
    for span in day_spans(row, midnight.date(), days):
        for day in range(days):
            hours = (day * DAY + row.hours_from, day * DAY + row.hours_to)
            found += [(start + 60.0 * first, start + 60.0 * last) for first, last in minutes_on([span], hours)]
    return tuple(joined(sorted(found)))


def day_spans(row: Expert, first: date, days: int) -> list[tuple[int, int]]:
    """Roster and exceptions alone, in minutes since the midnight of `first`."""
    shifts = [Shift(item.from_minute, item.to_minute, item.weekday, item.date) for item in row.shifts]
    changes = [DayChange(item.date, item.from_minute, item.to_minute, item.effect) for item in row.exceptions]
    return spans(shifts, changes, first, days)


def joined(items: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Spans that touch (over midnight) are one."""
    last: tuple[float, float] | None = None
    for start, end in items:
        if last is not None and start <= last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last is not None:
            yield last
        last = (start, end)
    if last is not None:
        yield last


def answered_since(session: Session, since: float) -> dict[str, int]:
    """Accepted calls of each expert since a moment (Unix seconds)."""
    found = session.execute(
        select(TransferTry.expert_id, func.count())
        .where(TransferTry.outcome == "accepted", TransferTry.dialled_at >= since)
        .group_by(TransferTry.expert_id)
    )
    return {row[0]: row[1] for row in found}


def answer_rates(session: Session, since: float) -> Rates:
    """What became of the tries since a moment (Unix seconds), by expert and local hour."""
    # China Standard Time: UTC+8, no summer time.
    hour = cast(func.floor((TransferTry.dialled_at + 8 * 3600) / 3600), BigInteger) % 24
    rows = session.execute(
        select(TransferTry.expert_id, hour, TransferTry.outcome, TransferTry.refusal, func.count())
        .where(TransferTry.dialled_at >= since)
        .group_by(TransferTry.expert_id, hour, TransferTry.outcome, TransferTry.refusal)
    )
    return rates((row[0], int(row[1]), row[2], row[3], row[4]) for row in rows)


def outcomes(session: Session, since: float) -> list[tuple[str, str, bool, int]]:
    """How tries since a moment (Unix seconds) ended: (expert, outcome, whether somebody picked up, how many)."""
    picked_up = case((TransferTry.answered_at.is_not(None), 1), else_=0)
    rows = session.execute(
        select(TransferTry.expert_id, TransferTry.outcome, picked_up, func.count())
        .where(TransferTry.dialled_at >= since)
        .group_by(TransferTry.expert_id, TransferTry.outcome, picked_up)
    )
    return [(row[0], row[1], bool(row[2]), row[3]) for row in rows]


def everybody(session: Session) -> Sequence[Expert]:
    """Everybody who ever was in the pool, with nothing else loaded."""
    return session.scalars(select(Expert).order_by(Expert.id)).all()


def set_more_phones(secrecy: Secrecy, expert: Expert, numbers: Iterable[str]) -> None:
    """Replace the further numbers, in order. Raises Invalid (`expert.phone`)."""
    expert.phones = [_more_phone(secrecy, expert.id, place, number) for place, number in enumerate(numbers, 2)]


def _more_phone(secrecy: Secrecy, expert_id: str, position: int, number: str) -> ExpertPhone:
    found = normalise(number)
    if not found.dialable:
        raise Invalid("expert.phone", field="more_phones")
    return ExpertPhone(
        position=position,
        phone_enc=seal(secrecy, "expert_phones.phone_enc", expert_id, found.e164),
        phone_masked=mask(found.national),
        phone_hash=secrecy.index(found.national),
    )
