"""Taking turns with the demo's trickle: only one of them may play the demo people at a time.

`hotline simulate` holds `hotline:demo:pause` while it runs (a lease: it lapses when the run is killed). The trickle looks
for it twice a second, leaves the stage within 3 s, says `paused`, and comes back when the lease is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from redis.exceptions import RedisError

from hotline.bus import keys
from hotline.bus.client import connect_async
from hotline.simulate.stage import StageError

LEASE_SECONDS: Final = 15
RENEW_SECONDS: Final = 3.0
LEAVE_SECONDS: Final = 15.0
"""How long the trickle may take to leave: 3 s as a rule, more when calls of its own are being ended."""
TELL_SECONDS: Final = 5
"""The trickle's word counts this long."""


@asynccontextmanager
async def stage_to_oneself(redis_url: str) -> AsyncIterator[None]:
    """Have the trickle leave, and keep it away for the time of the block.

    Raises :class:`StageError` when Redis is not there, another run holds the stage, or the trickle does not leave.
    """
    client = connect_async(redis_url)
    mine = secrets.token_hex(8)
    try:
        try:
            if not await client.set(keys.DEMO_PAUSE, mine, nx=True, ex=LEASE_SECONDS):
                raise StageError("another `hotline simulate` is running: wait for its end")
        except (RedisError, OSError) as exc:
            raise StageError(f"Redis at {_without_password(redis_url)} does not answer: is the hotline running?") from exc
        renewing = asyncio.ensure_future(_renew(client, mine))
        try:
            await _trickle_left(client)
            yield
        finally:
            renewing.cancel()
            with contextlib.suppress(RedisError, OSError):
                if await client.get(keys.DEMO_PAUSE) == mine:
                    await client.delete(keys.DEMO_PAUSE)
    finally:
        await client.aclose()


async def _renew(client: object, mine: str) -> None:
    while True:
        with contextlib.suppress(RedisError, OSError):
            await client.set(keys.DEMO_PAUSE, mine, ex=LEASE_SECONDS)  # type: ignore[attr-defined]
        await asyncio.sleep(RENEW_SECONDS)


async def _trickle_left(client: object) -> None:
    deadline = time.monotonic() + LEAVE_SECONDS
    while time.monotonic() < deadline:
        if await client.get(keys.DEMO_TRICKLE) in (None, "paused"):  # type: ignore[attr-defined]
            return
        await asyncio.sleep(0.2)
    raise StageError(f"the demo's trickle did not leave within {LEAVE_SECONDS:g} s: see its log, or set demo.trickle = false")


def _without_password(url: str) -> str:
    return url.rpartition("@")[2].removeprefix("redis://")
