"""Routing skips experts in a conflict of interest, says so, and never calls anybody unchecked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hotline.core import board_entities
from hotline.core.conflicts import Book, Mark
from hotline.core.hunts import Hunt
from hotline.core.routing.engine import decide
from hotline.core.routing.events import PeopleLoaded
from tests.fakes.routing_story import ARRIVED, Story

pytestmark = pytest.mark.unit


def story_with(*marks: tuple[str, Mark], complete: bool = True, firms: dict[str, str] | None = None, **rules: Any) -> Story:
    """One agent talks with caller `me` (hash); e0 has skill MF, e2 takes anything."""
    story = Story(**rules)
    book = Book(complete=complete)
    for party, mark in marks:
        book.add(party, mark)
    people = story.state.people
    experts = {key: replace(item, firm=(firms or {}).get(key, "")) for key, item in people.experts.items()}
    decide(story.state, PeopleLoaded(replace(people, book=book, experts=experts)), story.now)
    story.hear("call_arrived", **{**ARRIVED, "caller_hash": "me"})
    story.hear("queue_entered", queue="GN", priority=0, language="zh-CN")
    story.talks()
    return story


def transfer(story: Story, **more: Any) -> dict[str, Any]:
    return story.ask("transfer", call_id="c1", agent_id="a0", category="0101", region="", **more)


def hunt_of(story: Story) -> Hunt:
    hunt = story.state.calls["c1"].hunt
    assert hunt is not None
    return hunt


def facts(story: Story, name: str) -> list[dict[str, Any]]:
    return [dict(fact.data) for fact in story.facts if fact.name == name]


def test_who_advised_the_opposing_party_is_passed_over_and_it_is_said() -> None:
    story = story_with(("them", Mark("e0", "", "client")))
    assert transfer(story, opposing_hashes=["them"], expert_id="e0")["ok"], "even a wished one"
    assert [item.data["expert_id"] for item in story.ordered("try_expert")] == ["e2"]
    assert facts(story, "conflict_found") == [
        {
            "transfer_id": hunt_of(story).transfer_id,
            "expert_id": "e0",
            "reason": "advised_opponent",
            "party_hash": "them",
        }
    ]
    assert facts(story, "conflict_checked")[0]["caller_hashes"] == ["me"]
    shown = board_entities.entity(story.state, "calls/c1", story.now)["transfer"]
    assert shown["skipped"] == [{"expert_id": "e0", "reason": "advised_opponent"}]


def test_the_caller_is_the_opponent_of_somebody_the_firm_advised() -> None:
    story = story_with(("me", Mark("e9", "f1", "opponent")), firms={"e0": "f1"})
    assert transfer(story)["ok"]
    assert [item.data["expert_id"] for item in story.ordered("try_expert")] == ["e2"]
    assert facts(story, "conflict_found")[0]["reason"] == "opposes_client"


def test_the_caller_wants_somebody_else() -> None:
    story = story_with()
    assert transfer(story, avoid=["e0"])["ok"]
    assert [item.data["expert_id"] for item in story.ordered("try_expert")] == ["e2"]
    assert facts(story, "conflict_found")[0] == {
        "transfer_id": hunt_of(story).transfer_id,
        "expert_id": "e0",
        "reason": "caller_wish",
        "party_hash": "",
    }


def test_everybody_in_conflict_is_not_the_same_as_nobody_there() -> None:
    story = story_with(("them", Mark("e0", "f", "client")), firms={"e0": "f", "e2": "f"})
    assert transfer(story, opposing_hashes=["them"])["code"] == "transfer.only_conflicts"
    assert facts(story, "transfer_refused")[0]["reason"] == "only_conflicts"
    assert not story.ordered("start_transfer")


def test_a_conflict_that_becomes_known_during_the_hunt_counts_for_the_next_try() -> None:
    story = story_with()
    assert transfer(story, opposing_hashes=["them"])["ok"]
    first = story.ordered("try_expert")[0].data
    story.state.people.book.add("them", Mark("e2", "", "avoid"))
    ids = {key: first[key] for key in ("transfer_id", "try_id", "expert_id")}
    story.hear("expert_tried", **ids, outcome="refused", sip_code=0, seconds=3.0)
    assert story.commands[-1].name == "give_up_transfer"
    assert facts(story, "conflict_found")[0]["reason"] == "declared"


def test_without_the_book_callers_are_served_and_the_agent_is_told_that_it_was_not_checked() -> None:
    story = story_with(complete=False)
    assert transfer(story, opposing_hashes=["them"])["ok"]
    assert facts(story, "conflict_checked")[0]["complete"] is False
    assert board_entities.entity(story.state, "calls/c1", story.now)["transfer"]["conflicts_known"] is False


def test_the_parties_survive_a_restart_on_the_board_and_unknown_ones_stop_the_hunt() -> None:
    story = story_with(("them", Mark("e2", "", "client")))
    transfer(story, opposing_hashes=["them"])
    again = Hunt.from_entity(hunt_of(story).to_entity())
    assert again.parties == hunt_of(story).parties
    hunt_of(story).parties = None
    first = story.ordered("try_expert")[0].data
    ids = {key: first[key] for key in ("transfer_id", "try_id", "expert_id")}
    story.hear("expert_tried", **ids, outcome="busy", sip_code=486, seconds=3.0)
    assert story.commands[-1].name == "give_up_transfer"


def test_a_dead_number_is_followed_by_the_experts_next_one() -> None:
    story = story_with()
    people = story.state.people
    experts = {**people.experts, "e0": replace(people.experts["e0"], more_numbers=("sealed0b",))}
    decide(story.state, PeopleLoaded(replace(people, experts=experts)), story.now)
    transfer(story)
    first = story.ordered("try_expert")[0].data
    ids = {"transfer_id": first["transfer_id"], "try_id": first["try_id"], "expert_id": "e0"}
    story.hear("expert_tried", **ids, outcome="failed", sip_code=404, seconds=0.4)
    second = story.ordered("try_expert")[1].data
    assert (second["expert_id"], second["number_enc"]) == ("e0", "sealed0b")
    story.hear("expert_tried", **{**ids, "try_id": second["try_id"]}, outcome="failed", sip_code=404, seconds=0.4)
    assert story.ordered("try_expert")[2].data["expert_id"] == "e2"


def test_experts_are_asked_in_turn_within_the_skill() -> None:
    """Both take anything; the one who talked last is not the one whose turn it was last."""
    story = Story(experts=3)
    people = story.state.people
    experts = {key: replace(people.experts[key], skills=("MF",)) for key in ("e0", "e1")}
    decide(story.state, PeopleLoaded(replace(people, experts=experts)), story.now)
    asked = []
    for number in range(4):
        call_id = f"c{number + 1}"
        story.waits(call_id)
        story.talks("a0", call_id)
        assert story.ask("transfer", call_id=call_id, agent_id="a0", category="0101", region="")["ok"]
        asked.append(story.ordered("try_expert")[-1].data["expert_id"])
        story.hear("call_ended", call_id, cause="completed", ended_by="caller", phase="x", sip_code=0, answered=True)
        story.ask("end_wrap_up", agent_id="a0")
        story.now += 1
    assert asked == ["e0", "e1", "e0", "e1"]
