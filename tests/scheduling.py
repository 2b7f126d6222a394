"""Which worker of a parallel run (`pytest -n`) gets which file of tests.

Tests of calls mostly wait: their people speak in real time. Browsers want processors, but two of them fight. What computes
takes all it can get. So some workers begin with calls, one with browsers, and the others compute meanwhile, giving way to the
calls (:func:`take_place`); at most :data:`MOST_BROWSERS` files of browser tests are under way at once.
"""

from __future__ import annotations

import contextlib
import os
from enum import IntEnum
from pathlib import Path
from typing import Final

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling
from xdist.workermanage import WorkerController

from hotline.bootstrap.supervisor import prefer

TESTS = Path(__file__).parent


class Stream(IntEnum):
    """What the tests of a folder do with their time."""

    CALLS = 0
    BROWSERS = 1
    COMPUTES = 2


FOLDERS: Final = {"system": Stream.CALLS, "sip": Stream.CALLS, "e2e": Stream.BROWSERS}
"""The other folders compute."""
LANES: Final = (
    (Stream.CALLS, Stream.BROWSERS, Stream.COMPUTES),
    (Stream.BROWSERS, Stream.CALLS, Stream.COMPUTES),
    (Stream.CALLS, Stream.COMPUTES, Stream.BROWSERS),
    (Stream.COMPUTES,),
    (Stream.CALLS, Stream.COMPUTES, Stream.BROWSERS),
    (Stream.COMPUTES,),
)
"""What each worker takes, in this order; workers beyond these begin again at the first."""
MOST_BROWSERS: Final = 2
NICE: Final = 8
"""Of the workers that only compute: simulated people, who speak in real time, come first."""
LONGEST: Final = (
    *("system/test_phone_agent", "system/test_call_back", "system/test_village", "system/test_mix", "system/test_night"),
    *("sip/test_sip_cases", "sip/test_conversation_live", "system/test_scenes"),
    *("e2e/test_pages", "e2e/test_headset", "e2e/test_console", "e2e/test_desk"),
    *("unit/test_whole_simulation", "integration/routing/test_routing_process", "integration/routing/test_dial_killed"),
)
"""Begun first, so that in the end nobody waits for one."""


def by_length(items: list[pytest.Item]) -> None:
    """Put the files of :data:`LONGEST` first; the order within a file stays."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(TESTS).with_suffix("").as_posix(), len(LONGEST)))


def take_place(worker: str) -> None:
    """Make this process (a worker's; `worker` is its name, such as `gw0`) and what it starts a session of its own, because the
    kernel shares the processors between sessions first (sched(7), "autogroup"): all workers together would get as much as one
    part of one of the hotlines they started. Who only computes gives way."""
    with contextlib.suppress(OSError):
        os.setsid()
    if _lane(worker) == (Stream.COMPUTES,):
        prefer(os.getpid(), NICE)


class StreamScheduling(LoadScopeScheduling):
    """Hands out whole files, each worker those of its lane."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::", 1)[0]

    def _reschedule(self, node: WorkerController) -> None:
        # One test ahead is enough (a worker begins one when it knows the next): files held back by a busy worker are
        # missed by an idle one.
        if self.workqueue and self._pending_of(self.assigned_work[node]) > 1:
            return
        super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        scope = next((scope for stream in _lane(node.gateway.id) for scope in self._waiting(stream, node)), None)
        if scope is None:
            # Nothing for this lane any more. Without this the worker would keep its last test for ever.
            node.shutdown()
            return
        self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)

    def _waiting(self, stream: Stream, node: WorkerController) -> list[str]:
        """Files of a stream that `node` may have. Who has browsers under way always may, so that none is left in the end."""
        if (
            stream is Stream.BROWSERS
            and sum(self._browses(other) for other in self.nodes if other is not node) >= MOST_BROWSERS
        ):
            return []
        return [scope for scope in self.workqueue if _stream(scope) is stream]

    def _browses(self, node: WorkerController) -> bool:
        units = self.assigned_work[node].items()
        return any(_stream(scope) is Stream.BROWSERS and not all(tests.values()) for scope, tests in units)


def _lane(worker: str) -> tuple[Stream, ...]:
    return LANES[int(worker.removeprefix("gw")) % len(LANES)]


def _stream(scope: str) -> Stream:
    return FOLDERS.get(Path(scope).parts[1], Stream.COMPUTES)
