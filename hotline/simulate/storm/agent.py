"""An agent in a storm: takes offers or does not, sometimes together with others, sometimes gone without a word."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any, Final

from hotline.simulate.people.agent import NotInTime, SimAgent
from hotline.simulate.people.console import ApiError, State
from hotline.simulate.people.phone import Behaviour
from hotline.simulate.sip_agent import SipTimeout
from hotline.simulate.sip_digest import DigestError
from hotline.simulate.storm import plans, service
from hotline.simulate.storm.scene import Scene, Served

LOOK_SECONDS: Final = 1.0
STRAY_SECONDS: Final = 4.0
LATE: Final = ("offer.gone",)
"""What an agent who accepts may be told although nothing is wrong."""
PHONES: Final[dict[str, Behaviour]] = {"refuse": "refuse", "busy": "busy", "ring_out": "ring"}


class Clerk:
    """One seat: `work()` until the storm is over."""

    def __init__(self, scene: Scene, agent: SimAgent) -> None:
        self.scene = scene
        self.agent = agent
        self.dice = plans.dice(scene.seed, agent.name)
        self._ignored: set[str] = set()
        self._look = scene.nudge()
        agent.console.on_change = self._changed

    def _changed(self, new: State, gone: list[str]) -> None:
        if any(key.startswith(("offers/", "agents/")) for key in new):
            self._look.set()

    async def work(self) -> None:
        """Serve whoever comes."""
        while not self.scene.over.is_set():
            began = time.time()
            try:
                await self._turn()
            except (ApiError, NotInTime, SipTimeout, DigestError, OSError) as exc:
                self._trouble(f"{type(exc).__name__}: {exc}", began)
                await asyncio.sleep(1.0)

    def _trouble(self, what: str, since: float) -> None:
        if not self.scene.disturbed(since):
            self.scene.trouble(f"{self.agent.name}: {what}")

    async def _turn(self) -> None:
        agent = self.agent
        if agent.console.farewell:
            raise NotInTime(f"the console was sent away: {agent.console.farewell}")
        if agent.state in ("paused", "offline", "wrap_up"):
            await agent.free()
        if agent.state == "on_call" and (talking := agent.phone.talking) is not None:
            # The answer to an accept was lost with routing, the call came all the same: talk, and hang up.
            await talking.ended(STRAY_SECONDS)
            talking.hang_up()
            await agent.until_state("wrap_up", "available", "paused", "offline", timeout=20.0)
            return
        offer = self._offer() if agent.state == "available" else None
        if offer is None:
            self._look.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._look.wait()
            return
        await self._meet(offer)

    def _offer(self) -> dict[str, Any] | None:
        """The oldest offer on this console that is not being ignored."""
        mine = [
            entity
            for key, entity in self.agent.console.state.items()
            if key.startswith("offers/") and self.agent.agent_id in (entity.get("agent_ids") or ())
        ]
        mine = [entity for entity in mine if entity["offer_id"] not in self._ignored]
        return min(mine, key=lambda entity: float(entity.get("made_at") or 0), default=None)

    # ── an offer ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _meet(self, offer: dict[str, Any]) -> None:
        offer_id = str(offer["offer_id"])
        call = offer.get("kind", "call") == "call" and not offer.get("transfer")
        if call and (self.scene.opening or self.scene.race_open(offer_id)):
            mood: plans.Mood = "race"
        else:
            mood = plans.pick(self.dice, plans.MOODS)
        if mood == "race" and not call:
            mood = "accept"
        if mood == "race":
            await self._race(offer)
            return
        await asyncio.sleep(self.dice.uniform(0.1, 1.5))
        if offer_id not in {str(one.get("offer_id")) for one in self.agent.console.state.values()}:
            return
        if mood == "ignore":
            self._ignored.add(offer_id)
        elif mood == "decline":
            self._ignored.add(offer_id)
            with contextlib.suppress(_Late):
                await _in_time(self.agent.decline(offer_id, self.dice.choice(("busy", "", "other"))))
        elif mood == "vanish":
            await self._vanish(0.0)
        else:
            await self._accept(offer, mood)

    async def _race(self, offer: dict[str, Any]) -> None:
        race = self.scene.race(str(offer["offer_id"]))
        race.contenders.append(self.agent.name)
        await asyncio.sleep(max(0.0, race.at - asyncio.get_running_loop().time()))
        began = time.time()
        rings = len(self.agent.phone.calls)
        try:
            call_id = await self.agent.accept(race.offer_id)
        except ApiError as exc:
            race.codes.append(exc.code)
            self._ignored.add(race.offer_id)
            if exc.code not in LATE:
                self._trouble(f"accepting together with others: {exc}", began)
            await asyncio.sleep(0.5)
            if len(self.agent.phone.calls) != rings:
                self._trouble("the phone rang for an offer that somebody else had", began)
            return
        race.winners.append(self.agent.name)
        await self._serve(offer, call_id, "race", began)

    async def _accept(self, offer: dict[str, Any], mood: plans.Mood) -> None:
        self.agent.phone.behaviour = PHONES.get(mood, "answer")
        began = time.time()
        try:
            call_id = await _in_time(self.agent.accept(str(offer["offer_id"])))
            await self._serve(offer, call_id, mood, began)
        except _Late:
            self._ignored.add(str(offer["offer_id"]))
        finally:
            self.agent.phone.behaviour = "answer"

    async def _serve(self, offer: dict[str, Any], call_id: str, mood: plans.Mood, began: float) -> None:
        agent = self.agent
        kind = "transfer" if offer.get("transfer") else str(offer.get("kind", "call"))
        served = Served(agent.agent_id, agent.voice, call_id, str(offer["offer_id"]), kind, mood, began)
        self.scene.served.append(served)
        if mood == "accept_vanish":
            await self._vanish(self.dice.uniform(0.0, 0.5))
            return
        limit = self.scene.settings.queue.agent_ring_seconds + 10.0
        served.ring = await agent.phone.rings(limit if PHONES.get(mood) in (None, "ring") else 1.0)
        if served.ring is None:
            if PHONES.get(mood) is None and not self._over(call_id):
                self._trouble(f"the phone did not ring within {limit:g} s of accepting {call_id}", began)
        elif mood == "ring_out":
            await served.ring.call.ended(limit)
        elif mood == "drop":
            await asyncio.sleep(self.dice.uniform(0.1, 0.6))
            served.ring.call.hang_up()
        else:
            plan = plans.service(self.dice)
            served.deed = plan.deed
            if plan.deed == "feed_dies":
                await agent.console.drop_feed()
                await served.ring.call.ended(plan.talks)
                await agent.console.open_feed()
            await service.Serving(self.scene, agent, served, plan, self.dice).run()
        await self._after(served)

    def _over(self, call_id: str) -> bool:
        """Whether the caller has gone."""
        return self.scene.records.state.get(f"calls/{call_id}", {}).get("phase") in (None, "", "ended") or self.scene.cut(
            call_id
        )

    async def _after(self, served: Served) -> None:
        """Out of the call, through the wrap-up, and ready again."""
        agent = self.agent
        if served.ring is not None and served.ring.call.leg.end is None and not served.dead_at:
            served.ring.call.hang_up()
        await agent.until_state("wrap_up", "available", "paused", "offline", timeout=20.0)
        if agent.state == "wrap_up" and served.deed and not self._writes(served):
            # Whoever does not end the wrap-up is sent on by the clock.
            await agent.until_state("available", "paused", "offline", timeout=self.scene.settings.queue.wrap_up_seconds + 10.0)
        await agent.free()

    def _writes(self, served: Served) -> bool:
        return plans.dice(self.scene.seed, served.offer_id).random() < 0.9

    # ── gone without a word ───────────────────────────────────────────────────────────────────────────────────────

    async def _vanish(self, after: float) -> None:
        """Feed and phone are gone until after the lease; then both come back."""
        await asyncio.sleep(after)
        agent, phone = self.agent, self.agent.phone
        await agent.console.drop_feed()
        phone.agent.mischief.deaf = phone.agent.mischief.dumb = True
        talking = phone.talking
        if talking is not None:
            talking.stream.muted = True
        await asyncio.sleep(self.scene.settings.queue.agent_lease_seconds + self.dice.uniform(2.0, 6.0))
        phone.agent.mischief.deaf = phone.agent.mischief.dumb = False
        for ring in phone.calls:
            if ring.call.leg.end is None:
                ring.call.leg.lose()
        await phone.register()
        await agent.console.open_feed()
        await agent.free()


class _Late(Exception):
    """Somebody was quicker, or the caller has gone."""


async def _in_time(work: Any) -> Any:
    try:
        return await work
    except ApiError as exc:
        if exc.code in LATE:
            raise _Late from exc
        raise
