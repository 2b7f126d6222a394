"""Who may transfer when: plain transfers side by side, those that wish for a difficult expert alone.

Routing picks the next expert after a refusal from whoever is free. Were two such transfers under way at once, one could
be handed the expert the other one wishes for, and nobody could say what to expect.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A lock that is either shared by many or held by one; who waits for it alone goes before later sharers."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._sharing = 0
        self._alone = False
        self._queued = 0

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Together with other sharers."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._alone and not self._queued)
            self._sharing += 1
        try:
            yield
        finally:
            await self._give_back(shared=True)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """With nobody else."""
        async with self._changed:
            self._queued += 1
            try:
                await self._changed.wait_for(lambda: not self._alone and not self._sharing)
                self._alone = True
            finally:
                self._queued -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            await self._give_back(shared=False)

    async def _give_back(self, *, shared: bool) -> None:
        async with self._changed:
            if shared:
                self._sharing -= 1
            else:
                self._alone = False
            self._changed.notify_all()
