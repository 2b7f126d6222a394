"""A hotline whose API is real, on a real private Redis and a database with the demo city; only routing is played."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import redis.asyncio
from argon2 import PasswordHasher
from fastapi import FastAPI

from hotline.api.app import create_app
from hotline.api.background import end
from hotline.api.context import Context, context_of
from hotline.api.server import make_server
from hotline.bus.client import connect_async
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store import passwords
from hotline.store.demo import DEMO_PASSWORD, load_demo
from hotline.store.engine import Store
from hotline.store.migrations import migrate
from tests.fakes.desk_routing import DeskRouting
from tests.ports import free_port


class PrivateRedis:
    """A redis-server that can be stopped and started again on the same port."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cwd=self.directory,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                with redis.Redis(port=self.port) as client:
                    client.ping()
                return
            except redis.RedisError:
                assert time.monotonic() < deadline, "redis-server did not come up"
                time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRedis]:
    server = PrivateRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Argon2 with the smallest parameters: these tests log in some two hundred times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def demo_home(quick_passwords: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with keys and the demo city, made once: hashing ten passwords takes its time."""
    settings = Settings(home=tmp_path_factory.mktemp("demo"))
    secrecy = Secrecy.from_dir(settings.keys_dir, create=True)
    migrate(settings)
    store = Store(settings, secrecy)
    load_demo(store, settings)
    store.close()
    return settings.home


@dataclass
class House:
    """The API under test and everything around it."""

    settings: Settings
    app: FastAPI
    redis: redis.asyncio.Redis
    routing: DeskRouting
    client: httpx.AsyncClient
    server: PrivateRedis
    base: str = ""

    @property
    def context(self) -> Context:
        return context_of(self.app)

    @property
    def store(self) -> Store:
        return self.context.store

    async def log_in(self, username: str, password: str = DEMO_PASSWORD) -> dict[str, str]:
        """Log in; headers for a program."""
        answer = await self.client.post("/api/login", json={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        self.client.cookies.clear()
        return {"Authorization": f"Bearer {answer.json()['token']}"}


async def until(check: Callable[[], Any | Awaitable[Any]], seconds: float = 5.0) -> Any:
    """Poll until `check` gives something true, and return that."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def open_house(home: Path, server: PrivateRedis, **values: Any) -> AsyncIterator[House]:
    """`values` are sections of settings."""
    settings = Settings(home=home, redis={"url": server.url}, **values)
    client = connect_async(server.url)
    await client.flushall()
    routing = DeskRouting(client)
    await routing.epoch()
    app = create_app(settings)
    task = asyncio.create_task(routing.run())
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    try:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://hotline.test") as http,
        ):
            yield House(settings, app, client, routing, http, server)
    finally:
        await end([task])
        await client.aclose()


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(demo_home, tmp_path / "home")


@pytest.fixture
async def house(home: Path, redis_server: PrivateRedis) -> AsyncIterator[House]:
    async with open_house(home, redis_server) as opened:
        yield opened


@pytest.fixture
async def served(home: Path, redis_server: PrivateRedis) -> AsyncIterator[House]:
    """The same behind a real uvicorn server; `base` is its address."""
    settings = Settings(home=home, redis={"url": redis_server.url})
    client = connect_async(redis_server.url)
    await client.flushall()
    routing = DeskRouting(client)
    await routing.epoch()
    app = create_app(settings)
    server = make_server(app)
    sock = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{sock.getsockname()[1]}"
    tasks = [asyncio.create_task(routing.run()), asyncio.create_task(server.serve(sockets=[sock]))]
    async with httpx.AsyncClient(base_url=base, timeout=30) as http:
        try:
            await until(lambda: server.started, 20)
            await until(lambda: not context_of(app).board.degraded)
            yield House(settings, app, client, routing, http, redis_server, base)
        finally:
            server.should_exit = True
            await asyncio.wait_for(tasks[1], 10)
            await end([tasks[0]])
            await client.aclose()
            sock.close()
