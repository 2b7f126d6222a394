"""A whole hotline for measuring: its own home, its own ports, a short flow, as many seats as wanted; and what it costs.

`hotline run` itself is started, so that what is measured is what a bureau runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hotline.bootstrap.prepare import prepare  # noqa: E402
from hotline.bus import client as bus  # noqa: E402
from hotline.bus import keys  # noqa: E402
from hotline.settings import Settings, load  # noqa: E402
from hotline.simulate import demo_people  # noqa: E402
from hotline.simulate.people.agent import SimAgent  # noqa: E402
from hotline.simulate.people.carrier import SimCarrier  # noqa: E402
from hotline.simulate.people.console import Console  # noqa: E402
from hotline.simulate.people.phone import SimPhone  # noqa: E402
from hotline.store.demo import DEMO_PASSWORD, DEMO_SIP_PASSWORD  # noqa: E402

EVERYTHING: Final = (
    "import hotline.cli, hotline.bootstrap.prepare, hotline.api.server, hotline.conversation.pool, hotline.jobs.main, "
    "hotline.routing.main"
)
TICK: Final = os.sysconf("SC_CLK_TCK")
SHORT_FLOW: Final = """
title: {zh: 测量, en: measuring}
languages: [zh-CN]
start: desk
nodes:
  desk:
    say: [connecting]
    wait: {for: queue, queue: GN, seconds: 600}
    route: {talked: bye, timeout: bye, closed: bye, failed: bye}
  bye:
    say: [goodbye]
    hang_up: completed
"""
"""Answer, one word, queue, talk, end: nothing that a bureau's own prompts would make longer or shorter."""


def machine() -> dict[str, Any]:
    """Where and when, and how busy: no figure says anything without it."""
    model = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?"
    )
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "cpu": model,
        "cores": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "python": sys.version.split()[0],
    }


def quantiles(values: list[float], *, unit: float = 1000.0) -> dict[str, float]:
    """Median, p90, p95, p99 and maximum, by default in milliseconds of values in seconds."""
    ordered = sorted(value * unit for value in values)
    if not ordered:
        return {"n": 0}
    at = {"median": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
    found = {name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) for name, share in at.items()}
    return {"n": len(ordered), **found}


def report(result: dict[str, Any], path: Path | None) -> None:
    """Print, and write to `path` when given."""
    text = json.dumps(result, ensure_ascii=False, indent=2)
    print(text)
    if path:
        path.write_text(text + "\n", "utf-8")


# ── processes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def cpu_seconds(pid: int) -> float:
    """User and system time of one process so far. Raises OSError when it is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def cpu_seconds_of_ended_children(pid: int) -> float:
    """User and system time of children that have ended and were waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / TICK


def pss_mb(pid: int) -> float:
    """Memory in MB (10^6), shared pages counted by share. Raises OSError when it is gone."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def tree(pid: int) -> list[int]:
    """The process and all below it."""
    found, below = [pid], []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            below += [int(child) for child in task.read_text().split()]
    for child in below:
        with contextlib.suppress(OSError):
            found += tree(child)
    return found


@dataclass(frozen=True, slots=True)
class Usage:
    """What each process had used at one moment."""

    at: float
    cpu: dict[int, float]

    @classmethod
    def of(cls, pids: list[int]) -> Usage:
        cpu = {}
        for pid in pids:
            with contextlib.suppress(OSError):
                cpu[pid] = cpu_seconds(pid)
        return cls(time.monotonic(), cpu)

    def since(self, before: Usage, pids: list[int]) -> float:
        """Percent of a core that these processes used between the two; the dead are left out."""
        used = sum(self.cpu[pid] - before.cpu[pid] for pid in pids if pid in self.cpu and pid in before.cpu)
        return 100 * used / (self.at - before.at)


# ── the house ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def free_block(size: int, low: int, high: int) -> int:
    """First of `size` UDP and TCP ports in a row that are free now."""
    for _ in range(200):
        first = random.randrange(low, high - size, 2)
        with contextlib.suppress(OSError):
            for port in range(first, first + size):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
                    udp.bind(("127.0.0.1", port))
                    tcp.bind(("127.0.0.1", port))
            return first
    raise SystemExit("no free ports")


class House:
    """`with House(seats=40) as house:` is a running hotline. Seats: extensions 8001 and on, log-ins desk1 and on, all with
    registered phones; those beyond the demo's six have `skills` in turn. `sections` are settings, e.g. `pool={"warm": 8}`.
    `keep` leaves the home behind."""

    def __init__(
        self, *, seats: int = 6, skills: Sequence[list[str]] = (["GN"],), keep: bool = False, **sections: dict[str, Any]
    ) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="hl-bench-"))
        self.seats = seats
        self._skills = skills
        self._keep = keep
        base = free_block(120, 15000, 16380)  # below the ports that the kernel gives out by itself
        media = free_block(600, 10000, 14900)
        flows = self.home / "flows"
        flows.mkdir()
        (flows / "main.yaml").write_text(SHORT_FLOW, "utf-8")
        merged: dict[str, dict[str, Any]] = {
            "sip": {"port": base, "inside_port": base + 1, "websocket_port": base + 2, "worker_port_from": base + 10},
            "media": {
                "control_port": base + 3,
                "port_from": media,
                "port_to": media + 599,
                "worker_port_from": free_block(2000, 61000, 65500),
            },
            "http": {"port": base + 4},
            "redis": {"port": base + 5},
            "demo": {"carrier_port": base + 6, "trickle": False},
            "pool": {"max": 100},
            "flows": {"directory": str(flows)},
            # Nobody is sent home or to pause in the middle of a measurement.
            "queue": {"strategy": "longest_idle", "offer_seconds": 300, "wrap_up_seconds": 600, "missed_offers_to_pause": 1000},
        }
        for section, values in sections.items():
            merged.setdefault(section, {}).update(values)
        # Compiled once, as on a machine that has run it before; some environments keep Python from writing that down.
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        kept["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / f"hl-bench-compiled-{os.getuid()}")
        subprocess.run([sys.executable, "-c", EVERYTHING], cwd=ROOT, env={**kept, "PYTHONPATH": str(ROOT)}, check=True)
        self.environment = {**kept, "HOTLINE_HOME": str(self.home), "HOTLINE_CONFIG": "", "PYTHONPATH": str(ROOT)}
        for section, values in merged.items():
            self.environment[f"HOTLINE_{section.upper()}"] = json.dumps(values)
        trunk = {"name": "demo", "outbound_proxy": f"sip:127.0.0.1:{base + 6}"}
        self.environment["HOTLINE_TRUNKS"] = json.dumps([trunk])
        self.settings: Settings = load(home=self.home, trunks=[trunk], **merged)
        self._process: subprocess.Popen[str] | None = None
        self._ready_file = self.home / "ready"
        self.lines: list[tuple[float, str]] = []

    def __enter__(self) -> House:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left running
        try:
            self._people()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()
        if not self._keep:
            shutil.rmtree(self.home, ignore_errors=True)

    def _people(self) -> None:
        """The demo city, and seats beyond its six; all passwords are alike, so one hash serves."""
        prepare(self.settings)
        from hotline.secrecy import Secrecy
        from hotline.store.engine import Store
        from hotline.store.models import Account, Agent

        store = Store(self.settings, Secrecy.from_dir(self.settings.keys_dir, create=True))
        domain = self.settings.sip.domain
        with store.write() as session:
            known = session.get(Account, "acc_desk1")
            assert known
            for index in range(7, self.seats + 1):
                extension = f"{8000 + index}"
                ha1 = hashlib.md5(f"{extension}:{domain}:{DEMO_SIP_PASSWORD}".encode()).hexdigest()
                agent = Agent(id=f"agt_{extension}", name=f"席{index}", extension=extension, desired_state="offline")
                agent.phone_uri, agent.sip_password_ha1 = f"sip:{extension}@{domain}", ha1
                agent.skills, agent.languages = self._skills[index % len(self._skills)], ["zh-CN"]
                session.add(agent)
                session.flush()
                account = Account(id=f"acc_desk{index}", username=f"desk{index}", role="agent", agent_id=agent.id)
                account.password_hash, account.display_name = known.password_hash, agent.name
                account.created_at = time.time()
                session.add(account)
        store.close()

    def start(self) -> float:
        """Run it; seconds until ready. Lines it prints stand in `lines`, each with the second it came."""
        self._ready_file.unlink(missing_ok=True)
        self.lines = []
        began = time.monotonic()
        log = (self.home / "run.log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hotline.cli", "run", "--once-ready", str(self._ready_file)],
            cwd=ROOT,
            env={**self.environment, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        with Path(log.name).open(encoding="utf-8") as reader:
            while not self._ready_file.exists():
                if self._process.poll() is not None or time.monotonic() - began > 120:
                    raise SystemExit(f"the hotline did not start:\n{Path(log.name).read_text('utf-8')}")
                for line in reader:
                    self.lines.append((time.monotonic() - began, line.strip()))
                time.sleep(0.01)
            self.lines += [(time.monotonic() - began, line.strip()) for line in reader]
        log.close()
        return time.monotonic() - began

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(5)

    # Looking in.

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def parts(self) -> dict[str, list[int]]:
        """Processes by part; the pool's own process apart from its workers."""
        assert self._process
        noted = json.loads((self.settings.run_dir / "parts.json").read_text("utf-8"))["parts"]
        found = {name: tree(part["pid"]) for name, part in noted.items() if part["pid"]}
        found["supervisor"] = [pid for pid in tree(self._process.pid) if not any(pid in pids for pids in found.values())]
        if "pool" in found:
            found["pool"], found["workers"] = found["pool"][:1], found["pool"][1:]
        return found

    def deaths(self) -> int:
        """Restarts of parts, and workers that died."""
        noted = json.loads((self.settings.run_dir / "parts.json").read_text("utf-8"))["parts"]
        beat = bus.connect(self.settings.redis_url).get(keys.part("pool"))
        return sum(part["restarts"] for part in noted.values()) + int(json.loads(str(beat or '{"deaths": 1}'))["deaths"])

    # People.

    def carrier(self) -> SimCarrier:
        return demo_people.make_carrier(self.settings)

    def agent(self, index: int, *, answer_after: float = 0.1) -> SimAgent:
        """The agent of seat `index` (from 0), not started."""
        phone = SimPhone(
            f"{8001 + index}",
            DEMO_SIP_PASSWORD,
            edge=("127.0.0.1", self.settings.sip.port),
            domain=self.settings.sip.domain,
            voice=index % 10,
            answer_after=answer_after,
        )
        return SimAgent(Console(f"http://127.0.0.1:{self.settings.http.port}", f"desk{index + 1}", DEMO_PASSWORD), phone)
