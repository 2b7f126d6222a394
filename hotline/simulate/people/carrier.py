"""The simulated carrier: one UDP port behind which all callers and experts live.

carrier = SimCarrier(edge=("127.0.0.1", 5060), port=5090)
await carrier.start()
carrier.add_expert(SimExpert("13900010001"))
caller = carrier.caller("13812340001", voice=21)
status = await carrier.dial(caller)
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import Protocol, TypeVar

from hotline.core.phones import normalise
from hotline.simulate.call import DtmfMethod, SimCall
from hotline.simulate.clips import Clip
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.expert import Character, SimExpert
from hotline.simulate.sip_agent import SipAgent
from hotline.simulate.sip_leg import SipLeg
from hotline.simulate.sip_transactions import Address, Timers

Someone = TypeVar("Someone", bound="Answering")

MOBILE_PREFIXES = ("138", "139", "136", "137", "135", "150", "151", "152", "157", "158", "159", "182", "183", "187", "188")


class Answering(Protocol):
    """Somebody behind the carrier who can be called."""

    number: str

    async def invited(self, agent: SipAgent, leg: SipLeg) -> None:
        """An INVITE to this number came."""


class SimCarrier:
    """A trunk's far end. INVITEs to numbers nobody has are answered with 404."""

    def __init__(
        self, *, edge: Address, host: str = "127.0.0.1", port: int = 0, called: str = "12348", timers: Timers = Timers()
    ) -> None:
        self.edge = edge
        self.called = called
        self.agent = SipAgent(host=host, port=port, outbound=edge, timers=timers, name="sim-carrier")
        self.agent.on_invite = self._invited
        self.experts: dict[str, SimExpert] = {}
        self.people: dict[str, Answering] = {}
        self.unknown_numbers: Counter[str] = Counter()

    async def start(self) -> None:
        """Open the port. Raises OSError when it is taken."""
        await self.agent.start()

    async def close(self, timeout: float = 2.0) -> None:
        """Hang up what is still up, wait for it `timeout` seconds at most, close the port."""
        legs = self.agent.legs
        for leg in legs:
            leg.hang_up()
        for leg in legs:
            await leg.ended(timeout / max(1, len(legs)))
        await self.agent.close()

    def add_expert(self, expert: SimExpert) -> SimExpert:
        """Let this expert be reachable under his number."""
        self.experts[normalise(expert.number).e164] = expert
        return expert

    def add_person(self, person: Someone) -> Someone:
        """Let this person be reachable under his number."""
        self.people[normalise(person.number).e164] = person
        return person

    def add_hotline(self, number: str, character: Character = "voicemail", *, voice: int = 30) -> SimExpert:
        """Another hotline under its short code: like a voicemail it answers and talks, and presses nothing."""
        self.experts[number] = SimExpert(number, character, voice=voice)
        self.experts[number].many_lines = True
        return self.experts[number]

    def caller(
        self,
        number: str,
        *,
        voice: int = 20,
        clip: Clip | None = None,
        dtmf: DtmfMethod = "rfc4733",
        codecs: Sequence[str] = ("pcma", "pcmu"),
        record: bool = False,
    ) -> SimCaller:
        """A caller behind this carrier."""
        return SimCaller(self.agent, number, voice=voice, clip=clip, dtmf=dtmf, codecs=codecs, record=record)

    @property
    def hotline_uri(self) -> str:
        """What callers dial."""
        return f"sip:{self.called}@{self.edge[0]}:{self.edge[1]}"

    async def dial(self, caller: SimCaller, *, timeout: float = 10.0) -> int:
        """Let a caller dial the hotline; the final status, 0 when none came in time."""
        return await caller.dial(self.hotline_uri, timeout=timeout, headers=self.headers(caller))

    def start_call(self, caller: SimCaller) -> SimCall:
        """Let a caller dial the hotline, without waiting."""
        return caller.start(self.hotline_uri, headers=self.headers(caller))

    def headers(self, caller: SimCaller) -> list[tuple[str, str]]:
        """Headers a carrier puts in by itself."""
        return [("P-Asserted-Identity", f"<sip:{caller.number}@{self.agent.contact_host}>")]

    async def _invited(self, leg: SipLeg) -> None:
        dialled = re.sub(r"[^\d+]", "", leg.called_number)
        number = normalise(dialled).e164 or dialled
        person: Answering | None = self.experts.get(dialled) or self.experts.get(number) or self.people.get(number)
        if person is None:
            self.unknown_numbers[number] += 1
            leg.reject(404)
            return
        await person.invited(self.agent, leg)


class Numbers:
    """Mobile numbers whose masked form (`138****0007`) is unique within a run: prefix and last four digits count up."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._next = self._random.randrange(len(MOBILE_PREFIXES) * 10_000)

    def next(self) -> str:
        """A number not given out before (150 000 of them)."""
        self._next = (self._next + 1) % (len(MOBILE_PREFIXES) * 10_000)
        prefix, last = divmod(self._next, 10_000)
        return f"{MOBILE_PREFIXES[prefix]}{self._random.randrange(10_000):04d}{last:04d}"
