"""Starts the parts, watches them, starts again what died, and stops them in order."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from hotline import logs
from hotline.bootstrap import forked
from hotline.bootstrap.guard import Guard, group_alive
from hotline.bootstrap.parts import STOP_ORDER, Part
from hotline.settings import Settings

log = logs.get("supervisor")

READY_SECONDS: Final = 30.0
BACK_OFF_SECONDS: Final = (0.2, 1.0, 2.0, 5.0, 10.0)
"""Pauses before the next start of a part that keeps dying."""
STEADY_SECONDS: Final = 60.0
"""A part that has run this long has its earlier deaths forgiven."""
LOG_BYTES: Final = 20_000_000
PROGRAMS: Final = {"MALLOC_ARENA_MAX": "1"}
"""Environment of programs that are not ours, unless ours says otherwise: one heap for all threads of rtpengine."""


class StartFailed(Exception):
    """A vital part did not come up; the text names it and its log."""


@dataclass(slots=True)
class Running:
    """One part as the supervisor sees it."""

    part: Part
    process: subprocess.Popen[bytes] | forked.Forked | None = None
    started: float = 0.0
    restarts: int = 0
    next_start: float = 0.0
    log: IO[bytes] | None = None


@dataclass(slots=True)
class Supervisor:
    """`settings.home` must be absolute: the parts get it by environment."""

    settings: Settings
    parts: list[Part]
    environment: dict[str, str]
    running: dict[str, Running] = field(default_factory=dict)
    stopping: bool = False
    _guard: Guard | None = None

    def start(self, progress: Callable[[Part, float], None]) -> None:
        """Bring all parts up in order; parts after `kamailio` start together. Raises StartFailed."""
        self._guard = Guard()
        self.settings.logs_dir.mkdir(parents=True, exist_ok=True)
        edge = [part for part in self.parts if part.name in ("redis", "rtpengine", "kamailio")]
        for group in ([part] for part in edge):
            self._bring_up(group, progress)
        self._bring_up([part for part in self.parts if part not in edge], progress)
        self.note()

    def _bring_up(self, group: list[Part], progress: Callable[[Part, float], None]) -> None:
        began = time.monotonic()
        for part in group:
            self._launch(part)
        waiting = list(group)
        while waiting and not self.stopping:
            for part in list(waiting):
                process = self.running[part.name].process
                if process and part.ready(self.settings, process.pid):
                    waiting.remove(part)
                    progress(part, time.monotonic() - began)
                elif process and process.poll() is not None and part.vital:
                    raise StartFailed(self._why(part, f"ended with code {process.returncode}"))
            late = time.monotonic() - began > READY_SECONDS
            vital = [part for part in waiting if part.vital]
            if late and vital:
                raise StartFailed(self._why(vital[0], f"not ready after {READY_SECONDS:.0f} s"))
            if late:
                return
            time.sleep(0.05)

    def _why(self, part: Part, what: str) -> str:
        path = self.settings.logs_dir / f"{part.name}.log"
        with contextlib.suppress(OSError):
            lines = path.read_text("utf-8", errors="replace").strip().splitlines()
            what += f"; last line of {path}: {lines[-1][:300]}" if lines else f"; see {path}"
        return f"{part.name}: {what}"

    def _launch(self, part: Part) -> None:
        running = self.running.setdefault(part.name, Running(part))
        path = self.settings.logs_dir / f"{part.name}.log"
        with contextlib.suppress(OSError):
            if path.stat().st_size > LOG_BYTES:
                path.replace(path.with_suffix(".log.1"))
        if running.log is None or running.log.closed:
            running.log = path.open("ab")
        if part.body:
            body = functools.partial(part.body, self.settings)
            running.process = forked.start(part.name, body, running.log.fileno(), self.environment)
        else:
            assert part.command
            running.process = subprocess.Popen(
                part.command(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=running.log,
                stderr=running.log,
                env={**PROGRAMS, **self.environment},
                start_new_session=True,
                # A second net under the guard: the kernel tells the part when this process dies.
                preexec_fn=forked.die_with_parent,
            )
        if part.nice:
            prefer(running.process.pid, part.nice)
        running.started = time.monotonic()
        assert self._guard
        self._guard.add(running.process.pid)

    def watch(self) -> None:
        """Until `stopping` is set: restart what dies, and write down how things stand."""
        noted = 0.0
        while not self.stopping:
            for running in self.running.values():
                self._look_after(running)
            if time.monotonic() - noted > 2.0:
                noted = time.monotonic()
                self.note()
            time.sleep(0.2)

    def _look_after(self, running: Running) -> None:
        process, now = running.process, time.monotonic()
        if process is not None and process.poll() is None:
            if running.restarts and now - running.started > STEADY_SECONDS:
                running.restarts = 0
            return
        if process is not None:
            log.error("part_died", part_name=running.part.name, code=process.returncode)
            # Helpers it left in its group (Kamailio's children; not the pool's workers, which carry callers).
            if running.part.name != "pool":
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                if self._guard:
                    self._guard.drop(process.pid)
            running.process = None
            running.next_start = now + BACK_OFF_SECONDS[min(running.restarts, len(BACK_OFF_SECONDS) - 1)]
            running.restarts += 1
        if now >= running.next_start:
            try:
                self._launch(running.part)
            except Exception as error:
                log.error("part_not_started", part_name=running.part.name, reason=type(error).__name__)
                running.next_start = now + BACK_OFF_SECONDS[-1]

    def note(self) -> None:
        """Write `run/parts.json`, from which `hotline status` reads."""
        state: dict[str, Any] = {"supervisor": {"pid": os.getpid()}, "parts": {}}
        for name, running in self.running.items():
            process = running.process
            up = process is not None and process.poll() is None
            state["parts"][name] = {
                "zh": running.part.zh,
                "pid": process.pid if process and up else 0,
                "state": "up" if up else "down",
                "restarts": running.restarts,
                "seconds": round(time.monotonic() - running.started, 1) if up else 0,
            }
        path = self.settings.run_dir / "parts.json"
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(state, ensure_ascii=False), "utf-8")
        temporary.replace(path)

    def stop(self, progress: Callable[[str, float], None]) -> None:
        """Stop the parts in order, each with its own patience; nothing is left after."""
        self.stopping = True
        for name in sorted(self.running, key=lambda item: STOP_ORDER.index(item) if item in STOP_ORDER else 99):
            running = self.running[name]
            process = running.process
            if process is None:
                continue
            began = time.monotonic()
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            self._let_end(running, process)
            if group_alive(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2)
            if running.log:
                running.log.close()
            progress(name, time.monotonic() - began)
        with contextlib.suppress(OSError):
            (self.settings.run_dir / "parts.json").unlink()
        if self._guard:
            self._guard.close()

    def _let_end(self, running: Running, process: subprocess.Popen[bytes] | forked.Forked) -> None:
        """Wait for it: for as long as it may take, and for callers in danger without a limit. Meanwhile the parts that are not
        stopped yet are looked after as ever."""
        part = running.part
        others = [one for one in self.running.values() if one is not running and one.process and one.process.poll() is None]
        until = told = time.monotonic()
        until += part.drain_seconds
        while process.poll() is None or part.holds(self.settings):
            now = time.monotonic()
            if now > until:
                if not (held := part.holds(self.settings)):
                    return
                until = now + part.drain_seconds
                log.warning("stop_waits_for_callers_in_danger", part_name=part.name, count=held)
            if now - told > 2.0:
                told = now
                for one in others:
                    self._look_after(one)
                self.note()
            time.sleep(0.02)


def prefer(pid: int, nice: int) -> None:
    """Priority of a part, among ours and (each part is a session, see sched(7), "autogroup") among all of the machine. Without
    the right to raise it everything stays as it is."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))
