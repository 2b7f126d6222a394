"""A caller behind the carrier: dials, listens, presses keys, talks, hangs up."""

from __future__ import annotations

import time
from collections.abc import Sequence

from hotline.core.phones import mask
from hotline.simulate import clips, tones
from hotline.simulate.call import DtmfMethod, SimCall
from hotline.simulate.clips import Clip
from hotline.simulate.ear import Ear
from hotline.simulate.sip_agent import SipAgent


class SimCaller:
    """One caller, good for one call at a time.

        caller = SimCaller(agent, "13800001234", voice=21)
        status = await caller.dial("sip:12348@127.0.0.1:5060")
        assert await caller.hears(agent_voice, timeout=20)
        await caller.press("5")
        caller.hang_up()

    `voice` is the number of the pair of tones it speaks with; `clip` says something else instead.
    """

    def __init__(
        self,
        agent: SipAgent,
        number: str,
        *,
        voice: int = 20,
        clip: Clip | None = None,
        dtmf: DtmfMethod = "rfc4733",
        codecs: Sequence[str] = ("pcma", "pcmu"),
        record: bool = False,
    ) -> None:
        self.agent = agent
        self.number = number
        self.voice = voice
        self.dtmf: DtmfMethod = dtmf
        self.call: SimCall
        self.dialled_at = 0.0
        self._clip = clip or clips.voice(voice)
        self._codecs = codecs
        self._record = record

    @property
    def masked(self) -> str:
        """The number as the hotline shows it."""
        return mask(self.number)

    def start(
        self, uri: str, *, from_host: str = "", headers: Sequence[tuple[str, str]] = (), late_offer: bool = False
    ) -> SimCall:
        """Send the INVITE and return at once. Raises OSError when no RTP port is free."""
        self.call = SimCall(self.agent, voice=self._clip, codecs=self._codecs, dtmf=self.dtmf, record=self._record)
        self.dialled_at = time.time()
        from_header = f"<sip:{self.number}@{from_host or self.agent.contact_host}>"
        self.call.call(uri, from_header=from_header, headers=headers, late_offer=late_offer)
        return self.call

    async def dial(self, uri: str, *, timeout: float = 10.0, headers: Sequence[tuple[str, str]] = ()) -> int:
        """Call, and wait for the final answer: its status, 0 when there was none within `timeout` seconds."""
        return await self.start(uri, headers=headers).leg.answered(timeout)

    @property
    def ear(self) -> Ear:
        return self.call.ear

    @property
    def answered_after(self) -> float:
        """Seconds from INVITE to 200; -1 when there was no 200."""
        times = self.call.leg.times
        return times["answered"] - times["invited"] if "answered" in times else -1.0

    async def hears(self, voice: int, timeout: float) -> bool:
        """Wait for 0.3 s of a voice."""
        return await self.call.hears(voice, timeout)

    async def hears_prompt(self, timeout: float, seconds: float = 1.0) -> bool:
        """Wait for `seconds` of sound that is nobody's voice: a prompt, or music."""
        windows = max(1, round(seconds * tones.RATE / tones.WINDOW))
        return await self.ear.until(lambda ear: ear.hears_other_sound(windows), timeout)

    async def press(self, keys: str) -> None:
        """Press keys by this caller's method."""
        await self.call.press(keys)

    def hang_up(self) -> None:
        self.call.hang_up()

    async def ended(self, timeout: float) -> bool:
        """Wait until the call is over; False after `timeout` seconds."""
        return await self.call.ended(timeout)

    async def after_answer(self, seconds: float) -> bool:
        """Wait until `seconds` after the answer; False when the call ended before (nobody to wait for)."""
        due = self.call.leg.times.get("answered", time.time()) + seconds - time.time()
        return due <= 0 or not await self.call.ended(due)
