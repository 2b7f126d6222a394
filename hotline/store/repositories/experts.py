"""Experts: their sealed numbers, and who is on duty now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from hotline.core.errors import Invalid
from hotline.core.phones import mask, normalise
from hotline.secrecy import Secrecy
from hotline.store.models import Expert, RosterShift, TransferTry
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
    """All experts with their shifts, by id."""
    return session.scalars(select(Expert).options(selectinload(Expert.shifts)).order_by(Expert.id)).all()


def on_duty(session: Session, now: float, *, skill: str = "") -> list[Duty]:
    """Experts on duty at `now` (Unix seconds), not suspended and below their calls of the day; with `skill` only
    those who have it or take any matter (GN). By id: the order of trying is routing's business."""
    local = datetime.fromtimestamp(now, ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    answered = answered_since(session, midnight)
    result = []
    for expert in all_experts(session):
        if expert.suspended or not any(covers(shift, local) for shift in expert.shifts):
            continue
        if skill and skill not in expert.skills and "GN" not in expert.skills:
            continue
        count = answered.get(expert.id, 0)
        if expert.max_calls_per_day and count >= expert.max_calls_per_day:
            continue
        result.append(Duty(expert, count))
    return result


def answered_since(session: Session, since: float) -> dict[str, int]:
    """Accepted calls of each expert since a moment (Unix seconds)."""
    found = session.execute(
        select(TransferTry.expert_id, func.count())
        .where(TransferTry.outcome == "accepted", TransferTry.dialled_at >= since)
        .group_by(TransferTry.expert_id)
    )
    return {row[0]: row[1] for row in found}


def covers(shift: RosterShift, local: datetime) -> bool:
    """Whether a shift holds at a local time. A shift that runs past midnight belongs to the day it starts on."""
    minute = local.hour * 60 + local.minute
    if shift.to_minute > shift.from_minute:
        return _on(shift, local) and shift.from_minute <= minute < shift.to_minute
    yesterday = local - timedelta(days=1)
    return (_on(shift, local) and minute >= shift.from_minute) or (_on(shift, yesterday) and minute < shift.to_minute)


def _on(shift: RosterShift, local: datetime) -> bool:
    if shift.date is not None:
        return shift.date == local.date().isoformat()
    return shift.weekday == local.weekday()
