"""A run: so many calls, so many at once, so many a second, and what came of them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from hotline import logs
from hotline.settings import Settings
from hotline.simulate.outcome import CallResult
from hotline.simulate.pause import stage_to_oneself
from hotline.simulate.play import Play
from hotline.simulate.report import Summary
from hotline.simulate.rtp import Ticker
from hotline.simulate.scenarios import Scenario, rotation
from hotline.simulate.stage import Stage, set_stage, strike

log = logs.get("hotline.simulate.runner")

CALL_SECONDS = 480.0
"""The most one call may take beyond its waiting in the queue: a transfer that tries three experts, and the record."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. `rate` is in calls a second."""

    callers: int = 1
    concurrency: int = 1
    rate: float = 1.0
    scenario: str = "mix"
    seed: int = 1
    talk_seconds: float = 3.0


Progress = Callable[[int, int, list[CallResult]], None]
"""Called with: calls under way, calls over, results so far."""


async def run(settings: Settings, wanted: Wanted, progress: Progress = lambda up, over, results: None) -> Summary:
    """Play all calls against the running hotline. Raises StageError when it cannot begin, KeyError for an unknown scenario."""
    rows = rotation(wanted.scenario, wanted.callers)
    async with stage_to_oneself(settings.redis_url):
        stage = await set_stage(settings, seed=wanted.seed, talk_seconds=wanted.talk_seconds)
        try:
            began, late = time.time(), Ticker.current().late
            # A caller may wait for everybody before him: as long as a call and a wrap-up of each takes at these seats.
            stage.patience = 120.0 + 90.0 * wanted.concurrency / len(stage.desk.agents)
            results = await _calls(stage, rows, wanted, progress)
            return Summary(
                results,
                scenario=wanted.scenario,
                seed=wanted.seed,
                seconds=time.time() - began,
                late_ticks=Ticker.current().late - late,
                feed_gaps=sum(agent.console.gaps for agent in stage.desk.agents),
                load=os.getloadavg()[0],
            )
        finally:
            await strike(stage.desk, stage.records, stage.carrier)


async def _calls(stage: Stage, rows: list[Scenario], wanted: Wanted, progress: Progress) -> list[CallResult]:
    gate = asyncio.Semaphore(wanted.concurrency)
    results: list[CallResult] = []
    up = 0

    async def one(index: int, scenario: Scenario) -> None:
        nonlocal up
        try:
            up += 1
            progress(up, len(results), results)
            results.append(await play(stage, scenario, index))
        finally:
            gate.release()
            up -= 1
            progress(up, len(results), results)

    tasks = []
    try:
        due = time.monotonic()
        for index, scenario in enumerate(rows):
            await gate.acquire()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due = max(due + 1.0 / wanted.rate, time.monotonic())
            tasks.append(asyncio.ensure_future(one(index, scenario)))
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return sorted(results, key=lambda result: result.index)


async def play(stage: Stage, scenario: Scenario, index: int) -> CallResult:
    """One call, which always gives a result: a bug of the simulator's own is a reason too, not a crash of the run."""
    this = Play(stage, scenario, index)
    limit = stage.patience + CALL_SECONDS
    try:
        async with asyncio.timeout(limit):
            return await this.run()
    except TimeoutError:
        this.result.reasons.append(f"not over after {limit:g} s")
    except Exception as exc:
        log.exception("sim_call_failed", scenario=scenario.name)
        this.result.reasons.append(f"the simulator failed: {type(exc).__name__}: {exc}")
    return this.result
