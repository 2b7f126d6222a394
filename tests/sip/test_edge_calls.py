"""Calls that workers make, what happens inside calls, and how a dead worker's legs are ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.fakes.sip_wire import Call, Message, Peer, Uas, media_of, register, reply, sdp, tag_of
from tests.ports import free_port
from tests.sip.conftest import EXTENSIONS, Edge, until

pytestmark = pytest.mark.sip

PROXY_PORT = free_port()
"""Where the trunk's carrier listens."""


async def _phone(edge: Edge, extension: str = "8001", behaviour: str = "answer") -> Uas:
    phone = await Uas.open_as(behaviour)
    phone.payloads = "8 101"
    answers = await register(
        phone, edge.outside, user=extension, password=EXTENSIONS[extension], domain=edge.settings.sip.domain
    )
    assert [a.status for a in answers] == [401, 200]
    phone.inbox.clear()
    return phone


async def _worker_call(edge: Edge, uri: str, number: int = 0, **more: object) -> Call:
    """A call made by a worker: from a worker's port, through the inside port as a loose route."""
    worker = await Uas.open_as(port=edge.worker_port(number))
    call = Call(worker, edge.inside, uri, from_uri=f"sip:12348@{edge.settings.sip.domain}", **more)  # type: ignore[arg-type]
    call.routes = [f"<sip:127.0.0.1:{edge.settings.sip.inside_port};lr>"]
    return call


async def _answered(edge: Edge, worker: Uas, carrier: Peer) -> Call:
    """A caller's call that this worker has answered."""
    edge.idle(worker.port)
    call = Call(carrier, edge.outside, f"sip:12348@127.0.0.1:{edge.settings.sip.port}")
    assert (await call.invite()).status == 200
    call.ack()
    return call


async def test_a_worker_calls_a_registered_phone(edge: Edge) -> None:
    phone = await _phone(edge)
    assert [c.extension for c in edge.rpc.registered()] == ["8001"]
    call = await _worker_call(
        edge,
        f"sip:8001@{edge.settings.sip.domain}",
        headers=[("X-Hotline-Call", "secret"), ("Supported", "100rel, replaces")],
    )
    answer = await call.invite()
    assert answer.status == 200
    invite = phone.invites[0]
    assert invite.uri.startswith(f"sip:8001@127.0.0.1:{phone.port}")
    assert invite.get("contact") == f"<sip:hotline@127.0.0.1:{edge.settings.sip.port};w={call.peer.port}>"
    assert not invite.get("X-Hotline-Call")
    assert invite.all("Supported") == ["timer"]
    call.ack()
    await phone.wait(lambda m: m.method == "ACK" and not m.status)
    # The phone ends: it sends to our Contact along our Record-Route, and the worker gets it.
    back = Call(phone, edge.outside, "sip:x@y")
    back.call_id, back.tag, back.cseq = invite.call_id, phone.tag, 10
    back.from_uri, back.remote_to = "sip:8001@x", invite.get("from")
    back.target = f"sip:hotline@127.0.0.1:{edge.settings.sip.port};w={call.peer.port}"
    back.routes = [part.strip() for value in invite.all("record-route") for part in value.split(",")]
    bye = await back.within("BYE")
    assert bye.status == 200
    assert isinstance(call.peer, Uas)
    assert call.peer.got("BYE")


async def test_a_carrier_that_ignores_record_route_still_reaches_the_worker(edge: Edge) -> None:
    worker, carrier = await Uas.open_as(port=edge.worker_port(0)), await Peer.open()
    edge.idle(worker.port)
    call = Call(carrier, edge.outside, f"sip:12348@127.0.0.1:{edge.settings.sip.port}")
    assert (await call.invite()).status == 200
    call.routes = []
    call.ack()
    await worker.wait(lambda m: m.method == "ACK" and not m.status)
    assert (await call.bye()).status == 200
    assert worker.got("BYE")


@pytest.mark.parametrize(("extension", "status"), [("8002", 480), ("9999", 404)])
async def test_a_phone_that_is_not_there(edge: Edge, extension: str, status: int) -> None:
    call = await _worker_call(edge, f"sip:{extension}@{edge.settings.sip.domain}")
    assert (await call.invite()).status == status


async def test_the_newest_registration_takes_the_place_of_the_older(edge: Edge) -> None:
    await _phone(edge)
    newer = await _phone(edge)
    contacts = [c.contact for c in edge.rpc.registered() if c.extension == "8001"]
    assert contacts == [f"sip:8001@127.0.0.1:{newer.port}"]
    gone = await register(
        newer, edge.outside, user="8001", password=EXTENSIONS["8001"], domain=edge.settings.sip.domain, expires=0
    )
    assert gone[-1].status == 200
    assert not [c for c in edge.rpc.registered() if c.extension == "8001"]


async def test_accounts_change_without_a_restart(edge: Edge) -> None:
    phone = await Peer.open()
    domain = edge.settings.sip.domain
    known = {p.extension: p for p in edge.phones()}
    edge.rpc.drop_phone("8002")
    assert (await register(phone, edge.outside, user="8002", password="two-secret", domain=domain))[-1].status == 401
    edge.rpc.set_phone(known["8002"])
    assert (await register(phone, edge.outside, user="8002", password="two-secret", domain=domain))[-1].status == 200
    edge.rpc.call("ul.rm", ["location", "8002"])


async def test_a_phone_behind_nat_is_reached_where_it_speaks_from(edge: Edge) -> None:
    phone = await Uas.open_as()
    secret, domain = EXTENSIONS["8001"], edge.settings.sip.domain
    answers = await register(phone, edge.outside, user="8001", password=secret, domain=domain, claims_port=9)
    assert answers[-1].status == 200
    phone.claims_port = 9
    call = await _worker_call(edge, f"sip:8001@{domain}")
    assert (await call.invite()).status == 200
    assert phone.invites[0].uri.startswith("sip:8001@127.0.0.1:9")
    call.ack()
    await phone.wait(lambda m: m.method == "ACK" and not m.status)
    assert (await call.bye()).status == 200
    assert phone.got("BYE")[0].uri == "sip:p@127.0.0.1:9"


async def test_a_fixed_sip_address_is_called_as_it_stands(edge: Edge) -> None:
    phone = await Uas.open_as()
    call = await _worker_call(edge, f"sip:zhang@127.0.0.1:{phone.port}")
    assert (await call.invite()).status == 200
    assert phone.invites[0].uri == f"sip:zhang@127.0.0.1:{phone.port}"
    call.ack()
    assert (await call.bye()).status == 200


@pytest.fixture(scope="module")
def trunked(make_edge: Callable[..., Edge]) -> Edge:
    trunk = {
        "name": "north",
        "allowed": ["127.0.0.1"],
        "outbound_proxy": f"sip:127.0.0.1:{PROXY_PORT}",
        "domain": "ims.example.cn",
    }
    return make_edge(trunks=[trunk])


@pytest.mark.parametrize(
    "number", ["+8613912345678", "13912345678", "013912345678", "01062345678", "008657187654321", "913912345678"]
)
async def test_an_expert_is_dialled_through_the_trunk(trunked: Edge, number: str) -> None:
    carrier = await Uas.open_as(port=PROXY_PORT)
    call = await _worker_call(
        trunked, f"sip:{number}@north.trunk.invalid", headers=[("P-Asserted-Identity", "<sip:12348@ims.example.cn>")]
    )
    call.from_uri = "sip:12348@ims.example.cn"
    assert (await call.invite()).status == 200
    invite = carrier.invites[0]
    assert invite.uri == f"sip:{number}@ims.example.cn"
    assert "sip:12348@ims.example.cn" in invite.get("from")
    assert invite.get("P-Asserted-Identity") == "<sip:12348@ims.example.cn>"
    call.ack()
    assert (await call.bye()).status == 200
    assert carrier.got("BYE")


@pytest.mark.parametrize(
    "number",
    [
        "+861612345678",
        "+8612505551234",
        "+12125550100",
        "0012125550100",
        "110",
        "95588",
        "12348",
        "1391234567",
        "139123456789",
        "+86139abc45678",
        "00",
        "%2B8613912345678",
    ],
)
async def test_numbers_that_may_not_be_dialled(trunked: Edge, number: str) -> None:
    carrier = await Uas.open_as(port=PROXY_PORT)
    before = trunked.rpc.counters()["refused_prefix"]
    call = await _worker_call(trunked, f"sip:{number}@north.trunk.invalid")
    assert (await call.invite()).status == 403
    assert trunked.rpc.counters()["refused_prefix"] == before + 1
    assert not carrier.inbox


async def test_an_unknown_trunk(trunked: Edge) -> None:
    call = await _worker_call(trunked, "sip:13912345678@south.trunk.invalid")
    assert (await call.invite()).status == 404


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        ("486 Busy Here", 486),
        ("302 Moved", 480),
        ("603 Decline", 603),
        ("480 Away", 480),
        ("404 Not Found", 404),
        ("503 Out", 500),
    ],
)
async def test_what_an_expert_answers_reaches_the_worker(trunked: Edge, behaviour: str, status: int) -> None:
    carrier, elsewhere = await Uas.open_as(behaviour, port=PROXY_PORT), await Peer.open()
    carrier.reply_headers = [("Contact", f"<sip:x@127.0.0.1:{elsewhere.port}>")] if behaviour.startswith("302") else []
    call = await _worker_call(trunked, "sip:13912345678@north.trunk.invalid")
    answer = await call.invite()
    assert answer.status == status
    assert not answer.get("contact")
    assert not elsewhere.inbox


async def test_a_trunk_that_is_silent_is_given_up(trunked: Edge) -> None:
    call = await _worker_call(trunked, "sip:13912345678@north.trunk.invalid")
    answer = await call.invite(seconds=7)
    assert answer.status == 408


async def test_ringing_is_not_cut_short_by_the_edge(edge: Edge) -> None:
    """A phone that has said 180 rings on, well past the time a silent one is given up (5 s)."""
    phone = await _phone(edge, behaviour="ring")
    call = await _worker_call(edge, f"sip:8001@{edge.settings.sip.domain}")
    call.first = call.request("INVITE", body=sdp(40100))
    call.peer.send(call.first, edge.inside)
    await call.peer.wait(lambda m: m.status == 180)
    with pytest.raises(TimeoutError):
        await call.final(seconds=6)
    phone.accept(phone.invites[0], edge.outside)
    assert (await call.final()).status == 200
    call.ack()
    await call.bye()


async def test_a_cancel_by_the_worker(edge: Edge) -> None:
    phone = await _phone(edge, behaviour="ring")
    call = await _worker_call(edge, f"sip:8001@{edge.settings.sip.domain}")
    call.first = call.request("INVITE", body=sdp(40100))
    call.peer.send(call.first, edge.inside)
    await call.peer.wait(lambda m: m.status == 180)
    call.peer.send(call.request("CANCEL"), edge.inside)
    assert (await call.final()).status == 487
    assert phone.got("CANCEL")


async def test_a_dead_workers_answered_leg_is_ended(edge: Edge) -> None:
    worker, carrier = await Uas.open_as(port=edge.worker_port(0)), await Uas.open_as()
    call = await _answered(edge, worker, carrier)
    await worker.wait(lambda m: m.method == "ACK" and not m.status)
    worker.close()  # killed
    assert edge.rpc.end_leg(call.call_id)
    bye = await carrier.wait(lambda m: m.method == "BYE" and not m.status)
    assert tag_of(bye.get("to")) == call.tag
    assert bye.uri == f"sip:p@127.0.0.1:{carrier.port}"
    assert edge.rpc.end_leg("no-such-call")


async def test_a_dead_workers_phone_leg_is_ended(edge: Edge) -> None:
    phone = await _phone(edge)
    call = await _worker_call(edge, f"sip:8001@{edge.settings.sip.domain}")
    assert (await call.invite()).status == 200
    call.ack()
    await phone.wait(lambda m: m.method == "ACK" and not m.status)
    call.peer.close()
    assert edge.rpc.end_leg(call.call_id)
    await phone.wait(lambda m: m.method == "BYE" and not m.status)


async def test_a_dead_workers_ringing_leg_is_cancelled(edge: Edge) -> None:
    phone = await _phone(edge, behaviour="ring")
    call = await _worker_call(edge, f"sip:8001@{edge.settings.sip.domain}")
    call.peer.send(call.request("INVITE", body=sdp(40100)), edge.inside)
    await call.peer.wait(lambda m: m.status == 180)
    call.peer.close()
    assert not edge.rpc.end_leg(call.call_id), "to be asked again: the phone may have been answered just then"
    await phone.wait(lambda m: m.method == "CANCEL" and not m.status)
    until(lambda: edge.rpc.end_leg(call.call_id), 5, "the leg is over")


async def test_hold_and_info_and_session_refresh_pass_in_both_directions(edge: Edge) -> None:
    worker, carrier = await Uas.open_as(port=edge.worker_port(0), media_port=40010), await Uas.open_as()
    call = await _answered(edge, worker, carrier)
    hold = await call.within("INVITE", body=sdp(40100, extra="a=sendonly\r\n"))
    assert hold.status == 200
    call.ack()
    assert "a=sendonly" in worker.invites[1].body
    info = await call.within("INFO", body="Signal=5\r\nDuration=160\r\n", headers=[("Content-Type", "application/dtmf-relay")])
    assert info.status == 200
    assert worker.got("INFO")[0].body.startswith("Signal=5")
    assert (await call.within("UPDATE")).status == 200
    # The worker refreshes the session towards the carrier.
    invite = worker.invites[0]
    back = Call(worker, edge.inside, "sip:x@y")
    back.call_id, back.tag, back.cseq = invite.call_id, worker.tag, 20
    back.from_uri, back.remote_to = "sip:12348@x", invite.get("from")
    back.target = f"sip:p@127.0.0.1:{carrier.port}"
    back.routes = [part.strip() for value in invite.all("record-route") for part in value.split(",")]
    assert (await back.within("INVITE", body=sdp(40010))).status == 200
    back.ack()
    assert len(carrier.invites) == 1
    assert carrier.invites[0].get("contact").endswith(f";w={worker.port}>")
    assert (await back.bye()).status == 200
    assert carrier.got("BYE")


async def test_keys_by_info_reach_the_worker_in_one_spelling(edge: Edge) -> None:
    """The library aborts the worker at `Signal=5` without a line end, and answers 400 to `signal=5` and 500 to `dtmf`."""
    worker, carrier = await Uas.open_as(port=edge.worker_port(0)), await Peer.open()
    call = await _answered(edge, worker, carrier)
    relay, plain = "application/dtmf-relay", "application/dtmf"
    sent = [
        (relay, "Signal=1\r\nDuration=160\r\n", "1"),
        (relay, "Signal=2", "2"),
        (relay, "signal= 3\nduration= 160\n", "3"),
        ("Application/DTMF-Relay ; x=y", "Duration=160\r\n  SIGNAL = *\r\n", "*"),
        (relay, "Signal=10\r\n", "*"),
        (relay, "Signal=11\r\n", "#"),
        (relay, "Signal=#", "#"),
        (plain, "4", "4"),
        (plain, " 5 \r\n", "5"),
        (plain, "Signal=6\r\nDuration=160", "6"),
        (plain, "0", "0"),
        *(
            (relay, body, "")
            for body in ("Signal=!\r\n", "Signal=16\r\n", "Signal=A", "Signal=", "Signal=\r\n5", "Signal=55", "5")
        ),
        *((plain, body, "") for body in ("!", "16", "hello", "55", "d")),
    ]
    for kind, body, _ in sent:
        assert (await call.within("INFO", body=body, headers=[("Content-Type", kind)])).status == 200, body
    assert (await call.within("INFO")).status == 200
    got = [(m.get("content-type"), m.body) for m in worker.got("INFO")]
    assert got == [(relay, f"Signal={key}\r\nDuration=160\r\n") for _, _, key in sent if key]
    assert (await call.bye()).status == 200


async def test_options_are_answered_on_both_sides(edge: Edge) -> None:
    peer = await Peer.open()
    for address in (edge.outside, edge.inside):
        call = Call(peer, address, f"sip:127.0.0.1:{address[1]}")
        peer.send(call.request("OPTIONS"), address)
        assert (await peer.wait(lambda m, c=call: m.status >= 200 and m.call_id == c.call_id)).status == 200  # type: ignore[misc]


async def test_a_trunk_is_pinged(trunked: Edge) -> None:
    """The first pings go out 30 s after the start; until one fails twice, a trunk is taken to be up."""
    assert trunked.rpc.trunks() == {"north": "up"}


async def test_redis_goes_and_comes_back(make_edge: Callable[..., Edge]) -> None:
    """Redis stopped: callers are told at once to come back. Redis back, and emptied: claims go on. Kamailio lives."""
    edge = make_edge(media={"relay": "never"})
    worker, carrier = await Uas.open_as(port=edge.worker_port(0)), await Peer.open()
    uri = f"sip:12348@127.0.0.1:{edge.settings.sip.port}"
    edge.idle(worker.port)
    call = Call(carrier, edge.outside, uri)
    answer = await call.invite()
    assert answer.status == 200
    # relay "never": the SDP passes as it is.
    assert media_of(answer.body)[1] == worker.media_port
    call.ack()
    edge.stop("redis")
    away = await Call(carrier, edge.outside, uri).invite(seconds=2)
    assert (away.status, away.get("retry-after")) == (503, "5")
    assert edge.rpc.counters()["redis_away"] >= 1
    assert (await call.bye()).status == 200
    edge.start_redis()

    async def answered() -> bool:
        edge.idle(worker.port)
        again = Call(carrier, edge.outside, uri)
        status = (await again.invite(seconds=3)).status
        if status == 200:
            again.ack()
            await again.bye()
        return status == 200

    # Kamailio asks a Redis that failed again after 2 s at the latest.
    deadline = time.monotonic() + 10
    while not await answered():
        assert time.monotonic() < deadline
    # Redis there but dumb: nobody waits for it long. (The pool, played here, writes down who is turned away.)
    await Uas.open_as("503 Service Unavailable", port=edge.settings.overflow_port)
    os.kill(edge.pid("redis"), signal.SIGSTOP)
    try:
        for _ in range(4):
            started = time.monotonic()
            dumb = await Call(carrier, edge.outside, uri).invite(seconds=2)
            assert (dumb.status, dumb.get("retry-after")) == (503, "5")
            assert time.monotonic() - started < 1
    finally:
        os.kill(edge.pid("redis"), signal.SIGCONT)
    deadline = time.monotonic() + 10
    while not await answered():
        assert time.monotonic() < deadline
    edge.redis.flushall()
    assert (await Call(carrier, edge.outside, uri).invite(seconds=2)).status == 503
    assert edge.alive("kamailio")


async def test_a_restarted_kamailio_carries_on_with_calls_it_does_not_know(make_edge: Callable[..., Edge]) -> None:
    edge = make_edge(media={"relay": "never"})
    worker, carrier = await Uas.open_as(port=edge.worker_port(0)), await Uas.open_as()
    call = await _answered(edge, worker, carrier)
    await worker.wait(lambda m: m.method == "ACK" and not m.status)
    edge.stop("kamailio")
    edge.start_kamailio()
    assert (await call.bye()).status == 200
    assert worker.got("BYE")


async def test_replies_from_outside_are_cleaned(edge: Edge) -> None:
    phone = await Uas.open_as()
    phone.reply_headers = [("X-Hotline-Trunk", "gold"), ("Alert-Info", "<http://gold>")]
    call = await _worker_call(edge, f"sip:zhang@127.0.0.1:{phone.port}")
    await call.invite()
    assert not [raw for raw in call.peer.raw if b"gold" in raw]
    call.ack()
    await call.bye()


async def test_a_multipart_answer_loses_its_body(edge: Edge) -> None:
    phone = await Peer.open()
    call = await _worker_call(edge, f"sip:zhang@127.0.0.1:{phone.port}")
    call.first = call.request("INVITE", body=sdp(40100))
    call.peer.send(call.first, edge.inside)
    invite = await phone.wait(lambda m: m.method == "INVITE")
    answer = reply(
        invite,
        200,
        "OK",
        to_tag="x",
        headers=[("Contact", phone.contact), ("Content-Type", "multipart/mixed;boundary=b")],
    )
    answer.body = "--b\r\ngold\r\n--b--\r\n"
    phone.send(answer, edge.outside)
    got: Message = await call.final()
    assert got.status == 200
    assert "gold" not in got.body
    until(lambda: edge.rpc.ready(), 2, "Kamailio is well")
