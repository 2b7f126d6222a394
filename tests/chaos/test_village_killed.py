"""Parts die while a village's clerk is to be called: the telephone rings once, the ticket is signed, everything still holds."""

from __future__ import annotations

import asyncio
import random

import pytest

from hotline.simulate.people.callee import SimCallee
from tests.chaos.test_kill_parts import kill
from tests.system.office import VILLAGE, Office, a_matter, has_a_telephone, visits
from tests.system.running import Hotline
from tests.system.talking import people
from tests.system.words import Words

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

CLERK_PHONE = "13700000203"
RINGS_SECONDS = 90.0
"""An order that was lost on its way is seen after 12 s, and after a routing that died too after 24 s; then it rests 20 s."""


async def test_the_clerk_is_rung_up_once_whatever_dies(hotline: Hotline) -> None:
    """The moments are drawn anew in each run; those that matter are held fast one by one in tests/integration."""
    dice = random.Random()
    office = Office(hotline)
    try:
        async with people(hotline.settings, seed=48, seats=1) as stage:
            clerk = stage.carrier.add_person(SimCallee(CLERK_PHONE, "answers", voice=36, record=True))
            await has_a_telephone(office, CLERK_PHONE)
            for count, names in enumerate((("jobs",), ("routing",), ("redis",), ("jobs", "routing")), 1):
                number, _ = await a_matter(stage)
                await office.act(number, "accept")
                await office.act(number, "assign", centre_id=VILLAGE)
                moment = dice.uniform(0.0, 2.5)
                await asyncio.sleep(moment)
                told = f"{'+'.join(names)} killed {moment:.2f} s after the ticket was sent there"
                if clerk.visits < count:  # who rings already is past what is looked at here
                    await kill(hotline, *names)
                await visits(clerk, count, RINGS_SECONDS)
                words = Words(clerk.calls[-1])
                await words.hears("village_ticket", 30)
                await clerk.calls[-1].press("1")
                await words.hears("village_signed", 15)
                assert (await office.ticket(number))["state"] == "signed", told
                assert await clerk.calls[-1].ended(20), told
                assert clerk.visits == count, told
                for name in ("handle", "finish"):
                    await office.act(number, name, "town", **({"result": "已调解"} if name == "finish" else {}))
    finally:
        await office.close()
    await asyncio.to_thread(hotline.doctor)
