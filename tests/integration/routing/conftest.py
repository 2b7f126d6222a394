"""A private Redis, a database with a small desk, and the routing process itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from hotline.bus import client as bus
from hotline.bus import keys
from hotline.secrecy import Secrecy
from hotline.settings import Settings, load
from hotline.store.engine import Store
from hotline.store.migrations import migrate
from hotline.store.models import Agent, RosterShift
from hotline.store.repositories import experts
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[3]


def until(what: Callable[[], Any], seconds: float = 8.0, every: float = 0.02) -> Any:
    """Poll with a deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found or time.monotonic() > deadline:
            assert found, "deadline passed"
            return found
        time.sleep(every)


class Desk:
    """What a test holds: settings, Redis, the routing process, and consoles that keep their leases."""

    def __init__(self, home: Path, agents: int = 3, expert_count: int = 3, **queue: Any) -> None:
        self.port = free_port()
        self.home = home
        self.agents = [f"a{index}" for index in range(agents)]
        self.settings: Settings = load(
            home=home, redis={"port": self.port}, queue={"strategy": "ring_all", **queue}, demo={"enabled": False}
        )
        self.redis_process: subprocess.Popen[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.start_redis()
        self.client: Any = redis.Redis.from_url(self.settings.redis_url, decode_responses=True)
        self._fill(expert_count)
        self.connected = set(self.agents)
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep_leases, daemon=True)
        self._keeper.start()

    def _fill(self, expert_count: int) -> None:
        secrecy = Secrecy.from_dir(self.settings.keys_dir, create=True)
        migrate(self.settings)
        store = Store(self.settings, secrecy)
        with store.write() as session:
            for index, agent_id in enumerate(self.agents):
                session.add(
                    Agent(
                        id=agent_id,
                        name=agent_id,
                        extension=f"80{index:02}",
                        phone_uri=f"sip:80{index:02}@x",
                        skills=["GN"],
                        languages=["zh-CN"],
                    )
                )
            for index in range(expert_count):
                expert = experts.add(
                    session,
                    secrecy,
                    id=f"e{index}",
                    phone=f"1380000000{index}",
                    name=f"E{index}",
                    kind="lawyer",
                    skills=["MF"],
                )
                expert.shifts = [RosterShift(weekday=day, from_minute=0, to_minute=1440) for day in range(7)]
        store.close()

    def start_redis(self) -> None:
        self.redis_process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cwd=self.home,
            stdout=subprocess.DEVNULL,
        )
        probe = redis.Redis(port=self.port)

        def answers() -> bool:
            with contextlib.suppress(redis.RedisError):
                return bool(probe.ping())
            return False

        until(answers)

    def stop_redis(self) -> None:
        if self.redis_process is not None:
            self.redis_process.kill()
            self.redis_process.wait()

    def start_routing(self) -> None:
        config = self.home / "test.toml"
        queue = self.settings.queue
        config.write_text(
            f'home = "{self.home}"\n[redis]\nport = {self.port}\n[queue]\n'
            f'strategy = "{queue.strategy}"\noffer_seconds = {queue.offer_seconds}\n'
            f"agent_ring_seconds = {queue.agent_ring_seconds}\nwrap_up_seconds = {queue.wrap_up_seconds}\n"
            f"missed_offers_to_pause = {queue.missed_offers_to_pause}\n"
        )
        env = {**os.environ, "PYTHONPATH": str(ROOT), "HOTLINE_CONFIG": str(config)}
        log = (self.home / "routing.log").open("ab")
        self.process = subprocess.Popen([sys.executable, "-m", "hotline.routing.main"], env=env, stderr=log)
        pid = self.process.pid
        until(lambda: (beat := self.client.get(keys.part("routing"))) and json.loads(beat)["pid"] == pid, 20)

    def end_routing(self, how: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(10)

    def close(self) -> None:
        self._stopping.set()
        self._keeper.join(5)
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.stop_redis()

    def _keep_leases(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(redis.RedisError):
                for agent_id in list(self.connected):
                    self.client.set(keys.agent_lease(agent_id), "1", px=1500)
            self._stopping.wait(0.3)

    def ask(self, name: str, **data: Any) -> dict[str, Any]:
        """As the API asks."""

        async def once() -> dict[str, Any]:
            client = bus.connect_async(self.settings.redis_url)
            try:
                return await bus.ask_routing(client, name, data)
            finally:
                await client.aclose()

        return asyncio.run(once())

    def ready(self, *agents: str) -> None:
        for agent_id in agents or self.agents:
            assert self.ask("set_agent_state", agent_id=agent_id, state="available")["ok"]

    def board(self, kind: str = "") -> dict[str, dict[str, Any]]:
        raw = self.client.hgetall(keys.BOARD_STATE)
        return {key: json.loads(text) for key, text in raw.items() if key.startswith(kind)}

    def agent(self, agent_id: str) -> tuple[str, str]:
        entity = self.board("agents/").get(f"agents/{agent_id}") or {"state": "", "reason": ""}
        return entity["state"], entity["reason"]

    def offer(self, call_id: str) -> dict[str, Any]:
        return until(lambda: next((o for o in self.board("offers/").values() if o["call_id"] == call_id), None))


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(**options: Any) -> Desk:
        if shutil.which("redis-server") is None:
            pytest.fail("Debian package missing: redis-server")
        desk = Desk(tmp_path, **options)
        made.append(desk)
        desk.start_routing()
        return desk

    yield make
    for desk in made:
        desk.close()
