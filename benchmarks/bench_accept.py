"""How long an agent waits after the click: POST /api/offers/{id}/accept sent → the agent's registered phone rings.

    python benchmarks/bench_accept.py [--rounds 60] [--json FILE]

Through the API, routing, the conversation and the edge, as a console does it. Target: median at most 150 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from typing import Any

from house import House, machine, quantiles, report

from hotline.simulate.people.carrier import Numbers

TARGET = {"median_ms": 150}


async def measure(house: House, rounds: int) -> dict[str, Any]:
    carrier = house.carrier()
    await carrier.start()
    agent = house.agent(0)
    await agent.start()
    numbers = Numbers(2)
    rings: list[float] = []
    answered: list[float] = []
    offers: list[float] = []
    for _ in range(rounds):
        caller = carrier.caller(numbers.next())
        if await carrier.dial(caller) != 200:
            continue
        up = time.time()
        offer = await agent.offer(caller.masked, 20)
        offers.append(time.time() - up)
        clicked = time.time()
        await agent.accept(offer["offer_id"])
        answered.append(time.time() - clicked)
        ring = await agent.phone.rings(10)
        if ring:
            rings.append(ring.at - clicked)
        await agent.until_state("on_call", timeout=10)
        caller.hang_up()
        await caller.ended(5)
        await agent.until_state("wrap_up", timeout=10)
        await agent.console.post("/api/agents/me/end-wrap-up")
        await agent.until_state("available", timeout=10)
    await agent.close()
    await carrier.close()
    return {
        "click_to_ring_ms": quantiles(rings),
        "click_to_reply_ms": quantiles(answered),
        "answer_to_offer_ms": quantiles(offers),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with House() as house:
        found = asyncio.run(measure(house, options.rounds))
        deaths = house.deaths()
    report({"machine": machine(), "target": TARGET, **found, "deaths": deaths}, options.json)


if __name__ == "__main__":
    main()
