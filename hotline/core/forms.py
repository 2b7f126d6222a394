"""The agent's form: which fields there are, which of them are sensitive, and what is needed to submit it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hotline.core.errors import Invalid

SENSITIVE: Final = ("caller_name", "caller_number", "address", "id_number", "opposing_party")
"""Sealed field by field in the database."""
TEXTS: Final = (
    *SENSITIVE,
    "matter_region",
    "category",
    "service_type",
    "facts",
    "request",
    "advice",
    "disposition",
    "next_step",
)
LISTS: Final = ("caller_groups", "risk_flags")
FLAGS: Final = ("identity_refused",)
CODES: Final[Mapping[str, str]] = {
    "category": "matter_categories",
    "service_type": "service_types",
    "disposition": "dispositions",
    "caller_groups": "caller_groups",
    "risk_flags": "risk_flags",
}
"""Fields that hold codes, and the list each is from."""
MAX_TEXT: Final = 8_000
"""Characters of one field: about ten minutes of fast typing."""
MAX_ITEMS: Final = 40

REQUIRED: Final = ("disposition", "category", "matter_region", "service_type", "facts")
REQUIRED_SHORT: Final = ("disposition", "category")
"""Enough when nobody was there to talk to: D09 caller broke off, D11 harassment, D12 misdialled or silent."""
SHORT_DISPOSITIONS: Final = frozenset({"D09", "D11", "D12"})


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
        elif key in FLAGS and isinstance(value, bool):
            result[key] = value
        else:
            raise Invalid("form.field", field=key if key in (*TEXTS, *LISTS, *FLAGS) else "")
    return result


def missing(fields: Mapping[str, Any]) -> list[str]:
    """The required fields that are still empty, in the order of the form."""
    short = fields.get("disposition") in SHORT_DISPOSITIONS
    lacking = [key for key in (REQUIRED_SHORT if short else REQUIRED) if not fields.get(key)]
    if not short and not fields.get("caller_name") and not fields.get("identity_refused"):
        lacking.append("caller_name")
    return lacking


def _trim(text: str) -> str:
    return text.replace("\x00", "").strip()


def _short_list(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) <= MAX_ITEMS and all(isinstance(item, str) and len(item) <= 64 for item in value)
    )
