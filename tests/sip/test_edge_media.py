"""Sound goes through rtpengine, in G.711 only, and nobody else's packets get into it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from hotline.edge import rtpengine
from tests.fakes.rtp_wire import RtpPeer, exchange
from tests.fakes.sip_wire import Call, Message, Peer, Uas, media_of, reply, sdp
from tests.sip.conftest import Edge, until

pytestmark = pytest.mark.sip


@pytest.fixture
def ends() -> Iterator[tuple[RtpPeer, RtpPeer]]:
    one, other = RtpPeer(), RtpPeer()
    yield one, other
    one.close()
    other.close()


def _uri(edge: Edge) -> str:
    return f"sip:12348@127.0.0.1:{edge.settings.sip.port}"


async def _talk(edge: Edge, ends: tuple[RtpPeer, RtpPeer], body: str | None = None) -> tuple[Call, Uas, Message]:
    """A call from a carrier whose sound is at `ends[0]` to a worker whose sound is at `ends[1]`."""
    worker = await Uas.open_as(port=edge.worker_port(0), media_port=ends[1].port)
    carrier = await Uas.open_as()
    edge.idle(worker.port)
    call = Call(carrier, edge.outside, _uri(edge), body=body if body is not None else sdp(ends[0].port))
    answer = await call.invite()
    assert answer.status == 200
    call.ack()
    return call, worker, answer


async def test_sound_passes_both_ways(edge: Edge, ends: tuple[RtpPeer, RtpPeer]) -> None:
    call, worker, answer = await _talk(edge, ends)
    to_carrier_side = media_of(answer.body)
    to_worker_side = media_of(worker.invites[0].body)
    exchange(ends[0], to_carrier_side[:2], ends[1], to_worker_side[:2])
    assert ends[1].received.count((8, b"\x11" * 160)) >= 23
    assert ends[0].received.count((8, b"\x22" * 160)) >= 23
    await call.bye()


async def test_a_strangers_packets_are_not_passed_on(edge: Edge, ends: tuple[RtpPeer, RtpPeer]) -> None:
    """The carrier's address is learnt for 3 s (it may differ from its SDP); the worker's is known from the start."""
    call, worker, answer = await _talk(edge, ends)
    to_carrier_side, to_worker_side = media_of(answer.body)[:2], media_of(worker.invites[0].body)[:2]
    stranger = RtpPeer()
    started = time.monotonic()
    while time.monotonic() - started < 4.5:
        exchange(ends[0], to_carrier_side, ends[1], to_worker_side, packets=5)
        stranger.send(to_worker_side, b"\x66" * 160)
    for _ in range(30):
        stranger.send(to_carrier_side, b"\x66" * 160)
        stranger.send(to_worker_side, b"\x66" * 160)
    before = ends[1].received.count((8, b"\x11" * 160))
    exchange(ends[0], to_carrier_side, ends[1], to_worker_side)
    assert (8, b"\x66" * 160) not in ends[0].received
    assert (8, b"\x66" * 160) not in ends[1].received
    assert stranger.receive(0.1) == 0
    assert ends[1].received.count((8, b"\x11" * 160)) >= before + 23
    stranger.close()
    await call.bye()


async def test_only_g711_and_telephone_events_are_offered_on(edge: Edge, ends: tuple[RtpPeer, RtpPeer]) -> None:
    names = {"18": "G729", "9": "G722", "8": "PCMA", "0": "PCMU", "97": "iLBC", "101": "telephone-event"}
    plain = sdp(ends[0].port, payloads=" ".join(names)).split("a=rtpmap", 1)[0]
    offer = plain + "".join(f"a=rtpmap:{number} {name}/8000\r\n" for number, name in names.items())
    offer += "a=fmtp:101 0-15\r\na=candidate:1 1 UDP 1 127.0.0.1 9 typ host\r\n"
    call, worker, _ = await _talk(edge, ends, offer)
    seen = worker.invites[0].body
    assert media_of(seen)[2] == ["8", "0", "101"]
    assert "candidate" not in seen
    assert "G729" not in seen
    await call.bye()


async def test_an_offer_without_g711_is_for_the_worker_to_refuse(edge: Edge) -> None:
    worker, carrier = await Uas.open_as("488 Not Acceptable Here", port=edge.worker_port(0)), await Peer.open()
    edge.idle(worker.port)
    offer = sdp(40100, payloads="18").replace(
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000", "a=rtpmap:18 G729/8000"
    )
    answer = await Call(carrier, edge.outside, _uri(edge), body=offer).invite()
    assert answer.status == 488
    assert media_of(worker.invites[0].body)[1] > 0


async def test_who_offers_srtp_gets_srtp(edge: Edge, ends: tuple[RtpPeer, RtpPeer]) -> None:
    """Towards the carrier; the worker hears plain RTP."""
    key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
    call, worker, answer = await _talk(edge, ends, sdp(ends[0].port, extra=key).replace("RTP/AVP", "RTP/SAVP"))
    assert "RTP/SAVP 8 101" in answer.body
    assert "a=crypto:1 AES_CM_128_HMAC_SHA1_80" in answer.body
    assert "RTP/AVP 8 101" in worker.invites[0].body
    assert "crypto" not in worker.invites[0].body
    await call.bye()


async def test_offers_that_cannot_be_met(edge: Edge, ends: tuple[RtpPeer, RtpPeer]) -> None:
    """At the beginning the caller is turned away (and written down, by the pool); within a call, the call goes on."""
    offers = [
        sdp(40100).replace("IN IP4 127.0.0.1\r\nt=", "IN IP6 ::1\r\nt="),
        sdp(40100).replace("RTP/AVP", "RTP/SAVP"),
        "this is no description",
    ]
    call, worker, _ = await _talk(edge, ends)
    for offer in offers:
        assert (await Call(await Peer.open(), edge.outside, _uri(edge), body=offer).invite()).status == 503
        assert (await call.within("INVITE", body=offer)).status == 488
    worker.behaviour = "500 SDP negotiation failed"
    assert (await call.within("INVITE", body=sdp(40100))).status == 488
    worker.behaviour = "500 Invalid CSeq"
    assert (await call.within("INVITE", body=sdp(40100))).status == 500
    assert len(worker.invites) == 3
    assert (await call.bye()).status == 200


async def test_a_late_offer_is_relayed_too(edge: Edge, ends: tuple[RtpPeer, RtpPeer]) -> None:
    call, worker, answer = await _talk_late(edge, ends)
    exchange(ends[0], media_of(answer.body)[:2], ends[1], media_of(worker.got("ACK")[0].body)[:2])
    assert ends[1].received.count((8, b"\x11" * 160)) >= 20
    assert ends[0].received.count((8, b"\x22" * 160)) >= 20
    await call.bye()


async def _talk_late(edge: Edge, ends: tuple[RtpPeer, RtpPeer]) -> tuple[Call, Uas, Message]:
    worker = await Uas.open_as(port=edge.worker_port(0), media_port=ends[1].port)
    carrier = await Uas.open_as()
    edge.idle(worker.port)
    call = Call(carrier, edge.outside, _uri(edge), body="")
    answer = await call.invite()
    low, high = edge.settings.media.port_from, edge.settings.media.port_to
    assert low <= media_of(answer.body)[1] <= high
    call.ack(sdp(ends[0].port))
    await worker.wait(lambda m: m.method == "ACK" and not m.status)
    assert low <= media_of(worker.got("ACK")[0].body)[1] <= high
    return call, worker, answer


async def test_early_media_is_relayed(edge: Edge, ends: tuple[RtpPeer, RtpPeer]) -> None:
    phone, worker = await Peer.open(), await Uas.open_as(port=edge.worker_port(0))
    call = Call(worker, edge.inside, f"sip:zhang@127.0.0.1:{phone.port}", body=sdp(ends[0].port))
    call.first = call.request("INVITE", body=sdp(ends[0].port))
    worker.send(call.first, edge.inside)
    invite = await phone.wait(lambda m: m.method == "INVITE")
    phone.send(
        reply(invite, 183, "Session Progress", to_tag="e", headers=[("Contact", phone.contact)], body=sdp(ends[1].port)),
        edge.outside,
    )
    progress = await worker.wait(lambda m: m.status == 183)
    exchange(ends[0], media_of(progress.body)[:2], ends[1], media_of(invite.body)[:2])
    assert ends[0].received.count((8, b"\x22" * 160)) >= 20
    phone.send(reply(invite, 486, "Busy Here", to_tag="e"), edge.outside)
    assert (await call.final()).status == 486


async def test_ports_are_given_back(edge: Edge, ends: tuple[RtpPeer, RtpPeer]) -> None:
    call, worker, answer = await _talk(edge, ends)
    await call.bye()

    def gone() -> bool:
        exchange(ends[0], media_of(answer.body)[:2], ends[1], media_of(worker.invites[0].body)[:2], packets=2)
        before = len(ends[1].received)
        ends[0].send(media_of(answer.body)[:2], b"\x33" * 160)
        return ends[1].receive(0.1) == before

    until(gone, 10, "the relay has ended")


async def test_without_rtpengine_callers_are_told_to_come_back_and_afterwards_it_works(
    make_edge: Callable[..., Edge],
) -> None:
    edge = make_edge()
    worker, carrier = await Uas.open_as(port=edge.worker_port(0)), await Peer.open()
    await Peer.open(port=edge.settings.overflow_port)  # nobody writes callers down here; the port is held against other tests
    edge.idle(worker.port)
    edge.stop("rtpengine")
    away = await Call(carrier, edge.outside, _uri(edge)).invite(seconds=5)
    assert (away.status, away.get("retry-after")) == (503, "5")
    assert not worker.invites
    assert edge.rpc.counters()["refused_media"] == 1
    edge.run("rtpengine", rtpengine.command(edge.settings))
    until(lambda: rtpengine.ready(edge.settings), 10, "rtpengine answers")
    statuses: list[int] = []
    for _ in range(10):
        edge.idle(worker.port)
        call = Call(carrier, edge.outside, _uri(edge))
        statuses.append((await call.invite()).status)
        if statuses[-1] == 200:
            call.ack()
            await call.bye()
            break
    assert statuses[-1] == 200, statuses
    edge.stop_all()


async def test_two_addresses(make_edge: Callable[..., Edge]) -> None:
    """Carriers at 127.0.0.2, workers at 127.0.0.1: each side sees the edge at its own address."""
    edge = make_edge(sip={"host": "127.0.0.2"}, trunks=[{"name": "demo", "allowed": ["127.0.0.0/8"]}])
    one, other = RtpPeer("127.0.0.2"), RtpPeer()
    worker, carrier = await Uas.open_as(port=edge.worker_port(0), media_port=other.port), await Peer.open()
    edge.idle(worker.port)
    outside = ("127.0.0.2", edge.settings.sip.port)
    call = Call(carrier, outside, f"sip:12348@127.0.0.2:{edge.settings.sip.port}", body=sdp(one.port, address="127.0.0.2"))
    answer = await call.invite()
    assert answer.status == 200
    assert answer.get("contact").startswith("<sip:hotline@127.0.0.2:")
    assert media_of(answer.body)[0] == "127.0.0.2"
    assert media_of(worker.invites[0].body)[0] == "127.0.0.1"
    exchange(one, media_of(answer.body)[:2], other, media_of(worker.invites[0].body)[:2])
    assert other.received.count((8, b"\x11" * 160)) >= 20
    assert one.received.count((8, b"\x22" * 160)) >= 20
    call.ack()
    assert (await call.bye()).status == 200
    # And a call of a worker, towards outside.
    phone = await Uas.open_as(media_port=one.port)
    back = Call(worker, edge.inside, f"sip:zhang@127.0.0.1:{phone.port}", body=sdp(other.port))
    answer = await back.invite()
    assert media_of(answer.body)[0] == "127.0.0.1"
    assert media_of(phone.invites[0].body)[0] == "127.0.0.2"
    back.ack()
    await back.bye()
    edge.stop_all()
