"""How quickly routing offers and connects, with 500 callers waiting and 200 agents at the desk.

    python benchmarks/bench_routing.py [--waiting 500] [--agents 200] [--rounds 300] [--strategy NAME] [--mixed] [--json FILE]

A private redis-server, a fresh SQLite database and the real routing process are started in a temporary directory. Measured
from outside, on the bus:

* offer: a caller enters the queue → `offer_made` is in the stream (agents are free);
* accept: the request is written → `connect_agent` and the answer are there (one MULTI), desk full;
* next: an agent ends wrap-up → the longest waiting caller is offered, desk full;
* restart: routing is killed with all of them waiting, and started again → the first accept is answered (imports included),
  and the first 200 callers stand in the same order.

`--mixed` gives agents and callers different skill groups and languages, so that needs relax while the measurement runs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import redis

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hotline.bus import client as bus
from hotline.bus import keys
from hotline.core.facts import Fact
from hotline.core.ids import new_id
from hotline.core.queues.strategies import STRATEGIES
from hotline.secrecy import Secrecy
from hotline.settings import load
from hotline.store.engine import Store
from hotline.store.migrations import migrate
from hotline.store.models import Agent

SKILLS = (["MF"], ["LB"], ["CT"], ["GN"], ["MF", "GN"], ["LB", "CT"])
LANGUAGES = (["zh-CN"], ["zh-CN", "en"], [])

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class Bench:
    """One desk, driven by hand over the bus."""

    def __init__(self, home: Path, agents: int, strategy: str, *, mixed: bool = False) -> None:
        self.mixed = mixed
        self.callers = 0
        self.port = free_port()
        self.home = home
        self.server = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cwd=home,
            stdout=subprocess.DEVNULL,
        )
        self.redis: Any = redis.Redis(port=self.port, decode_responses=True)
        self._wait(lambda: self._pings())
        self.agents = [f"a{index:03}" for index in range(agents)]
        self._database()
        config = home / "hotline.toml"
        config.write_text(
            f'home = "{home}"\n[redis]\nport = {self.port}\n[queue]\nstrategy = "{strategy}"\n'
            "offer_seconds = 600\nwrap_up_seconds = 600\nagent_ring_seconds = 600\n"
        )
        self.env = {**os.environ, "PYTHONPATH": str(ROOT), "HOTLINE_CONFIG": str(config)}
        self.facts_from = "0-0"
        self.seq = 0
        self.live: dict[str, str] = {}
        self.renewed = 0.0
        self.start_routing()

    def start_routing(self) -> None:
        """Start the process and wait for its heartbeat."""
        self.routing = subprocess.Popen([sys.executable, "-m", "hotline.routing.main"], env=self.env)
        pid = self.routing.pid

        def beats() -> bool:
            self.keep_alive()  # conversations and consoles live on meanwhile
            beat = self.redis.get(keys.part("routing"))
            return bool(beat) and json.loads(beat)["pid"] == pid

        self._wait(beats)

    def line(self) -> list[str]:
        """Waiting callers in the order the board gives them."""
        board = self.redis.hgetall(keys.BOARD_STATE)
        waiting = [json.loads(text) for key, text in board.items() if key.startswith("calls/")]
        waiting = [call for call in waiting if call["position"] is not None]
        return [call["call_id"] for call in sorted(waiting, key=lambda call: (call["queued_at"], call["call_id"]))]

    def _pings(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self.redis.ping())
        return False

    @staticmethod
    def _wait(what: Any, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            if time.monotonic() > deadline:
                raise SystemExit("did not come up")
            time.sleep(0.02)

    def _database(self) -> None:
        settings = load(home=self.home, redis={"port": self.port})
        secrecy = Secrecy.from_dir(settings.keys_dir, create=True)
        migrate(settings)
        store = Store(settings, secrecy)
        with store.write() as session:
            for index, agent_id in enumerate(self.agents):
                uri = f"sip:{8000 + index}@x"
                can = {"skills": SKILLS[index % len(SKILLS)], "languages": LANGUAGES[index % 3]} if self.mixed else {}
                session.add(Agent(id=agent_id, name=agent_id, extension=str(8000 + index), phone_uri=uri, **can))
        store.close()

    def close(self) -> None:
        for process in (self.routing, self.server):
            process.terminate()
            process.wait(10)

    def keep_alive(self) -> None:
        """Leases and snapshots, as consoles and conversations renew them."""
        if time.monotonic() - self.renewed < 2.0:
            return
        self.renewed = time.monotonic()
        pipe = self.redis.pipeline(transaction=False)
        for agent_id in self.agents:
            pipe.set(keys.agent_lease(agent_id), "1", ex=30)
        if self.live:
            lease = time.time() + 8
            for call_id, text in self.live.items():
                pipe.hset(keys.LIVE, call_id, json.dumps({**json.loads(text), "lease": lease}))
        pipe.execute()

    def say(self, name: str, call_id: str, **data: Any) -> None:
        self.seq += 1
        bus.publish(self.redis, Fact(name, call_id, time.time(), self.seq, "conversation", 1, data))

    def snap(self, call_id: str, **more: Any) -> None:
        self.live[call_id] = json.dumps(
            {
                "call_id": call_id,
                "phase": "queue",
                "arrived_at": time.time(),
                "caller_masked": "138****0000",
                "queue": "GN",
                "priority": 0,
                "language": "zh-CN",
                "queued_at": time.time(),
                "agent_state": "none",
                "agent_id": "",
                "hold": False,
                "transfer": None,
                "expert_id": "",
                **more,
            }
        )
        self.redis.hset(keys.LIVE, call_id, json.dumps({**json.loads(self.live[call_id]), "lease": time.time() + 8}))

    def call_in(self) -> str:
        call_id = new_id("call", time.time())
        self.callers += 1
        queue = ("MF", "LB", "CT", "GN")[self.callers % 4] if self.mixed else "GN"
        language = "en" if self.mixed and self.callers % 7 == 0 else "zh-CN"
        empty = dict.fromkeys(
            ("trunk", "called", "caller_enc", "caller_hash", "region_hint", "flow", "flow_version", "worker"), ""
        )
        self.say("call_arrived", call_id, **empty, caller_masked="138****0000")
        self.snap(call_id, queue=queue, language=language)
        self.say("queue_entered", call_id, queue=queue, priority=0, language=language)
        return call_id

    def leave(self, call_id: str) -> None:
        self.live.pop(call_id, None)
        self.redis.hdel(keys.LIVE, call_id)
        self.say("call_ended", call_id, cause="completed", ended_by="caller", phase="queue", sip_code=0, answered=True)

    def ask(self, name: str, **data: Any) -> dict[str, Any]:
        request_id = new_id("req", time.time())
        self.redis.xadd(keys.ROUTING_IN, {"request": json.dumps({"id": request_id, "name": name, "data": data})})
        answer: dict[str, Any] = json.loads(self.redis.blpop([keys.reply(request_id)], timeout=10)[1])
        return answer

    def mark(self) -> None:
        """Read facts from here on."""
        self.facts_from = self.redis.xrevrange(keys.FACTS, count=1)[0][0]

    def next_offer(self, call_id: str = "", seconds: float = 10.0) -> Fact:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for _, entries in self.redis.xread({keys.FACTS: self.facts_from}, block=200) or ():
                for entry_id, fields in entries:
                    self.facts_from = entry_id
                    fact = Fact.from_json(fields["fact"])
                    if fact.name == "offer_made" and call_id in ("", fact.call_id):
                        return fact
        raise SystemExit("no offer came")


def measure(bench: Bench, waiting: int, rounds: int) -> dict[str, list[float]]:
    """Times in milliseconds."""
    found: dict[str, list[float]] = {"offer": [], "accept": [], "next": []}
    bench.keep_alive()
    for agent_id in bench.agents:
        assert bench.ask("set_agent_state", agent_id=agent_id, state="available")["ok"]
    first = bench.call_in()  # in a new Redis offers are held until conversations have shown themselves (2.5 s)
    Bench._wait(lambda: _offers(bench) > 0)
    bench.leave(first)
    for _ in range(min(rounds, 100)):
        bench.keep_alive()
        bench.mark()
        start = time.perf_counter()
        call_id = bench.call_in()
        bench.next_offer(call_id)
        found["offer"].append((time.perf_counter() - start) * 1000)
        bench.leave(call_id)
    for _ in range(waiting):
        bench.call_in()
        bench.keep_alive()
    expected = min(waiting, len(bench.agents))
    Bench._wait(lambda: _offers(bench) == expected, 120)
    for _ in range(rounds):
        bench.keep_alive()
        board = bench.redis.hgetall(keys.BOARD_STATE)
        offers = sorted(
            (json.loads(text) for key, text in board.items() if key.startswith("offers/")), key=lambda o: o["queued_at"]
        )
        offer = offers[0]
        agent_id, call_id = offer["agent_ids"][0], offer["call_id"]
        start = time.perf_counter()
        answer = bench.ask("accept_offer", offer_id=offer["offer_id"], agent_id=agent_id)
        found["accept"].append((time.perf_counter() - start) * 1000)
        assert answer["ok"], (answer, offer, _state(bench, agent_id), bench.redis.hget(keys.BOARD_STATE, f"calls/{call_id}"))
        assert any('"connect_agent"' in fields["command"] for _, fields in bench.redis.xrange(keys.commands(call_id)))
        bench.say("agent_connected", call_id, offer_id=offer["offer_id"], agent_id=agent_id, talk_id="t")
        bench.leave(call_id)
        bench.call_in()  # the queue stays full
        Bench._wait(lambda who=agent_id: _state(bench, who) == "wrap_up")
        bench.mark()
        start = time.perf_counter()
        assert bench.ask("end_wrap_up", agent_id=agent_id)["ok"]
        bench.next_offer()
        found["next"].append((time.perf_counter() - start) * 1000)
    return found


def restart(bench: Bench, rounds: int = 3) -> list[float]:
    """Milliseconds from the kill until the first accept is answered, with the line as it was."""
    found = []
    for _ in range(rounds):
        bench.keep_alive()
        Bench._wait(lambda: bench.keep_alive() or len(bench.line()) == len(bench.live))
        before = bench.line()
        bench.routing.kill()
        bench.routing.wait()
        start = time.perf_counter()
        bench.start_routing()
        bench.renewed = 0.0
        bench.keep_alive()
        Bench._wait(lambda: _offers(bench) > 0)
        offer = next(
            json.loads(text) for key, text in bench.redis.hgetall(keys.BOARD_STATE).items() if key.startswith("offers/")
        )
        answer = bench.ask("accept_offer", offer_id=offer["offer_id"], agent_id=offer["agent_ids"][0])
        found.append((time.perf_counter() - start) * 1000)
        assert answer["ok"], answer
        left = [call_id for call_id in before if call_id != offer["call_id"]]
        # Places are written once a second; what counts is that everybody is there, in the same order.
        Bench._wait(lambda left=left: bench.keep_alive() or bench.line() == left, 30)
        bench.leave(offer["call_id"])
        bench.call_in()
        Bench._wait(lambda: _offers(bench) > 0)
    return found


def _offers(bench: Bench) -> int:
    bench.keep_alive()
    return sum(1 for key in bench.redis.hkeys(keys.BOARD_STATE) if key.startswith("offers/"))


def _state(bench: Bench, agent_id: str) -> str:
    text = bench.redis.hget(keys.BOARD_STATE, f"agents/{agent_id}")
    return str(json.loads(text)["state"]) if text else ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--waiting", type=int, default=500)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--strategy", choices=STRATEGIES, default="ring_all")
    parser.add_argument("--mixed", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(Path(home), options.agents, options.strategy, mixed=options.mixed)
        try:
            found = measure(bench, options.waiting, options.rounds)
            found["restart"] = restart(bench)
            routing = psutil.Process(bench.routing.pid)
            before, start = sum(routing.cpu_times()[:2]), time.monotonic()
            while time.monotonic() - start < 5:
                bench.keep_alive()
                time.sleep(0.1)
            idle = (sum(routing.cpu_times()[:2]) - before) / (time.monotonic() - start)
            memory = routing.memory_info().rss / 2**20
        finally:
            bench.close()
    result: dict[str, Any] = {
        "waiting": options.waiting,
        "agents": options.agents,
        "strategy": options.strategy,
        "mixed": options.mixed,
        "load": os.getloadavg()[0],
        "cores": os.cpu_count(),
        "cpu_of_a_core_while_nothing_happens": round(idle, 3),
        "memory_mb": round(memory, 1),
    }
    for name, values in found.items():
        ordered = sorted(values)
        result[name] = {
            "median_ms": round(statistics.median(ordered), 2),
            "p99_ms": round(ordered[int(0.99 * (len(ordered) - 1))], 2),
            "max_ms": round(ordered[-1], 2),
            "n": len(ordered),
        }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
