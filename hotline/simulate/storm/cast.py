"""Who plays in a storm: experts whose mood changes with every call, agents at as many seats as wanted, the callers."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from hotline.settings import Settings
from hotline.simulate import demo_people
from hotline.simulate.people import CALLER_VOICE_COUNT, CALLER_VOICES, DESK_VOICE_COUNT, DESK_VOICES, EXPERT_VOICES
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.carrier import Numbers, SimCarrier
from hotline.simulate.people.console import Console
from hotline.simulate.people.expert import SimExpert, Visit
from hotline.simulate.people.phone import SimPhone
from hotline.simulate.sip_agent import SipAgent
from hotline.simulate.sip_leg import SipLeg
from hotline.simulate.storm import plans
from hotline.simulate.storm.caller import Caller
from hotline.simulate.storm.scene import Scene
from hotline.store.catalogue import rows
from hotline.store.demo import DEMO_PASSWORD, DEMO_SIP_PASSWORD

HOTLINE_VOICES: Final = 9
"""Other hotlines speak with voices 0 to 8, which no agent of a storm has."""
PARTY_SECONDS: Final = 10.0
"""How long another hotline stays on the line."""
MOST_SEATS: Final = DESK_VOICE_COUNT
MOST_CALLERS: Final = CALLER_VOICE_COUNT


class MoodyExpert(SimExpert):
    """An expert who takes one call, refuses the next, and lets the third ring. Every visit is kept."""

    def __init__(self, number: str, voice: int, dice: random.Random) -> None:
        super().__init__(number, voice=voice)
        self._dice = dice
        self.kept: list[Visit] = []

    async def invited(self, agent: SipAgent, leg: SipLeg) -> None:
        """An INVITE came: whoever talks is busy, else it is a matter of mood."""
        if self.talking is None:
            self.character = plans.pick(self._dice, plans.EXPERTS)
            self.talk_seconds = self._dice.uniform(3.0, 12.0)
            self.reason = self._dice.choice(("", "1", "2"))
        playing = asyncio.ensure_future(super().invited(agent, leg))
        await asyncio.sleep(0)
        self.kept += [visit for visit in self.visits[-1:] if visit not in self.kept[-1:]]
        await playing


def make_carrier(settings: Settings, seed: int) -> SimCarrier:
    """The carrier with moody experts and other hotlines (not started)."""
    trunk = settings.trunks[0]
    carrier = SimCarrier(
        edge=demo_people.edge_address(settings),
        port=settings.demo.carrier_port,
        called=trunk.numbers[0] if trunk.numbers else "12348",
    )
    for index, (_, number, _) in enumerate(demo_people.experts()):
        carrier.add_expert(MoodyExpert(number, EXPERT_VOICES + index, plans.dice(seed, "expert", number)))
    for index, line in enumerate(rows("external_hotlines.csv")):
        carrier.add_hotline(line["number"], "voicemail", voice=index % HOTLINE_VOICES).talk_seconds = PARTY_SECONDS
    return carrier


def make_agent(settings: Settings, index: int) -> SimAgent:
    """The agent of seat `index` (0 is desk1, extension 8001), not started."""
    extension = str(demo_people.FIRST_EXTENSION + index)
    phone = SimPhone(
        extension,
        DEMO_SIP_PASSWORD,
        edge=demo_people.edge_address(settings),
        domain=settings.sip.domain,
        voice=DESK_VOICES + index,
    )
    return SimAgent(Console(demo_people.base_url(settings), f"desk{index + 1}", DEMO_PASSWORD), phone)


def make_callers(scene: Scene, count: int) -> list[Caller]:
    """So many callers, each with a number and a voice of their own, whom the hotline can call back."""
    numbers = Numbers(scene.seed)
    callers = [Caller(scene, index, numbers.next(), CALLER_VOICES + index) for index in range(count)]
    for caller in callers:
        scene.carrier.add_person(caller)
    return callers
