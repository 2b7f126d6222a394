"""Routing's side of Redis: reading events, looking at the world, and writing everything decided in one MULTI.

One transaction carries the commands, answers, facts, board, records, and takes the answered requests out of the
stream. So a routing that dies leaves either all of a decision behind or nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import redis

from hotline.bus import keys
from hotline.core.board_entities import Changes
from hotline.core.commands import Command
from hotline.core.facts import Fact
from hotline.core.routing.effects import PlaceCall, Reply

STALE_REQUEST_MS: Final = 3_000
"""A request older than this has been given up by whoever asked (see `hotline.bus.client.ask_routing`)."""
BATCH: Final = 64
REPLY_SECONDS: Final = 30
COMMANDS_SECONDS: Final = 600

Sendable = Command | Fact | Reply | PlaceCall


@dataclass(frozen=True, slots=True)
class Incoming:
    """Facts, and requests as (stream id, JSON)."""

    facts: Sequence[str]
    requests: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one round has decided. `whole`: the board and the records are written anew under a new `epoch`."""

    effects: Sequence[Sendable]
    board: Changes
    agents: Mapping[str, Any]
    uses: Mapping[str, Any]
    answered: Sequence[str]
    epoch: str = ""

    def __bool__(self) -> bool:
        return bool(self.effects or self.board or self.agents or self.uses or self.answered or self.epoch)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Bus:
    """Reads and writes for routing. Everything raises redis.exceptions.RedisError when Redis is away."""

    def __init__(self, client: redis.Redis) -> None:
        self._client: Any = client
        self._facts_from = "0-0"
        self._requests_from = "0-0"

    def begin(self, now: float) -> None:
        """Read facts from here on, and requests nobody has given up yet."""
        last = self._client.xrevrange(keys.FACTS, count=1)
        self._facts_from = last[0][0] if last else "0-0"
        self._requests_from = f"{int(now * 1000) - STALE_REQUEST_MS}-0"

    def read(self, block_ms: int) -> Incoming:
        """What has come since; waits up to `block_ms` for something."""
        answer = self._client.xread(
            {keys.FACTS: self._facts_from, keys.ROUTING_IN: self._requests_from}, count=BATCH, block=max(1, block_ms)
        )
        facts: list[str] = []
        requests: list[tuple[str, str]] = []
        for stream, entries in answer or ():
            for entry_id, fields in entries:
                if stream == keys.FACTS:
                    self._facts_from = entry_id
                    facts.append(fields.get("fact", ""))
                else:
                    self._requests_from = entry_id
                    requests.append((entry_id, fields.get("request", "")))
        return Incoming(facts, requests)

    def epoch(self) -> str | None:
        """The board's epoch; None when Redis knows of no board."""
        found: str | None = self._client.get(keys.BOARD_EPOCH)
        return found

    def left_behind(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Agents, expert uses and board of an earlier routing."""
        pipe = self._client.pipeline()
        for key in (keys.AGENTS, keys.EXPERTS, keys.BOARD_STATE):
            pipe.hgetall(key)
        agents, uses, board = pipe.execute()
        return _parse(agents), _parse(uses), _parse(board)

    def people(self) -> str | None:
        found: str | None = self._client.get(keys.PEOPLE)
        return found

    def keep_people(self, text: str, numbers: Iterable[str] = ()) -> None:
        """`numbers`: of the other hotlines that may be dialled, exactly."""
        pipe = self._client.pipeline()
        pipe.set(keys.PEOPLE, text)
        pipe.delete(keys.EXTERNAL_NUMBERS)
        if listed := sorted(numbers):
            pipe.sadd(keys.EXTERNAL_NUMBERS, *listed)
        pipe.execute()

    def lease_seconds(self, agent_id: str) -> float:
        """What is left of one agent's lease; 0 when there is none."""
        return max(0, int(self._client.pttl(keys.agent_lease(agent_id)))) / 1000

    def world(self, agent_ids: Iterable[str]) -> tuple[str | None, dict[str, dict[str, Any]], dict[str, float]]:
        """(epoch, live snapshots, seconds left of leases) of one moment."""
        ids = list(agent_ids)
        pipe = self._client.pipeline()
        pipe.get(keys.BOARD_EPOCH)
        pipe.hgetall(keys.LIVE)
        for agent_id in ids:
            pipe.pttl(keys.agent_lease(agent_id))
        epoch, live, *left = pipe.execute()
        leases = {agent_id: ms / 1000 for agent_id, ms in zip(ids, left, strict=True) if ms > 0}
        return epoch, _parse(live), leases

    def write(self, batch: Batch) -> None:
        """Everything at once."""
        pipe = self._client.pipeline(transaction=True)
        for effect in batch.effects:
            _add(pipe, effect)
        if batch.epoch:
            pipe.delete(keys.BOARD_STATE, keys.BOARD_CHANGES, keys.AGENTS, keys.EXPERTS)
            pipe.set(keys.BOARD_EPOCH, batch.epoch)
        if batch.board.set:
            pipe.hset(keys.BOARD_STATE, mapping={key: _json(item) for key, item in batch.board.set.items()})
        if batch.board.gone:
            pipe.hdel(keys.BOARD_STATE, *batch.board.gone)
        if batch.board or batch.epoch:
            # With a new epoch readers start again from the state; an empty change is what wakes them.
            board = Changes({}, ()) if batch.epoch else batch.board
            change = {"set": _json(dict(board.set)), "del": _json(list(board.gone))}
            pipe.xadd(keys.BOARD_CHANGES, change, maxlen=keys.BOARD_KEEP, approximate=True)
        if batch.agents:
            pipe.hset(keys.AGENTS, mapping={key: _json(item) for key, item in batch.agents.items()})
        if batch.uses:
            pipe.hset(keys.EXPERTS, mapping={key: _json(item) for key, item in batch.uses.items()})
        if batch.answered:
            pipe.xdel(keys.ROUTING_IN, *batch.answered)
        pipe.execute()

    def beat(self, value: Mapping[str, Any]) -> None:
        """Heartbeat of this part."""
        self._client.set(keys.part("routing"), _json(dict(value)), ex=keys.PART_LEASE_SECONDS)

    def farewell(self) -> None:
        self._client.delete(keys.part("routing"))


def _add(pipe: Any, effect: Sendable) -> None:
    if isinstance(effect, Command):
        key = keys.commands(effect.call_id)
        pipe.xadd(key, {"command": effect.to_json()}, maxlen=500, approximate=True)
        pipe.expire(key, COMMANDS_SECONDS)
    elif isinstance(effect, Reply):
        key = keys.reply(effect.request_id)
        pipe.rpush(key, _json(dict(effect.answer)))
        pipe.expire(key, REPLY_SECONDS)
    elif isinstance(effect, PlaceCall):
        pipe.rpush(keys.ORDERS, effect.order.to_json())
    else:
        pipe.xadd(keys.FACTS, {"fact": effect.to_json()}, maxlen=keys.FACTS_KEEP, approximate=True)


def _parse(raw: Mapping[str, str]) -> dict[str, Any]:
    """Values that are JSON objects; anything else is left out."""
    found = {}
    for key, text in raw.items():
        try:
            value = json.loads(text)
        except ValueError:
            continue
        if isinstance(value, dict):
            found[key] = value
    return found
