"""How long the second `hotline run` takes until it is ready, and what takes the time.

    python benchmarks/bench_start.py [--runs 3] [--json FILE]

The first start makes keys, database and demo city; from the second on is what a bureau sees after a restart. Wall time, and CPU
seconds of all processes until ready (the figure to compare on a noisy machine). Target: below 10 s.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from house import ROOT, House, Usage, cpu_seconds_of_ended_children, machine, report

TARGET = {"ready_s": 10}
IMPORTS = {
    "hotline run": "import hotline.cli, hotline.bootstrap.run, hotline.bootstrap.prepare, hotline.store.migrations",
    "pool": "import hotline.cli, hotline.conversation.pool",
    "routing": "import hotline.cli, hotline.routing.main",
    "jobs": "import hotline.cli, hotline.jobs.main",
    "api": "import hotline.cli, hotline.api.server, hotline.api.app",
}


def import_cpu(statement: str) -> float:
    """CPU seconds of a process that only imports, the least of three."""
    code = f"{statement}; import os; t = os.times(); print(t.user + t.system)"
    command = [sys.executable, "-c", code]
    return min(float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout) for _ in range(3))


def one(house: House) -> dict[str, Any]:
    seconds = house.start()
    cpu = {}
    for name, pids in house.parts().items():
        cpu[name] = round(sum(Usage.of(pids).cpu.values()), 2)
    # What ran only while starting: preparing, Kamailio's check of its configuration.
    cpu["helpers"] = round(cpu_seconds_of_ended_children(house.pid), 2)
    parts = {}
    before = 0.0
    for at, line in house.lines:
        if found := re.match(r"●\s+(\S+)", line):
            if not parts:
                before = at
            parts[found[1]] = round(at, 2)
    return {
        "ready_s": round(seconds, 2),
        "checked_and_prepared_by_s": round(before, 2),
        "part_ready_at_s": parts,
        "cpu_s": round(sum(cpu.values()), 2),
        "cpu_s_by_part": cpu,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs = []
    with House() as house:
        for _ in range(options.runs):
            house.stop()
            time.sleep(1)
            runs.append(one(house))
    report(
        {
            "machine": machine(),
            "target": TARGET,
            "ready_s": statistics.median(run["ready_s"] for run in runs),
            "cpu_s": statistics.median(run["cpu_s"] for run in runs),
            "import_cpu_s": {name: round(import_cpu(statement), 2) for name, statement in IMPORTS.items()},
            "runs": runs,
        },
        options.json,
    )


if __name__ == "__main__":
    main()
