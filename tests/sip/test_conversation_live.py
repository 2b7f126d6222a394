"""One conversation worker, real SIP and RTP through Kamailio and rtpengine; the test itself plays routing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.bus import keys
from hotline.core.headsets import ECHO_TRUNK, ECHO_USER
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.phone import SimPhone
from hotline.simulate.sip_message import uri_of
from tests.fakes.sip_wire import Call, Message, Peer, reply, sdp, tag_of
from tests.sip.exchange import Exchange, exchange_at_work, voice_share

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    limits = {"no_ack_seconds": 3, "no_media_seconds": 2, "rtp_silence_seconds": 4, "drain_seconds": 2}
    with exchange_at_work(warm=4, most=20, limits=limits) as made:
        yield made


async def queued(exchange: Exchange, carrier: SimCarrier, *, dtmf: str = "rfc4733", voice: int = 21) -> tuple[SimCaller, str]:
    """A caller who is in the queue."""
    caller = carrier.caller("13800001234", voice=voice, dtmf=dtmf)  # type: ignore[arg-type]
    assert await carrier.dial(caller) == 200
    call_id = await exchange.call_of(caller.call.leg.call_id)
    await exchange.fact(call_id, "queue_entered")
    return caller, call_id


async def talking(exchange: Exchange, carrier: SimCarrier, phone: SimPhone, **how: str) -> tuple[SimCaller, str]:
    """A caller who talks with the agent at `phone`."""
    caller, call_id = await queued(exchange, carrier, **how)  # type: ignore[arg-type]
    exchange.connect_agent(call_id)
    await exchange.fact(call_id, "agent_connected")
    return caller, call_id


@pytest.mark.parametrize("dtmf", ["rfc4733", "info_relay", "info_plain", "inband"])
async def test_from_the_trunk_to_the_rating(exchange: Exchange, carrier: SimCarrier, phone: SimPhone, dtmf: str) -> None:
    expert = exchange.expert(carrier, "+8613900010001", "accepts")
    caller, call_id = await talking(exchange, carrier, phone, dtmf=dtmf)
    ring = phone.calls[-1]
    assert await ring.call.hears(21, 5)
    assert await caller.hears(1, 5)
    await caller.after_answer(3)
    exchange.order(call_id, "start_transfer", transfer_id="trf1", agent_id="a8001")
    exchange.try_expert(call_id, expert.number)
    await exchange.fact(call_id, "expert_connected", 15)
    assert await caller.hears(10, 5)
    assert expert.talking is not None
    invite = expert.talking.leg.request
    assert uri_of(invite.get("to")) == invite.uri.partition(";")[0]
    assert b".trunk.invalid" not in invite.to_bytes()
    assert b"a=rtpmap:101 telephone-event/8000" in invite.body
    assert await expert.talking.hears(21, 5)
    await exchange.fact(call_id, "agent_left", ended_by="transfer")
    await asyncio.sleep(2)
    expert.talking.hang_up()
    await exchange.fact(call_id, "rating_offered")
    await caller.press("4")
    rated = await exchange.fact(call_id, "rated")
    assert (rated.data["score"], rated.data["person_kind"]) == (4, "expert")
    ended = await exchange.fact(call_id, "call_ended", 10)
    assert (ended.data["cause"], ended.data["ended_by"]) == ("completed", "expert")
    assert await caller.ended(5)
    names = [fact.name for fact in exchange.journal(call_id)]
    assert names.count("rated") == 1
    assert [fact.name for fact in exchange.facts(call_id)] == names
    for fact in exchange.facts(call_id):
        if fact.name == "recording_started":
            stem = exchange.settings.capture_dir / fact.data["recording_id"]
            peer_voice = 1 if fact.data["person_kind"] == "agent" else 10
            assert voice_share(Path(f"{stem}.caller.wav"), 21) > 0.7
            assert voice_share(Path(f"{stem}.peer.wav"), peer_voice) > 0.6
            assert voice_share(Path(f"{stem}.caller.wav"), peer_voice) < 0.05


@pytest.mark.parametrize(("character", "outcome"), [("busy", "busy"), ("refuses", "refused"), ("voicemail", "no_key")])
async def test_an_expert_who_does_not_come(
    exchange: Exchange, carrier: SimCarrier, phone: SimPhone, character: str, outcome: str
) -> None:
    exchange.expert(carrier, "+8613900010005", character)  # type: ignore[arg-type]
    caller, call_id = await talking(exchange, carrier, phone)
    exchange.order(call_id, "start_transfer", transfer_id="trf1", agent_id="a8001")
    exchange.try_expert(call_id, "+8613900010005")
    tried = await exchange.fact(call_id, "expert_tried", 40)
    assert tried.data["outcome"] == outcome
    exchange.order(call_id, "give_up_transfer", transfer_id="trf1")
    await exchange.fact(call_id, "transfer_ended", outcome="returned")
    assert await caller.hears(1, 5)
    caller.hang_up()
    assert (await exchange.fact(call_id, "call_ended")).data["ended_by"] == "caller"


async def test_an_expert_whose_line_forks(exchange: Exchange, phone: SimPhone) -> None:
    """Ringing from several places, early media, a reliable 183 nobody asked for, two who answer: one is let go at once."""
    trunk = await Peer.open(int(exchange.settings.trunks[0].outbound_proxy.rpartition(":")[2]))
    carrier = SimCarrier(edge=exchange.edge.outside)
    await carrier.start()
    caller, call_id = await talking(exchange, carrier, phone)
    exchange.order(call_id, "start_transfer", transfer_id="trf1", agent_id="a8001")
    exchange.try_expert(call_id, "+8613900010009")
    invite = await trunk.wait(lambda m: m.method == "INVITE")

    def say(status: int, tag: str, body: str = "", *headers: tuple[str, str]) -> None:
        contact = ("Contact", f"<sip:{tag}@127.0.0.1:{trunk.port}>")
        trunk.send(reply(invite, status, "Word", to_tag=tag, headers=[contact, *headers], body=body), exchange.edge.outside)

    def ended(message: Message, _: object) -> None:
        if message.method in ("BYE", "PRACK") and not message.status:
            trunk.send(reply(message, 200, "OK"), exchange.edge.outside)

    trunk.on_message = ended
    say(180, "one")
    say(183, "two", sdp(41000), ("Require", "100rel"), ("RSeq", "1"))
    say(180, "one")
    say(199, "two")
    await exchange.fact(call_id, "expert_ringing")
    say(200, "three", sdp(41002))
    say(200, "four", sdp(41004))
    for tag in ("three", "four"):
        await trunk.wait(lambda m, t=tag: m.method == "ACK" and tag_of(m.get("to")) == t)  # type: ignore[misc]
    let_go = await trunk.wait(lambda m: m.method == "BYE" and not m.status, 2)
    kept = {"three": "four", "four": "three"}[tag_of(let_go.get("to"))]  # the first to reach the worker
    await exchange.fact(call_id, "expert_answered")
    caller.hang_up()
    await trunk.wait(lambda m: m.method == "BYE" and tag_of(m.get("to")) == kept, 2)
    await exchange.fact(call_id, "call_ended")
    assert [fact.name for fact in exchange.facts(call_id)].count("expert_answered") == 1
    await carrier.close()


async def test_the_caller_leaves_while_the_agents_phone_rings(exchange: Exchange, carrier: SimCarrier) -> None:
    phone = exchange.phone()
    phone.behaviour = "ring"
    await phone.start()
    caller, call_id = await queued(exchange, carrier)
    exchange.connect_agent(call_id)
    ring = await phone.rings(5)
    assert ring
    gone = time.time()
    caller.hang_up()
    assert await ring.call.ended(2)
    assert time.time() - gone < 1.0
    ended = await exchange.fact(call_id, "call_ended")
    assert (ended.data["cause"], ended.data["phase"]) == ("abandoned", "agent_ringing")
    await phone.close()


async def test_hold_music_and_back(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    caller, call_id = await talking(exchange, carrier, phone)
    assert await caller.hears(1, 5)
    exchange.order(call_id, "hold", agent_id="a8001")
    await exchange.fact(call_id, "hold_started")
    assert await caller.hears_prompt(5)
    exchange.order(call_id, "unhold", agent_id="a8001")
    assert await caller.hears(1, 5)
    caller.hang_up()
    await exchange.fact(call_id, "call_ended")


async def test_the_phone_puts_the_caller_on_hold_by_itself(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    caller, call_id = await talking(exchange, carrier, phone)
    ring = phone.calls[-1]
    assert await ring.call.hold()
    assert await ring.call.resume()
    assert await caller.hears(1, 5)
    assert await ring.call.hears(21, 5)
    caller.hang_up()
    await exchange.fact(call_id, "call_ended")


async def test_a_killed_worker_is_accounted_for(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    caller, call_id = await talking(exchange, carrier, phone)
    worker = next(name for name, item in exchange.workers().items() if item["call_id"] == call_id)
    os.kill(int(worker.partition("-")[0]), signal.SIGKILL)
    ended = await exchange.fact(call_id, "call_ended", 5)
    assert (ended.data["cause"], ended.epoch) == ("system_failure", 2)
    assert [fact.name for fact in exchange.journal(call_id)][-1] == "call_ended"
    # Nobody is left listening to nothing.
    assert await caller.ended(3)
    assert await phone.calls[-1].call.ended(3)
    assert call_id not in exchange.redis.hgetall(keys.LIVE)  # type: ignore[operator]


async def test_redis_emptied_during_a_call(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    caller, call_id = await talking(exchange, carrier, phone)
    exchange.redis.flushall()
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline and (
        exchange.redis.llen(keys.IDLE) < 1 or call_id not in exchange.redis.hgetall(keys.LIVE)  # type: ignore[operator]
    ):
        await asyncio.sleep(0.1)
    assert exchange.redis.llen(keys.IDLE) >= 1
    assert await caller.hears(1, 5)
    exchange.order(call_id, "hang_up", agent_id="a8001")
    await exchange.fact(call_id, "rating_offered")
    caller.hang_up()
    await exchange.fact(call_id, "call_ended")


async def test_no_codec_in_common_is_488_and_a_closed_record(exchange: Exchange, carrier: SimCarrier) -> None:
    before = len([fact for fact in exchange.facts() if fact.name == "call_ended"])
    uri = f"sip:12348@127.0.0.1:{exchange.settings.sip.port}"
    offer = sdp(41000, payloads="18", extra="a=rtpmap:18 G729/8000\r\n")
    answer = await Call(await Peer.open(), exchange.edge.outside, uri, body=offer).invite()
    assert answer.status == 488
    deadline = time.monotonic() + 5
    ended = []
    while time.monotonic() < deadline and len(ended) <= before:
        ended = [fact for fact in exchange.facts() if fact.name == "call_ended"]
        await asyncio.sleep(0.05)
    assert len(ended) == before + 1
    assert (ended[-1].data["cause"], ended[-1].data["sip_code"]) == ("rejected", 488)


async def test_a_silent_caller_is_let_go(exchange: Exchange, carrier: SimCarrier) -> None:
    caller, call_id = await queued(exchange, carrier)
    caller.call.stream.aim(None, "pcma", 8, None)
    ended = await exchange.fact(call_id, "call_ended", 8)
    assert ended.data["cause"] == "rtp_timeout"


async def test_an_answer_that_is_never_acknowledged_is_closed(exchange: Exchange, carrier: SimCarrier) -> None:
    carrier.agent.mischief.lose("out", "ACK")
    caller = carrier.caller("13800005555")
    assert await carrier.dial(caller) == 200
    call_id = await exchange.call_of(caller.call.leg.call_id)
    ended = await exchange.fact(call_id, "call_ended", 8)
    assert (ended.data["cause"], ended.data["answered"]) == ("no_ack", True)


async def test_a_late_offer_works(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    caller = carrier.caller("13800005556", voice=21)
    call = caller.start(carrier.hotline_uri, headers=carrier.headers(caller), late_offer=True)
    assert await call.leg.answered(5) == 200
    call_id = await exchange.call_of(call.leg.call_id)
    await exchange.fact(call_id, "queue_entered")
    exchange.connect_agent(call_id)
    await exchange.fact(call_id, "agent_connected")
    assert await caller.hears(1, 5)
    assert await phone.calls[-1].call.hears(21, 5)
    caller.hang_up()
    await exchange.fact(call_id, "call_ended")


async def test_a_late_offer_without_an_answer_is_closed(exchange: Exchange, carrier: SimCarrier) -> None:
    caller = carrier.caller("13800005557")
    call = caller.start(carrier.hotline_uri, headers=carrier.headers(caller), late_offer=True)
    call.leg.ack_with_sdp = False
    assert await call.leg.answered(5) == 200
    call_id = await exchange.call_of(call.leg.call_id)
    ended = await exchange.fact(call_id, "call_ended", 10)
    assert ended.data["cause"] == "no_media"


async def test_the_caller_holds_and_comes_back(exchange: Exchange, carrier: SimCarrier, phone: SimPhone) -> None:
    caller, call_id = await talking(exchange, carrier, phone)
    assert await caller.call.hold()
    # On hold by its own will, a phone may be silent for longer than a lost one.
    caller.call.stream.aim(None, "pcma", 8, None)
    await asyncio.sleep(exchange.settings.limits.rtp_silence_seconds + 1.5)
    assert "call_ended" not in [fact.name for fact in exchange.facts(call_id)]
    assert await caller.call.resume()
    assert await caller.hears(1, 5)
    assert await phone.calls[-1].call.hears(21, 5)
    caller.hang_up()
    await exchange.fact(call_id, "call_ended")


async def test_a_burst_is_answered_or_told_to_come_back(exchange: Exchange, carrier: SimCarrier) -> None:
    callers = [carrier.caller(f"1380001{index:04d}") for index in range(40)]
    statuses = await asyncio.gather(*(carrier.dial(caller, timeout=10) for caller in callers))
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= exchange.settings.pool.warm
    assert statuses.count(503) >= 40 - exchange.settings.pool.max
    answered = [caller for caller, status in zip(callers, statuses, strict=True) if status == 200]
    # Each caller turned away has one closed record, by which somebody calls back.
    for caller, status in zip(callers, statuses, strict=True):
        if status == 503:
            call_id = await exchange.call_of(caller.call.leg.call_id)
            ended = await exchange.fact(call_id, "call_ended")
            assert (ended.data["cause"], ended.data["sip_code"]) == ("rejected", 503)
    for caller in answered:
        caller.hang_up()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(item["state"] == "busy" for item in exchange.workers().values()):
        await asyncio.sleep(0.1)
    deaths = [
        json.loads(line)["exit_code"]
        for line in (exchange.settings.home / "pool.log").read_text("utf-8", "replace").splitlines()
        if line.startswith("{") and '"worker_died"' in line
    ]
    # Another test kills one on purpose.
    assert set(deaths) <= {-signal.SIGKILL}


async def test_the_echo_says_what_it_is_and_sends_back_what_it_hears(exchange: Exchange) -> None:
    """A headset's self-test, as a worker sees it: no call, no record; it ends by itself or with the page."""
    address = str(exchange.redis.lpop(keys.IDLE))
    before = len(exchange.facts())
    tester = SimCarrier(edge=("127.0.0.1", int(address.rpartition(":")[2])), called=ECHO_USER)
    await tester.start()
    try:
        caller = tester.caller("8001", voice=33)
        assert await caller.dial(tester.hotline_uri, headers=[("X-Hotline-Trunk", ECHO_TRUNK)]) == 200
        assert await caller.hears_prompt(10)
        assert await caller.hears(33, 15), "no echo"
        assert len(exchange.facts()) == before
        caller.hang_up()
        assert await caller.ended(5)
    finally:
        await tester.close()
