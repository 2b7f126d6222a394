"""A real edge for tests: private Redis, Kamailio and rtpengine on free ports, with state in a temporary home."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis

from hotline.bootstrap.parts import parts
from hotline.bootstrap.supervisor import prefer
from hotline.bus import keys
from hotline.edge import kamailio, rtpengine
from hotline.edge.rpc import Rpc
from hotline.settings import Settings, load
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.phone import SimPhone
from tests.fakes.sip_wire import close_all
from tests.ports import free_block

if TYPE_CHECKING:
    from tests.sip.exchange import Exchange

RELAY_PORTS = 500
EXTENSIONS = {"8001": "one-secret", "8002": "two-secret", **{str(8010 + n): f"secret-{n}" for n in range(12)}}


def until(condition: Callable[[], Any], seconds: float, what: str) -> None:
    """Poll until true. Fails the test with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Edge:
    """Running parts of the edge, their settings, and ways to look into them."""

    def __init__(self, home: Path, **overrides: Any) -> None:
        base = free_block(8)
        self.worker_ports = free_block(40)
        sip = {"port": base, "inside_port": base + 1, "websocket_port": base + 4, "worker_port_from": self.worker_ports}
        media_from = free_block(RELAY_PORTS)
        media = {
            "port_from": media_from,
            "port_to": media_from + RELAY_PORTS - 1,
            "control_port": base + 2,
            "worker_port_from": 40000,
        }
        values: dict[str, Any] = {
            "home": home,
            "sip": {**sip, **overrides.pop("sip", {})},
            "media": {**media, **overrides.pop("media", {})},
            "redis": {"port": base + 3},
            **overrides,
        }
        self.settings: Settings = load(**values)
        self.rpc = Rpc(self.settings)
        self.redis = redis.Redis(port=base + 3, decode_responses=True, socket_timeout=2)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def outside(self) -> tuple[str, int]:
        return "127.0.0.1", self.settings.sip.port

    @property
    def inside(self) -> tuple[str, int]:
        return "127.0.0.1", self.settings.sip.inside_port

    def phones(self) -> list[kamailio.Phone]:
        domain = self.settings.sip.domain
        return [
            kamailio.Phone(ext, hashlib.md5(f"{ext}:{domain}:{secret}".encode()).hexdigest())
            for ext, secret in EXTENSIONS.items()
        ]

    def start(self) -> None:
        self.start_redis()
        if self.settings.media.relay == "always":
            self.run("rtpengine", rtpengine.command(self.settings))
            until(lambda: rtpengine.ready(self.settings), 10, "rtpengine answers")
        kamailio.check(kamailio.render(self.settings, self.phones()))
        self.start_kamailio()

    def start_kamailio(self) -> None:
        self.run("kamailio", kamailio.command(self.settings))
        until(self.rpc.ready, 10, "Kamailio answers")

    def start_redis(self) -> None:
        port = str(self.settings.redis.port)
        self.run(
            "redis",
            ["redis-server", "--port", port, "--save", "", "--appendonly", "no", "--dir", str(self.settings.home)],
        )
        until(self._redis_answers, 10, "Redis answers")

    def _redis_answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self.redis.ping())
        return False

    def run(self, name: str, command: list[str]) -> None:
        log = (self.settings.home / f"{name}.log").open("ab")
        process = self._processes[name] = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        log.close()
        self.prefer(name, process.pid)

    def prefer(self, name: str, pid: int) -> None:
        """Give a part its priority, as in a whole hotline: an edge that waits for a processor refuses calls."""
        prefer(pid, next((part.nice for part in parts(self.settings) if part.name == name), 0))

    def stop(self, name: str) -> None:
        """End one part with all its children: the process group we made for it."""
        process = self._processes.pop(name, None)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)

    def stop_all(self) -> None:
        for name in list(self._processes):
            self.stop(name)

    def alive(self, name: str) -> bool:
        return self._processes[name].poll() is None

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def log(self, name: str = "kamailio") -> str:
        return (self.settings.home / f"{name}.log").read_text("utf-8", "replace")

    def idle(self, *ports: int) -> None:
        """Put workers into the list of idle ones, in this order, in place of what stood there."""
        self.redis.delete(keys.IDLE)
        if ports:
            self.redis.rpush(keys.IDLE, *(f"sip:127.0.0.1:{port}" for port in ports))

    def worker_port(self, number: int) -> int:
        return self.worker_ports + number


@pytest.fixture(autouse=True)
async def _close_peers() -> AsyncIterator[None]:
    yield
    close_all()


@pytest.fixture(scope="session")
def make_edge() -> Iterator[Callable[..., Edge]]:
    """Makes and starts edges with given settings; all are stopped at the end."""
    missing = kamailio.missing_packages()
    if missing or shutil.which("redis-server") is None:
        pytest.fail(f"Debian packages missing: {missing or ['redis-server']}")
    made: list[tuple[Edge, Path]] = []

    def make(**overrides: Any) -> Edge:
        home = Path(tempfile.mkdtemp(prefix="hl-edge-"))
        edge = Edge(home, **overrides)
        made.append((edge, home))
        edge.start()
        return edge

    yield make
    for edge, home in made:
        edge.stop_all()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_edge(make_edge: Callable[..., Edge]) -> Edge:
    """One edge with the demo's trunk settings (any loopback port is the carrier) for all tests that do not harm it."""
    return make_edge(sip={"max_calls_per_second": 200})


@pytest.fixture
def edge(shared_edge: Edge) -> Edge:
    """The shared edge with no idle worker."""
    shared_edge.idle()
    return shared_edge


@pytest.fixture
async def carrier(exchange: Exchange) -> AsyncIterator[SimCarrier]:
    """The carrier of a module's exchange."""
    made = await exchange.carrier()
    yield made
    await made.close()


@pytest.fixture
async def phone(exchange: Exchange) -> AsyncIterator[SimPhone]:
    """The desk phone 8001, registered."""
    made = exchange.phone()
    await made.start()
    yield made
    await made.close()
