"""Our own parts are forks of `hotline run`, which has imported what they all need: they start in half the CPU time, and
share those pages instead of each holding its own 40 MB.

A fork inherits more than it should, so the child gives up every file it was not given, and takes its signals back. The parent
must have no thread but the main one.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final

from hotline import packing
from hotline.core.errors import HotlineError

PR_SET_PDEATHSIG: Final = 1
PR_SET_NAME: Final = 15
LOOK_SECONDS: Final = 0.02


class Forked:
    """A child process, with as much of :class:`subprocess.Popen` as the supervisor uses."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Exit code (negative: the signal), None while it runs."""
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self.returncode = -signal.SIGKILL  # somebody else reaped it: it is gone, how is not known
            else:
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Raises subprocess.TimeoutExpired after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("fork", timeout)
            time.sleep(LOOK_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def preload() -> None:
    """Import and make what more than one part needs, and see to it that they go on sharing it."""
    from sqlalchemy.orm import configure_mappers

    import hotline.jobs.main
    import hotline.routing.main
    import hotline.store.models  # noqa: F401

    configure_mappers()
    packing.pack()


def start(name: str, body: Callable[[], None], output: int, environment: Mapping[str, str]) -> Forked:
    """Run `body` in a child that leads a process group of its own and writes to the file descriptor `output`."""
    return Forked(_fork(name, body, output, environment))


def apart(body: Callable[[], Any]) -> Any:
    """Run `body` in a child and return its result (JSON-able): what it imports and allocates is gone afterwards.

    Raises the child's HotlineError, or `run.failed` when it ended otherwise (its traceback is on standard error).
    """
    reader, writer = os.pipe()

    def tell() -> None:
        # What the body prints is not its result.
        result = os.dup(1)
        os.dup2(2, 1)
        try:
            answer = {"result": body()}
        except HotlineError as error:
            answer = {"code": error.code, "details": {key: str(value) for key, value in error.details.items()}}
        with os.fdopen(result, "w", encoding="utf-8") as file:
            json.dump(answer, file)

    child = Forked(_fork("apart", tell, writer, os.environ, keep_errors=True))
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as file:
        text = file.read()
    while child.poll() is None:
        time.sleep(LOOK_SECONDS)
    if not text:
        raise HotlineError("run.failed", exit_code=child.returncode)
    answer = json.loads(text)
    if "code" in answer:
        raise HotlineError(answer["code"], **answer["details"])
    return answer["result"]


def die_with_parent() -> None:
    """Have the kernel send us SIGTERM when our parent dies: a second net under the guard."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _fork(
    name: str, body: Callable[[], None], output: int, environment: Mapping[str, str], *, keep_errors: bool = False
) -> int:
    assert threading.active_count() == 1, "a fork of several threads would inherit their locks, but not them"
    # Rubbish that still owns a file descriptor would close the child's file of that number when it is collected there.
    gc.collect()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    pid = os.fork()
    if pid == 0:
        _child(name, body, output, environment, keep_errors)
    return pid


def _child(name: str, body: Callable[[], None], output: int, environment: Mapping[str, str], keep_errors: bool) -> None:
    """Never returns."""
    code = 1
    try:
        gc.freeze()
        os.setsid()
        die_with_parent()
        ctypes.CDLL(None).prctl(PR_SET_NAME, f"hotline:{name}".encode()[:15])
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _files(output, keep_errors)
        os.environ.update(environment)
        body()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _files(output: int, keep_errors: bool) -> None:
    """Standard input is empty, output and errors go to `output` (errors stay if said), everything else is closed: above all
    the guard's pipe, whose closing tells of the supervisor's death, and the lock of the home."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    if not keep_errors:
        os.dup2(output, 2)
    os.closerange(3, min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 65_536))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True)
