"""The code lists: everything the console offers to tick."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from hotline.api.context import Context, current
from hotline.api.form_hints import tables_of
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.core.forms import MORE, PRIVATE, REQUIRED, REQUIRED_SHORT, SHORT_DISPOSITIONS
from hotline.core.triage import FIELDS
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
    handover_results: list[Code]
    risk_flags: list[Code]
    regions: list[Code]
    languages: list[Code]
    pause_reasons: list[Code]
    rating_keys: list[Code]
    skills: list[Code]
    sexes: list[Code]
    age_bands: list[Code]
    relations: list[Code]
    stages: list[Code]
    legal_aid_answers: list[Code]
    not_accepted: list[Code]
    notice_ways: list[Code]
    key_events: list[Code]


@router.get("")
def read_catalogue(
    person: Annotated[Person, Depends(need("catalogue.read"))], context: Annotated[Context, Depends(current)]
) -> CatalogueAnswer:
    """The code lists, Chinese and English; regions come from the database."""
    with context.store.read() as session:
        regions = places.regions_json(session)
    return CatalogueAnswer.model_validate(catalogue().to_json(regions))


class MaterialRow(BaseModel):
    """A paper that a service usually wants."""

    service: str
    code: str
    zh: str
    en: str
    source: str


class RulesAnswer(BaseModel):
    """What the form wants: `required` always, `short` where nobody was there to talk to (`short_dispositions`), `more` by
    disposition; `private`: fields asked only when a service is applied for, or with these dispositions; `limits`: longest text,
    or most entries, of each field."""

    required: list[str]
    short: list[str]
    short_dispositions: list[str]
    more: dict[str, list[str]]
    private: dict[str, list[str]]
    limits: dict[str, int]
    materials: list[MaterialRow]


@router.get("/form-rules")
def read_form_rules(
    person: Annotated[Person, Depends(need("catalogue.read"))], context: Annotated[Context, Depends(current)]
) -> RulesAnswer:
    """What is compulsory, by disposition, and what services usually want: the same tables the server goes by."""
    return RulesAnswer(
        required=[*REQUIRED, "caller_name"],
        short=list(REQUIRED_SHORT),
        short_dispositions=sorted(SHORT_DISPOSITIONS),
        more={key: list(fields) for key, fields in MORE.items()},
        private={key: sorted(when) for key, when in PRIVATE.items()},
        limits={name: field.limit for name, field in FIELDS.items()},
        materials=[MaterialRow.model_validate(one.to_json()) for one in tables_of(context).materials],
    )


def form_codes(context: Context) -> dict[str, frozenset[str]]:
    """The valid codes by catalogue name, as :func:`hotline.core.triage.clean` wants them."""
    lists: dict[str, Any] = catalogue().to_json()
    codes = {name: frozenset(item["code"] for item in items) for name, items in lists.items()}
    with context.store.read() as session:
        codes["regions"] = frozenset(region.code for region in places.regions(session))
    return codes
