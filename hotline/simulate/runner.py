"""A run: so many calls, so many at once, so many a second, and what came of them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hotline import logs
from hotline.settings import Settings
from hotline.simulate import night, phone_agent
from hotline.simulate.outcome import CallResult
from hotline.simulate.pause import stage_to_oneself
from hotline.simulate.people import CALLER_VOICE_COUNT, CALLER_VOICES
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.carrier import Numbers, SimCarrier
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
    if wanted.scenario == night.NAME:
        return await _night(settings, wanted, progress)
    if wanted.scenario == phone_agent.NAME:
        return await _phone_agent(settings, wanted, progress)
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


async def _phone_agent(settings: Settings, wanted: Wanted, progress: Progress) -> Summary:
    """Callers of a town with one clerk, one after another."""
    async with stage_to_oneself(settings.redis_url), phone_agent.town_stage(settings, wanted.talk_seconds) as town:

        async def one(caller: SimCaller, result: CallResult, index: int) -> None:
            await town.call(caller, result, phone_agent.CASES[index % len(phone_agent.CASES)])

        return await _one_by_one(town.carrier, wanted, progress, one)


async def _night(settings: Settings, wanted: Wanted, progress: Progress) -> Summary:
    """Callers of the closed line, one after another: the duty roster has three telephones only."""
    async with stage_to_oneself(settings.redis_url), night.night_stage(settings) as stage:

        async def one(caller: SimCaller, result: CallResult, index: int) -> None:
            await stage.call(caller, result, message=index % 2 == 1)

        return await _one_by_one(stage.carrier, wanted, progress, one)


async def _one_by_one(
    carrier: SimCarrier, wanted: Wanted, progress: Progress, one: Callable[[SimCaller, CallResult, int], Awaitable[None]]
) -> Summary:
    """Scenarios apart from the mix: one caller at a time."""
    results: list[CallResult] = []
    began, late = time.time(), Ticker.current().late
    numbers = Numbers(wanted.seed)
    for index in range(wanted.callers):
        caller = carrier.caller(numbers.next(), voice=CALLER_VOICES + index % CALLER_VOICE_COUNT)
        result = CallResult(index, wanted.scenario, caller.masked)
        progress(1, len(results), results)
        await one(caller, result, index)
        results.append(result)
    progress(0, len(results), results)
    return Summary(
        results,
        scenario=wanted.scenario,
        seed=wanted.seed,
        seconds=time.time() - began,
        late_ticks=Ticker.current().late - late,
        feed_gaps=0,
        load=os.getloadavg()[0],
    )


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
