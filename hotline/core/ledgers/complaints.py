"""A complaint's three opinions, and how its caller was told, out of the ticket's story. Pure.

Only what still holds: whatever was said before the complaint began anew (重办, or whoever should have kept out is replaced) is
in the story, and no longer in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

STEPS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # act: (what its text stands under, what its code stands under)
        "report_complaint": ("report", ""),
        "give_opinion": ("opinion", ""),
        "decide_complaint": ("result", "outcome"),
        "tell": ("", "way"),
    }
)
ANEW: Final = frozenset({"open_complaint", "redo", "grant_avoidance"})
"""Acts after which the three are asked for again, and the caller is told again."""
NAMES: Final = (*STEPS, *sorted(ANEW))


@dataclass(frozen=True, slots=True)
class Event:
    """What is needed of one event of a ticket's story. `at`: Unix seconds; `actor`: account id."""

    name: str
    at: float
    actor: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: who, when, in which words; `code`: the outcome of a decision, the way of telling."""

    at: float
    by: str
    text: str = ""
    code: str = ""


def standing(events: Iterable[Event]) -> dict[str, Step]:
    """Act of :data:`STEPS` → how it was done last. `events`: of one ticket, in order."""
    found: dict[str, Step] = {}
    for event in events:
        if event.name in ANEW:
            found.clear()
        elif event.name in STEPS:
            text, code = STEPS[event.name]
            found[event.name] = Step(event.at, event.actor, str(event.data.get(text) or ""), str(event.data.get(code) or ""))
    return found
