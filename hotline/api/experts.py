"""Experts on duty, with what each is doing now."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import Page, Shape
from hotline.store.catalogue import catalogue
from hotline.store.repositories import experts

router = APIRouter(prefix="/api/experts", tags=["experts"])


class ExpertRow(Shape):
    """An expert on duty. `state`: `available`, `reserved` or `on_call`; the number never leaves the house."""

    id: str
    name: str
    kind: str
    firm: str
    skills: list[str]
    languages: list[str]
    region: str
    stars: int
    state: str
    since: float | None
    answered_today: int


@router.get("")
def list_experts(
    person: Annotated[Person, Depends(need("experts.read"))],
    context: Annotated[Context, Depends(current)],
    category: Annotated[str, Query(max_length=16, pattern=r"^[0-9A-Za-z]*$")] = "",
    region: Annotated[str, Query(max_length=16, pattern=r"^[0-9A-Za-z]*$")] = "",
) -> Page[ExpertRow]:
    """Experts on duty who take the category; free ones first, then those of the region."""
    skill = catalogue().skill(category) if category else ""
    with context.store.read() as session:
        duties = experts.on_duty(session, time.time(), skill=skill)
    rows = []
    for duty in duties:
        expert = duty.expert
        live = context.board.state.get(f"experts/{expert.id}", {})
        state = str(live.get("state") or "available")
        rows.append(
            ExpertRow(
                id=expert.id,
                name=expert.name,
                kind=expert.kind,
                firm=expert.firm,
                skills=expert.skills,
                languages=expert.languages,
                region=expert.region_code,
                stars=expert.stars,
                # The roster is newer than a board that still says off_duty; routing looks again when asked.
                state="available" if state == "off_duty" else state,
                since=live.get("since"),
                answered_today=duty.answered_today,
            )
        )
    rows.sort(key=lambda row: (row.state != "available", not _near(row.region, region), row.since or 0.0, row.id))
    return Page(items=rows[:200])


def _near(expert_region: str, wanted: str) -> bool:
    """The same county; without a wish everybody is near. Codes are GB/T 2260-like: 6 digits to the county."""
    return not wanted or expert_region[:6] == wanted[:6]
