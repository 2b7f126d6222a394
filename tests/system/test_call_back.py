"""System: whom we lost we call: real SIP and RTP through the trunk, our agent first, then the person.

One hotline for all tests here, with short waits. Each test has persons of its own, and ends with nobody on a telephone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from hotline.simulate.call import SimCall
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.callee import Character, SimCallee
from hotline.simulate.people.console import ApiError
from hotline.simulate.stage import Stage
from tests.system.running import Hotline
from tests.system.talking import FORM, Talk, people, record, waiting_caller

pytestmark = pytest.mark.sip

QUICK: dict[str, Any] = {
    "callbacks": {"hours": "00:00-24:00", "first_after_seconds": 0, "spacing_seconds": [2, 2]},
    "rating_call": {"enabled": True, "hours": "00:00-24:00", "after_seconds": 0, "min_talk_seconds": 1},
    "follow_up": {"after_seconds": 600},
    "outbound": {"ring_seconds": 5},
}


@pytest.fixture(scope="module")
def hotline() -> Iterator[Hotline]:
    made = Hotline(**QUICK)
    try:
        made.start()
        yield made
        assert made.stop() == 0, made.printed()[-3000:]
    finally:
        made.remove()


async def abandoned(stage: Stage, character: Character, **more: Any) -> SimCallee:
    """Somebody dials, and hangs up before anybody takes the call; whoever calls back meets `character`."""
    caller = await waiting_caller(stage)
    person = stage.carrier.add_person(SimCallee(caller.number, character, voice=caller.voice, **more))
    await asyncio.sleep(2.0)
    caller.hang_up()
    assert await caller.ended(5)
    return person


async def task_of(stage: Stage, person: SimCallee, seconds: float = 30.0, **wanted: Any) -> dict[str, Any]:
    """The newest task of this person once it is as wanted."""
    masked = stage.carrier.caller(person.number).masked
    found: dict[str, Any] = {}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        rows = (await stage.records.get("/api/tasks", limit=200, view="all"))["items"]
        found = next(
            (row for row in rows if row["caller_masked"] == masked and row["kind"] == wanted.get("kind", row["kind"])), {}
        )
        if found and all(found[key] == value for key, value in wanted.items()):
            return found
        await asyncio.sleep(0.2)
    raise AssertionError(f"the task is {found}, wanted {wanted}")


async def picked_up(person: SimCallee) -> SimCall:
    """The call, once the person's phone has rung and was answered (within 20 s)."""
    deadline = time.monotonic() + 20
    while person.talking is None and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert person.talking is not None, "the person's phone did not ring"
    return person.talking


async def accepts(stage: Stage, person: SimCallee, seconds: float = 40.0) -> tuple[SimAgent, str]:
    """An agent takes the offer to call this person back; the call's id."""
    masked = stage.carrier.caller(person.number).masked
    stage.desk.expected.add(masked)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        agent = await stage.desk.reserve(masked, masked, seconds)
        offer = agent.offer_of(masked) or {}
        if offer.get("kind", "call") == "call":  # the one he hung up on has not left the console yet
            stage.desk.give_back(agent)
            await asyncio.sleep(0.1)
            continue
        try:
            return agent, await agent.accept(offer["offer_id"])
        except ApiError as error:
            stage.desk.give_back(agent)
            if error.code != "offer.gone":
                raise
    raise AssertionError("nobody was offered the call back")


def test_a_lost_caller_is_called_back(hotline: Hotline) -> None:
    """Abandoned in the queue → task → offer → the agent's phone, then the person's → both heard and recorded → done."""

    async def play() -> None:
        async with people(hotline.settings, seed=31) as stage:
            person = await abandoned(stage, "answers")
            agent, call_id = await accepts(stage, person)
            ring = await agent.phone.rings(10)
            assert ring is not None, "the agent's phone did not ring"
            assert not person.calls or person.at[0] > ring.at, "the person was dialled before the agent"
            call = await picked_up(person)
            answered = time.time()
            assert await call.hears(agent.voice, 5), "the person does not hear the agent"
            assert time.time() - answered < 2.0, "a person who answers hears a human within 2 s"
            assert await ring.call.hears(person.voice, 5), "the agent does not hear the person"
            await asyncio.sleep(7.0)  # the notice is over, the talk is recorded
            call.hang_up()
            assert await ring.call.ended(5)
            await agent.write_up(call_id, FORM)
            stage.desk.give_back(agent)
            found = await record(stage, call_id)
            assert (found["direction"], found["cause"], found["outcome"]) == ("outbound", "completed", "consultation"), found
            names = [fact["name"] for fact in found["timeline"]]
            wanted = ["agent_dialled", "agent_answered", "caller_dialled", "call_answered", "notice_played", "agent_connected"]
            assert [name for name in names if name in wanted] == wanted
            assert [item["state"] for item in found["recordings"]] == ["sealed"]
            assert found["recordings"][0]["seconds"] > 1.0
            task = await task_of(stage, person, kind="call_back", state="done")
            assert (task["result"], task["tries"], task["calls"], person.visits) == ("reached", 1, 1, 1)

    asyncio.run(play())
    hotline.doctor(settle=45)


def test_three_tries_end_in_a_coded_result(hotline: Hotline) -> None:
    """Busy each time: the agent is free at once, the person is called again after the spacing, three times and no more."""

    async def play() -> None:
        async with people(hotline.settings, seed=32) as stage:
            person = await abandoned(stage, "busy")
            calls: list[str] = []
            for number in (1, 2, 3):
                agent, call_id = await accepts(stage, person)
                calls.append(call_id)
                deadline = time.monotonic() + 30
                while person.rejected < number and time.monotonic() < deadline:
                    await asyncio.sleep(0.1)
                assert person.rejected == number
                task = await task_of(stage, person, kind="call_back", tries=number)
                assert (task["result"], task["state"]) == ("busy", "open" if number < 3 else "given_up")
                while agent.state != "available" and time.monotonic() < deadline:
                    await asyncio.sleep(0.1)
                assert agent.state == "available", "the agent is not free at once"
                stage.desk.give_back(agent)
            assert len(set(calls)) == 3
            assert (await record(stage, calls[0]))["outcome"] == "attempt"
            assert task["close_reason"] == "tries"
            rows = (await stage.records.get(f"/api/tasks/{task['id']}"))["tries_made"]
            assert [row["outcome"] for row in rows] == ["busy", "busy", "busy"]
            assert stage.desk.offer_of(stage.carrier.caller(person.number).masked) is None, "nobody is asked a fourth time"

    asyncio.run(play())
    hotline.doctor(settle=45)


def test_a_worker_that_dies_costs_no_call_back_and_makes_no_second_call(hotline: Hotline) -> None:
    """kill -9 while the person's phone rings: the task is due again, and at no time do two calls go out."""

    async def play() -> None:
        async with people(hotline.settings, seed=33) as stage:
            person = await abandoned(stage, "no_answer")
            agent, call_id = await accepts(stage, person)
            deadline = time.monotonic() + 30
            while not person.calls and time.monotonic() < deadline:
                await asyncio.sleep(0.1)
            assert person.calls, "the person's phone did not ring"
            snapshot = await stage.records.get(f"/api/calls/{call_id}")
            arrived = next(fact for fact in snapshot["timeline"] if fact["name"] == "call_arrived")
            psutil.Process(int(arrived["data"]["worker"].partition("-")[0])).kill()
            assert await person.calls[0].ended(10), "the person's phone rings on"
            stage.desk.give_back(agent)
            person.character = "answers"
            agent, second = await accepts(stage, person)
            assert second != call_id
            call = await picked_up(person)
            assert await call.hears(agent.voice, 5)
            await asyncio.sleep(7.0)
            call.hang_up()
            await agent.write_up(second, FORM)
            stage.desk.give_back(agent)
            assert person.visits == 2
            task = await task_of(stage, person, kind="call_back", state="done")
            assert (task["result"], task["tries"]) == ("reached", 1)

    asyncio.run(play())
    hotline.doctor(settle=60)


def test_somebody_who_calls_again_and_is_answered_is_not_called(hotline: Hotline) -> None:
    """The task closes by itself when the number reaches a human; nobody is dialled."""

    async def play() -> None:
        async with people(hotline.settings, seed=34) as stage:
            caller = await waiting_caller(stage)
            person = stage.carrier.add_person(SimCallee(caller.number, "answers", voice=caller.voice))
            for agent in stage.desk.agents:
                await agent.console.put("/api/agents/me/state", {"state": "paused", "reason": "meal"})
            caller.hang_up()
            assert await caller.ended(5)
            task = await task_of(stage, person, kind="call_back", state="open")
            again = stage.carrier.caller(person.number, voice=caller.voice)
            assert await stage.carrier.dial(again) == 200
            for agent in stage.desk.agents:
                await agent.be_available()
            agent = await stage.desk.reserve(again.masked, again.masked, 30)
            offer = agent.offer_of(again.masked) or {}
            assert offer.get("kind") == "call", "the live call is shown, not the call back"
            call_id = await agent.accept(offer["offer_id"])
            ring = await agent.phone.rings(10)
            assert ring is not None
            assert await again.hears(agent.voice, 10)
            await asyncio.sleep(1.0)
            again.hang_up()
            await agent.write_up(call_id, FORM)
            stage.desk.give_back(agent)
            closed = await task_of(stage, person, kind="call_back", state="done")
            assert (closed["id"], closed["close_reason"], closed["tries"]) == (task["id"], "called_again", 0)
            await asyncio.sleep(3.0)
            assert person.visits <= 1, "only the rating call may come"

    asyncio.run(play())
    hotline.doctor(settle=60)


def test_a_rating_is_asked_for_by_telephone(hotline: Hotline) -> None:
    """The caller hangs up before the rating; a short automatic call asks for it, and it is stored for the consultation."""

    async def play() -> None:
        async with people(hotline.settings, seed=35) as stage:
            talk = await Talk.begin(stage)
            person = stage.carrier.add_person(SimCallee(talk.caller.number, "rates", voice=talk.caller.voice, key="4"))
            await talk.goes_on(2.0)
            found = await talk.end()
            assert found["rating"] is None
            task = await task_of(stage, person, 60, kind="rating", state="done")
            assert (task["result"], task["tries"], person.visits) == ("reached", 1, 1)
            deadline = time.monotonic() + 20
            while found["rating"] is None and time.monotonic() < deadline:
                await asyncio.sleep(0.5)
                found = await stage.records.get(f"/api/calls/{talk.call_id}")
            row = found["rating_row"]
            assert (found["rating"], row["method"], row["person_id"]) == (4, "call", talk.agent.agent_id)
            follow = await task_of(stage, person, 30, kind="follow_up", state="open")
            assert follow["reason"] == "rated_4"

    asyncio.run(play())
    hotline.doctor(settle=60)


def test_the_switch_stops_everything_and_keeps_the_task(hotline: Hotline) -> None:
    """Thrown by a supervisor: nobody is offered, nobody is dialled; allowed again, the call goes out."""

    async def play() -> None:
        async with people(hotline.settings, seed=36) as stage:
            await stage.records.put("/api/outbound", {"on": False, "reason": "测试"})
            person = await abandoned(stage, "answers")
            task = await task_of(stage, person, kind="call_back", state="open")
            agent = stage.desk.agents[0]
            with pytest.raises(ApiError, match=r"outbound\.switched_off"):
                await agent.console.post(f"/api/tasks/{task['id']}/call", {})
            await asyncio.sleep(3.0)
            assert person.visits == 0
            await stage.records.put("/api/outbound", {"on": True, "reason": ""})
            stage.desk.expected.add(stage.carrier.caller(person.number).masked)
            stage.desk.keep(agent, "by hand")
            deadline = time.monotonic() + 20
            call_id = ""
            while not call_id and time.monotonic() < deadline:
                with contextlib.suppress(ApiError):
                    call_id = (await agent.console.post(f"/api/tasks/{task['id']}/call", {}))["call_id"]
                await asyncio.sleep(0.3)
            ring = await agent.phone.rings(15)
            assert ring is not None, "the agent who pressed the button is called first"
            while person.talking is None and time.monotonic() < deadline + 20:
                await asyncio.sleep(0.05)
            call = person.talking
            assert call is not None
            assert await call.hears(agent.voice, 5)
            await asyncio.sleep(7.0)
            call.hang_up()
            await agent.write_up(call_id, FORM)
            stage.desk.give_back(agent)
            await task_of(stage, person, kind="call_back", state="done", result="reached")

    asyncio.run(play())
    hotline.doctor(settle=60)
