"""Unit: a ticket changes hands only when the other accepts, and what a repeated caller is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hotline.core.errors import Forbidden, HotlineError, Invalid, Rejected
from hotline.core.tickets import STATES, Actor, Limits, Standing, Ticket, Tree, decide, possible
from hotline.core.tickets.handovers import Step, replay
from hotline.core.tickets.model import Recipient
from hotline.core.tickets.progress import progress

pytestmark = pytest.mark.unit

NOW = 1_795_300_000.0
TREE = Tree({"city": "", "north": "city", "south": "city", "town": "north"})
LIMITS = Limits()
OLD = Actor("acc_old", "centre", "town")
NEW = Actor("acc_new", "centre", "town")
SOUTH = Actor("acc_south", "centre", "south")
HEAD = Actor("acc_head", "centre", "town", director=True)
TICKET = Ticket("1", "handling", "town", NOW, handler_id="acc_old", keeper_id="acc_old", agent_id="agt_1")
STANDING = Standing(centres=frozenset({"town", "south"}), person=Recipient("acc_new", "town"), handover_until=NOW + 3600)


def do(ticket: Ticket, name: str, actor: Actor, now: float = NOW, **given: Any) -> Ticket:
    if name not in ("accept_handover", "recall_handover", "expire_handover"):
        given.setdefault("why", "外出培训")
    change = decide(ticket, name, actor, given, tree=TREE, standing=STANDING, now=now, limits=LIMITS)
    return replace(ticket, state=change.state, **{key: value for key, value in change.sets.items() if hasattr(ticket, key)})


def names(ticket: Ticket, actor: Actor, now: float = NOW) -> set[str]:
    return {act.name for act in possible(ticket, actor, TREE, STANDING, now, LIMITS) if "handover" in act.name}


def test_the_old_one_keeps_it_until_the_new_one_accepts() -> None:
    offered = do(TICKET, "offer_handover", OLD, person_id="acc_new")
    assert (offered.keeper_id, offered.handler_id, offered.offered_to) == ("acc_old", "acc_old", "acc_new")
    assert names(offered, NEW) == {"accept_handover", "refuse_handover", "recall_handover"}
    assert names(offered, OLD) == {"recall_handover"}
    for actor in (OLD, SOUTH):
        with pytest.raises(Forbidden):
            do(offered, "accept_handover", actor)
    with pytest.raises(Rejected, match="handover_open"):
        do(offered, "offer_handover", OLD, person_id="acc_new")
    refused = do(offered, "refuse_handover", NEW)
    assert (refused.keeper_id, refused.offered_by) == ("acc_old", "")
    taken = do(offered, "accept_handover", NEW)
    assert (taken.keeper_id, taken.handler_id, taken.offered_by, taken.state) == ("acc_new", "acc_new", "", "handling")


def test_to_another_centre_anybody_there_accepts() -> None:
    offered = do(TICKET, "offer_handover", OLD, centre_id="south")
    assert offered.centre_id == "town"
    taken = do(offered, "accept_handover", SOUTH)
    assert (taken.centre_id, taken.keeper_id, taken.handler_id) == ("south", "acc_south", "acc_south")


def test_the_first_receiver_keeps_an_unsigned_ticket_and_may_offer_it() -> None:
    mine = replace(TICKET, state="accepted", handler_id="", keeper_id="acc_agent")
    agent = Actor("acc_agent", "agent")
    offered = do(mine, "offer_handover", agent, person_id="acc_new")
    with pytest.raises(Forbidden):
        do(mine, "offer_handover", Actor("acc_other_agent", "agent"), person_id="acc_new")
    taken = do(offered, "accept_handover", NEW)
    assert (taken.keeper_id, taken.handler_id) == ("acc_new", "")
    signed = decide(replace(taken, state="assigned"), "sign", OLD, {}, tree=TREE, standing=STANDING, now=NOW, limits=LIMITS)
    assert signed.sets["keeper_id"] == "acc_old"


def test_an_offer_runs_out_and_a_ticket_that_moves_on_voids_it() -> None:
    offered = do(TICKET, "offer_handover", OLD, person_id="acc_new")
    with pytest.raises(Rejected, match="handover_late"):
        do(offered, "accept_handover", NEW, now=NOW + 3601)
    system = Actor("system", "system")
    with pytest.raises(Rejected):
        do(offered, "expire_handover", system)
    assert do(offered, "expire_handover", system, now=NOW + 3601).keeper_id == "acc_old"
    standing = replace(STANDING, codes={"withdraw_reasons": frozenset({"caller"})})
    gone = decide(offered, "withdraw", OLD, {"reason": "caller"}, tree=TREE, standing=standing, now=NOW, limits=LIMITS)
    assert gone.data["handover"] == "void"
    assert gone.sets["offered_by"] == ""


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "ticket.needs"),
        ({"person_id": "acc_new", "centre_id": "south"}, "ticket.needs"),
        ({"person_id": "acc_nobody"}, "ticket.needs"),
        ({"centre_id": "town"}, "ticket.handover_self"),
    ],
)
def test_one_person_or_one_centre_who_has_it_not(given: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as found:
        do(TICKET, "offer_handover", OLD, **given)
    assert found.value.code == code


def test_a_merge_is_taken_back_by_the_director_only() -> None:
    merged = replace(TICKET, state="merged", merged_into="2", resume_to="handling")
    with pytest.raises(HotlineError):
        do(merged, "unmerge", OLD)
    back = do(merged, "unmerge", HEAD)
    assert (back.state, back.merged_into, back.resume_to) == ("handling", "", "")
    with pytest.raises(Rejected, match="cannot_unmerge"):
        do(replace(merged, resume_to=""), "unmerge", HEAD)


def step(seq: int, name: str, actor: str = "acc_old", at: float = NOW, **data: Any) -> Step:
    return Step(seq, name, actor, at, data)


def test_the_story_proves_who_answers_for_it() -> None:
    begin = [step(1, "registered", keeper_id="acc_agent"), step(2, "sign"), step(3, "offer_handover", until=NOW + 10)]
    assert replay(begin[:1]).keeper == "acc_agent"
    assert replay(begin) == replay([*begin, step(4, "note")])
    assert (replay(begin).keeper, replay(begin).open) == ("acc_old", True)
    taken = replay([*begin, step(4, "accept_handover", "acc_new", NOW + 5)])
    assert (taken.keeper, taken.open, taken.wrong) == ("acc_new", False, None)
    assert replay([*begin, step(4, "accept_handover", "acc_new", NOW + 11)]).wrong == (4, "too_late")
    assert replay([*begin[:2], step(3, "accept_handover", "acc_new")]).wrong == (3, "not_offered")
    assert replay([*begin, step(4, "offer_handover")]).wrong == (4, "offered_twice")
    assert not replay([*begin, step(4, "withdraw", handover="void")]).open
    assert replay([step(1, "registered"), step(2, "note")]).keeper is None


def test_what_a_caller_is_told_who_calls_again() -> None:
    said = {
        state: progress(state, number="20261122-0001-22", received_at=NOW, centre="江北区中心", due_at=NOW + 86_400, now=NOW)
        for state in STATES
    }
    assert all("{" not in one.zh + one.en and "20261122-0001-22" in one.zh for one in said.values())
    assert "江北区中心正在办理" in said["handling"].zh
    assert "前办结" in said["handling"].zh
    assert "前办结" not in said["told"].zh
    late = progress("handling", number="1", received_at=NOW, centre="", due_at=NOW - 1, now=NOW)
    assert "催办" in late.zh
    assert "overdue" in late.en
