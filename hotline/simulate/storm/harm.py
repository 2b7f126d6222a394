"""What a storm breaks, and when: routing twice, Redis once, the workers of three callers in the middle of their calls."""

from __future__ import annotations

import asyncio
import time
from typing import Final, Literal, Protocol

from hotline.simulate.storm import plans
from hotline.simulate.storm.scene import Harm, Scene

What = Literal["routing", "redis", "worker"]
SCHEDULE: Final[tuple[tuple[float, What], ...]] = (
    (0.22, "routing"),
    (0.34, "worker"),
    (0.46, "redis"),
    (0.58, "worker"),
    (0.70, "routing"),
    (0.82, "worker"),
)
"""Share of the storm's time, and what is broken then."""
BUSY: Final = ("agent_talk", "hold", "transfer", "expert_talk", "conference")
LOOK_SECONDS: Final = 20.0


class Breaker(Protocol):
    """Whoever may break parts of this very hotline. Each may block for a while."""

    def restart_routing(self, time: int) -> None:
        """Kill it (the first time for good, later asking it to end); its supervisor starts it again."""

    def empty_redis(self) -> None:
        """FLUSHALL."""

    def kill_worker(self, call_id: str) -> bool:
        """Kill -9 of the conversation that has that call; False when there is none any more."""


async def do_harm(scene: Scene, breaker: Breaker, seconds: float) -> None:
    """Follow the schedule over so many seconds."""
    began, restarts = time.monotonic(), 0
    for share, what in SCHEDULE:
        await asyncio.sleep(max(0.0, began + share * seconds - time.monotonic()))
        if what == "worker":
            await _kill_one(scene, breaker)
            continue
        scene.harms.append(Harm(what, time.time()))
        if what == "redis":
            await asyncio.to_thread(breaker.empty_redis)
        else:
            await asyncio.to_thread(breaker.restart_routing, restarts)
            restarts += 1


async def _kill_one(scene: Scene, breaker: Breaker) -> None:
    dice = plans.dice(scene.seed, "harm", len(scene.harms))
    deadline = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < deadline:
        busy = sorted(
            str(entity["call_id"])
            for key, entity in scene.records.state.items()
            if key.startswith("calls/") and entity.get("phase") in BUSY and not scene.cut(str(entity["call_id"]))
        )
        if busy:
            harm = Harm("worker", time.time(), dice.choice(busy))
            scene.harms.append(harm)
            if await asyncio.to_thread(breaker.kill_worker, harm.call_id):
                return
            scene.harms.remove(harm)
        await asyncio.sleep(0.3)
    scene.trouble("no busy worker was found to be killed")
