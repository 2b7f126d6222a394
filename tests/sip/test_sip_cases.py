"""The odd cases of SIP and RTP that every carrier produces sooner or later, against a live worker behind the edge."""

from __future__ import annotations

import asyncio
import random
import struct
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from hotline.core.audits import check_call
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.phone import SimPhone
from hotline.simulate.sip_message import response_to
from hotline.simulate.sip_transactions import ServerTransaction
from tests.fakes.sip_wire import Call, Peer, sdp
from tests.sip.exchange import Exchange, exchange_at_work, voice_share

pytestmark = [pytest.mark.sip, pytest.mark.timeout(180)]

HELD_SECONDS = 4


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    limits = {"no_ack_seconds": 3, "rtp_silence_seconds": 3, "remote_hold_seconds": HELD_SECONDS, "drain_seconds": 2}
    with exchange_at_work(warm=8, most=24, limits=limits) as made:
        yield made


async def queued(
    exchange: Exchange, carrier: SimCarrier, number: str, *headers: tuple[str, str], voice: int = 21
) -> tuple[SimCaller, str]:
    """A caller in the queue, whose INVITE had these headers besides."""
    caller = carrier.caller(number, voice=21)
    call = caller.start(carrier.hotline_uri, headers=[*carrier.headers(caller), *headers])
    assert await call.leg.answered(10) == 200
    call_id = await exchange.call_of(call.leg.call_id)
    await exchange.fact(call_id, "queue_entered")
    return caller, call_id


async def talking(exchange: Exchange, carrier: SimCarrier, phone: SimPhone, number: str) -> tuple[SimCaller, str]:
    caller, call_id = await queued(exchange, carrier, number)
    exchange.connect_agent(call_id, offer=f"off-{number}")
    await exchange.fact(call_id, "agent_connected")
    assert await caller.hears(1, 15)
    return caller, call_id


async def closed(exchange: Exchange, call_id: str, seconds: float = 15.0) -> str:
    """Wait for the end; the record is whole. Its cause."""
    ended = await exchange.fact(call_id, "call_ended", seconds)
    await asyncio.sleep(0.2)
    assert check_call(exchange.journal(call_id), time.time()) == []
    return str(ended.data["cause"])


async def test_session_timers(exchange: Exchange, carrier: SimCarrier) -> None:
    """RFC 4028: who refreshes does it at half time; who does not is taken for lost. Both at once, as it takes a minute."""

    async def ours() -> None:
        caller, call_id = await queued(
            exchange, carrier, "13800002001", ("Supported", "timer"), ("Session-Expires", "90;refresher=uas"), ("Min-SE", "90")
        )
        accepted = caller.call.leg.response
        assert accepted is not None
        assert accepted.get("Session-Expires").replace(" ", "") == "90;refresher=uas"
        deadline = time.monotonic() + 55
        while time.monotonic() < deadline and not caller.call.leg.offers_received:
            await asyncio.sleep(0.2)
        assert caller.call.leg.offers_received, "no refresh within 55 s"
        assert await caller.hears_prompt(5)
        caller.hang_up()
        assert await closed(exchange, call_id) == "abandoned"

    async def theirs() -> None:
        caller, call_id = await queued(
            exchange, carrier, "13800002002", ("Supported", "timer"), ("Session-Expires", "90;refresher=uac"), ("Min-SE", "90")
        )
        assert await caller.ended(100)
        assert await closed(exchange, call_id) == "session_expired"

    async def crossed() -> None:
        """Our refresh meets one of theirs: 491, and a while later (RFC 3261, 14.1) it is sent again."""
        caller = carrier.caller("13800002008", voice=21)
        timer = [("Supported", "timer"), ("Session-Expires", "90;refresher=uas"), ("Min-SE", "90")]
        leg = caller.start(carrier.hotline_uri, headers=[*carrier.headers(caller), *timer]).leg
        # Without UPDATE a refresh is a re-INVITE.
        leg.request.headers = [item for item in leg.request.headers if item[0] != "Allow"]
        asked: list[float] = []
        take = leg._offer_received

        def pending_once(transaction: ServerTransaction) -> None:
            asked.append(time.monotonic())
            if len(asked) > 1:
                take(transaction)
            else:
                transaction.respond(response_to(transaction.request, 491))

        leg._offer_received = pending_once  # type: ignore[method-assign]
        assert await leg.answered(10) == 200
        call_id = await exchange.call_of(leg.call_id)
        deadline = time.monotonic() + 58
        while time.monotonic() < deadline and len(asked) < 2:
            await asyncio.sleep(0.1)
        assert len(asked) > 1, "not sent again"
        assert asked[1] - asked[0] < 3
        assert await caller.hears_prompt(5)
        caller.hang_up()
        assert await closed(exchange, call_id) == "abandoned"

    await asyncio.gather(ours(), theirs(), crossed())


async def test_names_of_calls_in_bytes_that_are_no_text(exchange: Exchange) -> None:
    """A Call-ID may be any bytes for those who do not look closely: such a call is answered, noted and ended as others."""
    peer = await Peer.open()
    call = Call(peer, exchange.edge.outside, f"sip:12348@127.0.0.1:{exchange.settings.sip.port}")
    mark = call.call_id
    odd = b"Call-ID: \xff\xfe" + mark.encode()

    def bytes_of(method: str, cseq: int | None = None, body: str = "") -> bytes:
        return call.request(method, cseq=cseq, body=body).encode().replace(b"Call-ID: " + mark.encode(), odd)

    peer.send(bytes_of("INVITE", body=sdp(40100)), exchange.edge.outside)
    answer = await peer.wait(lambda m: m.status >= 200)
    assert answer.status == 200
    call.learn(answer)
    peer.send(bytes_of("ACK"), exchange.edge.outside)
    call_id = await exchange.call_of(f"\ufffd\ufffd{mark}")
    peer.send(bytes_of("BYE", cseq=call.cseq + 1), exchange.edge.outside)
    assert (await peer.wait(lambda m: m.method == "BYE" and m.status >= 200)).status == 200
    assert await closed(exchange, call_id) == "abandoned"


async def test_cancel_that_crosses_the_answer(exchange: Exchange, carrier: SimCarrier) -> None:
    """Twenty callers give up at about the moment we answer: each call has one record and one end, and no leg stays."""
    dice = random.Random(7)

    async def one(number: int) -> tuple[SimCaller, str]:
        await asyncio.sleep(number * 0.15)
        caller = carrier.caller(f"1380000{3000 + number}")
        caller.start(carrier.hotline_uri, headers=carrier.headers(caller))
        await asyncio.sleep(dice.uniform(0.0, 0.04))
        caller.hang_up()
        assert await caller.ended(10)
        return caller, caller.call.leg.call_id

    done = await asyncio.gather(*(one(number) for number in range(20)))
    causes = Counter[str]()
    for caller, sip_call_id in done:
        end = caller.call.leg.end
        assert end is not None
        arrived = [
            fact.call_id for fact in exchange.facts() if fact.name == "call_arrived" and fact.data["sip_call_id"] == sip_call_id
        ]
        if not arrived:  # gone before a worker saw it
            assert end.status == 487
            continue
        assert len(arrived) == 1
        cause = await closed(exchange, arrived[0])
        ended = [fact for fact in exchange.facts(arrived[0]) if fact.name == "call_ended"]
        if cause == "rejected":  # no worker was idle
            assert [fact.data["sip_code"] for fact in ended] == [503]
        assert len(ended) == 1
        causes[cause] += 1
    assert set(causes) <= {"cancelled", "abandoned", "rejected"}
    assert sum(causes.values()) >= 10


async def test_a_long_hold_by_the_caller_has_an_end(exchange: Exchange, carrier: SimCarrier) -> None:
    caller, call_id = await queued(exchange, carrier, "13800002003")
    assert await caller.call.hold()
    caller.call.stream.muted = True
    held = time.monotonic()
    assert await caller.ended(HELD_SECONDS + 8)
    assert time.monotonic() - held > HELD_SECONDS - 1
    assert await closed(exchange, call_id) == "timeout_hold"


@pytest.mark.parametrize("kind", ["inactive", "zero"])
async def test_other_ways_to_hold(exchange: Exchange, carrier: SimCarrier, phone: SimPhone, kind: str) -> None:
    """`a=inactive`, and the old `c=IN IP4 0.0.0.0` (RFC 2543): the call goes on, and both hear each other again afterwards."""
    caller, call_id = await talking(exchange, carrier, phone, "13800002004")
    leg = caller.call.leg
    own = leg.make_offer()
    held = (
        own.replace(b"a=sendrecv", b"a=inactive")
        if kind == "inactive"
        else own.replace(b"IN IP4 127.0.0.1\r\nt=", b"IN IP4 0.0.0.0\r\nt=")
    )
    assert held != own
    assert await leg.reinvite(held) == 200
    await asyncio.sleep(1.0)
    assert "call_ended" not in [fact.name for fact in exchange.facts(call_id)]
    assert await leg.reinvite(leg.make_offer()) == 200
    assert await caller.hears(1, 15)
    assert await phone.calls[-1].call.hears(21, 15)
    caller.hang_up()
    await closed(exchange, call_id)


async def test_sound_of_every_bad_kind(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    """New source, sequence wrap, loss, doubles, disorder, gap, foreign types, broken headers, giants: no harm, sound again."""
    caller, call_id = await talking(exchange, carrier, phone, "13800002005")
    stream, agent = caller.call.stream, phone.calls[-1].call

    async def still(what: str) -> None:
        await asyncio.sleep(0.3)
        since = time.time()
        assert await agent.ear.until(lambda ear: 21 in ear.voices_heard(since), 15), what

    stream.new_ssrc()
    await still("a new source")
    stream._seq = 65_525
    await still("a sequence that wraps")
    stream.loss = 0.3
    await asyncio.sleep(2)
    stream.loss = 0.0
    await still("loss of 30 %")
    stream.muted = True
    await asyncio.sleep(2)
    stream.muted = False
    await still("a gap of 2 s")
    head = struct.Struct("!BBHII")
    body = b"\x55" * 160
    for odd in (
        head.pack(0x80, 8, stream._seq - 1 & 0xFFFF, stream._time - 160 & 0xFFFFFFFF, stream._ssrc) + body,  # doubled
        head.pack(0x80, 8, stream._seq - 20 & 0xFFFF, stream._time - 3200 & 0xFFFFFFFF, stream._ssrc) + body,  # long late
        head.pack(0x80, 97, stream._seq, stream._time, stream._ssrc) + body,  # a type nobody agreed on
        head.pack(0x80, 18, stream._seq, stream._time, stream._ssrc) + b"\0" * 20,  # G.729
        head.pack(0x83, 8, stream._seq, stream._time, stream._ssrc) + b"\0" * 12 + body,  # three contributing sources
        head.pack(0x90, 8, stream._seq, stream._time, stream._ssrc)
        + struct.pack("!HH", 0xBEDE, 1)
        + b"\0" * 4
        + body,  # extension
        head.pack(0x9F, 8, stream._seq, stream._time, stream._ssrc),  # says it has 15 sources and an extension, and ends
        head.pack(0xA0, 8, stream._seq, stream._time, stream._ssrc) + body[:-1] + b"\xff",  # padding longer than the packet
        head.pack(0x80, 8, stream._seq, stream._time, stream._ssrc) + b"\x55" * 1488,  # 1,500 bytes
        head.pack(0x80, 8, stream._seq, stream._time, stream._ssrc)[:7],
        b"\x80",
        b"",
        random.Random(3).randbytes(700),
    ):
        for _ in range(3):
            stream.send_raw(odd)
    await still("bad packets")
    assert "call_ended" not in [fact.name for fact in exchange.facts(call_id)]
    caller.hang_up()
    assert await closed(exchange, call_id) == "completed"


async def test_each_side_its_own_law(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    """The caller speaks µ-law, the agent's phone A-law: both hear each other, and both voices are recorded."""
    caller = carrier.caller("13800002006", voice=21, codecs=("pcmu",))
    assert await carrier.dial(caller) == 200
    call_id = await exchange.call_of(caller.call.leg.call_id)
    await exchange.fact(call_id, "queue_entered")
    exchange.connect_agent(call_id)
    await exchange.fact(call_id, "agent_connected")
    agent = phone.calls[-1].call
    assert await caller.hears(1, 15)
    assert await agent.hears(21, 15)
    assert (caller.call.ear.codec, agent.ear.codec) == ("pcmu", "pcma")
    await asyncio.sleep(1.5)
    caller.hang_up()
    assert await closed(exchange, call_id) == "completed"
    recording = (await exchange.fact(call_id, "recording_started")).data["recording_id"]
    for channel, voice in (("caller", 21), ("peer", 1)):
        assert voice_share(exchange.settings.capture_dir / f"{recording}.{channel}.wav", voice) > 0.6


async def test_update_and_prack_and_what_nobody_knows(exchange: Exchange, carrier: SimCarrier) -> None:
    caller, call_id = await queued(exchange, carrier, "13800002007", ("Supported", "100rel, timer, replaces"))
    leg = caller.call.leg
    assert (await leg.ask("UPDATE")).status == 200
    assert (await leg.ask("UPDATE", leg.make_offer(), "application/sdp")).status == 200
    assert (await leg.ask("PRACK")).status >= 400
    assert (await leg.ask("REFER")).status in (403, 405, 603)
    assert (await leg.ask("MESSAGE", b"hello", "text/plain")).status in (403, 405, 603)
    assert (await leg.ask("INFO", b"Signal=!\r\n", "application/dtmf-relay")).status == 200
    assert await caller.hears_prompt(5)
    caller.hang_up()
    assert await closed(exchange, call_id) == "abandoned"
