"""Routing's part of transfers: colleagues asked on their consoles, other hotlines, wishes, orders."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from hotline.core import board_entities
from hotline.core.callbacks.caps import Caps
from hotline.core.external_hotlines import ExternalHotline, number_fits, result_keeps_ticket
from hotline.core.routing.engine import decide
from hotline.core.routing.events import PeopleLoaded, Restored
from hotline.core.routing.rules import Rules
from hotline.core.routing.state import State
from hotline.core.supervision.requests import legs
from tests.fakes.routing_story import Story

pytestmark = pytest.mark.unit

POLICE = ExternalHotline("hl_110", "110", "sealed110", "公安报警", "Police")


def story(agents: int = 3) -> Story:
    """Agent a0 talks with c1; the others are free."""
    made = Story(agents)
    people = replace(made.state.people, hotlines={"hl_110": POLICE})
    made._take(decide(made.state, PeopleLoaded(people), made.now))
    made.waits()
    made.talks()
    return made


def transfer(told: Story, kind: str | None, type_: str, id_: str) -> dict[str, Any]:
    return told.ask("transfer", call_id="c1", agent_id="a0", kind=kind, target={"type": type_, "id": id_}, category="")


def entity(told: Story) -> dict[str, Any]:
    found = board_entities.entity(told.state, "calls/c1", told.now)
    assert found
    return found


def asked(told: Story, kind: str = "attended", type_: str = "agent", id_: str = "a1") -> dict[str, str]:
    """A colleague is asked; the ids of the transfer and of the question."""
    answer = transfer(told, kind, type_, id_)
    assert answer["ok"], answer
    offer_id = next(iter(told.state.askings))
    return {"transfer_id": answer["data"]["transfer_id"], "try_id": offer_id}


def comes(told: Story, ids: dict[str, str], outcome: str = "answered") -> None:
    person = {"person_kind": "agent", "person_id": "a1"}
    assert told.ask("accept_offer", offer_id=ids["try_id"], agent_id="a1")["ok"]
    told.hear("third_dialled", **ids, **person)
    told.hear("third_ringing", **ids, **person)
    told.hear("third_tried", **ids, **person, outcome=outcome, sip_code=0, seconds=2.0)


def test_a_colleague_joins_and_takes_over() -> None:
    told = story()
    ids = asked(told)
    shown = board_entities.entity(told.state, f"offers/{ids['try_id']}", told.now)
    assert shown
    assert (shown["agent_ids"], shown["transfer"]["agent_id"]) == (["a1"], "a0")
    comes(told, ids)
    assert told.ordered("try_agent")[0].data["uri"]
    told.hear("transfer_moved", transfer_id=ids["transfer_id"], stage="consult")
    assert told.agent("a1") == ("on_call", "")
    assert entity(told)["transfer"]["third"]["id"] == "a1"
    told.passes(60)
    assert told.agent("a1") == ("on_call", ""), "nothing is overdue while the two talk"
    assert told.ask("complete_transfer", call_id="c1", agent_id="a0")["ok"]
    told.hear("agent_left", agent_id="a0", talk_id="t", ended_by="transfer")
    told.hear("agent_connected", offer_id=ids["try_id"], agent_id="a1", talk_id="t2")
    told.hear("transfer_ended", transfer_id=ids["transfer_id"], outcome="connected")
    assert told.agent("a0") == ("wrap_up", "")
    assert told.agent("a1") == ("on_call", "")
    assert (entity(told)["agent_id"], entity(told)["transfer"]["state"]) == ("a1", "connected")
    assert told.ask("hold", call_id="c1", agent_id="a1")["ok"]


@pytest.mark.parametrize("outcome", ["busy", "no_answer", "refused", "failed"])
def test_a_colleagues_phone_that_does_not_come_gives_the_caller_back(outcome: str) -> None:
    told = story()
    comes(told, asked(told), outcome)
    assert told.agent("a1") == ("paused", "phone_unreachable")
    assert told.commands[-1].name == "give_up_transfer"


def test_a_colleague_who_declines_or_says_nothing() -> None:
    told = story()
    ids = asked(told)
    assert told.ask("decline_offer", offer_id=ids["try_id"], agent_id="a1", reason="")["ok"]
    assert told.commands[-1].name == "give_up_transfer"
    assert told.agent("a1") == ("available", "")
    told.hear("transfer_ended", transfer_id=ids["transfer_id"], outcome="returned")
    ids = asked(told)
    told.passes(21)
    assert told.commands[-1].name == "give_up_transfer"
    assert told.ask("accept_offer", offer_id=ids["try_id"], agent_id="a1")["code"] == "offer.gone"


def test_a_colleague_who_was_called_in_leaves_by_the_console() -> None:
    told = story()
    ids = asked(told)
    assert told.ask("hang_up", call_id="c1", agent_id="a1")["code"] == "call.not_yours", "not there yet"
    comes(told, ids)
    told.hear("transfer_moved", transfer_id=ids["transfer_id"], stage="consult")
    assert told.ask("hang_up", call_id="c1", agent_id="a2")["code"] == "call.not_yours"
    assert told.ask("hang_up", call_id="c1", agent_id="a1")["ok"]
    assert (told.commands[-1].name, told.commands[-1].data["transfer_id"]) == ("drop_party", ids["transfer_id"])


def test_the_colleague_is_free_when_the_transferor_takes_the_caller_back() -> None:
    told = story()
    ids = asked(told)
    comes(told, ids)
    told.hear("transfer_moved", transfer_id=ids["transfer_id"], stage="consult")
    assert told.ask("cancel_transfer", call_id="c1", agent_id="a0")["ok"]
    told.hear("third_left", **ids, person_kind="agent", person_id="a1", ended_by="transfer")
    told.hear("transfer_ended", transfer_id=ids["transfer_id"], outcome="cancelled")
    assert told.agent("a1")[0] == "wrap_up"
    assert told.agent("a0") == ("on_call", "")


def test_who_cannot_be_asked() -> None:
    told = story()
    told.ask("set_agent_state", agent_id="a1", state="paused", reason="break")
    assert transfer(told, "attended", "agent", "a1")["code"] == "transfer.colleague_busy"
    assert transfer(told, "attended", "agent", "a0")["code"] == "agent.missing"
    assert transfer(told, None, "hotline", "hl_999")["code"] == "transfer.no_hotline"
    assert transfer(told, "sideways", "agent", "a2")["code"] == "request.invalid"
    assert told.ask("toggle", call_id="c1", agent_id="a0")["code"] == "transfer.none"
    assert (
        told.ask("transfer", call_id="c1", agent_id="a1", target={"type": "hotline", "id": "hl_110"})["code"]
        == "call.not_yours"
    )


def test_blind_to_a_colleague_asks_them_alone_first_at_the_old_place() -> None:
    told = story()
    queued_at = told.state.calls["c1"].queued_at
    answer = transfer(told, "blind", "agent", "a2")
    assert told.commands[-1].data["wish"] == "a2"
    told.hear("agent_left", agent_id="a0", talk_id="t", ended_by="transfer")
    told.hear("transfer_ended", transfer_id=answer["data"]["transfer_id"], outcome="queued")
    told.hear("queue_entered", queue="GN", priority="P3", language="zh-CN", queued_at=queued_at, again=True, wish="a2")
    told.passes(0.5)
    offer = told.state.offers[told.offer_of()]
    assert set(offer.shown) == {"a2"}
    assert told.state.calls["c1"].queued_at == queued_at
    told.passes(21)
    told.passes(1)
    assert "a1" in told.state.offers[told.offer_of()].shown, "after the wish anybody"


def test_another_hotline_by_three_way_and_orders_that_do_not_fit() -> None:
    told = story()
    answer = transfer(told, None, "hotline", "hl_110")
    start, dial = told.commands[-2:]
    assert (start.data["kind"], dial.name, dial.data["number_enc"]) == ("three_way", "try_party", "sealed110")
    ids = {"transfer_id": answer["data"]["transfer_id"], "try_id": dial.data["try_id"]}
    person = {"person_kind": "party", "person_id": "hl_110"}
    assert told.ask("conference", call_id="c1", agent_id="a0")["code"] == "transfer.not_now"
    told.hear("third_dialled", **ids, **person)
    told.hear("third_tried", **ids, **person, outcome="answered", sip_code=200, seconds=3.0)
    told.hear("transfer_moved", transfer_id=ids["transfer_id"], stage="three")
    told.passes(600)
    assert entity(told)["transfer"]["state"] == "trying", "a conference has no limit"
    assert told.ask("leave", call_id="c1", agent_id="a0")["ok"]
    told.hear("agent_left", agent_id="a0", talk_id="t", ended_by="transfer")
    told.hear("party_connected", transfer_id=ids["transfer_id"], party_id="hl_110", talk_id="t2")
    told.hear("transfer_ended", transfer_id=ids["transfer_id"], outcome="connected")
    assert told.agent("a0") == ("wrap_up", "")
    assert (entity(told)["party_id"], entity(told)["phase"]) == ("hl_110", "party_talk")


def test_what_may_stand_in_the_list() -> None:
    assert all(map(number_fits, ("110", "12345", "12309", "95598", "057112345678")))
    assert not any(map(number_fits, ("12348", "13800001111", "+8613800001111", "00441234567", "1", "abc", "")))
    assert result_keeps_ticket("D06", "unresolved")
    assert not result_keeps_ticket("D06", "resolved")
    assert not result_keeps_ticket("D01", "unresolved")


def test_other_hotlines_are_under_the_caps_and_the_switch_but_not_the_emergency_numbers() -> None:
    told = story()
    courts = ExternalHotline("hl_12368", "12368", "sealed12368", "法院诉讼服务", "Courts")
    people = replace(told.state.people, hotlines={"hl_110": POLICE, "hl_12368": courts})
    told._take(decide(told.state, PeopleLoaded(people), told.now))
    told.state.ledger.caps = Caps(per_hotline_a_day=1)
    told.state.ledger.on = False
    assert transfer(told, None, "hotline", "hl_12368")["code"] == "transfer.outbound_off"
    assert told.ordered("start_transfer") == []
    assert [fact.data["party_id"] for fact in told.facts if fact.name == "outbound_refused"] == ["hl_12368"]
    assert transfer(told, None, "hotline", "hl_110")["ok"], "110 goes out whatever the switch says"
    ids = {key: told.ordered("try_party")[-1].data[key] for key in ("transfer_id", "try_id")}
    told.hear("third_dialled", **ids, person_kind="party", person_id="hl_110")
    told.hear("third_tried", **ids, person_kind="party", person_id="hl_110", outcome="busy", sip_code=486, seconds=1.0)
    told.hear("transfer_ended", transfer_id=ids["transfer_id"], outcome="returned")
    told.state.ledger.on = True
    told.state.ledger.dialled("try_before", "hl_12368", told.now)
    assert transfer(told, None, "hotline", "hl_12368")["code"] == "transfer.outbound_cap"
    told.hear("call_pinned", emergency_id="emg_1", by="a0")
    assert transfer(told, None, "hotline", "hl_12368")["ok"]


def test_a_question_to_a_colleague_survives_a_restart_of_routing() -> None:
    """It stands on the same console, and can still be accepted; unanswered it runs out when it would have."""
    told = story()
    ids = asked(told)
    board = board_entities.everything(told.state, told.now)
    records = {agent.id: agent.to_record() for agent in told.state.agents.values()}
    for answer in (True, False):
        new = Story(3)
        new.state = State(Rules(), new.state.new_id, 2, people=told.state.people)
        new.seq = itertools.count(100)
        decide(new.state, Restored(records, {}, board), new.now)
        shown = {"transfer_id": ids["transfer_id"], "kind": "attended", "target": "agent", "stage": "seeking", "tries": []}
        live = new.snapshot("c1", phase="transfer", agent_id="a0", agent_state="connected", transfer=shown)
        new.look(live)
        offer = board_entities.entity(new.state, f"offers/{ids['try_id']}", new.now)
        assert offer
        assert (offer["agent_ids"], offer["transfer"]["agent_id"]) == (["a1"], "a0")
        if answer:
            comes(new, ids)
            assert new.ordered("try_agent")[0].data["agent_id"] == "a1"
            continue
        new.passes(new.state.rules.offer_seconds + 1, live)
        assert [item.data["transfer_id"] for item in new.ordered("give_up_transfer")] == [ids["transfer_id"]]
        assert new.ask("accept_offer", offer_id=ids["try_id"], agent_id="a1")["code"] == "offer.gone"


def test_a_third_person_counts_as_a_leg_when_a_supervisor_asks_for_one() -> None:
    told = story()
    ids = asked(told)
    assert legs(told.state.calls["c1"]) == 2, "a question on a console is no leg"
    comes(told, ids)
    told.hear("transfer_moved", transfer_id=ids["transfer_id"], stage="three")
    assert legs(told.state.calls["c1"]) == 3
