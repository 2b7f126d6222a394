"""The door of the browser headset: whom it lets through to the edge, and that nothing outlives the log-in."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from hotline.api.headsets import FRAMES
from hotline.bus import keys
from hotline.store.demo import DEMO_PASSWORD
from hotline.store.repositories import agents
from tests.integration.api.conftest import House, until
from tests.ports import free_port

pytestmark = pytest.mark.integration

SIP = websockets.Subprotocol("sip")
CONSOLE = {"X-Hotline-Console": "1"}


@dataclass
class Edge:
    """Stands where Kamailio's WebSocket would, and says everything back."""

    port: int = field(default_factory=free_port)
    open: set[ServerConnection] = field(default_factory=set)

    async def answer(self, connection: ServerConnection) -> None:
        self.open.add(connection)
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in connection:
                await connection.send(f"edge: {message!s}")
        self.open.discard(connection)


@pytest.fixture
async def edge(served: House) -> AsyncIterator[Edge]:
    made = Edge()
    sip = served.settings.sip.model_copy(update={"websocket_port": made.port})
    served.context.settings = served.settings.model_copy(update={"sip": sip})
    async with serve(made.answer, "127.0.0.1", made.port, subprotocols=[SIP]):
        yield made


async def cookie(house: House, username: str) -> dict[str, str]:
    """Log in as a browser does."""
    answer = await house.client.post("/api/login", json={"username": username, "password": DEMO_PASSWORD})
    assert answer.status_code == 200
    found = answer.cookies["hotline_session"]
    house.client.cookies.clear()
    return {"Cookie": f"hotline_session={found}"}


def door(house: House, headers: dict[str, str], origin: str = "") -> connect:
    address = f"{house.base.replace('http', 'ws')}/api/headset/sip"
    return connect(
        address, subprotocols=[SIP], additional_headers=headers, origin=websockets.Origin(origin or house.base), proxy=None
    )


async def closed(connection: ClientConnection, seconds: float = 3.0) -> tuple[int, str]:
    """Code and reason with which the connection ends."""
    with contextlib.suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(seconds):
            while True:
                await connection.recv()
    assert connection.close_code is not None
    return connection.close_code, connection.close_reason or ""


async def test_frames_go_both_ways_and_the_edge_never_sees_the_page(served: House, edge: Edge) -> None:
    async with door(served, await cookie(served, "desk1")) as page:
        assert page.subprotocol == "sip"
        await page.send("REGISTER sip:hotline.local SIP/2.0")
        assert await asyncio.wait_for(page.recv(), 5) == "edge: REGISTER sip:hotline.local SIP/2.0"
        request = next(iter(edge.open)).request
        assert request is not None
        assert "Origin" not in request.headers
        assert "Cookie" not in request.headers


@pytest.mark.parametrize("username", ["", "admin"])
async def test_strangers_and_people_without_a_seat_stay_outside(served: House, edge: Edge, username: str) -> None:
    headers = await cookie(served, username) if username else {"Cookie": "hotline_session=guessed"}
    with pytest.raises(websockets.InvalidStatus):
        async with door(served, headers):
            pass
    assert not edge.open


async def test_another_page_cannot_use_the_cookie(served: House, edge: Edge) -> None:
    with pytest.raises(websockets.InvalidStatus):
        async with door(served, await cookie(served, "desk1"), origin="http://evil.example"):
            pass


async def test_the_log_out_ends_it_all(served: House, edge: Edge) -> None:
    headers = await cookie(served, "desk1")
    answer = await served.client.post("/api/headset/credentials", headers={**headers, **CONSOLE})
    made = answer.json()
    ha1 = hashlib.md5(f"8001:{made['realm']}:{made['password']}".encode()).hexdigest()
    assert await served.redis.get(keys.headset("8001")) == ha1
    assert 0 < await served.redis.ttl(keys.headset("8001")) <= made["expires_in"]
    async with door(served, headers) as page:
        assert (await served.client.post("/api/logout", headers={**headers, **CONSOLE})).status_code == 200
        assert (await closed(page))[1] == "session.logged_out"
    assert await served.redis.get(keys.headset("8001")) is None
    assert (await served.client.post("/api/headset/credentials", headers={**headers, **CONSOLE})).status_code == 401
    with pytest.raises(websockets.InvalidStatus):
        async with door(served, headers):
            pass


async def test_another_log_in_of_the_seat_takes_password_and_connection(served: House, edge: Edge) -> None:
    old = await cookie(served, "desk1")
    await served.client.post("/api/headset/credentials", headers={**old, **CONSOLE})
    async with door(served, old) as page:
        await cookie(served, "desk1")
        assert (await closed(page))[1] == "session.replaced"
    assert await served.redis.get(keys.headset("8001")) is None


async def test_a_second_page_takes_the_place_of_the_first(served: House, edge: Edge) -> None:
    headers = await cookie(served, "desk1")
    async with door(served, headers) as first, door(served, headers) as second:
        assert (await closed(first))[1] == "headset.replaced"
        await second.send("still here")
        assert await asyncio.wait_for(second.recv(), 5) == "edge: still here"
    await until(lambda: not edge.open)


async def test_a_page_that_floods_is_cut_off(served: House, edge: Edge) -> None:
    async with door(served, await cookie(served, "desk1")) as page:
        for _ in range(FRAMES + 1):
            await page.send("x")
        assert await closed(page) == (1008, "headset.flood")


async def test_an_edge_that_is_away_is_told_as_such(served: House) -> None:
    sip = served.settings.sip.model_copy(update={"websocket_port": free_port()})
    served.context.settings = served.settings.model_copy(update={"sip": sip})
    async with door(served, await cookie(served, "desk1")) as page:
        assert await closed(page, 6) == (1013, "headset.edge_away")


async def test_the_choice_is_remembered_and_told_to_routing(house: House) -> None:
    headers = await house.log_in("desk1")
    assert (await house.client.get("/api/headset", headers=headers)).json() == {
        "enabled": True,
        "device": "phone",
        "echo": "echo",
    }
    answer = await house.client.put("/api/headset", json={"device": "headset"}, headers=headers)
    assert answer.json()["device"] == "headset"
    with house.store.read() as session:
        agent = agents.by_extension(session, "8001")
        assert agent is not None
        assert agent.device == "headset"
    assert (await house.client.put("/api/headset", json={"device": "drum"}, headers=headers)).status_code == 422
    wall = await house.log_in("wall")
    assert (await house.client.put("/api/headset", json={"device": "headset"}, headers=wall)).json()["error"][
        "code"
    ] == "auth.no_seat"
    assert (await house.client.get("/api/headset", headers=wall)).json()["enabled"] is False
