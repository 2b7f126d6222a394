"""The catalogue and a recording's player in a real browser, on the real API with a real server; no telephony is needed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import select

from hotline.store.models import AuditEvent, CallFact, Recording, RecordingShare
from tests.e2e.browser import play
from tests.fakes.records import add_call, add_recording
from tests.integration.api.conftest import House

pytestmark = pytest.mark.e2e


def _call(house: House) -> str:
    """A call with a sealed recording of twelve seconds, held after three, with a notice before and a rating after."""
    call = add_call(house.store)
    recording = add_recording(house.store, house.settings.recordings_dir, call, seconds=12.0)
    with house.store.write() as session:
        row = session.get_one(Recording, recording)
        row.started_at, row.ended_at = time.time() - 30, time.time() - 18
        told: list[tuple[float, str, dict[str, Any]]] = [
            (-4, "notice_played", {"prompt": "recording_notice"}),
            (0, "agent_connected", {"offer_id": "o", "agent_id": "agt_8001", "talk_id": row.talk_id}),
            (3, "hold_started", {"by": "agent"}),
            (6, "hold_ended", {"by": "agent"}),
            (12, "agent_left", {"agent_id": "agt_8001", "talk_id": row.talk_id, "ended_by": "agent"}),
            (13, "rating_offered", {"talk_id": row.talk_id, "person_kind": "agent", "person_id": "agt_8001"}),
        ]
        for seq, (at, name, data) in enumerate(told, 2):
            fact = {"name": name, "at": row.started_at + at, "data": data, "stored_at": row.started_at}
            session.add(CallFact(call_id=call, source="conversation", epoch=1, seq=seq, **fact))
    return call


@pytest.mark.timeout(150)
async def test_found_by_word_and_pinyin_heard_moved_in_and_shared(served: House) -> None:
    result = await play(served, "library.mjs", call=await asyncio.to_thread(_call, served))
    assert all("仲裁" in one for one in result["by_word"][:3])
    with served.store.read() as session:
        share = session.scalars(select(RecordingShare)).one()
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "recording.played")).all()
    assert result["link"].endswith(f"#/shared/{share.id}")
    assert len(events) >= 1
    headers = await served.log_in(share.to_user.removeprefix("acc_"))
    opened = await served.client.post(f"/api/shares/{share.id}/open", headers=headers)
    assert opened.json()["share"]["opened"] == 1
