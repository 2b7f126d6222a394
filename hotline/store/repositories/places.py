"""Regions, centres and dispatch rules, and the choice of a centre with them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.dispatch import Dispatch, Office, Place, Rule
from hotline.core.dispatch import dispatch as decide
from hotline.store.models import Centre, DispatchRule, Region


def regions(session: Session) -> Sequence[Region]:
    """All regions, by code: parents come before their children."""
    return session.scalars(select(Region).order_by(Region.code)).all()


def regions_json(session: Session) -> list[dict[str, str | None]]:
    """The regions for `GET /api/catalogue`."""
    return [
        {"code": row.code, "zh": row.name, "en": row.name_en, "parent": row.parent_code, "level": row.level}
        for row in regions(session)
    ]


def region_name(session: Session, code: str) -> str:
    """Name of a region; the code itself when it is not in the table."""
    row = session.get(Region, code)
    return row.name if row else code


def centres(session: Session) -> Sequence[Centre]:
    """All active centres."""
    return session.scalars(select(Centre).where(Centre.active).order_by(Centre.id)).all()


def below(session: Session, centre_id: str) -> set[str]:
    """A centre and all below it: what a centre's own people may see (rules F.51)."""
    children: dict[str | None, list[str]] = {}
    for found_id, parent_id in session.execute(select(Centre.id, Centre.parent_id)):
        children.setdefault(parent_id, []).append(found_id)
    seen: set[str] = set()
    todo = [centre_id]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo.extend(children.get(current, ()))
    return seen


def dispatch(session: Session, service_type: str, region_code: str) -> Dispatch:
    """The centre for a ticket, by the rules in the database."""
    return decide(
        service_type,
        region_code,
        [Rule(row.service_type, row.region_code or "", row.level, row.reason) for row in session.scalars(_RULES)],
        {row.code: Place(row.code, row.name, row.parent_code or "", row.level) for row in regions(session)},
        [Office(row.id, row.name, row.level, row.region_code, frozenset(row.services)) for row in centres(session)],
    )


_RULES = select(DispatchRule).order_by(DispatchRule.id)
