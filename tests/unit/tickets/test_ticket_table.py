"""Unit: the ticket's table and the rules beside it, with every act tried in every state, and at random."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.errors import Forbidden, HotlineError, IllegalTransition, Invalid, Rejected
from hotline.core.tickets import (
    ACTS,
    OPEN,
    OVER,
    STATES,
    TABLE,
    Actor,
    Limits,
    Standing,
    Ticket,
    Tree,
    decide,
    possible,
    standing_of,
)
from hotline.core.tickets.bounces import Objection, picture
from hotline.core.tickets.model import Accused
from hotline.core.tickets.words import index_text, terms

pytestmark = pytest.mark.unit

NOW = 1_795_300_000.0
TREE = Tree({"city": "", "north": "city", "south": "city", "town": "north", "village": "town"})
CODES = {
    name: frozenset({"x"})
    for name in (
        "materials", "notice_ways", "decline_reasons", "objection_reasons", "suspend_reasons", "withdraw_reasons",
        "supervision_ways", "report_offices", "clock_rules", "follow_up_questions", "follow_up_answers", "follow_up_outcomes",
        "complaint_outcomes", "secrecy_reasons",
    )
}  # fmt: skip
LIMITS = Limits()
TICKET = Ticket("1", "registered", "town", NOW, service_type="S03", category="0101", caller_hash="h")
STANDING = Standing(
    sign_due=NOW + 100, handle_due=NOW + 100, extendable=5, centres=frozenset({"town", "village", "south"}),
    into=replace(TICKET, number="2"), codes={**CODES, "avoidance_sides": frozenset({"self", "caller"})},
    accused=Accused("account", "acc_bad", frozenset({"acc_bad"}), "town"),
)  # fmt: skip
BOSS = Actor("acc_boss", "supervisor")
CLERK = Actor("acc_clerk", "centre", "town")
HEAD = Actor("acc_head", "centre", "town", director=True)
COUNTY = Actor("acc_county", "centre", "north")
CITY_HEAD = Actor("acc_city", "centre", "city", director=True)
STRANGER = Actor("acc_other", "centre", "south")
AGENT = Actor("acc_agent", "agent")


def said(name: str, **more: Any) -> dict[str, Any]:
    """Everything the table asks for."""
    values: dict[str, Any] = {"text": "说明原因", "code": "x", "codes": ["x"], "centre": "south", "ticket": "2"}
    if name == "offer_handover":
        more = {"centre_id": "south", **more}
    values |= {"amount": 2, "score": 2, "time": NOW, "accused": "account:acc_bad", "answers": {"x": "x"}}
    if name == "ask_avoidance":
        values["code"] = "self"
    return {need.name: values[need.kind] for need in ACTS[name].needs if not need.optional} | more


def do(ticket: Ticket, name: str, actor: Actor = BOSS, standing: Standing = STANDING, now: float = NOW, **given: Any) -> Ticket:
    change = decide(ticket, name, actor, said(name, **given), tree=TREE, standing=standing, now=now, limits=LIMITS)
    known = {key: value for key, value in change.sets.items() if hasattr(ticket, key)}
    return replace(ticket, state=change.state, **known)


def test_every_pair_that_is_not_in_the_table_raises() -> None:
    for state in STATES:
        for act in TABLE:
            if state not in act.sources:
                with pytest.raises(IllegalTransition) as found:
                    do(replace(TICKET, state=state), act.name)
                assert found.value.code == "ticket.transition"
    with pytest.raises(IllegalTransition):
        decide(TICKET, "explode", BOSS, {}, tree=TREE, standing=STANDING, now=NOW, limits=LIMITS)


def test_every_state_is_reached_and_ends() -> None:
    reached = {act.to for act in TABLE} | {"registered"}
    assert set(STATES) <= reached
    for state in OPEN:
        assert any(state in act.sources and act.to not in ("", state) for act in TABLE), state
    for state in OVER - {"archived"}:
        assert state in ACTS["archive"].sources
    assert all(source in STATES for act in TABLE for source in act.sources)


def test_the_usual_way() -> None:
    ticket = TICKET
    for name, actor in (("accept", CLERK), ("assign", CLERK), ("sign", STRANGER), ("handle", STRANGER), ("finish", STRANGER)):
        ticket = do(ticket, name, actor)
    assert (ticket.state, ticket.centre_id, ticket.handler_id) == ("done", "south", "acc_other")
    ticket = do(ticket, "tell", STRANGER)
    with pytest.raises(Forbidden):
        do(ticket, "follow_up", STRANGER)  # the handler himself
    assert do(do(ticket, "follow_up", AGENT), "archive").state == "archived"


def test_who_may() -> None:
    assert standing_of(CLERK, TICKET, TREE) == {"owner", "other"}
    assert standing_of(COUNTY, TICKET, TREE) == {"owner", "above", "other"}
    assert standing_of(STRANGER, TICKET, TREE) == set()
    assert "bureau" in standing_of(CITY_HEAD, TICKET, TREE)
    assert "bureau" not in standing_of(HEAD, TICKET, TREE)
    assert standing_of(Actor("a", "admin"), TICKET, TREE) == set()
    with pytest.raises(Forbidden):
        do(TICKET, "accept", STRANGER)
    with pytest.raises(Forbidden):
        do(replace(TICKET, state="handling"), "suspend", CLERK)
    assert do(replace(TICKET, state="handling"), "suspend", HEAD).state == "suspended"


def test_papers_are_asked_for_once() -> None:
    asked = do(TICKET, "ask_papers", others=["户口本复印件"])
    with pytest.raises(IllegalTransition):
        do(asked, "ask_papers")
    again = replace(asked, state="registered")
    with pytest.raises(Rejected) as found:
        do(again, "ask_papers")
    assert found.value.code == "ticket.papers_once"
    only_others = decide(
        TICKET, "ask_papers", BOSS, {"others": ["户口本"], "way": "x"}, tree=TREE, standing=STANDING, now=NOW, limits=LIMITS
    )
    assert only_others.sets["materials"] == ["户口本"]
    system = Actor("system", "system")
    assert do(asked, "withdraw", system).state == "withdrawn"


def test_objected_once_then_adjudicated_for_good() -> None:
    ticket = replace(TICKET, state="assigned")
    once = do(ticket, "object", CLERK)
    assert (once.state, once.centre_id, once.objections) == ("objected", "north", 1)
    with pytest.raises(Rejected, match=r"ticket\.not_for_adjudication"):
        do(once, "adjudicate")
    with pytest.raises(Forbidden):
        do(once, "reassign", CLERK)  # the town that objected decides nothing
    again = do(once, "reassign", COUNTY, centre_id="village")
    twice = do(again, "object", replace(CLERK, centre_id="village"))
    assert (twice.centre_id, twice.objections) == ("city", 2)
    with pytest.raises(Rejected, match=r"ticket\.adjudicator_only"):
        do(twice, "reassign", CITY_HEAD)
    final = do(twice, "adjudicate", CITY_HEAD, centre_id="village")
    with pytest.raises(Rejected, match=r"ticket\.objection_spent"):
        do(final, "object", replace(CLERK, centre_id="village"))
    with pytest.raises(Rejected, match=r"ticket\.objection_late"):
        do(ticket, "object", CLERK, now=NOW + 101)


def test_extension_before_the_end_by_another_and_once() -> None:
    ticket = replace(TICKET, state="handling", handler_id="acc_head")
    asked = do(ticket, "ask_extension", HEAD)
    with pytest.raises(Forbidden, match=r"ticket\.extension_own"):
        do(asked, "grant_extension", HEAD)
    granted = do(asked, "grant_extension", CITY_HEAD)
    assert (granted.extensions, granted.extension_asked) == (1, 0)
    with pytest.raises(Rejected, match=r"ticket\.extension_spent"):
        do(granted, "ask_extension", HEAD)
    with pytest.raises(Rejected, match=r"ticket\.extension_late"):
        do(ticket, "ask_extension", HEAD, now=NOW + 101)
    with pytest.raises(Rejected, match=r"ticket\.no_extension$"):
        do(ticket, "ask_extension", HEAD, standing=replace(STANDING, extendable=0))
    with pytest.raises(Invalid, match=r"ticket\.extension_too_long"):
        do(ticket, "ask_extension", HEAD, amount=6)


def test_a_minor_at_risk_must_be_reported_first() -> None:
    ticket = replace(TICKET, state="handling", risk_flags=frozenset({"R04"}))
    for name in ("finish", "withdraw", "merge"):
        with pytest.raises(Rejected, match=r"ticket\.must_report"):
            do(ticket, name)
    assert do(do(ticket, "report_minor"), "finish").state == "done"
    with pytest.raises(Rejected, match=r"ticket\.nothing_to_report"):
        do(TICKET, "report_minor")


def test_merging_wants_the_same_matter() -> None:
    assert do(TICKET, "merge").state == "merged"
    for other in (
        replace(TICKET, number="2", caller_hash="g"),
        replace(TICKET, number="2", category="0202"),
        replace(TICKET, number="2", created_at=NOW - 31 * 86_400),
    ):
        with pytest.raises(Invalid, match=r"ticket\.merge_other_matter"):
            do(TICKET, "merge", standing=replace(STANDING, into=other))
    with pytest.raises(Invalid, match=r"ticket\.merge_target"):
        do(TICKET, "merge", standing=replace(STANDING, into=replace(TICKET, number="2", state="archived")))


def test_what_is_said_is_checked() -> None:
    def fields(name: str, given: dict[str, Any], state: str = "registered") -> Any:
        with pytest.raises(Invalid) as found:
            decide(replace(TICKET, state=state), name, BOSS, given, tree=TREE, standing=STANDING, now=NOW, limits=LIMITS)
        return found.value.details["fields"]

    assert fields("decline", {}) == {"reason": "missing", "route": "missing", "way": "missing"}
    assert fields("decline", {"reason": "y", "route": "a", "way": "x"}) == {"reason": "unknown_code", "route": "too_short"}
    assert fields("accept", {"bogus": 1}) == {"bogus": "unknown_field"}
    assert fields("assign", {"centre_id": "nowhere"}, "accepted") == {"centre_id": "unknown_centre"}
    assert fields("follow_up", {"matter": 6, "handler": True, "text": "满意"}, "told") == {"matter": "range", "handler": "type"}
    assert fields("note", {"why": "长" * 1001}) == {"why": "too_long"}


@given(st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.sampled_from([BOSS, CLERK, HEAD, COUNTY, CITY_HEAD, AGENT]))))
def test_whatever_is_tried_the_ticket_has_an_owner_and_a_known_state(tries: list[tuple[str, Actor]]) -> None:
    ticket = TICKET
    for name, actor in tries:
        offered = {act.name for act in possible(ticket, actor, TREE, STANDING, NOW, LIMITS)}
        try:
            after = do(ticket, name, actor)
        except Invalid:
            continue
        except HotlineError:
            assert name not in offered
            continue
        assert name in offered
        ticket = after
        assert ticket.state in STATES
        assert ticket.centre_id
        assert ticket.objections <= LIMITS.objections
        assert ticket.extensions <= LIMITS.extensions
        assert (ticket.state in ("suspended", "merged")) == bool(ticket.resume_to)


def test_the_tree() -> None:
    assert TREE.chain("village") == ("village", "town", "north", "city")
    assert TREE.below("north") == {"north", "town", "village"}
    assert (TREE.above("city"), TREE.top("village"), TREE.covers("south", "town")) == ("", "city", False)
    assert Tree({"a": "b", "b": "a"}).chain("a") == ("a", "b")


def test_the_picture_of_bounces() -> None:
    found = picture([
        Objection("town", "north", "S03", "area", upheld=False), Objection("town", "north", "S03", "area"),
        Objection("south", "city", "S02", "scope"),
    ])  # fmt: skip
    assert [(row.centre_id, row.count, row.top_reason, row.kept) for row in found] == [
        ("town", 2, "area", 1), ("south", 1, "scope", 0),
    ]  # fmt: skip


def test_words() -> None:
    assert index_text("拖欠工资 3 Month") == " 拖欠 欠工 工资 资 3 month "
    assert terms("拖欠工资") == [("拖欠", False), ("欠工", False), ("工资", False)]
    assert terms("资") == [("资", True)]
    assert terms("') OR 1=1 --") == [("or", True), ("1", True)]
