"""The town of the demo: seats with phones, agents at all but the first, experts, and callers with troubles of their own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from hotline import logs
from hotline.settings import Settings
from hotline.simulate import demo_people
from hotline.simulate.people import CALLER_VOICE_COUNT, CALLER_VOICES
from hotline.simulate.people.agent import NotInTime, SimAgent
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.carrier import Numbers
from hotline.simulate.people.console import ApiError, Console
from hotline.simulate.people.desk import Desk, tolerate
from hotline.simulate.people.phone import SimPhone
from hotline.simulate.sip_agent import SipTimeout
from hotline.simulate.speech import Speech
from hotline.simulate.town_agents import serve

log = logs.get("hotline.simulate.town")

QUICK_SECONDS: Final = (1.5, 4.0)
"""How long the town's agents look at an offer of one of the town's callers."""
LEAVE_ALONE_SECONDS: Final = 20.0
"""Offers of anybody else (a newcomer's "call me now", a real telephone) are left to real people this long."""
RATES: Final = 0.85
"""Share of the town's callers who rate."""
MOST_CALLERS: Final = 6
PATIENCE_SECONDS: Final = 600.0
EXPERT_TALK_SECONDS: Final = 40.0
AGAIN_SECONDS: Final = 3.0
CLOSE_SECONDS: Final = 2.0
SEAT_LOOK_SECONDS: Final = 15.0
TROUBLES: Final = (ApiError, NotInTime, SipTimeout, OSError, PermissionError, TimeoutError)


@dataclass(slots=True)
class TownCaller:
    """One caller under way; `for_seat` is the agent who asked to be called."""

    caller: SimCaller
    for_seat: str = ""


class Town:
    """`await open()`, later `await close()`; in between it lives by itself."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.dice = random.Random()
        self.speech = Speech(settings.prompts_dir / "simulate", self.dice.randrange(1_000_000))
        self.carrier = demo_people.make_carrier(settings)
        for index, expert in enumerate(self.carrier.experts.values()):
            expert.talk_seconds = EXPERT_TALK_SECONDS
            expert.clip = self.speech.expert(expert.voice)
            expert.ring_seconds = 1.5 + index % 3
        self.desk = Desk([])
        self.eye = Console(demo_people.base_url(settings), *demo_people.office_login("admin"))
        self.phones: list[SimPhone] = []
        self.callers: dict[str, TownCaller] = {}
        self._numbers = Numbers(self.dice.randrange(1_000_000))
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: dict[str, float] = {}

    async def open(self) -> None:
        """Open the carrier's port and send everybody to work. Raises OSError when the port is taken."""
        await self.carrier.start()
        for index in range(len(demo_people.desk_logins())):
            clip = self.speech.agent(index)
            phone = demo_people.make_phone(self.settings, index, clip=clip, answer_after=0.8)
            self.phones.append(phone)
            self.spawn(self._seat(index, phone))
        supervisor = demo_people.make_phone(self.settings, demo_people.SUPERVISOR, clip=self.speech.agent(0), answer_after=0.8)
        self.phones.append(supervisor)
        self.spawn(self._seat(demo_people.SUPERVISOR, supervisor))
        self.spawn(self._watch())
        self.spawn(self._clerk())
        if self.settings.demo.calls_per_minute > 0:
            self.spawn(self._callers())

    async def close(self) -> None:
        """Everybody hangs up, logs out and goes home, within `CLOSE_SECONDS`; then the ports are free in any case."""
        for town_caller in list(self.callers.values()):
            if hasattr(town_caller.caller, "call"):
                town_caller.caller.hang_up()
        for task in list(self._tasks):
            task.cancel()  # seats log their agents out, services give their calls back
        leaving = [
            *self._tasks,
            asyncio.ensure_future(self.eye.close()),
            *(asyncio.ensure_future(phone.close()) for phone in self.phones),
        ]
        if leaving:
            _, slow = await asyncio.wait(leaving, timeout=CLOSE_SECONDS)
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
        for phone in self.phones:
            await phone.agent.close()
        await self.carrier.close(timeout=0.5)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that ends with the town."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("sim_town_task_failed", kind=type(error).__name__, what=str(error)[:200])

    # ── seats ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _seat(self, index: int, phone: SimPhone) -> None:
        """Keep the phone registered, and (but for the first seat) an agent at work, for ever."""
        while not await self._tried(phone.start(), "phone", index):
            await phone.agent.close()
            await asyncio.sleep(AGAIN_SECONDS)
        if index in (0, demo_people.SUPERVISOR):
            return  # the newcomer's seats; the phone keeps itself registered
        while True:
            agent = demo_people.make_agent(self.settings, index, phone)
            if not await self._tried(agent.start(phone=False), "agent", index):
                await agent.close(phone=False)
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            self.desk.join(agent)
            try:
                await self._look_after(agent)
            finally:
                if agent in self.desk.agents:
                    self.desk.leave(agent)
                # Cancelled while waiting for the log-out, it is simply dropped: the lease says so soon enough.
                await agent.close(phone=False)
            # Somebody else has sat down here: come back when the seat is empty.
            while self._seat_taken(agent.agent_id):
                await asyncio.sleep(SEAT_LOOK_SECONDS)

    async def _look_after(self, agent: SimAgent) -> None:
        """Until the agent is logged out by somebody: keep him available while nothing is in hand."""
        while not agent.console.farewell:
            if not agent.busy_with and agent.state in ("paused", "offline", "wrap_up"):
                await tolerate(agent.free())
            await asyncio.sleep(AGAIN_SECONDS)

    def _seat_taken(self, agent_id: str) -> bool:
        """Whether that seat is in use, as the other agents' consoles show it."""
        for other in self.desk.agents:
            seat = other.console.state.get(f"agents/{agent_id}")
            if seat is not None:
                return bool(seat.get("state") != "offline")
        return False

    async def _tried(self, work: Coroutine[Any, Any, None], what: str, index: int) -> bool:
        try:
            await work
        except TROUBLES as exc:
            log.warning("sim_town_not_ready", what=what, seat=index + 1, kind=type(exc).__name__, why=str(exc)[:120])
            return False
        return True

    # ── offers ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _clerk(self) -> None:
        """Twice a second: give offers that are due to agents who are free."""
        while True:
            now = time.monotonic()
            shown = {
                str(entity.get("caller_masked")): entity
                for agent in self.desk.agents
                for key, entity in agent.console.state.items()
                if key.startswith("offers/")
            }
            self._seen = {masked: self._seen.get(masked, now) for masked in shown}
            for masked in shown:
                if now - self._seen[masked] < self._patience(masked):
                    continue
                agent = self.desk.free_for(masked)
                if agent is not None:
                    self.desk.keep(agent, masked)
                    self.spawn(serve(self, agent, masked))
            await asyncio.sleep(0.5)

    def _patience(self, masked: str) -> float:
        town_caller = self.callers.get(masked)
        if town_caller is None or town_caller.for_seat:
            return LEAVE_ALONE_SECONDS
        low, high = QUICK_SECONDS
        return low + (high - low) * (hash(masked) % 100) / 100

    # ── callers ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _callers(self) -> None:
        """New callers at random, so many a minute on the average."""
        while True:
            await asyncio.sleep(self.dice.expovariate(self.settings.demo.calls_per_minute / 60))
            if self.desk.agents and len(self.callers) < MOST_CALLERS:
                self.spawn(self._visit(""))

    def call_seat(self, agent_id: str) -> None:
        """A caller for that seat, now."""
        log.info("sim_call_me", agent_id=agent_id)
        self.spawn(self._visit(agent_id))

    async def _visit(self, for_seat: str) -> None:
        """One caller's whole visit."""
        voice = CALLER_VOICES + self.dice.randrange(CALLER_VOICE_COUNT)
        caller = self.carrier.caller(self._numbers.next(), voice=voice, clip=self.speech.caller(voice))
        town_caller = TownCaller(caller, for_seat)
        self.callers[caller.masked] = town_caller
        try:
            if await self.carrier.dial(caller) != 200:
                log.info("sim_town_call_refused", status=caller.call.leg.end.status if caller.call.leg.end else 0)
                return
            if await caller.after_answer(2.0):
                await caller.press("0" if for_seat else self.dice.choice("0123"))
            gives_up = not for_seat and self.dice.random() < 0.08
            if gives_up and await caller.after_answer(25.0) and self._phase(caller.masked) in ("ivr", "queue"):
                return
            await self._until_over(town_caller)
        except TROUBLES as exc:
            log.info("sim_town_call_failed", kind=type(exc).__name__)
        finally:
            if hasattr(caller, "call"):
                caller.hang_up()
            self.callers.pop(caller.masked, None)

    async def _until_over(self, town_caller: TownCaller) -> None:
        """Stay on the line; most people press a key when they are asked to rate."""
        caller = town_caller.caller
        asked = False
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not await caller.ended(1.0):
            if asked or self._phase(caller.masked) != "rating":
                continue
            asked = True
            if self.dice.random() < RATES and not await caller.ended(self.dice.uniform(2.0, 6.0)):
                await caller.press(self.dice.choices("12345", weights=(50, 30, 12, 5, 3))[0])

    def _phase(self, masked: str) -> str:
        """Where that caller's call stands, as the supervisor's feed shows it: with speech instead of tones a simulated
        caller cannot tell a prompt from a person."""
        for key, entity in self.eye.state.items():
            if key.startswith("calls/") and entity.get("caller_masked") == masked:
                return str(entity.get("phase") or "")
        return ""

    async def _watch(self) -> None:
        """Keep the supervisor's feed open."""
        while not await self._tried(self._open_eye(), "supervisor", -1):
            await asyncio.sleep(AGAIN_SECONDS)

    async def _open_eye(self) -> None:
        await self.eye.log_in()
        await self.eye.open_feed()
