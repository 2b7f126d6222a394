"""The routing brain, one story at a time: experts who are tried for a caller."""

from __future__ import annotations

import pytest

from hotline.core import board_entities
from tests.fakes.routing_story import Story

pytestmark = pytest.mark.unit


def test_transfer_tries_the_duty_list_and_gives_the_caller_back() -> None:
    story = Story(max_tries=2)
    story.waits()
    story.talks()
    answer = story.ask("transfer", call_id="c1", agent_id="a0", category="0101", region="330100", expert_id="e2")
    transfer_id = answer["data"]["transfer_id"]
    assert [item.name for item in story.commands[-2:]] == ["start_transfer", "try_expert"]
    first = story.commands[-1].data
    assert (first["expert_id"], first["number_enc"], first["trunk"]) == ("e2", "sealed2", "demo")
    assert first["brief"] == {"category": "0101", "region": "杭州市", "region_code": "330100", "waited": 0}
    again = story.ask("transfer", call_id="c1", agent_id="a0", category="0101", region="")
    assert again["code"] == "transfer.in_progress"
    ids = {"transfer_id": transfer_id, "sip_code": 0, "seconds": 3.0}
    story.hear("expert_tried", **ids, try_id=first["try_id"], expert_id="e2", outcome="no_key")
    second = story.commands[-1].data
    assert second["expert_id"] == "e0", "skill MF before general"
    assert story.state.uses["e2"].state == "free"
    story.hear("expert_tried", **ids, try_id=second["try_id"], expert_id="e0", outcome="busy")
    assert story.commands[-1].name == "give_up_transfer"
    story.hear("transfer_ended", transfer_id=transfer_id, outcome="returned")
    assert all(use.state == "free" for use in story.state.uses.values())
    hunt = board_entities.entity(story.state, "calls/c1", story.now)["transfer"]
    assert hunt["state"] == "returned"
    assert [item["state"] for item in hunt["tries"]] == ["no_key", "busy"]
    assert story.agent() == ("on_call", "")


def test_two_ring_at_once_the_first_to_accept_has_the_caller_and_both_are_free_again() -> None:
    story = Story(max_tries=3, parallel=2)
    story.waits()
    story.talks()
    answer = story.ask("transfer", call_id="c1", agent_id="a0", category="0101", region="")
    first, second = (item.data for item in story.ordered("try_expert"))
    assert {first["expert_id"], second["expert_id"]} == {"e0", "e2"}
    ids = {"transfer_id": answer["data"]["transfer_id"], "sip_code": 0, "seconds": 3.0}
    winner = {key: second[key] for key in ("try_id", "expert_id")}
    loser = {key: first[key] for key in ("try_id", "expert_id")}
    story.hear("expert_tried", **ids, **winner, outcome="accepted")
    story.hear("expert_tried", **ids, **loser, outcome="cancelled")
    assert len(story.ordered("try_expert")) == 2, "nobody else is called any more"
    assert story.state.uses[loser["expert_id"]].state == "free"
    story.hear("expert_connected", transfer_id=ids["transfer_id"], **winner, talk_id="t2")
    assert story.state.uses[winner["expert_id"]].state == "on_call"
    hunt = board_entities.entity(story.state, "calls/c1", story.now)["transfer"]
    assert [item["state"] for item in hunt["tries"]] == ["cancelled", "accepted"]


def test_no_leg_free_for_a_second_expert_makes_it_one_after_another() -> None:
    story = Story(max_tries=2, parallel=2)
    story.waits()
    story.talks()
    answer = story.ask("transfer", call_id="c1", agent_id="a0", category="0101", region="")
    first, second = (item.data for item in story.ordered("try_expert"))
    ids = {"transfer_id": answer["data"]["transfer_id"], "sip_code": 0, "seconds": 5.0}
    story.hear("expert_tried", **ids, try_id=second["try_id"], expert_id=second["expert_id"], outcome="cancelled")
    assert len(story.ordered("try_expert")) == 2
    story.hear("expert_tried", **ids, try_id=first["try_id"], expert_id=first["expert_id"], outcome="busy")
    assert story.commands[-1].name == "give_up_transfer", "nobody with the skill is left"


def test_transfer_accepted_frees_the_agent_for_wrap_up_and_the_expert_after_the_talk() -> None:
    story = Story()
    story.waits()
    story.talks()
    answer = story.ask("transfer", call_id="c1", agent_id="a0", category="0101", region="")
    item = story.commands[-1].data
    ids = {"transfer_id": answer["data"]["transfer_id"], "try_id": item["try_id"], "expert_id": item["expert_id"]}
    story.hear("expert_tried", **ids, outcome="accepted", sip_code=200, seconds=9.0)
    story.hear("expert_connected", **ids, talk_id="t2")
    story.hear("transfer_ended", transfer_id=ids["transfer_id"], outcome="connected")
    story.hear("agent_left", agent_id="a0", talk_id="t", ended_by="transfer")
    assert story.agent() == ("wrap_up", "")
    use = story.state.uses[ids["expert_id"]]
    assert (use.state, use.today(story.now)) == ("on_call", 1)
    assert story.ask("hold", call_id="c1", agent_id="a0")["code"] == "call.not_yours"
    story.passes(60.5)
    assert story.agent() == ("available", "")
    story.hear("expert_left", expert_id=ids["expert_id"], talk_id="t2", ended_by="expert")
    assert story.state.uses[ids["expert_id"]].state == "free"


def test_no_expert_is_a_refusal_and_a_fact() -> None:
    story = Story(experts=0)
    story.waits()
    story.talks()
    answer = story.ask("transfer", call_id="c1", agent_id="a0", category="0101", region="")
    assert answer == {"ok": False, "code": "transfer.no_expert"}
    assert story.facts[-1].name == "transfer_refused"
    assert not story.ordered("start_transfer")


def test_two_callers_never_ring_one_expert() -> None:
    story = Story(experts=1)
    for call_id, agent in (("c1", "a0"), ("c2", "a1")):
        story.waits(call_id)
        story.talks(agent, call_id)
    story.state.people.experts["e0"]
    assert story.ask("transfer", call_id="c1", agent_id="a0", category="0101", region="")["ok"]
    assert story.ask("transfer", call_id="c2", agent_id="a1", category="0101", region="")["code"] == "transfer.no_expert"
