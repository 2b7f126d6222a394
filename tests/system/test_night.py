"""Out of hours on the whole running system: the office line is closed, nobody is at the desk.

The first caller is put through to the third of the duty staff (the first is a voicemail, the second refuses) and rates the
talk. For the second all are busy: a voice message, which becomes exactly one ticket due within 24 hours, and whose sealed
recording plays back what the caller said.
"""

from __future__ import annotations

import io
import time
import wave

import httpx
import numpy as np
import pytest
from sqlalchemy import select

from hotline.secrecy import Secrecy
from hotline.simulate import tones
from hotline.simulate.demo_people import base_url, office_login
from hotline.simulate.people import CALLER_VOICES
from hotline.store.engine import Store
from hotline.store.models import AuditEvent, Call, Message, Ticket, TransferTry
from tests.system.running import Hotline

pytestmark = [pytest.mark.sip, pytest.mark.timeout(400)]


def test_a_closed_line_leads_to_the_duty_roster_and_to_a_message(hotline: Hotline) -> None:
    began = time.time()
    said, found = hotline.simulate("--scenario", "night", "--callers", "2", "--seed", "5")
    assert found["unexpected"] == []
    assert said.code == 0, said
    store = Store(hotline.settings, Secrecy.from_dir(hotline.settings.keys_dir))
    with store.read() as session:
        query = select(Call).where(Call.called == "09998012348", Call.arrived_at > began).order_by(Call.arrived_at)
        talked, spoken = session.scalars(query).all()
        assert (talked.cause, talked.outcome, talked.rating) == ("completed", "consultation", 1)
        assert (talked.hours, spoken.hours) == ("closed", "closed")
        tried = select(TransferTry.outcome).order_by(TransferTry.dialled_at)
        assert list(session.scalars(tried.where(TransferTry.call_id == talked.call_id))) == ["no_key", "refused", "accepted"]
        rung = session.scalars(tried.where(TransferTry.call_id == spoken.call_id))
        assert list(rung) == ["busy", "busy", "busy"]
        assert (spoken.cause, spoken.outcome, spoken.agent_id) == ("message_left", "ticket", None)
        message = session.scalars(select(Message).where(Message.call_id == spoken.call_id)).one()
        assert (message.outcome, message.ended_by) == ("recorded", "key")
        ticket = session.scalars(select(Ticket).where(Ticket.call_id == spoken.call_id)).one()
        assert (ticket.source, ticket.clock, ticket.region_code) == ("message", "HL-VOICEMSG", "990121")
        assert message.ended_at is not None
        assert ticket.due_at == pytest.approx(message.ended_at + 24 * 3600)
        changes = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("calendar."))).all()
        assert changes in ([], ["calendar.day_set", "calendar.day_dropped"]), "the line is as it was"
    store.close()
    hears_the_caller(hotline, message.recording_id, CALLER_VOICES + 1)
    hotline.doctor()


def hears_the_caller(hotline: Hotline, recording_id: str, voice: int) -> None:
    """The recording plays, with a purpose only, and the caller's own tones are on its left channel, nothing on its right."""
    username, password = office_login("supervisor")
    with httpx.Client(base_url=base_url(hotline.settings), trust_env=False) as client:
        answer = client.post("/api/login", json={"username": username, "password": password})
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        assert client.get(f"/api/recordings/{recording_id}/audio").status_code == 422
        sound = client.get(f"/api/recordings/{recording_id}/audio", params={"purpose": "处理留言"})
        assert sound.status_code == 200
    with wave.open(io.BytesIO(sound.content)) as file:
        assert file.getnchannels() == 2
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert len(frames) / 8000 > 2.5
    left, right = frames[4000:-4000, 0], frames[:, 1]
    whole = left[: len(left) // tones.WINDOW * tones.WINDOW].astype(np.float32)
    voices, _ = tones.detect_voices(whole.reshape(-1, tones.WINDOW))
    assert list(voices).count(voice) > 0.9 * len(voices)
    assert np.abs(right).max() < 200
