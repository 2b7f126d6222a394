"""What happens around a wait and within a talk, on real SIP and RTP: places that are kept (call-back asked for in the queue, a
conversation process that dies, closing time), and more than two people on a call (colleagues with two consoles, two experts
and a supervisor, a rating call that leads to a human).

One hotline, one desk, and all scenes at once: each waits for what should come, and for nothing else. Those who wait stand in
the queue CT, which only its own agents serve; the others play in GN.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psutil
import pytest

from hotline.core.calendars.days import ZONE
from hotline.simulate import demo_people
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.callee import SimCallee
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.console import ApiError, Console
from hotline.simulate.people.phone import Ring
from hotline.simulate.stage import Stage
from hotline.store.demo import DEMO_OFFICE_LINE, DEMO_PASSWORD
from tests.system.running import QUICK_NUMBER, Hotline
from tests.system.talking import FORM, Talk, boss_at_work, people, record

pytestmark = [pytest.mark.sip, pytest.mark.timeout(300)]

MAIN = "12348"
OFFICE_CALENDAR = "cal_5x8"
FLOW = """
title: {zh: 场景, en: scenes}
languages: [zh-CN, en]
start: desk
nodes:
  desk:
    say: [connecting]
    wait: {for: queue, queue: CT, seconds: 600, callback: true}
    route: {talked: over, timeout: over, closed: over, failed: over, callback: kept}
  kept:
    say: [callback_kept]
    hang_up: callback_promised
  over:
    say: [goodbye]
    hang_up: completed
"""
SCENES: dict[str, Any] = {
    "callbacks": {"hours": "00:00-24:00"},
    "rating_call": {"enabled": True, "hours": "00:00-24:00", "after_seconds": 0, "min_talk_seconds": 1},
    "queue": {"callback_after_seconds": 3},
    "queues": {"CT": {"closing": "move", "night_queue": "NT", "relax": [{"after": 0}]}},
    "transfer": {"parallel": 2, "ring_seconds": 25, "accept_seconds": 4},
}


@pytest.fixture(scope="module")
def hotline() -> Iterator[Hotline]:
    made = Hotline(**SCENES)
    (made.home / "flows" / "scenes.yaml").write_text(FLOW, "utf-8")
    made.values["flows"]["entry"] |= {MAIN: "scenes", DEMO_OFFICE_LINE: "scenes"}
    made.write()
    try:
        made.start()
        yield made
        assert made.stop() == 0, made.printed()[-3000:]
    finally:
        made.remove()


async def until(look: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait until `look()` gives something true; that."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.05)
    return found


def shown(stage: Stage, caller: SimCaller) -> dict[str, Any]:
    """The live call of that caller as the supervisor's board has it; empty when there is none."""
    found = [
        one
        for key, one in stage.records.state.items()
        if key.startswith("calls/") and one["caller_masked"] == caller.masked and one["phase"] != "ended"
    ]
    return max(found, key=lambda one: float(one["arrived_at"]), default={})


async def in_queue(stage: Stage, caller: SimCaller) -> dict[str, Any]:
    def waits() -> dict[str, Any]:
        call = shown(stage, caller)
        return call if call.get("phase") == "queue" else {}

    found: dict[str, Any] = await until(waits, 20, f"{caller.masked} waits")
    return found


async def happened(stage: Stage, call_id: str, name: str, seconds: float = 25.0) -> dict[str, Any]:
    """The data of a fact on record, once it is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            facts = (await stage.records.get(f"/api/calls/{call_id}"))["timeline"]
        except ApiError:
            facts = []
        for fact in facts:
            if fact["name"] == name:
                return dict(fact["data"])
        await asyncio.sleep(0.2)
    raise AssertionError(f"{name} did not happen within {seconds} s: {[fact['name'] for fact in facts]}")


async def dial(stage: Stage, number: str, like: SimCaller | None = None) -> SimCaller:
    """A caller of that line of ours: a new one, or `like` once more."""
    caller = stage.carrier.caller(
        like.number if like else stage.numbers.next(), voice=like.voice if like else stage.next_voice()
    )
    host, port = stage.carrier.edge
    assert await caller.dial(f"sip:{number}@{host}:{port}", headers=stage.carrier.headers(caller)) == 200
    return caller


async def task_of(stage: Stage, caller: SimCaller, kind: str, seconds: float = 40.0, **wanted: Any) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    found: dict[str, Any] = {}
    while time.monotonic() < deadline:
        rows = (await stage.records.get("/api/tasks", limit=200, view="all"))["items"]
        found = next((row for row in rows if row["caller_masked"] == caller.masked and row["kind"] == kind), {})
        if found and all(found[key] == value for key, value in wanted.items()):
            return found
        await asyncio.sleep(0.2)
    raise AssertionError(f"the task is {found}, wanted {wanted}")


@asynccontextmanager
async def console(hotline: Hotline, name: str) -> AsyncIterator[Console]:
    made = Console(demo_people.base_url(hotline.settings), name, DEMO_PASSWORD)
    await made.log_in()
    try:
        yield made
    finally:
        await made.close()


async def takes(stage: Stage, agent: SimAgent, masked: str, kind: str = "call") -> tuple[str, Ring]:
    """The agent is offered this one (and nobody before them), accepts, and the own phone rings."""
    offer = await agent.offer(masked, 40)
    assert offer.get("kind", "call") == kind, offer
    others = [one for key, one in agent.console.state.items() if key.startswith("offers/") and one["caller_masked"] != masked]
    assert all(agent.agent_id not in one["agent_ids"] for one in others), "somebody younger is offered to the only free agent"
    call_id = await agent.accept(offer["offer_id"])
    ring = await agent.phone.rings(15)
    assert ring is not None, f"the phone of {agent.name} did not ring"
    return call_id, ring


async def over(agent: SimAgent, call_id: str, caller: Any) -> None:
    caller.hang_up()
    await agent.write_up(call_id, FORM)


async def talk_of(stage: Stage, agent: SimAgent, called: str) -> Talk:
    """A new caller of that number of ours, and this agent."""
    others = [one for one in stage.desk.agents if one is not agent and not one.busy_with]
    for one in others:
        one.busy_with = "somebody else's turn"
    stage.carrier.called = called
    talk = await Talk.begin(stage)
    for one in others:
        one.busy_with = ""
    assert talk.agent is agent
    return talk


async def test_waiting_and_talking(hotline: Hotline) -> None:
    async with people(hotline.settings, seed=81, seats=6) as stage, boss_at_work(hotline) as boss:
        contracts, labour, family, rater, second, colleague = stage.desk.agents  # 8001 … 8006: 8001, 8004 and 8005 serve CT
        lawyers = {number for _, number, _ in demo_people.experts()}
        for expert in stage.carrier.experts.values():
            expert.character = "no_answer" if expert.number in lawyers else expert.character
        await second.pause("training")
        await second.until_state("paused")
        rated = await talk_of(stage, rater, QUICK_NUMBER)
        first = await talk_of(stage, contracts, MAIN)
        waiting = asyncio.ensure_future(four_wait(stage))
        handed = await talk_of(stage, labour, QUICK_NUMBER)
        watched = await talk_of(stage, family, QUICK_NUMBER)
        await asyncio.gather(colleagues(stage, handed, colleague), supervised_hunts(boss, watched), waiting)
        await asks_for_a_human(stage, rated)
        for agent in (labour, family, rater, colleague):
            await agent.pause("training")
        await served_in_order(hotline, stage, first, second, await waiting)
    await asyncio.to_thread(hotline.doctor, 60)


# Places that are kept.


@dataclass
class Waiting:
    """Who waits, the oldest first, and what the board said of them."""

    late: SimCaller
    late_call: dict[str, Any]
    asks: SimCaller
    task: dict[str, Any]
    cut: SimCaller
    young: SimCaller


async def four_wait(stage: Stage) -> Waiting:
    """While the only agent of CT talks: closing time will come for one, one asks to be called back, one is cut off by the death
    of the process and dials again, the youngest just waits."""
    late = await dial(stage, DEMO_OFFICE_LINE)
    late_call = await in_queue(stage, late)
    asks = await dial(stage, MAIN)
    asks_call = await in_queue(stage, asks)
    cut = await dial(stage, MAIN)
    cut_call = await in_queue(stage, cut)
    young, task = await asyncio.gather(cut_off_and_back(stage, cut, cut_call), asks_to_be_called(stage, asks, asks_call))
    return Waiting(late, late_call, asks, task, cut, young)


async def served_in_order(hotline: Hotline, stage: Stage, talk: Talk, second: SimAgent, line: Waiting) -> None:
    """They are served in the order in which they came: at the night desk, by calling back, and the one who was cut off."""
    first, asks, late, cut = talk.agent, line.asks, line.late, line.cut
    async with console(hotline, "admin") as admin:
        try:
            await closing_time(stage, admin, late, line.late_call)
            person = stage.carrier.add_person(SimCallee(asks.number, "answers", voice=asks.voice))
            stage.desk.expected.add(asks.masked)
            await over(first, talk.call_id, talk.caller)
            call_id, ring = await takes(stage, first, late.masked)
            assert await late.hears(first.voice, 15)
            assert await ring.call.hears(late.voice, 15)
            await over(first, call_id, late)
            found = await record(stage, call_id)
            assert (found["agent_id"], found["queue"], found["outcome"]) == (first.agent_id, "NT", "consultation")

            call_id, ring = await takes(stage, first, asks.masked, "call_back")
            await until(lambda: person.talking, 20, "the person's phone rings and is answered")
            assert person.at[0] > ring.at, "the person was dialled before the agent"
            await second.be_available()
            (cut_id, _), heard = await asyncio.gather(takes(stage, second, cut.masked), person.talking.hears(first.voice, 15))
            assert heard
            assert await cut.hears(second.voice, 15)
            line.young.hang_up()
            await happened(stage, call_id, "agent_connected")  # the notice of recording is over: now it is a talk
            await asyncio.gather(over(second, cut_id, cut), over(first, call_id, person.talking))
            done = await task_of(stage, asks, "call_back", state="done")
            assert (done["id"], done["result"], done["tries"], person.visits) == (line.task["id"], "reached", 1, 1)
        finally:
            await admin.request("DELETE", f"/api/calendars/{OFFICE_CALENDAR}/days/{today()}")


async def asks_to_be_called(stage: Stage, caller: SimCaller, call: dict[str, Any]) -> dict[str, Any]:
    """Offered after a while, key 1: thanked and let go; the task keeps the place and is due at once."""
    call_id = call["call_id"]
    assert (await happened(stage, call_id, "callback_offered"))["reason"] == "waited"
    for _ in range(5):
        await caller.press("1")
        if await caller.ended(5):
            break
    assert await caller.ended(15)
    found = await record(stage, call_id)
    assert (found["cause"], found["outcome"]) == ("callback_promised", "callback")
    task = await task_of(stage, caller, "call_back", state="open", reason="in_queue")
    assert task["place_at"] == pytest.approx(call["queued_at"], abs=0.01)
    assert task["due_at"] <= time.time()
    return task


async def cut_off_and_back(stage: Stage, caller: SimCaller, call: dict[str, Any]) -> SimCaller:
    """kill -9 of the process; somebody younger comes; the caller dials again, is told, and stands before the younger one."""
    arrived = await happened(stage, call["call_id"], "call_arrived")
    psutil.Process(int(str(arrived["worker"]).partition("-")[0])).kill()
    assert await caller.ended(15), "the dead process has left the caller's leg up"
    young = await dial(stage, MAIN)
    await in_queue(stage, young)
    again = await dial(stage, MAIN, like=caller)
    caller.call = again.call
    restored = await happened(stage, (await in_queue(stage, again))["call_id"], "place_restored")
    assert restored["queued_at"] == pytest.approx(call["queued_at"], abs=0.01)
    assert restored["lost_call_id"] == call["call_id"]
    await until(
        lambda: 0 < (shown(stage, again)["position"] or 0) < (shown(stage, young)["position"] or 0), 10, "the old place"
    )
    return young


def today() -> str:
    return datetime.now(ZONE).date().isoformat()


async def closing_time(stage: Stage, admin: Console, caller: SimCaller, call: dict[str, Any]) -> None:
    """The line closed at the last full minute, after the caller had come: they go to the night desk, at the old place."""

    def minute() -> int:
        now = datetime.now(ZONE)
        begun = now.replace(second=0, microsecond=0).timestamp()
        return 60 * now.hour + now.minute if begun > call["queued_at"] + 0.1 else 0

    closed = await until(minute, 130, "a full minute")
    body = {"hours": [[0, closed]], "reason": "测试提前下班"}
    await admin.put(f"/api/calendars/{OFFICE_CALENDAR}/days/{today()}", body)
    await until(lambda: shown(stage, caller).get("queue") == "NT", 30, "the night desk's queue")
    assert shown(stage, caller)["queued_at"] == pytest.approx(call["queued_at"], abs=0.01)
    assert not await caller.ended(0.5)


# More than two.


async def colleagues(stage: Stage, talk: Talk, other: SimAgent) -> None:
    """Asked and declined: the caller is back. Asked and there, then gone: back. Asked as a group, and handed over."""
    agent, call_id = talk.agent, talk.call_id
    stage.desk.keep(other, "colleague")

    def stands(**wanted: Any) -> bool:
        transfer = agent.call(call_id).get("transfer") or {}
        return all(transfer.get(key) == value for key, value in wanted.items())

    async def ask(target: dict[str, str]) -> dict[str, Any]:
        await agent.console.post(f"/api/calls/{call_id}/transfer", {"kind": "attended", "target": target})
        offer: dict[str, Any] = await other.offer(talk.caller.masked, 10)
        assert offer["transfer"]["agent_id"] == agent.agent_id, offer
        return offer

    person = {"type": "agent", "id": other.agent_id}
    await other.decline((await ask(person))["offer_id"])
    await until(lambda: stands(state="returned"), 15, "declined: the caller is back")
    await talk.hear_each_other()

    await other.accept((await ask(person))["offer_id"])
    ring = await other.phone.rings(15)
    assert ring is not None
    await until(lambda: stands(stage="consult"), 15, "the two talk")
    assert await ring.call.hears(agent.voice, 15)
    ring.call.hang_up()
    await until(lambda: stands(state="returned"), 15, "the colleague has left: the caller is back")
    await talk.hear_each_other()
    await other.free()

    await other.accept((await ask({"type": "queue", "id": "GN"}))["offer_id"])
    ring = await other.phone.rings(15)
    assert ring is not None
    await until(lambda: stands(stage="consult"), 15, "the two talk again")
    await agent.order(call_id, "complete-transfer")
    assert await talk.caller.hears(other.voice, 15)
    assert await ring.call.hears(talk.caller.voice, 15)
    await agent.free()
    talk.caller.hang_up()
    await other.write_up(call_id, FORM)
    found = await record(stage, call_id)
    persons = [fact["data"]["agent_id"] for fact in found["timeline"] if fact["name"] == "agent_connected"]
    assert persons == [agent.agent_id, other.agent_id], found["talks"]
    names = [fact["name"] for fact in found["timeline"]]
    assert (names.count("third_asked"), names.count("offer_declined"), names.count("third_dialled")) == (3, 1, 2)
    stage.desk.give_back(other)
    stage.desk.give_back(agent)


async def supervised_hunts(boss: SimAgent, talk: Talk) -> None:
    """Two experts ring: the supervisor finds no leg, and is told so. With the supervisor on the call only one expert rings; a
    take-over meanwhile stops the search, and the caller talks with the supervisor."""
    agent, call_id, stage = talk.agent, talk.call_id, talk.stage
    url = f"/api/calls/{call_id}/monitor"
    wanted = {"mode": "listen", "purpose": "测试监听"}

    def tries(*states: str) -> list[dict[str, Any]]:
        transfer = boss.console.state[f"calls/{call_id}"].get("transfer") or {}
        return [one for one in transfer.get("tries", ()) if one["state"] in states]

    await agent.transfer(call_id, "0101", "990102")
    await until(lambda: len(tries("ringing")) == 2, 20, "two experts ring")
    with pytest.raises(ApiError, match=r"monitor\.no_leg"):
        await boss.console.post(url, wanted)
    await agent.cancel_transfer(call_id)
    await talk.hear_each_other()
    await boss.console.post(url, wanted)
    ring = await boss.phone.rings(15)
    assert ring is not None
    await until(lambda: (agent.call(call_id).get("monitor") or {}).get("state") == "on", 15, "the supervisor listens")
    await agent.transfer(call_id, "0101", "990102")
    await until(lambda: len(tries("ringing")) == 1, 20, "one expert rings")
    await asyncio.sleep(6.0)  # longer than an order waits for a leg
    assert len(tries("ringing")) == 1, "never more than four legs"
    assert not tries("dialling", "answered")
    await boss.console.post(f"/api/calls/{call_id}/take-over", {"agent_stays": False, "purpose": "测试接管"})
    assert await talk.caller.hears(boss.voice, 15)
    assert await ring.call.hears(talk.caller.voice, 15)
    assert await talk.ring.call.ended(10)
    await until(lambda: not tries("ringing"), 15, "nobody is rung any more")
    assert all(not visit.call.is_up for expert in stage.carrier.experts.values() for visit in expert.visits)
    talk.caller.hang_up()
    assert await ring.call.ended(10)
    await agent.write_up(call_id, FORM)
    await boss.until_state("wrap_up", timeout=15)
    await boss.console.post("/api/agents/me/end-wrap-up")
    await boss.until_state("offline")
    stage.desk.give_back(agent)
    found = await record(stage, call_id)
    assert [(one["person_id"], one["ended_by"]) for one in found["talks"]] == [
        (agent.agent_id, "takeover"),
        ("agt_8000", "caller"),
    ]
    assert most_legs(found["timeline"]) == 4


def most_legs(facts: list[dict[str, Any]]) -> int:
    """The most legs at once, by what was dialled and what ended."""
    up, most = {"caller", "agent"}, 2
    for fact in facts:
        data, name = fact["data"], fact["name"]
        if name in ("expert_dialled", "monitor_dialled"):
            up.add(str(data.get("try_id") or data["monitor_id"]))
        elif name in ("expert_tried", "monitor_ended", "monitor_failed"):
            up.discard(str(data.get("try_id") or data["monitor_id"]))
        if name == "monitor_ended" and data["ended_by"] == "takeover":
            up = {"caller", "supervisor"}
        most = max(most, len(up))
    return most


async def asks_for_a_human(stage: Stage, talk: Talk) -> None:
    """The caller hung up without rating. The automatic call for it: key 0 while the first words are said, and an agent talks
    with the person."""
    person = stage.carrier.add_person(SimCallee(talk.caller.number, "asks_human", voice=talk.caller.voice))
    stage.desk.expected.add(talk.caller.masked)
    await talk.end()
    await until(lambda: person.talking, 40, "the rating call came")
    agent = await stage.desk.reserve(talk.caller.masked, talk.caller.masked, 40)
    call_id, ring = await takes(stage, agent, talk.caller.masked)
    assert await person.talking.hears(agent.voice, 15)
    assert await ring.call.hears(person.voice, 15)
    await over(agent, call_id, person.talking)
    stage.desk.give_back(agent)
    found = await record(stage, call_id)
    assert (found["direction"], found["cause"], found["agent_id"]) == ("outbound", "completed", agent.agent_id)
    task = await task_of(stage, talk.caller, "rating", state="done")
    assert (task["result"], task["tries"]) == ("reached", 1)
