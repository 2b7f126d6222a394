"""The list of other hotlines over HTTP: read by the desk, changed by administrators only, on record."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from hotline.store.models import AuditEvent, ExternalHotline, context
from hotline.store.repositories import external_hotlines
from tests.integration.api.conftest import House

pytestmark = pytest.mark.integration

FIELDS = {"number": "12350", "name_zh": "安全生产", "name_en": "Work safety", "category": "service", "position": 30}


async def test_read_by_the_desk_changed_by_administrators_audited(house: House) -> None:
    with house.store.write() as session:
        external_hotlines.seed(session, house.context.secrecy, time.time())
    desk, admin = await house.log_in("desk1"), await house.log_in("admin")
    found = (await house.client.get("/api/external-hotlines", headers=desk)).json()["items"]
    assert [row["number"] for row in found][:4] == ["110", "120", "119", "122"]
    assert "number_enc" not in found[0]
    refused = await house.client.post("/api/external-hotlines", headers=desk, json=FIELDS)
    assert refused.status_code == 403
    for number in ("13800001111", "12348", "+441234567"):
        bad = await house.client.post("/api/external-hotlines", headers=admin, json={**FIELDS, "number": number})
        assert (bad.status_code, bad.json()["error"]["code"]) == (422, "external_hotline.number")
    made = await house.client.post("/api/external-hotlines", headers=admin, json=FIELDS)
    assert made.status_code == 201
    again = await house.client.post("/api/external-hotlines", headers=admin, json=FIELDS)
    assert again.json()["error"]["code"] == "external_hotline.exists"
    off = await house.client.put("/api/external-hotlines/hl_12350", headers=admin, json={**FIELDS, "active": False})
    assert off.json()["active"] is False
    shown = (await house.client.get("/api/external-hotlines", headers=desk)).json()["items"]
    assert "12350" not in [row["number"] for row in shown]
    with house.store.read() as session:
        row = session.get_one(ExternalHotline, "hl_12350")
        sealed_as = context("external_hotlines.number_enc", row.id)
        assert house.context.secrecy.open(row.number_enc, sealed_as) == "12350"
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.object == "external_hotlines/hl_12350")).all()
    assert actions == ["external_hotline.added", "external_hotline.changed"]
    assert ("reload", {}) in house.routing.asked
