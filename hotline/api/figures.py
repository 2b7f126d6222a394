"""Today's figures on the board: counted from the database every few seconds while a supervisor looks, compared with what
routing shows, and pushed by the feed. A restart of routing changes nothing in them."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from hotline import logs
from hotline.core.figures.hour import last_hour
from hotline.core.figures.today import DAY_SECONDS, Targets, today
from hotline.settings import Settings
from hotline.store.repositories import figures
from hotline.store.repositories.experts import ZONE

if TYPE_CHECKING:
    from hotline.api.context import Context

log = logs.get("hotline.api.figures")

LAG_SECONDS: Final = 15.0
"""The database follows the calls by a few seconds; a difference that lasts longer is told."""
VIEWERS: Final = frozenset({"supervisor", "admin"})


def targets_of(settings: Settings) -> Targets:
    """The colours' rules from the settings."""
    board = settings.board
    return Targets(**{name: getattr(board, name) for name in Targets.__slots__})


class Figures:
    """Keeps `figures/today` and `figures/hour` on the board."""

    def __init__(self) -> None:
        self._differs_since: float | None = None

    async def run(self, context: Context) -> None:
        """Until cancelled. Counts only while somebody who may see it is connected."""
        while True:
            if any(one.person.role in VIEWERS for one in context.feeds.open):
                try:
                    await self.once(context)
                except Exception as exc:
                    log.warning("figures_failed", kind=type(exc).__name__)
            await asyncio.sleep(context.settings.board.every_seconds)

    async def once(self, context: Context) -> None:
        """Count once and publish."""
        now = time.time()
        midnight = datetime.fromtimestamp(now, ZONE).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

        def read() -> Any:
            with context.store.read() as session:
                return figures.visits(session, min(midnight, now - DAY_SECONDS))

        visits = await asyncio.to_thread(read)
        targets = targets_of(context.settings)
        found = today(visits, midnight, now, targets)
        found["targets"] = {name: getattr(targets, name) for name in Targets.__slots__}
        found["differs"] = self._compare(context, sum(visit.live for visit in visits), now)
        context.board.publish("figures/today", found)
        context.board.publish("figures/hour", {"at": now, "minutes": last_hour(visits, now)})

    def _compare(self, context: Context, in_database: int, now: float) -> dict[str, Any] | None:
        """Live calls as the database and as routing have them; None while they agree, or differ for a moment only."""
        if context.board.degraded:
            return None
        shown = [item for key, item in context.board.state.items() if key.startswith("calls/")]
        on_board = sum(item.get("phase") != "ended" and item.get("direction") != "outbound" for item in shown)
        if on_board == in_database:
            self._differs_since = None
            return None
        self._differs_since = self._differs_since or now
        if now - self._differs_since < LAG_SECONDS:
            return None
        return {"database": in_database, "board": on_board, "since": self._differs_since}
