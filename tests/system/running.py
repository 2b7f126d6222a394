"""A whole hotline of its own for tests: started by the command everybody uses, looked at from outside, stopped for good."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from hotline.jobs.doctor import examine_until_clean
from hotline.settings import Settings, load
from hotline.store.demo import DEMO_OFFICE_LINE
from tests.conftest import eventually
from tests.ports import free_block

ROOT: Final = Path(__file__).resolve().parents[2]
READY_SECONDS: Final = 120.0
STAFF_NUMBER: Final = "12350"
"""Called number of the staff's own menu."""
PROGRESS_NUMBER: Final = "12352"
"""Called number where callers hear how far their ticket is."""
QUICK_NUMBER: Final = "12349"
"""Called number whose flow goes straight to the queue: no menu to sit through."""
POOL_MAX: Final = 24
RELAY_PORTS: Final = 500

SHORT: Final[dict[str, Any]] = {
    # Everything that is only waited for is short; what the tests are about keeps its default.
    "pool": {"warm": 4, "max": POOL_MAX},
    "transfer": {"ring_seconds": 4, "accept_seconds": 4},
    "rating": {"seconds": 4},
    "limits": {"drain_seconds": 5},
    # Nobody is called back in tests that are about something else.
    "callbacks": {"first_after_seconds": 7200},
    # Clerks of village centres are called at any hour of any day.
    "village": {"hours": "00:00-24:00", "working_days": False, "spacing_seconds": [2], "sweep_seconds": 1},
    "log_level": "INFO",
}

_QUICK_FLOW: Final = """
title: {zh: 直接排队, en: straight to the queue}
languages: [zh-CN, en]
start: desk
nodes:
  desk:
    say: [connecting]
    wait: {for: queue, queue: GN, seconds: 600}
    route: {talked: rate, timeout: over, closed: over, failed: over}
  rate:
    wait: {for: rate, seconds: 4, repeats: 0}
    route: {rated: over, no_rating: over, skipped: over}
  over:
    say: [goodbye]
    hang_up: completed
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Hotline:
    """One home with free ports; `start()` and `stop()` may be called again and again."""

    def __init__(self, **overrides: Any) -> None:
        # A short path: the sockets of the parts stand below it.
        self.home = Path(tempfile.mkdtemp(prefix="hl-"))
        self.file = self.home / "hotline.toml"
        flows = self.home / "flows"
        flows.mkdir()
        for flow in (ROOT / "ivr_flows").glob("*.yaml"):
            shutil.copy(flow, flows)
        (flows / "quick.yaml").write_text(_QUICK_FLOW, "utf-8")
        self.values = _merged(_ports(), SHORT, {"flows": _flows(flows)}, overrides)
        self.write()
        self.settings: Settings = load(self.file, home=self.home)
        self.process: subprocess.Popen[bytes] | None = None

    def write(self) -> None:
        """Write the settings file from `values`."""
        self.file.write_text(_toml(self.values), "utf-8")

    # Running.

    def start(self) -> None:
        """Start everything and wait until it is ready. Fails with what was printed."""
        ready = self.home / "ready"
        ready.unlink(missing_ok=True)
        with (self.home / "run.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command("run", "--once-ready", str(ready)),
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process = self.process
        eventually(lambda: ready.exists() or process.poll() is not None, READY_SECONDS)
        assert process.poll() is None, self.printed()[-3000:]

    def stop(self, number: int = signal.SIGTERM, seconds: float = 60.0) -> int:
        """Ask it to stop, and see that nothing of it is left. Returns the exit code."""
        process, self.process = self.process, None
        assert process is not None, "not running"
        ours = self.processes()
        process.send_signal(number)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise AssertionError(f"not stopped within {seconds} s: {self.printed()[-2000:]}") from None
        eventually(lambda: not _alive(ours) and not self.processes(), 3)
        return code

    def kill_all(self) -> None:
        """The end of a failed test: nothing may stay."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def remove(self) -> None:
        """Stop it if it still runs, and take its home away (kept for looking into with HOTLINE_TEST_KEEP=1)."""
        self.kill_all()
        if os.environ.get("HOTLINE_TEST_KEEP"):
            return
        shutil.rmtree(self.home, ignore_errors=True)

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to this home: by its environment, which all of them inherit."""
        mark = f"HOTLINE_HOME={self.home}"
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(OSError, psutil.Error):
                environment = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
                if mark.encode() in environment and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    # Looking.

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "hotline.cli", *words]

    def environment(self, **more: str) -> dict[str, str]:
        base = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
        return {**base, "PYTHONPATH": str(ROOT), "HOTLINE_HOME": str(self.home), "HOTLINE_CONFIG": str(self.file), **more}

    def cli(self, *words: str, timeout: float = 60.0, **environment: str) -> Said:
        """Run a `hotline` command on this home."""
        done = subprocess.run(
            self.command(*words),
            cwd=ROOT,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def simulate(self, *words: str, timeout: float = 300.0) -> tuple[Said, dict[str, Any]]:
        """`hotline simulate …` and its JSON summary."""
        summary = self.home / "simulate.json"
        summary.unlink(missing_ok=True)
        said = self.cli("simulate", *words, "--json", str(summary), timeout=timeout)
        assert summary.exists(), said
        found: dict[str, Any] = json.loads(summary.read_text("utf-8"))
        summary.unlink()
        return said, found

    def doctor(self, settle: float = 30.0, *words: str, command: bool = False) -> None:
        """Everything that must always hold does, at the latest after `settle` seconds. Asked in this process, which spares the
        processors the start of a Python for each test; with `words` or `command` as an operator does."""
        if command or words:
            said = self.cli("doctor", "--json", "--settle", str(settle), *words, timeout=settle + 60)
            assert said.code in (0, 1), said
            found, clean = said.json, said.code == 0
        else:
            report = examine_until_clean(load(self.file, home=self.home), settle)
            found, clean = report.to_json(), report.clean
        broken = {row["id"]: row["rows"] for row in found["invariants"] if row["state"] == "broken"}
        assert not broken, json.dumps(broken, ensure_ascii=False, indent=1, default=str)[:4000]
        assert clean, found

    def status(self) -> dict[str, Any]:
        """`hotline status --json`."""
        found: dict[str, Any] = self.cli("status", "--json").json
        return found

    def parts(self) -> dict[str, Any]:
        """What the supervisor noted of its parts (at most 2 s old)."""
        found: dict[str, Any] = json.loads((self.settings.run_dir / "parts.json").read_text("utf-8"))["parts"]
        return found

    def pid(self, part: str) -> int:
        return int(self.parts()[part]["pid"])

    def workers(self) -> list[psutil.Process]:
        """The conversation processes: children of the pool."""
        return psutil.Process(self.pid("pool")).children()

    def printed(self) -> str:
        """What `hotline run` has printed."""
        return (self.home / "run.log").read_text("utf-8", "replace")


def _alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def _ports() -> dict[str, Any]:
    base = free_block(8)
    relay = free_block(RELAY_PORTS)
    carrier = base + 6
    return {
        "sip": {
            "port": base,
            "inside_port": base + 1,
            "websocket_port": base + 2,
            "worker_port_from": free_block(POOL_MAX * 2),
        },
        "media": {
            "port_from": relay,
            "port_to": relay + RELAY_PORTS - 1,
            "control_port": base + 3,
            "worker_port_from": free_block(20 * POOL_MAX),
        },
        "redis": {"port": base + 4},
        "http": {"port": base + 5},
        "demo": {"enabled": True, "trickle": False, "carrier_port": carrier},
        "abuse": {"between_seconds": 4, "after_seconds": 2},
        "trunks": [
            {
                "name": "demo",
                "outbound_proxy": f"sip:127.0.0.1:{carrier}",
                "numbers": ["12348", QUICK_NUMBER, STAFF_NUMBER, PROGRESS_NUMBER, DEMO_OFFICE_LINE],
                # A SIPp that waits for one INVITE would take a ping for it.
                "options_ping": False,
            }
        ],
    }


def _flows(directory: Path) -> dict[str, Any]:
    entry = {"*": "main", QUICK_NUMBER: "quick", STAFF_NUMBER: "staff", PROGRESS_NUMBER: "progress"}
    return {"directory": str(directory), "entry": entry}


def _merged(*layers: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            mine = found.get(key)
            found[key] = {**mine, **value} if isinstance(mine, dict) and isinstance(value, dict) else value
    return found


def _toml(values: dict[str, Any]) -> str:
    """TOML of plain values, tables of them, and lists of tables. JSON writes plain values just as TOML does."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in values.items() if not _is_table(value)]
    tables = []
    for key, value in values.items():
        for table in value if isinstance(value, list) and _is_table(value) else [value] if isinstance(value, dict) else []:
            head = f"[[{key}]]" if isinstance(value, list) else f"[{key}]"
            tables += ["", head, *(f"{name} = {_inline(item)}" for name, item in table.items())]
    return "\n".join([*plain, *tables]) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(_inline(item) for item in value)}]"
    return json.dumps(value)


def wait_gone(pid: int, seconds: float) -> None:
    """Wait until there is no such process (or only its empty shell)."""
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {pid} is still there after {seconds} s"
        time.sleep(0.02)
