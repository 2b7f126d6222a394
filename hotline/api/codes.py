"""The code lists: everything the console offers to tick."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.store.catalogue import catalogue
from hotline.store.repositories import places

router = APIRouter(prefix="/api/catalogue", tags=["catalogue"])


class Code(BaseModel):
    """One code; some lists carry columns of their own (`skill`, `parent`, `green` …)."""

    model_config = ConfigDict(extra="allow")

    code: str
    zh: str
    en: str


class CatalogueAnswer(BaseModel):
    """All lists."""

    categories: list[Code]
    service_types: list[Code]
    caller_groups: list[Code]
    dispositions: list[Code]
    risk_flags: list[Code]
    regions: list[Code]
    languages: list[Code]
    pause_reasons: list[Code]
    rating_keys: list[Code]
    skills: list[Code]


@router.get("")
def read_catalogue(
    person: Annotated[Person, Depends(need("catalogue.read"))], context: Annotated[Context, Depends(current)]
) -> CatalogueAnswer:
    """The code lists, Chinese and English; regions come from the database."""
    with context.store.read() as session:
        regions = places.regions_json(session)
    return CatalogueAnswer.model_validate(catalogue().to_json(regions))


def form_codes(context: Context) -> dict[str, frozenset[str]]:
    """The valid codes by catalogue name, as :func:`hotline.core.triage.clean` wants them."""
    lists: dict[str, Any] = catalogue().to_json()
    codes = {name: frozenset(item["code"] for item in items) for name, items in lists.items()}
    with context.store.read() as session:
        codes["regions"] = frozenset(region.code for region in places.regions(session))
    return codes
