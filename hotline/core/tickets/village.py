"""A village centre's clerk on the telephone: which key is which act of the ticket's table, and what is read out. Pure.

The keys change nothing of the table (`table.py`): 1 signs, 2 sends back with a coded reason, a result is `handle` and
`finish`. No name and no number of the caller is read out before a PIN was keyed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hotline.core.calendars import ZONE
from hotline.core.tickets.table import ASSIGNED, HANDLING, SIGNED

RETURNS: Final = ("area", "scope", "level", "avoidance", "incomplete")
"""Reasons for sending back, codes of `objection_reasons`, by key from 1 on."""
RESULTS: Final = ("mediated", "not_mediated", "advised", "helped")
"""Results, codes of `village_results`, by key from 1 on."""
STEPS: Final = {ASSIGNED: ("sign", "handle", "finish"), SIGNED: ("handle", "finish"), HANDLING: ("finish",)}
"""State → acts that a keyed result takes the ticket through. Of any other state no result can be keyed."""


def digits(text: str) -> tuple[str, ...]:
    """The figures of a text, one prompt each."""
    return tuple(f"digit_{char}" for char in text if char in "0123456789")


def day(at: float) -> tuple[str, str]:
    """Month and day of a moment, in the city's own time."""
    local = datetime.fromtimestamp(at, ZONE)
    return f"date_month_{local.month}", f"date_day_{local.day}"


def brief(code: str, category: str, region: str, due_at: float | None) -> tuple[str, ...]:
    """What is read out of a ticket: short code, matter, region (where the bureau recorded it), last day. No names."""
    root = category[:2]
    matter = (f"brief_category_{root}",) if root.isdigit() and 1 <= int(root) <= 14 else ()
    place = (f"brief_region_{region}",) if region.isalnum() else ()
    last = ("village_due", *day(due_at)) if due_at is not None else ()
    return ("village_ticket", *digits(code), *matter, *place, *last)
