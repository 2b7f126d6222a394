"""The routing brain, one story at a time."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from hotline.core import board_entities
from hotline.core.commands import Command
from hotline.core.facts import Fact
from hotline.core.queues.rules import QueueRules, Queues
from hotline.core.routing.effects import Effect, RememberWish, Reply
from hotline.core.routing.engine import decide
from hotline.core.routing.events import Asked, FactSeen, Restored, Tick, World
from hotline.core.routing.rules import Rules
from hotline.core.routing.state import State
from tests.fakes.desk_world import make_people, make_state
from tests.fakes.routing_checks import check_state

pytestmark = pytest.mark.unit

ARRIVED = {
    "trunk": "demo",
    "called": "12348",
    "caller_enc": "",
    "caller_masked": "138****0000",
    "caller_hash": "",
    "region_hint": "",
    "flow": "main",
    "flow_version": "1",
    "worker": "0",
}


class Story:
    """Tells the brain things at `now`, and keeps what it orders."""

    def __init__(self, agents: int = 2, experts: int = 3, **rules: Any) -> None:
        self.now = 100.0
        common = {key: rules.pop(key) for key in list(rules) if key in QueueRules.__dataclass_fields__}
        rules.setdefault("queues", Queues(QueueRules(**common)))
        self.state: State = make_state(make_people(agents, experts), Rules(**rules), self.now)
        self.seq = itertools.count(1)
        self.ids = itertools.count(1)
        self.commands: list[Command] = []
        self.facts: list[Fact] = []
        for agent in self.state.agents:
            self.ask("set_agent_state", agent_id=agent, state="available", lease=15.0)

    def _take(self, effects: list[Effect]) -> dict[str, Any]:
        check_state(self.state, self.now)
        answer: dict[str, Any] = {}
        for effect in effects:
            if isinstance(effect, Command):
                self.commands.append(effect)
            elif isinstance(effect, Fact):
                self.facts.append(effect)
            elif isinstance(effect, Reply):
                answer = dict(effect.answer)
        return answer

    def ask(self, name: str, *, lease: float | None = None, **data: Any) -> dict[str, Any]:
        return self._take(decide(self.state, Asked(f"r{next(self.ids)}", name, data, lease), self.now))

    def hear(self, name: str, call_id: str = "c1", **data: Any) -> Fact:
        fact = Fact(name, call_id, self.now, next(self.seq), "conversation", 1, data)
        self._take(decide(self.state, FactSeen(fact), self.now))
        return fact

    def waits(self, call_id: str = "c1", priority: int = 0, queue: str = "GN") -> None:
        self.hear("call_arrived", call_id, **ARRIVED)
        self.hear("queue_entered", call_id, queue=queue, priority=priority, language="zh-CN")

    def look(self, *live: Mapping[str, Any], present: bool = True, **more: Any) -> None:
        leases = dict.fromkeys(self.state.agents, 15.0) if present else {}
        self._take(decide(self.state, World({item["call_id"]: item for item in live}, leases, **more), self.now))

    def passes(self, seconds: float, *live: Mapping[str, Any], present: bool = True) -> None:
        """Time goes by with ticks, and conversations that renew their snapshots."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.5)
            if live or not present:
                self.look(*[{**item, "lease": self.now + 8} for item in live], present=present)
            else:
                for call in self.state.calls.values():
                    call.lease = self.now + 8
            self._take(decide(self.state, Tick(), self.now))

    def offer_of(self, call_id: str = "c1") -> str:
        return self.state.calls[call_id].offer_id

    def accepts(self, agent: str = "a0", call_id: str = "c1") -> dict[str, Any]:
        return self.ask("accept_offer", offer_id=self.offer_of(call_id), agent_id=agent)

    def talks(self, agent: str = "a0", call_id: str = "c1") -> None:
        offer_id = self.offer_of(call_id)
        assert self.accepts(agent, call_id)["ok"]
        self.hear("agent_dialled", call_id, offer_id=offer_id, agent_id=agent)
        self.hear("agent_ringing", call_id, offer_id=offer_id, agent_id=agent)
        self.hear("agent_connected", call_id, offer_id=offer_id, agent_id=agent, talk_id="t")
        self.hear("queue_left", call_id, reason="connected")

    def ordered(self, name: str) -> list[Command]:
        return [item for item in self.commands if item.name == name]

    def agent(self, name: str = "a0") -> tuple[str, str]:
        agent = self.state.agents[name]
        return agent.state, agent.reason

    def snapshot(self, call_id: str = "c1", **more: Any) -> dict[str, Any]:
        base = {
            "call_id": call_id,
            "lease": self.now + 8,
            "phase": "queue",
            "arrived_at": 50.0,
            "caller_masked": "138****0000",
            "region_hint": "",
            "trunk": "demo",
            "queue": "GN",
            "priority": 0,
            "language": "zh-CN",
            "queued_at": 60.0,
            "agent_id": "",
            "agent_state": "none",
            "hold": False,
            "transfer": None,
            "expert_id": None,
        }
        return {**base, **more}


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
