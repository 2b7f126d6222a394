"""The pool supervisor: a fork server that keeps warm workers, replaces them, drains them, and accounts for every death.

pjsua2 is imported here, before the fork, and initialised only after it (42 ms to a SIP-ready worker instead of 96 ms). This
process therefore never starts a thread.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import redis

from hotline import logs
from hotline.bus import client as bus
from hotline.bus import keys
from hotline.conversation import recovery, worker
from hotline.conversation.context import Context
from hotline.conversation.overflow import Overflow
from hotline.core.journal import SUFFIX

log = logs.get("pool")

SPAWN_AT_ONCE: Final = 4
"""Forks in one round, so that calls that end are still noticed during a burst."""
SLOT_REST_SECONDS: Final = 3.0
"""A slot's ports rest before they are used again: late packets of the last call must not reach the next one."""
START_SECONDS: Final = 10.0
"""A worker that is not ready by then is killed."""
SWEEP_SECONDS: Final = 5.0
ALARM_SECONDS: Final = 60.0
"""A disk that is nearly full is told again after this."""


@dataclass(slots=True)
class Child:
    """One worker as the pool sees it."""

    pid: int
    slot: int
    pipe: int
    started: float
    state: str = "starting"
    call_id: str = ""
    buffer: bytes = b""


@dataclass(slots=True)
class Pool:
    """`end_leg` ends a leg left behind by a dead worker (through the edge)."""

    context: Context
    end_leg: recovery.EndLeg
    children: dict[int, Child] = field(default_factory=dict)
    deaths: int = 0
    _free: dict[int, float] = field(default_factory=dict)
    _next_slot: int = 0
    _draining: bool = False
    _client: Any = None
    _overflow: Overflow | None = None
    _beat: float = 0.0
    _sweep: float = 0.0
    _alarmed: float = -1e9
    _since: float = field(default_factory=time.time)

    def run(self) -> None:
        """Until SIGTERM and the end of the last call, or `limits.drain_seconds`."""
        settings = self.context.settings
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._client = bus.connect(settings.redis_url)
        settings.journal_dir.mkdir(parents=True, exist_ok=True)
        self._overflow = Overflow(self.context, self._client)
        with contextlib.suppress(redis.RedisError):
            self._client.delete(keys.IDLE)
        # The collector writes into every object it looks at, and so would copy all that the workers share with us (19 MB a
        # worker at its first full round): what is there now is never looked at again.
        gc.collect()
        gc.freeze()
        deadline = 0.0
        while True:
            if self._draining and not deadline:
                deadline = time.monotonic() + settings.limits.drain_seconds + 5
                for child in self.children.values():
                    self._signal(child, signal.SIGTERM)
            if self._draining and not self.children:
                break
            if deadline and time.monotonic() > deadline:
                for child in self.children.values():
                    self._signal(child, signal.SIGKILL)
            self._fill()
            self._listen(0.2)
            self._reap()
            self._each_second()
        with contextlib.suppress(redis.RedisError):
            self._client.delete(keys.IDLE, keys.part("pool"))

    def _on_term(self, *_: Any) -> None:
        self._draining = True

    # Children.

    def _fill(self) -> None:
        """Keep `pool.warm` workers idle or on their way, within `pool.max`."""
        pool = self.context.settings.pool
        for _ in range(SPAWN_AT_ONCE):
            ready = sum(1 for child in self.children.values() if child.state != "busy")
            if self._draining or ready >= pool.warm or len(self.children) >= pool.max:
                return
            self._spawn()

    def _spawn(self) -> None:
        slot = self._slot()
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            if self._overflow:
                self._overflow.close()
            for child in self.children.values():
                os.close(child.pipe)
            worker.main(self.context, slot, writer)
        os.close(writer)
        os.set_blocking(reader, False)
        self.children[pid] = Child(pid, slot, reader, time.monotonic())

    def _slot(self) -> int:
        """The lowest place whose ports have rested."""
        now = time.monotonic()
        for slot, since in sorted(self._free.items()):
            if now - since >= SLOT_REST_SECONDS:
                del self._free[slot]
                return slot
        self._next_slot += 1
        return self._next_slot - 1

    def _listen(self, seconds: float) -> None:
        pipes = {child.pipe: child for child in self.children.values()}
        assert self._overflow
        try:
            readable, _, _ = select.select([*pipes, self._overflow.fileno()], [], [], seconds)
        except InterruptedError:
            return
        for pipe in readable:
            if pipe in pipes:
                self._read(pipes[pipe])
            else:
                self._overflow.serve()

    def _read(self, child: Child) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(child.pipe, 4096)
            if not data:
                # The child is gone or going; reaping tells how.
                time.sleep(0.005)
            child.buffer += data
        *lines, child.buffer = child.buffer.split(b"\n")
        for line in lines:
            word, _, rest = line.decode().partition(" ")
            if word == "ready":
                child.state = "idle"
            elif word == "busy":
                child.state, child.call_id = "busy", rest

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self.children.pop(pid, None)
            if child:
                self._read(child)
                os.close(child.pipe)
                self._free[child.slot] = time.monotonic()
                self._account(child, os.waitstatus_to_exitcode(status))

    def _account(self, child: Child, code: int) -> None:
        """Every death: what it was, and what it leaves behind."""
        settings = self.context.settings
        if code != 0:
            self.deaths += 1
            log.error("worker_died", pid=child.pid, slot=child.slot, exit_code=code, call_id=child.call_id)
        address = f"sip:127.0.0.1:{settings.sip.worker_port_from + child.slot}"
        with contextlib.suppress(redis.RedisError):
            self._client.lrem(keys.IDLE, 0, address)
            self._client.hdel(keys.WORKERS, f"{child.pid}-{child.slot}")
        if child.call_id:
            path = settings.journal_dir / f"{child.call_id}{SUFFIX}"
            if path.exists():
                recovery.recover(path, client=self._client, end_leg=self.end_leg)

    def _signal(self, child: Child, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, number)

    # Now and then.

    def _each_second(self) -> None:
        now = time.monotonic()
        if now - self._beat >= 1.0:
            self._beat = now
            for child in list(self.children.values()):
                if child.state == "starting" and now - child.started > START_SECONDS:
                    self._signal(child, signal.SIGKILL)
            self._heartbeat()
        if now - self._sweep >= SWEEP_SECONDS:
            self._sweep = now
            self._sweep_journals()

    def _heartbeat(self) -> None:
        settings = self.context.settings
        states = [child.state for child in self.children.values()]
        free = shutil.disk_usage(settings.home).free // 1_000_000
        beat = {
            "pid": os.getpid(),
            "since": self._since,
            "idle": states.count("idle"),
            "busy": states.count("busy"),
            "starting": states.count("starting"),
            "deaths": self.deaths,
            "draining": self._draining,
            "disk_free_mb": free,
            "disk_low": free < settings.pool.recordings_low_mb,
        }
        if beat["disk_low"] and time.monotonic() - self._alarmed > ALARM_SECONDS:
            self._alarmed = time.monotonic()
            log.error("disk_low", free_mb=free)
        with contextlib.suppress(redis.RedisError):
            self._client.set(keys.part("pool"), json.dumps(beat), ex=keys.PART_LEASE_SECONDS)

    def _sweep_journals(self) -> None:
        """Journals of calls whose process is gone, from before this pool or missed by it."""
        mine = {child.pid for child in self.children.values()}
        for path in recovery.open_journals(self.context.settings.journal_dir):
            with contextlib.suppress(OSError, ValueError):
                if time.time() - path.stat().st_mtime < 2.0:
                    continue
                pid = recovery.owner(path)
                if pid and pid not in mine and not recovery.alive(pid):
                    recovery.recover(path, client=self._client, end_leg=self.end_leg)


def main(context: Context, end_leg: Callable[[dict[str, Any]], None]) -> None:
    """Run the pool in this process until it is told to stop."""
    Pool(context, end_leg).run()
