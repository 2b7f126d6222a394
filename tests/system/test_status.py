"""`hotline status`: what runs, at a glance and for machines."""

from __future__ import annotations

import pytest

from tests.conftest import eventually
from tests.system.running import Hotline
from tests.system.talking import Talk, people

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

PARTS = {"redis", "rtpengine", "kamailio", "pool", "routing", "jobs", "api", "supervisor"}


async def test_status_counts_a_call_and_its_agent(hotline: Hotline) -> None:
    found = eventually(lambda: (now := hotline.status())["calls"]["live"] == 0 and now, 20)
    assert found["running"] is True
    assert set(found["parts"]) == PARTS
    assert {part["state"] for part in found["parts"].values()} == {"up"}
    assert found["redis"] == "up"
    assert found["workers"]["idle"] >= 1
    async with people(hotline.settings, seed=31, seats=1) as stage:
        talk = await Talk.begin(stage)
        during = hotline.status()
        assert during["calls"] == {"live": 1, "by_phase": {"agent_talk": 1}}
        assert during["agents"]["by_state"].get("on_call") == 1
        assert during["workers"]["busy"] == 1
        assert during["edge"]["phones"] >= 1
        assert during["queue"]["waiting"] == 0
        assert talk.caller.number not in str(during)
        await talk.end()
    hotline.doctor()


def test_status_for_people(hotline: Hotline) -> None:
    said = hotline.cli("status")
    assert said.code == 0
    for part in PARTS:
        assert part in said.out


def test_status_of_what_does_not_run(hotline: Hotline, tmp_path_factory: pytest.TempPathFactory) -> None:
    """An empty home: told in one line, exit code 1."""
    home = tmp_path_factory.mktemp("empty")
    said = hotline.cli("status", HOTLINE_HOME=str(home), HOTLINE_REDIS__PORT="1")
    assert said.code == 1
    assert "not running" in said.out
    said = hotline.cli("status", "--json", HOTLINE_HOME=str(home), HOTLINE_REDIS__PORT="1")
    assert said.code == 1
    assert (said.json["running"], said.json["redis"]) == (False, "down")
