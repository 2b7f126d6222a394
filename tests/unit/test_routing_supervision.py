"""Supervision in the routing brain: who may listen where, pulling forward, help, pins, and what a restart keeps."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.core import board_entities
from hotline.core.board import Viewer, shown
from hotline.core.commands import Command
from tests.fakes.routing_story import Story

pytestmark = pytest.mark.unit


def talk(story: Story, call_id: str = "c1", agent: str = "a0") -> None:
    """`agent` talks with the caller."""
    story.waits(call_id)
    story.hear("agent_dialled", call_id, offer_id=f"o_{call_id}", agent_id=agent)
    story.hear("agent_connected", call_id, offer_id=f"o_{call_id}", agent_id=agent, talk_id=f"t_{call_id}")


def story_with_talk(**more: Any) -> Story:
    story = Story(agents=3, **more)
    story.ask("set_agent_state", agent_id="a2", state="paused", reason="desk")
    talk(story)
    return story


def listen(story: Story, mode: str = "listen", agent: str = "a2", call_id: str = "c1") -> dict[str, Any]:
    return story.ask("start_monitor", call_id=call_id, agent_id=agent, mode=mode, by="acc")


def ordered(story: Story, name: str) -> list[Command]:
    return [item for item in story.commands if item.name == name]


def on_line(story: Story, monitor_id: str, mode: str = "listen", agent: str = "a2") -> None:
    story.hear("monitor_dialled", monitor_id=monitor_id, agent_id=agent, mode=mode)
    story.hear("monitor_started", monitor_id=monitor_id, agent_id=agent, mode=mode, told=True)


def test_listening_switching_taking_over_and_what_the_supervisor_is_afterwards() -> None:
    story = story_with_talk()
    answer = listen(story)
    assert answer["ok"]
    monitor_id = answer["data"]["monitor_id"]
    assert ordered(story, "start_monitor")[0].data["uri"] == "sip:8002@x"
    assert listen(story)["data"]["monitor_id"] == monitor_id  # pressed twice: one leg
    assert len(ordered(story, "start_monitor")) == 1
    assert story.ask("take_over", call_id="c1", agent_id="a2", agent_stays=False)["code"] == "monitor.not_on_yet"
    on_line(story, monitor_id)
    assert story.ask("set_monitor", call_id="c1", agent_id="a2", mode="whisper")["ok"]
    assert story.ask("set_monitor", call_id="c1", agent_id="a1", mode="whisper")["code"] == "monitor.none"
    assert story.ask("take_over", call_id="c1", agent_id="a2", agent_stays=False)["ok"]
    story.hear("monitor_ended", monitor_id=monitor_id, agent_id="a2", ended_by="takeover")
    story.hear("agent_left", agent_id="a0", talk_id="t_c1", ended_by="takeover")
    story.hear("agent_connected", offer_id=monitor_id, agent_id="a2", talk_id="t2", by="takeover")
    assert story.state.agents["a0"].state == "wrap_up"
    assert story.state.agents["a2"].state == "on_call"
    story.hear("agent_left", agent_id="a2", talk_id="t2", ended_by="agent")
    story.passes(70)
    assert (story.state.agents["a2"].state, story.state.agents["a2"].reason) == ("paused", "desk")
    assert not story.state.listening


@pytest.mark.parametrize("mode", ["", "shout"])
def test_an_unknown_mode_is_refused(mode: str) -> None:
    assert listen(story_with_talk(), mode)["code"] == "request.invalid"


def test_who_may_not_listen_and_why() -> None:
    story = story_with_talk()
    assert listen(story, call_id="c9")["code"] == "call.gone"
    assert listen(story, agent="nobody")["code"] == "monitor.no_phone"
    assert listen(story, agent="a0")["code"] == "monitor.own_call"
    story.waits("c2")
    assert listen(story, call_id="c2")["code"] == "monitor.no_talk"
    talk(story, "c3", "a1")
    assert listen(story, agent="a1")["code"] == "monitor.busy"  # talks with a caller
    assert listen(story)["ok"]
    assert listen(story, call_id="c3")["code"] == "monitor.busy"  # listens elsewhere
    assert listen(story, agent="a1")["code"] == "monitor.taken"


def test_four_legs_leave_none_for_a_supervisor() -> None:
    story = story_with_talk(parallel=2)
    story.ask("transfer", call_id="c1", agent_id="a0", category="0101", region="330100")
    tries = ordered(story, "try_expert")
    assert len(tries) == 2
    assert listen(story)["code"] == "monitor.no_leg"


def test_a_supervisor_who_listens_is_offered_nobody_until_the_line_is_free() -> None:
    story = Story(agents=2)
    talk(story)
    monitor_id = listen(story, agent="a1")["data"]["monitor_id"]
    story.waits("c2")
    assert not story.state.offers
    on_line(story, monitor_id, agent="a1")
    story.hear("monitor_ended", monitor_id=monitor_id, agent_id="a1", ended_by="supervisor")
    assert [offer.call_id for offer in story.state.offers.values()] == ["c2"]


def test_a_monitor_whose_order_was_lost_is_forgotten_after_the_snapshots_say_so() -> None:
    story = story_with_talk()
    listen(story)
    live = {
        "call_id": "c1", "phase": "agent_talk", "agent_id": "a0", "agent_state": "connected", "hold": False,
        "transfer": None, "expert_id": "", "queued_at": 100.0, "monitor": None, "help_id": "", "pinned": "",
    }  # fmt: skip
    story.passes(8, live)
    assert story.state.calls["c1"].monitor is None
    assert not story.state.listening


def test_pulling_forward_goes_first_and_leaves_the_order_of_the_others() -> None:
    story = Story(agents=0)
    for number in range(1, 6):
        story.now += 1
        story.waits(f"c{number}", priority=3 if number == 5 else 0)
    assert list(story.state.line) == ["c5", "c1", "c2", "c3", "c4"]
    answer = story.ask("pull_forward", call_id="c3", reason="孕妇", by="acc")
    assert answer["data"] == {"priority": 4, "position": 1}
    assert list(story.state.line) == ["c3", "c5", "c1", "c2", "c4"]
    assert ordered(story, "set_priority")[0].data == {"priority": "4", "reason": "孕妇", "by": "acc"}
    assert story.ask("pull_forward", call_id="c3", reason="x", by="acc")["data"]["position"] == 1
    assert story.ask("pull_forward", call_id="c4", reason=" ", by="acc")["code"] == "request.invalid"
    story.hear("call_pinned", "c2", emergency_id="e1", by="acc")
    assert story.ask("pull_forward", call_id="c4", reason="x", by="acc")["data"]["position"] == 2  # life danger stays first
    assert next(iter(story.state.line)) == "c2"


def test_only_who_waits_is_pulled_forward() -> None:
    story = story_with_talk()
    assert story.ask("pull_forward", call_id="c1", reason="x", by="acc")["code"] == "call.not_waiting"


def test_help_is_shown_until_somebody_comes() -> None:
    story = story_with_talk()
    assert story.ask("ask_help", call_id="c1", agent_id="a1")["code"] == "call.not_yours"
    help_id = story.ask("ask_help", call_id="c1", agent_id="a0")["data"]["help_id"]
    story.hear("help_asked", help_id=help_id, agent_id="a0")
    assert story.ask("ask_help", call_id="c1", agent_id="a0")["data"]["help_id"] == help_id
    board = board_entities.everything(story.state, story.now)
    assert board["calls/c1"]["help"]["help_id"] == help_id
    assert story.ask("clear_help", call_id="c1", by="acc")["ok"]
    story.hear("help_ended", help_id=help_id, ended_by="cleared")
    assert story.state.calls["c1"].help is None
    assert story.ask("clear_help", call_id="c1", by="acc")["code"] == "help.none"


def test_a_pinned_call_is_not_hung_up_and_its_agent_is_not_pressed() -> None:
    story = story_with_talk()
    assert story.ask("pin_call", call_id="c1", emergency_id="e1", by="acc")["ok"]
    story.hear("call_pinned", emergency_id="e1", by="acc")
    assert story.ask("hang_up", call_id="c1", agent_id="a0")["code"] == "emergency.pinned"
    story.hear("agent_left", agent_id="a0", talk_id="t_c1", ended_by="agent")
    assert story.state.agents["a0"].wrap_up_until - story.now == story.state.rules.pinned_wrap_up_seconds
    assert story.state.calls["c1"].priority == 9


def test_a_restart_keeps_monitor_help_and_pin() -> None:
    story = story_with_talk()
    on_line(story, "m1", "barge")
    story.hear("help_asked", help_id="h1", agent_id="a0")
    story.hear("call_pinned", emergency_id="e1", by="acc")
    board = board_entities.everything(story.state, story.now)
    fresh = Story(agents=3)
    fresh.now = story.now
    from hotline.core.routing.world import _restore_call

    _restore_call(fresh.state, board["calls/c1"], fresh.now)
    again = fresh.state.calls["c1"]
    assert again.monitor == story.state.calls["c1"].monitor
    assert again.help == story.state.calls["c1"].help
    assert again.pinned == "e1"
    assert fresh.state.listening == {"a2": "c1"}


def test_agents_see_the_supervisor_only_where_they_are_told() -> None:
    entity = {"call_id": "c1", "agent_id": "a0", "monitor": {"monitor_id": "m1", "told": False}}
    assert shown("calls/c1", entity, Viewer("agent", "a0")) == {**entity, "monitor": None}
    assert shown("calls/c1", entity, Viewer("supervisor")) == entity
    told = {**entity, "monitor": {"monitor_id": "m1", "told": True}}
    assert shown("calls/c1", told, Viewer("agent", "a0")) == told
