"""SIP over WebSocket at the edge, as the API hands it on: who may register, what a headset may do, and who is not let in."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import secrets
from collections.abc import AsyncIterator

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from hotline.bus import keys
from hotline.core.headsets import ECHO_TRUNK, ECHO_USER, HEADSET_HOST
from tests.fakes.sip_wire import Call, Message, Peer, Uas, sdp
from tests.sip.conftest import Edge

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

PASSWORD = "made for this log-in"
_numbers = itertools.count(1)


class Page:
    """A browser's SIP, by hand."""

    def __init__(self, edge: Edge, socket: ClientConnection, extension: str) -> None:
        self.edge, self.socket, self.extension = edge, socket, extension
        self.domain = edge.settings.sip.domain
        self.call_id = secrets.token_hex(8)

    def message(self, method: str, uri: str, to: str, user: str, extra: list[tuple[str, str]], body: str = "") -> Message:
        return Message(
            f"{method} {uri} SIP/2.0",
            [
                ("Via", f"SIP/2.0/WS page.invalid;branch=z9hG4bK{secrets.token_hex(6)}"),
                ("Max-Forwards", "69"),
                ("From", f"<sip:{user}@{self.domain}>;tag=page"),
                ("To", f"<{to}>"),
                ("Call-ID", self.call_id),
                ("CSeq", f"{next(_numbers)} {method}"),
                ("Contact", "<sip:x@page.invalid;transport=ws>"),
                *extra,
            ],
            body,
        )

    async def ask(self, message: Message) -> Message:
        await self.socket.send(message.encode().decode())
        while True:
            answer = Message.parse(str(await asyncio.wait_for(self.socket.recv(), 8)).encode())
            if answer.status >= 200 and answer.get("cseq") == message.get("cseq"):
                return answer

    async def asked(
        self, method: str, uri: str, *, user: str = "", to: str = "", password: str = PASSWORD, body: str = ""
    ) -> Message:
        """Ask, answer the challenge if there is one, and return the last answer."""
        user = user or self.extension
        extra = [("Content-Type", "application/sdp")] if body else [("Expires", "120")]
        first = await self.ask(self.message(method, uri, to or uri, user, extra, body))
        if first.status not in (401, 407):
            return first
        name = "www-authenticate" if first.status == 401 else "proxy-authenticate"
        challenge = dict(re.findall(r'(\w+)="([^"]*)"', first.get(name)))
        ha1 = hashlib.md5(f"{self.extension}:{challenge['realm']}:{password}".encode()).hexdigest()
        ha2 = hashlib.md5(f"{method}:{uri}".encode()).hexdigest()
        proof = hashlib.md5(f"{ha1}:{challenge['nonce']}:00000001:c:auth:{ha2}".encode()).hexdigest()
        header = "Authorization" if first.status == 401 else "Proxy-Authorization"
        value = (
            f'Digest username="{self.extension}", realm="{challenge["realm"]}", nonce="{challenge["nonce"]}", uri="{uri}", '
            f'response="{proof}", qop=auth, nc=00000001, cnonce="c", algorithm=MD5'
        )
        return await self.ask(self.message(method, uri, to or uri, user, [*extra, (header, value)], body))

    async def register(self, **how: str) -> int:
        return (
            await self.asked("REGISTER", f"sip:{self.domain}", to=how.pop("to", f"sip:{self.extension}@{self.domain}"), **how)
        ).status


def address(edge: Edge) -> str:
    return f"ws://127.0.0.1:{edge.settings.sip.websocket_port}/"


@pytest.fixture
async def page(edge: Edge) -> AsyncIterator[Page]:
    realm = edge.settings.sip.domain
    secret = hashlib.md5(f"8001:{realm}:{PASSWORD}".encode()).hexdigest()
    edge.redis.set(keys.headset("8001"), secret, ex=60)
    async with connect(address(edge), subprotocols=[websockets.Subprotocol("sip")], proxy=None) as socket:
        yield Page(edge, socket, "8001")
    edge.redis.delete(keys.headset("8001"))


async def test_only_the_api_may_open_a_connection(edge: Edge) -> None:
    before = edge.rpc.counters()["refused_origin"]
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connect(
            address(edge), subprotocols=[websockets.Subprotocol("sip")], origin=websockets.Origin("http://evil")
        ):
            pass
    assert refused.value.response.status_code == 403
    assert edge.rpc.counters()["refused_origin"] == before + 1


async def test_a_seat_registers_with_the_password_of_its_log_in(page: Page) -> None:
    assert await page.register(password="guessed") == 401
    assert await page.register() == 200
    assert [contact.extension for contact in page.edge.rpc.registered("headsets")] == ["8001"]
    # The log-in is over.
    page.edge.redis.delete(keys.headset("8001"))
    assert await page.register() == 401


async def test_nobody_registers_another_seat(page: Page) -> None:
    assert await page.register(to=f"sip:8002@{page.domain}") == 403
    assert await page.register(user="8002") == 403


@pytest.mark.parametrize(
    "uri", ["sip:12348@{domain}", "sip:8002@{domain}", "sip:+8613900010001@demo.trunk.invalid", "sip:8001@" + HEADSET_HOST]
)
async def test_a_headset_calls_nobody(page: Page, uri: str) -> None:
    answer = await page.asked("INVITE", uri.format(domain=page.domain), body=sdp(40000))
    assert answer.status == 403


async def test_a_worker_rings_the_page_over_its_own_connection(page: Page) -> None:
    assert await page.register() == 200
    worker = await Peer.open(page.edge.worker_port(3))
    call = Call(worker, page.edge.inside, f"sip:8001@{HEADSET_HOST}", from_uri=f"sip:12348@{page.domain}")
    call.routes = [f"<sip:127.0.0.1:{page.edge.settings.sip.inside_port};lr>"]
    ringing = asyncio.create_task(call.invite())
    while True:
        rung = Message.parse(str(await asyncio.wait_for(page.socket.recv(), 8)).encode())
        if rung.method == "INVITE" and not rung.status:
            break
    assert "UDP/TLS/RTP/SAVPF" in rung.body
    assert "a=fingerprint:" in rung.body
    assert "a=candidate:" in rung.body
    # The page says no; the worker hears it.
    headers = [
        (name, value) for name, value in rung.headers if name.lower() in ("via", "from", "call-id", "cseq", "record-route")
    ]
    refusal = Message("SIP/2.0 486 Busy Here", [*headers, ("To", f"{rung.get('to')};tag=page")])
    await page.socket.send(refusal.encode().decode())
    assert (await ringing).status == 486


async def test_the_self_test_claims_a_worker_and_says_what_it_is(page: Page) -> None:
    worker = await Uas.open_as(port=page.edge.worker_port(0))
    page.edge.idle(page.edge.worker_port(0))
    answer = await page.asked("INVITE", f"sip:{ECHO_USER}@{page.domain}", body=sdp(40000))
    assert answer.status == 200
    assert worker.invites[0].get("x-hotline-trunk") == ECHO_TRUNK
    # One at a time a seat.
    page.call_id = secrets.token_hex(8)
    assert (await page.asked("INVITE", f"sip:{ECHO_USER}@{page.domain}", body=sdp(40000))).status == 486
    assert (await page.asked("INVITE", f"sip:{ECHO_USER}@{page.domain}", body=sdp(40000), password="guessed")).status == 407
