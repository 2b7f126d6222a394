"""What an agent does with a caller: one method a deed. What was heard is judged afterwards, from the ears and the record."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable
from typing import Any, Final

from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.console import ApiError
from hotline.simulate.stage import CATEGORY
from hotline.simulate.storm.plans import Service
from hotline.simulate.storm.scene import Scene, Served

UP_SECONDS: Final = 5.0
BYE_SECONDS: Final = 8.0
"""A leg that should end does by then."""
SETTLE_SECONDS: Final = 1.0
NO: Final = frozenset(
    {
        *("transfer.none", "transfer.not_now", "transfer.in_progress", "transfer.no_expert", "transfer.only_conflicts"),
        *("transfer.nobody_free", "transfer.colleague_busy", "call.gone", "help.none"),
        *("form.closed", "form.submitted"),
    }
)
"""What may be answered although nothing is wrong: the other side was quicker, or nobody is free."""


class Serving:
    """One caller's service by one agent. Raises ApiError and NotInTime where something is wrong."""

    def __init__(self, scene: Scene, agent: SimAgent, served: Served, plan: Service, dice: random.Random) -> None:
        assert served.ring is not None
        self.scene = scene
        self.agent = agent
        self.served = served
        self.plan = plan
        self.dice = dice
        self.call = served.ring.call
        self.call_id = served.call_id
        self.form = self._form()
        self._transfer_id = ""

    def _form(self) -> dict[str, Any]:
        ticket = self.plan.disposition == "D04"
        return {
            "caller_name": "风暴来电人",
            "matter_region": self.dice.choice(self.scene.regions),
            "category": CATEGORY,
            "service_type": "S03" if ticket else "S01",
            "caller_groups": ["G99"],
            "risk_flags": [],
            "facts": f"模拟来电：{self.plan.deed}",
            "request": "请求调解" if ticket else "",
            "advice": "已告知办理途径",
            "disposition": self.plan.disposition,
        }

    async def run(self) -> None:
        """Serve, end, write up."""
        try:
            if await self._picked_up() and not await self._ended(self.plan.talks):
                await self._try(self.agent.save_form(self.call_id, {**self.form, "advice": ""}))
                if self.served.kind == "call":
                    await getattr(self, f"_{self.plan.deed}")()
        finally:
            await self._finish()

    async def _picked_up(self) -> bool:
        deadline = time.monotonic() + UP_SECONDS
        while not self.call.is_up and self.call.leg.end is None and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        return self.call.is_up

    async def _finish(self) -> None:
        if self.call.leg.end is None and not self.served.dead_at:
            try:
                if not await self._try(self.agent.hang_up(self.call_id)) and not await self._ended(BYE_SECONDS):
                    self._trouble(f"the phone was still up {BYE_SECONDS:g} s after hanging up")
            finally:
                self.call.hang_up()
        if self.plan.submits and self.served.kind != "transfer":
            await self._try(self.agent.submit_form(self.call_id, self.form))

    def _trouble(self, what: str) -> None:
        if not self.scene.disturbed(time.time() - 15.0) and not self.scene.cut(self.call_id):
            self.scene.trouble(f"{self.agent.name} {self.call_id} ({self.plan.deed}, {self.plan.then}): {what}")

    async def _try(self, work: Awaitable[Any]) -> str:
        """`` or the code of a refusal that needs no explaining. Raises ApiError for any other."""
        began = time.time()
        try:
            await work
        except ApiError as exc:
            if (
                exc.code in NO
                or self.scene.disturbed(began)
                or self.scene.cut(self.call_id)
                or await self._ended(SETTLE_SECONDS)
            ):
                return exc.code
            raise
        return ""

    async def _ended(self, seconds: float) -> bool:
        return await self.call.ended(seconds)

    # ── deeds ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _talk(self) -> None:
        return

    async def _hold(self) -> None:
        if not await self._try(self.agent.hold(self.call_id)) and not await self._ended(self.plan.holds):
            await self._try(self.agent.unhold(self.call_id))
            await self._ended(self.plan.talks)

    async def _feed_dies(self) -> None:
        await self._ended(1.0)

    async def _help(self) -> None:
        if not await self._try(self.agent.console.post(f"/api/calls/{self.call_id}/help")) and not await self._ended(2.0):
            await self._try(self.agent.console.request("DELETE", f"/api/calls/{self.call_id}/help"))

    async def _hangs_up_phone(self) -> None:
        self.call.hang_up()

    async def _phone_dies(self) -> None:
        """The phone loses its power: no packets, no answer. The hotline finds a human for the caller by itself."""
        self.served.dead_at = time.time()
        mischief = self.agent.phone.agent.mischief
        mischief.deaf = mischief.dumb = self.call.stream.muted = True
        await asyncio.sleep(self.scene.settings.limits.rtp_silence_seconds + 6.0)
        mischief.deaf = mischief.dumb = False
        self.call.leg.lose()
        await self.agent.phone.register()

    async def _auto(self) -> None:
        if await self._transfer("auto", {"type": "expert"}):
            return
        # The caller is handed over, or comes back.
        if not await self._until(("returned", "cancelled"), self._search_seconds()):
            self._trouble("a transfer came to no end")
        else:
            await self._ended(self.plan.talks)

    async def _blind(self) -> None:
        await self._gone_blind({"type": "expert"})

    async def _attended(self) -> None:
        await self._with_third("attended", {"type": "expert"}, "consult")

    async def _three_way(self) -> None:
        await self._with_third("three_way", {"type": "expert"}, "three")

    async def _colleague(self) -> None:
        await self._gone_blind(self._colleague_target())

    async def _colleague_attended(self) -> None:
        await self._with_third("attended", self._colleague_target(), "consult")

    async def _queue(self) -> None:
        await self._gone_blind({"type": "queue", "id": "GN"})

    async def _hotline(self) -> None:
        await self._with_third("three_way", {"type": "hotline", "id": "hl_12345"}, "three")

    # ── handing over ──────────────────────────────────────────────────────────────────────────────────────────────

    def _colleague_target(self) -> dict[str, str]:
        others = [agent for agent in self.scene.agents if agent is not self.agent]
        free = [
            agent
            for agent in others
            if self.scene.records.state.get(f"agents/{agent.agent_id}", {}).get("state") == "available"
        ]
        return {"type": "agent", "id": self.dice.choice(free or others).agent_id}

    def _search_seconds(self) -> float:
        rules = self.scene.settings.transfer
        return rules.max_tries * (rules.ring_seconds + rules.accept_seconds + 20.0)

    async def _transfer(self, kind: str, target: dict[str, str]) -> str:
        """`` when the search began."""
        body: dict[str, Any] = {"kind": kind, "target": target}
        if target["type"] == "expert":
            body |= {"category": self.form["category"], "region": self.form["matter_region"]}
        return await self._try(self._ask_transfer(body))

    async def _ask_transfer(self, body: dict[str, Any]) -> None:
        self._transfer_id = ""
        answer = await self.agent.console.post(f"/api/calls/{self.call_id}/transfer", body)
        self._transfer_id = str(answer["transfer_id"])

    async def _gone_blind(self, target: dict[str, str]) -> None:
        if not await self._transfer("blind", target) and not await self._ended(BYE_SECONDS):
            self._trouble("the phone was still up after a blind transfer")

    async def _with_third(self, kind: str, target: dict[str, str], stage: str) -> None:
        if await self._transfer(kind, target):
            await self._ended(self.plan.talks)
            return
        if not await self._until((stage, "returned", "cancelled"), self._search_seconds()):
            self._trouble(f"a transfer came neither to {stage} nor back")
            return
        if self.call.leg.end is not None or self._transfer_is() != stage:
            await self._ended(1.0)
            return
        if not await self._ended(self.plan.holds):
            await self._then(stage)

    async def _then(self, stage: str) -> None:
        then = self.plan.then
        orders = {
            "complete": ("complete-transfer",),
            "cancel": ("cancel-transfer", 1.5),
            "toggle": ("toggle", 1.5, "toggle", 1.0, "complete-transfer"),
            "conference": ("conference", 2.0, "leave"),
            "drop": ("conference", 1.5, "drop-party", 1.5),
            "wait": (6.0, "complete-transfer"),
        }[then]
        if stage == "three" and then in ("toggle", "conference"):
            orders = (2.0, "leave")
        for order in orders:
            if isinstance(order, float):
                if await self._ended(order):
                    return
            elif await self._try(self.agent.order(self.call_id, order)) not in ("", "transfer.not_now"):
                return

    # ── the transfer on the own console ───────────────────────────────────────────────────────────────────────────

    def _transfer_is(self) -> str:
        transfer = self.agent.call(self.call_id).get("transfer") or {}
        if transfer.get("transfer_id") != self._transfer_id:
            return ""
        return (
            str(transfer.get("stage") or "")
            if transfer.get("state") not in ("returned", "cancelled")
            else str(transfer["state"])
        )

    async def _until(self, states: tuple[str, ...], seconds: float) -> bool:
        """Wait until the transfer is there, or the own leg has ended."""
        deadline = time.monotonic() + seconds
        while self._transfer_is() not in states:
            if await self._ended(0.25):
                return True
            if time.monotonic() > deadline:
                return False
        return True
