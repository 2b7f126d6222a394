"""The line: priority first (0 is ordinary, higher goes ahead), then seniority.

Seniority is `queued_at`, the first time the caller came to the queue: a failed offer, an unreachable phone, a lost agent
or a move to another queue never changes it. There is one line for all queues, so that an agent who may serve several
takes the caller who has waited longest, whatever they asked for.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

Rank = tuple[int, float, str]


def rank(priority: int, queued_at: float, call_id: str) -> Rank:
    """Sort key: lower is served sooner. The call id breaks ties, so the order never flips."""
    return (-priority, queued_at, call_id)


class Line:
    """The waiting callers in order. Adding and removing cost O(log n) comparisons."""

    def __init__(self) -> None:
        self._ranks: list[Rank] = []
        self._of: dict[str, Rank] = {}

    def __len__(self) -> int:
        return len(self._ranks)

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._of

    def __iter__(self) -> Iterator[str]:
        return iter([item[2] for item in self._ranks])

    def add(self, call_id: str, priority: int, queued_at: float) -> None:
        """Put a caller in; one who stands in it already moves to the new rank."""
        self.remove(call_id)
        item = rank(priority, queued_at, call_id)
        self._of[call_id] = item
        insort(self._ranks, item)

    def remove(self, call_id: str) -> None:
        """Take a caller out; nothing happens when they are not in it."""
        item = self._of.pop(call_id, None)
        if item is not None:
            del self._ranks[bisect_left(self._ranks, item)]
