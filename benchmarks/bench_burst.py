"""40 INVITEs within 100 ms: every one must be answered, or refused with 503 and Retry-After; no process may die.

    python benchmarks/bench_burst.py [--calls 40] [--bursts 3] [--warm 6] [--json FILE]

Exit code 1 when one was lost, or something died.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from house import House, machine, quantiles, report

from hotline.bus import client as bus
from hotline.bus import keys
from hotline.simulate.people.carrier import Numbers

SPAN_SECONDS = 0.1


async def burst(house: House, numbers: Numbers, calls: int) -> dict[str, Any]:
    carrier = house.carrier()
    await carrier.start()
    took: list[float] = []
    answers: Counter[str] = Counter()
    began = time.monotonic()
    last = began

    async def one() -> None:
        caller = carrier.caller(numbers.next())
        status = await carrier.dial(caller, timeout=40)
        if status == 200:
            took.append(caller.answered_after)
            answers["200"] += 1
            await asyncio.sleep(2.0)
            caller.hang_up()
            await caller.ended(5)
        else:
            response = caller.call.leg.response
            retry = " with Retry-After" if response and response.get("Retry-After") else ""
            answers[f"{status or 'none'}{retry}"] += 1

    tasks = []
    for index in range(calls):
        await asyncio.sleep(max(0.0, began + index * SPAN_SECONDS / calls - time.monotonic()))
        tasks.append(asyncio.create_task(one()))
        last = time.monotonic()
    await asyncio.gather(*tasks)
    await carrier.close()
    return {"sent_within_ms": round(1000 * (last - began)), "answers": dict(answers), "answered_ms": quantiles(took)}


def rested(house: House, seconds: float = 30.0) -> bool:
    """Wait until the pool is warm again."""
    client = bus.connect(house.settings.redis_url)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if int(str(client.llen(keys.IDLE))) >= house.settings.pool.warm:
            return True
        time.sleep(0.05)
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--bursts", type=int, default=3)
    parser.add_argument("--warm", type=int, default=6, help="idle workers kept ready (pool.warm)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found, numbers = [], Numbers(3)
    with House(pool={"warm": options.warm}) as house:
        warm = True
        for _ in range(options.bursts):
            warm = rested(house) and warm
            found.append(asyncio.run(burst(house, numbers, options.calls)))
        warm = rested(house) and warm
        deaths = house.deaths()
    good = all(sum(count for name, count in item["answers"].items() if name in GOOD) == options.calls for item in found)
    report(
        {"machine": machine(), "calls": options.calls, "warm": options.warm, "bursts": found, "none_lost": good,
         "deaths": deaths, "pool_warm_again": warm},
        options.json,
    )  # fmt: skip
    sys.exit(0 if good and not deaths and warm else 1)


GOOD = ("200", "503 with Retry-After")

if __name__ == "__main__":
    main()
