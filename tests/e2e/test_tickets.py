"""A ticket's way in real browsers on the real API, county, town, director: from acceptance over an objection, signing at once,
the count of a limit, and the slip, to the archive."""

from __future__ import annotations

import time

import pytest

from hotline.jobs.doctor import tickets as audit
from hotline.jobs.doctor.report import Report
from tests.e2e.browser import play
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import House

pytestmark = pytest.mark.e2e


@pytest.mark.timeout(240)
async def test_from_acceptance_to_the_archive(served: House) -> None:
    now = time.time()
    facts = "与邻居因宅基地排水发生纠纷，多次协商未果，现要求调解。"
    numbers = [
        add_matter(served.store, now=now, service_type="S17", category=code, facts=facts, request="请求上门调解")
        for code in ("0101", "0102", "0201")
    ]
    for number in numbers[1:]:  # two more wait to be signed by the town
        headers = await served.log_in("centre")
        for version, act, given in ((1, "accept", {}), (2, "assign", {"centre_id": "ctr_990102101"})):
            body = {"act": act, "version": version, "given": given}
            answer = await served.client.post(f"/api/tickets/{number}/acts", json=body, headers=headers)
            assert answer.status_code == 200, answer.text
    result = await play(served, "tickets.mjs", tickets=",".join(numbers))
    assert result["days"][0].endswith("起算当日，不计入")
    assert result["days"][-1].startswith("到期：")
    assert len(result["code"]) == 6
    assert result["story"][0] == "归档"
    assert {"退回异议", "改派", "签收", "办结", "回访"} <= set(result["story"])
    report = Report(time.time())
    with served.store.read() as session:
        audit.examine(session, served.settings, report)
    assert report.clean, report.to_json()
