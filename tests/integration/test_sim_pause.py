"""`hotline simulate` and the demo's trickle take turns over a real Redis."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hotline.bus import keys
from hotline.settings import Settings
from hotline.simulate import pause
from hotline.simulate.pause import stage_to_oneself
from hotline.simulate.stage import StageError
from hotline.simulate.trickle import Trickle
from tests.conftest import RedisServer, make_settings
from tests.ports import free_port

pytestmark = pytest.mark.integration


def port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


async def soon(check: Callable[[], bool] | Callable[[], Awaitable[object]], timeout: float = 8.0) -> None:
    async with asyncio.timeout(timeout):
        while True:
            found = check()
            if (await found) if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.05)


@pytest.fixture
def demo(tmp_path: Path, redis_server: RedisServer) -> Settings:
    """A hotline of which only Redis is there: nobody answers REGISTER or log-in, which the trickle must survive."""
    ports = {"sip": {"port": free_port()}, "http": {"port": free_port()}}
    return make_settings(tmp_path / "home", redis={"url": redis_server.url}, demo={"carrier_port": free_port()}, **ports)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Trickle]:
    trickle, stop = Trickle(settings), asyncio.Event()
    task = asyncio.ensure_future(trickle.run(stop))
    try:
        yield trickle
    finally:
        stop.set()
        async with asyncio.timeout(8):
            await task


async def test_trickle_leaves_when_asked_and_comes_back(demo: Settings, redis_server: RedisServer) -> None:
    port = demo.demo.carrier_port
    async with running(demo):
        await soon(lambda: redis_server.client.get(keys.DEMO_TRICKLE) == "running")
        assert not port_is_free(port)
        async with stage_to_oneself(demo.redis_url):
            assert redis_server.client.get(keys.DEMO_TRICKLE) == "paused"
            assert port_is_free(port)
        await soon(lambda: redis_server.client.get(keys.DEMO_TRICKLE) == "running")
        await soon(lambda: not port_is_free(port))
        assert redis_server.client.get(keys.part("simulate"))
    assert port_is_free(port)
    assert redis_server.client.get(keys.DEMO_TRICKLE) is None


async def test_a_killed_run_gives_the_stage_back_by_itself(demo: Settings, redis_server: RedisServer) -> None:
    async with running(demo):
        redis_server.client.set(keys.DEMO_PAUSE, "dead", px=1500)  # the lease of a run that nobody renews any more
        await soon(lambda: redis_server.client.get(keys.DEMO_TRICKLE) == "paused")
        await soon(lambda: redis_server.client.get(keys.DEMO_TRICKLE) == "running")


async def test_without_a_trickle_nobody_is_waited_for_and_a_second_run_is_refused(demo: Settings) -> None:
    async with asyncio.timeout(2), stage_to_oneself(demo.redis_url):
        with pytest.raises(StageError, match="another"):
            async with stage_to_oneself(demo.redis_url):
                pass
    async with stage_to_oneself(demo.redis_url):
        pass


async def test_a_trickle_that_does_not_leave_and_no_redis_are_told(
    demo: Settings, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pause, "LEAVE_SECONDS", 0.5)
    redis_server.client.set(keys.DEMO_TRICKLE, "running")
    with pytest.raises(StageError, match="did not leave"):
        async with stage_to_oneself(demo.redis_url):
            pass
    assert redis_server.client.get(keys.DEMO_PAUSE) is None
    with pytest.raises(StageError, match="Redis"):
        async with stage_to_oneself(f"redis://:secret@127.0.0.1:{free_port()}/0"):
            pass


async def test_a_taken_port_is_tried_again(demo: Settings, redis_server: RedisServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", demo.demo.carrier_port))
        async with running(demo) as trickle:
            await soon(lambda: bool(redis_server.client.get(keys.part("simulate"))))
            assert trickle.town is None
            sock.close()
            await soon(lambda: trickle.town is not None)


async def test_redis_going_away_does_not_end_the_trickle(demo: Settings, redis_server: RedisServer) -> None:
    async with running(demo):
        await soon(lambda: redis_server.client.get(keys.DEMO_TRICKLE) == "running")
        redis_server.stop()
        await asyncio.to_thread(redis_server.start)
        await soon(lambda: redis_server.client.get(keys.DEMO_TRICKLE) == "running", 15)
