"""Fake conversations on a real Redis: one thread reads their commands, runs their timers and writes what they say."""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import redis

from hotline.bus import client as bus
from hotline.bus import keys
from hotline.core.commands import Command
from hotline.core.facts import Fact
from hotline.core.ids import new_id
from tests.fakes.conversation import FakeConversation, Outcome


class RedisCalls:
    """Hosts any number of fake conversations. Use as a context manager; `call_in` may be called from any thread."""

    def __init__(
        self,
        url: str,
        *,
        agent_phone: Callable[[str], Outcome] = lambda agent_id: ("answered", 0.1),
        expert_phone: Callable[[str], Outcome] = lambda expert_id: ("accepted", 0.2),
    ) -> None:
        self.client: Any = redis.Redis.from_url(url, decode_responses=True)
        self.agent_phone, self.expert_phone = agent_phone, expert_phone
        self.calls: dict[str, FakeConversation] = {}
        self.heard: list[tuple[float, Command]] = []
        self.silent: set[str] = set()
        """Calls whose conversation is dead: no snapshots, no ears."""
        self._last: dict[str, str] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.RLock()
        self._stopping = False
        self._renewed = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> RedisCalls:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._thread.join(5)

    def call_in(self, queue: str = "GN", priority: int = 0, caller: str = "") -> FakeConversation:
        call_id = new_id("call", time.time())
        with self._lock:
            call = FakeConversation(
                call_id,
                clock=time.time,
                later=self._later,
                publish=self._publish,
                agent_phone=self.agent_phone,
                expert_phone=self.expert_phone,
            )
            self.calls[call_id] = call
            self._last[call_id] = "0-0"
            call.caller_hash = caller
            call.arrive(queue, priority)
        return call

    def hang_up(self, call: FakeConversation) -> None:
        with self._lock:
            call.caller_hangs_up()

    def do(self, what: Callable[[], None]) -> None:
        """Run something on a conversation, without its thread in between."""
        with self._lock:
            what()

    def connects(self) -> list[tuple[float, Command]]:
        return [item for item in list(self.heard) if item[1].name == "connect_agent"]

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), what))

    def _publish(self, fact: Fact) -> None:
        bus.publish(self.client, fact)
        self._snapshot(self.calls[fact.call_id])

    def _snapshot(self, call: FakeConversation) -> None:
        if call.ended:
            self.client.hdel(keys.LIVE, call.call_id)
        elif call.call_id not in self.silent:
            self.client.hset(keys.LIVE, call.call_id, json.dumps(call.snapshot()))

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._round()
            except redis.RedisError:
                time.sleep(0.05)

    def _round(self) -> None:
        with self._lock:
            streams = {
                keys.commands(key): last
                for key, last in self._last.items()
                if not self.calls[key].ended and key not in self.silent
            }
        found = self.client.xread(streams, block=20, count=100) if streams else []
        if not streams:
            time.sleep(0.01)
        with self._lock:
            for stream, entries in found or ():
                call_id = stream.removeprefix(keys.commands(""))
                for entry_id, fields in entries:
                    self._last[call_id] = entry_id
                    command = Command.from_json(fields["command"])
                    self.heard.append((time.time(), command))
                    self.calls[call_id].command(command)
            now = time.monotonic()
            while self._timers and self._timers[0][0] <= now:
                heapq.heappop(self._timers)[2]()
            if now - self._renewed > 1.0:
                self._renewed = now
                for call in self.calls.values():
                    if not call.ended:
                        self._snapshot(call)
