"""What comes of one simulated call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HEAR_SECONDS = 8.0
"""How long somebody may wait to hear whom he ought to hear."""


class Unexpected(Exception):
    """The call cannot be played on as planned; the text is the reason."""


@dataclass(slots=True)
class CallResult:
    """What became of one call. `reasons` empty: as expected."""

    index: int
    scenario: str
    number: str
    call_id: str = ""
    reasons: list[str] = field(default_factory=list)
    transferred: bool = False
    rated: bool = False
    ticket: str = ""
    recordings: int = 0
    redialled: int = 0
    timings: dict[str, float] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
