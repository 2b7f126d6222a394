"""A leg with sound: the SIP dialog and its RTP stream, joined by offer and answer.

`SimCall` is what a simulated person holds in the hand: `hears`, `press`, `hold`, `hang_up`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from hotline.simulate import sdp
from hotline.simulate.clips import Clip
from hotline.simulate.ear import Ear
from hotline.simulate.rtp import OWN_EVENTS, RtpStream
from hotline.simulate.sip_agent import SipAgent
from hotline.simulate.sip_leg import SipLeg

DtmfMethod = Literal["rfc4733", "info_relay", "info_plain", "inband"]
"""How keys are sent; `inband` also leaves telephone-event out of the description, as such carriers do."""


class SimCall:
    """One leg with sound. `ear` is what is heard, `leg` the dialog; both can be asked after the end."""

    def __init__(
        self,
        agent: SipAgent,
        *,
        voice: Clip | None = None,
        codecs: Sequence[str] = ("pcma", "pcmu"),
        dtmf: DtmfMethod = "rfc4733",
        rtp_ports: Iterable[int] | None = None,
        record: bool = False,
    ) -> None:
        self.agent = agent
        self.dtmf = dtmf
        self.stream = RtpStream(host=agent.host, ports=rtp_ports, record=record)
        self.leg: SipLeg
        self.held_by_other = False
        self.presses: list[str] = []
        self._voice = voice
        self._version = random.randrange(1, 100_000)
        self._own = sdp.offer(agent.host, self.stream.port, tuple(codecs), None if dtmf == "inband" else OWN_EVENTS)
        if voice is not None:
            self.stream.play(voice)

    # ── getting connected ─────────────────────────────────────────────────────────────────────────────────────────

    def call(
        self,
        uri: str,
        *,
        from_header: str = "",
        headers: Sequence[tuple[str, str]] = (),
        call_id: str = "",
        late_offer: bool = False,
    ) -> SipLeg:
        """Send the INVITE; wait with `leg.answered`."""
        body = b"" if late_offer else self._describe(self._own)
        self.leg = self.agent.invite(uri, from_header=from_header, sdp=body, headers=headers, call_id=call_id)
        self._hook()
        return self.leg

    def take(self, leg: SipLeg) -> None:
        """Get ready to answer an incoming leg."""
        self.leg = leg
        self._hook()

    def answer(self) -> bool:
        """Send 200 (or 488 when there is no codec in common, then False)."""
        if not self.leg.request.body:
            self.leg.answer(self._describe(self._own))  # late offer: ours is in the 200
            return self.leg.up
        body = self._answer_to(self.leg.request.body)
        if body is None:
            self.leg.reject(488)
            self.stream.close()
            return False
        self.leg.answer(body)
        return self.leg.up

    def _hook(self) -> None:
        self.leg.on_remote_sdp = self._described
        self.leg.make_answer = self._answer_to
        self.leg.make_offer = lambda: self._describe(self._own)
        self._closing = asyncio.ensure_future(self._close_after_end())

    async def _close_after_end(self) -> None:
        await self.leg.ended(86_400)
        self.stream.close()

    # ── descriptions ──────────────────────────────────────────────────────────────────────────────────────────────

    def _describe(self, own: sdp.Sdp) -> bytes:
        self._version += 1
        return own.to_bytes(self._version)

    def _described(self, body: bytes) -> None:
        """An answer to our offer: send as it says."""
        try:
            self._aim(sdp.parse(body))
        except sdp.SdpError:
            self.agent.counts["bad_sdp"] += 1

    def _answer_to(self, body: bytes) -> bytes | None:
        try:
            offered = sdp.parse(body)
        except sdp.SdpError:
            return None
        answered = sdp.answer(offered, self._own)
        if answered is None:
            return None
        self._aim(replace(offered, codecs=answered.codecs))
        return self._describe(answered)

    def _aim(self, theirs: sdp.Sdp) -> None:
        usable = [(number, name) for number, name in theirs.codecs if name in {n for _, n in self._own.codecs}]
        if not usable:
            return
        self.held_by_other = theirs.held
        silent = theirs.held or theirs.port == 0 or self._own.direction in ("recvonly", "inactive")
        remote = None if silent else (theirs.host, theirs.port)
        self.stream.aim(remote, usable[0][1], usable[0][0], theirs.events if self._own.events is not None else None)

    # ── while it is up ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def ear(self) -> Ear:
        return self.stream.ear

    @property
    def is_up(self) -> bool:
        return self.leg.up

    def say(self, clip: Clip) -> None:
        """Change what is said."""
        self.stream.play(clip)

    async def hears(self, voice: int, timeout: float) -> bool:
        """Wait until this voice is heard (0.3 s of it)."""
        return await self.ear.until_hears(voice, timeout)

    async def press(self, keys: str) -> None:
        """Press keys by this person's method. Raises ValueError for unknown keys."""
        self.presses.append(keys)
        if self.dtmf == "rfc4733":
            await self.stream.press_events(keys)
        elif self.dtmf == "inband":
            await self.stream.press_tones(keys)
        else:
            for key in keys:
                relay = self.dtmf == "info_relay"
                body = f"Signal={key}\r\nDuration=160\r\n" if relay else key
                await self.leg.ask("INFO", body.encode(), "application/dtmf-relay" if relay else "application/dtmf")

    async def hold(self) -> bool:
        """Put the other side on hold by re-INVITE (sendonly); whether it agreed."""
        return await self._redirect("sendonly")

    async def resume(self) -> bool:
        """Take it back (sendrecv)."""
        return await self._redirect("sendrecv")

    async def _redirect(self, direction: sdp.Direction) -> bool:
        self._own = replace(self._own, direction=direction)
        for _ in range(3):
            status = await self.leg.reinvite(self._describe(self._own))
            if status != 491:
                return status == 200
            # RFC 3261 14.1: whoever made the Call-ID waits 2.1–4 s, the other 0–2 s
            await asyncio.sleep(random.uniform(2.1, 4.0) if self.leg.outgoing else random.uniform(0.0, 2.0))
        return False

    def hang_up(self) -> None:
        """End it as fits (BYE, CANCEL or 486)."""
        self.leg.hang_up()

    async def ended(self, timeout: float) -> bool:
        """Wait for the end."""
        return await self.leg.ended(timeout)
