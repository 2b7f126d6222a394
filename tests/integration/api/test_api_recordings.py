"""Listening: only with a purpose, only after the audit row, only one's own; whole and by range."""

from __future__ import annotations

import io
import time
import wave
from typing import Any

import httpx
import numpy as np
import pytest
from sqlalchemy import select

from hotline.jobs.doctor import library
from hotline.jobs.doctor.report import Report
from hotline.store import audit
from hotline.store.models import AuditEvent, CallFact, RecordingShare, Ticket
from tests.fakes.openapi_truth import Truth
from tests.fakes.records import add_call, add_recording
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import House

pytestmark = pytest.mark.integration


def played(house: House) -> list[AuditEvent]:
    with house.store.read() as session:
        assert audit.verify(session).ok
        query = select(AuditEvent).where(AuditEvent.action == "recording.played").order_by(AuditEvent.seq)
        return list(session.scalars(query))


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def listen(house: House, headers: dict[str, str], recording: str, span: str = "", **query: str) -> httpx.Response:
    more = {"Range": span} if span else {}
    url = f"/api/recordings/{recording}/audio"
    return await house.client.get(url, params={"purpose": "质检抽查", **query}, headers=headers | more)


async def test_the_whole_wav_with_both_voices_on_their_sides(house: House) -> None:
    call = add_call(house.store)
    recording = add_recording(house.store, house.settings.recordings_dir, call)
    headers = await house.log_in("desk1")
    answer = await listen(house, headers, recording)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "no-store"
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (2, 2, 8000, 8000)
        sound = np.frombuffer(file.readframes(8000), "<i2").reshape(-1, 2)
    loudest = [int(np.argmax(np.abs(np.fft.rfft(sound[:, side])))) for side in (0, 1)]
    assert loudest == [440, 880], "left the caller, right the agent"
    event = played(house)[0]
    assert (event.actor, event.object, event.purpose) == ("acc_desk1", f"recordings/{recording}", "质检抽查")


async def test_the_head_of_a_centre_hears_those_of_the_branch_and_no_others(house: House) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17")
    elsewhere = add_matter(house.store, now=time.time(), service_type="S17", matter_region="990103")
    with house.store.read() as session:
        calls = [session.get_one(Ticket, one).call_id for one in (number, elsewhere)]
    own, other = (add_recording(house.store, house.settings.recordings_dir, call) for call in calls)
    for who in ("director", "centre"):
        headers = await house.log_in(who)
        found = await house.client.get("/api/recordings", headers=headers)
        assert [row["recording_id"] for row in found.json()["items"]] == [own], who
        assert (await listen(house, headers, own, "bytes=0-9")).status_code == 206
        assert (await house.client.get(f"/api/recordings/{own}/waveform", headers=headers)).status_code == 200
        assert code(await listen(house, headers, other)) == "recording.missing"


async def test_ranges(house: House) -> None:
    recording = add_recording(house.store, house.settings.recordings_dir, add_call(house.store))
    headers = await house.log_in("supervisor")
    whole = (await listen(house, headers, recording)).content
    size = len(whole)
    cases = {
        "bytes=0-99": whole[:100],
        "bytes=100-": whole[100:],
        "bytes=-50": whole[-50:],
        f"bytes=31-{size + 5}": whole[31:],
        "bytes=7777-7777": whole[7777:7778],
    }
    for span, wanted in cases.items():
        answer = await listen(house, headers, recording, span)
        assert answer.status_code == 206
        assert answer.content == wanted, span
        assert answer.headers["content-length"] == str(len(wanted))
        start = whole.index(wanted) if span == "bytes=0-99" else size - len(wanted) if span[-1] != "7" else 7777
        assert answer.headers["content-range"].startswith(f"bytes {start}-")
    assert (await listen(house, headers, recording, "bytes=5-2")).status_code == 200
    outside = await listen(house, headers, recording, f"bytes={size}-")
    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{size}")
    # Seeks within one hearing stand on its record; each new beginning has its own.
    assert [event.data["first"] for event in played(house)] == [0, 0, 0]


@pytest.mark.parametrize("purpose", ["", " ", "a", "  x  "])
async def test_no_purpose_no_sound(house: House, purpose: str) -> None:
    recording = add_recording(house.store, house.settings.recordings_dir, add_call(house.store))
    answer = await listen(house, await house.log_in("desk1"), recording, purpose=purpose)
    assert (answer.status_code, code(answer)) == (422, "request.purpose")
    assert played(house) == []


async def test_without_the_audit_row_there_is_no_sound(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = add_recording(house.store, house.settings.recordings_dir, add_call(house.store))
    headers = await house.log_in("desk1")

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr("hotline.api.routers.recordings.audit.append", broken)
    answer = await listen(house, headers, recording)
    assert (answer.status_code, code(answer)) == (500, "server.error")
    assert b"RIFF" not in answer.content
    assert "disk full" not in answer.text


async def test_what_cannot_be_heard(house: House) -> None:
    folder = house.settings.recordings_dir
    mine, other = add_call(house.store), add_call(house.store, agent="agt_8002")
    headers = await house.log_in("desk1")
    foreign = add_recording(house.store, folder, other)
    cases = {
        add_recording(house.store, folder, mine, state="captured"): (409, "recording.not_ready"),
        add_recording(house.store, folder, mine, state="capturing"): (409, "recording.not_ready"),
        add_recording(house.store, folder, mine, state="failed"): (404, "recording.failed"),
        foreign: (404, "recording.missing"),
        "rec_nothing": (404, "recording.missing"),
    }
    for recording, wanted in cases.items():
        answer = await listen(house, headers, recording)
        assert (answer.status_code, code(answer)) == wanted
    assert played(house) == []
    listed = await house.client.get("/api/recordings", headers=headers)
    assert foreign not in [row["recording_id"] for row in listed.json()["items"]]


async def test_a_damaged_or_swapped_file_is_not_played(house: House) -> None:
    folder = house.settings.recordings_dir
    call = add_call(house.store)
    one, two = add_recording(house.store, folder, call), add_recording(house.store, folder, call)
    (folder / f"{one}.hlr").write_bytes((folder / f"{two}.hlr").read_bytes())
    answer = await listen(house, await house.log_in("desk1"), one)
    assert (answer.status_code, code(answer)) == (503, "recording.damaged")
    assert played(house) == []


async def share(house: House, headers: dict[str, str], recording: str, to: str, **more: Any) -> httpx.Response:
    body = {"recording_id": recording, "to_user": to, "purpose": "复核一次答复", **more}
    return await house.client.post("/api/shares", json=body, headers=headers)


async def test_a_waveform_with_both_sides_is_drawn_once(house: House) -> None:
    call = add_call(house.store)
    recording = add_recording(house.store, house.settings.recordings_dir, call)
    with house.store.write() as session:
        session.add(
            CallFact(
                call_id=call, source="conversation", epoch=1, seq=2, name="notice_played", at=1.0,
                data={"prompt": "notice"}, stored_at=1.0,
            )
        )  # fmt: skip
    headers = await house.log_in("desk1")
    for _ in range(2):
        found = (await house.client.get(f"/api/recordings/{recording}/waveform", headers=headers)).json()
        assert (len(found["caller"]), len(found["peer"]), found["seconds"]) == (10, 10, 1.0)
        assert all(55 <= one <= 65 for one in (*found["caller"], *found["peer"])), "8000 of 32768"
    assert [(one["kind"], one["recording_id"]) for one in found["chapters"]] == [("notice", None)]
    (house.settings.recordings_dir / f"{recording}.hlr").unlink()
    assert (await house.client.get(f"/api/recordings/{recording}/waveform", headers=headers)).status_code == 200
    assert played(house) == [], "a picture is no hearing"
    other = await house.log_in("desk2")
    refused = await house.client.get(f"/api/recordings/{recording}/waveform", headers=other)
    assert (refused.status_code, code(refused)) == (404, "recording.missing")


async def test_a_share_opens_one_recording_to_one_person_for_a_time(house: House) -> None:
    folder = house.settings.recordings_dir
    call = add_call(house.store)
    recording, another = add_recording(house.store, folder, call), add_recording(house.store, folder, call)
    office, agent, third = [await house.log_in(name) for name in ("supervisor", "desk2", "desk3")]
    assert code(await listen(house, agent, recording)) == "recording.missing"
    people = (await house.client.get("/api/shares/people", headers=office)).json()["items"]
    assert "acc_desk2" in [one["id"] for one in people]
    assert "acc_auditor" not in [one["id"] for one in people], "who may not hear recordings is shown none"
    truth = Truth((await house.client.get("/api/openapi.json")).json())
    answer = await share(house, office, recording, "acc_desk2", hours=1, offset_seconds=0.5)
    assert truth.check("post", "/api/shares", answer) == []
    made = answer.json()
    assert (made["by_name"], made["stands"], made["opened"]) == ("班长", True, 0)

    opened = await house.client.post(f"/api/shares/{made['id']}/open", headers=agent)
    assert truth.check("post", "/api/shares/{share_id}/open", opened) == []
    assert (opened.json()["recording"]["recording_id"], opened.json()["share"]["opened"]) == (recording, 1)
    assert (await listen(house, agent, recording, share=made["id"])).status_code == 200
    waveform = f"/api/recordings/{recording}/waveform"
    assert (await house.client.get(waveform, params={"share": made["id"]}, headers=agent)).status_code == 200
    # Not another recording, not another person, not without the purpose.
    assert code(await listen(house, agent, another, share=made["id"])) == "share.missing"
    assert code(await listen(house, third, recording, share=made["id"])) == "share.missing"
    assert code(await listen(house, agent, recording, share=made["id"], purpose="")) == "request.purpose"
    assert (await house.client.post(f"/api/shares/{made['id']}/open", headers=third)).status_code == 404

    assert (await house.client.post(f"/api/shares/{made['id']}/revoke", headers=third)).status_code == 404
    assert (await house.client.post(f"/api/shares/{made['id']}/revoke", headers=office)).status_code == 200
    for refused in (
        await listen(house, agent, recording, share=made["id"]),
        await house.client.post(f"/api/shares/{made['id']}/open", headers=agent),
    ):
        assert (refused.status_code, code(refused)) == (409, "share.over")
    late = (await share(house, office, recording, "acc_desk2")).json()
    with house.store.write() as session:
        session.get_one(RecordingShare, late["id"]).expires_at = 1.0
    assert code(await listen(house, agent, recording, share=late["id"])) == "share.over"

    with house.store.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action.like("recording.%")).order_by(AuditEvent.seq)).all()
        report = Report(0.0)
        library.examine(session, report)
    assert [(one.action, one.actor) for one in events] == [
        ("recording.shared", "acc_supervisor"),
        ("recording.share_opened", "acc_desk2"),
        ("recording.played", "acc_desk2"),
        ("recording.share_revoked", "acc_supervisor"),
        ("recording.shared", "acc_supervisor"),
    ]
    assert events[2].data["share"] == made["id"]
    assert (report.clean, report.checked["I28"]) == (True, 2), report.broken
    with house.store.write() as session:
        session.get_one(RecordingShare, made["id"]).opened = 9
        session.get_one(RecordingShare, made["id"]).to_user = "acc_desk3"
    with house.store.read() as session:
        library.examine(session, report)
    assert [one.problem for one in report.broken["I28"]] == ["share.heard", "share.opened"]


async def test_an_agent_shares_upwards_only(house: House) -> None:
    recording = add_recording(house.store, house.settings.recordings_dir, add_call(house.store))
    foreign = add_recording(house.store, house.settings.recordings_dir, add_call(house.store, agent="agt_8002"))
    agent = await house.log_in("desk1")
    cases = {
        (recording, "acc_desk2"): "share.widens",
        (recording, "acc_auditor"): "share.person",
        (recording, "acc_nobody"): "share.person",
        (recording, "acc_desk1"): "share.person",
        (foreign, "acc_supervisor"): "recording.missing",
    }
    for (which, to), wanted in cases.items():
        assert code(await share(house, agent, which, to)) == wanted
    assert code(await share(house, agent, recording, "acc_supervisor", purpose=" ")) == "request.purpose"
    assert code(await share(house, agent, recording, "acc_supervisor", hours=9999)) == "share.hours"
    assert (await share(house, agent, recording, "acc_supervisor")).status_code == 200
    people = (await house.client.get("/api/shares/people", headers=agent)).json()["items"]
    assert {one["role"] for one in people} == {"supervisor", "admin"}
