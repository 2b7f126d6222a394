"""Agents by phone as routing sees them: presence by their word, offers as calls, what becomes of phones nobody answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hotline.core import board_entities
from hotline.core.calendars.timetable import Line, make
from hotline.core.callbacks.caps import Caps
from hotline.core.handovers.asking import free_for
from hotline.core.offers import DECLINE_REST_SECONDS
from hotline.core.routing.engine import decide
from hotline.core.routing.events import PeopleLoaded
from hotline.core.routing.phones import region_of
from tests.fakes.routing_story import Story

pytestmark = pytest.mark.unit

HOURS = 36_000.0


class Town(Story):
    """a0 has a console, a1 a plain telephone."""

    def __init__(self, **rules: Any) -> None:
        super().__init__(**rules)
        people = self.state.people
        seats = {**people.seats, "a1": replace(people.seats["a1"], number_enc="v1.phone")}
        decide(self.state, PeopleLoaded(replace(people, seats=seats)), self.now)
        self.console_leaves("a1")

    def console_leaves(self, *names: str) -> None:
        """Their consoles are gone; the others' stay."""
        self.away = set(names)
        self.look()

    def look(self, *live: Any, present: bool = True, **more: Any) -> None:
        from hotline.core.routing.events import World

        away = getattr(self, "away", set())
        leases = {name: 15.0 for name in self.state.agents if name not in away} if present else {}
        self._take(decide(self.state, World({item["call_id"]: item for item in live}, leases, **more), self.now))

    def menu(self, state: str, until: float = 0.0) -> dict[str, Any]:
        return self.ask("set_agent_phone", agent_id="a1", state=state, until=until or self.now + HOURS)

    def rings(self, status: str = "", call_id: str = "c1") -> str:
        """The phone of a1 is rung; with a `status` that is how it ends."""
        command = self.ordered("connect_agent")[-1]
        offer_id = str(command.data["offer_id"])
        assert (command.call_id, command.data["agent_id"]) == (call_id, "a1")
        self.hear("agent_dialled", call_id, offer_id=offer_id, agent_id="a1")
        self.hear("agent_ringing", call_id, offer_id=offer_id, agent_id="a1")
        if status:
            self.hear("agent_failed", call_id, offer_id=offer_id, agent_id="a1", dial_status=status, sip_code=0)
        return offer_id


@pytest.fixture
def town() -> Town:
    made = Town()
    made.ask("set_agent_state", agent_id="a0", state="paused", reason="", lease=15.0)
    return made


def test_on_the_phone_without_a_console(town: Town) -> None:
    assert town.agent("a1") == ("offline", "lease")
    assert town.menu("available")["data"] == {"state": "available", "requested": None}
    town.look()
    assert town.agent("a1")[0] == "available", "no lease is needed"
    entity = board_entities.entity(town.state, "agents/a1", town.now)
    assert entity is not None
    assert entity["by_phone"] is True
    town.waits()
    command = town.ordered("connect_agent")[-1]
    assert command.data["number_enc"] == "v1.phone"
    assert command.data["brief"] == {"category": "", "waited": 0}
    made = [fact for fact in town.facts if fact.name == "offer_made"][-1]
    assert (list(made.data["agent_ids"]), made.data["by"]) == (["a1"], "phone")
    offer_id = town.rings()
    assert town.agent("a1")[0] == "ringing"
    town.hear("agent_connected", offer_id=offer_id, agent_id="a1", talk_id="t")
    assert town.agent("a1")[0] == "on_call"


def test_it_ends_at_its_time(town: Town) -> None:
    town.menu("available", until=town.now + 60)
    town.now += 61
    town.look()
    assert town.agent("a1")[0] == "offline"


def test_paused_and_logged_off_by_phone(town: Town) -> None:
    town.menu("available")
    assert town.menu("paused")["data"]["state"] == "paused"
    assert town.menu("offline")["data"]["state"] == "offline"
    town.look()
    assert town.agent("a1")[0] == "offline"


def test_without_a_telephone_on_record(town: Town) -> None:
    people = town.state.people
    decide(
        town.state, PeopleLoaded(replace(people, seats={**people.seats, "a1": replace(people.seats["a1"], number_enc="")})), 0
    )
    assert town.menu("available")["code"] == "agent.no_phone"


def test_refused_rests_and_does_not_count(town: Town) -> None:
    town.menu("available")
    town.waits()
    town.rings("refused")
    assert [fact.name for fact in town.facts].count("offer_declined") == 1
    assert town.agent("a1")[0] == "available"
    assert len(town.ordered("connect_agent")) == 1, "not the same caller again at once"
    town.passes(DECLINE_REST_SECONDS + 1)
    assert len(town.ordered("connect_agent")) == 2


def test_calls_not_taken_end_it(town: Town) -> None:
    """Voicemail, no answer, busy: three in a row, and no more calls come; the menu says why."""
    town.menu("available")
    for number, status in enumerate(("no_key", "no_answer", "busy"), start=1):
        town.waits(f"c{number}")
        town.rings(status, f"c{number}")
        town.hear("call_ended", f"c{number}", cause="abandoned", ended_by="caller", phase="queue", sip_code=200, answered=True)
    assert town.agent("a1") == ("offline", "phone_missed")
    town.look()
    assert town.agent("a1") == ("offline", "phone_missed")
    town.waits("c9")
    assert len(town.ordered("connect_agent")) == 3
    town.menu("available")
    assert town.state.agents["a1"].missed == 0


def test_a_talk_between_forgives_what_was_missed(town: Town) -> None:
    town.menu("available")
    for number in (1, 2):
        town.waits(f"c{number}")
        town.rings("no_key", f"c{number}")
        town.hear("call_ended", f"c{number}", cause="abandoned", ended_by="caller", phase="queue", sip_code=200, answered=True)
    town.waits("c3")
    offer_id = town.rings(call_id="c3")
    town.hear("agent_connected", "c3", offer_id=offer_id, agent_id="a1", talk_id="t")
    town.hear("agent_left", "c3", agent_id="a1", talk_id="t", ended_by="caller")
    town.passes(town.state.rules.wrap_up_seconds + 1)
    assert town.agent("a1")[0] == "available"
    assert town.state.agents["a1"].missed == 0


def test_consoles_come_first() -> None:
    town = Town()
    town.menu("available")
    town.waits()
    assert set(town.state.offers[town.offer_of()].shown) == {"a0"}
    assert not town.ordered("connect_agent")
    town.now += 1
    town.waits("c2")
    assert [item.call_id for item in town.ordered("connect_agent")] == ["c2"], "the console is the first caller's"


def test_together_whoever_is_next() -> None:
    town = Town(phones_together=True, strategy="longest_idle")
    town.menu("available")
    town.now += 5
    town.ask("set_agent_state", agent_id="a0", state="paused", reason="", lease=15.0)
    town.ask("set_agent_state", agent_id="a0", state="available", lease=15.0)
    town.waits()
    assert [item.call_id for item in town.ordered("connect_agent")] == ["c1"], "the telephone has been idle longer"
    town.waits("c2")
    assert set(town.state.offers[town.offer_of("c2")].shown) == {"a0"}


def test_a_console_goes_before_the_telephone(town: Town) -> None:
    town.menu("available")
    town.console_leaves()
    town.look()
    town.waits()
    assert not town.ordered("connect_agent")
    assert set(town.state.offers[town.offer_of()].shown) == {"a1"}


def test_the_star_key_looks_for_an_expert_of_the_line(town: Town) -> None:
    town.menu("available")
    town.waits(queue="MF")
    offer_id = town.rings()
    town.hear("agent_connected", offer_id=offer_id, agent_id="a1", talk_id="t")
    town.hear("agent_keyed", agent_id="a1", wish="transfer")
    assert town.ordered("start_transfer")
    assert town.ordered("try_expert")[-1].data["expert_id"] == "e0"


def test_no_expert_is_said(town: Town) -> None:
    decide(town.state, PeopleLoaded(replace(town.state.people, experts={})), town.now)
    town.menu("available")
    town.waits()
    offer_id = town.rings()
    town.hear("agent_connected", offer_id=offer_id, agent_id="a1", talk_id="t")
    town.hear("agent_keyed", agent_id="a1", wish="transfer")
    assert town.ordered("tell_agent")[-1].data == {"agent_id": "a1", "prompt": "phone_no_expert"}


def test_a_restart_knows_who_is_on_the_phone(town: Town) -> None:
    from hotline.core.agents import Agent

    town.menu("available")
    record = town.state.agents["a1"].to_record()
    assert Agent.from_record(record).by_phone_until == town.now + HOURS


def test_the_switch_and_the_caps_hold_for_telephones_but_not_when_life_is_in_danger(town: Town) -> None:
    """The caller keeps the place; said once; a pinned caller is put through all the same."""
    town.menu("available")
    town.state.ledger.on = False
    town.waits()
    town.passes(3)
    assert town.ordered("connect_agent") == []
    refused = [fact.data for fact in town.facts if fact.name == "outbound_refused"]
    assert [(item["kind"], item["reason"], item["agent_id"]) for item in refused] == [("agent", "switched_off", "a1")]
    assert town.state.calls["c1"].waiting
    town.hear("call_pinned", emergency_id="emg_1", by="s")
    town.passes(1)
    assert town.rings()
    town.state.ledger.on = True
    town.hear("agent_failed", offer_id=town.ordered("connect_agent")[-1].data["offer_id"], agent_id="a1",
              dial_status="busy", sip_code=486)  # fmt: skip
    assert town.state.ledger.refusal("agent", "a1", town.now) == ""


def test_a_telephone_that_rang_is_counted(town: Town) -> None:
    town.state.ledger.caps = Caps(per_agent_a_day=1)
    town.menu("available")
    town.waits()
    offer_id = town.ordered("connect_agent")[-1].data["offer_id"]
    town.hear("agent_dialled", offer_id=offer_id, agent_id="a1", by="phone")
    assert town.state.ledger.refusal("agent", "a1", town.now) == "cap_destination"
    assert town.state.ledger.last_hour == 1


def test_the_brief_says_the_region_of_the_line_or_of_the_number(town: Town) -> None:
    town.state.timetable = make([replace(Line("12348"), region="330102")], town.now)
    people = town.state.people
    names = {"330102": "上城区", "330100": "杭州"}
    decide(town.state, PeopleLoaded(replace(people, region_names=names)), town.now)
    town.menu("available")
    town.waits()
    brief = town.ordered("connect_agent")[-1].data["brief"]
    assert (brief["region"], brief["region_code"]) == ("上城区", "330102")
    call = replace(town.state.calls["c1"], called="96148", region_hint="浙江杭州")
    assert region_of(town.state, call) == {"region": "杭州", "region_code": "330100"}
    assert region_of(town.state, replace(call, region_hint="四川成都")) == {}


def test_nobody_without_a_console_is_asked_on_one(town: Town) -> None:
    """A colleague by phone has no screen for the question."""
    town.menu("available")
    assert free_for(town.state, "agent", "a1", town.now, but="a0") == []
