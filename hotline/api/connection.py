"""One open feed: what it has been told, what still waits to be sent, and how it ends. No sockets here.

`seq` counts what this connection is sent, without a gap. A reader that lets more than `QUEUE_LIMIT` messages pile up is
let go: keeping the rest of the desk quick matters more, and it gets a fresh snapshot when it comes back.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any, Final

from hotline.api.board import Board, Entities
from hotline.api.people import Person
from hotline.core.board import Viewer, difference, shown

QUEUE_LIMIT: Final = 256
"""Messages waiting for one reader before it counts as too slow."""
CLIENT_MESSAGES: Final = 60
"""Messages a client may send in `CLIENT_WINDOW_SECONDS` (it needs one ping every 5 s and now and then a refetch)."""
CLIENT_WINDOW_SECONDS: Final = 10.0

# Why a feed ends: what `bye` says.
REPLACED: Final = "feed.replaced"  # the same seat opened another feed
SLOW: Final = "feed.slow_reader"
FLOOD: Final = "feed.flood"
STOPPING: Final = "server.stopping"


class Connection:
    """The state of one feed; the WebSocket around it is in :mod:`hotline.api.routers.feed`."""

    def __init__(self, board: Board, person: Person) -> None:
        self._board = board
        self.person = person
        self._viewer = Viewer(role=person.role, agent_id=person.agent_id)
        self._known: dict[str, dict[str, Any]] = {}
        self._seq = 0
        self._waiting: deque[dict[str, Any]] = deque()
        self._more = asyncio.Event()
        self._degraded = False
        self._received: deque[float] = deque()
        self.farewell: str | None = None
        self.leaving = asyncio.Event()

    # from the board

    def board_reset(self) -> None:
        self._waiting.clear()  # everything still unsent is contained in the snapshot
        self._degraded = False
        self._known = {}
        for key, entity in self._board.state.items():
            view = shown(key, entity, self._viewer)
            if view is not None:
                self._known[key] = view
        self._seq += 1
        self._put({"type": "snapshot", "seq": self._seq, "now": time.time(), "state": dict(self._known)})
        if self._board.degraded:
            self.board_degraded()

    def board_changed(self, changed: Entities, removed: list[str]) -> None:
        step = difference(self._known, changed, removed, self._viewer)
        if step:
            self._seq += 1
            self._put({"type": "change", "seq": self._seq, "now": time.time(), "set": step.set, "del": step.gone})

    def board_degraded(self) -> None:
        if not self._degraded:
            self._degraded = True
            self._put({"type": "degraded", "now": time.time()})

    def notices(self) -> None:
        """There is a new notice for this person; what it says is asked for with their rights."""
        self._put({"type": "notices", "now": time.time()})

    # from the client

    def received(self, kind: object) -> None:
        """The client said something; anything but `ping` and `refetch` is ignored."""
        now = time.monotonic()
        self._received.append(now)
        while self._received[0] < now - CLIENT_WINDOW_SECONDS:
            self._received.popleft()
        if len(self._received) > CLIENT_MESSAGES:
            self.bye(FLOOD)
        elif kind == "ping":
            self._put({"type": "pong", "now": time.time()})
        elif kind == "refetch":
            self.board_reset()

    # to the client

    def _put(self, message: dict[str, Any]) -> None:
        if self.farewell is not None:
            return
        if len(self._waiting) >= QUEUE_LIMIT:
            self.bye(SLOW)
            return
        self._waiting.append(message)
        self._more.set()

    async def next_message(self) -> dict[str, Any]:
        """The next message to send; waits for one."""
        while not self._waiting:
            self._more.clear()
            await self._more.wait()
        return self._waiting.popleft()

    def bye(self, code: str) -> None:
        """End this feed, giving `code` as the reason. What still waits is dropped."""
        if self.farewell is None:
            self.farewell = code
            self._waiting.clear()
            self.leaving.set()
