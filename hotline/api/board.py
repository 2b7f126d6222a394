"""The board as the API holds it: read from Redis once a process, handed on to every open feed.

Snapshot and last change are read in one MULTI, so nothing falls between them; then changes are read as they come. A new
epoch, a trimmed stream or a Redis that went away and came back all end in the same place: a new snapshot for everybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import Any, Final, Protocol

import redis.asyncio
from redis.exceptions import RedisError

from hotline import logs
from hotline.bus import keys

log = logs.get("hotline.api.board")

BLOCK_MS: Final = 1000
"""How long one read waits; a new epoch without any change is noticed within this time."""
BATCH: Final = 500
NO_EPOCH_SECONDS: Final = 0.25
"""How often to look for a board when there is none."""
RETRY_SECONDS: Final = (0.1, 0.2, 0.5, 1.0)

Entities = Mapping[str, Mapping[str, Any]]


class Listener(Protocol):
    """Someone who follows the board: an open feed. None of these may block."""

    def board_reset(self) -> None:
        """The whole board is new: read :attr:`Board.state` again."""

    def board_changed(self, changed: Entities, removed: list[str]) -> None:
        """These entities have changed or gone."""

    def board_degraded(self) -> None:
        """The board stands still: Redis or routing is away."""


class _StartAgain(Exception):
    """What has been read so far does not fit together any more."""


class Board:
    """Follows `hotline:board:*`. `state` is the latest board, `degraded` says that it may be out of date."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._listeners: set[Listener] = set()
        self.state: dict[str, dict[str, Any]] = {}
        self.own: dict[str, dict[str, Any]] = {}
        """Entities of this process (emergencies, today's figures): on the board whether Redis is there or not."""
        self.epoch: str | None = None
        self.degraded = True
        self._last_id = "0-0"

    def join(self, listener: Listener) -> None:
        """Tell `listener` of everything from now on."""
        self._listeners.add(listener)

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    async def run(self) -> None:
        """Follow the board until cancelled."""
        failures = 0
        while True:
            try:
                await self._read_snapshot()
                failures = 0
                while True:
                    await self._read_changes()
            except _StartAgain:
                await asyncio.sleep(0)
            except (RedisError, OSError, TimeoutError, ValueError) as exc:
                self._degrade(type(exc).__name__)
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1

    async def close(self) -> None:
        """Give the connection back."""
        await self._client.aclose()

    async def _read_snapshot(self) -> None:
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.get(keys.BOARD_EPOCH)
            pipe.hgetall(keys.BOARD_STATE)
            pipe.xrevrange(keys.BOARD_CHANGES, count=1)
            epoch, state, last = await pipe.execute()
        if epoch is None:
            # Redis was emptied, or routing has not run yet. What the desk sees stays, marked as old, until routing has
            # rebuilt the board: an empty one would take the form of a running call off the agent's screen.
            self._degrade("no_epoch")
            await asyncio.sleep(NO_EPOCH_SECONDS)
            raise _StartAgain
        self.epoch = epoch
        self._last_id = last[0][0] if last else "0-0"
        self.state = {**{key: json.loads(text) for key, text in state.items()}, **self.own}
        self.degraded = False
        self.reset_all()

    def reset_all(self) -> None:
        """Everybody gets the whole board anew."""
        self.state.update(self.own)
        for listener in list(self._listeners):
            listener.board_reset()

    def publish(self, key: str, entity: dict[str, Any] | None) -> None:
        """Set one of this process's own entities, or take it off (None). On the event loop only."""
        if entity is None:
            self.own.pop(key, None)
            self._tell({}, [key] if self.state.pop(key, None) is not None else [])
        elif self.own.get(key) != entity:
            self.own[key] = self.state[key] = entity
            self._tell({key: entity}, [])

    def _tell(self, changed: Entities, removed: list[str]) -> None:
        for listener in list(self._listeners):
            listener.board_changed(changed, removed)

    async def _read_changes(self) -> None:
        answer = await self._client.xread({keys.BOARD_CHANGES: self._last_id}, count=BATCH, block=BLOCK_MS)
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.get(keys.BOARD_EPOCH)
            pipe.xrange(keys.BOARD_CHANGES, count=1)
            epoch, first = await pipe.execute()
        if epoch != self.epoch:
            raise _StartAgain
        batch = _entries(answer)
        if batch and first and self._last_id != "0-0" and _number(first[0][0]) > _number(self._last_id):
            raise _StartAgain  # the last change we know has been trimmed away: some may be missing in between
        for entry_id, fields in batch:
            self._last_id = entry_id
            self._apply(fields)

    def _apply(self, fields: Mapping[str, str]) -> None:
        changed: dict[str, dict[str, Any]] = json.loads(fields.get("set") or "{}")
        removed: list[str] = json.loads(fields.get("del") or "[]")
        self.state.update(changed)
        for key in removed:
            self.state.pop(key, None)
        self._tell(changed, removed)

    def _degrade(self, why: str) -> None:
        if not self.degraded:
            log.warning("board_degraded", why=why)
        self.degraded = True
        for listener in list(self._listeners):
            with contextlib.suppress(Exception):
                listener.board_degraded()


def _entries(answer: Any) -> list[tuple[str, dict[str, str]]]:
    """The entries of the one stream read. redis-py gives a list of pairs (RESP2) or a mapping of lists (RESP3)."""
    if not answer:
        return []
    rows = next(iter(answer.values())) if isinstance(answer, dict) else answer[0][1]
    return rows[0] if rows and isinstance(rows[0], list) else rows


def _number(entry_id: str) -> tuple[int, int]:
    millis, _, count = entry_id.partition("-")
    return int(millis), int(count or 0)
