"""A person whom the hotline calls: what he does with the call is his character."""

from __future__ import annotations

import time
from typing import Literal

from hotline.simulate import clips
from hotline.simulate.call import SimCall
from hotline.simulate.sip_agent import SipAgent
from hotline.simulate.sip_leg import SipLeg

Character = Literal["answers", "no_answer", "busy", "declines", "hangs_up", "rates", "asks_human"]

LISTEN_SECONDS = 6.0
"""How long somebody listens to a notice and a question before the first key."""
AGAIN_SECONDS = 6.0
MOST_PRESSES = 4


class SimCallee:
    """`answers` talks, `no_answer` lets it ring, `busy` is 486, `declines` is 603, `hangs_up` at once, `rates` presses `key`,
    `asks_human` presses 0. `record`: keep what is heard. `calls` are the calls that came, `rejected` those that were not even
    rung."""

    def __init__(
        self, number: str, character: Character = "answers", *, voice: int = 20, key: str = "1", record: bool = False
    ) -> None:
        self.number = number
        self.character: Character = character
        self.voice = voice
        self.key = key
        self.ring_seconds = 0.5
        self.calls: list[SimCall] = []
        self.at: list[float] = []
        self.rejected = 0
        self.clip = clips.voice(voice)
        self._record = record

    @property
    def visits(self) -> int:
        """How often this number was called."""
        return len(self.calls) + self.rejected

    @property
    def talking(self) -> SimCall | None:
        return next((call for call in reversed(self.calls) if call.is_up), None)

    async def invited(self, agent: SipAgent, leg: SipLeg) -> None:
        """An INVITE to this number came."""
        self.at.append(time.time())
        if self.character in ("busy", "declines") or self.talking is not None:
            self.rejected += 1
            leg.reject(603 if self.character == "declines" else 486)
            return
        call = SimCall(agent, voice=self.clip, record=self._record)
        call.take(leg)
        leg.ring()
        self.calls.append(call)
        if self.character == "no_answer" or await leg.ended(self.ring_seconds) or not call.answer():
            return
        if self.character == "hangs_up":
            call.hang_up()
        elif self.character in ("rates", "asks_human") and not await leg.ended(LISTEN_SECONDS):
            await self._press(call, "0" if self.character == "asks_human" else self.key)

    async def _press(self, call: SimCall, key: str) -> None:
        """Again while nothing comes of it: what people do."""
        for _ in range(MOST_PRESSES):
            await call.press(key)
            if key == "0":
                return
            if await call.ended(AGAIN_SECONDS):
                return
