"""A headset in a real browser, through Kamailio and rtpengine, with a whole hotline behind it: sound both ways from a cold
start, in the recording, muted and not; and a page that is reloaded, or dies, while the caller stays."""

from __future__ import annotations

import asyncio
import os
import time
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

import httpx
import numpy as np
import pytest

from hotline.bus import keys
from hotline.bus.client import connect_async
from hotline.core.facts import Fact
from hotline.simulate import tones
from hotline.simulate.page import Page, opened
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.carrier import SimCarrier
from hotline.store.demo import DEMO_PASSWORD
from tests.e2e.browser import CHROMIUM, missing
from tests.system.running import QUICK_NUMBER, Hotline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

VOICE: Final = 5
"""What the browser's microphone hears."""
STARTS: Final = int(os.environ.get("HOTLINE_COLD_STARTS", "3"))
SILENCE_SECONDS: Final = 2.0
"""I10: a caller is never without sound for longer, whatever becomes of the agent's page."""
BUSY_MACHINE_SECONDS: Final = 1.0
"""What other tests on the same two cores may add."""


@pytest.fixture(scope="module")
def hotline() -> Iterator[Hotline]:
    if reason := missing():
        pytest.skip(reason)
    # Nobody else speaks; the agent comes back late once, and another has the caller then.
    made = Hotline(headset={"return_seconds": 12}, queue={"wrap_up_seconds": 5})
    try:
        made.start()
        yield made
        made.doctor()
        assert made.stop() == 0, made.printed()[-3000:]
    finally:
        made.remove()


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a voice, which Chromium plays over and over into its fake microphone."""
    path = tmp_path_factory.mktemp("voice") / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, tones.RATE, 0, "NONE", ""))
        file.writeframes(tones.voice(VOICE, 10.0).astype("<i2").tobytes())
    return path


async def flows(page: Page, seconds: float = 2.0, at_least: int = 60) -> None:
    """Packets go both ways now."""
    before = await page.do("counted")
    await asyncio.sleep(seconds)
    after = await page.do("counted")
    assert before, "no call on the page"
    assert after, "the call on the page is over"
    assert after["sent"] - before["sent"] >= at_least, (before, after)
    assert after["received"] - before["received"] >= at_least, (before, after)


def page_of(hotline: Hotline, microphone: Path, user: str = "desk1") -> AbstractAsyncContextManager[Page]:
    return opened(
        "headset.mjs",
        {
            "CHROMIUM": str(CHROMIUM),
            "CONSOLE_URL": f"http://127.0.0.1:{hotline.settings.http.port}",
            "CONSOLE_USER": user,
            "CONSOLE_PASSWORD": DEMO_PASSWORD,
            "HEADSET_WAV": str(microphone),
        },
    )


@asynccontextmanager
async def carrier_of(hotline: Hotline) -> AsyncIterator[SimCarrier]:
    sip = hotline.settings.sip
    made = SimCarrier(edge=(sip.host, sip.port), port=hotline.settings.demo.carrier_port, called=QUICK_NUMBER)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


async def facts_of(hotline: Hotline, sip_call_id: str) -> list[Fact]:
    """The facts of the call with that SIP Call-ID, so far."""
    client = connect_async(hotline.settings.redis_url)
    try:
        found = [Fact.from_json(fields["fact"]) for _, fields in await client.xrange(keys.FACTS)]
    finally:
        await client.aclose()
    ours = {fact.call_id for fact in found if fact.data.get("sip_call_id") == sip_call_id}
    return [fact for fact in found if fact.call_id in ours]


async def told(hotline: Hotline, caller: SimCaller, name: str, seconds: float = 60.0, count: int = 1) -> Fact:
    """Wait for the `count`-th fact of that name."""
    deadline = time.monotonic() + seconds
    while True:
        facts = await facts_of(hotline, caller.call.leg.call_id)
        named = [fact for fact in facts if fact.name == name]
        if len(named) >= count:
            return named[count - 1]
        assert time.monotonic() < deadline, f"no {name} within {seconds} s: {[fact.name for fact in facts]}"
        await asyncio.sleep(0.1)


async def hear(caller: SimCaller, since: float, seconds: float = 60.0) -> None:
    """The caller hears the agent (again), at some time after `since`."""
    assert await caller.ear.until(lambda ear: ear.sounds(VOICE, since), seconds), "the caller does not hear the agent"


async def recording_of(hotline: Hotline, call_id: str) -> np.ndarray:
    """The sealed recording, as the API gives it: samples × (caller, agent)."""
    base = f"http://127.0.0.1:{hotline.settings.http.port}"
    async with httpx.AsyncClient(base_url=base, timeout=60) as http:
        token = (await http.post("/api/login", json={"username": "supervisor", "password": DEMO_PASSWORD})).json()["token"]
        http.headers["Authorization"] = f"Bearer {token}"
        http.cookies.clear()
        deadline = time.monotonic() + 60
        while True:
            rows = (await http.get("/api/recordings", params={"call_id": call_id})).json()["items"]
            if rows:
                answer = await http.get(f"/api/recordings/{rows[0]['recording_id']}/audio", params={"purpose": "检查录音"})
                if answer.status_code == 200:
                    break
            assert time.monotonic() < deadline, rows
            await asyncio.sleep(0.5)
    assert len(rows) == 1, "one talk, one recording"
    return alaw_wav(answer.content)


def alaw_wav(content: bytes) -> np.ndarray:
    with wave.open(BytesIO(content)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return samples.reshape(-1, file.getnchannels())


def voices(samples: np.ndarray) -> np.ndarray:
    """The voice in each tenth of a second."""
    windows = samples[: len(samples) // tones.WINDOW * tones.WINDOW].reshape(-1, tones.WINDOW).astype(np.float32)
    found: np.ndarray = tones.detect_voices(windows)[0]
    return found


async def choose(hotline: Hotline, device: str) -> None:
    """What rings for the agent, as if chosen before."""
    base = f"http://127.0.0.1:{hotline.settings.http.port}"
    async with httpx.AsyncClient(base_url=base, timeout=60) as http:
        token = (await http.post("/api/login", json={"username": "desk1", "password": DEMO_PASSWORD})).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        http.cookies.clear()
        assert (await http.put("/api/headset", json={"device": device}, headers=headers)).status_code == 200
        await http.post("/api/logout", headers=headers)


async def test_every_cold_start_has_sound_both_ways(hotline: Hotline, microphone: Path) -> None:
    """A browser of its own each time: log in, register, call the echo, count what flows."""
    await choose(hotline, "phone")
    for number in range(STARTS):
        async with page_of(hotline, microphone) as page:
            await page.do("login")
            if number == 0:
                scripts = await page.do("scripts")
                assert scripts["bytes"] < 300_000, scripts
                assert not any(name.startswith("phone-") for name in scripts["names"]), "SIP is loaded for desk phones too"
                await page.do("choose")
                # The echo heard, and said in words.
                assert await page.do("selfTest") == "good"
                await page.do("closePanel")
            else:
                await page.do("line", "ready")
            found = await page.do("echo", 2500)
            assert found["state"] == "connected", (number, found)
            assert min(found["sent"], found["received"]) > 75, (number, found)
            await page.do("quit")


async def test_a_call_on_the_headset_outlives_its_page(hotline: Hotline, microphone: Path) -> None:
    await choose(hotline, "headset")
    async with page_of(hotline, microphone) as page, carrier_of(hotline) as carrier:
        await page.do("login")
        await page.do("line", "ready")
        await page.do("ready")
        caller = carrier.caller("13800001234", voice=21)
        assert await carrier.dial(caller) == 200
        await page.do("accept")
        await page.do("talking")
        began = (await told(hotline, caller, "agent_connected")).at
        await hear(caller, 0.0)
        await flows(page)

        # Muted by its key: packets go on, the voice does not.
        muted = await page.do("press", "F8")
        await asyncio.sleep(3)
        await flows(page)
        spoken = await page.do("press", "F8")
        await hear(caller, spoken)

        # Reloaded.
        gone = await page.do("reload")
        await page.do("talking")
        back = await told(hotline, caller, "agent_back")
        assert back.data["how"] == "redialled"
        await hear(caller, back.at)
        await flows(page)
        quiet = caller.ear.longest_quiet(gone, time.time() - 0.3)
        assert quiet <= SILENCE_SECONDS + BUSY_MACHINE_SECONDS, f"the caller heard nothing for {quiet:.1f} s after a reload"

        # The tab dies, and is opened again.
        dead = await page.do("crash")
        await told(hotline, caller, "agent_lost", count=2)
        assert await caller.hears_prompt(5), "no music"
        await page.do("comeBack")
        await page.do("talking")
        again = await told(hotline, caller, "agent_back", count=2)
        await hear(caller, again.at)
        quiet = caller.ear.longest_quiet(dead, time.time() - 0.3)
        assert quiet <= SILENCE_SECONDS + BUSY_MACHINE_SECONDS, f"the caller heard nothing for {quiet:.1f} s after a crash"

        await page.do("hangUp")
        ended = (await told(hotline, caller, "agent_left")).at
        caller.hang_up()
        call_id = back.call_id
        assert await page.do("problems") == []

    # One recording of the whole talk: the agent's voice is in it, but not while muted nor while away.
    heard = voices((await recording_of(hotline, call_id))[:, 1])
    assert abs(len(heard) / 10 - (ended - began)) < 2

    def at(moment: float) -> int:
        return int((moment - began) * 10)

    def share(since: float, until: float) -> float:
        return float(np.mean(heard[at(since) : at(until)] == VOICE))

    assert share(muted + 1.0, spoken - 0.3) == 0, "heard although muted"
    shares = {
        "before": share(began + 1.5, muted - 0.3),
        "unmuted": share(spoken + 1.0, gone - 0.5),
        "reloaded": share(back.at + 1.5, dead - 0.5),
        "opened again": share(again.at + 1.5, ended - 0.5),
    }
    assert min(shares.values()) > 0.5, shares


async def test_an_agent_who_does_not_come_back_loses_the_call_and_nobody_else_does(hotline: Hotline, microphone: Path) -> None:
    await choose(hotline, "headset")
    async with page_of(hotline, microphone) as page, carrier_of(hotline) as carrier:
        await page.do("login")
        await page.do("line", "ready")
        await page.do("ready")
        caller = carrier.caller("13800005678", voice=22)
        assert await carrier.dial(caller) == 200
        await page.do("accept")
        await hear(caller, 0.0)
        await page.do("crash")
        entered = await told(hotline, caller, "queue_entered", 60, count=2)
        first = await told(hotline, caller, "queue_entered")
        left = await told(hotline, caller, "agent_left")
        lost = await told(hotline, caller, "agent_lost")
        assert left.data["ended_by"] == "system"
        assert 11 <= left.at - lost.at <= 20
        assert entered.data["again"]
        assert entered.data["queued_at"] == first.data["queued_at"], "first in line"
        assert await caller.hears_prompt(10)
        caller.hang_up()
        assert await caller.ended(10)
