"""The conversation's rules, stage by stage, on a virtual clock."""

from __future__ import annotations

import pytest

from hotline.core.conversations import Policy
from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from tests.unit.conversation_harness import ARRIVAL, Driver

pytestmark = pytest.mark.unit


def test_the_whole_way_to_an_expert_and_a_rating() -> None:
    call = Driver()
    call.to_queue()
    call.to_agent()
    call.to_hunt()
    leg = call.to_expert()
    call.feed(ev.LegEnded(leg, 200))
    assert call.state.phase == "rating"
    call.heard()
    call.key("2")
    call.heard()
    assert call.facts[-1][0] == "call_ended"
    assert call.fact("call_ended") == {
        "cause": "completed",
        "ended_by": "expert",
        "phase": "goodbye",
        "sip_code": 200,
        "answered": True,
    }
    assert call.fact("rated")["person_id"] == "e1"
    assert call.fact("rated")["score"] == 2
    assert call.names().count("recording_started") == call.names().count("recording_ended") == 2
    assert call.fact("agent_left")["ended_by"] == "transfer"
    call.feed(ev.LegEnded("caller", 200, remote=False))
    call.feed(ev.LegEnded("agent:off1", 200, remote=False))
    assert call.exited


def test_the_notice_is_heard_to_its_end_and_an_early_key_counts_after_it() -> None:
    call = Driver()
    call.feed(ev.Invited(ARRIVAL))
    call.feed(ev.Confirmed())
    assert call.playing
    assert call.playing.prompts == ("notice", "greeting")
    call.key("1")
    assert "notice_played" not in call.names()
    call.heard()
    assert call.fact("notice_played")["complete"] is True
    assert call.state.phase == "queue"


@pytest.mark.parametrize("key", ["", "7", "#", "0"])
def test_no_key_a_wrong_key_and_zero_lead_to_a_human(key: str) -> None:
    call = Driver()
    call.feed(ev.Invited(ARRIVAL))
    call.feed(ev.Confirmed())
    call.heard()
    call.heard()
    if key:
        call.key(key)
    else:
        call.wait(5.1)
    assert call.state.phase == "queue"
    assert call.fact("queue_entered")["queue"] == "GN"


@pytest.mark.parametrize(("code", "status"), [(486, "busy"), (480, "no_answer"), (603, "refused"), (503, "failed")])
def test_a_phone_that_does_not_come_costs_the_caller_nothing(code: int, status: str) -> None:
    call = Driver()
    call.to_queue()
    call.heard()
    entered = call.fact("queue_entered")["queued_at"]
    call.command("connect_agent", offer_id="off1", agent_id="a1", uri="sip:8001@hotline.local")
    call.now += 3
    call.feed(ev.LegEnded("agent:off1", code))
    assert call.fact("agent_failed")["dial_status"] == status
    assert call.state.queued is not None
    assert call.state.queued.waiting
    assert call.state.queued.at == entered
    assert call.music


def test_an_answer_that_crosses_the_cancel_is_hung_up() -> None:
    call = Driver()
    call.to_queue()
    call.command("connect_agent", offer_id="off1", agent_id="a1", uri="sip:8001@hotline.local")
    call.wait(21)
    assert call.fact("agent_failed")["dial_status"] == "no_answer"
    call.feed(ev.LegAnswered("agent:off1"))
    assert call.did[-1] == act.HangUp("agent:off1", 603)
    assert call.state.phase == "queue"


def test_two_agents_at_once_one_bridge() -> None:
    call = Driver()
    call.to_queue()
    call.command("connect_agent", offer_id="off1", agent_id="a1", uri="sip:8001@hotline.local")
    call.command("connect_agent", offer_id="off2", agent_id="a2", uri="sip:8002@hotline.local")
    assert call.fact("agent_failed") == {"offer_id": "off2", "agent_id": "a2", "dial_status": "cancelled", "sip_code": 0}
    call.feed(ev.LegAnswered("agent:off1"))
    assert call.bridged == {"agent:off1"}


def test_hold_gives_music_and_takes_it_back() -> None:
    call = Driver()
    call.to_queue()
    call.to_agent()
    call.command("hold", agent_id="a2")
    assert not call.state.held
    call.command("hold", agent_id="a1")
    assert call.music
    assert not call.bridged
    call.command("unhold", agent_id="a1")
    assert not call.music
    assert call.bridged == {"agent:off1"}
    assert call.names().count("recording_ended") == 0


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (lambda call, leg: call.feed(ev.LegEnded(leg, 486)), "busy"),
        (lambda call, leg: call.wait(20.1), "no_answer"),
        (lambda call, leg: (call.feed(ev.LegAnswered(leg)), call.key("2", leg)), "refused"),
        (lambda call, leg: (call.feed(ev.LegAnswered(leg)), call.brief_heard(), call.wait(12.1)), "no_key"),
        (lambda call, leg: (call.feed(ev.LegAnswered(leg)), call.feed(ev.LegEnded(leg, 200))), "refused"),
        (lambda call, leg: call.feed(ev.Watchdog("rtp_silence", leg)), "failed"),
    ],
)
def test_each_way_an_expert_does_not_come_and_the_next_one_does(end: object, outcome: str) -> None:
    call = Driver()
    call.to_queue()
    call.to_agent()
    call.to_hunt()
    leg = call.try_expert(1)
    end(call, leg)  # type: ignore[operator]
    assert call.fact("expert_tried")["outcome"] == outcome
    assert call.state.phase == "transfer"
    assert call.music or call.playing
    call.to_expert(2)
    assert call.state.phase == "expert_talk"
    assert call.bridged == {"expert:try2"}


def two_ring() -> tuple[Driver, str, str]:
    call = Driver()
    call.to_queue()
    call.to_agent()
    call.to_hunt()
    return call, call.try_expert(1), call.try_expert(2)


def outcomes(call: Driver) -> dict[str, str]:
    return {data["try_id"]: data["outcome"] for name, data in call.facts if name == "expert_tried"}


def test_two_experts_ring_and_the_first_to_press_1_has_the_caller() -> None:
    call, first, second = two_ring()
    for leg in (first, second):
        call.feed(ev.LegAnswered(leg))
    call.key("1", second)
    assert outcomes(call) == {"try2": "accepted", "try1": "cancelled"}
    assert call.bridged == {second}
    assert call.names().count("expert_connected") == 1
    assert call.brief is not None
    assert (call.brief.leg, call.brief.prompts) == (first, ("brief_taken",)), "the other is told"
    call.key("1", first)
    assert call.bridged == {second}, "too late"
    call.feed(ev.Played(first, call.brief.playback))
    assert act.HangUp(first, 603) in call.did
    call.feed(ev.LegEnded(first, 200, remote=False))
    assert call.state.phase == "expert_talk"


def test_a_phone_that_still_rings_is_cancelled_when_the_other_accepts() -> None:
    call, first, second = two_ring()
    call.feed(ev.LegRinging(first))
    call.feed(ev.LegAnswered(second))
    call.key("1", second)
    assert act.HangUp(first, 603) in call.did
    call.feed(ev.LegAnswered(first))  # CANCEL crossed 200
    assert call.did[-1] == act.HangUp(first, 603)


def test_one_of_two_refuses_and_nobody_hurries_routing() -> None:
    call, first, second = two_ring()
    call.feed(ev.LegAnswered(first))
    call.key("2", first)
    assert outcomes(call) == {"try1": "refused"}
    assert "routing_silent" not in call.timers
    call.feed(ev.LegEnded(second, 486))
    assert "routing_silent" in call.timers


def test_four_legs_are_all_and_the_third_expert_waits_for_one() -> None:
    call, first, _ = two_ring()
    call.feed(ev.LegAnswered(first))
    call.key("2", first)
    assert first in [item.leg for item in call.state.partings]
    third = call.try_expert(3)
    assert not [item for item in call.did if isinstance(item, act.Dial) and item.leg == third]
    assert act.HangUp(first, 603) in call.did, "the question why gives way"
    call.feed(ev.LegEnded(first, 200, remote=False))
    assert [item for item in call.did if isinstance(item, act.Dial) and item.leg == third]
    assert len(call.state.legs) == 4
    call.wait(20.1)
    assert outcomes(call) == {"try1": "refused", "try2": "no_answer", "try3": "no_answer"}


def test_an_order_without_a_leg_comes_back_uncalled() -> None:
    call, _, _ = two_ring()
    call.try_expert(3)
    call.wait(5.1)
    assert outcomes(call) == {"try3": "cancelled"}
    assert [name for name, data in call.facts if name == "expert_dialled" and data["try_id"] == "try3"] == []


@pytest.mark.parametrize(("key", "reason"), [("1", "busy"), ("2", "not_my_field"), ("3", "conflict"), ("7", None)])
def test_why_an_expert_refuses(key: str, reason: str | None) -> None:
    call = Driver()
    call.to_queue()
    call.to_agent()
    call.to_hunt()
    leg = call.try_expert()
    call.feed(ev.LegAnswered(leg))
    call.key("2", leg)
    assert "routing_silent" in call.timers, "the next one is not kept waiting for the reason"
    call.key(key, leg)
    said = [data["reason"] for name, data in call.facts if name == "expert_refusal_reason"]
    assert said == ([reason] if reason else [])
    call.brief_heard()
    call.wait(6.1)
    assert act.HangUp(leg, 603) in call.did


def test_the_caller_leaves_while_two_ring_and_one_is_asked_why() -> None:
    call, first, second = two_ring()
    call.feed(ev.LegAnswered(first))
    call.key("2", first)
    call.feed(ev.LegEnded("caller", 200))
    assert outcomes(call) == {"try1": "refused", "try2": "cancelled"}
    for leg in (first, second):
        assert act.HangUp(leg, 603) in call.did
    for leg in list(call.state.legs):
        call.feed(ev.LegEnded(leg, 487, remote=False))
    assert call.exited


def test_nobody_comes_and_the_caller_is_back_with_the_agent() -> None:
    call = Driver()
    call.to_queue()
    call.to_agent()
    call.to_hunt()
    leg = call.try_expert(1)
    call.feed(ev.LegEnded(leg, 603))
    call.command("give_up_transfer", transfer_id="trf1")
    assert call.fact("transfer_ended")["outcome"] == "returned"
    assert call.state.phase == "agent_talk"
    assert call.bridged == {"agent:off1"}
    assert not call.music


def test_silent_routing_does_not_leave_the_caller_in_the_air() -> None:
    call = Driver()
    call.to_queue()
    call.to_agent()
    call.to_hunt()
    call.wait(5.1)
    assert call.fact("transfer_ended")["outcome"] == "returned"
    assert call.bridged == {"agent:off1"}


def test_the_agent_leaves_during_the_hunt_and_nobody_comes() -> None:
    call = Driver()
    call.to_queue()
    first = call.fact("queue_entered")["queued_at"]
    call.to_agent()
    call.to_hunt()
    call.try_expert(1)
    call.feed(ev.LegEnded("agent:off1", 200))
    assert call.state.phase == "transfer"
    call.feed(ev.LegEnded("expert:try1", 486))
    call.command("give_up_transfer", transfer_id="trf1")
    assert call.state.phase == "queue"
    assert call.fact("queue_entered")["queued_at"] == first
    assert call.fact("queue_entered")["again"] is True


def test_a_lost_agent_brings_the_caller_back_to_the_old_place() -> None:
    call = Driver()
    call.to_queue()
    first = call.fact("queue_entered")["queued_at"]
    call.to_agent()
    call.feed(ev.Watchdog("rtp_silence", "agent:off1"))
    assert call.fact("agent_left")["ended_by"] == "system"
    assert call.state.phase == "queue"
    assert call.state.queued is not None
    assert call.state.queued.at == first


def test_rating_wrong_key_then_silence_then_goodbye() -> None:
    call = Driver()
    call.to_queue()
    call.to_agent()
    call.command("hang_up", agent_id="a1")
    assert call.state.phase == "rating"
    call.heard()
    call.key("9")
    assert call.playing
    assert call.playing.prompts == ("rate_invalid", "rate_again")
    call.heard()
    call.wait(8.1)
    assert call.fact("rating_ended")["outcome"] == "no_key"
    assert "rated" not in call.names()
    call.heard()
    assert call.fact("call_ended")["ended_by"] == "agent"


def test_a_key_before_the_rating_window_is_not_a_rating() -> None:
    call = Driver()
    call.to_queue()
    call.to_agent()
    call.key("5")
    call.command("hang_up", agent_id="a1")
    assert "rated" not in call.names()


def test_no_rating_without_a_talk_of_the_least_length() -> None:
    call = Driver(policy=Policy(min_talk_seconds=60))
    call.to_queue()
    call.to_agent()
    call.command("hang_up", agent_id="a1")
    assert call.fact("rating_ended")["outcome"] == "not_offered"
    assert "rating_offered" not in call.names()


@pytest.mark.parametrize(
    ("stage", "phase", "cause"),
    [
        ("menu", "ivr", "abandoned"),
        ("queue", "queue", "abandoned"),
        ("ringing", "agent_ringing", "abandoned"),
        ("agent", "agent_talk", "completed"),
        ("hold", "hold", "completed"),
        ("hunt", "transfer", "completed"),
        ("brief", "transfer", "completed"),
        ("expert", "expert_talk", "completed"),
        ("rating", "rating", "completed"),
        ("goodbye", "goodbye", "completed"),
    ],
)
def test_the_caller_hangs_up_at_each_step(stage: str, phase: str, cause: str) -> None:
    call = Driver()
    if stage == "menu":
        call.feed(ev.Invited(ARRIVAL))
        call.feed(ev.Confirmed())
    else:
        call.to_queue()
    if stage == "ringing":
        call.command("connect_agent", offer_id="off1", agent_id="a1", uri="sip:8001@hotline.local")
    elif stage not in ("menu", "queue"):
        call.to_agent()
    if stage == "hold":
        call.command("hold", agent_id="a1")
    if stage in ("hunt", "brief", "expert"):
        call.to_hunt()
    if stage == "hunt":
        call.try_expert()
    if stage == "brief":
        call.feed(ev.LegAnswered(call.try_expert()))
    if stage == "expert":
        call.to_expert()
    if stage in ("rating", "goodbye"):
        call.command("hang_up", agent_id="a1")
    if stage == "goodbye":
        call.heard()
        call.key("1")
    call.feed(ev.LegEnded("caller", 200))
    ended = call.fact("call_ended")
    assert (ended["phase"], ended["cause"]) == (phase, cause)
    # While goodbye is being said the agent has ended the visit already, but it was the caller who hung up the line.
    assert ended["ended_by"] == "caller"
    assert call.facts[-1][0] == "call_ended"
    assert not call.bridged
    for leg in [leg for leg in call.state.legs if leg != "caller"]:
        assert act.HangUp(leg, 603) in call.did
        call.feed(ev.LegEnded(leg, 487, remote=False))
    assert call.exited


def test_nobody_free_within_the_limit() -> None:
    call = Driver()
    call.to_queue()
    call.heard()
    call.wait(601)
    assert call.fact("queue_left")["reason"] == "timeout"
    call.heard()
    assert call.fact("call_ended")["cause"] == "queue_timeout"


def test_no_ack_is_closed() -> None:
    call = Driver()
    call.feed(ev.Invited(ARRIVAL))
    call.wait(32.1)
    assert call.fact("call_ended")["cause"] == "no_ack"


def test_a_refused_invite_still_is_one_closed_call() -> None:
    call = Driver()
    call.feed(ev.Unacceptable(ARRIVAL, 488))
    assert call.names() == ["call_arrived", "call_ended"]
    assert call.fact("call_ended")["sip_code"] == 488
    assert call.exited


def test_recording_from_the_transfer_on_names_the_gap() -> None:
    call = Driver(policy=Policy(record_agent=False))
    call.to_queue()
    call.to_agent()
    assert call.fact("recording_failed")["reason"] == "policy_from_transfer"
    call.to_hunt()
    call.to_expert()
    assert call.fact("recording_started")["person_kind"] == "expert"
