"""Listening: only with a purpose, only after the audit row, only one's own; whole and by range."""

from __future__ import annotations

import io
import wave
from typing import Any

import httpx
import numpy as np
import pytest
from sqlalchemy import select

from hotline.store import audit
from hotline.store.models import AuditEvent
from tests.fakes.records import add_call, add_recording
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

    monkeypatch.setattr("hotline.api.recordings.audit.append", broken)
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
