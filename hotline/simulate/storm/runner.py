"""A storm from the first log-in to the verdict, on a hotline that runs and may be broken."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hotline.settings import Settings
from hotline.simulate import demo_people
from hotline.simulate.people.agent import NotInTime, SimAgent
from hotline.simulate.people.console import ApiError, Console
from hotline.simulate.rtp import Ticker
from hotline.simulate.stage import StageError, menu_seconds
from hotline.simulate.storm import cast
from hotline.simulate.storm.agent import Clerk
from hotline.simulate.storm.caller import Caller
from hotline.simulate.storm.harm import Breaker, do_harm
from hotline.simulate.storm.matching import judge_all, read_records
from hotline.simulate.storm.report import StormSummary
from hotline.simulate.storm.scene import Scene

OPENING_SHARE: Final = 0.1
"""Of the storm's time: agents accept every offer together, while more of them than callers are there."""
CALM_SECONDS: Final = 150.0
"""How long callers may take to come to an end when no new ones come."""
HOME_SECONDS: Final = 40.0
"""How long agents may take to finish then."""
TELL_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.1
LATE_SECONDS: Final = 0.1
BUSY_STATES: Final = ("reserved", "ringing", "on_call")


@dataclass(frozen=True, slots=True)
class StormWanted:
    """What was asked for."""

    callers: int = 60
    seats: int = 15
    minutes: float = 10.0
    seed: int = 1


Progress = Callable[[Scene], None]
"""Called every few seconds."""


async def run(
    settings: Settings, wanted: StormWanted, breaker: Breaker, progress: Progress = lambda scene: None
) -> StormSummary:
    """Play it. Raises StageError when it cannot begin; ValueError for more people than there are voices."""
    if not 1 <= wanted.seats <= cast.MOST_SEATS or not 1 <= wanted.callers <= cast.MOST_CALLERS:
        raise ValueError(f"at most {cast.MOST_SEATS} seats and {cast.MOST_CALLERS} callers")
    scene = await _open(settings, wanted)
    load = [os.getloadavg()[0]]
    late = Ticker.current().late
    began = time.time()
    try:
        await _storm(scene, wanted, breaker, progress, load)
        load.append(os.getloadavg()[0])
        _look_at_the_end(scene)
        records = await read_records(scene, began)
        return StormSummary(
            judge_all(scene, records),
            scene.troubles,
            list(scene.races.values()),
            scene.harms,
            seed=wanted.seed,
            callers=wanted.callers,
            seats=wanted.seats,
            seconds=time.time() - began,
            load=load,
            late_ticks=Ticker.current().late - late,
            feed_gaps=sum(agent.console.gaps for agent in scene.agents),
            counts=_counts(scene, records),
            latest=max((late for _, late in scene.lag), default=0.0),
        )
    finally:
        await _close(scene)


async def _open(settings: Settings, wanted: StormWanted) -> Scene:
    carrier = cast.make_carrier(settings, wanted.seed)
    records = Console(demo_people.base_url(settings), *demo_people.office_login("supervisor"))
    scene = Scene(settings, wanted.seed, carrier, records, menu_seconds(settings))
    try:
        await carrier.start()
        await records.log_in()
        await records.open_feed()
        catalogue = await records.get("/api/catalogue")
        scene.regions = [str(item["code"]) for item in catalogue["regions"]]
        gate = asyncio.Semaphore(2)  # a log-in costs the API a slow hash on purpose

        async def start(agent: SimAgent) -> None:
            async with gate:
                await agent.start()

        scene.agents = [cast.make_agent(settings, index) for index in range(wanted.seats)]
        await asyncio.gather(*(start(agent) for agent in scene.agents))
    except (ApiError, NotInTime, OSError) as exc:
        await _close(scene)
        raise StageError(f"the storm cannot begin: {type(exc).__name__}: {exc}") from exc
    return scene


async def _storm(scene: Scene, wanted: StormWanted, breaker: Breaker, progress: Progress, load: list[float]) -> None:
    seconds = wanted.minutes * 60.0
    opening = OPENING_SHARE * seconds
    callers = cast.make_callers(scene, wanted.callers)
    work = [asyncio.ensure_future(Clerk(scene, agent).work()) for agent in scene.agents]
    lives = [
        asyncio.ensure_future(_live(scene, caller, opening * (i + 0.5) / len(callers))) for i, caller in enumerate(callers)
    ]
    harm = asyncio.ensure_future(do_harm(scene, breaker, seconds))
    watch = asyncio.ensure_future(_watch(scene, progress))
    try:
        await asyncio.sleep(opening)
        scene.opening = False
        await asyncio.sleep(seconds / 2 - opening)
        load.append(os.getloadavg()[0])
        await asyncio.sleep(seconds / 2)
        scene.closing.set()
        await harm
        _, slow = await asyncio.wait(lives, timeout=CALM_SECONDS)
        for task in slow:
            task.cancel()
        if slow:
            scene.trouble(f"{len(slow)} caller(s) were still on the line {CALM_SECONDS:g} s after the storm")
        await _callers_back(scene, callers)
        scene.over.set()
        _, slow = await asyncio.wait(work, timeout=HOME_SECONDS)
        if slow:
            scene.trouble(f"{len(slow)} agent(s) did not come free within {HOME_SECONDS:g} s")
    finally:
        for task in (*work, *lives, harm, watch):
            task.cancel()
        await asyncio.gather(*work, *lives, harm, watch, return_exceptions=True)


async def _live(scene: Scene, caller: Caller, first_after: float) -> None:
    try:
        await caller.live(first_after)
    except Exception as exc:  # a fault of the simulator itself is a reason too, and must not pass unseen
        scene.trouble(f"the simulator failed: {caller.name}: {type(exc).__name__}: {exc}")


async def _callers_back(scene: Scene, callers: list[Caller]) -> None:
    """Whoever is being called back now may finish."""
    for caller in callers:
        if caller.back is not None and caller.back.is_up:
            await caller.back.ended(30.0)


async def _watch(scene: Scene, progress: Progress) -> None:
    """Tell how it goes, and note when this process itself is late."""
    told = 0.0
    while True:
        if time.monotonic() - told > TELL_SECONDS:
            progress(scene)
            told = time.monotonic()
        due = time.monotonic() + LOOK_SECONDS
        await asyncio.sleep(LOOK_SECONDS)
        if (late := time.monotonic() - due) > LATE_SECONDS:
            scene.lag.append((time.time(), late))


def _look_at_the_end(scene: Scene) -> None:
    """Nobody may be left over: no agent in a call, no caller on the board, no expert reserved."""
    for key, entity in scene.records.state.items():
        kind = key.partition("/")[0]
        state = str(entity.get("state") or "")
        if kind == "agents" and state in BUSY_STATES:
            scene.trouble(f"{key} is {state} after the end, with call {entity.get('call_id')}")
        elif kind == "experts" and state in ("reserved", "on_call"):
            scene.trouble(f"{key} is {state} after the end")
        elif kind == "calls" and entity.get("phase") not in ("ended", None) and entity.get("direction") != "outbound":
            scene.trouble(f"{key} is {entity.get('phase')} after the end")


def _counts(scene: Scene, records: list[dict[str, Any]]) -> dict[str, int]:
    facts = [fact for record in records for fact in record.get("timeline") or []]
    named = [str(fact["name"]) for fact in facts]
    return {
        "inbound": sum(record["direction"] == "inbound" for record in records),
        "called_back": sum(record["direction"] == "outbound" for record in records),
        "abandoned": sum(record["cause"] == "abandoned" for record in records),
        "talks": sum(len(record.get("talks") or []) for record in records),
        "transfers": named.count("transfer_started"),
        "expert_tries": named.count("expert_dialled"),
        "offers": named.count("offer_made"),
        "offers_declined": named.count("offer_declined"),
        "offers_missed": named.count("offer_missed"),
        "rated": sum(record["rating"] is not None for record in records),
        "tickets": sum(record["outcome"] == "ticket" for record in records),
        "recordings": sum(len(record.get("recordings") or []) for record in records),
        "refused_503": sum(seen.status == 503 for seen in scene.seen),
    }


async def _close(scene: Scene) -> None:
    """Send everybody home. Never raises."""
    await asyncio.gather(*(agent.close() for agent in scene.agents), scene.records.close(), return_exceptions=True)
    await asyncio.gather(scene.carrier.close(), return_exceptions=True)
