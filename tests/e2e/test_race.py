"""Two consoles in real browsers take the same call at the same moment; then the server dies under the one who got it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager

import psutil
import pytest

from hotline.simulate.page import Page, opened
from hotline.simulate.people.phone import SimPhone
from hotline.store.demo import DEMO_PASSWORD, DEMO_SIP_PASSWORD
from tests.e2e.browser import CHROMIUM, missing
from tests.e2e.test_headset import BUSY_MACHINE_SECONDS, SILENCE_SECONDS, carrier_of, told
from tests.system.running import Hotline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def hotline() -> Iterator[Hotline]:
    if reason := missing():
        pytest.skip(reason)
    made = Hotline(queue={"strategy": "ring_all", "offer_seconds": 60})
    try:
        made.start()
        yield made
        made.doctor()
        assert made.stop() == 0, made.printed()[-3000:]
    finally:
        made.remove()


def console(hotline: Hotline, user: str) -> AbstractAsyncContextManager[Page]:
    url = f"http://127.0.0.1:{hotline.settings.http.port}"
    return opened(
        "shift.mjs",
        {"CHROMIUM": str(CHROMIUM), "CONSOLE_URL": url, "CONSOLE_USER": user, "CONSOLE_PASSWORD": DEMO_PASSWORD},
    )


def phone(hotline: Hotline, extension: str, voice: int) -> SimPhone:
    sip = hotline.settings.sip
    return SimPhone(extension, DEMO_SIP_PASSWORD, edge=(sip.host, sip.port), domain=sip.domain, voice=voice)


def kill_api(hotline: Hotline) -> None:
    parts = json.loads((hotline.settings.run_dir / "parts.json").read_text("utf-8"))["parts"]
    psutil.Process(parts["api"]["pid"]).kill()


async def test_two_consoles_one_call_and_a_server_that_dies(hotline: Hotline) -> None:
    phones = [phone(hotline, "8001", 5), phone(hotline, "8002", 6)]
    for one in phones:
        await one.start()
    async with console(hotline, "desk1") as first, console(hotline, "desk2") as second, carrier_of(hotline) as carrier:
        pages = (first, second)
        for page in pages:
            await page.do("login")
            await page.do("ready")
        caller = carrier.caller("13800005555", voice=21)
        assert await carrier.dial(caller) == 200
        await asyncio.gather(*(page.do("offered") for page in pages))

        at = time.time() + 1.0
        await asyncio.gather(*(page.do("pressAt", "F2", at) for page in pages))
        outcomes = await asyncio.gather(*(page.do("outcome") for page in pages))
        assert sorted(outcome["state"] for outcome in outcomes) == ["available", "on_call"], outcomes
        got = next(index for index, outcome in enumerate(outcomes) if outcome["state"] == "on_call")
        assert not phones[1 - got].calls, "and their telephone never rang"
        await told(hotline, caller, "agent_connected")
        assert await caller.ear.until_hears(phones[got].voice, 30)

        killed = time.time()
        kill_api(hotline)
        assert await pages[got].do("cut"), "call buttons that do nothing must be grey"
        await pages[got].do("lineBack")
        quiet = caller.ear.longest_quiet(killed, time.time() - 0.3)
        assert quiet <= SILENCE_SECONDS + BUSY_MACHINE_SECONDS, f"the caller heard nothing for {quiet:.1f} s"
        await pages[got].do("pressAt", "Alt+q", 0)
        await pages[got].do("state", "wrap_up")
        assert await caller.hears_prompt(15), "the caller is asked for a rating"
        caller.hang_up()
        await told(hotline, caller, "call_ended")
        for page in pages:
            assert not await page.do("problems")
    for one in phones:
        await one.close()
