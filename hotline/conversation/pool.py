"""The pool supervisor: a fork server that keeps warm workers, replaces them, drains them, and accounts for every death.

pjsua2 is imported and created here, before the fork, and initialised only after it (42 ms to a SIP-ready worker instead of
96 ms). This process therefore never starts a thread.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import time
from dataclasses import dataclass, field
from typing import Any, Final

import redis

from hotline import logs, packing
from hotline.bus import client as bus
from hotline.bus import keys, wire
from hotline.conversation import recovery, rehearsal, worker
from hotline.conversation.context import Context
from hotline.conversation.orphans import Orphans
from hotline.conversation.overflow import Overflow
from hotline.conversation.places import TAKEN_SECONDS, Places
from hotline.conversation.slots import Holder, Slots
from hotline.core.conversations.orders import Order
from hotline.core.journal import SUFFIX
from hotline.telephony import endpoint

log = logs.get("pool")

SPAWN_AT_ONCE: Final = 4
"""Forks in one round, so that calls that end are still noticed during a burst."""
START_SECONDS: Final = 10.0
"""A worker that is not ready by then is killed."""
KILL_AFTER_SECONDS: Final = 5.0
"""A worker that has not come to an end so long after `limits.drain_seconds` is killed."""
SWEEP_SECONDS: Final = 5.0
LATE_SECONDS: Final = 2.0
"""When this pool itself has not come round for so long (the machine slept, or is far too busy), nobody is called hung."""
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
    hung: bool = False


@dataclass(slots=True, repr=False)
class Pool:
    """`end_leg` ends a leg left behind by a dead worker (through the edge).

    Without a representation, because Python makes one of an old signal handler's owner when it is replaced, which each worker
    does at its start: all settings turned into words there cost a worker 1.3 MB of copied pages.
    """

    context: Context
    end_leg: recovery.EndLeg
    children: dict[int, Child] = field(default_factory=dict)
    deaths: int = 0
    slots: Slots = field(init=False)
    _legs: recovery.LeftLegs = field(init=False)
    _orphans: Orphans = field(init=False)
    _places: Places = field(init=False)
    _draining: bool = False
    _until: dict[int, float] = field(default_factory=dict)
    """While draining: the time until which each process may go on."""
    _client: Any = None
    _overflow: Overflow | None = None
    _beat: float = 0.0
    _sweep: float = 0.0
    _watch_from: float = 0.0
    _alarmed: float = -1e9
    _since: float = field(default_factory=time.time)

    def run(self) -> None:
        """Until SIGTERM and the end of the last call, or `limits.drain_seconds`; callers in danger have no limit."""
        settings = self.context.settings
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._client = bus.connect(settings.redis_url)
        settings.journal_dir.mkdir(parents=True, exist_ok=True)
        self._overflow = Overflow(self.context, self._client)
        self._legs = recovery.LeftLegs(self.end_leg)
        self.slots = Slots(settings.run_dir / "slots")
        self._orphans = Orphans(self.slots)
        self._places = Places(settings.sip.worker_port_from, self._orphans)
        with contextlib.suppress(redis.RedisError):
            self._forget_the_dead()
        # All that workers can share is made now; `pack` sees to it that they go on sharing it.
        endpoint.prepare()
        wire.address(settings.redis_url)
        packing.pack(lambda: rehearsal.rehearse(self.context))
        told = False
        while True:
            if self._draining and not told:
                told = True
                for child in self.children.values():
                    self._signal(child, signal.SIGTERM)
                self._orphans.dismiss(busy=True)
            if self._draining and not self.children and not self._orphans:
                break
            if self._draining:
                self._end_late()
            self._fill()
            self._call_out()
            self._listen(0.2)
            self._reap()
            self._each_second()
        with contextlib.suppress(redis.RedisError):
            self._client.delete(keys.IDLE, keys.part("pool"))

    def _forget_the_dead(self) -> None:
        """Of those in line only the ones who are still there may be called: idle workers of a pool that died."""
        there = {self._address(orphan.slot) for orphan in self._orphans.all() if not orphan.busy}
        for address in self._client.lrange(keys.IDLE, 0, -1):
            if address not in there:
                self._client.lrem(keys.IDLE, 0, address)

    def _address(self, slot: int) -> str:
        return f"sip:127.0.0.1:{self.context.settings.sip.worker_port_from + slot}"

    def _on_term(self, *_: Any) -> None:
        self._draining = True

    def _end_late(self) -> None:
        """Kill who has not come to an end in time. A call with a caller in danger is ended by people only: its time begins
        again and again while it is pinned, and once more when it is not pinned any more."""
        now = time.monotonic()
        for holder in self._holders():
            until = self._until.setdefault(holder.pid, now + self.context.settings.limits.drain_seconds + KILL_AFTER_SECONDS)
            if holder.pinned:
                del self._until[holder.pid]
            elif now > until:
                self._kill(holder.pid)

    def _holders(self) -> list[Holder]:
        """Our workers and those of former pools, as they have noted themselves (`born` is 0 for one that has not yet)."""
        mine = []
        for child in self.children.values():
            noted = self.slots.holder(child.slot)
            mine.append(noted if noted and noted.pid == child.pid else Holder(child.slot, child.pid, 0, 0.0, busy=False))
        return [*mine, *self._orphans.all()]

    # Children.

    def _fill(self) -> None:
        """Keep `pool.warm` workers idle or on their way, within `pool.max`."""
        pool = self.context.settings.pool
        for _ in range(SPAWN_AT_ONCE):
            ready = sum(1 for child in self.children.values() if child.state in ("starting", "idle") and not child.hung)
            if self._draining or ready >= pool.warm or len(self.children) + len(self._orphans) >= pool.max:
                return
            slot = self._places.pick()
            if slot is None:
                return
            self._spawn(slot)

    def _call_out(self) -> None:
        """Orders to call somebody: a worker of its own for each, forked with the order in hand, so that no caller's worker is
        claimed. One that comes too late, or for which there is no room, is dropped: routing sees that nothing came of it."""
        for _ in range(SPAWN_AT_ONCE):
            try:
                text = self._client.lpop(keys.ORDERS)
            except redis.RedisError:
                return
            if text is None:
                return
            try:
                order = Order.from_json(text)
            except ValueError:
                log.error("order_unreadable")
                continue
            if any(child.call_id == order.call_id for child in self.children.values()):
                log.warning("order_begun_before", call_id=order.call_id)  # told twice, and the first is in hand
                continue
            room = len(self.children) + len(self._orphans) < self.context.settings.pool.max
            slot = self._places.pick() if room and not self._draining and time.time() < order.expires_at else None
            if slot is None:
                log.warning("order_dropped", call_id=order.call_id, draining=self._draining, room=room)
                continue
            self._spawn(slot, order)

    def _spawn(self, slot: int, order: Order | None = None) -> None:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            if self._overflow:
                self._overflow.close()
            for child in self.children.values():
                os.close(child.pipe)
            worker.main(self.context, slot, writer, self.slots, order)
        os.close(writer)
        os.set_blocking(reader, False)
        state = "busy" if order else "starting"
        self.children[pid] = Child(pid, slot, reader, time.monotonic(), state, order.call_id if order else "")

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
            elif word == "leaving":
                child.state = "leaving"

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
                self._places.rest(child.slot)
                self.slots.clear(child.slot)
                self._account(child, os.waitstatus_to_exitcode(status))

    def _account(self, child: Child, code: int) -> None:
        """Every death: what it was, and what it leaves behind."""
        if code == worker.EXIT_PORT_TAKEN:
            # Somebody was quicker than our look at the port: nobody died of it.
            log.warning("port_taken", slot=child.slot)
            self._places.rest(child.slot, TAKEN_SECONDS)
        elif code != 0:
            self.deaths += 1
            log.error("worker_died", pid=child.pid, slot=child.slot, exit_code=code, call_id=child.call_id)
        self._strike_off(child.pid, child.slot)
        if child.call_id:
            path = self.context.settings.journal_dir / f"{child.call_id}{SUFFIX}"
            # One that came too late for an order has another's journal: that call goes on.
            if path.exists() and recovery.owner(path) in (child.pid, 0):
                recovery.recover(path, client=self._client, legs=self._legs)

    def _strike_off(self, pid: int, slot: int) -> None:
        """Redis forgets a worker."""
        with contextlib.suppress(redis.RedisError):
            self._client.lrem(keys.IDLE, 0, self._address(slot))
            self._client.hdel(keys.WORKERS, f"{pid}-{slot}")

    def _signal(self, child: Child, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, number)

    def _kill(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    # Now and then.

    def _each_second(self) -> None:
        now = time.monotonic()
        if now - self._beat >= 1.0:
            if now - self._beat >= 1.0 + LATE_SECONDS:
                self._watch_from = now
            self._beat = now
            for child in list(self.children.values()):
                if child.state == "starting" and now - child.started > START_SECONDS:
                    self._signal(child, signal.SIGKILL)
            self.context.published.refresh()
            self._look_for_hung(now)
            self._legs.again()
            self._look_after_orphans()
            self._heartbeat()
        if now - self._sweep >= SWEEP_SECONDS:
            self._sweep = now
            self._sweep_journals()

    def _look_for_hung(self, now: float) -> None:
        """A worker whose main loop stands still hears neither its caller nor us. At `pool.hung_idle_seconds` an idle one
        leaves the line, before callers meet it; at `pool.hung_seconds` any is killed, and its call closed from the journal."""
        pool = self.context.settings.pool
        mine = {child.pid: child for child in self.children.values() if child.state != "starting"}
        for holder in self._holders():
            child = mine.get(holder.pid)
            if not holder.born or (child is None and holder.slot not in self._orphans):
                continue
            still = now - max(holder.beat, self._watch_from)
            if child is not None:
                child.hung = still > pool.hung_idle_seconds
            if still > pool.hung_idle_seconds and not holder.busy:
                self._strike_off(holder.pid, holder.slot)
            if still > pool.hung_seconds and holder.alive():
                log.error("worker_hung", pid=holder.pid, slot=holder.slot, seconds=round(still, 1))
                self._kill(holder.pid)

    def _look_after_orphans(self) -> None:
        for gone in self._orphans.look():
            self._strike_off(gone.pid, gone.slot)
            self._sweep = 0.0
            self._places.rest(gone.slot)
        ready = sum(1 for child in self.children.values() if child.state == "idle" and not child.hung)
        if self._orphans and ready >= self.context.settings.pool.warm:
            self._orphans.dismiss(busy=False)

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
            "orphans": len(self._orphans),
            "deaths": self.deaths,
            "draining": self._draining,
            "pinned": sum(holder.pinned for holder in self._holders()),
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
                    recovery.recover(path, client=self._client, legs=self._legs)


def main(context: Context, end_leg: recovery.EndLeg) -> None:
    """Run the pool in this process until it is told to stop."""
    Pool(context, end_leg).run()
