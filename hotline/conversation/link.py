"""The conversation's line to Redis: one helper thread, joined to the main thread by queues, which does Redis only.

The journal is the truth; this is the wire. While Redis is away, facts wait here in order (and the archiver reads the
journal); commands simply do not come, and the conversation's own limits look after the caller.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import redis

from hotline.bus import keys
from hotline.bus.wire import Command as Words
from hotline.bus.wire import Wire
from hotline.core.commands import Command
from hotline.core.facts import Fact

RETRY_SECONDS: Final = 0.5
TIMETABLE_SECONDS: Final = 10.0
"""How often an idle worker reads when the lines are open: as often as routing writes it."""
HEAR_SECONDS: Final = 5.0
"""How long Redis holds our question for commands before it says that there are none."""
DEAF_SECONDS: Final = 10.0
"""No answer to that question at all: the connection is dead."""


class Link:
    """`commands` and `notices` fill from the helper thread; `wake` is called after each (it must be thread-safe)."""

    def __init__(self, url: str, *, worker_id: str, address: str, wake: Callable[[], None]) -> None:
        self._worker_id = worker_id
        self._address = address
        self._wake = wake
        self._out: deque[tuple[str, Any]] = deque()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.commands: deque[Command] = deque()
        self.notices: deque[str] = deque()
        self.timetable = ""
        """When the lines are open, as it last came through Redis."""
        self._timetable_at = float("-inf")
        self._call_id = ""
        self._claimed = False
        self._live: dict[str, Any] | None = None
        self._stopping = False
        self._gone = False
        self._missing = 0
        self._known = False
        self._renewed = 0.0
        self._mouth = Wire(url)
        self._ear = _Ear(url)
        self._thread = threading.Thread(target=self._run, name="bus", daemon=True)

    def start(self, *, idle: bool = True) -> None:
        """Begin, and stand in the list of idle workers; not one that was made for a call of ours."""
        if idle:
            self._put("idle")
        self._claimed = not idle
        self._thread.start()

    def claimed(self, call_id: str) -> None:
        """A caller is here: leave the list, and listen for commands."""
        self._call_id = call_id
        self._claimed = True
        self._put("claimed")

    def publish(self, facts: list[Fact]) -> None:
        for fact in facts:
            self._put("fact", fact)

    def ask_staff(self, question: dict[str, Any]) -> None:
        """Put a question about our own people. It says when it was asked: one that Redis got late is not answered."""
        self._put("staff", json.dumps({**question, "at": time.time()}, ensure_ascii=False))

    def live(self, snapshot: dict[str, Any] | None) -> None:
        """The call's present state for `hotline:live`; renewed by itself. None takes it out."""
        self._live = snapshot
        self._put("live")

    def withdraw(self) -> None:
        """No longer idle (draining)."""
        self._claimed = True
        self._put("claimed")

    def stop(self, seconds: float) -> None:
        """Send what is left, for at most `seconds`; the rest is in the journal."""
        self._stopping = True
        self._put("stop")
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _put(self, what: str, item: Any = None) -> None:
        self._out.append((what, item))
        os.eventfd_write(self._bell, 1)

    # The helper thread.

    def _run(self) -> None:
        while True:
            self._wait()
            if time.monotonic() - self._renewed >= keys.LIVE_RENEW_SECONDS and not self._stopping:
                self._out.append(("renew", None))
            while self._out:
                if self._out[0][0] == "stop":
                    with contextlib.suppress(redis.RedisError):
                        self._mouth.ask(("HDEL", keys.WORKERS, self._worker_id))
                    return
                if not self._say():
                    if self._stopping:
                        return
                    time.sleep(RETRY_SECONDS)

    def _say(self) -> bool:
        """Do the first of what is to be done; False when Redis would not have it."""
        what, item = self._out[0]
        try:
            self._do(what, item)
        except redis.RedisError:
            self._notice(gone=True)
            if what in ("renew", "live"):
                self._out.popleft()  # superseded by the next one
            return False
        self._out.popleft()
        self._notice(gone=False)
        return True

    def _wait(self) -> None:
        """Until there is something to say, or to renew; commands that come meanwhile are taken."""
        while not self._out:
            now = time.monotonic()
            left = self._renewed + keys.LIVE_RENEW_SECONDS - now
            if left <= 0:
                return
            ear = self._ear.listen(self._call_id, now) if self._call_id else -1
            waiting = [self._bell] if ear < 0 else [self._bell, ear]
            readable, _, _ = select.select(waiting, [], [], left)
            if self._bell in readable:
                os.eventfd_read(self._bell)
            if ear in readable:
                heard = self._ear.hear()
                self.commands.extend(heard)
                if heard:
                    self._wake()

    def _notice(self, *, gone: bool) -> None:
        if gone != self._gone:
            self._gone = gone
            self.notices.append("redis_gone" if gone else "redis_back")
            self._wake()

    def _do(self, what: str, item: Any) -> None:
        if what == "fact":
            self._mouth.ask(("XADD", keys.FACTS, "MAXLEN", "~", keys.FACTS_KEEP, "*", "fact", item.to_json()))
            return
        if what == "staff":
            self._mouth.ask(("XADD", keys.STAFF_IN, "MAXLEN", keys.STAFF_KEEP, "*", "question", item))
            return
        if what == "idle":
            self._mouth.ask(("RPUSH", keys.IDLE, self._address))
        elif what == "claimed":
            self._mouth.ask(("LREM", keys.IDLE, 0, self._address))
        self._renew()

    def _renew(self) -> None:
        now = time.time()
        self._renewed = time.monotonic()
        worker = {
            "address": self._address,
            "state": "busy" if self._claimed else "idle",
            "call_id": self._call_id,
            "lease": now + keys.LIVE_LEASE_SECONDS,
        }
        words: list[Words] = [("HSET", keys.WORKERS, self._worker_id, json.dumps(worker))]
        if self._call_id:
            live = self._live
            if live is None:
                words.append(("HDEL", keys.LIVE, self._call_id))
            else:
                snapshot = {**live, "lease": now + keys.LIVE_LEASE_SECONDS}
                words.append(("HSET", keys.LIVE, self._call_id, json.dumps(snapshot, ensure_ascii=False)))
        fetch = not self._claimed and time.monotonic() - self._timetable_at >= TIMETABLE_SECONDS
        if fetch:
            words.append(("GET", keys.TIMETABLE))
        answers = self._mouth.ask(*words)
        unknown = answers[0] == 1
        if fetch:
            self._timetable_at = time.monotonic()
            self.timetable = answers[-1] if isinstance(answers[-1], str) else ""
        if not self._claimed:
            self._stand_in_line(emptied=unknown and self._known)
        self._known = True

    def _stand_in_line(self, *, emptied: bool) -> None:
        """Redis may have been emptied: a worker that is idle and not listed stands in line again. Missing once may mean that
        the edge has just claimed us and the INVITE is on its way; missing twice, 2 s apart, does not, nor does missing
        when Redis does not know us at all any more."""
        if self._mouth.ask(("LPOS", keys.IDLE, self._address))[0] is not None:
            self._missing = 0
            return
        self._missing += 1
        if emptied or self._missing >= 2:
            self._mouth.ask(("RPUSH", keys.IDLE, self._address))
            self._missing = 0


class _Ear:
    """Commands to one call: a question that Redis holds until there are some, on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._wire = Wire(url)
        self._last = "0"
        self._asked = 0.0
        """When the question was put that is not answered yet; 0 when none is open."""
        self._not_before = 0.0

    def listen(self, call_id: str, now: float) -> int:
        """See to it that the question is open, and return what to wait for; -1 while Redis is away."""
        if self._asked and now - self._asked > DEAF_SECONDS:
            self._failed(now)
        if not self._asked and now >= self._not_before:
            try:
                block = int(1000 * HEAR_SECONDS)
                self._wire.send(("XREAD", "COUNT", 50, "BLOCK", block, "STREAMS", keys.commands(call_id), self._last))
                self._asked = now
            except redis.RedisError:
                self._failed(now)
        return self._wire.fileno() if self._asked else -1

    def hear(self) -> list[Command]:
        """What Redis said; nothing when it had nothing, or is away."""
        found: list[Command] = []
        try:
            answer = self._wire.receive()
        except redis.RedisError:
            self._failed(time.monotonic())
            return found
        self._asked = 0.0
        for _, entries in answer or ():
            for entry_id, fields in entries:
                self._last = entry_id
                with contextlib.suppress(ValueError, KeyError):
                    found.append(Command.from_json(dict(zip(fields[::2], fields[1::2], strict=True))["command"]))
        return found

    def _failed(self, now: float) -> None:
        self._wire.close()
        self._asked, self._not_before = 0.0, now + RETRY_SECONDS
