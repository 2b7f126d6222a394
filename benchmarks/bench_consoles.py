"""The desk in a real browser: how soon an offer is seen and heard with 120 consoles, and what a page holds after 200 calls.

    python benchmarks/bench_consoles.py [--consoles 120] [--rounds 60] [--calls 200] [--json FILE]

*Offers*: 120 consoles with live feeds, all ready, every call offered to all of them (`ring_all`); one of the consoles is
Chromium. From the moment routing made the offer (its fact) to the moment the page has painted it, and the ring's first tone was
begun. Target: p95 at most 200 ms. `--rounds 0` leaves it out.

*Shift*: one agent in Chromium takes 200 calls one after the other, as in eight hours: accept by key, talk, the caller hangs up,
wrap-up. After each fifth part garbage is collected and what is left is noted. Target: flat. `--calls 0` leaves it out.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from house import House, machine, quantiles, report

from hotline.simulate.page import Page, opened
from hotline.simulate.people.carrier import Numbers, SimCarrier
from hotline.store.demo import DEMO_PASSWORD

TARGET = {"seen_p95_ms": 200}


def browser(house: House) -> AbstractAsyncContextManager[Page]:
    """The first agent's console, in Chromium."""
    url = f"http://127.0.0.1:{house.settings.http.port}"
    return opened("shift.mjs", {"CONSOLE_URL": url, "CONSOLE_USER": "desk1", "CONSOLE_PASSWORD": DEMO_PASSWORD})


async def _until_ready(page: Page) -> None:
    await page.do("ready")
    await page.do("seen")


async def offers(house: House, carrier: SimCarrier, consoles: int, rounds: int) -> dict[str, Any]:
    """Offers to everybody, each withdrawn when its caller hangs up."""
    others = [house.agent(index) for index in range(1, consoles)]
    for other in others:
        await other.start()
    phone = house.agent(0).phone
    await phone.start()
    numbers = Numbers(5)
    arrived, seen, rung = [], [], []
    async with browser(house) as page:
        await page.do("login")
        await _until_ready(page)
        for _ in range(rounds):
            caller = carrier.caller(numbers.next())
            if await carrier.dial(caller) != 200:
                continue
            found: dict[str, list[Any]] = {"seen": [], "rung": []}
            until = time.monotonic() + 20
            while not (found["seen"] and found["rung"]) and time.monotonic() < until:
                await asyncio.sleep(0.2)
                for key, new in (await page.do("seen")).items():
                    found[key] += new
            caller.hang_up()
            await caller.ended(5)
            await asyncio.sleep(0.5)
            if found["seen"]:
                first = found["seen"][0]
                arrived.append(first["arrived"] - first["made_at"])
                seen.append(first["painted"] - first["made_at"])
                rung += [found["rung"][0] - first["made_at"]] if found["rung"] else []
        problems = await page.do("problems")
    for other in others:
        await other.close()
    await phone.close()
    return {
        "consoles": consoles,
        "rounds": rounds,
        "offer_to_element_ms": quantiles(arrived),
        "offer_to_painted_ms": quantiles(seen),
        "offer_to_ringing_ms": quantiles(rung),
        "page_errors": problems,
    }


async def shift(house: House, carrier: SimCarrier, calls: int) -> dict[str, Any]:
    """One page, one call after the other."""
    phone = house.agent(0).phone
    await phone.start()
    numbers = Numbers(6)
    held: dict[int, Any] = {}
    async with browser(house) as page:
        await page.do("login")
        for index in range(calls + 1):
            await page.do("ready")
            if index % max(1, calls // 5) == 0 or index == 10:
                held[index] = await page.do("held")
            if index == calls:
                break
            caller = carrier.caller(numbers.next())
            if await carrier.dial(caller) != 200:
                raise SystemExit("a call was not answered")
            await page.do("accept")
            await asyncio.sleep(0.3)
            caller.hang_up()
            await page.do("state", "wrap_up")
        detached = await page.do("detached")
        problems = await page.do("problems")
    await phone.close()
    return {"calls": calls, "held_after": held, "detached": detached, "page_errors": problems}


async def measure(house: House, options: argparse.Namespace) -> dict[str, Any]:
    carrier = house.carrier()
    await carrier.start()
    found: dict[str, Any] = {}
    if options.calls:
        found["shift"] = await shift(house, carrier, options.calls)
    if options.rounds:
        found["offers"] = await offers(house, carrier, options.consoles, options.rounds)
    await carrier.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--consoles", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    before = machine()
    with House(seats=options.consoles, queue={"strategy": "ring_all"}) as house:
        found = asyncio.run(measure(house, options))
    report({"machine": before, "target": TARGET, **found, "load_after": machine()["load"]}, options.json)


if __name__ == "__main__":
    main()
