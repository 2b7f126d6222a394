"""The agent's form: which fields there are, which of them are sensitive, and what is needed to submit it (rules B.20–25)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hotline.core.errors import Invalid

SENSITIVE: Final = ("caller_name", "caller_number", "address", "id_number", "opposing_party")
"""Sealed field by field in the database, masked where the call is not one's own."""
FREE: Final = ("facts", "request", "advice", "next_step", "occupation", "law_cited")
"""Typed freely, so names and numbers will stand in them: sealed together in the database."""
FREE_LISTS: Final = ("missing_materials",)
"""Lists that take words of the agent's own: sealed with :data:`FREE`."""
TEXTS: Final = (
    *SENSITIVE,
    *FREE,
    "matter_region",
    "category",
    "service_type",
    "disposition",
    "handover_result",
    "caller_region",
    "sex",
    "age_band",
    "language",
    "relation",
    "stage",
    "legal_aid",
    "not_accepted",
)
LISTS: Final = ("caller_groups", "risk_flags", "notice_given", *FREE_LISTS)
FLAGS: Final = ("identity_refused", "applies")
DATES: Final = ("key_dates",)
"""Lists of {event, date}: what happened when, for the limits of the law."""
CODES: Final[Mapping[str, str]] = {
    "category": "matter_categories",
    "service_type": "service_types",
    "disposition": "dispositions",
    "handover_result": "handover_results",
    "caller_groups": "caller_groups",
    "risk_flags": "risk_flags",
    "sex": "sexes",
    "age_band": "age_bands",
    "language": "languages",
    "relation": "relations",
    "stage": "stages",
    "legal_aid": "legal_aid_answers",
    "not_accepted": "not_accepted",
    "notice_given": "notice_ways",
}
"""Fields that hold codes, and the list each is from."""
MAX_TEXT: Final = 8_000
"""Characters of one field: about ten minutes of fast typing."""
MAX_ITEMS: Final = 40
MAX_ITEM: Final = 120
"""Characters of one entry of a list."""

REQUIRED: Final = ("disposition", "category", "matter_region", "service_type", "facts")
REQUIRED_SHORT: Final = ("disposition", "category")
"""Enough when nobody was there to talk to: D09 caller broke off, D11 harassment, D12 misdialled or silent."""
SHORT_DISPOSITIONS: Final = frozenset({"D09", "D11", "D12"})

MORE: Final[Mapping[str, tuple[str, ...]]] = {
    "D01": ("advice",),
    "D03": ("next_step",),  # when, and by whom
    "D04": ("request",),
    "D05": ("request",),
    "D06": ("handover_result",),  # what became of it there
    "D08": ("not_accepted", "advice"),  # the reason and the proper way (rules B.25)
    "D13": ("advice",),
}
"""What a disposition wants besides :data:`REQUIRED`."""
PRIVATE: Final[Mapping[str, frozenset[str]]] = {
    "id_number": frozenset({"D05"}),
    "address": frozenset({"D03", "D04", "D05", "D07"}),
}
"""Fields that are asked only when a service is applied for (`applies`), or with these dispositions: ID numbers never in a plain
consultation (rules B.20, J.66), addresses for a dispatch or a visit."""


def clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Check the types and trim. Raises Invalid (`form.field`, details `field`) on an unknown field, a wrong type or too
    long a text. NUL characters go: no database keeps them."""
    result: dict[str, Any] = {}
    for key, value in fields.items():
        if value is None:
            continue
        if key in TEXTS and isinstance(value, str) and len(value) <= MAX_TEXT:
            result[key] = _trim(value)
        elif key in LISTS and _short_list(value):
            result[key] = [_trim(item) for item in value]
        elif (key in FLAGS and isinstance(value, bool)) or (key in DATES and _dates(value)):
            result[key] = value
        else:
            raise Invalid("form.field", field=key if key in (*TEXTS, *LISTS, *FLAGS, *DATES) else "")
    return result


def missing(fields: Mapping[str, Any]) -> list[str]:
    """The required fields that are still empty, in the order of the form."""
    short = fields.get("disposition") in SHORT_DISPOSITIONS
    lacking = [key for key in (REQUIRED_SHORT if short else REQUIRED) if not fields.get(key)]
    lacking += [key for key in MORE.get(str(fields.get("disposition", "")), ()) if not fields.get(key)]
    if fields.get("missing_materials") and not fields.get("notice_given"):
        lacking.append("notice_given")
    if not short and not fields.get("caller_name") and not fields.get("identity_refused"):
        lacking.append("caller_name")
    return lacking


def asked(field: str, fields: Mapping[str, Any]) -> bool:
    """Whether such a sensitive field may be asked for, as the form stands."""
    when = PRIVATE.get(field)
    return when is None or bool(fields.get("applies")) or fields.get("disposition") in when


def _dates(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_ITEMS
        and all(
            isinstance(entry, dict)
            and set(entry) == {"event", "date"}
            and all(isinstance(text, str) and len(text) <= 32 for text in entry.values())
            for entry in value
        )
    )


def _trim(text: str) -> str:
    return text.replace("\x00", "").strip()


def _short_list(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_ITEMS
        and all(isinstance(item, str) and len(item) <= MAX_ITEM for item in value)
    )
