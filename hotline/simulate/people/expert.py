"""An expert on a plain telephone: what he does with a call is his character, fixed by his number."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Literal

from hotline.simulate import clips
from hotline.simulate.call import DtmfMethod, SimCall
from hotline.simulate.clips import Clip
from hotline.simulate.sip_agent import SipAgent
from hotline.simulate.sip_leg import SipLeg

Character = Literal["accepts", "refuses", "busy", "no_answer", "voicemail"]

BRIEF_SECONDS = 2.5
"""How long an expert listens to the brief before the first key."""
AGAIN_SECONDS = 4.0
"""Key 1 is pressed again this long after, while nothing has changed: what people do."""
MOST_PRESSES = 4


@dataclass(slots=True)
class Visit:
    """One INVITE to an expert."""

    number: str
    at: float
    call: SimCall


class SimExpert:
    """One expert. `accepts` presses 1, `refuses` presses 2, `busy` is 486, `no_answer` rings, `voicemail` answers and
    presses nothing. `visits` are the calls that came."""

    def __init__(self, number: str, character: Character = "accepts", *, voice: int = 10, clip: Clip | None = None) -> None:
        self.number = number
        self.character: Character = character
        self.voice = voice
        self.ring_seconds = 0.3
        self.reason = ""
        """Key that says why he refuses; none: he hangs up when asked."""
        self.brief_seconds = BRIEF_SECONDS
        self.talk_seconds = 0.0
        """After so long a talk (a voicemail: so long a message) the expert hangs up; 0: he never does by himself."""
        self.dtmf: DtmfMethod = "rfc4733"
        """How the telephone sends keys; `inband`: as audible tones only."""
        self.many_lines = False
        """Takes several calls at once, as another hotline does."""
        self.visits: list[Visit] = []
        self.rejected = 0
        self.clip = clip or clips.voice(voice)

    @property
    def talking(self) -> SimCall | None:
        """The call that is up, if there is one."""
        return next((visit.call for visit in reversed(self.visits) if visit.call.is_up), None)

    async def invited(self, agent: SipAgent, leg: SipLeg) -> None:
        """An INVITE to this number came."""
        if self.character == "busy" or (self.talking is not None and not self.many_lines):
            self.rejected += 1
            leg.reject(486)
            return
        call = SimCall(agent, voice=self.clip, dtmf=self.dtmf)
        call.take(leg)
        leg.ring()
        del self.visits[:-20]
        self.visits.append(Visit(self.number, time.time(), call))
        if self.character == "no_answer":
            return
        if await leg.ended(self.ring_seconds) or not call.answer():
            return
        if self.character == "voicemail":
            if self.talk_seconds and not await leg.ended(self.talk_seconds):
                call.hang_up()
            return
        if await leg.ended(self.brief_seconds):
            return
        if self.character == "refuses":
            await self._refuse(call, leg)
            return
        for _ in range(MOST_PRESSES):
            await call.press("1")
            if await self._understood(call):
                break
        if self.talk_seconds and not await leg.ended(self.talk_seconds):
            call.hang_up()

    async def _refuse(self, call: SimCall, leg: SipLeg) -> None:
        """2, then the reason if he gives one; else he hangs up on the question."""
        await call.press("2")
        if await leg.ended(AGAIN_SECONDS):
            return
        if self.reason:
            await call.press(self.reason)
            if await leg.ended(AGAIN_SECONDS):
                return
        call.hang_up()

    async def _understood(self, call: SimCall) -> bool:
        """Whether within `AGAIN_SECONDS` a caller's voice is heard (bridged) or the call is over (another was quicker)."""
        bridged = asyncio.ensure_future(call.ear.until(lambda ear: ear.hears_somebody(), AGAIN_SECONDS))
        over = asyncio.ensure_future(call.ended(AGAIN_SECONDS))
        done, waiting = await asyncio.wait({bridged, over}, return_when=asyncio.FIRST_COMPLETED)
        if not any(task.result() for task in done) and waiting:
            done, waiting = await asyncio.wait(waiting)
        for task in waiting:
            task.cancel()
        return any(task.result() for task in done)
