"""A storm with SIP and RTP: 60 callers who call again and again, 15 agents, mixed behaviour, parts killed meanwhile.

    python benchmarks/storm.py [--minutes 10] [--callers 60] [--seats 15] [--seed 1] [--json FILE] [--keep]

A hotline of its own is started in a scratch home, on free ports of loopback, with the demo city and as many more seats as
wanted. During the storm routing is restarted twice, Redis is emptied once, and the workers of three busy calls are killed.
Then every call is compared with its record, `hotline doctor` looks at everything, and the hotline is stopped.

Exit code 0: every call as expected (or cut by the storm itself, and accounted for), and the doctor found nothing.
Kinds of people and their chances: `hotline/simulate/storm/plans.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from house import ROOT, House, free_block, machine

from hotline import logs
from hotline.bus import client as bus
from hotline.conversation.recovery import owner
from hotline.core.journal import SUFFIX
from hotline.simulate.storm.report import StormSummary, lines
from hotline.simulate.storm.runner import StormWanted, run
from hotline.simulate.storm.scene import Scene

BACK_SECONDS = 15.0
DOCTOR_SECONDS = 90.0
RELAY_PORTS = 1600
PEOPLE_FIRST = 3
"""So much more priority than the hotline have the simulated people, where that is allowed: telephones stand elsewhere."""
SKILLS = (["MF", "GN"], ["LB", "GN"], ["CT", "GN"], ["MF", "LB", "CT", "GN"], ["GN"])

SECTIONS: dict[str, dict[str, Any]] = {
    # Everything that is only waited for is short; nobody sits through a whole wrap-up.
    "pool": {"warm": 8, "max": 100},
    "queue": {
        "strategy": "ring_all",
        "offer_seconds": 8,
        "agent_ring_seconds": 6,
        "wrap_up_seconds": 8,
        "missed_offers_to_pause": 3,
        "agent_lease_seconds": 8,
        "callback_after_seconds": 25,
        "callback_key_seconds": 20,
    },
    "queues": {"LB": {"strategy": "longest_idle"}, "CT": {"strategy": "round_robin"}},
    "transfer": {"ring_seconds": 4, "accept_seconds": 4, "reason_seconds": 3, "party_ring_seconds": 8, "consult_seconds": 20},
    "rating": {"seconds": 4},
    "limits": {"rtp_silence_seconds": 8, "no_media_seconds": 6, "drain_seconds": 5, "hold_reminder_seconds": 20},
    "callbacks": {"hours": "00:00-24:00", "first_after_seconds": 15},
    "outbound": {"max_per_hour": 100_000, "max_per_person_a_day": 1000, "max_per_expert_a_day": 1000, "ring_seconds": 10},
    "sip": {},
    "demo": {},
    "flows": {"directory": ""},
}


class OwnHouse:
    """Breaks parts of the hotline that this program has started."""

    def __init__(self, house: House) -> None:
        self._house = house

    def _pid(self, part: str) -> int:
        noted = json.loads((self._house.settings.run_dir / "parts.json").read_text("utf-8"))["parts"]
        return int(noted[part]["pid"])

    def restart_routing(self, time_: int) -> None:
        """Kill -9 the first time, then by SIGTERM; waits until it runs again."""
        old = self._pid("routing")
        os.kill(old, signal.SIGTERM if time_ else signal.SIGKILL)
        deadline = time.monotonic() + BACK_SECONDS
        while self._pid("routing") in (0, old) and time.monotonic() < deadline:
            time.sleep(0.1)

    def empty_redis(self) -> None:
        """FLUSHALL."""
        bus.connect(self._house.settings.redis_url).flushall()

    def kill_worker(self, call_id: str) -> bool:
        """Kill -9 of the process that has that call."""
        with contextlib.suppress(OSError):
            pid = owner(self._house.settings.journal_dir / f"{call_id}{SUFFIX}")
            if pid:
                os.kill(pid, signal.SIGKILL)
                return True
        return False


def prefer(pid: int, nice: int) -> None:
    """Priority of a session's processes among the others of the machine (sched(7), autogroups), where that is allowed."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))


def doctor(house: House) -> tuple[int, dict[str, Any]]:
    """`hotline doctor --json --deep`; exit code and report."""
    done = subprocess.run(
        [sys.executable, "-m", "hotline.cli", "doctor", "--json", "--deep", "--settle", str(DOCTOR_SECONDS)],
        cwd=ROOT,
        env=house.environment,
        capture_output=True,
        text=True,
        timeout=DOCTOR_SECONDS + 120,
        check=False,
    )
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        return done.returncode, {"error": (done.stderr or done.stdout)[-2000:]}


def say(scene: Scene) -> None:
    """One line every few seconds."""
    up = sum(1 for seen in scene.seen if seen.call.is_up)
    print(
        f"{time.strftime('%H:%M:%S')} calls {len(scene.seen)}, up {up}, served {len(scene.served)}, "
        f"troubles {len(scene.troubles)}, harm {len(scene.harms)}, load {os.getloadavg()[0]:.1f}, "
        f"late {max((late for _, late in scene.lag), default=0.0):.2f} s",
        file=sys.stderr,
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--callers", type=int, default=60)
    parser.add_argument("--seats", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--nice", type=int, default=0, help="priority of the hotline on a machine with other work (root)")
    parser.add_argument("--keep", action="store_true", help="leave the home for looking into")
    options = parser.parse_args()
    logs.setup("simulate", "WARNING")
    relay = free_block(RELAY_PORTS, 10000, 14900)
    media = {"port_from": relay, "port_to": relay + RELAY_PORTS - 1}
    before = machine()
    prefer(os.getpid(), options.nice - PEOPLE_FIRST)
    with House(seats=options.seats, skills=SKILLS, keep=options.keep, **{**SECTIONS, "media": media}) as house:
        if options.nice:
            for pid in [house.pid, *(pids[0] for pids in house.parts().values() if pids)]:
                prefer(pid, options.nice)
        wanted = StormWanted(options.callers, options.seats, options.minutes, options.seed)
        summary: StormSummary = asyncio.run(run(house.settings, wanted, OwnHouse(house), say))
        deaths = house.deaths()
        code, found = doctor(house)
        if options.keep:
            print(f"home: {house.home}", file=sys.stderr)
    broken = {row["id"]: row["rows"] for row in found.get("invariants", []) if row["state"] == "broken"}
    result = {**summary.to_dict(), "doctor": {"exit_code": code, "broken": broken or found.get("error", {})}, "deaths": deaths}
    if options.json:
        options.json.write_text(json.dumps({"machine": before, **result}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    for line in lines(summary):
        print(line)
    load, late, harm = (result[one] for one in ("load", "late_ticks", "harm"))
    print(f"用时 {result['seconds']} s   负载 load {load}   迟到 late ticks {late}   破坏 harm {harm}")
    print(f"hotline doctor: {'clean' if code == 0 else json.dumps(result['doctor'], ensure_ascii=False, indent=1)[:6000]}")
    sys.exit(0 if summary.good and code == 0 else 1)


if __name__ == "__main__":
    main()
