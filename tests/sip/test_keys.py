"""Keys as carriers send them on bad days, heard by a live worker: RFC 4733 events written by hand, and SIP INFO.

Each key pressed leads to a node of its own, so the facts tell which keys were heard, in their order.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.sip_wire import Call, Peer, media_of
from tests.sip.exchange import Exchange, exchange_at_work

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]

KEYS = "0123456789*#"
NODES = {f"key{number}": key for number, key in enumerate(KEYS)}
FLOW = "title: {zh: 按键, en: keys}\nlanguages: [zh-CN]\nstart: ask\nnodes:\n" + "".join(
    f"  {node}:\n    say: [connecting]\n    wait: {{for: digits, seconds: 30}}\n    route: "
    + "{no_input: ask, invalid: ask, "
    + ", ".join(f'"{key}": {name}' for name, key in NODES.items())
    + "}\n"
    for node in ["ask", *NODES]
)


def _with_flow(made: Exchange) -> None:
    (Path(made.settings.flows.directory) / "main.yaml").write_text(FLOW, "utf-8")


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with exchange_at_work(warm=3, most=8, prepare=_with_flow, limits={"no_ack_seconds": 3, "drain_seconds": 2}) as made:
        yield made


class Hand:
    """Presses keys: one RTP source, every packet as the test wants it. An event is `packets` updates of 20 ms, then `ends`."""

    def __init__(self, payload_type: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.to = ("", 0)
        self.type = payload_type
        self.seq, self.time, self.ssrc = 1000, 1000, 7

    def send(self, payload_type: int, payload: bytes, timestamp: int, seq: int, *, marker: bool = False) -> None:
        head = struct.pack("!BBHII", 0x80, payload_type | marker << 7, seq & 0xFFFF, timestamp & 0xFFFFFFFF, self.ssrc)
        self.socket.sendto(head + payload, self.to)

    async def quiet(self, packets: int) -> None:
        for _ in range(packets):
            self.send(8, b"\xd5" * 160, self.time, self.seq)
            self.seq, self.time = self.seq + 1, self.time + 160
            await asyncio.sleep(0.02)

    async def press(
        self,
        keys: str,
        *,
        packets: int = 5,
        ends: int = 3,
        gap: int = 4,
        same: int = 0,
    ) -> None:
        """`same`: every packet says this duration."""
        for key in keys:
            code, began = KEYS.index(key), self.time
            whole = [struct.pack("!BBH", code, 10, same or (index + 1) * 160) for index in range(packets)]
            whole += [struct.pack("!BBH", code, 0x8A, same or (packets + 1) * 160)] * ends
            for index, payload in enumerate(whole):
                self.send(self.type, payload, began, self.seq + index, marker=index == 0)
                if index < packets:
                    await asyncio.sleep(0.02)
            self.seq, self.time = self.seq + len(whole), self.time + (packets + 1) * 160
            await self.quiet(gap)


Pressing = Callable[[Hand, Call], Awaitable[str]]
"""Presses, and says which keys should have been heard."""


async def one_duration(hand: Hand, call: Call) -> str:
    """Some gateways say the same duration in every packet of every press."""
    await hand.press("1")
    await hand.press("888", same=800)
    return "1888"


async def by_info(hand: Hand, call: Call) -> str:
    """Spelt as people spell it; repeated on the wire; and beside the same key as an event."""
    sent = [
        ("relay", "Signal=5", "5"),
        ("relay", "signal= 6\nduration= 160", "6"),
        ("", "7", "7"),
        ("relay", "Signal=!\r\n", ""),
    ]
    for kind, body, _ in sent:
        headers = [("Content-Type", f"application/dtmf{'-relay' * bool(kind)}")]
        assert (await call.within("INFO", body=body, headers=headers)).status == 200
    call.cseq += 1
    again = call.request("INFO", body="Signal=8", headers=[("Content-Type", "application/dtmf-relay")])
    for _ in range(4):
        call.peer.send(again, call.next_hop)
        await asyncio.sleep(0.05)
    for key in "99":
        info = asyncio.create_task(
            call.within("INFO", body=f"Signal={key}\r\n", headers=[("Content-Type", "application/dtmf-relay")])
        )
        await hand.press(key)
        assert (await info).status == 200
    return "567899"


async def test_each_press_is_one_key(exchange: Exchange) -> None:
    async def one(pressing: Pressing, payload_type: int) -> None:
        hand, peer = Hand(payload_type), await Peer.open()
        offer = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {hand.port} RTP/AVP 8 {payload_type}\r\n"
            f"a=rtpmap:{payload_type} telephone-event/8000\r\n"
        )
        call = Call(peer, exchange.edge.outside, f"sip:12348@127.0.0.1:{exchange.settings.sip.port}", body=offer)
        answer = await call.invite()
        assert answer.status == 200
        call.ack()
        hand.to = media_of(answer.body)[:2]
        call_id = await exchange.call_of(call.call_id)
        await hand.quiet(15)
        wanted = await pressing(hand, call)
        await hand.quiet(25)
        heard = "".join(NODES.get(str(f.data["node"]), "") for f in exchange.facts(call_id) if f.name == "flow_moved")
        assert (pressing.__name__, heard) == (pressing.__name__, wanted)
        assert (await call.bye()).status == 200
        hand.socket.close()

    await asyncio.gather(one(one_duration, 96), one(by_info, 127))
