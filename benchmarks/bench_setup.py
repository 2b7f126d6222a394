"""How long a caller waits for the 200: INVITE at the edge → 200 OK, at a steady rate of calls.

    python benchmarks/bench_setup.py [--calls 150] [--rate 5] [--json FILE]

Measured by the simulated carrier (a user agent of its own, not PJSIP), so its own work counts too. Each call is hung up a
second after its answer. Targets: median at most 100 ms, p99 at most 400 ms, at 5 calls/s.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

from house import House, machine, quantiles, report

from hotline.simulate.people.carrier import Numbers

TARGET = {"median_ms": 100, "p99_ms": 400}


async def measure(house: House, calls: int, rate: float) -> dict[str, Any]:
    carrier = house.carrier()
    await carrier.start()
    numbers = Numbers(1)
    took: list[float] = []
    answers: Counter[int] = Counter()

    async def one() -> None:
        caller = carrier.caller(numbers.next())
        status = await carrier.dial(caller)
        answers[status] += 1
        if status == 200:
            took.append(caller.answered_after)
            await asyncio.sleep(1.0)
            caller.hang_up()
        await caller.ended(5)

    began = time.monotonic()
    tasks = []
    for index in range(calls):
        await asyncio.sleep(max(0.0, began + index / rate - time.monotonic()))
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    await carrier.close()
    return {"answers": dict(answers), "ms": quantiles(took)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=150)
    parser.add_argument("--rate", type=float, default=5.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with House() as house:
        found = asyncio.run(measure(house, options.calls, options.rate))
        deaths = house.deaths()
    report({"machine": machine(), "rate": options.rate, "target": TARGET, **found, "deaths": deaths}, options.json)


if __name__ == "__main__":
    main()
