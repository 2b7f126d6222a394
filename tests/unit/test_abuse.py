"""Two timed warnings before the hang-up, a restriction's life, and both in a conversation and in routing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.abuse import EVENTS, STATES, TABLE, Timing, standing, step, until
from hotline.core.conversations import actions as act
from hotline.core.errors import IllegalTransition, Invalid
from tests.unit.conversation_harness import Driver

pytestmark = pytest.mark.unit

TIMING = Timing(20, 10)


def test_the_hang_up_unlocks_after_the_second_warning() -> None:
    assert standing([], TIMING).may_warn(0)
    assert not standing([], TIMING).may_hang_up(1e12)
    once = standing([100], TIMING)
    assert not once.may_warn(119.9)
    assert once.may_warn(120)
    assert not once.may_hang_up(1e12)
    twice = standing([100, 125], TIMING)
    assert not twice.may_warn(1e12)
    assert not twice.may_hang_up(134.9)
    assert twice.may_hang_up(135)


@given(st.lists(st.floats(0, 1e9), max_size=6).map(sorted), st.floats(0, 2e9))
def test_nobody_is_hung_up_on_without_two_warnings(warned: list[float], now: float) -> None:
    stands = standing(warned, TIMING)
    assert not (stands.may_warn(now) and stands.may_hang_up(now))
    if stands.may_hang_up(now):
        assert len(warned) >= 2
        assert now >= warned[1] + TIMING.after_seconds


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS)
def test_every_pair_is_in_the_table_or_refused(state: str, event: str) -> None:
    if event in TABLE[state]:
        assert step(state, event) in STATES
    else:
        with pytest.raises(IllegalTransition, match=r"restriction\.transition"):
            step(state, event)


def test_no_restriction_is_for_ever() -> None:
    assert until(0, 24, 24) == 86_400
    for hours in (0, 0.5, 24.5, 1000):
        with pytest.raises(Invalid):
            until(0, hours, 24)


def talking() -> Driver:
    driver = Driver()
    driver.to_queue()
    driver.to_agent()
    return driver


def test_a_conversation_warns_twice_and_then_ends_with_words() -> None:
    driver = talking()
    driver.command("end_abusive_call", agent_id="a1")
    assert not driver.state.ended, "nothing ends without warnings"
    driver.command("warn_caller", agent_id="a1", method="played")
    assert driver.playing is not None
    assert driver.playing.prompts == ("abuse_warning_1",)
    assert act.Play("agent:off1", ("abuse_warning_1",), "zh-CN", 0) in driver.did, "the agent hears it too"
    driver.heard()
    driver.command("end_abusive_call", agent_id="a1")
    assert "abuse_ended" not in driver.names()
    driver.command("warn_caller", agent_id="a1", method="read")
    driver.command("warn_caller", agent_id="a1", method="played")
    warnings = [(data["number"], data["method"]) for name, data in driver.facts if name == "abuse_warned"]
    assert warnings == [(1, "played"), (2, "read")], "a third one is not given"
    driver.command("end_abusive_call", agent_id="a1")
    assert act.HangUp("agent:off1") in driver.did
    assert driver.playing is not None
    assert driver.playing.prompts == ("abuse_goodbye",)
    assert not driver.state.ended
    driver.heard()
    assert driver.fact("call_ended")["cause"] == "completed"
    assert driver.fact("call_ended")["ended_by"] == "agent"
    assert "rating_offered" not in driver.names()


def test_a_caller_in_danger_is_not_ended_whatever_was_warned() -> None:
    driver = talking()
    for _ in range(2):
        driver.command("warn_caller", agent_id="a1", method="read")
    driver.command("pin", emergency_id="emg1", by="a1")
    driver.command("end_abusive_call", agent_id="a1")
    assert not driver.state.ended
    assert driver.state.agent is not None


def test_only_the_agent_of_the_call_warns() -> None:
    driver = talking()
    driver.command("warn_caller", agent_id="a2", method="played")
    assert "abuse_warned" not in driver.names()


def test_a_warning_on_hold_leaves_the_caller_with_music() -> None:
    driver = talking()
    driver.command("hold", agent_id="a1")
    driver.command("warn_caller", agent_id="a1", method="played")
    assert not driver.music
    driver.heard()
    assert driver.music
