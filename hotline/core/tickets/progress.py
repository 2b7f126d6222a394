"""What a caller is told of their ticket's progress: how far it is, and until when; nothing of what it is about. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from hotline.core.tickets.table import STATES
from hotline.core.tickets.village import day

PHASE: Final = MappingProxyType(
    {
        "registered": "received", "accepted": "accepted", "to_complete": "papers", "declined": "declined",
        "assigned": "assigned", "signed": "handling", "handling": "handling", "objected": "assigned",
        "suspended": "suspended", "done": "done", "told": "told", "followed_up": "told", "archived": "closed",
        "merged": "merged", "withdrawn": "withdrawn",
    }
)  # fmt: skip
"""State → what it is called to the public. That two offices argue about a ticket is nobody's business outside."""
assert set(PHASE) == set(STATES)
PRIVATE_FLAGS: Final = frozenset({"R03", "R04", "R11"})
"""Violence at home, a minor, secrets: whoever holds number and code may be the very person it must be kept from."""


def private(risk_flags: frozenset[str], confidential: bool = False) -> bool:
    """Whether nothing is told but to call."""
    return confidential or bool(risk_flags & PRIVATE_FLAGS)


def normal_number(text: str) -> str:
    """A number as typed or keyed (`2026112200012 2`, `20261122-0001-22`) as it stands in the table; `` for none."""
    figures = "".join(char for char in text if char.isascii() and char.isdigit())
    return f"{figures[:8]}-{figures[8:-2]}-{figures[-2:]}" if 14 <= len(figures) <= 16 else ""


def spoken(phase: str, due_at: float | None, now: float) -> tuple[str, ...]:
    """The prompts that tell it."""
    if due_at is None:
        return (f"progress_{phase}",)
    return (f"progress_{phase}", "progress_overdue") if now > due_at else (f"progress_{phase}", "progress_due", *day(due_at))
