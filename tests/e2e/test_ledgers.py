"""In real browsers on the real API: a hand-over offered and accepted, a visit written and exported by a real
job, the picture of what is sent back walked by keyboard; each page is clean by axe."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

import pytest

from hotline.jobs.doctor import exports
from hotline.jobs.doctor import tickets as audit
from hotline.jobs.doctor.report import Report
from hotline.jobs.durable import Runner
from hotline.jobs.handlers import handlers
from hotline.store.demo import DEMO_PASSWORD
from hotline.store.repositories import jobs
from tests.e2e.test_console import CHROMIUM, CONSOLE, NODE, _missing
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import (  # noqa: F401 - fixtures
    House,
    demo_home,
    home,
    quick_passwords,
    redis_server,
    served,
)

pytestmark = pytest.mark.e2e

TOWN = "ctr_990102101"


async def act(house: House, who: str, number: str, *steps: tuple[str, dict[str, str]]) -> None:
    headers = await house.log_in(who)
    for name, given in steps:
        seen = (await house.client.get(f"/api/tickets/{number}", headers=headers)).json()
        body = {"act": name, "version": seen["version"], "given": given}
        answer = await house.client.post(f"/api/tickets/{number}/acts", json=body, headers=headers)
        assert answer.status_code == 200, answer.text


async def work(house: House) -> None:
    """The jobs, as their part would run them."""

    def once() -> None:
        with house.store.read() as session:
            due = jobs.due(session, time.time())
        for job_id in due:
            Runner(house.store, handlers()).run(job_id)

    while True:
        await asyncio.to_thread(once)
        await asyncio.sleep(0.3)


@pytest.mark.timeout(240)
async def test_what_centres_keep_and_hand_on(served: House, tmp_path: Path) -> None:  # noqa: F811
    if reason := _missing():
        pytest.skip(reason)
    now = time.time()
    numbers = [add_matter(served.store, now=now - n, service_type="S17", category=f"02{n:02d}") for n in range(1, 5)]
    for number in numbers:
        await act(served, "centre", number, ("accept", {}), ("assign", {"centre_id": TOWN}))
    for number in numbers[1:]:
        await act(served, "town", number, ("object", {"reason": "area", "basis": "不属于本镇辖区"}))
    await act(served, "centre", numbers[1], ("reassign", {"centre_id": TOWN, "why": "属于本镇"}))
    await act(served, "town", numbers[0], ("sign", {}), ("handle", {}))
    environment = {**os.environ, "CHROMIUM": str(CHROMIUM), "CONSOLE_URL": served.base, "CONSOLE_PASSWORD": DEMO_PASSWORD}
    environment |= {"CONSOLE_TICKET": numbers[0]}
    worker = asyncio.create_task(work(served))
    process = await asyncio.create_subprocess_exec(
        str(NODE), "e2e/ledgers.mjs", cwd=CONSOLE, env=environment, stdout=-1, stderr=-1
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), 200)
    finally:
        worker.cancel()
    assert out.strip(), err.decode()[-2000:]
    result = json.loads(out.decode().strip().splitlines()[-1])
    assert result["ok"], result
    assert result["violations"] == []
    assert [one for one in result["problems"] if "401" not in one] == []
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
