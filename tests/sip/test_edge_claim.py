"""A caller gets one worker; a dead or busy one is passed over; none left is said at once."""

from __future__ import annotations

import asyncio
import time

import pytest

from hotline.bus import keys
from tests.fakes.sip_wire import Call, Peer, Uas, media_of
from tests.sip.conftest import Edge

pytestmark = pytest.mark.sip


def _uri(edge: Edge, number: str = "12348") -> str:
    return f"sip:{number}@127.0.0.1:{edge.settings.sip.port}"


async def test_a_caller_reaches_the_first_idle_worker_and_hangs_up(edge: Edge) -> None:
    worker = await Uas.open_as(port=edge.worker_port(0), media_port=40010)
    caller = await Peer.open()
    edge.idle(worker.port)
    call = Call(caller, edge.outside, _uri(edge))
    answer = await call.invite()
    assert answer.status == 200
    invite = worker.invites[0]
    assert invite.uri == f"sip:12348@127.0.0.1:{worker.port}"
    assert invite.get("X-Hotline-Trunk") == "demo"
    assert edge.redis.llen(keys.IDLE) == 0
    assert "REFER" not in answer.get("allow")
    assert answer.all("supported") == ["timer"]
    # The carrier sees the edge, not the worker, in signalling and in media.
    assert answer.get("contact") == f"<sip:hotline@127.0.0.1:{edge.settings.sip.port};w={worker.port}>"
    low, high = edge.settings.media.port_from, edge.settings.media.port_to
    assert low <= media_of(answer.body)[1] <= high
    assert low <= media_of(invite.body)[1] <= high
    call.ack()
    await worker.wait(lambda m: m.method == "ACK" and not m.status)
    assert (await call.bye()).status == 200
    assert worker.got("BYE")


async def test_a_repeated_invite_takes_one_worker_only(edge: Edge) -> None:
    workers = [await Uas.open_as(port=edge.worker_port(n)) for n in range(2)]
    caller = await Peer.open()
    edge.idle(*(w.port for w in workers))
    call = Call(caller, edge.outside, _uri(edge))
    call.first = call.request("INVITE", body="")
    for _ in range(6):
        caller.send(call.first, edge.outside)
    assert (await call.final()).status == 200
    call.ack()
    await workers[0].wait(lambda m: m.method == "ACK" and not m.status)
    caller.send(call.first, edge.outside)
    await call.bye()
    assert [len(w.invites) for w in workers] == [1, 0]
    assert edge.redis.llen(keys.IDLE) == 1


@pytest.mark.parametrize("failing", ["silent", "486 Busy Here", "500 Broken", "503 Going Down", "408 Too Late"])
async def test_the_next_worker_is_tried(edge: Edge, failing: str) -> None:
    first = await Uas.open_as(failing, port=edge.worker_port(0))
    second = await Uas.open_as(port=edge.worker_port(1))
    caller = await Peer.open()
    edge.idle(first.port, second.port)
    call = Call(caller, edge.outside, _uri(edge))
    started = time.monotonic()
    assert (await call.invite()).status == 200
    assert time.monotonic() - started < 2.6
    assert second.invites[0].uri.endswith(f":{second.port}")
    call.ack()
    await call.bye()
    assert second.got("BYE")
    assert not [m for m in first.got("BYE") if m.call_id == call.call_id]


async def test_a_worker_whose_port_is_closed_is_passed_over(edge: Edge) -> None:
    second = await Uas.open_as(port=edge.worker_port(1))
    caller = await Peer.open()
    edge.idle(edge.worker_port(9), second.port)
    call = Call(caller, edge.outside, _uri(edge))
    started = time.monotonic()
    assert (await call.invite()).status == 200
    assert time.monotonic() - started < 2.6
    call.ack()
    await call.bye()


@pytest.mark.parametrize("answer", ["488 Not Acceptable Here", "404 Not Found", "603 Decline"])
async def test_a_worker_that_refuses_the_offer_is_believed(edge: Edge, answer: str) -> None:
    first = await Uas.open_as(answer, port=edge.worker_port(0))
    second = await Uas.open_as(port=edge.worker_port(1))
    caller = await Peer.open()
    edge.idle(first.port, second.port)
    got = await Call(caller, edge.outside, _uri(edge)).invite()
    assert f"{got.status}" == answer[:3]
    assert not second.invites


async def test_no_idle_worker_is_said_at_once(edge: Edge) -> None:
    before = edge.rpc.counters()["no_worker"]
    caller = await Peer.open()
    started = time.monotonic()
    got = await Call(caller, edge.outside, _uri(edge)).invite()
    assert (got.status, got.get("retry-after")) == (503, "5")
    assert time.monotonic() - started < 3  # nobody is tried: a try alone may take longer
    assert edge.rpc.counters()["no_worker"] == before + 1


async def test_no_worker_left_after_a_dead_one_is_said(edge: Edge) -> None:
    first = await Uas.open_as("500 Broken", port=edge.worker_port(0))
    caller = await Peer.open()
    edge.idle(first.port)
    got = await Call(caller, edge.outside, _uri(edge)).invite()
    assert (got.status, got.get("retry-after")) == (503, "5")


async def test_a_cancel_reaches_the_worker(edge: Edge) -> None:
    worker = await Uas.open_as("ring", port=edge.worker_port(0))
    caller = await Peer.open()
    edge.idle(worker.port)
    call = Call(caller, edge.outside, _uri(edge))
    call.first = call.request("INVITE", body="")
    caller.send(call.first, edge.outside)
    await caller.wait(lambda m: m.status == 180)
    caller.send(call.request("CANCEL"), edge.outside)
    assert (await call.final()).status == 487
    assert worker.got("CANCEL")


async def test_a_burst_is_answered_or_told_to_come_back(edge: Edge) -> None:
    """40 INVITEs in 100 ms, 25 workers: each INVITE ends in 200 or 503 with Retry-After, and each worker has one."""
    workers = [await Uas.open_as(port=edge.worker_port(n)) for n in range(25)]
    edge.idle(*(w.port for w in workers))
    caller = await Peer.open()
    calls = [Call(caller, edge.outside, _uri(edge)) for _ in range(40)]
    tasks = []
    for call in calls:
        tasks.append(asyncio.create_task(call.invite()))
        await asyncio.sleep(0.0025)
    answers = await asyncio.gather(*tasks)
    statuses = [answer.status for answer in answers]
    assert sorted(set(statuses)) == [200, 503]
    assert statuses.count(200) == 25
    assert all(answer.get("retry-after") == "5" for answer in answers if answer.status == 503)
    assert [len(w.invites) for w in workers] == [1] * 25
    for call, answer in zip(calls, answers, strict=True):
        if answer.status == 200:
            call.ack()
            assert (await call.bye()).status == 200
    assert edge.alive("kamailio")
