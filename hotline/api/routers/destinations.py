"""Where calls to experts go, and how they end there."""

from __future__ import annotations

import time
from functools import cache
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from phone import Phone as PhoneData
from pydantic import BaseModel
from sqlalchemy.orm import Session

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import Page
from hotline.core.destinations import fold
from hotline.core.phones import normalise
from hotline.secrecy import Secrecy
from hotline.store.repositories import experts

router = APIRouter(prefix="/api", tags=["experts"])

DAY: Final = 86_400.0
_OPERATORS: Final = {"移动": "mobile", "联通": "unicom", "电信": "telecom", "广电": "broadnet"}


class DestinationRow(BaseModel):
    """Tries to one operator's numbers of one region, by the expert's first number. `share`: picked up of tried."""

    operator: str
    region: str
    tried: int
    picked_up: int
    accepted: int
    no_answer: int
    busy: int
    failed: int
    share: float


@router.get("/answer-rates")
def answer_rates(
    person: Annotated[Person, Depends(need("experts.read_all"))],
    context: Annotated[Context, Depends(current)],
    days: Annotated[int, Query(ge=1, le=366)] = 30,
) -> Page[DestinationRow]:
    """By operator and region of the number, the most tried first. Numbers are read to tell where they belong; none leaves."""
    with context.store.read() as session:
        places = _places(session, context.secrecy)
        counts = experts.outcomes(session, time.time() - days * DAY)
    nowhere = ("unknown", "")
    found = fold((places.get(expert_id, nowhere), outcome, answered, count) for expert_id, outcome, answered, count in counts)
    fields = DestinationRow.model_fields
    return Page(items=[DestinationRow(**{name: getattr(one, name) for name in fields}) for one in found])


def _places(session: Session, secrecy: Secrecy) -> dict[str, tuple[str, str]]:
    """Expert → (operator, region) of their number."""
    return {row.id: place_of(experts.phone(secrecy, row)) for row in experts.everybody(session)}


def place_of(number: str) -> tuple[str, str]:
    """Operator and region of a Chinese number in any shape; (`unknown`, ``) when it cannot be told. A number that was carried
    along to another operator counts where it was issued."""
    found = normalise(number)
    if found.kind == "landline":
        return "landline", found.national[: 3 if found.national.startswith(("010", "02")) else 4]
    if found.kind != "mobile":
        return "unknown", ""
    known = _data().find(found.national) or {}
    kind = str(known.get("phone_type", ""))
    operator = "virtual" if "虚拟" in kind else _OPERATORS.get(kind, "unknown")
    province, city = str(known.get("province", "")), str(known.get("city", ""))
    return operator, province if province == city else province + city


@cache
def _data() -> Any:
    """4 MB, read when first asked for."""
    return PhoneData()
