"""The table of agent states, presence by lease, missed offers, wrap-up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.core import agents
from hotline.core.agents import Agent, appear, ask, forget_wish, missed_offer, step
from hotline.core.errors import IllegalTransition

pytestmark = pytest.mark.unit

HERE = Agent("a", present=True)


def in_state(state: str, **more: object) -> Agent:
    return replace(HERE, state=state, call_id="c" if state in agents.WITH_CALLER else "", **more)


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("offline", "ready", "available"),
        ("available", "accept", "reserved"),
        ("reserved", "ring", "ringing"),
        ("ringing", "connect", "on_call"),
        ("reserved", "connect", "on_call"),
        ("on_call", "finish", "wrap_up"),
        ("wrap_up", "rested", "available"),
        ("reserved", "fail", "paused"),
        ("ringing", "fail", "paused"),
        ("ringing", "release", "available"),
        ("available", "miss", "paused"),
        ("available", "lapse", "offline"),
        ("wrap_up", "lapse", "offline"),
        ("reserved", "lapse", "reserved"),
        ("ringing", "lapse", "ringing"),
        ("on_call", "lapse", "on_call"),
        ("on_call", "pause", "on_call"),
        ("wrap_up", "ready", "wrap_up"),
        ("wrap_up", "pause", "paused"),
    ],
)
def test_rows(state: str, event: str, after: str) -> None:
    assert step(in_state(state), event, 5.0, wrap_up_seconds=60).state == after


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("offline", "accept"),
        ("paused", "accept"),
        ("wrap_up", "accept"),
        ("on_call", "accept"),
        ("available", "finish"),
    ],
)
def test_no_row_is_refused(state: str, event: str) -> None:
    with pytest.raises(IllegalTransition, match=r"agent\.transition"):
        step(in_state(state), event, 5.0)


def test_every_state_has_a_row_for_every_wish() -> None:
    for state in agents.STATES:
        assert {"ready", "pause", "leave", "lapse", "connect"} <= set(agents.TABLE[state])
    targets = {target for row in agents.TABLE.values() for target in row.values()}
    assert targets <= {*agents.STATES, agents.NEXT, agents.ASK}


@pytest.mark.parametrize(("wish", "after"), [("paused", "paused"), ("offline", "offline"), ("available", "available")])
def test_requested_during_a_call_is_taken_after_wrap_up(wish: str, after: str) -> None:
    agent = ask(in_state("on_call"), wish, "meal", 10.0)
    assert (agent.state, agent.requested) == ("on_call", wish)
    agent = step(agent, "finish", 20.0, wrap_up_seconds=60)
    assert agent.wrap_up_until == 80.0
    agent = step(agent, "rested", 80.0)
    assert (agent.state, agent.requested, agent.call_id) == (after, "", "")


def test_lapsed_during_a_call_goes_offline_after_it_even_if_pause_was_asked() -> None:
    agent = step(ask(in_state("on_call"), "paused", "", 1.0), "lapse", 2.0)
    agent = step(step(agent, "finish", 3.0, wrap_up_seconds=5), "rested", 8.0)
    assert agent.state == "offline"


def test_console_back_in_time_finds_its_wish_again_and_later_not() -> None:
    agent = step(ask(HERE, "available", "", 0.0), "lapse", 10.0)
    assert agent.state == "offline"
    assert appear(agent, 60.0).state == "available"
    assert appear(agent, 10.0 + agents.RETURN_SECONDS + 1).state == "offline"
    assert forget_wish(agent, 200.0).wish == "offline"


def test_reload_in_wrap_up_comes_back_to_the_same_wrap_up() -> None:
    agent = step(in_state("on_call"), "finish", 0.0, wrap_up_seconds=60)
    agent = step(agent, "lapse", 10.0)
    back = appear(agent, 20.0)
    assert (back.state, back.wrap_up_until, back.call_id) == ("wrap_up", 60.0, "c")
    assert appear(replace(agent, wish="available", wish_until=200.0), 70.0).state == "available"


def test_wish_before_the_lease_is_honoured_when_it_appears() -> None:
    agent = ask(Agent("a"), "available", "", 0.0)
    assert agent.state == "offline"
    assert appear(agent, 3.0).state == "available"


def test_missed_offers_pause_at_the_limit_and_count_once_a_round() -> None:
    agent = in_state("available")
    for at in (20.0, 20.1, 40.0):  # two callers shown at once run out together: one miss
        agent = missed_offer(agent, at, offer_seconds=20, limit=3)
    assert (agent.state, agent.missed) == ("available", 2)
    agent = missed_offer(agent, 60.0, offer_seconds=20, limit=3)
    assert (agent.state, agent.reason) == ("paused", "missed_offers")
    assert ask(agent, "available", "", 61.0).missed == 0


def test_record_round_trip() -> None:
    agent = step(in_state("on_call", missed=2), "finish", 3.0, wrap_up_seconds=9)
    assert Agent.from_record(agent.to_record()) == agent
    assert Agent.from_record({"id": "x", "state": "dancing", "new": 1}) == Agent("x")
