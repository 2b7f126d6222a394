"""Ending asyncio tasks for good."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

AGAIN_SECONDS: Final = 0.1


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until all have ended.

    Once is not enough: redis-py (8.1, and Python's own `asyncio.timeout`) may turn a cancellation that meets it while
    it waits for the network into a TimeoutError, which a task that survives errors takes as one more of them.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_SECONDS)
