"""Chapters of a call and the picture of its sound."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hotline.core.facts import Fact
from hotline.core.recordings import CHAPTERS, Stretch, chapters
from hotline.secrecy import Secrecy
from hotline.store.sealing import SealedReader, seal
from hotline.store.waveform import MOST, waveform

pytestmark = pytest.mark.unit

T = 1_795_000_000.0


def told(*items: tuple[float, str, dict[str, Any]]) -> list[Fact]:
    return [Fact(name, "call_x", T + at, seq, "conversation", data=data) for seq, (at, name, data) in enumerate(items, 1)]


EXPERT = {"person_kind": "expert", "person_id": "exp_1"}
CALL = told(
    (1, "notice_played", {"prompt": "recording_notice"}),
    (5, "agent_connected", {"offer_id": "o", "agent_id": "agt_1", "talk_id": "tlk_a"}),
    (20, "abuse_warned", {"agent_id": "agt_1", "number": 1, "method": "played"}),
    (30, "hold_started", {"by": "agent"}),
    (32, "side_talk_started", {"transfer_id": "t", "talk_id": "tlk_c", **EXPERT, "role": "consult"}),
    (38, "side_talk_ended", {"talk_id": "tlk_c", **EXPERT}),
    (40, "hold_ended", {"by": "agent"}),
    (41, "side_talk_started", {"transfer_id": "t", "talk_id": "tlk_d", **EXPERT, "role": "conference"}),
    (50, "side_talk_ended", {"talk_id": "tlk_d", **EXPERT}),
    (50, "agent_left", {"agent_id": "agt_1", "talk_id": "tlk_a", "ended_by": "transfer"}),
    (50.2, "expert_connected", {"transfer_id": "t", "try_id": "y", "expert_id": "exp_1", "talk_id": "tlk_b"}),
    (80, "expert_left", {"expert_id": "exp_1", "talk_id": "tlk_b", "ended_by": "expert"}),
    (81, "rating_offered", {"talk_id": "tlk_b", **EXPERT}),
    (85, "rated", {"talk_id": "tlk_b", **EXPERT, "score": 1, "method": "rfc4733"}),
    (86, "rating_ended", {"talk_id": "tlk_b", "outcome": "rated"}),
)
RECORDINGS = [
    Stretch("rec_a", "tlk_a", T + 5.1, T + 50),
    Stretch("rec_c", "tlk_c", T + 32, T + 38),
    Stretch("rec_d", "tlk_d", T + 41, T + 50),
    Stretch("rec_b", "tlk_b", T + 50.2, T + 80),
]


def test_every_part_of_a_call_is_a_chapter_in_its_recording() -> None:
    found = chapters(reversed(CALL), RECORDINGS)
    assert [(one.kind, one.recording_id, round(one.offset, 1), round((one.until or 0) - one.at, 1)) for one in found] == [
        ("notice", "", 0.0, 0.0),
        ("desk", "rec_a", 0.0, 45.0),
        ("warning", "rec_a", 14.9, 0.0),
        ("hold", "rec_a", 24.9, 10.0),
        ("consult", "rec_c", 0.0, 6.0),
        ("conference", "rec_d", 0.0, 9.0),
        ("expert", "rec_b", 0.0, 29.8),
        ("rating", "", 0.0, 5.0),
    ]
    assert {one.kind for one in found} <= set(CHAPTERS)
    assert [(one.person_kind, one.person_id) for one in found if one.kind == "expert"] == [("expert", "exp_1")]
    assert (found[0].detail, found[2].detail, found[-1].detail) == ("recording_notice", "1", "1")


def test_facts_that_are_lost_or_doubled_break_nothing() -> None:
    assert chapters([], RECORDINGS) == []
    doubled = chapters([*CALL, *CALL], RECORDINGS)
    assert [one.kind for one in doubled].count("desk") == 1
    end = {"cause": "system_failure", "ended_by": "system", "phase": "hold", "sip_code": 0, "answered": True}
    cut = chapters([*CALL[:4], Fact("call_ended", "call_x", T + 35, 99, "conversation", data=end)], RECORDINGS[:1])
    assert [(one.kind, one.until) for one in cut if one.kind in ("desk", "hold")] == [("desk", T + 35), ("hold", T + 35)]
    live = chapters(CALL[:2], [Stretch("rec_a", "tlk_a", T + 5, None)])
    assert (live[-1].recording_id, live[-1].until) == ("rec_a", None)


@pytest.mark.parametrize(("seconds", "stretches"), [(2.0, 20), (2.05, 21), (900.0, 4000)])
def test_a_picture_of_both_sides(tmp_path: Path, seconds: float, stretches: int) -> None:
    frames = int(8000 * seconds)
    loud, soft = np.full(frames, 16_384, "<i2"), np.full(frames // 2, -3277, "<i2")
    for name, samples in (("caller", loud), ("peer", soft)):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(samples.tobytes())
    secrecy = Secrecy(bytes(32))
    seal(tmp_path / "caller.wav", tmp_path / "peer.wav", tmp_path / "x.hlr", secrecy, "rec_x")
    with SealedReader(tmp_path / "x.hlr", secrecy, "rec_x") as reader:
        count, peaks = waveform(reader)
    assert count <= MOST
    assert abs(count - stretches) <= stretches // 50
    caller, peer = peaks[:count], peaks[count:]
    assert len(caller) == len(peer) == count
    assert {round(one / 255, 1) for one in caller} == {0.5}
    assert {round(one / 255, 1) for one in peer[: count // 2 - 1]} == {0.1}
    assert set(peer[count // 2 + 1 :]) == {0}, "the shorter side is silent after its end"
