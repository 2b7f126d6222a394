"""The routing brain, one story at a time: facts lost, Redis emptied, leases lapsed, a new routing."""

from __future__ import annotations

import itertools

import pytest

from hotline.core import board_entities
from hotline.core.routing.engine import decide
from hotline.core.routing.events import Restored
from hotline.core.routing.rules import Rules
from hotline.core.routing.state import State
from tests.fakes.routing_story import Story

pytestmark = pytest.mark.unit


def test_silence_after_the_order_is_resolved_by_the_snapshot() -> None:
    story = Story(agents=1)
    story.waits()
    story.accepts()
    live = story.snapshot(queued_at=100.0)
    story.passes(4, live)
    assert len(story.ordered("connect_agent")) == 2, "ordered again, under the same id"
    assert len({item.command_id for item in story.ordered("connect_agent")}) == 1
    assert story.agent() == ("reserved", "")
    story.passes(22, live)
    assert story.commands[-1].name in ("cancel_agent", "tell_position")
    assert story.agent() == ("available", "")
    assert story.offer_of(), "offered again, at the old place"


def test_lost_facts_are_healed_by_snapshots() -> None:
    story = Story()
    story.passes(4, story.snapshot())
    assert story.offer_of(), "queue_entered was lost"
    assert story.state.calls["c1"].queued_at == 60.0
    story.accepts("a0")
    connected = story.snapshot(phase="agent_talk", agent_id="a0", agent_state="connected")
    story.passes(4, connected)
    assert story.agent() == ("on_call", ""), "agent_connected was lost"
    story.passes(4, story.snapshot(phase="goodbye"))
    assert story.agent() == ("wrap_up", ""), "agent_left was lost"
    story.passes(12, present=True)
    story.now += 30
    story.look()
    assert story.state.calls["c1"].ended_at is not None, "call_ended was lost"


def test_emptied_redis_ends_nothing_and_puts_nobody_offline() -> None:
    story = Story()
    story.waits("c1")
    story.talks("a0", "c1")
    story.waits("c2")
    story.look(present=False, emptied=True)
    story.now += 3
    story.look(present=False)
    assert story.agent("a0") == ("on_call", "")
    assert story.agent("a1") == ("available", "")
    assert story.offer_of("c2")
    story.now += 20
    story.look(present=False)
    assert story.agent("a1") == ("offline", "lease")


def test_lapsed_lease_takes_offers_away_but_never_a_call() -> None:
    story = Story()
    story.waits("c1")
    story.talks("a0", "c1")
    story.waits("c2")
    live = [story.snapshot("c1", phase="agent_talk", agent_id="a0", agent_state="connected"), story.snapshot("c2")]
    story.look(*live, present=False)
    assert story.agent("a0") == ("on_call", "")
    assert story.agent("a1") == ("offline", "lease")
    assert not story.state.offers
    story.look(*live)
    assert story.agent("a1") == ("available", ""), "back in time: the last wish stands"
    assert story.offer_of("c2")


def test_a_new_routing_goes_on_where_the_old_one_stopped() -> None:
    story = Story(agents=3)
    story.waits("talk")
    story.talks("a0", "talk")
    story.ask("transfer", call_id="talk", agent_id="a0", category="0101", region="330100")
    expert = story.commands[-1].data
    story.waits("wait")
    offer_id = story.offer_of("wait")
    board = board_entities.everything(story.state, story.now)
    records = {agent.id: agent.to_record() for agent in story.state.agents.values()}
    uses = {use.id: use.to_record() for use in story.state.uses.values()}
    transfer = {key: expert[key] for key in ("transfer_id", "try_id", "expert_id")} | {"state": "ringing"}
    live = [
        story.snapshot("talk", phase="transfer", agent_id="a0", agent_state="connected", transfer=transfer),
        story.snapshot("wait", queued_at=100.0),
    ]
    new = Story(agents=3)
    people = new.state.people
    new.state = State(Rules(), new.state.new_id, 1, people=people)
    new.seq = itertools.count(100)
    decide(new.state, Restored(records, uses, board), new.now)
    new.look(*live)
    assert new.agent("a0") == ("on_call", "")
    assert new.offer_of("wait") == offer_id, "consoles go on showing the same offer"
    assert new.state.uses[expert["expert_id"]].state == "reserved"
    outcome = {"outcome": "refused", "sip_code": 603, "seconds": 2.0}
    new.hear("expert_tried", "talk", **{k: v for k, v in transfer.items() if k != "state"}, **outcome)
    following = new.commands[-1]
    assert following.name == "try_expert"
    assert following.data["brief"]["category"] == "0101"
    assert following.data["expert_id"] != expert["expert_id"]


def test_after_an_emptied_redis_a_new_routing_waits_for_conversations_to_show_themselves() -> None:
    story = Story(agents=1)
    story.state = State(Rules(), story.state.new_id, 1, people=story.state.people)
    decide(story.state, Restored({}, {}, {}), story.now)
    story.look(emptied=True)
    story.ask("set_agent_state", agent_id="a0", state="available", lease=15.0)
    story.waits("c9")
    assert not story.state.offers
    story.now += 2
    talk = story.snapshot("c1", phase="agent_talk", agent_id="a0", agent_state="connected")
    story.look(talk, story.snapshot("c9", queued_at=100.0))
    assert story.agent() == ("on_call", "")
