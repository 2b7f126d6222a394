"""A form as it is shown when the call is over: personal fields masked (rules J.65), and what comes back masked told
apart from what was typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from hotline.core.errors import Invalid
from hotline.core.phones import mask, mask_id_number, mask_name

MARK: Final = "*"
_DISTRICT: Final = re.compile(r"^[\u4e00-\u9fff]{1,9}[市区县旗]")


def mask_address(text: str) -> str:
    """The city or district stays: 临江市江北区花园路 8 号 → 临江市江北区****; without one, nothing does.

    >>> mask_address("江北区花园路 8 号"), mask_address("花园路 8 号")
    ('江北区****', '****')
    """
    found = _DISTRICT.match(text)
    return (found.group() if found else "") + "****" if text else ""


MASKS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "caller_name": mask_name,
        "caller_number": mask,
        "address": mask_address,
        "id_number": mask_id_number,
        "opposing_party": mask_name,
    }
)
"""Mask of each sensitive field."""


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The form with its sensitive fields masked."""
    return {key: MASKS[key](value) if key in MASKS and value else value for key, value in fields.items()}


def unmasked(given: Mapping[str, Any], stored: Mapping[str, Any], prefilled_number: str) -> dict[str, Any]:
    """`given` with every sensitive field that came back as it was shown replaced by what is stored.

    A number that is only the prefilled mask of the caller's own is left out: nothing was typed. Raises
    `Invalid("form.invalid")` with {field: `masked`} for a mask that stands for nothing stored.
    """
    result = dict(given)
    wrong: dict[str, str] = {}
    for key, masker in MASKS.items():
        value = given.get(key)
        if not isinstance(value, str) or MARK not in value:
            continue
        kept = stored.get(key, "")
        if kept and value.strip() in (masker(kept), kept):
            result[key] = kept
        elif key == "caller_number" and value.strip() == prefilled_number:
            del result[key]
        else:
            wrong[key] = "masked"
    if wrong:
        raise Invalid("form.invalid", fields=wrong)
    return result
