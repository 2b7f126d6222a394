"""A caller who calls again and again, and is called back now and then."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from typing import Final

from hotline import logs
from hotline.core.phones import mask
from hotline.simulate import clips
from hotline.simulate.call import SimCall
from hotline.simulate.sip_agent import SipAgent, SipTimeout
from hotline.simulate.sip_leg import SipLeg
from hotline.simulate.storm import plans
from hotline.simulate.storm.scene import Scene, Seen

log = logs.get("hotline.simulate.storm")

ANSWER_SECONDS: Final = 12.0
CALL_SECONDS: Final = 420.0
"""The longest a caller stays on the line."""
TALKING: Final = ("agent_talk", "hold", "transfer", "conference", "expert_talk", "party_talk")
SETTLED: Final = 2.0
"""A stream without packets for so long has ended."""


class Caller:
    """One person with one telephone: `live()` until the storm is over."""

    def __init__(self, scene: Scene, index: int, number: str, voice: int) -> None:
        self.scene = scene
        self.name = f"caller {index + 1}"
        self.number = number
        self.masked = mask(number)
        self.voice = voice
        self.dice = plans.dice(scene.seed, self.name)
        self.on_phone = False
        self.back: SimCall | None = None

    async def live(self, first_after: float) -> None:
        """Call, rest, call again."""
        await self._pause(first_after)
        while not self.scene.closing.is_set():
            plan = plans.visit(self.dice)
            if self.back is not None and self.back.is_up:
                await self.back.ended(60.0)
            self.on_phone = True
            try:
                await self._call(plan)
            except (SipTimeout, OSError, ValueError) as exc:
                self.scene.trouble(f"{self.name} ({plan.kind}): {type(exc).__name__}: {exc}")
            finally:
                self.on_phone = False
            await self._pause(plan.rests)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.scene.closing.wait()

    # ── one call ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _call(self, plan: plans.Visit) -> None:
        carrier = self.scene.carrier
        clip = clips.silence() if plan.kind == "silent" else None
        caller = carrier.caller(self.number, voice=self.voice, clip=clip, dtmf=plan.dtmf, codecs=plan.codecs)
        call = carrier.start_call(caller)
        seen = Seen(self.name, self.masked, self.voice, plan, call, time.time())
        self.scene.seen.append(seen)
        call.stream.muted = plan.kind == "mute"
        call.stream.loss = 0.03 if plan.kind == "lossy" else 0.0
        if plan.kind == "cancels":
            await asyncio.sleep(plan.leaves_after)
            self._hang_up(seen)
        seen.status = await call.leg.answered(ANSWER_SECONDS)
        if seen.status != 200:
            await self._refused(seen)
            return
        script = asyncio.ensure_future(self._script(seen, plan))
        over = asyncio.ensure_future(call.ended(CALL_SECONDS))
        await asyncio.wait({script, over}, return_when=asyncio.FIRST_COMPLETED)
        if not over.done() and (failed := script.exception()) is not None and not await call.ended(2.0):
            seen.troubles.append(f"the caller could not go on: {type(failed).__name__}: {failed}")
            self._hang_up(seen)
        await over
        script.cancel()
        await asyncio.gather(script, return_exceptions=True)
        if call.leg.end is None and not seen.vanished_at:
            seen.troubles.append(f"the call was not over after {CALL_SECONDS:g} s")
            self._hang_up(seen)

    async def _refused(self, seen: Seen) -> None:
        leg = seen.call.leg
        if seen.status == 0:
            self._hang_up(seen)
            await leg.ended(40.0)
        elif seen.status == 503 and leg.response is not None:
            told = leg.response.get("Retry-After").partition(";")[0].strip()
            await self._pause(min(15.0, float(told)) if told.isdigit() else 1.0)

    def _hang_up(self, seen: Seen) -> None:
        if seen.call.leg.end is None:
            seen.hung_up_at = time.time()
            seen.call.hang_up()

    async def _script(self, seen: Seen, plan: plans.Visit) -> None:
        """Everything this caller does by himself; cancelled when the call is over."""
        if plan.kind == "cancels":
            return
        if plan.kind == "leaves_notice":
            await self._leave(seen, plan.leaves_after)
            return
        leaving = asyncio.ensure_future(self._leave(seen, plan.leaves_after)) if plan.kind == "leaves_anywhere" else None
        try:
            await self._menu(seen, plan)
            if plan.kind in ("leaves_menu", "leaves_queue"):
                if plan.kind == "leaves_queue":
                    await self.scene.until_phase(seen, "queue", "agent_ringing", timeout=15.0)
                await self._leave(seen, plan.leaves_after)
                return
            await self._wait_and_talk(seen, plan)
        finally:
            if leaving is not None:
                leaving.cancel()

    async def _leave(self, seen: Seen, after: float) -> None:
        await asyncio.sleep(after)
        self._hang_up(seen)

    async def _menu(self, seen: Seen, plan: plans.Visit) -> None:
        ahead = plan.key == "0" and plan.dtmf == "rfc4733"
        await asyncio.sleep(1.0 if ahead else self.scene.menu_seconds + 1.5)
        if plan.key and plan.kind not in ("leaves_menu", "mute"):
            await seen.call.press(plan.key)

    async def _wait_and_talk(self, seen: Seen, plan: plans.Visit) -> None:
        tasks = [asyncio.ensure_future(self._rate(seen, plan))]
        if plan.wants_callback and plan.kind != "mute":
            tasks.append(asyncio.ensure_future(self._keep_place(seen)))
        if plan.kind in ("leaves_talk", "vanishes", "holds", "lossy"):
            tasks.append(asyncio.ensure_future(self._in_talk(seen, plan)))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _keep_place(self, seen: Seen) -> None:
        """Presses 1 a few seconds after the hotline has offered to call back."""
        rules = self.scene.settings.queue
        if not rules.callback_after_seconds or not await self.scene.until_phase(seen, "queue", timeout=30.0):
            return
        await asyncio.sleep(rules.callback_after_seconds + 4.0)
        if self.scene.on_board(seen).get("phase") == "queue":
            await seen.call.press("1")

    async def _in_talk(self, seen: Seen, plan: plans.Visit) -> None:
        if not await self.scene.until_phase(seen, *TALKING, timeout=CALL_SECONDS):
            return
        await asyncio.sleep(plan.leaves_after)
        if plan.kind == "leaves_talk":
            self._hang_up(seen)
        elif plan.kind == "vanishes":
            await self._vanish(seen)
        elif plan.kind == "holds":
            began = time.time()
            if await seen.call.hold():
                await asyncio.sleep(3.0)
            await seen.call.resume()
            seen.held.append((began, time.time()))
        else:
            seen.call.stream.new_ssrc()

    async def _vanish(self, seen: Seen) -> None:
        """No packets any more, and no word: a telephone without power. The hotline must notice by itself."""
        call, limits = seen.call, self.scene.settings.limits
        seen.vanished_at = time.time()
        call.stream.muted = True
        call.agent.remove_leg(call.leg)
        deadline = time.time() + limits.rtp_silence_seconds + 20.0
        while time.time() - call.ear.last_at < SETTLED:
            if time.time() > deadline:
                seen.troubles.append("packets still came to a telephone that had been gone for so long")
                break
            await asyncio.sleep(0.5)
        call.leg.lose()

    async def _rate(self, seen: Seen, plan: plans.Visit) -> None:
        if not await self.scene.until_phase(seen, "rating", timeout=CALL_SECONDS):
            return
        await asyncio.sleep(self.dice.uniform(0.3, 2.5))
        if plan.rating == "leaves":
            self._hang_up(seen)
        elif plan.rating in ("rates", "wrong_first"):
            if plan.rating == "wrong_first":
                await seen.call.press("9")
                await asyncio.sleep(1.5)
            if self.scene.on_board(seen).get("phase") == "rating":
                await seen.call.press(plan.score)
                seen.rating_keys = plan.score

    # ── being called back ─────────────────────────────────────────────────────────────────────────────────────────

    async def invited(self, agent: SipAgent, leg: SipLeg) -> None:
        """The hotline calls."""
        dice: random.Random = plans.dice(self.scene.seed, self.name, "back", len(self.scene.seen))
        character = plans.pick(dice, plans.CALLED_BACK)
        if self.on_phone or character in ("busy", "declines"):
            leg.reject(603 if character == "declines" else 486)
            return
        call = self.back = SimCall(agent, voice=clips.voice(self.voice))
        call.take(leg)
        leg.ring()
        if character == "no_answer" or await leg.ended(dice.uniform(0.3, 2.0)) or not call.answer():
            return
        seen = Seen(self.name, self.masked, self.voice, None, call, time.time(), back=True, status=200)
        self.scene.seen.append(seen)
        stays = 0.2 if character == "hangs_up" else dice.uniform(6.0, 20.0)
        if not await call.ended(stays):
            self._hang_up(seen)
