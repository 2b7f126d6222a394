"""Which place of the pool (and so which ports) the next worker gets."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from typing import Final

from hotline.conversation.orphans import Orphans
from hotline.conversation.slots import MOST

REST_SECONDS: Final = 3.0
"""A place's ports rest before they are used again: late packets of the last call must not reach the next one."""
TAKEN_SECONDS: Final = 10.0
"""A place whose port somebody else holds is looked at again after this."""


@dataclass(slots=True)
class Places:
    """Gives out the lowest that has rested, is nobody's, and whose SIP port can be had."""

    port_from: int
    orphans: Orphans
    _resting: dict[int, float] = field(default_factory=dict)
    _next: int = 0

    def pick(self) -> int | None:
        """None when there is none just now."""
        now = time.monotonic()
        for slot, until in sorted(self._resting.items()):
            if now >= until and slot not in self.orphans:
                if self._port_free(slot):
                    del self._resting[slot]
                    return slot
                self._resting[slot] = now + TAKEN_SECONDS
        while self._next < MOST:
            slot = self._next
            self._next += 1
            if slot not in self.orphans and self._port_free(slot):
                return slot
            self._resting[slot] = now + TAKEN_SECONDS
        return None

    def rest(self, slot: int, seconds: float = REST_SECONDS) -> None:
        """Its holder has gone."""
        self._resting[slot] = time.monotonic() + seconds

    def _port_free(self, slot: int) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", self.port_from + slot))
            except OSError:
                return False
        return True
