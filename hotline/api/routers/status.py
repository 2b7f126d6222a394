"""How the house is doing: which parts live, what goes on, and whether anything is away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from redis.exceptions import RedisError

from hotline import logs
from hotline.api.context import Context, current
from hotline.api.guard import need, open_to_all
from hotline.api.people import Person
from hotline.bus import keys
from hotline.core.calendars.days import local_date, missing_year
from hotline.core.calendars.timetable import Timetable

log = logs.get("hotline.api.routers.status")
router = APIRouter(prefix="/api", tags=["status"])

HEARTBEAT_SECONDS: Final = 3.0
PROBE_SECONDS: Final = 1.0
PROBE_LIMIT_SECONDS: Final = 2.0
_PART_PREFIX: Final = keys.part("")


class Part(BaseModel):
    """One running part, by its heartbeat."""

    name: str
    pid: int | None
    since: float | None


class QueueStatus(BaseModel):
    """Waiting callers of one queue."""

    name: str
    waiting: int
    oldest_seconds: float | None


class Workers(BaseModel):
    """Conversation workers with an unexpired lease."""

    idle: int
    busy: int


class Status(BaseModel):
    """The house at a glance. `degraded`: which of `redis`, `database`, `routing`, `board` are away."""

    now: float
    since: float
    demo: bool
    degraded: list[str]
    parts: list[Part]
    live_calls: int
    calls_by_phase: dict[str, int]
    agents: dict[str, int]
    queues: list[QueueStatus]
    waiting: int
    oldest_waiting_seconds: float | None
    offers: int
    experts: dict[str, int]
    workers: Workers
    feeds: int
    missing_year: int | None
    """The year whose holidays should be known by now (the next one from November on) and are not."""


class Health(BaseModel):
    """Answered from memory, so always quick. `ok` is false when anything is away; calls go on all the same."""

    ok: bool
    degraded: list[str]
    since: float


def _degraded(context: Context) -> list[str]:
    return sorted(context.degraded | ({"board"} if context.board.degraded else frozenset()))


@router.get("/health", dependencies=[Depends(open_to_all)])
async def health(context: Annotated[Context, Depends(current)]) -> Health:
    """Whether the API runs (200), and what it misses."""
    missing = _degraded(context)
    return Health(ok=not missing, degraded=missing, since=context.since)


@router.get("/status")
async def status(
    person: Annotated[Person, Depends(need("status.read"))], context: Annotated[Context, Depends(current)]
) -> Status:
    """Parts, live calls, agents by state, queues and workers. What only Redis knows is empty while it is away."""
    now = time.time()
    kinds: dict[str, list[dict[str, Any]]] = {}
    for key, entity in context.board.state.items():
        kinds.setdefault(key.partition("/")[0], []).append(entity)
    parts: list[Part] = []
    live: list[dict[str, Any]] = []
    workers: list[dict[str, Any]] = []
    missing: int | None = None
    try:
        parts = await _parts(context)
        live = _leased(await context.redis.hgetall(keys.LIVE), now)
        workers = _leased(await context.redis.hgetall(keys.WORKERS), now)
        missing = _missing_year(await context.redis.get(keys.TIMETABLE), now)
    except (RedisError, OSError, TimeoutError) as exc:
        log.warning("status_incomplete", kind=type(exc).__name__)
    queues = [_queue(entity, now) for entity in kinds.get("queues", ())]
    oldest = [one.oldest_seconds for one in queues if one.oldest_seconds is not None]
    states = Counter(one.get("state") for one in workers)
    return Status(
        now=now,
        since=context.since,
        demo=context.settings.demo.enabled,
        degraded=_degraded(context),
        parts=parts,
        live_calls=len(live),
        calls_by_phase=Counter(str(one.get("phase")) for one in live),
        agents=Counter(str(one.get("state")) for one in kinds.get("agents", ())),
        queues=queues,
        waiting=sum(one.waiting for one in queues),
        oldest_waiting_seconds=max(oldest, default=None),
        offers=len(kinds.get("offers", ())),
        experts=Counter(str(one.get("state")) for one in kinds.get("experts", ())),
        workers=Workers(idle=states["idle"], busy=states["busy"]),
        feeds=len(context.feeds.open),
        missing_year=missing,
    )


async def _parts(context: Context) -> list[Part]:
    names = sorted([key async for key in context.redis.scan_iter(match=_PART_PREFIX + "*", count=1000)])
    texts = await context.redis.mget(names) if names else []
    found = []
    for name, text in zip(names, texts, strict=True):
        if text:
            beat = json.loads(text)
            found.append(Part(name=name.removeprefix(_PART_PREFIX), pid=beat.get("pid"), since=beat.get("since")))
    return found


def _missing_year(text: str | bytes | None, now: float) -> int | None:
    try:
        return missing_year(Timetable.from_json(text).years, local_date(now)) if text else None
    except ValueError:
        return None


def _leased(entries: Mapping[Any, Any], now: float) -> list[dict[str, Any]]:
    decoded = [json.loads(text) for text in entries.values()]
    return [one for one in decoded if one.get("lease", 0) > now]


def _queue(entity: dict[str, Any], now: float) -> QueueStatus:
    oldest = entity.get("oldest_queued_at")
    return QueueStatus(
        name=str(entity.get("name")),
        waiting=int(entity.get("waiting") or 0),
        oldest_seconds=max(0.0, now - oldest) if oldest else None,
    )


async def beat(context: Context) -> None:
    """Our own heartbeat, until cancelled."""
    while True:
        body = json.dumps({"pid": os.getpid(), "since": context.since, "feeds": len(context.feeds.open)})
        with contextlib.suppress(RedisError, OSError, TimeoutError):  # the probe tells
            await context.redis.set(keys.part("api"), body, ex=keys.PART_LEASE_SECONDS)
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def probe(context: Context) -> None:
    """Look once a second whether Redis, routing and the database answer, until cancelled."""
    while True:
        missing: set[str] = set()
        try:
            async with asyncio.timeout(PROBE_LIMIT_SECONDS):
                if not await context.redis.exists(keys.part("routing")):
                    missing.add("routing")
        except (RedisError, OSError, TimeoutError):
            missing |= {"redis", "routing"}
        try:
            async with asyncio.timeout(PROBE_LIMIT_SECONDS):
                await asyncio.to_thread(context.store.ping)
        except Exception:  # whatever it is, the database does not answer
            missing.add("database")
        if missing != context.degraded:
            log.warning("degraded", missing=sorted(missing), before=sorted(context.degraded))
        context.degraded = frozenset(missing)
        await asyncio.sleep(PROBE_SECONDS)
