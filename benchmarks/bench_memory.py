"""Where the memory lies: PSS of every process of a busy hotline, by kind of mapping.

    python benchmarks/bench_memory.py [--calls 40] [--relay always|never] [--hold SECONDS] [--json FILE]

The same house and the same conversations as `bench_conversations.py`, without its window for CPU and its bare workers.
Kinds: `heap` is the C library's, `anonymous` Python's arenas, large buffers and stacks of threads, `stack` the main thread's,
`data` the written pages of libraries and programs, `code` their other ones, `shared` what is shared on purpose (Kamailio).
Each as `PSS (own)`: own is what only this process holds. `--hold` keeps the calls up, to look closer.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench_conversations import connect
from house import House, machine, pss_mb, report

_HEAD = re.compile(r"^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ (\d+) *(.*)$")


def kind(rights: str, name: str) -> str:
    """Of one mapping, by its rights and its name in smaps."""
    if name == "[heap]":
        return "heap"
    if name == "[stack]":
        return "stack"
    if "s" in rights:
        return "shared"
    if not name or name.startswith("["):
        return "anonymous"
    return "data" if "w" in rights else "code"


def kinds(pid: int) -> dict[str, list[float]]:
    """MB (10^6) of one process by kind: PSS, and what is its own alone. Raises OSError when it is gone."""
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    at = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if head := _HEAD.match(line):
            at = kind(head[1], head[3])
        elif line.startswith("Pss:"):
            found[at][0] += int(line.split()[1]) * 1024 / 1e6
        elif line.startswith(("Private_Clean:", "Private_Dirty:")):
            found[at][1] += int(line.split()[1]) * 1024 / 1e6
    return found


def table(parts: dict[str, list[int]]) -> dict[str, Any]:
    """By part: processes, PSS, and each kind as `PSS (own)`."""
    rows: dict[str, Any] = {}
    for name, pids in parts.items():
        total: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for pid in pids:
            for what, (pss, own) in kinds(pid).items():
                total[what][0] += pss
                total[what][1] += own
        rows[name] = {
            "processes": len(pids),
            "pss_mb": round(sum(pss_mb(pid) for pid in pids), 1),
            **{what: f"{pss:.1f} ({own:.1f})" for what, (pss, own) in sorted(total.items())},
        }
    return rows


async def measure(house: House, options: argparse.Namespace) -> dict[str, Any]:
    await asyncio.sleep(3)
    idle = table(house.parts())
    carrier = house.carrier()
    await carrier.start()
    agents, callers = await connect(house, carrier, options.calls)
    await asyncio.sleep(5)
    busy = table(house.parts())
    if options.hold:
        print(house.parts(), house.home, flush=True)
        await asyncio.sleep(options.hold)
    talking = sum(agent.state == "on_call" for agent in agents)
    for caller in callers:
        caller.hang_up()
    await asyncio.gather(*(caller.ended(10) for caller in callers))
    await asyncio.gather(*(agent.close() for agent in agents))
    await carrier.close()
    total = sum(part["pss_mb"] for part in busy.values())
    return {"conversations": talking, "pss_mb_a_conversation": round(total / options.calls, 2), "busy": busy, "idle": idle}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--relay", choices=["always", "never"], default="always")
    parser.add_argument("--hold", type=float, default=0.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with House(seats=options.calls, media={"relay": options.relay}) as house:
        found = asyncio.run(measure(house, options))
        deaths = house.deaths()
    report({"machine": machine(), **found, "deaths": deaths}, options.json)


if __name__ == "__main__":
    main()
