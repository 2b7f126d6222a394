"""Other hotlines a caller may be handed to: what a row must hold. The list is rows that an administrator edits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

CATEGORIES: Final = ("emergency", "government", "service", "rights", "justice")
"""Groups on the console, in this order."""
RESULTS: Final = ("resolved", "unresolved", "unclear")
"""What the agent heard of it (form field `handover_result`). `unresolved`: the first receiver keeps the matter, as a ticket."""

_NUMBER: Final = re.compile(r"^(?:1\d{2,4}|1[02]\d{3}|0[1-9]\d{8,10}|95\d{3,4})$")
"""Short codes 1xx, 1xxxx and 95xxx, and fixed lines with their area code: what a hotline can have. A mobile number, an
international or a premium one is none."""


@dataclass(frozen=True, slots=True)
class ExternalHotline:
    """As routing knows an active one."""

    id: str
    number: str
    number_enc: str
    name_zh: str
    name_en: str
    category: str = "service"
    region: str = ""


def number_fits(number: str) -> bool:
    """Whether `number` may stand in the list. 12348 is ourselves, and a loop."""
    return bool(_NUMBER.match(number)) and number != "12348"


def result_keeps_ticket(disposition: str, result: str) -> bool:
    """D06 (passed to another hotline) that settled nothing stays with the first receiver."""
    return disposition == "D06" and result == "unresolved"
