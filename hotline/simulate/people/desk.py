"""The desk: several agents, and who of them takes which offer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from hotline.simulate.people.agent import NotInTime, SimAgent
from hotline.simulate.people.console import ApiError

STRAY_SECONDS = 1.0


class Desk:
    """Agents who share the offers. An offer is told by the caller's masked number."""

    def __init__(self, agents: Sequence[SimAgent]) -> None:
        self.agents: list[SimAgent] = []
        self._turn = 0
        self.expected: set[str] = set()
        """Masked numbers whom somebody here waits to call back."""
        self._strays: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        for agent in agents:
            self.join(agent)

    def join(self, agent: SimAgent) -> None:
        """One more agent."""
        self.agents.append(agent)
        agent.console.on_change = lambda new, gone: self._changed.set()

    def leave(self, agent: SimAgent) -> None:
        """One agent less."""
        self.agents.remove(agent)

    async def start(self) -> None:
        """Start all agents, two at a time (a log-in costs the API a slow hash on purpose)."""
        gate = asyncio.Semaphore(2)

        async def one(agent: SimAgent) -> None:
            async with gate:
                await agent.start()

        await asyncio.gather(*(one(agent) for agent in self.agents))
        self._strays = asyncio.ensure_future(self._decline_strays())

    async def _decline_strays(self) -> None:
        """Somebody else's lost callers (of an earlier run, of the demo) are left to others: nobody plays them here, and offers
        that run out would put these agents on a break."""
        while True:
            await asyncio.sleep(STRAY_SECONDS)
            for agent in self.agents:
                for key, offer in list(agent.console.state.items()):
                    mine = key.startswith("offers/") and agent.agent_id in (offer.get("agent_ids") or ())
                    if mine and offer.get("kind", "call") != "call" and offer.get("caller_masked") not in self.expected:
                        await tolerate(agent.decline(str(offer["offer_id"])))

    async def close(self) -> None:
        if self._strays is not None:
            self._strays.cancel()
        await asyncio.gather(*(agent.close() for agent in self.agents), return_exceptions=True)

    async def until(self, look: Callable[[], Any], timeout: float, what: str) -> Any:
        """Wait until `look()` gives something true, looking after each change of any feed. Raises NotInTime."""
        try:
            async with asyncio.timeout(timeout):
                while not (found := look()):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise NotInTime(f"{what} within {timeout:g} s") from None
        return found

    def released(self) -> None:
        """Somebody became free in a way no feed tells: let those who wait look again."""
        self._changed.set()

    def offer_of(self, masked: str) -> dict[str, Any] | None:
        """The offer of that caller on any console of this desk."""
        return next((offer for agent in self.agents if (offer := agent.offer_of(masked)) is not None), None)

    async def offer(self, masked: str, timeout: float) -> dict[str, Any]:
        """Wait for an offer of that caller. Raises NotInTime."""
        found: dict[str, Any] = await self.until(
            lambda: self.offer_of(masked), timeout, f"no console showed an offer of {masked}"
        )
        return found

    def free_for(self, masked: str, not_this: SimAgent | None = None) -> SimAgent | None:
        """An agent who is ready and sees the offer; they take turns."""
        turn = self._turn % max(1, len(self.agents))
        order = self.agents[turn:] + self.agents[:turn]
        return next((a for a in order if a.ready and a is not not_this and a.offer_of(masked) is not None), None)

    async def reserve(self, masked: str, call: str, timeout: float, not_this: SimAgent | None = None) -> SimAgent:
        """Keep a ready agent for that caller's offer. Raises NotInTime."""
        agent: SimAgent = await self.until(
            lambda: self.free_for(masked, not_this), timeout, f"no ready agent was offered {masked}"
        )
        self.keep(agent, call)
        return agent

    def keep(self, agent: SimAgent, call: str) -> None:
        """The agent has that call in hand; the next one is somebody else's turn."""
        agent.busy_with = call
        self._turn = self.agents.index(agent) + 1

    def give_back(self, agent: SimAgent) -> None:
        """The agent has nothing in hand any more."""
        agent.busy_with = ""
        self.released()


async def tolerate(work: Awaitable[Any]) -> str:
    """Do something whose failure is only noted: `` or what went wrong."""
    try:
        await work
    except (ApiError, NotInTime) as exc:
        return str(exc)
    return ""
