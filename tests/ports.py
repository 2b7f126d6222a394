"""Free ports for what tests start. Each worker of a parallel run has ports of its own: a port that is free when it is
looked at would otherwise be given to two tests, and the second to open it fails."""

from __future__ import annotations

import itertools
import os
import random
import socket
from collections import deque
from typing import Final

LOW: Final = 10_000
HIGH: Final = 32_700
"""Below the ports that the kernel gives out by itself (32768 and up)."""
SINGLE: Final = 500
"""Ports of a worker that are given one by one, in turn; the others are given as blocks."""
TRIES: Final = 400

_turn = itertools.count()
_blocks: deque[range] = deque()
"""Given already: what asked for it may not have opened it yet. The oldest are given again first."""


def free_port() -> int:
    """One free port, for TCP and UDP. RuntimeError when there is none."""
    low, _ = _own_ports()
    for _ in range(SINGLE):
        port = low + next(_turn) % SINGLE
        if _is_free(port):
            return port
    raise RuntimeError(f"no free port between {low} and {low + SINGLE}")


def free_block(size: int) -> int:
    """First port, an even one as RTP's pairs want it, of `size` free ones in a row. RuntimeError when there are none."""
    low, high = _own_ports()
    low += SINGLE
    while True:
        for _ in range(TRIES):
            first = random.randrange(low, high - size, 2)
            block = range(first, first + size)
            if not any(_overlap(block, given) for given in _blocks) and all(_is_free(port) for port in block):
                _blocks.append(block)
                return first
        if not _blocks:
            raise RuntimeError(f"no {size} free ports in a row between {low} and {high}")
        _blocks.popleft()


def _own_ports() -> tuple[int, int]:
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = (HIGH - LOW) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) & ~1
    return LOW + number * share, LOW + (number + 1) * share


def _overlap(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        try:
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
