"""Leaves no process behind, whatever happens to the supervisor.

A tiny process of its own holds the reading end of a pipe. The supervisor writes the process groups it starts; when the
pipe closes (also by `kill -9`), the guard ends every group that is still there.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import Final

GRACE_SECONDS: Final = 2.0

# Kept free of the project's imports: it must be small and must not fail.
_PROGRAM: Final = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
groups = set()
for line in sys.stdin:
    word, _, group = line.strip().partition(" ")
    if word == "add": groups.add(int(group))
    elif word == "drop": groups.discard(int(group))
def send(number):
    left = set()
    for group in groups:
        try: os.killpg(group, number); left.add(group)
        except ProcessLookupError: pass
        except PermissionError: pass
    return left
groups = send(signal.SIGTERM)
deadline = time.monotonic() + float(sys.argv[1])
while groups and time.monotonic() < deadline:
    time.sleep(0.05); groups = send(0)
groups = send(signal.SIGKILL)
"""


class Guard:
    """Start it before the first part."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", _PROGRAM, str(GRACE_SECONDS)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    def add(self, group: int) -> None:
        """The process group `group` is to be ended with the supervisor."""
        self._tell(f"add {group}")

    def drop(self, group: int) -> None:
        """The group is gone, and its number may be somebody else's soon."""
        self._tell(f"drop {group}")

    def close(self) -> None:
        """The supervisor is done: end what is left, and wait for the guard."""
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_SECONDS + 3)

    def _tell(self, line: str) -> None:
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()


def group_alive(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
