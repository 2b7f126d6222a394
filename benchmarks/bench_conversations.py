"""What a conversation costs: 40 bridged and recorded at once through the whole hotline, beside bare workers.

    python benchmarks/bench_conversations.py [--calls 40] [--seconds 30] [--bare 8] [--relay always|never] [--json FILE]

CPU: user and system time of every process of the hotline (not of the simulated people) from /proc/<pid>/stat over the
window, as percent of a core a conversation; the idle hotline before the calls apart. Memory: PSS from smaps_rollup.
The bare workers (`bare_worker.py`) bridge and record in the same window, on the same noisy machine: the ratio to them says
more than any absolute figure. Targets: at most 1.4 % of a core and 16 MB a conversation.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from house import ROOT, House, Usage, free_block, machine, pss_mb, report

from hotline.core.conversations.model import CALLER
from hotline.simulate.call import SimCall
from hotline.simulate.clips import voice
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.carrier import Numbers, SimCarrier
from hotline.simulate.rtp import Ticker
from hotline.simulate.sip_agent import SipAgent
from hotline.simulate.sip_leg import SipLeg

TARGET = {"cpu_percent_a_conversation": 1.4, "pss_mb_a_conversation": 16}


class Bare:
    """Bare workers, and two people for each."""

    def __init__(self, count: int, folder: Path) -> None:
        self.count, self.folder = count, folder
        self.sip = free_block(max(1, count), 9000, 9500)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.far = SipAgent()
        self.near = SipAgent()
        self.calls: list[SimCall] = []

    async def start(self) -> None:
        await self.far.start()
        await self.near.start()
        self.far.on_invite = self._answer
        for index in range(self.count):
            command = [sys.executable, str(ROOT / "benchmarks/bare_worker.py"), str(self.sip + index)]
            command += [str(free_block(20, 9500, 10000)), f"127.0.0.1:{self.far.port}", str(self.folder)]
            self.processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            await self._word(index, "ready")
            call = SimCall(self.near, voice=voice(20 + index))
            call.call(f"sip:bare@127.0.0.1:{self.sip + index}")
            await call.leg.answered(10)
            self.calls.append(call)
            await self._word(index, "bridged")

    async def _word(self, index: int, word: str) -> None:
        deadline = time.monotonic() + 30
        while not (self.folder / f"{self.sip + index}.{word}").exists():
            if time.monotonic() > deadline or self.processes[index].poll() is not None:
                raise SystemExit(f"a bare worker did not get {word}")
            await asyncio.sleep(0.02)

    async def _answer(self, leg: SipLeg) -> None:
        call = SimCall(self.far, voice=voice(1))
        call.take(leg)
        call.answer()
        self.calls.append(call)

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self.processes]

    async def close(self) -> None:
        for call in self.calls:
            call.hang_up()
        await asyncio.sleep(0.5)
        for process in self.processes:
            process.kill()
            process.wait()
        await self.near.close()
        await self.far.close()


async def connect(house: House, carrier: SimCarrier, calls: int) -> tuple[list[SimAgent], list[SimCaller]]:
    """That many agents at work, each with a caller."""
    agents = [house.agent(index) for index in range(calls)]
    for agent in agents:
        await agent.start()
    by_id = {agent.agent_id: agent for agent in agents}
    numbers, callers = Numbers(4), []
    for _ in range(calls):
        caller = carrier.caller(numbers.next(), voice=20 + len(callers) % 60)
        if await carrier.dial(caller) != 200:
            raise SystemExit("a call was not answered")
        callers.append(caller)
        offer = await _offer(agents, caller)
        agent = by_id[offer["agent_ids"][0]]
        await agent.accept(offer["offer_id"])
        await agent.until_state("on_call", timeout=20)
    return agents, callers


async def _offer(agents: list[SimAgent], caller: SimCaller) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for agent in agents:
            if offer := agent.offer_of(caller.masked):
                return offer
        await asyncio.sleep(0.02)
    raise SystemExit("a caller was not offered")


async def measure(house: House, bare: Bare, options: argparse.Namespace) -> dict[str, Any]:
    await asyncio.sleep(3)
    parts = house.parts()
    all_pids = [pid for pids in parts.values() for pid in pids]
    before = Usage.of(all_pids)
    await asyncio.sleep(10)
    idle = Usage.of(all_pids).since(before, all_pids)
    carrier = house.carrier()
    await carrier.start()
    agents, callers = await connect(house, carrier, options.calls)
    await bare.start()
    await asyncio.sleep(3)
    ticker = Ticker.current()
    late = ticker.late
    parts = house.parts()
    all_pids = [pid for pids in parts.values() for pid in pids]
    before, start = Usage.of(all_pids + bare.pids), machine()["load"]
    heard = sum(caller.ear.reception.packets for caller in callers)
    await asyncio.sleep(options.seconds)
    after = Usage.of(all_pids + bare.pids)
    window = after.at - before.at
    heard = sum(caller.ear.reception.packets for caller in callers) - heard
    memory = {name: sum(pss_mb(pid) for pid in pids) for name, pids in parts.items()}
    bare_memory = sum(pss_mb(pid) for pid in bare.pids)
    talking = sum(agent.state == "on_call" for agent in agents)
    recordings = len(list(house.settings.capture_dir.glob(f"*.{CALLER}.wav")))
    ticker_late = ticker.late - late
    await bare.close()
    for caller in callers:
        caller.hang_up()
    await asyncio.gather(*(caller.ended(10) for caller in callers))
    await asyncio.gather(*(agent.close() for agent in agents))
    await carrier.close()
    cpu = {name: after.since(before, pids) for name, pids in parts.items()}
    each = sum(cpu.values()) / options.calls
    bare_each = after.since(before, bare.pids) / max(1, bare.count)
    return {
        "relay": options.relay,
        "conversations": talking,
        "recordings": recordings,
        "window_s": round(window, 1),
        "load_at_start_of_window": start,
        "packets_heard_share": round(heard / (50 * window * options.calls), 3),
        "simulator_late_ticks": ticker_late,
        "idle_hotline_percent_of_a_core": round(idle, 2),
        "cpu_percent_a_conversation": round(each, 3),
        "bare_worker_cpu_percent": round(bare_each, 3),
        "ratio_to_bare_worker": round(each / bare_each, 3) if bare_each else None,
        "worker_ratio_to_bare_worker": round(cpu["workers"] / options.calls / bare_each, 3) if bare_each else None,
        "cpu_by_part_percent_a_conversation": {name: round(value / options.calls, 3) for name, value in cpu.items()},
        "pss_mb_a_conversation": round(sum(memory.values()) / options.calls, 2),
        "bare_worker_pss_mb": round(bare_memory / max(1, bare.count), 2),
        "pss_mb_by_part": {name: round(value, 1) for name, value in memory.items()},
        "processes": {name: len(pids) for name, pids in parts.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--bare", type=int, default=8, help="bare workers beside")
    parser.add_argument("--relay", choices=["always", "never"], default="always")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with House(seats=options.calls, media={"relay": options.relay}) as house, tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(house, Bare(options.bare, Path(folder)), options))
        deaths = house.deaths()
    report({"machine": machine(), "target": TARGET, **found, "deaths": deaths}, options.json)


if __name__ == "__main__":
    main()
