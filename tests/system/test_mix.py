"""The hotline as it is shown to a newcomer: started by one command, called by simulated people, then looked through."""

from __future__ import annotations

import pytest

from tests.system.running import Hotline

pytestmark = [pytest.mark.sip, pytest.mark.timeout(400)]

CALLERS = 12


def test_a_mix_of_calls_goes_as_expected(hotline: Hotline) -> None:
    """Every scenario's caller, agent and expert see, hear and find on record what they should."""
    said, found = hotline.simulate(
        *("--callers", str(CALLERS), "--concurrency", "12", "--rate", "2", "--scenario", "mix", "--seed", "11", "--talk", "1.5")
    )
    assert found["unexpected"] == []
    assert said.code == 0, said
    assert (found["calls"], found["as_expected"]) == (CALLERS, CALLERS)
    hotline.doctor(command=True)
