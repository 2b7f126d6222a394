"""Workers whose pool died, as the next pool sees them: those with a caller go on to the end of the call; the idle ones go on
standing in line, so that callers are served while the new pool starts, and are sent home once it has workers of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass, field

from hotline import logs
from hotline.conversation.slots import Holder, Slots

log = logs.get("pool")


@dataclass(slots=True)
class Orphans:
    """What is left of former pools. `look` once in a while; a place is free when it is in nobody's hands."""

    slots: Slots
    _left: dict[int, Holder] = field(default_factory=dict)
    _dismissed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for holder in self.slots.holders():
            if holder.alive():
                self._left[holder.slot] = holder
            else:
                self.slots.clear(holder.slot)
        if self._left:
            log.warning("orphans_found", count=len(self._left))

    def __len__(self) -> int:
        return len(self._left)

    def __contains__(self, slot: int) -> bool:
        return slot in self._left

    def look(self) -> list[Holder]:
        """Who has ended since the last look; their places are free again."""
        gone = []
        for slot in list(self._left):
            now = self.slots.holder(slot)
            if now is not None and now.alive():
                self._left[slot] = now
            else:
                gone.append(self._left.pop(slot))
                self.slots.clear(slot)
        return gone

    def all(self) -> list[Holder]:
        """Those who are still there."""
        return list(self._left.values())

    def dismiss(self, *, busy: bool) -> None:
        """Tell the idle ones to leave; with `busy` the others to come to an end (they drain)."""
        for slot, holder in self._left.items():
            if (busy or not holder.busy) and slot not in self._dismissed:
                self._dismissed.add(slot)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(holder.pid, signal.SIGTERM)
