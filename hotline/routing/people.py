"""Agents, experts and rosters as routing needs them, read from the database, and kept as JSON for when it is away."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import select

from hotline.core.conflicts import Book
from hotline.core.experts import Expert
from hotline.core.external_hotlines import ExternalHotline
from hotline.core.headsets import headset_uri
from hotline.core.routing.people import People, Seat
from hotline.store import models
from hotline.store.catalogue import catalogue
from hotline.store.engine import Store
from hotline.store.repositories import agents, experts, external_hotlines, staff

DAYS_AHEAD: Final = 2
"""Shifts are laid out this far, so that a database that is away over midnight leaves nobody off duty."""


def load(store: Store, now: float, book: Book | None = None) -> People:
    """Everyone, at `now` (Unix seconds), with the conflicts known so far. Raises what the database raises when it is away."""
    local = datetime.fromtimestamp(now, experts.ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    with store.read() as session:
        regions = {row.code: row.name for row in session.execute(select(models.Region.code, models.Region.name))}
        phones = staff.phones_of_agents(session)
        seats = {item.id: _seat(item, regions, *phones.get(item.id, ("", ""))) for item in agents.active(session)}
        served = agents.served_since(session, midnight.timestamp())
        found = {item.id: experts.for_routing(item, midnight, DAYS_AHEAD + 1) for item in experts.all_experts(session)}
        answered = experts.answered_since(session, midnight.timestamp())
        hotlines = {item.id: _hotline(item) for item in external_hotlines.active(session)}
    skills = {item.code: catalogue().skill(item.code) for item in catalogue().items("matter_categories")}
    return People(seats, found, skills, regions, answered, hotlines, served, book or Book(complete=False))


def _hotline(row: models.ExternalHotline) -> ExternalHotline:
    return ExternalHotline(row.id, row.number, row.number_enc, row.name_zh, row.name_en, row.category, row.region_code)


def _seat(row: models.Agent, regions: Mapping[str, str], number_enc: str, trunk: str) -> Seat:
    return Seat(
        id=row.id,
        name=row.name,
        extension=row.extension,
        uri=headset_uri(row.extension) if row.device == "headset" else row.phone_uri,
        skills=tuple(row.skills),
        languages=tuple(row.languages),
        wish=row.desired_state,
        number_enc=number_enc,
        trunk=trunk,
        region=regions.get(row.region_code, ""),
        levels={str(skill): int(level) for skill, level in row.skill_levels.items()},
    )


def dump(people: People) -> str:
    """JSON for the bus."""
    return json.dumps(
        {
            "seats": [asdict(seat) for seat in people.seats.values()],
            "experts": [asdict(expert) for expert in people.experts.values()],
            "skill_of": dict(people.skill_of),
            "region_names": dict(people.region_names),
            "hotlines": [asdict(item) for item in people.hotlines.values()],
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
                    **_tuples(item, "skills", "regions", "more_numbers"),
                    "duty": tuple((start, end) for start, end in item["duty"]),
                }
            )
            for item in raw["experts"]
        ]
        hotlines = {item["id"]: ExternalHotline(**item) for item in raw.get("hotlines", ())}
        skills, regions = dict(raw["skill_of"]), dict(raw["region_names"])
    except (KeyError, TypeError, json.JSONDecodeError) as exc:
        raise ValueError(f"not people: {exc}") from exc
    return People({seat.id: seat for seat in seats}, {item.id: item for item in found}, skills, regions, hotlines=hotlines)


def _tuples(item: dict[str, Sequence[str]], *names: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(item[name]) for name in names}
