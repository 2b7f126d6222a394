"""The parts that run, in the order they start: how each is started, and how it is known to work."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis

from hotline.bootstrap import entry
from hotline.bootstrap.checks import redis_command
from hotline.bus import client as bus
from hotline.bus import keys
from hotline.edge import kamailio, rtpengine
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


def parts(settings: Settings) -> list[Part]:
    """Those that these settings ask for."""
    wanted = []
    if not settings.redis.url:
        wanted.append(Part("redis", "消息总线", lambda s, _: _redis_ready(s), _redis))
    if settings.media.relay == "always":
        wanted.append(Part("rtpengine", "媒体边界", lambda s, _: rtpengine.ready(s), rtpengine.command))
    wanted.append(Part("kamailio", "信令边界", lambda s, _: Rpc(s).ready(), kamailio.command))
    wanted.append(_own("pool", "通话进程池", drain=settings.limits.drain_seconds + 8, ready=_pool_ready))
    wanted.append(_own("routing", "排队路由"))
    wanted.append(_own("archiver", "话单归档"))
    wanted.append(_own("jobs", "后台任务"))
    wanted.append(_own("api", "接口与坐席台"))
    if settings.demo.enabled and settings.demo.trickle:
        wanted.append(_own("simulate", "模拟来电", vital=False))
    return wanted


STOP_ORDER: Final = ("simulate", "pool", "routing", "archiver", "jobs", "api", "kamailio", "rtpengine", "redis")
"""The callers first: the pool drains while everything it needs still runs; the archiver sees its last facts."""


def _own(
    name: str, zh: str, *, drain: float = 8.0, vital: bool = True, ready: Callable[[dict[str, object]], bool] = bool
) -> Part:
    def beating(settings: Settings, pid: int) -> bool:
        """A heartbeat of an earlier run, which may outlive it by 10 s, does not count."""
        beat = beats(settings, name)
        return beat is not None and beat.get("pid") == pid and ready(beat)

    return Part(name, zh, beating, body=lambda settings: entry.body(name, settings), drain_seconds=drain, vital=vital)


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
