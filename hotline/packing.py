"""Makes a process's memory fit to be shared with its forks (the parts with `hotline run`, the workers with the pool): a fork
copies each page (4 KB) it writes to, however little it writes there.

Measured with 40 callers (benchmarks/README.md): of the 12.5 MB that a busy worker held for itself, 0.6 MB were new pages. All
else were copies of the pool's, made for a few bytes here and there:

* Python's cache of attribute look-ups, filled by everything the pool has imported: a worker that uses a name throws another
  out, and writes the count of references into that one, wherever it lies (0.9 MB);
* gaps: what a worker allocates goes first into the room that something freed has left, a little in each of many pages;
* the garbage collector, which writes into every object it looks at (19 MB, at a worker's first full collection).

So, before the first fork: the cache is emptied, the gaps are filled, and what is there is taken out of the collector's sight.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from collections.abc import Callable
from typing import Any, Final

_SMALL: Final = range(48, 513, 16)
"""Sizes of the blocks of Python's own allocator, from that of an empty `bytes` on (Objects/obmalloc.c)."""
_BYTES_HEADER: Final = sys.getsizeof(b"")
_POOL_MASK: Final = 0x3FFF
_POOL_HEADER: Final = 48
"""Blocks come from pools of 16 KB that begin with 48 bytes of their own."""
_MOST: Final = 50_000
"""Blocks of one size at most, should a Python do all this differently."""
_LARGE: Final = (65_536, 16_384, 8_192, 4_096, 2_048, 1_536, 1_024, 768, 640, 544)
"""Sizes of gaps to look for in the C library's heap; smaller ones belong to Python."""

_MALLOPT: Final = ((-8, 1), (-3, 256 * 1024), (-1, 256 * 1024))
"""M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD (malloc.h)."""

_fillers: list[Any] = []
"""What fills the gaps: never read, never freed."""


class _Mallinfo2(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    )


def pack(rehearse: Callable[[], None] = lambda: None) -> None:
    """To be called once, in the process that forks, when all is imported and loaded.

    `rehearse` does what the forks will do: the cache then holds what they will look up.
    """
    with contextlib.suppress(AttributeError):
        _one_heap()
    sys._clear_type_cache()
    rehearse()
    gc.collect()
    # A C library that does not tell (musl, old glibc) has its gaps left as they are.
    with contextlib.suppress(AttributeError):
        _fill_large()
    for size in _SMALL:
        _fill_small(size)
    gc.collect()
    gc.freeze()


def _one_heap() -> None:
    """One heap for all threads, large blocks given back when freed: the C library would keep a heap for each of 8 threads a
    core, and, after the first large block (each log-in takes 64 MB), as much in reserve."""
    libc = ctypes.CDLL(None)
    for option, value in _MALLOPT:
        libc.mallopt(option, value)


def _fill_small(size: int) -> None:
    """Take blocks of `size` until two in a row come from the beginning of a fresh pool: then no gap is left."""
    last = 0
    for _ in range(_MOST):
        block = bytes(size - _BYTES_HEADER)
        _fillers.append(block)
        if last & _POOL_MASK == _POOL_HEADER and id(block) == last + size:
            return
        last = id(block)


def _fill_large() -> None:
    """Take pieces of the C library's heap, the largest first, until they come from its end."""
    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = _Mallinfo2
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    for size in _LARGE:
        while True:
            before = libc.mallinfo2()
            if before.fordblks - before.keepcost < size:
                break
            _fillers.append(libc.malloc(size))
            if libc.mallinfo2().keepcost != before.keepcost:
                break
