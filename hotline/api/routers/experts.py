"""Experts on duty, with what each is doing now and how often they come to the telephone."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import Page, Shape
from hotline.core.answer_rates import Rates, Tally
from hotline.store.catalogue import catalogue
from hotline.store.repositories import experts

router = APIRouter(prefix="/api/experts", tags=["experts"])

RATE_DAYS: Final = 30
"""The answer rate is learnt from so many days: long enough for an hour of the day to have some calls."""


class AnswerRate(Shape):
    """Of the last 30 days: `answered` of `tried`; the same for this hour of the day; `share` (0–1) is drawn towards the house's
    average while there are few. `refusals`: why they refused, `busy`, `not_my_field`, `conflict` or `unsaid` → how often."""

    answered: int
    tried: int
    hour_answered: int
    hour_tried: int
    share: float
    refusals: dict[str, int]


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
    rate: AnswerRate


def learnt(session: Session, now: float) -> Rates:
    """The answer rates as of now."""
    return experts.answer_rates(session, now - RATE_DAYS * 86_400)


def rate_of(found: Rates, expert_id: str, now: float) -> AnswerRate:
    """One expert's rate at this hour."""
    total = found.total.get(expert_id, Tally())
    hour = found.by_hour.get((expert_id, datetime.fromtimestamp(now, experts.ZONE).hour), Tally())
    return AnswerRate(
        answered=total.answered,
        tried=total.tried,
        hour_answered=hour.answered,
        hour_tried=hour.tried,
        share=round(total.smoothed(found.average), 3),
        refusals=dict(found.refusals.get(expert_id, {})),
    )


@router.get("")
def list_experts(
    person: Annotated[Person, Depends(need("experts.read"))],
    context: Annotated[Context, Depends(current)],
    category: Annotated[str, Query(max_length=16, pattern=r"^[0-9A-Za-z]*$")] = "",
    region: Annotated[str, Query(max_length=16, pattern=r"^[0-9A-Za-z]*$")] = "",
) -> Page[ExpertRow]:
    """Experts on duty who take the category; free ones first, then those of the region."""
    skill = catalogue().skill(category) if category else ""
    now = time.time()
    with context.store.read() as session:
        duties = experts.on_duty(session, now, skill=skill)
        found = learnt(session, now)
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
                rate=rate_of(found, expert.id, now),
            )
        )
    rows.sort(key=lambda row: (row.state != "available", not _near(row.region, region), row.since or 0.0, row.id))
    return Page(items=rows[:200])


def _near(expert_region: str, wanted: str) -> bool:
    """The same county; without a wish everybody is near. Codes are GB/T 2260-like: 6 digits to the county."""
    return not wanted or expert_region[:6] == wanted[:6]
