"""The triage desk's form as an agent may fill it in: how long each field may be, which codes it takes, and whether the
whole may be submitted. Which fields are compulsory stands in :mod:`hotline.core.forms`. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from hotline.core.errors import Invalid
from hotline.core.forms import PRIVATE, asked, missing
from hotline.core.intake.limits import parse_date

Kind = Literal["text", "flag", "code", "codes", "items", "dates", "phone", "id_number"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its kind, the longest value in characters (for `codes`: entries), and the code list it draws from."""

    kind: Kind
    limit: int
    catalogue: str = ""


FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "caller_name": Field("text", 60),
        "identity_refused": Field("flag", 1),
        "caller_number": Field("phone", 32),
        "matter_region": Field("code", 12, "regions"),
        "category": Field("code", 12, "categories"),
        "service_type": Field("code", 8, "service_types"),
        "caller_groups": Field("codes", 20, "caller_groups"),
        "risk_flags": Field("codes", 20, "risk_flags"),
        "opposing_party": Field("text", 200),
        "facts": Field("text", 5000),
        "request": Field("text", 2000),
        "advice": Field("text", 5000),
        "disposition": Field("code", 8, "dispositions"),
        "next_step": Field("text", 500),
        "handover_result": Field("code", 16, "handover_results"),
        "id_number": Field("id_number", 20),
        "address": Field("text", 300),
        "caller_region": Field("code", 12, "regions"),
        "sex": Field("code", 1, "sexes"),
        "age_band": Field("code", 4, "age_bands"),
        "language": Field("code", 16, "languages"),
        "occupation": Field("text", 60),
        "relation": Field("code", 16, "relations"),
        "stage": Field("code", 16, "stages"),
        "law_cited": Field("text", 300),
        "key_dates": Field("dates", 10, "key_events"),
        "legal_aid": Field("code", 16, "legal_aid_answers"),
        "not_accepted": Field("code", 8, "not_accepted"),
        "applies": Field("flag", 1),
        "missing_materials": Field("items", 20),
        "notice_given": Field("codes", 4, "notice_ways"),
    }
)

_PHONE: Final = re.compile(r"^\+?[0-9][0-9\- ]{2,30}$")
_OTHER_ID: Final = re.compile(r"^[0-9A-Za-z()（）\-]{5,20}$")
_RESIDENT_ID: Final = re.compile(r"^\d{17}[0-9Xx]$")
LONGEST_ITEM: Final = 120
"""Characters of one missing paper."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def valid_resident_id(number: str) -> bool:
    """GB 11643-1999: 17 digits and a check character, ISO 7064 MOD 11-2.

    >>> valid_resident_id("11010519491231002X"), valid_resident_id("110105194912310021")
    (True, False)
    """
    if not _RESIDENT_ID.match(number):
        return False
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17].upper()


def _text(value: object, field: Field, _: frozenset[str]) -> str:
    if not isinstance(value, str):
        raise ValueError("type")
    text = _CONTROL.sub("", value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > field.limit:
        raise ValueError("too_long")
    return text


def _flag(value: object, _: Field, __: frozenset[str]) -> bool:
    if not isinstance(value, bool):
        raise ValueError("type")
    return value


def _code(value: object, field: Field, codes: frozenset[str]) -> str:
    text = _text(value, field, codes)
    if text and text not in codes:
        raise ValueError("unknown_code")
    return text


def _codes(value: object, field: Field, codes: frozenset[str]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("type")
    if len(value) > field.limit:
        raise ValueError("too_long")
    if any(item not in codes for item in value):
        raise ValueError("unknown_code")
    return sorted(set(value))


def _items(value: object, field: Field, codes: frozenset[str]) -> list[str]:
    """Entries in the agent's own words or codes, in their order, each once."""
    if not isinstance(value, list):
        raise ValueError("type")
    texts = [text for item in value if (text := _text(item, Field("text", LONGEST_ITEM), codes))]
    if len(value) > field.limit:
        raise ValueError("too_long")
    return list(dict.fromkeys(texts))


def _dates(value: object, field: Field, codes: frozenset[str]) -> list[dict[str, str]]:
    """What happened when; half of an entry is kept out, a date that is none is refused."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) and set(entry) == {"event", "date"} for entry in value):
        raise ValueError("type")
    if len(value) > field.limit:
        raise ValueError("too_long")
    found = {}
    for entry in value:
        event = _code(entry["event"], Field("code", 32), codes)
        text = _text(entry["date"], Field("text", 10), codes)
        if text and parse_date(text) is None:
            raise ValueError("format")
        if event and text:
            found[event, text] = {"event": event, "date": text}
    return list(found.values())


def _phone(value: object, field: Field, codes: frozenset[str]) -> str:
    text = _text(value, field, codes)
    if text and not _PHONE.match(text):
        raise ValueError("format")
    return text


def _id_number(value: object, field: Field, codes: frozenset[str]) -> str:
    # A draft may hold a half-typed number; its check digit is looked at on submitting.
    text = _text(value, field, codes).upper()
    if text and not re.fullmatch(r"[0-9A-Z()（）\-]*", text):
        raise ValueError("format")
    return text


_CLEANERS: Final = MappingProxyType(
    {
        "text": _text,
        "flag": _flag,
        "code": _code,
        "codes": _codes,
        "items": _items,
        "dates": _dates,
        "phone": _phone,
        "id_number": _id_number,
    }
)


def clean(fields: Mapping[str, Any], codes: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    """A draft made tidy: known fields only, right types, lengths and codes; None and empty text are left out.

    `codes` maps a catalogue name (`categories`, `regions` …) to its valid codes. Raises `Invalid("form.invalid")` with
    `details["fields"]`: {field: type | too_long | unknown_code | format | unknown_field}. Values are never repeated.
    """
    result: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in fields.items():
        field = FIELDS.get(name)
        if field is None:
            wrong[name[:40]] = "unknown_field"
        elif value is not None:
            try:
                cleaned = _CLEANERS[field.kind](value, field, codes.get(field.catalogue, frozenset()))
            except ValueError as exc:
                wrong[name] = str(exc)
            else:
                if cleaned != "":
                    result[name] = cleaned
    if wrong:
        raise Invalid("form.invalid", fields=wrong)
    return result


def check_submission(fields: Mapping[str, Any], *, legal_aid_open: bool = False) -> None:
    """Whether a cleaned form may be submitted.

    `legal_aid_open`: legal aid was to be spoken of, and nothing says that it was (rules B.22).

    Raises `Invalid("form.incomplete")` (details.fields: list of names), or `Invalid("form.invalid")` when the ID number
    is no possible one, or a sensitive field is filled in that was not to be asked for.
    """
    absent = missing(fields)
    if legal_aid_open:
        absent.append("legal_aid")
    if absent:
        raise Invalid("form.incomplete", fields=absent)
    idle = {name: "not_asked" for name in PRIVATE if fields.get(name) and not asked(name, fields)}
    if idle:
        raise Invalid("form.invalid", fields=idle)
    number = fields.get("id_number", "")
    if number and not (valid_resident_id(number) if len(number) == 18 else _OTHER_ID.match(number)):
        raise Invalid("form.invalid", fields={"id_number": "check_digit"})
