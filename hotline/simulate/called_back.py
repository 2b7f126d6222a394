"""What follows a call by itself: the hotline calls back somebody it lost, or asks for a rating that was not given."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hotline.simulate.outcome import HEAR_SECONDS, Unexpected
from hotline.simulate.people.callee import SimCallee
from hotline.simulate.people.console import ApiError
from hotline.simulate.people.desk import tolerate

if TYPE_CHECKING:
    from hotline.simulate.people.agent import SimAgent
    from hotline.simulate.play import Play

NOTICE_SECONDS = 7.0
"""The notice to a person who is called is over by then, and the talk is recorded."""
HUMAN_SECONDS = 2.0
"""A person who picks up hears a human within this time."""


async def call_back(play: Play) -> None:
    """An agent takes the offer to call the lost caller back; both are heard, and the task is done."""
    stage, rules = play.stage, play.stage.settings
    person = stage.carrier.add_person(SimCallee(play.caller.number, voice=play.caller.voice))
    patience = rules.callbacks.first_after_seconds + stage.patience
    agent, call_id = await _take(play, patience)
    try:
        ring = await agent.phone.rings(10.0)
        if ring is None:
            raise Unexpected(f"the phone of {agent.name} did not ring for the call back")
        call = await _picked_up(person, 20.0)
        answered = time.time()
        if person.at[0] < ring.at:
            raise Unexpected("the person was dialled before the agent's phone rang")
        if not await call.hears(agent.voice, HEAR_SECONDS) or time.time() - answered > HUMAN_SECONDS:
            raise Unexpected(f"the person who was called back did not hear {agent.name} within {HUMAN_SECONDS:g} s")
        if not await ring.call.hears(person.voice, HEAR_SECONDS):
            raise Unexpected(f"{agent.name} did not hear the person who was called back")
        if await call.ended(NOTICE_SECONDS):
            raise Unexpected("the call back was cut off")
        call.hang_up()
        if not await ring.call.ended(5.0):
            raise Unexpected(f"the phone of {agent.name} was still up after the person hung up")
        await agent.write_up(call_id, play.form)
    finally:
        await tolerate(agent.free())
        stage.desk.give_back(agent)
    await _task(play, "call_back", result="reached")


async def rating_call(play: Play) -> None:
    """The hotline asks for the rating by itself; it is stored for the consultation."""
    stage, rules = play.stage, play.stage.settings.rating_call
    if not rules.enabled:
        raise Unexpected("rating_call.enabled is off in the settings of this hotline")
    key = stage.dice.choice("12345")
    person = stage.carrier.add_person(SimCallee(play.caller.number, "rates", voice=play.caller.voice, key=key))
    limit = rules.after_seconds + stage.settings.queue.wrap_up_seconds + 60.0
    call = await _picked_up(person, limit)
    if not await call.ended(40.0):
        raise Unexpected("the rating call did not end after the key")
    await _task(play, "rating", result="reached")
    deadline = time.monotonic() + 20.0
    while time.monotonic() < deadline:
        record = await stage.records.get(f"/api/calls/{play.result.call_id}")
        if record.get("rating") == int(key) and (record.get("rating_row") or {}).get("method") == "call":
            play.played.score = int(key)
            return
        await asyncio.sleep(0.5)
    raise Unexpected("the rating given by telephone is not on record")


async def _take(play: Play, patience: float) -> tuple[SimAgent, str]:
    """Wait for the offer to call this person back, and accept it."""
    desk, masked = play.stage.desk, play.caller.masked
    desk.expected.add(masked)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        agent = await desk.reserve(masked, masked, max(1.0, deadline - time.monotonic()))
        offer: dict[str, Any] = agent.offer_of(masked) or {}
        with suppress(ApiError):
            if offer.get("kind", "call") != "call":
                return agent, await agent.accept(offer["offer_id"])
        desk.give_back(agent)
        await asyncio.sleep(0.2)
    raise Unexpected("nobody was offered the call back")


async def _picked_up(person: SimCallee, seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if person.talking is not None:
            return person.talking
        await asyncio.sleep(0.05)
    raise Unexpected(f"{person.visits} calls came to the person within {seconds:g} s, and none was answered")


async def _task(play: Play, kind: str, *, result: str) -> None:
    """The task of this person is done. Raises Unexpected."""
    deadline = time.monotonic() + 30.0
    found: dict[str, Any] = {}
    while time.monotonic() < deadline:
        rows = (await play.stage.records.get("/api/tasks", view="all", kind=kind, limit=200))["items"]
        found = next((row for row in rows if row["caller_masked"] == play.caller.masked), {})
        if found.get("state") == "done" and found.get("result") == result:
            return
        await asyncio.sleep(0.5)
    raise Unexpected(f"the task is {found.get('state')!r} with result {found.get('result')!r}, not done with {result!r}")
