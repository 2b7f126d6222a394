"""The routing brain, one story at a time: offers, whose turn it is, what is refused, what the board shows."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.core import board_entities
from hotline.core.routing.effects import RememberWish, Reply
from hotline.core.routing.engine import decide
from hotline.core.routing.events import Asked, FactSeen
from tests.fakes.routing_story import Story

pytestmark = pytest.mark.unit


def test_offer_at_once_on_every_console_and_the_first_accept_wins() -> None:
    story = Story()
    story.waits()
    offer = story.state.offers[story.offer_of()]
    assert set(offer.shown) == {"a0", "a1"}
    assert story.facts[-1].name == "offer_made"
    assert story.accepts("a1") == {"ok": True, "data": {"call_id": "c1"}}
    command = story.commands[-1]
    assert (command.name, dict(command.data)) == (
        "connect_agent",
        {"offer_id": offer.offer_id, "agent_id": "a1", "uri": "sip:8001@x"},
    )
    late = story.ask("accept_offer", offer_id=offer.offer_id, agent_id="a0")
    assert late == {"ok": False, "code": "offer.gone"}
    assert story.ask("accept_offer", offer_id=offer.offer_id, agent_id="a1")["ok"], "pressed twice"
    assert len(story.ordered("connect_agent")) == 1
    assert story.agent("a0") == ("available", "")
    assert story.state.on_console.get("a0", set()) == set()


def test_longest_idle_shows_one_console_at_a_time() -> None:
    story = Story(agents=3, strategy="longest_idle")
    story.waits("c1")
    story.waits("c2")
    shown = [set(story.state.offers[story.offer_of(c)].shown) for c in ("c1", "c2")]
    assert shown == [{"a0"}, {"a1"}]
    assert story.ask("accept_offer", offer_id=story.offer_of("c1"), agent_id="a2")["code"] == "offer.not_yours"
    story.ask("decline_offer", offer_id=story.offer_of("c1"), agent_id="a0", reason="conflict")
    assert set(story.state.offers[story.offer_of("c1")].shown) == {"a2"}


def test_offers_never_outnumber_free_agents_and_follow_the_line() -> None:
    story = Story(agents=1)
    for call_id in ("c1", "c2", "c3"):
        story.waits(call_id)
        story.now += 1
    assert [bool(story.offer_of(c)) for c in ("c1", "c2", "c3")] == [True, False, False]
    story.waits("urgent", priority=9)
    assert story.offer_of("urgent")
    assert not story.offer_of("c1")
    story.talks("a0", "urgent")
    story.hear("call_ended", "urgent", cause="completed", ended_by="caller", phase="x", sip_code=0, answered=True)
    assert story.agent() == ("wrap_up", "")
    assert not story.state.offers, "I14"
    assert story.ask("end_wrap_up", agent_id="a0")["ok"]
    assert story.offer_of("c1")


def test_a_phone_that_does_not_answer_keeps_the_callers_place_and_pauses_the_agent() -> None:
    story = Story()
    story.waits("c1")
    story.now += 5
    offer_id = story.offer_of("c1")
    story.accepts("a0", "c1")
    story.waits("c2")
    story.now += 2
    story.hear("agent_failed", "c1", offer_id=offer_id, agent_id="a0", dial_status="no_answer", sip_code=408)
    assert story.agent("a0") == ("paused", "phone_unreachable")
    assert story.state.calls["c1"].queued_at == 100.0
    assert list(story.state.line) == ["c1", "c2"]
    assert set(story.state.offers[story.offer_of("c1")].shown) == {"a1"}
    assert not story.offer_of("c2"), "the older caller has the only agent"


def test_missed_offers_pause_with_a_reason() -> None:
    story = Story(agents=1, offer_seconds=10, missed_offers_to_pause=2)
    story.waits()
    story.passes(10.5)
    assert story.agent() == ("available", "")
    assert story.offer_of()
    story.passes(10)
    assert story.agent() == ("paused", "missed_offers")
    assert [fact.data["agent_ids"] for fact in story.facts if fact.name == "offer_missed"] == [["a0"], ["a0"]]
    assert not story.state.offers


def test_one_who_declined_is_not_asked_again_at_once_but_later() -> None:
    story = Story(agents=1)
    story.waits()
    story.ask("decline_offer", offer_id=story.offer_of(), agent_id="a0", reason="conflict")
    story.passes(5)
    assert not story.offer_of()
    story.passes(26)
    assert story.offer_of(), "I6"


@pytest.mark.parametrize(
    ("fact", "data"),
    [
        ("call_ended", {"cause": "abandoned", "ended_by": "caller", "phase": "queue", "sip_code": 0, "answered": True}),
        ("queue_left", {"reason": "timeout"}),
    ],
)
def test_caller_gone_takes_the_offer_away_at_once(fact: str, data: dict[str, Any]) -> None:
    story = Story()
    story.waits()
    offer_id = story.offer_of()
    story.hear(fact, **data)
    assert not story.state.offers
    assert story.ask("accept_offer", offer_id=offer_id, agent_id="a0") == {"ok": False, "code": "offer.gone"}


def test_caller_gone_while_the_phone_rings_frees_the_agent() -> None:
    story = Story()
    story.waits()
    offer_id = story.offer_of()
    story.accepts("a0")
    story.hear("agent_dialled", offer_id=offer_id, agent_id="a0")
    story.hear("call_ended", cause="abandoned", ended_by="caller", phase="agent_ringing", sip_code=0, answered=True)
    assert story.agent() == ("available", "")


def test_facts_told_twice_or_out_of_date_change_nothing() -> None:
    story = Story()
    story.waits()
    offer_id = story.offer_of()
    story.accepts("a0")
    failed = story.hear("agent_failed", offer_id=offer_id, agent_id="a0", dial_status="busy", sip_code=486)
    second = story.offer_of()
    story.accepts("a1")
    assert story.offer_of() != second
    decide(story.state, FactSeen(failed), story.now)
    assert story.agent("a1") == ("reserved", "")
    story.hear("agent_failed", offer_id=offer_id, agent_id="a0", dial_status="busy", sip_code=486)
    assert story.agent("a1") == ("reserved", ""), "about the first offer"


def test_request_told_twice_is_answered_once() -> None:
    story = Story()
    story.waits()
    asked = Asked("same", "accept_offer", {"offer_id": story.offer_of(), "agent_id": "a0"})
    first = decide(story.state, asked, story.now)
    assert sum(isinstance(effect, Reply) for effect in first) == 1
    assert decide(story.state, asked, story.now) == []


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("hold", {"call_id": "c1", "agent_id": "a1"}, "call.not_yours"),
        ("hang_up", {"call_id": "zzz", "agent_id": "a0"}, "call.gone"),
        ("cancel_transfer", {"call_id": "c1", "agent_id": "a0"}, "transfer.none"),
        ("end_wrap_up", {"agent_id": "a0"}, "agent.not_in_wrap_up"),
        ("set_agent_state", {"agent_id": "nobody", "state": "available"}, "agent.missing"),
        ("set_agent_state", {"agent_id": "a0", "state": "on_call"}, "request.invalid"),
        ("accept_offer", {"offer_id": "x", "agent_id": "a1"}, "offer.gone"),
        ("decline_offer", {"offer_id": "x", "agent_id": "a1", "reason": ""}, "offer.gone"),
        ("transfer", {"call_id": "c1", "agent_id": "a1", "category": "0101"}, "call.not_yours"),
        ("hold", {}, "request.invalid"),
        ("dance", {}, "request.invalid"),
    ],
)
def test_refusals(name: str, data: dict[str, Any], code: str) -> None:
    story = Story()
    story.waits()
    story.talks()
    answer = story.ask(name, **data)
    assert (answer["ok"], answer["code"]) == (False, code)


def test_owner_steers_the_call() -> None:
    story = Story()
    story.waits()
    story.talks()
    for name in ("hold", "unhold", "hang_up"):
        assert story.ask(name, call_id="c1", agent_id="a0")["ok"]
        assert story.commands[-1].name == name
    story.hear("call_ended", cause="completed", ended_by="agent", phase="agent_talk", sip_code=0, answered=True)
    assert story.ask("hold", call_id="c1", agent_id="a0") == {"ok": False, "code": "call.gone"}


def test_position_is_told_at_once_then_when_better_never_when_worse() -> None:
    story = Story(agents=1, position_every_seconds=30)
    story.waits("c0")
    story.talks("a0", "c0")
    for call_id in ("c1", "c2", "c3"):
        story.waits(call_id)
        story.now += 0.1
    story.passes(1)

    def told(call_id: str) -> list[int]:
        return [i.data["position"] for i in story.ordered("tell_position") if i.call_id == call_id and i.data["better"]]

    assert [told(c) for c in ("c1", "c2", "c3")] == [[1], [2], [3]]
    story.passes(15)
    story.hear("queue_left", "c1", reason="abandoned")
    story.passes(2)
    assert [told(c) for c in ("c2", "c3")] == [[2, 1], [3, 2]]
    story.waits("urgent", priority=9)
    story.passes(40)
    assert told("c3") == [3, 2], "3 again would be worse than what was said"
    assert told("urgent") == [1], "1 again is no news: a kind word instead"
    kind = [i for i in story.ordered("tell_position") if i.call_id == "urgent" and not i.data["better"]]
    assert len(kind) == 1


def test_supervisor_forces_and_wish_is_remembered() -> None:
    story = Story()
    effects = decide(
        story.state,
        Asked("f", "force_agent_state", {"agent_id": "a0", "state": "paused", "reason": "sup", "by": "u"}),
        1e3,
    )
    assert RememberWish("a0", "paused") in effects
    assert story.agent() == ("paused", "sup")


def test_board_carries_what_the_protocol_says() -> None:
    story = Story()
    story.waits()
    board = board_entities.everything(story.state, story.now)
    assert set(board["agents/a0"]) >= {
        "id",
        "name",
        "extension",
        "state",
        "reason",
        "since",
        "requested",
        "wrap_up_until",
        "call_id",
        "offer_ids",
        "skills",
    }
    assert set(board["calls/c1"]) >= {
        "call_id",
        "phase",
        "caller_masked",
        "region_hint",
        "arrived_at",
        "queued_at",
        "answered_at",
        "queue",
        "priority",
        "position",
        "agent_id",
        "expert_id",
        "hold",
        "recording",
        "transfer",
        "rating",
    }
    offer = board[f"offers/{story.offer_of()}"]
    assert offer["agent_ids"] == ["a0", "a1"]
    assert board["queues/GN"] == {"name": "GN", "waiting": 1, "oldest_queued_at": 100.0}
    assert board["experts/e0"]["state"] == "available"
    story.hear("call_ended", cause="abandoned", ended_by="caller", phase="queue", sip_code=0, answered=True)
    found = board_entities.changes(story.state, story.now)
    assert f"offers/{offer['offer_id']}" in found.gone
    story.passes(62)
    assert "calls/c1" in board_entities.changes(story.state, story.now).gone
