"""What must not come in does not: refused at the edge, counted, logged without personal data, and no worker sees it.

The header tests write the evasions of ES2020-01 (white space before the colon, mixed case, folding, compact forms) on
the wire by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from hotline.bus import keys
from tests.fakes.sip_wire import Call, Message, Peer, Uas, register, sdp
from tests.ports import free_port
from tests.sip.conftest import Edge, until

pytestmark = pytest.mark.sip

CARRIER_PORT = free_port()
"""The only port the strict edge's trunk speaks from: everything else on loopback is a stranger."""
SECRET = "13912345678"


@pytest.fixture(scope="module")
def strict(make_edge: Callable[..., Edge]) -> Edge:
    """An edge whose trunk is told apart by its source port."""
    trunk = {
        "name": "t1",
        "allowed": ["127.0.0.1"],
        "allowed_ports": [CARRIER_PORT],
        "numbers": ["12348"],
        "max_calls": 3,
    }
    return make_edge(trunks=[trunk], sip={"max_calls_per_second": 15})


def _call(edge: Edge, peer: Peer, number: str = "12348", **more: Any) -> Call:
    return Call(
        peer,
        edge.outside,
        f"sip:{number}@127.0.0.1:{edge.settings.sip.port}",
        from_uri=f"sip:{SECRET}@carrier.invalid",
        **more,
    )


async def _worker(edge: Edge) -> Uas:
    worker = await Uas.open_as(port=edge.worker_port(0))
    edge.idle(worker.port)
    return worker


async def test_an_invite_from_a_stranger_is_forbidden(strict: Edge) -> None:
    before = strict.rpc.counters()
    worker, stranger = await _worker(strict), await Peer.open()
    assert (await _call(strict, stranger).invite()).status == 403
    assert strict.rpc.counters()["refused_source"] == before["refused_source"] + 1
    assert not worker.inbox
    carrier = await Peer.open(CARRIER_PORT)
    call = _call(strict, carrier)
    assert (await call.invite()).status == 200
    call.ack()
    await call.bye()


async def test_a_number_that_is_not_ours_is_not_found(edge: Edge) -> None:
    before = edge.rpc.counters()["refused_number"]
    worker, carrier = await _worker(edge), await Peer.open()
    assert (await _call(edge, carrier, "95588").invite()).status == 404
    assert edge.rpc.counters()["refused_number"] == before + 1
    assert not worker.inbox


@pytest.mark.parametrize("method", ["SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE", "REFER", "FROBNICATE"])
async def test_methods_that_have_no_business_here(edge: Edge, method: str) -> None:
    before = edge.rpc.counters()["refused_method"]
    worker, carrier = await _worker(edge), await Peer.open()
    request = _call(edge, carrier).request(method, headers=[("Refer-To", "<sip:evil@192.0.2.9>"), ("Event", "presence")])
    carrier.send(request, edge.outside)
    answer = await carrier.wait(lambda m: m.status >= 200)
    assert answer.status == 405
    assert "INVITE" in answer.get("allow")
    assert edge.rpc.counters()["refused_method"] == before + 1
    assert not worker.inbox


async def test_a_refer_inside_a_call_does_not_reach_the_worker(edge: Edge) -> None:
    worker, carrier = await _worker(edge), await Peer.open()
    call = _call(edge, carrier)
    assert (await call.invite()).status == 200
    call.ack()
    assert (await call.within("REFER", headers=[("Refer-To", "<sip:evil@192.0.2.9>")])).status == 405
    assert (await call.within("MESSAGE", body="hello", headers=[("Content-Type", "text/plain")])).status == 405
    assert (await call.within("INVITE", body=sdp(40100), headers=[("Replaces ", "a;to-tag=1;from-tag=2")])).status == 603
    assert (await call.bye()).status == 200
    assert {m.method for m in worker.inbox} == {"INVITE", "ACK", "BYE"}
    assert len(worker.invites) == 1


REPLACES = [
    "Replaces: a@b;to-tag=1;from-tag=2",
    "Replaces : a@b;to-tag=1;from-tag=2",
    "rEPLACES\t: a@b;to-tag=1;from-tag=2",
    "Replaces:\r\n a@b;to-tag=1;from-tag=2",
]


@pytest.mark.parametrize("line", REPLACES)
async def test_an_invite_with_replaces_is_declined(edge: Edge, line: str) -> None:
    worker, carrier = await _worker(edge), await Peer.open()
    raw = (
        _call(edge, carrier)
        .request("INVITE", body=sdp(40100))
        .encode()
        .replace(b"Max-Forwards", line.encode() + b"\r\nMax-Forwards", 1)
    )
    carrier.send(raw, edge.outside)
    answer = await carrier.wait(lambda m: m.status >= 200)
    assert answer.status == 603
    assert not worker.inbox


EVIL_LINES = [
    "X-Hotline-Trunk: gold",
    "X-Hotline-Trunk : gold",
    "x-hotline-anything\t: gold",
    "Refer-To : <sip:gold@192.0.2.9>",
    "r: <sip:gold@192.0.2.9>",
    "Alert-Info: <http://192.0.2.9/gold.wav>",
    "Call-Info :\r\n <http://192.0.2.9/gold>",
    "Identity: gold;info=<https://192.0.2.9/gold>",
    "y: gold",
    "Supported: 100rel, replaces, gold",
    "k: 100rel,replaces,gold",
    "SuPPorted : 100rel\r\nSupported: gold",
    "Accept-Contact: gold",
    "Proxy-Require: gold",
    "Route: <sip:gold@192.0.2.9;lr>",
]


@pytest.mark.parametrize("line", EVIL_LINES)
async def test_headers_the_worker_has_no_use_for_are_dropped(edge: Edge, line: str) -> None:
    worker, carrier = await _worker(edge), await Peer.open()
    call = _call(
        edge,
        carrier,
        headers=[("P-Asserted-Identity", f"<tel:{SECRET}>"), ("Session-Expires", "90"), ("Supported", "timer")],
    )
    raw = call.request("INVITE", headers=call.headers, body=sdp(40100)).encode()
    carrier.send(raw.replace(b"Max-Forwards", line.encode() + b"\r\nMax-Forwards", 1), edge.outside)
    answer = await carrier.wait(lambda m: m.status >= 200)
    assert answer.status == 200
    seen = worker.raw[0].decode()
    assert "gold" not in seen
    assert not re.search(r"100rel|replaces", seen, re.I)
    invite = worker.invites[0]
    assert invite.get("X-Hotline-Trunk") == "demo"
    assert invite.get("P-Asserted-Identity") == f"<tel:{SECRET}>"
    assert invite.get("Session-Expires") == "90"
    assert invite.all("Supported") == ["timer"]
    call.learn(answer)
    call.ack()
    await call.bye()


async def test_names_in_any_script_pass(edge: Edge) -> None:
    """Display names are text: UTF-8, GBK, long, with markup, unquoted. A caller is not turned away for one."""
    worker, carrier = await _worker(edge), await Peer.open()
    names = ['"😀<script>alert(1)</script>" '.encode(), "张三 ".encode("gbk"), b'"' + b"A" * 1500 + b'" ', b"Zhang San ", b""]
    for name in names:
        edge.idle(worker.port)
        call = _call(edge, carrier)
        raw = call.request("INVITE", body=sdp(40100)).encode()
        carrier.send(raw.replace(b"From: ", b"From: " + name, 1), edge.outside)
        answer = await carrier.wait(lambda m, c=call: m.status >= 200 and m.call_id == c.call_id)  # type: ignore[misc]
        assert answer.status == 200
        assert b"From: " + name in worker.raw[-1]


@pytest.mark.parametrize(
    ("lines", "reach"),
    [
        ("Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\nMin-SE: 90", ["1800;refresher=uac", "90", "timer"]),
        ("Require: timer\r\nx: 1800", ["1800", "", "timer"]),
        ("Session-Expires: 30\r\nMin-SE: 30", ["", "", ""]),
        ("Supported: timer\r\nSession-Expires: soon\r\nMin-SE: -1", ["", "", "timer"]),
        ('k: timer\r\nx: 1800;a="b', ["", "", "timer"]),
    ],
)
async def test_session_timers_reach_a_worker_that_can_read_them(edge: Edge, lines: str, reach: list[str]) -> None:
    """From those who know them (RFC 4028), and written rightly: a request with others is dropped, and the caller with it."""
    worker, carrier = await _worker(edge), await Peer.open()
    call = _call(edge, carrier)
    raw = call.request("INVITE", headers=[("Allow", "INVITE,,ACK")], body=sdp(40100)).encode()
    carrier.send(raw.replace(b"Max-Forwards", lines.encode() + b"\r\nMax-Forwards", 1), edge.outside)
    assert (await carrier.wait(lambda m: m.status >= 200)).status == 200
    invite = worker.invites[0]
    assert [invite.get(name) for name in ("Session-Expires", "Min-SE", "Supported")] == reach
    assert not invite.get("Allow")
    call.learn(carrier.inbox[-1])
    call.ack()
    assert (await call.within("UPDATE", headers=[("Allow", "INVITE, UPDATE")])).status == 200
    assert worker.got("UPDATE")[0].get("Allow") == "INVITE, UPDATE"
    await call.bye()


async def test_an_answered_invite_that_comes_again_is_no_second_call(edge: Edge) -> None:
    """Also when its transaction is forgotten (here: another branch): 482 (RFC 3261, 8.2.2.2), and the call goes on."""
    worker, carrier = await _worker(edge), await Peer.open()
    call = _call(edge, carrier)
    assert (await call.invite()).status == 200
    call.ack()
    edge.idle(worker.port)
    again = call.first.encode().replace(b"branch=z9hG4bK", b"branch=z9hG4bKagain")
    carrier.send(again, edge.outside)
    assert (await carrier.wait(lambda m: m.status >= 300)).status == 482
    assert len(worker.invites) == 1
    assert edge.redis.llen(keys.IDLE) == 1
    assert (await call.bye()).status == 200


async def test_required_extensions_are_declined(edge: Edge) -> None:
    worker, carrier = await _worker(edge), await Peer.open()
    for value in ("100rel", "timer, 100rel", "precondition"):
        answer = await _call(edge, carrier, headers=[("Require", value)]).invite()
        assert (answer.status, answer.get("unsupported")) == (420, value)
    twice = _call(edge, carrier, headers=[("Require", "timer"), ("require ", "100rel")])
    assert (await twice.invite()).status == 420
    assert not worker.inbox


BODIES = [
    ("Content-Type: multipart/mixed;boundary=x", sdp(40100), 415),
    ("c: multipart/mixed;boundary=x", sdp(40100), 415),
    ("Content-Type:\r\n multipart/mixed;boundary=x", sdp(40100), 415),
    ("content-TYPE : MULTIPART/related;boundary=x", sdp(40100), 415),
    ("Content-Type: application/sdp, multipart/mixed", sdp(40100), 415),
    ("Content-Type: application/sdp\r\nc: multipart/mixed", sdp(40100), 400),
    ("Content-Type: application/isup", "abc", 415),
    ("X-Nothing: 1", sdp(40100), 415),
    ("Content-Type: application/sdp\r\nContent-Encoding: gzip", sdp(40100), 415),
    ("Content-Type: application/sdp\r\ne: gzip", sdp(40100), 415),
    ("Content-Type: application/sdp", sdp(40100, extra="a=x:" + "y" * 2100 + "\r\n"), 413),
    ("Content-Type: application/sdp", sdp(40100, extra="a=x:" + "y" * 4500 + "\r\n"), 513),
]


@pytest.mark.parametrize(("line", "body", "status"), BODIES)
async def test_bodies_that_are_not_taken(edge: Edge, line: str, body: str, status: int) -> None:
    before = edge.rpc.counters()
    worker, carrier = await _worker(edge), await Peer.open()
    request = _call(edge, carrier).request("INVITE")
    request.body = body
    carrier.send(request.encode().replace(b"Max-Forwards", line.encode() + b"\r\nMax-Forwards", 1), edge.outside)
    answer = await carrier.wait(lambda m: m.status >= 200)
    assert answer.status == status
    after = edge.rpc.counters()
    assert sum(after.values()) == sum(before.values()) + 1
    assert not worker.inbox


MALFORMED = [
    (b"Call-ID", b"X-Call-ID"),
    (b"CSeq: 1 INVITE", b"CSeq: 1 BYE"),
    (b"CSeq: 1 INVITE", b"CSeq: many INVITE"),
    (b"INVITE sip:", b"INVITE gopher:"),
    (b"Max-Forwards: 70", b"Max-Forwards 70"),
    (b"Max-Forwards: 70", b"Max-Forwards: 70\r\nFrom: <sip:evil@192.0.2.9>;tag=z"),
    (b"Max-Forwards: 70", b"Max-Forwards: 70\r\nl: 3"),
    (b"Content-Length: ", b"Content-Length: 9"),
    (b"From: <sip:", b"From: <nonsense"),
    (b"Max-Forwards: 70", b"\x00\x01\x02: 70"),
    (b"Max-Forwards: 70", b"Replaces\r\n : a@b;to-tag=1;from-tag=2\r\nMax-Forwards: 70"),
    # A line end for some readers only, and what a worker's parser drops without a word.
    (b"Max-Forwards: 70", b"Subject: x\rReplaces: a@b;to-tag=1;from-tag=2\r\nMax-Forwards: 70"),
    (b"Max-Forwards: 70", b"Subject: x\rX-Hotline-Trunk: gold\r\nMax-Forwards: 70"),
    (b"Max-Forwards: 70", b"Subject: x\x0bX-Hotline-Trunk: gold\r\nMax-Forwards: 70"),
    (b"Max-Forwards: 70", b"Subject: x\x00y\r\nMax-Forwards: 70"),
    (b";tag=", b";tag=a/b"),
    (b";tag=", "；;tag=张".encode()),
    (b"CSeq: 1 ", b"CSeq: 2147483648 "),
    (b"Contact: <sip:", b"Contact: <tel:"),
    (b"Max-Forwards: 70", b"Record-Route: junk\r\nMax-Forwards: 70"),
    (b"From: <sip:", "From: <sip:张".encode()),
]


@pytest.mark.parametrize(("old", "new"), MALFORMED)
async def test_malformed_requests_reach_nobody(edge: Edge, old: bytes, new: bytes) -> None:
    before = edge.rpc.counters()["refused_malformed"]
    worker, carrier = await _worker(edge), await Peer.open()
    raw = _call(edge, carrier).request("INVITE", body=sdp(40100)).encode()
    assert old in raw
    carrier.send(raw.replace(old, new, 1), edge.outside)
    until(lambda: edge.rpc.counters()["refused_malformed"] == before + 1, 3, "counted")
    assert not worker.inbox
    assert all(400 <= m.status < 600 for m in carrier.inbox)
    assert edge.redis.llen(keys.IDLE) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"OPTIONS sip:x SIP/7.0\r\n\r\n",
        b"\x00" * 64,
        b"hello\r\n\r\n",
        f"INVITE sip:{SECRET}@x SIP/2.0\r\nnonsense {SECRET}\r\n\r\n".encode(),
    ],
)
async def test_noise_does_no_harm(edge: Edge, raw: bytes) -> None:
    noisy = await Peer.open()
    noisy.send(raw, edge.outside)
    noisy.send(_call(edge, noisy).request("OPTIONS"), edge.outside)
    assert (await noisy.wait(lambda m: m.status >= 200)).status == 200


async def test_nothing_of_a_person_is_logged(edge: Edge) -> None:
    """Refused, malformed and unreadable requests with a number in every corner."""
    carrier = await Peer.open()
    call = _call(edge, carrier, SECRET, headers=[("P-Asserted-Identity", f'"{SECRET}" <tel:{SECRET}>')])
    await call.invite()
    good = call.request("INVITE", body=sdp(40100)).encode()
    for old, new in MALFORMED:
        carrier.send(good.replace(old, new, 1), edge.outside)
    carrier.send(f"INVITE sip:{SECRET}@x SIP/2.0\r\nnonsense {SECRET}\r\n\r\n".encode(), edge.outside)
    carrier.send(_call(edge, carrier, SECRET).request("MESSAGE", body=f"I am {SECRET}"), edge.outside)
    carrier.send(_call(edge, carrier).request("OPTIONS"), edge.outside)
    await carrier.wait(lambda m: m.status == 200)
    until(
        lambda: f"reason=method method=MESSAGE source=127.0.0.1:{carrier.port}" in edge.log(),
        3,
        "logged by reason and source",
    )
    assert SECRET not in edge.log()
    assert SECRET not in edge.log("rtpengine")


async def test_a_flood_is_shut_out_and_the_carrier_is_not(make_edge: Callable[..., Edge]) -> None:
    trunk = {"name": "t1", "allowed": ["127.0.0.1"], "allowed_ports": [CARRIER_PORT]}
    edge = make_edge(trunks=[trunk], sip={"flood_requests": 40}, media={"relay": "never"})
    worker, carrier, stranger = await _worker(edge), await Peer.open(CARRIER_PORT), await Peer.open()
    for _ in range(120):
        stranger.send(_call(edge, stranger).request("OPTIONS"), edge.outside)
    until(lambda: edge.rpc.counters()["refused_flood"] > 20, 3, "the flood is counted")
    call = _call(edge, carrier)
    assert (await call.invite()).status == 200
    call.ack()
    assert (await call.bye()).status == 200
    assert worker.got("BYE")
    assert len(stranger.inbox) < 100
    # One line tells of the flood (another when it goes on for longer), not one a packet.
    assert 1 <= edge.log().count("reason=flood") <= 3
    edge.stop_all()


async def test_more_calls_than_the_trunk_may_have(strict: Edge) -> None:
    workers = [await Uas.open_as(port=strict.worker_port(n)) for n in range(4)]
    strict.idle(*(w.port for w in workers))
    carrier = await Peer.open(CARRIER_PORT)
    until(lambda: strict.rpc.call("dlg.profile_get_size", ["trunk", "t1"]) == 0, 5, "no call of an earlier test is left")
    calls = [_call(strict, carrier) for _ in range(4)]
    answers = [await call.invite() for call in calls]
    assert [a.status for a in answers] == [200, 200, 200, 503], strict.log()[-3000:]
    assert answers[3].get("retry-after") == "5"
    for call in calls[:3]:
        call.ack()
        await call.bye()
    again = _call(strict, carrier)
    assert (await again.invite()).status == 200
    again.ack()
    await again.bye()


async def test_invites_above_the_rate_are_told_to_come_back(strict: Edge) -> None:
    before = strict.rpc.counters()["refused_rate"]
    carrier = await Peer.open(CARRIER_PORT)
    strict.idle()
    calls = [_call(strict, carrier) for _ in range(40)]
    for call in calls:
        carrier.send(call.request("INVITE", body=sdp(40100)), strict.outside)
    ids = {call.call_id for call in calls}
    until_all = [await carrier.wait(lambda m, i=i: m.status >= 200 and m.call_id == i) for i in ids]  # type: ignore[misc]
    assert {(m.status, m.get("retry-after")) for m in until_all} == {(503, "5")}
    assert strict.rpc.counters()["refused_rate"] > before


ROUTES = ["<sip:192.0.2.9;lr>", "<sip:127.0.0.1:{port};lr>, <sip:127.0.0.1:{other};lr>", "<sip:127.0.0.1:{port};lr>"]


@pytest.mark.parametrize("route", ROUTES)
async def test_the_edge_relays_to_workers_only(edge: Edge, route: str) -> None:
    """A request 'inside a dialog' with a route of the sender's choice goes nowhere."""
    victim, attacker, worker = await Peer.open(), await Peer.open(), await _worker(edge)
    for uri in (
        f"sip:x@127.0.0.1:{victim.port}",
        f"sip:x@127.0.0.1:{edge.settings.sip.inside_port}",
        "sip:x@192.0.2.9",
    ):
        call = _call(edge, attacker)
        call.target, call.remote_to = uri, "<sip:x@y>;tag=made-up"
        call.routes = [route.format(port=edge.settings.sip.port, other=victim.port)]
        attacker.send(call.request("INVITE", body=sdp(40100)), edge.outside)
        answer = await attacker.wait(lambda m, c=call: m.status >= 200 and m.call_id == c.call_id)  # type: ignore[misc]
        assert answer.status == 481
    assert not victim.inbox
    assert not worker.inbox


async def test_a_stranger_without_a_call_reaches_no_worker(strict: Edge) -> None:
    worker, stranger = await _worker(strict), await Peer.open()
    call = _call(strict, stranger)
    call.target = f"sip:hotline@127.0.0.1:{strict.settings.sip.port};w={worker.port}"
    call.remote_to = "<sip:x@y>;tag=made-up"
    for method in ("BYE", "INFO", "INVITE", "UPDATE"):
        stranger.send(call.request(method), strict.outside)
        answer = await stranger.wait(lambda m, c=call.branch: m.status >= 200 and c in m.get("via"))  # type: ignore[misc]
        assert answer.status == 481
    assert not worker.inbox


async def test_nobody_but_a_trunk_speaks_in_a_trunks_call(strict: Edge) -> None:
    """Somebody who has overheard its tags."""
    worker, carrier, thief = await _worker(strict), await Peer.open(CARRIER_PORT), await Peer.open()
    call = _call(strict, carrier)
    assert (await call.invite()).status == 200
    call.ack()
    call.cseq += 1
    for method in ("BYE", "INVITE", "INFO"):
        stolen = call.request(method)
        thief.send(stolen.encode().replace(f":{carrier.port}".encode(), f":{thief.port}".encode()), strict.outside)
        assert (await thief.wait(lambda m, b=call.branch: m.status >= 200 and b in m.get("via"))).status == 481  # type: ignore[misc]
    assert {m.method for m in worker.inbox} <= {"INVITE", "ACK"}
    assert len(worker.invites) == 1
    assert (await call.bye()).status == 200


async def test_a_stray_reply_is_not_passed_on(edge: Edge) -> None:
    victim, attacker = await Peer.open(), await Peer.open()
    before = edge.rpc.counters()["refused_reply"]
    via = f"SIP/2.0/UDP 127.0.0.1:{edge.settings.sip.port};branch=z9hG4bKmadeup"
    reply = Message(
        "SIP/2.0 200 OK",
        [("Via", via), ("Via", f"SIP/2.0/UDP 127.0.0.1:{victim.port};branch=z9hG4bKv"), ("From", "<sip:a@b>;tag=1"),
         ("To", "<sip:c@d>;tag=2"), ("Call-ID", "none"), ("CSeq", "1 INVITE")],
    )  # fmt: skip
    attacker.send(reply, edge.outside)
    until(lambda: edge.rpc.counters()["refused_reply"] == before + 1, 3, "counted")
    assert not victim.inbox


async def test_register_with_a_wrong_password(edge: Edge) -> None:
    before = edge.rpc.counters()["refused_auth"]
    phone = await Peer.open()
    answers = await register(phone, edge.outside, user="8002", password="guess", domain=edge.settings.sip.domain)
    unknown = await register(phone, edge.outside, user="7777", password="guess", domain=edge.settings.sip.domain)
    assert [a.status for a in answers] == [401, 401]
    # Nobody learns from the answers which extensions exist.
    assert [(a.start, [name for name, _ in a.headers]) for a in answers] == [
        (a.start, [name for name, _ in a.headers]) for a in unknown
    ]
    assert edge.rpc.counters()["refused_auth"] == before + 2
    assert not [c for c in edge.rpc.registered() if c.extension in ("8002", "7777")]


async def test_guessing_is_stopped(strict: Edge) -> None:
    phone = await Peer.open()
    domain = strict.settings.sip.domain
    for _ in range(5):
        assert (await register(phone, strict.outside, user="8001", password="guess", domain=domain))[-1].status == 401
    assert (await register(phone, strict.outside, user="8001", password="one-secret", domain=domain))[-1].status == 403
    other = await register(phone, strict.outside, user="8002", password="two-secret", domain=domain)
    assert other[-1].status == 200


async def test_registering_another_extension_than_ones_own(edge: Edge) -> None:
    phone = await Peer.open()
    answers = await register(
        phone, edge.outside, user="8001", password="one-secret", domain=edge.settings.sip.domain, to_user="8002"
    )
    assert answers[-1].status == 403
    assert "8002" not in [c.extension for c in edge.rpc.registered()]


async def test_a_captured_authorization_cannot_be_used_again(edge: Edge) -> None:
    phone = await Peer.open()
    answers = await register(phone, edge.outside, user="8001", password="one-secret", domain=edge.settings.sip.domain)
    assert answers[-1].status == 200
    thief = await Peer.open()
    # The thief sends the good request again, word for word but for where it comes from.
    captured = phone.sent[-1].decode()
    assert "Authorization" in captured
    stolen = captured.replace(f":{phone.port}", f":{thief.port}").replace("z9hG4bK", "z9hG4bKstolen")
    thief.send(stolen.encode(), edge.outside)
    assert (await thief.wait(lambda m: m.status >= 200)).status == 401
    assert [c.contact for c in edge.rpc.registered() if c.extension == "8001"] == [f"sip:8001@127.0.0.1:{phone.port}"]
