"""The edge with the real pool of conversation workers behind it; the test plays routing by hand."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from hotline.bus import client as bus
from hotline.bus import keys
from hotline.core.commands import Command
from hotline.core.facts import Fact
from hotline.core.journal import decode
from hotline.secrecy import Secrecy
from hotline.simulate import tones
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.expert import Character, SimExpert
from hotline.simulate.people.phone import SimPhone
from tests.ports import free_block
from tests.sip.conftest import EXTENSIONS, Edge, until

SHORT_FLOW = """
title: {zh: 测试, en: test}
languages: [zh-CN]
start: desk
nodes:
  desk:
    say: [connecting]
    wait: {for: queue, queue: GN, seconds: 60}
    route: {talked: rate, timeout: bye, closed: bye, failed: bye}
  rate:
    wait: {for: rate, seconds: 3, repeats: 1}
    route: {rated: thanks, no_rating: bye, skipped: bye}
  thanks:
    say: [rate_thanks]
    hang_up: completed
  bye:
    say: [goodbye]
    hang_up: completed
"""


@contextmanager
def exchange_at_work(
    *,
    warm: int,
    most: int,
    prepare: Callable[[Exchange], None] = lambda made: None,
    check: Callable[[Path], None] = lambda home: None,
    **sections: dict[str, Any],
) -> Iterator[Exchange]:
    """Edge and pool in a home of their own, gone afterwards. `warm` idle workers, at most `most`; other sections of settings
    as they are given. `prepare` sees it before it starts, `check` the home after the pool has stopped."""
    home = Path(tempfile.mkdtemp(prefix="hl-sip-"))
    flows = home / "flows"
    media, carrier = free_block(20 * most), free_block(2)
    edge = Edge(
        home,
        media={"worker_port_from": media},
        pool={"warm": warm, "max": most, **sections.pop("pool", {})},
        flows={"directory": str(flows)},
        trunks=[{"name": "demo", "outbound_proxy": f"sip:127.0.0.1:{carrier}"}],
        **sections,
    )
    made = Exchange(edge, flows)
    edge.start()
    prepare(made)
    made.start()
    yield made
    made.stop()
    check(home)
    edge.stop_all()
    shutil.rmtree(home, ignore_errors=True)


class Exchange:
    """Edge and pool, and hands for everything a test wants to do with them."""

    def __init__(self, edge: Edge, flows: Path) -> None:
        self.edge = edge
        self.settings = edge.settings
        flows.mkdir(exist_ok=True)
        (flows / "main.yaml").write_text(SHORT_FLOW, "utf-8")
        self.secrecy = Secrecy.from_dir(self.settings.keys_dir, create=True)
        self.redis = bus.connect(self.settings.redis_url)
        self._orders = 0
        self._pool: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.launch()
        until(lambda: self.redis.llen(keys.IDLE) >= self.settings.pool.warm, 20, "the pool is warm")

    def launch(self) -> None:
        """Start the pool, and do not wait for it."""
        settings = self.settings
        environment = {
            **os.environ,
            "HOTLINE_CONFIG": "",
            "HOTLINE_HOME": str(settings.home),
            "HOTLINE_SIP": settings.sip.model_dump_json(),
            "HOTLINE_MEDIA": settings.media.model_dump_json(),
            "HOTLINE_REDIS": settings.redis.model_dump_json(),
            "HOTLINE_POOL": settings.pool.model_dump_json(),
            "HOTLINE_TRANSFER": settings.transfer.model_dump_json(),
            "HOTLINE_FLOWS": settings.flows.model_dump_json(),
            "HOTLINE_LIMITS": settings.limits.model_dump_json(),
            "HOTLINE_TRUNKS": json.dumps([trunk.model_dump(mode="json") for trunk in settings.trunks]),
        }
        log = (settings.home / "pool.log").open("ab")
        self._pool = subprocess.Popen(
            [sys.executable, "-m", "hotline.cli", "part", "pool"],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.edge.prefer("pool", self._pool.pid)

    def kill_pool(self) -> int:
        """kill -9 of the pool alone; its workers stay. Its process id."""
        assert self._pool is not None
        pid = self._pool.pid
        self._pool.kill()
        self._pool.wait(5)
        return pid

    def stop(self, seconds: float = 10.0) -> int:
        """SIGTERM, and kill -9 after `seconds`. The pool's exit code; 0 when there was none."""
        if not self._pool:
            return 0
        self._pool.send_signal(signal.SIGTERM)
        try:
            return self._pool.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self._pool.pid, signal.SIGKILL)
            return self._pool.wait(5)

    def workers(self) -> dict[str, dict[str, Any]]:
        return {name: json.loads(raw) for name, raw in self.redis.hgetall(keys.WORKERS).items()}  # type: ignore[union-attr]

    def pool_log(self) -> str:
        """What the pools have written."""
        return (self.settings.home / "pool.log").read_text("utf-8", "replace")

    # Facts and orders.

    def facts(self, call_id: str = "") -> list[Fact]:
        entries: Any = self.redis.xrange(keys.FACTS)
        found = [Fact.from_json(fields["fact"]) for _, fields in entries]
        return [fact for fact in found if not call_id or fact.call_id == call_id]

    def journal(self, call_id: str) -> list[Fact]:
        data = (self.settings.journal_dir / f"{call_id}.jnl").read_bytes()
        return [Fact.from_json(json.dumps(record["fact"])) for record in decode(data).records if "fact" in record]

    async def fact(self, call_id: str, name: str, seconds: float = 10.0, **data: Any) -> Fact:
        """Wait for a fact of that name (whose data contain `data`)."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for fact in reversed(self.facts(call_id)):
                if fact.name == name and all(fact.data.get(key) == value for key, value in data.items()):
                    return fact
            await asyncio.sleep(0.03)
        told = [
            (fact.name, {key: fact.data[key] for key in ("outcome", "sip_code", "cause", "stage") if key in fact.data})
            for fact in self.facts(call_id)
        ]
        raise AssertionError(f"no {name} {data} within {seconds} s; there is {told}")

    async def call_of(self, sip_call_id: str) -> str:
        """The call id of the caller with that SIP Call-ID."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            for fact in self.facts():
                if fact.name == "call_arrived" and fact.data.get("sip_call_id") == sip_call_id:
                    return fact.call_id
            await asyncio.sleep(0.02)
        raise AssertionError("the call never arrived")

    def order(self, call_id: str, name: str, **data: Any) -> None:
        self._orders += 1
        bus.send_command(self.redis, Command(name, call_id, f"cmd{self._orders}", data))

    def connect_agent(self, call_id: str, extension: str = "8001", offer: str = "off1") -> None:
        uri = f"sip:{extension}@{self.settings.sip.domain}"
        self.order(call_id, "connect_agent", offer_id=offer, agent_id=f"a{extension}", uri=uri)

    def try_expert(self, call_id: str, number: str, try_id: str = "try1") -> None:
        self.order(
            call_id,
            "try_expert",
            transfer_id="trf1",
            try_id=try_id,
            expert_id="e1",
            number_enc=self.secrecy.seal(number, "experts.phone:e1"),
            trunk="demo",
            brief={"category": "0201", "region": "", "waited": 5},
        )

    # People.

    def phone(self, extension: str = "8001", voice: int = 1) -> SimPhone:
        return SimPhone(extension, EXTENSIONS[extension], edge=self.edge.outside, domain=self.settings.sip.domain, voice=voice)

    async def carrier(self) -> SimCarrier:
        port = int(self.settings.trunks[0].outbound_proxy.rpartition(":")[2])
        carrier = SimCarrier(edge=self.edge.outside, port=port)
        await carrier.start()
        return carrier

    @staticmethod
    def expert(carrier: SimCarrier, number: str, character: Character, voice: int = 10) -> SimExpert:
        return carrier.add_expert(SimExpert(number, character, voice=voice))


def voice_share(path: Path, voice: int) -> float:
    """Share of the file's windows in which the voice is heard."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    windows = samples[: len(samples) // tones.WINDOW * tones.WINDOW].reshape(-1, tones.WINDOW).astype(np.float32)
    return float(np.mean(tones.detect_voices(windows)[0] == voice))
