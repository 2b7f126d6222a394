"""One queue's settings, as the rules use them. A queue is named by a skill group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hotline.core.queues.relaxing import RINGS, Ring
from hotline.core.queues.strategies import Strategy

Closing = Literal["keep", "offer_callback", "move"]


@dataclass(frozen=True, slots=True)
class QueueRules:
    """Limits of one queue; seconds. Same names as in `hotline.settings`."""

    strategy: Strategy = "ring_all"
    rings: tuple[Ring, ...] = RINGS
    neighbours: tuple[str, ...] = ()
    max_waiting: int = 0
    """Callers who may wait here at once; 0: no limit. One more is sent on (`overflow_to`), or called back."""
    overflow_seconds: float = 0.0
    """Whoever has waited so long stands in `overflow_to` too: with nobody overtaken, since the place is kept. 0: never."""
    overflow_to: str = ""
    closing: Closing = "keep"
    """What happens to those who wait when the hours end: they are served still, are offered a call-back, or go to
    `night_queue`."""
    night_queue: str = ""


@dataclass(frozen=True, slots=True)
class Queues:
    """The rules of every queue: those named here, and for all others the common ones."""

    common: QueueRules = field(default_factory=QueueRules)
    named: Mapping[str, QueueRules] = field(default_factory=dict)

    def of(self, name: str) -> QueueRules:
        """The rules of a queue; one that nobody has described has the common ones."""
        return self.named.get(name, self.common)
