"""Parts as forks: what they inherit and what not, how they end, and results of work done apart."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

# In a process of its own: forking wants a process without threads, and pytest may have some.
_HEAD = """
import os, signal, subprocess, sys, tempfile
from hotline.bootstrap import forked
from hotline.core.errors import Missing
out = tempfile.TemporaryFile("w+")
def said():
    out.seek(0)
    return out.read()
"""


def _run(body: str) -> str:
    done = subprocess.run([sys.executable, "-c", _HEAD + body], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_fork_has_no_file_but_its_own_and_its_own_group() -> None:
    _run("""
reader, writer = os.pipe()  # like the guard's
def body():
    print(sorted(int(n) for n in os.listdir("/proc/self/fd"))[:4], os.getpgid(0) == os.getpid(), os.environ["WORD"])
child = forked.start("x", body, out.fileno(), {"WORD": "hello"})
os.close(writer)
assert child.wait(10) == 0
assert os.read(reader, 1) == b""
fds, _, rest = said().partition("] ")
assert fds == "[0, 1, 2, 3", fds  # 3 is the listing itself
assert rest.strip() == "True hello", rest
assert os.environ.get("WORD") is None
""")


def test_exit_codes_and_signals_are_told_like_popen_does() -> None:
    _run("""
import time
assert forked.start("x", lambda: sys.exit(2), out.fileno(), {}).wait(10) == 2
assert forked.start("x", lambda: 1 / 0, out.fileno(), {}).wait(10) == 1
assert "ZeroDivisionError" in said()
signal.signal(signal.SIGTERM, lambda *_: None)  # the supervisor's own handler must not be the child's
child = forked.start("x", lambda: time.sleep(60), out.fileno(), {})
assert child.poll() is None
try:
    child.wait(0.1)
except subprocess.TimeoutExpired:
    pass
else:
    raise AssertionError
while os.getpgid(child.pid) != child.pid:
    time.sleep(0.01)
time.sleep(0.1)
child.send_signal(signal.SIGTERM)
assert child.wait(10) == -signal.SIGTERM
child.send_signal(signal.SIGTERM)  # gone: nothing
""")


def test_work_apart_gives_its_result_or_its_error() -> None:
    said = _run("""
assert forked.apart(lambda: [["a", "b"]]) == [["a", "b"]]
def prints():
    print("not the result")
    return 7
def misses():
    raise Missing("part.unknown", name="x")
for body, code in ((misses, "part.unknown"), (lambda: os._exit(3), "run.failed")):
    try:
        forked.apart(body)
    except Exception as error:
        assert error.code == code, error.code
    else:
        raise AssertionError(code)
try:
    forked.apart(lambda: 1 / 0)
except Exception as error:
    assert error.code == "run.failed"
assert forked.apart(prints) == 7
""")
    assert "ZeroDivisionError" in said
