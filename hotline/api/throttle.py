"""How often one address may ask what needs no log-in. Counted in Redis for all API processes together; while Redis is away, by
each process for itself."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter
from typing import Final

from fastapi import Request
from redis.exceptions import RedisError

from hotline.api.context import Context
from hotline.core.errors import HotlineError

WINDOW_SECONDS: Final = 60
MOST_KEPT: Final = 10_000

_here: Counter[str] = Counter()
_minute = [0]


def network(host: str) -> str:
    """The address, or for IPv6 its /64: whoever has one has all of them."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)


async def slow_down(context: Context, request: Request, what: str, most: int) -> None:
    """Count one request. Raises HotlineError `progress.slow_down` when it is one too many this minute."""
    minute = int(time.time()) // WINDOW_SECONDS
    host = context.secrecy.index(f"address:{network(request.client.host if request.client else '')}")
    key = f"hotline:throttle:{what}:{minute}:{host}"
    try:
        async with context.redis.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, 2 * WINDOW_SECONDS)
            count = int((await pipe.execute())[0])
    except (RedisError, OSError):
        if _minute[0] != minute or len(_here) > MOST_KEPT:
            _here.clear()
            _minute[0] = minute
        _here[key] += 1
        count = _here[key]
    if count > most:
        raise HotlineError("progress.slow_down")
