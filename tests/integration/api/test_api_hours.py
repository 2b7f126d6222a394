"""Calendars and lines over HTTP: what the desk sees, what an administrator may change, and that it is on record."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from hotline.core.calendars import ZONE
from hotline.store.demo import DEMO_OFFICE_LINE
from hotline.store.models import AuditEvent
from tests.integration.api.conftest import House, until

pytestmark = pytest.mark.integration


async def test_the_desk_sees_its_line(house: House) -> None:
    headers = await house.log_in("desk1")
    found = (await house.client.get("/api/lines", headers=headers)).json()
    assert [row["number"] for row in found["items"]] == ["12348", DEMO_OFFICE_LINE]
    assert found["mine"] == "12348"
    assert (found["items"][0]["now"]["state"], found["items"][0]["now"]["until"]) == ("open", None)
    calendars = (await house.client.get("/api/calendars", headers=headers)).json()
    assert {row["tier"] for row in calendars["items"]} == {"5x8", "7x12", "7x24"}
    assert calendars["years"] == [2025, 2026]


async def test_only_an_administrator_changes_hours(house: House) -> None:
    for username in ("desk1", "supervisor"):
        headers = await house.log_in(username)
        for method, path in (
            ("PUT", "/api/calendars/cal_5x8"),
            ("PUT", "/api/calendars/cal_5x8/days/2027-01-01"),
            ("DELETE", "/api/calendars/cal_5x8/days/2027-01-01"),
            ("PUT", "/api/lines/12348"),
            ("DELETE", "/api/lines/12348"),
        ):
            answer = await house.client.request(method, path, json={}, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "auth.forbidden"), (username, path)


async def test_closing_today_by_hand_and_opening_again(house: House) -> None:
    headers = await house.log_in("admin")
    today = datetime.now(ZONE).date().isoformat()
    day = f"/api/calendars/cal_7x24/days/{today}"
    assert (await house.client.put(day, json={"hours": [], "reason": "停电"}, headers=headers)).status_code == 200
    line = (await house.client.get("/api/lines", headers=headers)).json()["items"][0]
    assert (line["now"]["state"], line["now"]["zh"]) == ("closed", "当日由人工设定，此时不开放（停电）")
    assert await until(lambda: "reload" in [name for name, _ in house.routing.asked])
    assert (await house.client.delete(day, headers=headers)).status_code == 200
    assert (await house.client.delete(day, headers=headers)).status_code == 404
    line = (await house.client.get("/api/lines", headers=headers)).json()["items"][0]
    assert line["now"]["state"] == "open"
    with house.store.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("calendar."))).all()
        assert [row.action for row in rows] == ["calendar.day_set", "calendar.day_dropped"]
        assert rows[0].data["after"]["reason"] == "停电"


async def test_lines_and_calendars_are_made_changed_and_refused(house: House) -> None:
    headers = await house.log_in("admin")

    async def put(path: str, **body: object) -> tuple[int, str]:
        answer = await house.client.put(path, json=body, headers=headers)
        return answer.status_code, answer.json().get("error", {}).get("code", "")

    assert await put("/api/calendars/cal_own", name="自定", weekly=[[[540, 1020]]] * 7, holidays="own") == (200, "")
    assert await put("/api/calendars/cal_own", name="x", weekly=[[[540, 600], [570, 700]]] * 7) == (422, "calendar.hours")
    assert await put("/api/calendars/cal_own", name="x", weekly=[[[540, 600]]] * 6) == (422, "request.invalid")
    assert await put("/api/calendars/cal_own", name="x") == (422, "calendar.hours")
    assert await put("/api/lines/8012348", name="县", calendar_id="cal_own", flow="direct") == (200, "")
    assert await put("/api/lines/8012348", name="县", calendar_id="cal_own", flow="nowhere") == (422, "line.flow")
    assert await put("/api/lines/8012348", name="县", calendar_id="cal_none") == (404, "calendar.missing")
    assert await put("/api/lines/abc", name="县", calendar_id="cal_own") == (422, "request.invalid")
    assert (await house.client.delete("/api/lines/8012348", headers=headers)).status_code == 200
    assert (await house.client.delete("/api/lines/8012348", headers=headers)).status_code == 404
