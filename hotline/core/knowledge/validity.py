"""Whether an entry is in force on a day."""

from __future__ import annotations

from typing import Literal

Standing = Literal["in_force", "not_yet", "outdated"]


def standing(valid_from: str, valid_to: str, today: str) -> Standing:
    """ISO dates, both inclusive, empty without a bound: a law is in force on its first and on its last day."""
    if valid_to and valid_to < today:
        return "outdated"
    if valid_from and valid_from > today:
        return "not_yet"
    return "in_force"
