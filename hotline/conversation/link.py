"""The conversation's line to Redis: two helper threads, joined to the main thread by queues, which do Redis only.

The journal is the truth; this is the wire. While Redis is away, facts wait here in order (and the archiver reads the
journal); commands simply do not come, and the conversation's own limits look after the caller.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import redis

from hotline.bus import client as bus
from hotline.bus import keys
from hotline.core.commands import Command
from hotline.core.facts import Fact

RETRY_SECONDS: Final = 0.5


class Link:
    """`commands` and `notices` fill from the helper threads; `wake` is called after each (it must be thread-safe)."""

    def __init__(self, url: str, *, worker_id: str, address: str, wake: Callable[[], None]) -> None:
        self._url = url
        self._worker_id = worker_id
        self._address = address
        self._wake = wake
        self._out: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.commands: deque[Command] = deque()
        self.notices: deque[str] = deque()
        self._call_id = ""
        self._claimed = False
        self._live: dict[str, Any] | None = None
        self._stopping = False
        self._gone = False
        self._missing = 0
        self._known = False
        self._writer = threading.Thread(target=self._write, name="bus-writer", daemon=True)
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Begin, and stand in the list of idle workers."""
        self._out.put(("idle", None))
        self._writer.start()

    def claimed(self, call_id: str) -> None:
        """A caller is here: leave the list, and listen for commands."""
        self._call_id = call_id
        self._claimed = True
        self._out.put(("claimed", None))
        self._reader = threading.Thread(target=self._read, name="bus-reader", daemon=True)
        self._reader.start()

    def publish(self, facts: list[Fact]) -> None:
        for fact in facts:
            self._out.put(("fact", fact))

    def live(self, snapshot: dict[str, Any] | None) -> None:
        """The call's present state for `hotline:live`; renewed by itself. None takes it out."""
        self._live = snapshot
        self._out.put(("live", None))

    def withdraw(self) -> None:
        """No longer idle (draining)."""
        self._claimed = True
        self._out.put(("claimed", None))

    def stop(self, seconds: float) -> None:
        """Send what is left, for at most `seconds`; the rest is in the journal."""
        self._stopping = True
        self._out.put(("stop", None))
        if self._writer.is_alive():
            self._writer.join(seconds)

    # Writer thread.

    def _write(self) -> None:
        client = bus.connect(self._url)
        pending: tuple[str, Any] | None = None
        while True:
            current = pending or self._next()
            pending = current
            if current[0] == "stop":
                with contextlib.suppress(redis.RedisError):
                    client.hdel(keys.WORKERS, self._worker_id)
                return
            try:
                self._do(client, *current)
                pending = None
                self._notice(gone=False)
            except redis.RedisError:
                self._notice(gone=True)
                if self._stopping:
                    return
                if current[0] in ("renew", "live"):
                    pending = None  # superseded by the next one
                time.sleep(RETRY_SECONDS)

    def _next(self) -> tuple[str, Any]:
        try:
            return self._out.get(timeout=keys.LIVE_RENEW_SECONDS)
        except queue.Empty:
            return ("renew", None)

    def _notice(self, *, gone: bool) -> None:
        if gone != self._gone:
            self._gone = gone
            self.notices.append("redis_gone" if gone else "redis_back")
            self._wake()

    def _do(self, client: redis.Redis, what: str, item: Any) -> None:
        if what == "fact":
            bus.publish(client, item)
        elif what == "idle":
            client.rpush(keys.IDLE, self._address)
            self._renew(client)
        elif what == "claimed":
            client.lrem(keys.IDLE, 0, self._address)
            self._renew(client)
        else:
            self._renew(client)

    def _renew(self, client: redis.Redis) -> None:
        now = time.time()
        pipe = client.pipeline(transaction=False)
        worker = {
            "address": self._address,
            "state": "busy" if self._claimed else "idle",
            "call_id": self._call_id,
            "lease": now + keys.LIVE_LEASE_SECONDS,
        }
        pipe.hset(keys.WORKERS, self._worker_id, json.dumps(worker))
        if self._call_id:
            if self._live is None:
                pipe.hdel(keys.LIVE, self._call_id)
            else:
                snapshot = {**self._live, "lease": now + keys.LIVE_LEASE_SECONDS}
                pipe.hset(keys.LIVE, self._call_id, json.dumps(snapshot, ensure_ascii=False))
        unknown = pipe.execute()[0] == 1
        if not self._claimed:
            self._stand_in_line(client, emptied=unknown and self._known)
        self._known = True

    def _stand_in_line(self, client: redis.Redis, *, emptied: bool) -> None:
        """Redis may have been emptied: a worker that is idle and not listed stands in line again. Missing once may mean that
        the edge has just claimed us and the INVITE is on its way; missing twice, 2 s apart, does not, nor does missing
        when Redis does not know us at all any more."""
        if client.lpos(keys.IDLE, self._address) is not None:
            self._missing = 0
            return
        self._missing += 1
        if emptied or self._missing >= 2:
            client.rpush(keys.IDLE, self._address)
            self._missing = 0

    # Reader thread.

    def _read(self) -> None:
        client = bus.connect(self._url, timeout=10.0)
        stream, last = keys.commands(self._call_id), "0"
        while not self._stopping:
            try:
                answer: Any = client.xread({stream: last}, block=5000, count=50)
            except redis.RedisError:
                time.sleep(RETRY_SECONDS)
                continue
            for _, entries in answer or ():
                for entry_id, fields in entries:
                    last = entry_id
                    with contextlib.suppress(ValueError, KeyError):
                        self.commands.append(Command.from_json(fields["command"]))
                        self._wake()
