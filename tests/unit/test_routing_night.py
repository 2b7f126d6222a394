"""Routing out of hours: whom it names of the duty roster, and that nobody waits for an empty night desk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hotline.core.routing.engine import decide
from hotline.core.routing.events import PeopleLoaded, Tick
from tests.fakes.routing_story import Story

pytestmark = pytest.mark.unit


def night(agents: int = 0, **rules: Any) -> Story:
    """Three experts, two of them duty staff."""
    story = Story(agents=agents, experts=3, **rules)
    people = story.state.people
    first, *others = people.experts.values()
    experts = {first.id: first, **{item.id: replace(item, kind="duty", skills=()) for item in others}}
    story._take(decide(story.state, PeopleLoaded(replace(people, experts=experts)), story.now))
    return story


def searching(story: Story) -> None:
    story.hear("call_answered")
    story.hear("transfer_started", transfer_id="trf1", agent_id="", kind="duty", target="expert", region="")


def orders(story: Story, name: str) -> list[dict[str, Any]]:
    return [dict(command.data) for command in story.commands if command.name == name]


def test_the_duty_staff_are_named_one_after_another_and_nobody_else() -> None:
    story = night(parallel=2)
    story.waits(queue="NT")
    story.hear("queue_left", reason="closed")
    searching(story)
    (first,) = orders(story, "try_expert")
    assert story.state.people.experts[first["expert_id"]].kind == "duty"
    assert first["brief"]["kind"] == "duty"
    ids = {key: first[key] for key in ("transfer_id", "try_id", "expert_id")}
    story.hear("expert_tried", **ids, outcome="no_answer", sip_code=0, seconds=20.0)
    second = orders(story, "try_expert")[1]
    assert second["expert_id"] != first["expert_id"]
    ids = {key: second[key] for key in ("transfer_id", "try_id", "expert_id")}
    story.hear("expert_tried", **ids, outcome="refused", sip_code=0, seconds=5.0)
    assert orders(story, "give_up_transfer") == [{"transfer_id": "trf1"}]
    assert len(orders(story, "try_expert")) == 2
    story.hear("transfer_ended", transfer_id="trf1", outcome="returned")
    assert all(use.state == "free" for use in story.state.uses.values())


def test_nobody_on_the_roster_is_said_at_once() -> None:
    story = Story(agents=0, experts=2)
    story.waits(queue="NT")
    story.hear("queue_left", reason="closed")
    searching(story)
    assert orders(story, "give_up_transfer") == [{"transfer_id": "trf1"}]


def test_nobody_waits_for_an_empty_night_desk() -> None:
    story = night()
    story.look()
    story.waits(queue="NT")
    story.now += 1.5
    story._take(decide(story.state, Tick(), story.now))
    assert orders(story, "leave_queue") == [{"outcome": "closed", "reason": "nobody_at_desk"}]
    story.now += 1.5
    story._take(decide(story.state, Tick(), story.now))
    assert len(orders(story, "leave_queue")) == 1, "not told again at once"


@pytest.mark.parametrize(("agents", "queue"), [(1, "NT"), (0, "GN")])
def test_whoever_can_be_served_and_every_other_queue_waits(agents: int, queue: str) -> None:
    story = night(agents)
    story.look()
    story.waits(queue=queue)
    story.now += 1.5
    story._take(decide(story.state, Tick(), story.now))
    assert orders(story, "leave_queue") == []
