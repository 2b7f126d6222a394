"""The usual tiers of service hours (rules A.8: 5×8, 7×12, 7×24; prefecture plan, F7). Hours of the day are our defaults:
the plans give the number of days and hours only; a bureau edits them in its calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from hotline.core.calendars.hours import Span, Week

DAY: Final[Span] = (8 * 60 + 30, 17 * 60 + 30)
"""08:30–17:30: eight hours of seats, and lunch taken in turns."""
LONG_DAY: Final[Span] = (8 * 60 + 30, 20 * 60 + 30)
ALWAYS: Final[Span] = (0, 24 * 60)


@dataclass(frozen=True, slots=True)
class Tier:
    """A preset: the weekly pattern and what holidays do."""

    code: str
    weekly: Week
    holidays: Literal["closed", "open", "own"]


def _week(weekday: Span, weekend: Span | None) -> Week:
    work, rest = (weekday,), (weekend,) if weekend else ()
    return (work, work, work, work, work, rest, rest)


TIERS: Final[Mapping[str, Tier]] = MappingProxyType(
    {
        "5x8": Tier("5x8", _week(DAY, None), "closed"),
        "7x12": Tier("7x12", _week(LONG_DAY, LONG_DAY), "open"),
        "7x24": Tier("7x24", _week(ALWAYS, ALWAYS), "open"),
    }
)


def tier(code: str) -> Tier:
    """The preset of that name. Raises KeyError."""
    return TIERS[code]
