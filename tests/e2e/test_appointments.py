"""Appointments and a clerk's telephone in real browsers on the real API: slots added, one booked from the ticket, cancelled
ahead, and the caller's letter in the outbox; a clerk's number that comes back masked."""

from __future__ import annotations

import time

import pytest

from hotline.jobs.doctor import village as audit
from hotline.jobs.doctor.report import Report
from hotline.outbox import files
from hotline.store.engine import Store
from hotline.store.models import Appointment, StaffPhone
from tests.e2e.browser import play, working
from tests.e2e.test_ledgers import TOWN, act
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import House

pytestmark = pytest.mark.e2e


def at_any_hour(house: House) -> Store:
    """The house's store for jobs that write letters at night too: the test may run at any time."""
    outbox = house.settings.outbox.model_copy(update={"quiet_from": "00:00", "quiet_to": "00:00"})
    return Store(house.settings.model_copy(update={"outbox": outbox}), house.store.secrecy)


@pytest.mark.timeout(180)
async def test_booked_cancelled_ahead_and_told_and_a_clerk_on_the_telephone(served: House) -> None:
    number = add_matter(served.store, now=time.time(), service_type="S17", facts="邻里排水纠纷")
    await act(served, "centre", number, ("accept", {}), ("assign", {"centre_id": TOWN}))
    store = at_any_hour(served)
    try:
        async with working(store):
            result = await play(served, "appointments.mjs", ticket=number)
    finally:
        store.close()
    assert result["plans"] >= 4, "the demo city has slots of its own"
    assert "09:00–10:30" in result["added"]
    assert "45" in result["added"]
    assert result["coming"].startswith("视频")
    assert "白沙镇" in result["booked"]
    assert "已取消" in result["past"]
    assert "停电检修" in result["past"]
    assert "已发短信告知" in result["past"]
    assert "138****5678" in result["letter"]
    [path] = (served.settings.outbox_dir / "sms").glob("*.json")
    letter = files.read(path, served.store.secrecy)
    assert letter["to"] == "13812345678"
    assert "已取消（停电检修）" in letter["body"]
    assert number in letter["body"]
    assert result["clerk"] == result["again"] == "工号 6201 · 137****0201"
    report = Report(time.time())
    with served.store.read() as session:
        row = session.query(Appointment).one()
        assert (row.state, row.told, row.kind) == ("cancelled", "letter", "video")
        assert session.get_one(StaffPhone, "acc_village").kind == "clerk"
        audit.examine(session, served.settings, report, time.time())
    assert report.clean, report.to_json()
