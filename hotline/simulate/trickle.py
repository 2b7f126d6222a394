"""The demo's trickle: a small town that calls by itself, as one long-running process.

It keeps a phone at every seat, agents at desk2 to desk6 (desk1 is the newcomer's), the experts behind the carrier, and
`demo.calls_per_minute` callers. It answers "call me now", and leaves the stage to `hotline simulate` when that asks
(see :mod:`hotline.simulate.pause`). Nothing that goes wrong ends it: it tells the log and tries again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from typing import Any, Final

from redis.exceptions import RedisError

from hotline import logs
from hotline.bus import keys
from hotline.bus.client import connect_async
from hotline.settings import Settings
from hotline.simulate.pause import TELL_SECONDS
from hotline.simulate.town import Town

log = logs.get("hotline.simulate.trickle")

LOOK_SECONDS: Final = 0.5
AGAIN_SECONDS: Final = 2.0


def main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    asyncio.run(_main(settings))


async def _main(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Trickle(settings).run(stop)


class Trickle:
    """Keeps the town going while nobody else wants the stage."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.redis = connect_async(settings.redis_url)
        self.town: Town | None = None
        self.since = time.time()
        self._retry_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; the town is empty again when this returns."""
        try:
            while not stop.is_set():
                await self._look()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await stop.wait()
        finally:
            await self._leave()
            with contextlib.suppress(RedisError, OSError):
                await self.redis.delete(keys.DEMO_TRICKLE, keys.part("simulate"))
            await self.redis.aclose()

    async def _look(self) -> None:
        """One look at the world: is the stage ours, has anybody asked for a call, does the town stand."""
        try:
            wanted_by_other = await self.redis.exists(keys.DEMO_PAUSE)
            if wanted_by_other:
                await self._leave()
            elif self.town is None and time.monotonic() >= self._retry_at:
                await self._come()
            if self.town is not None:
                await self._requests(self.town)
            await self._tell(bool(wanted_by_other))
        except (RedisError, OSError) as exc:
            log.warning("trickle_redis_away", kind=type(exc).__name__)

    async def _tell(self, paused: bool) -> None:
        town = self.town
        beat = {"pid": os.getpid(), "since": self.since, "paused": paused, "calls": len(town.callers) if town else 0}
        await self.redis.set(keys.part("simulate"), json.dumps(beat), ex=keys.PART_LEASE_SECONDS)
        await self.redis.set(keys.DEMO_TRICKLE, "paused" if paused else "running", ex=TELL_SECONDS)

    async def _requests(self, town: Town) -> None:
        """ "Call me now"."""
        while (request := await self.redis.lpop(keys.DEMO_REQUESTS)) is not None:
            with contextlib.suppress(ValueError, TypeError, KeyError):
                wish: Any = json.loads(request if isinstance(request, str) else "")
                town.call_seat(str(wish["agent_id"]))

    async def _come(self) -> None:
        town = Town(self.settings)
        try:
            await town.open()
        except OSError as exc:
            log.warning("trickle_port_taken", port=self.settings.demo.carrier_port, kind=type(exc).__name__)
            self._retry_at = time.monotonic() + AGAIN_SECONDS
            await town.close()
            return
        self.town = town
        log.info("trickle_running")

    async def _leave(self) -> None:
        if self.town is None:
            return
        town, self.town = self.town, None
        await town.close()
        log.info("trickle_left")
