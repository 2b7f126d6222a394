"""Four real phones and what each of them hears: a supervisor listens, whispers, barges in and takes over; what is recorded;
and danger to life, from the agent's button to a caller who is not let go."""

from __future__ import annotations

import asyncio
import io
import time
import wave
from typing import Any

import httpx
import numpy as np
import pytest

from hotline.simulate import clips, tones
from hotline.simulate.call import SimCall
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.console import ApiError
from hotline.simulate.stage import Stage
from tests.system.running import Hotline
from tests.system.talking import FORM, Talk, boss_at_work, people, record, waiting_caller

pytestmark = [pytest.mark.sip, pytest.mark.timeout(240)]

WHY = "测试监听"
HEARD_SECONDS = 0.8


class Room:
    """Whoever is on the call, by name, with their voices."""

    def __init__(self, **calls: tuple[SimCall, int]) -> None:
        self.calls = calls

    async def hearers(self, speaker: str, expected: set[str]) -> set[str]:
        """Only `speaker` talks: who hears that voice. Those `expected` to are waited for, the others have as long."""
        number = self.calls[speaker][1]
        for name, (call, _) in self.calls.items():
            call.say(clips.voice(number) if name == speaker else clips.silence())
        await asyncio.sleep(0.6)  # what was said before has died away
        since = time.time()
        await asyncio.sleep(HEARD_SECONDS + 0.6)
        for name in expected:
            await self.calls[name][0].ear.until(lambda ear: number in ear.voices_heard(since), 12)
        return {name for name, (call, _) in self.calls.items() if number in call.ear.voices_heard(since)}

    async def heard(self, table: dict[str, set[str]]) -> None:
        """`table` says who hears each speaker: all of those, and nobody else."""
        assert {name: await self.hearers(name, expected) for name, expected in table.items()} == table


async def monitor_is(boss: SimAgent, call_id: str, mode: str | None) -> None:
    def there(state: dict[str, Any]) -> bool:
        monitor = state.get(f"calls/{call_id}", {}).get("monitor")
        return monitor is None if mode is None else bool(monitor and monitor["state"] == "on" and monitor["mode"] == mode)

    assert await boss.console.until(there, 15), boss.console.state.get(f"calls/{call_id}")


async def test_listen_whisper_barge_take_over_by_ear(hotline: Hotline) -> None:
    async with people(hotline.settings, seed=4711, seats=1) as stage, boss_at_work(hotline) as boss:
        talk = await Talk.begin(stage)
        url = f"/api/calls/{talk.call_id}/monitor"
        await boss.console.post(url, {"mode": "listen", "purpose": WHY})
        ring = await boss.phone.rings(10)
        assert ring is not None
        await monitor_is(boss, talk.call_id, "listen")
        room = Room(
            caller=(talk.caller.call, talk.caller.voice),
            agent=(talk.ring.call, talk.agent.voice),
            boss=(ring.call, boss.voice),
        )
        await room.heard({"caller": {"agent", "boss"}, "agent": {"caller", "boss"}, "boss": set()})
        told = talk.agent.call(talk.call_id)["monitor"]
        assert (told["mode"], told["agent_id"]) == ("listen", "agt_8000")

        await boss.console.put(url, {"mode": "whisper"})
        await monitor_is(boss, talk.call_id, "whisper")
        await room.heard({"boss": {"agent"}})

        barged_at = time.time()
        await boss.console.put(url, {"mode": "barge"})
        await monitor_is(boss, talk.call_id, "barge")
        await room.heard({"boss": {"agent", "caller"}})
        barged = time.time() - barged_at
        await room.heard({"caller": {"agent", "boss"}})

        await boss.console.put(url, {"mode": "listen"})
        await monitor_is(boss, talk.call_id, "listen")
        await room.heard({"boss": set()})
        await boss.console.post(f"/api/calls/{talk.call_id}/take-over", {"agent_stays": False, "purpose": WHY})
        assert await talk.ring.call.ended(10), "the agent is still on the line"
        await boss.until_state("on_call", timeout=10)
        await talk.agent.until_state("wrap_up", timeout=10)
        both = Room(caller=room.calls["caller"], boss=room.calls["boss"])
        await both.heard({"caller": {"boss"}, "boss": {"caller"}})
        await asyncio.sleep(1.0)
        talk.caller.hang_up()
        assert await ring.call.ended(5)
        await boss.until_state("wrap_up", timeout=10)
        await talk.agent.write_up(talk.call_id, FORM)
        await boss.console.post("/api/agents/me/end-wrap-up")
        await boss.until_state("offline")
        stage.desk.give_back(talk.agent)
        found = await record(stage, talk.call_id)
        assert [(one["person_id"], one["ended_by"]) for one in found["talks"]] == [
            ("agt_8001", "takeover"),
            ("agt_8000", "caller"),
        ]
        first, second = found["talks"]
        assert second["started_at"] - first["ended_at"] < 0.5
        await _recorded(stage, found, room, barged)
    hotline.doctor()


async def _recorded(stage: Stage, found: dict[str, Any], room: Room, barged: float) -> None:
    """Left only the caller; right the agent, and the supervisor for the `barged` seconds; then the supervisor alone."""
    voice = {name: number for name, (_, number) in room.calls.items()}
    first, second = sorted(found["recordings"], key=lambda one: one["started_at"])
    left, right = await _voices(stage, first)
    assert left <= {voice["caller"]}, left
    assert voice["agent"] in right
    assert voice["boss"] in right  # the barge
    said = await _seconds(stage, first, voice["boss"])
    assert 0.5 < said < barged + 0.5, f"{said} of {barged} s of the supervisor: whispering and listening are not recorded"
    left, right = await _voices(stage, second)
    assert left == {voice["caller"]}
    assert right == {voice["boss"]}


async def _channels(stage: Stage, recording: dict[str, Any]) -> list[list[int]]:
    response = await stage.records._http.get(f"/api/recordings/{recording['recording_id']}/audio", params={"purpose": WHY})
    assert response.status_code == httpx.codes.OK, response.text
    with wave.open(io.BytesIO(response.content)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    whole = len(samples) // tones.WINDOW * tones.WINDOW
    return [
        [int(one) for one in tones.detect_voices(samples[:whole, side].astype(np.float32).reshape(-1, tones.WINDOW))[0]]
        for side in (0, 1)
    ]


async def _voices(stage: Stage, recording: dict[str, Any]) -> tuple[set[int], set[int]]:
    left, right = await _channels(stage, recording)
    return _heard(left), _heard(right)


async def _seconds(stage: Stage, recording: dict[str, Any], number: int) -> float:
    return (await _channels(stage, recording))[1].count(number) / 10


def _heard(windows: list[int]) -> set[int]:
    return {number for number in windows if number >= 0 and windows.count(number) >= 4}


async def test_a_supervisors_phone_that_fails_disturbs_nobody(hotline: Hotline) -> None:
    async with people(hotline.settings, seed=4712, seats=1) as stage, boss_at_work(hotline) as boss:
        talk = await Talk.begin(stage)
        boss.phone.behaviour = "busy"
        await boss.console.post(f"/api/calls/{talk.call_id}/monitor", {"mode": "barge", "purpose": WHY})
        assert await boss.console.until(lambda _: boss.phone.turned_away == 1, 15)
        await monitor_is(boss, talk.call_id, None)
        boss.phone.behaviour = "answer"
        await boss.console.post(f"/api/calls/{talk.call_id}/monitor", {"mode": "listen", "purpose": WHY})
        ring = await boss.phone.rings(10)
        assert ring is not None
        await monitor_is(boss, talk.call_id, "listen")
        ring.call.leg.hang_up()
        await monitor_is(boss, talk.call_id, None)
        await talk.goes_on(1.5)
        talk.no_gap(talk.since)
        await talk.end()
    hotline.doctor()


async def test_danger_to_life_from_the_button_to_the_end(hotline: Hotline) -> None:
    async with people(hotline.settings, seed=4713, seats=2) as stage, boss_at_work(hotline) as boss:
        talk = await Talk.begin(stage)
        started = time.time()
        answer = await talk.agent.console.post(f"/api/calls/{talk.call_id}/emergency", {"flags": ["R01"]})
        key, url = f"emergencies/{answer['id']}", f"/api/emergencies/{answer['id']}"
        assert await boss.console.until(lambda state: key in state, 10)
        assert time.time() - started < 10
        await boss.console.post(f"{url}/seen")
        await boss.console.post(f"{url}/acknowledge")
        pinned = await boss.console.until(lambda state: state[f"calls/{talk.call_id}"]["pinned"] == answer["id"], 10)
        assert pinned
        with pytest.raises(ApiError, match=r"emergency\.pinned"):
            await talk.agent.hang_up(talk.call_id)
        # The agent's phone goes all the same: the caller waits again, with the highest priority, and is not let go.
        talk.ring.call.leg.hang_up()
        assert await boss.console.until(lambda state: state[f"calls/{talk.call_id}"]["phase"] == "queue", 10)
        assert boss.console.state[f"calls/{talk.call_id}"]["priority"] == 9
        assert not await talk.caller.ended(1.0)
        talk.caller.hang_up()
        lost = await boss.console.until(lambda state: bool(state[key]["line_lost_at"]) and bool(state[key]["callback_id"]), 15)
        assert lost, boss.console.state[key]
        report = {"result": "lost_contact", "what": "当事人挂断", "told": "110"}
        await boss.console.post(f"{url}/close", report)
        assert await boss.console.until(lambda state: key not in state, 10)
        await talk.agent.write_up(talk.call_id, FORM)
        stage.desk.give_back(talk.agent)
        await record(stage, talk.call_id)
    hotline.doctor()


async def test_pulled_forward_past_an_older_caller(hotline: Hotline) -> None:
    async with people(hotline.settings, seed=4714, seats=1) as stage, boss_at_work(hotline) as boss:
        agent = stage.desk.agents[0]
        await agent.pause("rest")
        await agent.until_state("paused")
        first, second = await waiting_caller(stage), await waiting_caller(stage)

        def of(masked: str) -> dict[str, Any]:
            calls = [item for key, item in boss.console.state.items() if key.startswith("calls/")]
            return next((item for item in calls if item["caller_masked"] == masked and item["phase"] == "queue"), {})

        assert await boss.console.until(lambda _: bool(of(first.masked) and of(second.masked)), 30)
        pulled = await boss.console.post(f"/api/calls/{of(second.masked)['call_id']}/pull-forward", {"reason": "孕妇"})
        assert pulled["position"] == 1
        await agent.be_available()
        offer = await agent.offer(second.masked, 15)
        call_id = await agent.accept(offer["offer_id"])
        assert await agent.phone.rings(10) is not None
        await agent.until_state("on_call")
        first.hang_up()
        second.hang_up()
        await agent.write_up(call_id, FORM)
        await record(stage, call_id)
    hotline.doctor()
