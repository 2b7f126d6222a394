"""A routing that says what it is told: answers requests from a table, remembers them, and writes the board as the real
one does (state and change in one MULTI)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

from hotline.bus import keys


class DeskRouting:
    """`answers[name]` is what a request of that name gets; None leaves it without an answer."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self.client = client
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, dict[str, Any] | None] = {}

    async def run(self) -> None:
        last = "0-0"
        while True:
            try:
                found = await self.client.xread({keys.ROUTING_IN: last}, count=50, block=200)
            except RedisError:
                await asyncio.sleep(0.1)
                continue
            pairs = list(found.items()) if isinstance(found, dict) else (found or [])
            for _, rows in pairs:
                for entry_id, fields in rows[0] if rows and isinstance(rows[0], list) else rows:
                    last = entry_id
                    request = json.loads(fields["request"])
                    self.asked.append((request["name"], request["data"]))
                    answer = self.answers.get(request["name"], {"ok": True, "data": {}})
                    if answer is not None:
                        await self.client.rpush(keys.reply(request["id"]), json.dumps(answer))
            await asyncio.sleep(0)

    async def epoch(self, name: str = "e1", state: dict[str, Any] | None = None) -> None:
        """Start a new board."""
        async with self.client.pipeline(transaction=True) as pipe:
            pipe.delete(keys.BOARD_STATE, keys.BOARD_CHANGES)
            pipe.set(keys.BOARD_EPOCH, name)
            for key, entity in (state or {}).items():
                pipe.hset(keys.BOARD_STATE, key, json.dumps(entity))
            await pipe.execute()

    async def change(self, entities: dict[str, Any] | None = None, *gone: str, keep: int | None = None) -> None:
        """One change of the board; `keep` trims the stream to so many."""
        async with self.client.pipeline(transaction=True) as pipe:
            for key, entity in (entities or {}).items():
                pipe.hset(keys.BOARD_STATE, key, json.dumps(entity))
            if gone:
                pipe.hdel(keys.BOARD_STATE, *gone)
            fields = {"set": json.dumps(entities or {}), "del": json.dumps(list(gone))}
            pipe.xadd(keys.BOARD_CHANGES, fields, maxlen=keep, approximate=False)
            await pipe.execute()
