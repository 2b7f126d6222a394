"""Who holds which place of the pool, and when each last showed that it is alive: a small file that all of them map.

Worker n takes the ports of place n. It writes its own row and nobody else's: who it is, and in each round of its main loop
the time (a store to memory; no system call). The pool reads. Because it is a file, a pool that starts after the death of
another finds the workers that carry on without it.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST: Final = 4096
_FIELDS: Final = 4
"""Of eight bytes each: pid, start of the process (clock ticks since boot), last sign of life (a double), what it has."""
_PID, _BORN, _BEAT, _HAS = range(_FIELDS)
_CALLER: Final = 1
_PINNED: Final = 2


@dataclass(frozen=True, slots=True)
class Holder:
    """The process of one place. `beat`: `time.monotonic()` of its last sign of life."""

    slot: int
    pid: int
    born: int
    beat: float
    busy: bool
    pinned: bool = False
    """Its caller is in danger: it must not be ended."""

    def alive(self) -> bool:
        """Whether it is still this very process (not a zombie, nor another one with its number)."""
        return self.pid > 0 and born(self.pid) == self.born


class Slots:
    """The mapped file; made when it is not there. Raises OSError.

    Fields are read and written whole, by one aligned move of eight bytes. (`struct.pack_into` fills with zeros first: a
    reader in between would see a process that never gave a sign of life, and the pool would kill it.)
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        size = MOST * _FIELDS * 8
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(fd, size)
            whole = memoryview(mmap.mmap(fd, size))
        finally:
            os.close(fd)
        self._numbers, self._times = whole.cast("q"), whole.cast("d")

    def take(self, slot: int) -> None:
        """This process holds the place from now on."""
        pid, row = os.getpid(), slot * _FIELDS
        self._numbers[row + _PID] = 0  # nobody's, while it is written
        self._numbers[row + _BORN] = born(pid)
        self._times[row + _BEAT] = time.monotonic()
        self._numbers[row + _HAS] = 0
        self._numbers[row + _PID] = pid

    def beat(self, slot: int) -> None:
        """The main loop of this process has come round."""
        self._times[slot * _FIELDS + _BEAT] = time.monotonic()

    def busy(self, slot: int, *, pinned: bool = False) -> None:
        """This process has a caller, who may be in danger."""
        self._numbers[slot * _FIELDS + _HAS] = _PINNED if pinned else _CALLER

    def holder(self, slot: int) -> Holder | None:
        """Who last took the place; it may be dead by now."""
        row = slot * _FIELDS
        pid = self._numbers[row + _PID]
        if not pid:
            return None
        start, has = self._numbers[row + _BORN], self._numbers[row + _HAS]
        return Holder(slot, pid, start, self._times[row + _BEAT], bool(has), has == _PINNED)

    def clear(self, slot: int) -> None:
        """Nobody holds the place."""
        row = slot * _FIELDS
        for field in (_PID, _BORN, _HAS):
            self._numbers[row + field] = 0
        self._times[row + _BEAT] = 0.0

    def holders(self) -> Iterator[Holder]:
        """All that were not cleared."""
        for slot in range(MOST):
            found = self.holder(slot)
            if found is not None:
                yield found


def pinned(path: Path) -> int:
    """How many callers in danger the workers of the file at `path` have now; 0 when there is no such file."""
    if not path.exists():
        return 0
    return sum(1 for holder in Slots(path).holders() if holder.pinned and holder.alive())


def born(pid: int) -> int:
    """When a process started, in clock ticks since boot; with its number that names it for good. 0: it is gone, or a zombie."""
    # By bare system calls: what Python's files and paths would touch is 0.3 MB of copied pages in every worker.
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return 0
    try:
        fields = os.read(fd, 4096).rpartition(b")")[2].split()
        return 0 if fields[0] in (b"Z", b"X") else int(fields[19])
    except (OSError, ValueError, IndexError):
        return 0
    finally:
        os.close(fd)
