"""The storm's own judgement: seeded people, who must hear whom when, and that a wrong record is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hotline.simulate import clips
from hotline.simulate.ear import Ear, listen
from hotline.simulate.sip_leg import LegEnd
from hotline.simulate.storm import plans
from hotline.simulate.storm.listening import longest_without, served_between, stretches
from hotline.simulate.storm.scene import Seen, Served
from hotline.simulate.storm.verdict import Evidence, judge

pytestmark = pytest.mark.unit

AGENT, CALLER = 80, 20


def test_each_person_has_dice_of_their_own() -> None:
    first = [plans.visit(plans.dice(1, "caller 1")) for _ in range(2)]
    assert first[0] == first[1]
    assert plans.visit(plans.dice(2, "caller 1")) != first[0]
    dice = plans.dice(1, "many")
    kinds = {plans.visit(dice).kind for _ in range(500)}
    assert kinds == set(plans.CALLERS)
    assert {plans.service(dice).deed for _ in range(500)} == set(plans.DEEDS)


def fact(name: str, at: float, source: str = "call", **data: Any) -> dict[str, Any]:
    return {"name": name, "at": at, "source": source, "data": data}


TIMELINE = [
    fact("queue_entered", 100.0),
    fact("agent_connected", 104.0, agent_id="agt", offer_id="off", talk_id="t1"),
    fact("hold_started", 110.0, by="agent"),
    fact("hold_ended", 113.0, by="agent"),
    fact("transfer_started", 120.0, kind="attended"),
    fact("transfer_ended", 130.0, outcome="returned"),
    fact("agent_left", 140.0, agent_id="agt"),
    fact("rating_offered", 140.0),
    fact("call_ended", 150.0),
]


def test_stretches_of_a_talk_leave_out_hold_and_transfer() -> None:
    assert [(one.person, one.since, one.until) for one in stretches(TIMELINE)] == [
        ("agt", 104.0, 110.0),
        ("agt", 113.0, 120.0),
        ("agt", 130.0, 140.0),
    ]
    assert served_between(TIMELINE) == [(100.0, 140.0)]


def ear(voice: int, *spans: tuple[float, float]) -> Ear:
    """An ear that heard that voice in these stretches of time."""
    made, seq = Ear(), 0
    frames = clips.voice(voice).frames("pcma")
    for since, until in spans:
        for index in range(round((until - since) * 50)):
            seq += 1
            made.audio(since + 0.02 * index, seq, 1, frames[seq % len(frames)], "pcma")
            if index % 50 == 49:
                listen([made])
    listen([made])
    return made


def test_the_longest_time_without_a_voice() -> None:
    heard = ear(AGENT, (104.0, 110.0), (114.0, 120.0))
    assert longest_without([heard], AGENT, 104.0, 110.0) < 0.3
    assert longest_without([heard], AGENT, 104.0, 120.0) == pytest.approx(4.0, abs=0.3)
    assert longest_without([heard], CALLER, 104.0, 120.0) == pytest.approx(16.0)


def evidence(**changes: Any) -> Evidence:
    leg = SimpleNamespace(times={"answered": 90.0, "ended": 150.0}, end=LegEnd("bye", "remote"))
    call: Any = SimpleNamespace(ear=ear(AGENT, (90.0, 150.0)), leg=leg)
    seen = Seen("caller 1", "138****0001", CALLER, plans.visit(plans.dice(1, "x")), call, 89.0, status=200)
    seen.plan = plans.Visit("talks", "0", "rfc4733", ("pcma",), 1.0, "silent", "5", False, 1.0)
    values: dict[str, Any] = {"ears": {"agt": [ear(CALLER, (104.0, 140.0))]}, "cut": False, "served": ()}
    return Evidence(seen=seen, voices={"agt": AGENT}, **{**values, **changes})


RECORD: dict[str, Any] = {
    "call_id": "call_1", "state": "closed", "direction": "inbound", "outcome": "consultation", "cause": "completed",
    "ended_by": "agent", "answered_at": 90.0, "ended_at": 150.0, "disposition": "D01", "ticket_number": None, "rating": None,
    "talks": [{"talk_id": "t1", "person_id": "agt", "started_at": 104.0, "ended_at": 140.0}],
    "recordings": [{"talk_id": "t1", "state": "sealed"}], "timeline": TIMELINE, "queued_at": 100.0, "agent_connected_at": 104.0,
}  # fmt: skip


def test_a_record_that_tells_what_happened_is_as_expected() -> None:
    found = judge(evidence(), RECORD)
    assert found.reasons == []
    assert found.figures["wait"] == pytest.approx(4.0)
    assert found.figures["voice_gap"] < 0.5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": "live"}, "still live"),
        ({"outcome": "callback"}, "it became 'callback'"),
        ({"cause": "abandoned"}, "cause is 'abandoned'"),
        ({"cause": "system_failure"}, "cause is 'system_failure'"),
        ({"ended_by": "caller"}, "who did not hang up"),
        ({"ended_at": 152.0}, "differ by +2.00 s"),
        ({"recordings": []}, "no sealed recording"),
        ({"rating": 3}, "rated 3 without a key"),
        ({"outcome": "ticket"}, "with ticket None"),
    ],
)
def test_a_wrong_record_is_told(changes: dict[str, Any], said: str) -> None:
    assert any(said in reason for reason in judge(evidence(), {**RECORD, **changes}).reasons)


def test_one_way_voice_and_strangers_are_told() -> None:
    deaf = judge(evidence(ears={"agt": [ear(CALLER, (104.0, 106.0), (115.0, 140.0))]}), RECORD)
    assert [reason.partition(" for ")[0] for reason in deaf.reasons] == ["agt did not hear the caller"] * 2
    other = judge(evidence(ears={"agt": [ear(33, (101.0, 103.0)), ear(CALLER, (104.0, 140.0))]}), RECORD)
    assert other.reasons == ["agt heard voices of others: [33]"]


def test_a_call_cut_by_the_storm_must_only_be_closed_and_accounted_for() -> None:
    assert judge(evidence(cut=True), {**RECORD, "cause": "system_failure", "outcome": "callback"}).reasons == []
    assert judge(evidence(cut=True), RECORD).reasons


def test_who_heard_the_caller_must_be_on_record() -> None:
    ring: Any = SimpleNamespace(call=SimpleNamespace(ear=ear(CALLER, (105.0, 107.0))))
    served = Served("agt_other", 81, "call_1", "off", "call", "accept", 101.0, ring=ring)
    assert judge(evidence(served=(served,)), RECORD).reasons == ["agt_other heard the caller, but is not on record"]
