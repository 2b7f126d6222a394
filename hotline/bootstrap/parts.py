"""The parts that run, in the order they start: how each is started, and how it is known to work."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import redis

from hotline.bootstrap import edge_desk, entry
from hotline.bootstrap.checks import redis_command
from hotline.bus import client as bus
from hotline.bus import keys
from hotline.conversation import slots
from hotline.edge import rtpengine
from hotline.edge.rpc import Rpc
from hotline.settings import Settings


@dataclass(frozen=True, slots=True)
class Part:
    """Either a program, whose `command` is made when it starts (it may render configs), or one of our own, whose `body` runs in
    a fork. `ready` is told the process. `drain_seconds`: how long it may take to stop."""

    name: str
    zh: str
    ready: Callable[[Settings, int], bool]
    command: Callable[[Settings], list[str]] | None = None
    body: Callable[[Settings], None] | None = None
    drain_seconds: float = 5.0
    vital: bool = True
    """Whether the hotline cannot start without it."""
    nice: int = 0
    """Its priority, where the system lets us raise it (root): whoever carries voice and signalling waits for nobody."""
    holds: Callable[[Settings], int] = lambda _: 0
    """How many callers it has who must not be hung up on by anybody: while there are any, its stop has no limit."""


def parts(settings: Settings) -> list[Part]:
    """Those that these settings ask for."""
    wanted = []
    if not settings.redis.url:
        wanted.append(Part("redis", "消息总线", lambda s, _: _redis_ready(s), _redis))
    if settings.media.relay == "always":
        wanted.append(Part("rtpengine", "媒体边界", lambda s, _: rtpengine.ready(s), rtpengine.command, nice=-10))
    wanted.append(Part("kamailio", "信令边界", lambda s, _: Rpc(s).ready(), edge_desk.command, nice=-8))
    pool = _own("pool", "通话进程池", drain=settings.limits.drain_seconds + 8, ready=_pool_ready, nice=-5)
    wanted.append(replace(pool, holds=lambda s: slots.pinned(s.run_dir / "slots")))
    wanted.append(_own("routing", "排队路由"))
    wanted.append(_own("jobs", "话单归档与后台任务", also=("archiver",)))
    wanted.append(_own("api", "接口与坐席台"))
    if settings.demo.enabled and settings.demo.trickle:
        wanted.append(_own("simulate", "模拟来电", vital=False))
    return wanted


STOP_ORDER: Final = ("simulate", "pool", "routing", "jobs", "api", "kamailio", "rtpengine", "redis")
"""The callers first: the pool drains while everything it needs still runs; the archiver sees its last facts."""


def _own(
    name: str,
    zh: str,
    *,
    drain: float = 8.0,
    vital: bool = True,
    ready: Callable[[dict[str, object]], bool] = bool,
    nice: int = 0,
    also: tuple[str, ...] = (),
) -> Part:
    """`also`: other heartbeats of the same process, one for each thing that it does at the same time."""

    def beating(settings: Settings, pid: int) -> bool:
        """A heartbeat of an earlier run, which may outlive it by 10 s, does not count."""
        found = [beats(settings, each) for each in (name, *also)]
        return all(beat is not None and beat.get("pid") == pid and ready(beat) for beat in found)

    body = functools.partial(entry.body, name)
    return Part(name, zh, beating, body=body, drain_seconds=drain, vital=vital, nice=nice)


def beats(settings: Settings, name: str) -> dict[str, object] | None:
    """The part's heartbeat, None when there is none."""
    with contextlib.suppress(redis.RedisError, ValueError):
        raw = bus.connect(settings.redis_url, timeout=1.0).get(keys.part(name))
        if isinstance(raw, str):
            found: dict[str, object] = json.loads(raw)
            return found
    return None


def _pool_ready(beat: dict[str, object]) -> bool:
    return bool(beat.get("idle") or beat.get("busy"))


def _redis(settings: Settings) -> list[str]:
    program = redis_command()
    assert program  # checked before the start
    folder: Path = settings.home.resolve() / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return [
        *program,
        *("--bind", "127.0.0.1"),
        *("--port", str(settings.redis.port)),
        *("--dir", str(folder)),
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        *("--save", ""),
        *("--daemonize", "no"),
        *("--maxmemory-policy", "noeviction"),
    ]


def _redis_ready(settings: Settings) -> bool:
    try:
        return bool(bus.connect(settings.redis_url, timeout=1.0).ping())
    except redis.RedisError:
        return False
