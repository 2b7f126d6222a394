"""A part of the house as a real process that is killed with SIGKILL at a named step, and started again.

The test gives the body of a script, which defines `run()` and puts `hang("step")` wherever the process is to stay until it is
killed; each step hangs once. A mother process imports everything and forks, so that a start costs milliseconds.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from hotline.settings import Settings
from tests.conftest import eventually

ROOT: Final = Path(__file__).resolve().parents[2]
HANG_SECONDS: Final = 30.0

HEAD: Final = """
import os
import sys
import time
from pathlib import Path
from hotline import logs
from hotline.settings import load

MARKS = Path({marks!r})


def settings():
    return load(Path({toml!r}), **{overrides!r})


def hang(step):
    "The first time: stay here until killed. `round` is a word that the test may change between two starts."
    now = MARKS / "round"
    mark = MARKS / (f"{{now.read_text()}}.{{step}}" if now.exists() else step)
    if not mark.exists():
        mark.touch()
        until = time.time() + 120
        while time.time() < until and not (MARKS / "go_on").exists():
            time.sleep(0.05)


def after(module, name, step, when=bool):
    "Hang when a function has done something; where it is called within a transaction, before that is committed."
    real = getattr(module, name)

    def call(*args, **more):
        found = real(*args, **more)
        if when(found):
            hang(step)
        return found

    setattr(module, name, call)


def before(module, name, step):
    "Hang when a function is about to be called."
    real = getattr(module, name)

    def call(*args, **more):
        hang(step)
        return real(*args, **more)

    setattr(module, name, call)
"""

TAIL: Final = """
logs.setup("test")
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        run()
        os._exit(0)
    print(pid, flush=True)
    os.waitpid(pid, 0)
"""


class Part:
    """The process. `overrides`: of the settings, besides home, Redis and database."""

    def __init__(self, settings: Settings, folder: Path, body: str, **overrides: Any) -> None:
        folder.mkdir()
        self.marks = folder / "marks"
        self.marks.mkdir()
        self._log = folder / "log.txt"
        script = folder / "run.py"
        values = {
            "home": str(settings.home),
            "redis": {"url": settings.redis_url},
            "database": {"url": settings.database.url},
            **overrides,
        }
        head = HEAD.format(marks=str(self.marks), toml=str(settings.home / "hotline.toml"), overrides=values)
        script.write_text("\n".join([head, textwrap.dedent(body), TAIL]))
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with self._log.open("ab") as log:
            self._mother = subprocess.Popen(
                [sys.executable, str(script)], env=environment, stderr=log, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        self.pid = 0

    def start(self) -> None:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(b"start\n")
        self._mother.stdin.flush()
        answer = self._mother.stdout.readline()
        assert answer, self.log[-3000:]
        self.pid = int(answer)

    def kill(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self.pid = 0

    def end(self) -> None:
        self.kill()
        self._mother.kill()
        self._mother.wait(10)

    def round(self, word: str) -> None:
        """Every step hangs once more."""
        (self.marks / "round").write_text(word)

    def go_on(self) -> None:
        """Whatever hangs goes on."""
        (self.marks / "go_on").touch()

    def hangs_at(self, step: str, seconds: float = HANG_SECONDS) -> None:
        """Wait until it hangs there."""
        eventually((self.marks / step).exists, seconds)

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""


@contextmanager
def part_of(settings: Settings, folder: Path, body: str, **overrides: Any) -> Iterator[Part]:
    """The part, ended whatever happens; its log is shown when the test fails."""
    made = Part(settings, folder, body, **overrides)
    try:
        yield made
    finally:
        made.end()
        print(made.log[-3000:])
