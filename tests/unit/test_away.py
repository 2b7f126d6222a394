"""A headset in the browser is lost in the middle of a talk: nobody is left in silence, and the agent comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.conversation.watch import FIRST_SECONDS, HeadsetWatch
from hotline.core.audits import check_call
from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations.wiring import pairs
from hotline.core.headsets import headset_uri
from tests.unit.conversation_harness import Driver
from tests.unit.test_audit_supervision import facts_of, problems
from tests.unit.test_monitor import Wires

pytestmark = pytest.mark.unit

HEADSET = headset_uri("8001")
A, NEW = "agent:off1", "agent:off1~1"


def talking() -> Driver:
    call = Driver()
    call.to_queue()
    call.to_agent(uri=HEADSET)
    return call


def lost(call: Driver | None = None) -> Driver:
    call = call or talking()
    call.feed(ev.LegSilent(A, 1.6))
    return call


def dialled(call: Driver) -> list[str]:
    return [action.leg for action in call.did if isinstance(action, act.Dial)]


def test_a_page_that_is_gone_leaves_music_and_is_dialled_again() -> None:
    call = lost()
    assert call.fact("agent_lost") == {
        "agent_id": "a1",
        "talk_id": call.fact("agent_connected")["talk_id"],
        "reason": "silent",
        "seconds": 1.6,
    }
    assert call.music
    assert not call.bridged
    assert call.state.live()["agent_lost_at"] == call.now
    call.wait(call.policy.redial_seconds)
    assert dialled(call)[-1] == NEW


def test_the_page_that_is_back_has_the_caller_again() -> None:
    call = lost()
    call.wait(2)
    call.feed(ev.LegAnswered(NEW))
    assert call.fact("agent_back")["how"] == "redialled"
    assert not call.music
    assert pairs(call.state) == {("caller", NEW)}
    recording = call.fact("recording_started")["recording_id"]
    assert act.Tap(recording, NEW, on=True) in call.did
    assert act.HangUp(A) in call.did
    call.feed(ev.LegEnded(A, 200, remote=False))
    assert call.state.agent is not None
    call.wait(60)
    assert "agent_left" not in call.names()
    # One talk, one recording, however often.
    assert call.names().count("agent_connected") == call.names().count("recording_started") == 1
    call.command("hang_up", agent_id="a1")
    assert call.fact("agent_left")["ended_by"] == "agent"
    assert act.HangUp(NEW) in call.did


def test_a_moment_without_network_needs_no_new_leg() -> None:
    call = lost()
    call.feed(ev.LegHeard(A))
    assert call.fact("agent_back")["how"] == "heard"
    assert pairs(call.state) == {("caller", A)}
    assert not call.music
    call.wait(60)
    assert dialled(call) == [A]


def test_sound_that_is_back_while_the_new_leg_rings_takes_that_back() -> None:
    call = lost()
    call.wait(2)
    call.feed(ev.LegHeard(A))
    assert act.HangUp(NEW) in call.did
    call.feed(ev.LegEnded(NEW, 487, remote=False))
    assert pairs(call.state) == {("caller", A)}


@pytest.mark.parametrize(("code", "remote"), [(200, True), (481, True), (408, False)])
def test_a_browsers_bye_is_no_hanging_up(code: int, remote: bool) -> None:
    call = talking()
    call.feed(ev.LegEnded(A, code, remote=remote))
    assert call.fact("agent_lost")["reason"] == "leg"
    assert "agent_left" not in call.names()
    assert call.music


def test_it_is_dialled_until_the_limit_then_the_caller_is_first_in_line() -> None:
    call = talking()
    queued_at = call.fact("queue_entered")["queued_at"]
    lost(call)
    call.feed(ev.LegEnded(A, 408, remote=False))
    began = call.now
    while "agent_left" not in call.names():
        call.wait(0.5)
        leg = dialled(call)[-1]
        if leg in call.state.legs and leg != A:
            call.feed(ev.LegEnded(leg, 480))
        assert call.now < began + call.policy.return_seconds + 1
    assert len(dialled(call)) > 10
    assert call.fact("agent_left")["ended_by"] == "system"
    entered = call.fact("queue_entered")
    assert (entered["again"], entered["queued_at"]) == (True, queued_at)
    assert call.playing is not None
    call.heard()
    assert call.music
    assert set(call.state.legs) == {"caller"}
    call.to_agent("off2", "a2")
    assert call.fact("agent_connected")["agent_id"] == "a2"


def test_the_agent_ends_the_call_from_another_page_meanwhile() -> None:
    call = lost()
    call.wait(2)
    call.command("hang_up", agent_id="a1")
    assert call.fact("agent_left")["ended_by"] == "agent"
    assert act.HangUp(A) in call.did
    assert act.HangUp(NEW) in call.did
    call.wait(60)
    assert dialled(call) == [A, NEW]


def test_the_caller_hangs_up_meanwhile() -> None:
    call = lost()
    call.wait(2)
    call.feed(ev.LegEnded("caller", 200))
    assert call.fact("call_ended")["ended_by"] == "caller"
    assert act.HangUp(NEW) in call.did
    for leg in (A, NEW):
        call.feed(ev.LegEnded(leg, 487, remote=False))
    assert call.exited


def test_on_hold_the_agent_comes_back_to_a_caller_on_hold() -> None:
    call = talking()
    call.command("hold", agent_id="a1")
    lost(call)
    call.wait(2)
    call.feed(ev.LegAnswered(NEW))
    assert call.music
    assert call.state.phase == "hold"
    call.command("unhold", agent_id="a1")
    assert pairs(call.state) == {("caller", NEW)}


def test_unholding_while_away_is_no_silence() -> None:
    call = talking()
    call.command("hold", agent_id="a1")
    lost(call)
    call.command("unhold", agent_id="a1")
    assert call.music
    assert not pairs(call.state)


def test_a_search_goes_on_and_hands_over() -> None:
    call = talking()
    call.to_hunt()
    leg = call.try_expert()
    lost(call)
    call.wait(2)
    call.feed(ev.LegAnswered(leg))
    call.brief_heard()
    call.key("1", leg)
    assert pairs(call.state) == {("caller", leg)}
    assert not call.music
    assert call.fact("agent_left")["ended_by"] == "transfer"
    assert act.HangUp(NEW) in call.did


def test_a_search_that_finds_nobody_leaves_no_silence() -> None:
    call = talking()
    call.to_hunt()
    lost(call)
    call.command("give_up_transfer", transfer_id="trf1")
    if call.playing:
        call.heard()
    assert call.music
    call.wait(2)
    call.feed(ev.LegAnswered(NEW))
    assert pairs(call.state) == {("caller", NEW)}
    assert not call.music


def test_a_supervisor_hears_the_new_leg() -> None:
    call = talking()
    call.command("start_monitor", monitor_id="m", agent_id="s", uri="sip:8000@hotline.local", mode="listen", told=True)
    call.feed(ev.LegAnswered("supervisor:m"))
    lost(call)
    call.wait(2)
    call.feed(ev.LegAnswered(NEW))
    assert Wires(call.did).of("supervisor:m") == {"caller", NEW}


def test_a_desk_phone_that_hangs_up_means_it() -> None:
    call = Driver()
    call.to_queue()
    call.to_agent()
    call.feed(ev.LegSilent(A, 2))
    call.feed(ev.LegEnded(A, 200))
    assert "agent_lost" not in call.names()
    assert call.fact("agent_left")["ended_by"] == "agent"


def test_with_four_legs_the_old_one_makes_room() -> None:
    call = talking()
    call.command("start_monitor", monitor_id="m", agent_id="s", uri="sip:8000@hotline.local", mode="listen", told=True)
    call.feed(ev.LegAnswered("supervisor:m"))
    call.to_hunt()
    call.try_expert()
    lost(call)
    call.wait(2)
    assert act.HangUp(A) in call.did
    call.feed(ev.LegEnded(A, 487, remote=False))
    call.wait(2)
    assert dialled(call)[-1] == NEW


LAST = ("agent_left", "recording_ended", "rating_ended", "call_ended")
EVENTS = st.lists(
    st.sampled_from(
        [
            "silent",
            "heard",
            "old_ends",
            "new_answers",
            "new_fails",
            "wait",
            "hold",
            "unhold",
            "hang_up",
            "caller_ends",
            "watchdog",
        ]
    ),
    max_size=14,
)


@given(EVENTS)
def test_whatever_happens_nobody_is_in_silence_and_no_leg_is_left(steps: list[str]) -> None:
    call = talking()
    for step in steps:
        away = call.state.agent.away if call.state.agent else None
        current = call.state.agent.leg if call.state.agent else A
        if step == "silent":
            call.feed(ev.LegSilent(current, 2))
        elif step == "heard":
            call.feed(ev.LegHeard(current))
        elif step == "old_ends" and current in call.state.legs:
            call.feed(ev.LegEnded(current, 200))
        elif step == "watchdog" and current in call.state.legs:
            call.feed(ev.Watchdog("rtp_silence", current))
        elif step == "new_answers" and away and away.leg:
            call.feed(ev.LegAnswered(away.leg))
        elif step == "new_fails" and away and away.leg:
            call.feed(ev.LegEnded(away.leg, 480))
        elif step == "wait":
            call.wait(3)
        elif step in ("hold", "unhold", "hang_up"):
            call.command(step, agent_id="a1")
        elif step == "caller_ends" and "caller" in call.state.legs:
            call.feed(ev.LegEnded("caller", 200))
        state = call.state
        if state.phase in ("agent_talk", "hold", "queue") and not state.ended:
            assert pairs(state) or call.music or call.playing, call.names()
        agent = state.agent
        known = {"caller", *({agent.leg} if agent else ()), *({agent.away.leg} if agent and agent.away else ())}
        hung_up = {action.leg for action in call.did if isinstance(action, act.HangUp)}
        assert set(state.legs) <= known | hung_up
    if call.state.ended:
        assert check_call(facts_of(call), call.now) == []
    told = [name for name in call.names() if name in ("agent_lost", "agent_back")]
    assert told == (["agent_lost", "agent_back"] * len(told))[: len(told)]


def test_the_doctor_names_what_is_wrong() -> None:
    call = lost()
    call.wait(2)
    call.feed(ev.LegAnswered(NEW))
    call.feed(ev.LegEnded("caller", 200))
    assert problems(facts_of(call)) == set()
    assert problems(facts_of(call, without="agent_lost")) == {"agent.back_without_loss"}
    late = [fact for fact in facts_of(call) if fact.name != "agent_back"]
    slow = [replace(fact, at=fact.at + 100) if fact.name in LAST else fact for fact in late]
    assert "agent.lost_too_long" in {item.problem for item in check_call(slow, slow[-1].at + 1)}
    deaf = [replace(fact, data={**fact.data, "seconds": 9.0}) if fact.name == "agent_lost" else fact for fact in facts_of(call)]
    assert {item.problem for item in check_call(deaf, deaf[-1].at + 1)} == {"agent.silence_unnoticed"}


def test_what_counts_as_lost() -> None:
    watch = HeadsetWatch(1.5)
    assert watch.look("a", 0, 0.0) is None
    assert watch.look("a", 0, FIRST_SECONDS - 0.1) is None, "the handshake takes its time"
    assert watch.look("a", 0, FIRST_SECONDS + 0.1) == ev.LegSilent("a", FIRST_SECONDS + 0.1)
    assert watch.look("a", 5, 6.0) == ev.LegHeard("a")
    assert watch.look("a", 60, 7.0) is None
    assert watch.look("a", 60, 8.4) is None
    assert watch.look("a", 60, 8.6) == ev.LegSilent("a", pytest.approx(1.6))
    assert watch.look("a", 60, 9.0) is None
    assert isinstance(watch.look("a", 60, 9.7), ev.LegSilent), "told again, in case nobody could act on it"
    assert watch.look("a", 61, 9.8) == ev.LegHeard("a")
