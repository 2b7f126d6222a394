"""Agents, experts and rosters as routing needs them, read from the database, and kept as JSON for when it is away."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from hotline.core.experts import Expert
from hotline.core.routing_state import People, Seat
from hotline.store import models
from hotline.store.catalogue import catalogue
from hotline.store.engine import Store
from hotline.store.repositories import agents, experts

DAYS_AHEAD: Final = 2
"""Shifts are laid out this far, so that a database that is away over midnight leaves nobody off duty."""


def load(store: Store, now: float) -> People:
    """Everyone, at `now` (Unix seconds). Raises what the database raises when it is away."""
    local = datetime.fromtimestamp(now, experts.ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    with store.read() as session:
        seats = {item.id: _seat(item) for item in agents.active(session)}
        found = {item.id: _expert(item, midnight) for item in experts.all_experts(session)}
        answered = experts.answered_since(session, midnight.timestamp())
        regions = {row.code: row.name for row in session.execute(select(models.Region.code, models.Region.name))}
    skills = {item.code: catalogue().skill(item.code) for item in catalogue().items("matter_categories")}
    return People(seats, found, skills, regions, answered)


def _seat(row: models.Agent) -> Seat:
    return Seat(row.id, row.name, row.extension, row.phone_uri, tuple(row.skills), tuple(row.languages), row.desired_state)


def _expert(row: models.Expert, midnight: datetime) -> Expert:
    return Expert(
        id=row.id,
        name=row.name,
        kind=row.kind,
        skills=tuple(row.skills),
        number_enc=row.phone_enc,
        region=row.region_code,
        trunk=row.trunk,
        max_per_day=row.max_calls_per_day,
        suspended=row.suspended,
        duty=duty(row.shifts, midnight),
    )


def duty(shifts: Iterable[models.RosterShift], midnight: datetime) -> tuple[tuple[float, float], ...]:
    """The shifts from yesterday (one may run past midnight) to :data:`DAYS_AHEAD` as (from, to) in Unix seconds."""
    found = []
    for shift in shifts:
        for offset in range(-1, DAYS_AHEAD + 1):
            day = midnight + timedelta(days=offset)
            fits = shift.date == day.date().isoformat() if shift.date is not None else shift.weekday == day.weekday()
            if fits:
                length = (shift.to_minute - shift.from_minute) % 1440 or 1440
                start = (day + timedelta(minutes=shift.from_minute)).timestamp()
                found.append((start, start + 60.0 * length))
    return tuple(sorted(found))


def dump(people: People) -> str:
    """JSON for the bus."""
    return json.dumps(
        {
            "seats": [asdict(seat) for seat in people.seats.values()],
            "experts": [asdict(expert) for expert in people.experts.values()],
            "skill_of": dict(people.skill_of),
            "region_names": dict(people.region_names),
        },
        ensure_ascii=False,
    )


def parse(text: str) -> People:
    """Inverse of :func:`dump` (without `answered_today`). Raises ValueError on anything else."""
    try:
        raw = json.loads(text)
        seats = [Seat(**{**item, **_tuples(item, "skills", "languages")}) for item in raw["seats"]]
        found = [
            Expert(
                **{
                    **item,
                    **_tuples(item, "skills"),
                    "duty": tuple((start, end) for start, end in item["duty"]),
                }
            )
            for item in raw["experts"]
        ]
        skills, regions = dict(raw["skill_of"]), dict(raw["region_names"])
    except (KeyError, TypeError, json.JSONDecodeError) as exc:
        raise ValueError(f"not people: {exc}") from exc
    return People({seat.id: seat for seat in seats}, {item.id: item for item in found}, skills, regions)


def _tuples(item: dict[str, Sequence[str]], *names: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(item[name]) for name in names}
