"""In real browsers on the real API: a hand-over offered and accepted, a visit written and exported by a real
job, the picture of what is sent back walked by keyboard; each page is clean by axe."""

from __future__ import annotations

import time

import pytest

from hotline.jobs.doctor import exports
from hotline.jobs.doctor import tickets as audit
from hotline.jobs.doctor.report import Report
from tests.e2e.browser import play, working
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import House

pytestmark = pytest.mark.e2e

TOWN = "ctr_990102101"


async def act(house: House, who: str, number: str, *steps: tuple[str, dict[str, str]]) -> None:
    headers = await house.log_in(who)
    for name, given in steps:
        seen = (await house.client.get(f"/api/tickets/{number}", headers=headers)).json()
        body = {"act": name, "version": seen["version"], "given": given}
        answer = await house.client.post(f"/api/tickets/{number}/acts", json=body, headers=headers)
        assert answer.status_code == 200, answer.text


@pytest.mark.timeout(240)
async def test_what_centres_keep_and_hand_on(served: House) -> None:
    now = time.time()
    numbers = [add_matter(served.store, now=now - n, service_type="S17", category=f"02{n:02d}") for n in range(1, 5)]
    for number in numbers:
        await act(served, "centre", number, ("accept", {}), ("assign", {"centre_id": TOWN}))
    for number in numbers[1:]:
        await act(served, "town", number, ("object", {"reason": "area", "basis": "不属于本镇辖区"}))
    await act(served, "centre", numbers[1], ("reassign", {"centre_id": TOWN, "why": "属于本镇"}))
    await act(served, "town", numbers[0], ("sign", {}), ("handle", {}))
    async with working(served.store):
        result = await play(served, "ledgers.mjs", ticket=numbers[0])
    assert "王**" in result["visit"]
    assert "138****5678" in result["visit"]
    assert result["file"].startswith("visits-")
    assert result["file"].endswith(".xlsx")
    assert result["pair"][0] == "江北区公共法律服务中心 → 白沙镇公共法律服务工作站"
    assert result["pair"][1] == "3"
    report = Report(time.time())
    with served.store.read() as session:
        audit.examine(session, served.settings, report)
        exports.examine(session, served.settings, report, time.time())
    assert report.clean, report.to_json()
