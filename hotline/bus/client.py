"""Redis clients and the three ways of talking: publish a fact, send a command, ask routing and wait for the answer."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final

import redis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from hotline.bus import keys
from hotline.core.commands import Command
from hotline.core.facts import Fact
from hotline.core.ids import new_id

# Telling Redis the library's version costs 30 ms and 2.5 MB a connection: the library looks it up in the installed packages
# each time. Nobody asks for it.
_UNNAMED: Final = None


def connect(url: str, *, timeout: float = 2.0) -> redis.Redis:
    """A blocking client; every operation gives up after `timeout` seconds (redis.exceptions.RedisError)."""
    client: redis.Redis = redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        health_check_interval=15,
        driver_info=_UNNAMED,
    )
    return client


def connect_async(url: str, *, timeout: float = 5.0) -> redis.asyncio.Redis:
    """An asyncio client. `timeout` must exceed the longest BLOCK used on it. A connection that a restart of Redis has
    closed is opened again without anybody noticing."""
    client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        health_check_interval=15,
        driver_info=_UNNAMED,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 2, supported_errors=(redis.ConnectionError,)),
    )
    return client


def publish(client: redis.Redis, fact: Fact) -> None:
    """Append a fact to the facts stream."""
    client.xadd(keys.FACTS, {"fact": fact.to_json()}, maxlen=keys.FACTS_KEEP, approximate=True)


def send_command(client: redis.Redis, command: Command) -> None:
    """Hand a command to the conversation that owns the call; the stream dies 10 minutes after the last command."""
    key = keys.commands(command.call_id)
    pipe = client.pipeline(transaction=False)
    pipe.xadd(key, {"command": command.to_json()}, maxlen=500, approximate=True)
    pipe.expire(key, 600)
    pipe.execute()


async def ask_routing(
    client: redis.asyncio.Redis, name: str, data: Mapping[str, Any], *, timeout: float = 3.0
) -> dict[str, Any]:
    """Send a request to routing and wait for its answer: `{"ok": true, "data": {…}}` or `{"ok": false, "code": …}`.

    Returns `{"ok": false, "code": "routing.silent"}` when no answer came within `timeout` seconds; the request may still
    take effect, and the board will show it.
    """
    request_id = new_id("req", time.time())
    payload = json.dumps({"id": request_id, "name": name, "data": dict(data)}, ensure_ascii=False)
    await client.xadd(keys.ROUTING_IN, {"request": payload}, maxlen=10_000, approximate=True)
    answer = await client.blpop([keys.reply(request_id)], timeout=timeout)
    if answer is None:
        return {"ok": False, "code": "routing.silent"}
    result: dict[str, Any] = json.loads(answer[1])
    return result
