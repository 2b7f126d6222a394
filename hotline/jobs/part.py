"""What every long-running part does: stop when asked, and say that it lives."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

import redis

from hotline.bus import keys

BEAT_SECONDS: Final = 3.0
"""Three beats fit into one lease, so that one slow transaction does not look like a death."""


class Heartbeat:
    """Renews `hotline:part:<name>`; Redis being away is no reason to stop."""

    def __init__(self, client: redis.Redis, name: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._key = keys.part(name)
        self._clock = clock
        self._since = clock()
        self._last = 0.0

    def beat(self, **facts: Any) -> None:
        """Renew when it is time to; `facts` (numbers, words) stand beside `pid` and `since`."""
        now = self._clock()
        if 0 <= now - self._last < BEAT_SECONDS:
            return
        self._last = now
        body = json.dumps({"pid": os.getpid(), "since": self._since, **facts})
        with contextlib.suppress(redis.RedisError):
            self._client.set(self._key, body, ex=keys.PART_LEASE_SECONDS)

    def end(self) -> None:
        """Gone on purpose."""
        with contextlib.suppress(redis.RedisError):
            self._client.delete(self._key)


@contextlib.contextmanager
def stopping(on_stop: Callable[[], None] | None = None) -> Iterator[threading.Event]:
    """An event that SIGTERM or SIGINT sets (in the main thread; elsewhere it is a plain event). The handlers of
    before come back at the end."""
    stop = threading.Event()

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        if on_stop is not None:
            on_stop()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
