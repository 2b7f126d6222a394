"""Two of the simulator's user agents talk to each other: calls, keys, hold, loss of messages, registration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from hotline.simulate import clips
from hotline.simulate.call import DtmfMethod, SimCall
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.expert import SimExpert
from hotline.simulate.people.phone import SimPhone
from hotline.simulate.sip_agent import SipAgent, SipTimeout
from hotline.simulate.sip_digest import verify
from hotline.simulate.sip_leg import SipLeg
from hotline.simulate.sip_message import Message, response_to, uri_of
from hotline.simulate.sip_transactions import Address, Timers
from hotline.simulate.tones import detect_dtmf

pytestmark = pytest.mark.sip

QUICK = Timers(t1=0.05, t2=0.4)
"""64 T1 is 3.2 s: what gives up after 32 s in life gives up here before the test does."""
BOB, ALICE = 7, 33


class Callee:
    """Answers every call with voice `BOB`; `calls` are those it got."""

    def __init__(self) -> None:
        self.agent = SipAgent(timers=QUICK)
        self.agent.on_invite = self.invited
        self.calls: list[SimCall] = []
        self.got = asyncio.Event()
        self.treat: Callable[[SipLeg], bool] = lambda leg: True
        self.dtmf: DtmfMethod = "rfc4733"

    async def invited(self, leg: SipLeg) -> None:
        call = SimCall(self.agent, voice=clips.voice(BOB), record=True, dtmf=self.dtmf)
        call.take(leg)
        self.calls.append(call)
        self.got.set()
        leg.ring()
        if self.treat(leg):
            call.answer()

    @property
    def uri(self) -> str:
        return f"sip:bob@127.0.0.1:{self.agent.port}"


@pytest.fixture
async def bob() -> AsyncIterator[Callee]:
    callee = Callee()
    await callee.agent.start()
    yield callee
    await callee.agent.close()


@pytest.fixture
async def alice() -> AsyncIterator[SipAgent]:
    agent = SipAgent(timers=QUICK)
    await agent.start()
    yield agent
    await agent.close()


async def connected(alice: SipAgent, bob: Callee, **options: object) -> tuple[SimCall, SimCall]:
    mine = SimCall(alice, voice=clips.voice(ALICE), **options)  # type: ignore[arg-type]
    leg = mine.call(bob.uri)
    assert await leg.answered(3) == 200
    return mine, bob.calls[-1]


async def test_both_hear_each_other_and_the_callee_hangs_up(alice: SipAgent, bob: Callee) -> None:
    mine, theirs = await connected(alice, bob)
    assert await mine.hears(BOB, 3)
    assert await theirs.hears(ALICE, 3)
    theirs.hang_up()
    assert await mine.ended(2)
    assert (mine.leg.end.how, mine.leg.end.by) == ("bye", "remote")  # type: ignore[union-attr]
    assert mine.ear.reception.lost == 0
    assert mine.ear.voices_heard() == {BOB}


@pytest.mark.parametrize("method", ["rfc4733", "info_relay", "info_plain", "inband"])
async def test_keys_by_every_method(alice: SipAgent, bob: Callee, method: DtmfMethod) -> None:
    mine, theirs = await connected(alice, bob, dtmf=method)
    infos: list[tuple[str, bytes]] = []
    theirs.leg.on_info = lambda kind, body: infos.append((kind, body))
    assert await theirs.hears(ALICE, 3)
    await mine.press("105#")
    if method == "rfc4733":
        assert theirs.ear.digits == "105#"
    elif method == "inband":
        assert b"telephone-event" not in mine.leg.request.body
        assert await theirs.hears(ALICE, 3)
        assert detect_dtmf(theirs.ear.recorded()) == "105#"
    else:
        kinds = {kind for kind, _ in infos}
        assert kinds == {"application/dtmf-relay" if method == "info_relay" else "application/dtmf"}
        assert [body.replace(b"Signal=", b"")[:1] for _, body in infos] == [b"1", b"0", b"5", b"#"]
    mine.hang_up()
    assert await theirs.ended(2)


async def test_hold_silences_and_resume_brings_back(alice: SipAgent, bob: Callee) -> None:
    mine, theirs = await connected(alice, bob)
    assert await mine.hears(BOB, 3)
    assert await mine.hold()
    assert theirs.held_by_other
    assert theirs.leg.offers_received == 1
    sent = theirs.stream.sent
    assert await mine.ear.until(lambda ear: ear.recent(3) == [], 3)
    assert theirs.stream.sent == sent
    assert await mine.resume()
    assert not theirs.held_by_other
    assert await mine.ear.until(lambda ear: ear.hears(BOB), 3)
    assert theirs.stream.sent > sent
    mine.hang_up()
    assert await theirs.ended(2)


async def test_cancel_while_it_rings(alice: SipAgent, bob: Callee) -> None:
    bob.treat = lambda leg: False
    mine = SimCall(alice)
    leg = mine.call(bob.uri)
    assert await leg.ringing(2)
    mine.hang_up()
    assert await mine.ended(2)
    assert (leg.end.how, leg.end.status) == ("cancel", 487)  # type: ignore[union-attr]
    assert await bob.calls[0].ended(2)
    assert bob.calls[0].leg.end.how == "cancel"  # type: ignore[union-attr]


async def test_cancel_that_crosses_the_answer_ends_with_bye(alice: SipAgent, bob: Callee) -> None:
    alice.mischief.lose("out", "CANCEL")
    bob.treat = lambda leg: False
    mine = SimCall(alice)
    leg = mine.call(bob.uri)
    assert await leg.ringing(2)
    mine.hang_up()
    assert bob.calls[0].answer()
    assert await bob.calls[0].ended(2)
    assert bob.calls[0].leg.end.how == "bye"  # type: ignore[union-attr]
    assert await mine.ended(2)


@pytest.mark.parametrize("status", [486, 480, 503, 603])
async def test_refusals_come_through(alice: SipAgent, bob: Callee, status: int) -> None:
    def refuse(leg: SipLeg) -> bool:
        leg.reject(status, ("Retry-After", "5"))
        return False

    bob.treat = refuse
    leg = SimCall(alice).call(bob.uri)
    assert await leg.answered(2) == status
    assert leg.response is not None
    assert leg.response.get("Retry-After") == "5"
    async with asyncio.timeout(2):
        while not bob.agent.counts["in ACK"]:
            await asyncio.sleep(0.01)


async def test_no_codec_in_common_is_488(alice: SipAgent, bob: Callee) -> None:
    leg = SimCall(alice, codecs=("g729",)).call(bob.uri)
    assert await leg.answered(2) == 488


@pytest.mark.parametrize("name", ["INVITE", "ACK", "BYE"])
async def test_lost_requests_are_made_good(alice: SipAgent, bob: Callee, name: str) -> None:
    alice.mischief.lose("out", name, 2)
    mine, theirs = await connected(alice, bob)
    assert await theirs.hears(ALICE, 3)
    mine.hang_up()
    assert await theirs.ended(2)
    assert alice.mischief.lost["out", name] == 2
    assert len(bob.calls) == 1
    assert "acked" in theirs.leg.times


@pytest.mark.parametrize("name", ["100 INVITE", "180 INVITE", "200 INVITE"])
async def test_lost_responses_are_made_good(alice: SipAgent, bob: Callee, name: str) -> None:
    bob.agent.mischief.lose("out", name, 1)
    mine, theirs = await connected(alice, bob)
    assert await theirs.hears(ALICE, 3)
    assert len(bob.calls) == 1
    mine.hang_up()


async def test_a_call_that_is_never_acknowledged_is_ended_by_the_callee(alice: SipAgent, bob: Callee) -> None:
    mine = SimCall(alice)
    leg = mine.call(bob.uri)
    leg.send_ack = False
    assert await leg.answered(2) == 200
    assert await bob.calls[0].ended(5)
    assert bob.calls[0].leg.end.how == "no_ack"  # type: ignore[union-attr]
    assert bob.agent.counts["out 200 INVITE"] > 5
    assert await mine.ended(2)


async def test_nobody_there_times_out(alice: SipAgent) -> None:
    leg = SimCall(alice).call("sip:x@127.0.0.1:9")
    assert await leg.answered(5) == 408
    assert alice.counts["out INVITE"] >= 6
    with pytest.raises(SipTimeout):
        await alice.out_of_dialog("OPTIONS", "sip:127.0.0.1:9", from_uri="sip:a@b", to_uri="sip:c@d")


async def test_late_offer_works_and_without_sdp_in_the_ack_is_silent(alice: SipAgent, bob: Callee) -> None:
    mine = SimCall(alice, voice=clips.voice(ALICE))
    assert await mine.call(bob.uri, late_offer=True).answered(2) == 200
    assert await bob.calls[0].hears(ALICE, 3)
    assert await mine.hears(BOB, 3)
    mute = SimCall(alice, voice=clips.voice(ALICE))
    leg = mute.call(bob.uri, late_offer=True)
    leg.ack_with_sdp = False
    assert await leg.answered(2) == 200
    assert not await bob.calls[1].hears(ALICE, 0.6)
    for call in (mine, mute):
        call.hang_up()
        assert await call.ended(2)


async def test_options_and_foreign_methods(alice: SipAgent, bob: Callee) -> None:
    for method, status in (("OPTIONS", 200), ("MESSAGE", 405), ("SUBSCRIBE", 405)):
        answer = await alice.out_of_dialog(method, bob.uri, from_uri="sip:a@b", to_uri=bob.uri)
        assert answer.status == status
    mine, _ = await connected(alice, bob)
    assert (await mine.leg.ask("REFER")).status == 603
    assert (await mine.leg.ask("OPTIONS")).status == 200
    mine.hang_up()


async def test_garbage_on_the_port_hurts_nobody(alice: SipAgent, bob: Callee) -> None:
    for data in (b"\r\n\r\n", b"\x00", b"INVITE", b"INVITE sip:x SIP/2.0\r\n\r\n", b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n"):
        alice.send_raw(data, ("127.0.0.1", bob.agent.port))
    mine, _ = await connected(alice, bob)
    assert bob.agent.counts["malformed"] == 3
    mine.hang_up()


class Registrar:
    """A tiny registrar: challenges, remembers contacts, gives half of what was asked for."""

    def __init__(self, password: str) -> None:
        self.agent = SipAgent(timers=QUICK)
        self.agent.on_request = self.request
        self.password = password
        self.contacts: dict[str, str] = {}
        self.times: list[int] = []
        self.nonce = "n1"

    def request(self, request: Message, source: Address) -> Message | None:
        if request.method != "REGISTER":
            return None
        header = request.get("Authorization")
        if not header or not verify(header, method="REGISTER", password=self.password, nonce=self.nonce):
            answer = response_to(request, 401, to_tag="r")
            answer.add("WWW-Authenticate", f'Digest realm="test", nonce="{self.nonce}", algorithm=MD5, qop="auth"')
            return answer
        expires = int(request.get("Expires"))
        contact = uri_of(request.get("Contact"))
        self.times.append(expires)
        if expires:
            self.contacts[request.get("To")] = contact
        else:
            self.contacts.pop(request.get("To"), None)
        answer = response_to(request, 200, to_tag="r")
        answer.add("Contact", f"<{contact}>;expires={expires // 2}")
        return answer


async def test_phone_registers_refreshes_answers_and_leaves() -> None:
    registrar = Registrar("secret")
    await registrar.agent.start()
    edge = ("127.0.0.1", registrar.agent.port)
    phone = SimPhone("8001", "secret", edge=edge, domain="test", voice=BOB, expires=8, timers=QUICK)
    await phone.start()
    assert list(registrar.contacts.values()) == [f"sip:8001@127.0.0.1:{phone.agent.port}"]
    registrar.nonce = "n2"  # an old nonce is challenged again, as registrars do
    async with asyncio.timeout(6):
        while len(registrar.times) < 2:  # granted 4 s, so the refresh comes after 2 s
            await asyncio.sleep(0.05)
    mine = SimCall(registrar.agent, voice=clips.voice(ALICE))
    assert await mine.call(next(iter(registrar.contacts.values()))).answered(2) == 200
    ring = await phone.rings(1)
    assert ring is not None
    assert await ring.call.hears(ALICE, 3)
    busy = SimCall(registrar.agent)
    assert await busy.call(f"sip:8001@127.0.0.1:{phone.agent.port}").answered(2) == 486
    await phone.close()
    assert await mine.ended(2)
    assert registrar.contacts == {}
    await registrar.agent.close()


async def test_phone_with_a_wrong_password_says_so() -> None:
    registrar = Registrar("secret")
    await registrar.agent.start()
    phone = SimPhone("8001", "wrong", edge=("127.0.0.1", registrar.agent.port), domain="test", timers=QUICK)
    with pytest.raises(PermissionError, match="8001"):
        await phone.start()
    await phone.close()
    await registrar.agent.close()


async def test_experts_by_character(alice: SipAgent) -> None:
    carrier = SimCarrier(edge=("127.0.0.1", alice.port), timers=QUICK)
    await carrier.start()
    people = {
        character: carrier.add_expert(SimExpert(f"1390001000{place}", character, voice=10 + place))
        for place, character in enumerate(("accepts", "refuses", "busy", "no_answer", "voicemail"))
    }
    for expert in people.values():
        expert.brief_seconds = 0.2

    async def ring(number: str) -> SimCall:
        call = SimCall(alice, voice=clips.silence())
        call.call(f"sip:{number}@127.0.0.1:{carrier.agent.port}")
        return call

    accepted = await ring("+8613900010000")
    assert await accepted.leg.answered(2) == 200
    assert await accepted.ear.until(lambda ear: ear.digits == "1", 3)
    accepted.say(clips.voice(ALICE))  # bridged: the expert hears a caller now, and presses nothing more
    assert await people["accepts"].visits[0].call.hears(ALICE, 3)
    refused = await ring("013900010001")
    assert await refused.ear.until(lambda ear: ear.digits == "2", 3)
    refused.hang_up()
    assert await (await ring("13900010002")).leg.answered(2) == 486
    ringing = await ring("13900010003")
    assert await ringing.leg.ringing(2)
    assert await ringing.leg.answered(0.5) == 0
    ringing.hang_up()
    voicemail = await ring("13900010004")
    assert await voicemail.leg.answered(2) == 200
    assert not await voicemail.ear.until(lambda ear: ear.digits != "", 0.8)
    voicemail.hang_up()
    assert await (await ring("13999999999")).leg.answered(2) == 404
    assert accepted.ear.digits == "1"
    await carrier.close()
