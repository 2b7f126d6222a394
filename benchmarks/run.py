"""All the measured figures, one after another, in one table.

    python benchmarks/run.py [--only setup,accept] [--quick] [--json FILE]

Each benchmark is a program of its own (see their heads) and starts what it measures. Exit code 1 when one of them failed; a
figure that misses its target is marked, and is no failure: the machine may be busy, and its load stands in the table.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from house import machine

HERE = Path(__file__).resolve().parent
Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: `value` reads it from the benchmark's JSON; `limit` is the most it should be, None where no target is set."""

    text: str
    unit: str
    limit: float | None
    value: Callable[[Found], Any]


@dataclass(frozen=True, slots=True)
class Bench:
    name: str
    script: str
    arguments: tuple[str, ...]
    quick: tuple[str, ...]
    figures: tuple[Figure, ...]


def conversations(relay: str) -> Bench:
    return Bench(
        f"conversations-{relay}",
        "bench_conversations.py",
        ("--relay", relay),
        ("--seconds", "15"),
        (
            Figure(f"CPU a conversation, relay {relay}", "% of a core", 1.4, lambda f: f["cpu_percent_a_conversation"]),
            Figure("  a bare worker beside it", "% of a core", None, lambda f: f["bare_worker_cpu_percent"]),
            Figure("  ratio whole / bare", "", None, lambda f: f["ratio_to_bare_worker"]),
            Figure("  ratio our worker / bare", "", None, lambda f: f["worker_ratio_to_bare_worker"]),
            Figure(f"memory (PSS) a conversation, relay {relay}", "MB", 16, lambda f: f["pss_mb_a_conversation"]),
            Figure("  of it the workers", "MB", None, lambda f: f["pss_mb_by_part"]["workers"] / f["conversations"]),
        ),
    )


def _burst(found: Found) -> int:
    """INVITEs that got neither 200 nor 503 with Retry-After, and processes that died."""
    good = ("200", "503 with Retry-After")
    lost = sum(count for burst in found["bursts"] for name, count in burst["answers"].items() if name not in good)
    return int(lost + found["deaths"])


BENCHES = (
    Bench(
        "setup", "bench_setup.py", (), ("--calls", "60"),
        (
            Figure("INVITE → 200 at 5 calls/s, median", "ms", 100, lambda f: f["ms"]["median"]),
            Figure("INVITE → 200 at 5 calls/s, p99", "ms", 400, lambda f: f["ms"]["p99"]),
        ),
    ),
    Bench(
        "accept", "bench_accept.py", (), ("--rounds", "25"),
        (
            Figure("accept clicked → phone rings, median", "ms", 150, lambda f: f["click_to_ring_ms"]["median"]),
            Figure("accept clicked → phone rings, p99", "ms", None, lambda f: f["click_to_ring_ms"]["p99"]),
            Figure("answered → offer on the console, median", "ms", None, lambda f: f["answer_to_offer_ms"]["median"]),
        ),
    ),
    Bench(
        "burst", "bench_burst.py", (), ("--bursts", "1"),
        (
            Figure("40 INVITEs in 100 ms: lost, or processes dead", "", 0, _burst),
            Figure("  answered 200 in the first burst", "", None, lambda f: f["bursts"][0]["answers"].get("200", 0)),
        ),
    ),
    conversations("always"),
    conversations("never"),
    Bench(
        "start", "bench_start.py", (), ("--runs", "1"),
        (
            Figure("second `hotline run` until ready", "s", 10, lambda f: f["ready_s"]),
            Figure("  CPU of all processes until ready", "s", None, lambda f: f["cpu_s"]),
        ),
    ),
    Bench(
        "routing", "bench_routing.py", (), ("--rounds", "100"),
        (
            Figure("routing, 500 waiting, 200 agents: accept, p99", "ms", None, lambda f: f["accept"]["p99_ms"]),
            Figure("routing: offer to a new caller, median", "ms", None, lambda f: f["offer"]["median_ms"]),
        ),
    ),
    Bench(
        "sealing", "bench_sealing.py", (), ("--minutes", "5"),
        (
            Figure("sealing a recording, CPU a second of talk", "% of a core", None, lambda f: f["cpu_percent_of_talk"]),
            Figure("  64 KiB from its middle", "ms", None, lambda f: f["read_ms"]),
        ),
    ),
)  # fmt: skip


def measure(bench: Bench, quick: bool) -> Found | None:
    """None when it failed; what it said is then on standard error."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        command = [sys.executable, str(HERE / bench.script), "--json", str(out), *bench.arguments]
        done = subprocess.run([*command, *(bench.quick if quick else ())], capture_output=True, text=True, check=False)
        if not out.exists():
            sys.stderr.write(f"{bench.name}:\n{done.stdout[-1500:]}{done.stderr[-3000:]}\n")
            return None
        found: Found = json.loads(out.read_text("utf-8"))
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help=f"some of: {', '.join(bench.name for bench in BENCHES)}")
    parser.add_argument("--quick", action="store_true", help="fewer calls and shorter windows")
    parser.add_argument("--json", type=Path, help="write everything there")
    options = parser.parse_args()
    wanted = set(filter(None, options.only.split(",")))
    place = machine()
    print(f"{place['date']}  {place['cpu']}, {place['cores']} cores, load {place['load']}, Python {place['python']}\n")
    print(f"{'figure':<52} {'measured':>10} {'target':>8}  unit")
    everything: Found = {"machine": place, "benches": {}}
    failed = False
    for bench in BENCHES:
        if wanted and bench.name not in wanted:
            continue
        began = time.monotonic()
        found = measure(bench, options.quick)
        load = machine()["load"]
        everything["benches"][bench.name] = found
        if found is None:
            failed = True
            print(f"{bench.name:<52} {'failed':>10}")
            continue
        for figure in bench.figures:
            value = figure.value(found)
            text = "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
            limit = "" if figure.limit is None else f"≤ {figure.limit:g}"
            miss = "  ← misses" if figure.limit is not None and value is not None and value > figure.limit else ""
            print(f"{figure.text:<52} {text:>10} {limit:>8}  {figure.unit}{miss}", flush=True)
        print(f"  ({bench.name}: {time.monotonic() - began:.0f} s, load then {load})", flush=True)
    if options.json:
        options.json.write_text(json.dumps(everything, ensure_ascii=False, indent=2) + "\n", "utf-8")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
