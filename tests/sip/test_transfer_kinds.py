"""Every kind of transfer and its main failures, one scenario per person: real SIP and RTP, the test plays routing.

Everybody speaks with a voice of their own and pauses, so that each is heard alone now and then even when three talk at once.
All scenarios run in one exchange, several at a time; each ends with the audit of its facts and a look into its recordings.
"""

from __future__ import annotations

import asyncio
import time
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from hotline.bus import keys
from hotline.core.audits import check_call
from hotline.simulate import tones
from hotline.simulate.call import SimCall
from hotline.simulate.clips import Clip
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.expert import Character, SimExpert
from hotline.simulate.people.phone import SimPhone
from tests.sip.conftest import EXTENSIONS
from tests.sip.exchange import Exchange, exchange_at_work

pytestmark = [pytest.mark.sip, pytest.mark.timeout(180)]

HEAR = 15.0
AGENT, COLLEAGUE = 1, 71
COLLEAGUES = "8002"
"""The colleague's extension."""


def pausing(number: int) -> Clip:
    """A voice that speaks for 0.7 s and pauses, each in a rhythm of its own."""
    pause = {0: 0.6, 2: 0.9, 7: 0.6}.get(number // 10, 1.3)
    return Clip(np.concatenate([tones.voice(number, 0.7), np.zeros(round(8000 * pause), np.int16)]))


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    limits = {"no_ack_seconds": 5, "drain_seconds": 2, "hold_reminder_seconds": 4}
    with exchange_at_work(warm=6, most=24, limits=limits, transfer={"ring_seconds": 6, "accept_seconds": 4}) as made:
        yield made


class Desk:
    """The people of one test: a carrier with its callers and experts, and the agents' phones, one a scene."""

    def __init__(self, exchange: Exchange, carrier: SimCarrier) -> None:
        self.exchange = exchange
        self.carrier = carrier
        self.phones: list[SimPhone] = []

    async def phone(self, extension: str, voice: int) -> SimPhone:
        """A registered phone, which speaks with `voice`."""
        outside, domain = self.exchange.edge.outside, self.exchange.settings.sip.domain
        made = SimPhone(extension, EXTENSIONS[extension], edge=outside, domain=domain, voice=voice, clip=pausing(voice))
        await made.start()
        self.phones.append(made)
        return made


@pytest.fixture
async def desk(exchange: Exchange) -> AsyncIterator[Desk]:
    made = Desk(exchange, await exchange.carrier())
    yield made
    for phone in made.phones:
        await phone.close()
    await made.carrier.close()


class Scene:
    """One caller with the agent at 8001, and what happens to them."""

    def __init__(self, desk: Desk, number: int) -> None:
        self.desk = desk
        self.exchange = desk.exchange
        self.number = number
        self.voice = 20 + number % 10
        self.expert_voice = 50 + number % 10
        self.transfer_id = f"trf{number}"
        self.caller: SimCaller
        self.agent: SimCall
        self.call_id = ""

    async def talk(self) -> None:
        extension = str(8010 + self.number % 10)
        phone = await self.desk.phone(extension, AGENT)
        self.caller = self.desk.carrier.caller(f"1380000{self.number:04d}", voice=self.voice, clip=pausing(self.voice))
        assert await self.desk.carrier.dial(self.caller) == 200
        self.call_id = await self.exchange.call_of(self.caller.call.leg.call_id)
        await self.exchange.fact(self.call_id, "queue_entered")
        uri = f"sip:{extension}@{self.exchange.settings.sip.domain}"
        self.exchange.order(self.call_id, "connect_agent", offer_id=f"off{self.number}", agent_id="a8001", uri=uri)
        await self.exchange.fact(self.call_id, "agent_connected")
        self.agent = phone.calls[-1].call
        await self.hears(self.agent, self.voice)

    # Orders of routing and of the agent.

    def start(self, kind: str, target: str = "expert", **more: object) -> None:
        ids = {"transfer_id": self.transfer_id, "agent_id": "a8001"}
        self.exchange.order(self.call_id, "start_transfer", **ids, kind=kind, target=target, patience=30, **more)

    def order(self, name: str) -> None:
        self.exchange.order(self.call_id, name, transfer_id=self.transfer_id, agent_id="a8001")

    def try_expert(self, character: Character = "accepts") -> SimExpert:
        number = f"+86139000{self.number:05d}"
        expert = self.exchange.expert(self.desk.carrier, number, character, voice=self.expert_voice)
        expert.clip, expert.brief_seconds, expert.ring_seconds = pausing(self.expert_voice), 0.5, 0.1
        self.exchange.order(
            self.call_id,
            "try_expert",
            transfer_id=self.transfer_id,
            try_id=f"try{self.number}",
            expert_id="e1",
            number_enc=self.exchange.secrecy.seal(number, "experts.phone:e1"),
            trunk="demo",
            brief={"category": "0201", "waited": 5},
        )
        return expert

    async def try_colleague(self) -> SimPhone:
        phone = await self.desk.phone(COLLEAGUES, COLLEAGUE)
        ids = {"transfer_id": self.transfer_id, "try_id": f"col{self.number}"}
        self.exchange.order(self.call_id, "try_agent", **ids, agent_id="a8002", uri=self.colleague_uri)
        return phone

    @property
    def colleague_uri(self) -> str:
        return f"sip:{COLLEAGUES}@{self.exchange.settings.sip.domain}"

    def try_hotline(self, character: Character = "voicemail") -> SimExpert:
        short = str(12000 + self.number)
        party = self.desk.carrier.add_hotline(short, character, voice=self.expert_voice)
        party.clip, party.ring_seconds = pausing(self.expert_voice), 0.1
        self.exchange.redis.sadd(keys.EXTERNAL_NUMBERS, short)
        sealed = self.exchange.secrecy.seal(short, f"external_hotlines.number:hl_{short}")
        ids = {"transfer_id": self.transfer_id, "try_id": f"try{self.number}", "party_id": f"hl_{short}"}
        self.exchange.order(self.call_id, "try_party", **ids, number_enc=sealed, trunk="demo")
        return party

    async def fact(self, name: str, **data: object) -> None:
        await self.exchange.fact(self.call_id, name, 25, **data)

    # What people hear.

    async def hears(self, who: SimCall | SimCaller, *voices: int, never: tuple[int, ...] = ()) -> None:
        """From now on `who` hears these voices, alone or together, and none of the others."""
        since = time.time() + 0.4
        ear = who.ear
        heard = await ear.until(lambda _: all(ear.sounds(voice, since) for voice in voices), HEAR)
        assert heard, (self.call_id, voices, ear.voices_heard(since))
        assert not any(ear.sounds(voice, since) for voice in never), (self.call_id, never)

    async def music(self) -> None:
        assert await self.caller.hears_prompt(HEAR)

    def expert_call(self, expert: SimExpert) -> SimCall:
        assert expert.talking is not None
        return expert.talking

    async def end(self) -> None:
        """The caller hangs up; the record is whole and every recording has the right voices."""
        self.caller.hang_up()
        await self.fact("call_ended")
        await asyncio.sleep(0.3)
        facts = self.exchange.journal(self.call_id)
        assert check_call(facts, time.time()) == []
        quiet = self.caller.ear.longest_quiet(self.caller.ear.first_at)
        assert quiet < 2.5, f"the caller heard nothing for {quiet} s"
        voices = {"a8001": AGENT, "a8002": COLLEAGUE}
        roles = {fact.data["talk_id"]: str(fact.data["role"]) for fact in facts if fact.name == "side_talk_started"}
        for fact in facts:
            if fact.name != "recording_started":
                continue
            role = roles.get(fact.data["talk_id"], "main")
            stem = self.exchange.settings.capture_dir / fact.data["recording_id"]
            left, right = heard_in(Path(f"{stem}.caller.wav")), heard_in(Path(f"{stem}.peer.wav"))
            person = voices.get(str(fact.data["person_id"]), self.expert_voice)
            assert person // 10 in right, (role, right)
            if role == "consult":
                assert left == set(), "the caller's channel is silent in a consultation"
                assert AGENT // 10 in right
                assert self.voice // 10 not in right
            else:
                assert left <= {self.voice // 10}
                assert right == {person // 10}


def heard_in(path: Path) -> set[int]:
    """The rows of voices (`voice // 10`: the lower tone) that sound in the file for at least 0.3 s, alone or with others."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    windows = samples[: len(samples) // tones.WINDOW * tones.WINDOW].reshape(-1, tones.WINDOW).astype(np.float64)
    if not len(windows):
        return set()
    amplitude = 2 * np.abs(np.fft.rfft(windows, axis=1)) / tones.WINDOW  # bins of 10 Hz
    loud = (amplitude[:, [low // 10 for low in tones.LOWS]] > tones.LEVEL / 4).sum(axis=0)
    return {row for row in range(len(tones.LOWS)) if loud[row] >= 3}


async def consult(scene: Scene) -> SimCall:
    """Agent and expert talk privately; the caller hears music."""
    await scene.talk()
    scene.start("attended")
    expert = scene.try_expert()
    await scene.fact("transfer_moved", stage="consult")
    call = scene.expert_call(expert)
    await scene.hears(call, AGENT, never=(scene.voice,))
    await scene.hears(scene.agent, scene.expert_voice, never=(scene.voice,))
    await scene.music()
    return call


async def attended_complete(scene: Scene) -> None:
    expert = await consult(scene)
    scene.order("complete_transfer")
    await scene.fact("transfer_ended", outcome="connected")
    await scene.hears(scene.caller, scene.expert_voice)
    await scene.hears(expert, scene.voice, never=(AGENT,))
    assert await scene.agent.ended(5)
    await scene.end()


async def attended_cancel(scene: Scene) -> None:
    expert = await consult(scene)
    scene.order("cancel_transfer")
    await scene.fact("transfer_ended", outcome="cancelled")
    assert await expert.ended(5)
    await scene.hears(scene.caller, AGENT)
    await scene.end()


async def attended_toggle(scene: Scene) -> None:
    expert = await consult(scene)
    scene.order("toggle_transfer")
    await scene.fact("transfer_moved", stage="aside")
    await scene.hears(scene.caller, AGENT, never=(scene.expert_voice,))
    assert not expert.ear.voices_heard(time.time() - 0.5)
    scene.order("toggle_transfer")
    await scene.hears(expert, AGENT, never=(scene.voice,))
    await scene.hears(scene.agent, scene.expert_voice)
    scene.order("conference")
    await scene.hears(scene.caller, AGENT, scene.expert_voice)
    scene.order("drop_party")
    await scene.fact("transfer_ended", outcome="conferred")
    assert await expert.ended(5)
    await scene.hears(scene.caller, AGENT)
    await scene.end()


async def expert_hangs_up_in_consult(scene: Scene) -> None:
    expert = await consult(scene)
    expert.hang_up()
    await scene.fact("transfer_ended", outcome="returned")
    await scene.hears(scene.caller, AGENT)
    await scene.end()


async def agent_hangs_up_in_consult(scene: Scene) -> None:
    expert = await consult(scene)
    scene.agent.hang_up()
    await scene.fact("transfer_ended", outcome="connected")
    await scene.hears(scene.caller, scene.expert_voice)
    await scene.hears(expert, scene.voice)
    await scene.end()


async def caller_hangs_up_in_consult(scene: Scene) -> None:
    expert = await consult(scene)
    await scene.end()
    assert await expert.ended(3)
    assert await scene.agent.ended(3)


async def three_way_agent_leaves(scene: Scene) -> None:
    await scene.talk()
    scene.start("three_way")
    expert = scene.try_expert()
    await scene.hears(scene.caller, AGENT)  # nobody waits while the expert's phone rings
    await scene.fact("transfer_moved", stage="three")
    call = scene.expert_call(expert)
    await asyncio.gather(
        scene.hears(scene.caller, AGENT, scene.expert_voice),
        scene.hears(call, AGENT, scene.voice),
        scene.hears(scene.agent, scene.voice, scene.expert_voice),
    )
    scene.order("complete_transfer")
    await scene.fact("transfer_ended", outcome="connected")
    assert await scene.agent.ended(5)
    await scene.hears(call, scene.voice, never=(AGENT,))
    await scene.hears(scene.caller, scene.expert_voice, never=(AGENT,))
    await scene.end()


async def caller_hangs_up_in_conference(scene: Scene) -> None:
    await scene.talk()
    scene.start("three_way")
    expert = scene.try_expert()
    await scene.fact("transfer_moved", stage="three")
    call = scene.expert_call(expert)
    await scene.hears(call, AGENT, scene.voice)
    await scene.hears(scene.caller, AGENT, scene.expert_voice)
    await scene.end()
    assert await call.ended(3)
    assert await scene.agent.ended(3)


async def blind_connected(scene: Scene) -> None:
    await scene.talk()
    scene.start("blind")
    assert await scene.agent.ended(5)
    expert = scene.try_expert()
    await scene.fact("transfer_ended", outcome="connected")
    await scene.hears(scene.caller, scene.expert_voice)
    await scene.hears(scene.expert_call(expert), scene.voice)
    await scene.end()


def blind_fails(character: Character, outcome: str) -> object:
    async def play(scene: Scene) -> None:
        await scene.talk()
        queued = (await scene.exchange.fact(scene.call_id, "queue_entered")).data["queued_at"]
        scene.start("blind")
        assert await scene.agent.ended(5)
        scene.try_expert(character)
        await scene.fact("expert_tried", outcome=outcome)
        scene.exchange.order(scene.call_id, "give_up_transfer", transfer_id=scene.transfer_id)
        again = await scene.exchange.fact(scene.call_id, "queue_entered", 10, again=True)
        assert (again.data["queued_at"], again.data["wish"]) == (queued, "a8001")
        await scene.music()
        await scene.end()

    play.__name__ = f"blind_{character}"
    return play


def attended_fails(character: Character, outcome: str) -> object:
    async def play(scene: Scene) -> None:
        await scene.talk()
        scene.start("attended")
        scene.try_expert(character)
        await scene.fact("expert_tried", outcome=outcome)
        scene.exchange.order(scene.call_id, "give_up_transfer", transfer_id=scene.transfer_id)
        await scene.fact("transfer_ended", outcome="returned")
        await scene.hears(scene.caller, AGENT)
        await scene.end()

    play.__name__ = f"attended_{character}"
    return play


async def colleague_takes_over(scene: Scene) -> None:
    await scene.talk()
    scene.start("attended", "agent")
    phone = await scene.try_colleague()
    await scene.fact("transfer_moved", stage="consult")
    colleague = phone.calls[-1].call
    await scene.hears(colleague, AGENT, never=(scene.voice,))
    scene.order("complete_transfer")
    await scene.fact("agent_connected", agent_id="a8002")
    await scene.hears(scene.caller, COLLEAGUE)
    await scene.hears(colleague, scene.voice, never=(AGENT,))
    scene.exchange.order(scene.call_id, "hold", agent_id="a8002")
    await scene.fact("hold_reminded", agent_id="a8002")
    scene.exchange.order(scene.call_id, "unhold", agent_id="a8002")
    await scene.hears(scene.caller, COLLEAGUE)
    await scene.end()


async def colleague_gone_from_the_line(scene: Scene) -> None:
    """The colleague who was dialled has no phone: the caller stays with the first agent."""
    await scene.talk()
    scene.start("three_way", "agent")
    uri = f"sip:8999@{scene.exchange.settings.sip.domain}"
    ids = {"transfer_id": scene.transfer_id, "try_id": f"col{scene.number}"}
    scene.exchange.order(scene.call_id, "try_agent", **ids, agent_id="a8999", uri=uri)
    await scene.fact("third_tried", person_id="a8999")
    scene.exchange.order(scene.call_id, "give_up_transfer", transfer_id=scene.transfer_id)
    await scene.fact("transfer_ended", outcome="returned")
    await scene.hears(scene.caller, AGENT)
    await scene.end()


async def blind_to_a_colleague(scene: Scene) -> None:
    """Back in the queue with a wish, at the old place; whoever is offered the caller is dialled as always."""
    await scene.talk()
    scene.start("blind", "agent", wish="a8002")
    assert await scene.agent.ended(5)
    await scene.fact("queue_entered", again=True, wish="a8002")
    await scene.desk.phone(COLLEAGUES, COLLEAGUE)
    scene.exchange.order(
        scene.call_id, "connect_agent", offer_id=f"off{scene.number}b", agent_id="a8002", uri=scene.colleague_uri
    )
    await scene.fact("agent_connected", agent_id="a8002")
    await scene.hears(scene.caller, COLLEAGUE)
    await scene.end()


async def hotline_three_way(scene: Scene) -> None:
    await scene.talk()
    scene.start("three_way", "hotline")
    party = scene.try_hotline()
    await scene.fact("transfer_moved", stage="three")
    call = scene.expert_call(party)
    await scene.hears(scene.caller, AGENT, scene.expert_voice)
    await scene.hears(call, AGENT, scene.voice)
    scene.order("complete_transfer")
    await scene.fact("party_connected")
    await scene.hears(call, scene.voice, never=(AGENT,))
    await scene.hears(scene.caller, scene.expert_voice, never=(AGENT,))
    call.hang_up()
    await scene.fact("rating_offered", person_kind="agent")
    await scene.end()


def hotline_fails(character: Character, outcome: str) -> object:
    async def play(scene: Scene) -> None:
        await scene.talk()
        scene.start("three_way", "hotline")
        scene.try_hotline(character)
        await scene.hears(scene.caller, AGENT)
        await scene.fact("third_tried", outcome=outcome)
        scene.exchange.order(scene.call_id, "give_up_transfer", transfer_id=scene.transfer_id)
        await scene.fact("transfer_ended", outcome="returned")
        await scene.hears(scene.caller, AGENT)
        await scene.end()

    play.__name__ = f"hotline_{character}"
    return play


async def caller_hangs_up_while_searching(scene: Scene) -> None:
    await scene.talk()
    scene.start("blind")
    expert = scene.try_expert("no_answer")
    await scene.fact("expert_ringing")
    await scene.end()
    assert await expert.visits[-1].call.ended(3)


GROUPS = {
    "attended": (attended_complete, attended_cancel, attended_toggle, expert_hangs_up_in_consult, agent_hangs_up_in_consult),
    "three_way": (caller_hangs_up_in_consult, three_way_agent_leaves, caller_hangs_up_in_conference, hotline_three_way),
    "blind": (
        blind_connected,
        blind_fails("busy", "busy"),
        blind_fails("refuses", "refused"),
        caller_hangs_up_while_searching,
        blind_to_a_colleague,
    ),
    "failures": (
        attended_fails("voicemail", "no_key"),
        attended_fails("no_answer", "no_answer"),
        hotline_fails("busy", "busy"),
        colleague_takes_over,
        colleague_gone_from_the_line,
    ),
}


@pytest.mark.parametrize("group", list(GROUPS))
async def test_scenarios(desk: Desk, group: str) -> None:
    plays = GROUPS[group]
    base = 10 * (list(GROUPS).index(group) + 1)
    scenes = [Scene(desk, base - 10 + number) for number in range(len(plays))]
    results = await asyncio.gather(*(play(scene) for play, scene in zip(plays, scenes, strict=True)), return_exceptions=True)
    failed = [f"{play.__name__}: {result!r}" for play, result in zip(plays, results, strict=True) if result is not None]
    assert not failed, "\n".join(failed)
