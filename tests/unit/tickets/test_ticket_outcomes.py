"""Unit: what is owed after the work, complaints, secrecy, safe contact, avoidance: the rules beside the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.errors import Forbidden, Invalid, Rejected
from hotline.core.tickets import Actor, Limits, Standing, Ticket, Tree, decide
from hotline.core.tickets.complaints import owner_of
from hotline.core.tickets.followups import TASKS, bad, closes, opens
from hotline.core.tickets.model import Accused, Avoidance, FollowUp
from hotline.core.tickets.secrecy import ZONE, Safety, read_windows, reason_for
from hotline.store import ticket_codes

pytestmark = pytest.mark.unit

NOW = datetime.fromisoformat("2026-11-23T10:00").replace(tzinfo=ZONE).timestamp()  # a Monday
TREE = Tree({"city": "", "north": "city", "town": "north"})
LIMITS = Limits()
BOSS = Actor("acc_boss", "supervisor")
OTHER_BOSS = Actor("acc_boss2", "supervisor")
CLERK = Actor("acc_clerk", "centre", "town")
HEAD = Actor("acc_head", "centre", "town", director=True)
AGENT = Actor("acc_agent", "agent")
TICKET = Ticket("1", "told", "town", NOW - 1000, handler_id="acc_clerk")
STANDING = Standing(centres=frozenset({"town", "north"}), codes=ticket_codes.codes(), handlers=frozenset({"acc_clerk"}))
OWED = replace(STANDING, owed=frozenset({"follow_up", "quality"}))


def do(ticket: Ticket, name: str, actor: Actor = BOSS, standing: Standing = OWED, now: float = NOW, **given: Any) -> Any:
    return decide(ticket, name, actor, given, tree=TREE, standing=standing, now=now, limits=LIMITS)


def test_nobody_follows_up_what_they_had_a_hand_in() -> None:
    answers = {"matter": 1, "handler": 1, "text": "满意"}
    earlier = replace(TICKET, handler_id="acc_next")  # it went on to somebody else meanwhile
    for name, said in (
        ("follow_up", answers),
        ("try_follow_up", {"outcome": "busy"}),
        ("check_quality", {"score": 1, "text": "好的"}),
    ):
        with pytest.raises(Forbidden, match=r"ticket\.own_work"):
            do(earlier, name, CLERK, **said)
        assert do(earlier, name, HEAD, **said).act == name
    assert do(TICKET, "follow_up", HEAD, answers={"fee": "no"}, **answers).data["answers"] == {"fee": "no"}
    with pytest.raises(Invalid) as found:
        do(TICKET, "follow_up", HEAD, answers={"fee": "perhaps"}, **answers)
    assert found.value.details["fields"] == {"answers": "unknown_code"}


def test_given_up_only_after_the_tries_that_must_be() -> None:
    def after(tries: int, outcome: str = "busy", seconds: float = 10_000) -> Standing:
        return replace(OWED, follow_up=FollowUp(tries, NOW - seconds, outcome))

    with pytest.raises(Rejected, match=r"ticket\.tries_left"):
        do(TICKET, "unreachable", HEAD, after(2))
    assert do(TICKET, "unreachable", HEAD, after(3)).state == "followed_up"
    assert do(TICKET, "unreachable", HEAD, after(1, "wrong_number")).state == "followed_up"
    with pytest.raises(Rejected, match=r"ticket\.tries_spent"):
        do(TICKET, "try_follow_up", HEAD, after(3), outcome="busy")
    with pytest.raises(Rejected, match=r"ticket\.try_too_soon"):
        do(TICKET, "try_follow_up", HEAD, after(1, seconds=60), outcome="busy")
    with pytest.raises(Rejected, match=r"ticket\.tries_left"):
        do(TICKET, "unreachable", HEAD, OWED)


def test_what_opens_and_closes_what_is_owed() -> None:
    assert opens("finish", TICKET, {}, {}) == ["tell", "quality"]
    assert opens("tell", TICKET, {}, {}) == ["follow_up"]
    assert opens("register", TICKET, {}, {}) == []
    assert opens("register", replace(TICKET, risk_flags=frozenset({"R04"})), {}, {}) == ["report"]
    for values in (
        {"matter": 4, "handler": 1},
        {"matter": 1, "handler": 5},
        {"matter": 1, "handler": 1, "answers": {"fee": "yes"}},
    ):
        assert bad(values, {"fee": "yes"})
        assert opens("follow_up", TICKET, values, {"fee": "yes"}) == ["rectify"]
    assert not bad({"matter": 3, "handler": 3, "answers": {"fee": "no"}}, {"fee": "yes"})
    # the desk and the centres above need not call twice; the own centre's call is no judgement of its quality
    assert closes("follow_up", AGENT, TICKET, {"follow_up", "quality"}, over=False) == {"follow_up": "done", "quality": "done"}
    assert closes("follow_up", HEAD, TICKET, {"follow_up", "quality"}, over=False) == {"follow_up": "done"}
    assert closes("redo", BOSS, TICKET, {"tell", "follow_up", "quality", "rectify"}, over=False) == dict.fromkeys(
        ("tell", "follow_up", "quality"), "dropped"
    )
    assert {task.rule for task in TASKS.values()} <= {word.code for word in ticket_codes.words()["clock_rules"]}


def test_a_bad_rating_wants_cause_and_fix_before_the_file_is_closed() -> None:
    ticket = replace(TICKET, state="followed_up")
    owed = replace(STANDING, owed=frozenset({"rectify"}))
    with pytest.raises(Rejected, match=r"ticket\.rectify_open"):
        do(ticket, "archive", BOSS, owed)
    for said in ({}, {"cause": "未及时联系"}, {"fix": "已道歉"}, {"cause": " ", "fix": "已道歉"}):
        with pytest.raises(Invalid, match=r"ticket\.needs"):
            do(ticket, "rectify", HEAD, owed, **said)
    with pytest.raises(Forbidden):
        do(ticket, "rectify", CLERK, owed, cause="未及时联系", fix="已道歉并重新办理")
    assert do(ticket, "rectify", HEAD, owed, cause="未及时联系", fix="已道歉并重新办理").data["fix"] == "已道歉并重新办理"
    with pytest.raises(Rejected, match=r"ticket\.nothing_to_rectify"):
        do(ticket, "rectify", HEAD, STANDING, cause="未及时联系", fix="已道歉并重新办理")
    with pytest.raises(Rejected, match=r"ticket\.quality_open"):
        do(ticket, "archive", BOSS, replace(STANDING, owed=frozenset({"quality"})))


def test_a_complaint_goes_from_report_to_opinion_to_decision_by_different_people() -> None:
    ticket = replace(TICKET, state="handling", complaint="opened")
    with pytest.raises(Rejected, match=r"ticket\.complaint_way"):
        do(ticket, "finish", CLERK, STANDING, result="已处理")
    for name, said in (
        ("give_opinion", {"opinion": "情况属实"}),
        ("decide_complaint", {"outcome": "upheld", "result": "予以处理"}),
    ):
        with pytest.raises(Rejected, match=r"ticket\.complaint_order"):
            do(ticket, name, BOSS, STANDING, **said)
    reported = do(ticket, "report_complaint", CLERK, STANDING, report="经核查，通话中确有不当用语")
    assert (reported.state, reported.sets["complaint"]) == ("handling", "reported")
    ticket = replace(ticket, complaint="reported")
    with pytest.raises(Forbidden, match=r"ticket\.complaint_own"):
        do(ticket, "give_opinion", HEAD, replace(STANDING, complaint_by=frozenset({"acc_head"})), opinion="属实")
    assert do(ticket, "give_opinion", HEAD, STANDING, opinion="情况属实，建议批评教育").sets["complaint"] == "opined"
    ticket = replace(ticket, complaint="opined")
    with pytest.raises(Forbidden):
        do(ticket, "decide_complaint", HEAD, STANDING, outcome="upheld", result="予以处理")
    decided = do(ticket, "decide_complaint", BOSS, STANDING, outcome="upheld", result="予以批评教育")
    assert (decided.state, decided.sets["result"]) == ("done", "予以批评教育")
    with pytest.raises(Rejected, match=r"ticket\.no_complaint"):
        do(replace(TICKET, state="handling"), "report_complaint", CLERK, STANDING, report="没有投诉")


def test_a_complaint_never_lies_with_the_unit_it_is_about() -> None:
    town = Accused("centre", "town", centre_id="town")
    ticket = replace(TICKET, state="assigned", handler_id="")
    assert owner_of(ticket, town, TREE) == "north"
    assert owner_of(ticket, replace(town, centre_id="elsewhere"), TREE) == "town"
    assert owner_of(replace(ticket, centre_id="city"), replace(town, centre_id="city"), TREE) == "city"
    opened = do(ticket, "open_complaint", BOSS, replace(STANDING, accused=town), accused="centre:town", why="态度恶劣")
    assert (opened.state, opened.sets["centre_id"], opened.data["accused"]) == ("accepted", "north", "centre:town")
    with pytest.raises(Rejected, match=r"ticket\.accused_centre"):
        do(replace(ticket, state="accepted"), "assign", BOSS, replace(STANDING, accused_centre="town"), centre_id="town")
    with pytest.raises(Rejected, match=r"ticket\.accused_centre"):
        do(
            replace(ticket, state="accepted"),
            "offer_handover",
            BOSS,
            replace(STANDING, accused_centre="town"),
            centre_id="town",
            why="请接办",
        )
    with pytest.raises(Invalid) as found:
        do(ticket, "open_complaint", BOSS, STANDING, accused="account:nobody", why="态度恶劣")
    assert found.value.details["fields"] == {"accused": "unknown_person"}


def test_avoidance_is_decided_by_another_and_holds() -> None:
    ticket = replace(TICKET, state="handling")
    assert do(ticket, "ask_avoidance", CLERK, STANDING, side="self", why="与对方当事人是亲属").data["person"] == "acc_clerk"
    assert do(ticket, "ask_avoidance", AGENT, STANDING, side="caller", why="来电人认为有利害关系").data["person"] == "acc_clerk"
    with pytest.raises(Rejected, match=r"ticket\.nobody_to_avoid"):
        do(replace(ticket, handler_id=""), "ask_avoidance", AGENT, STANDING, side="caller", why="利害关系")
    pending = replace(STANDING, avoidance=Avoidance("acc_head", "acc_clerk"))
    with pytest.raises(Forbidden, match=r"ticket\.avoidance_own"):
        do(ticket, "refuse_avoidance", HEAD, pending, why="不需要")
    for name, said in (("finish", {"result": "已办结"}), ("suspend", {"reason": "expert", "why": "等待"})):
        with pytest.raises(Rejected, match=r"ticket\.avoidance_pending"):
            do(ticket, name, BOSS, pending, **said)
    granted = do(ticket, "grant_avoidance", BOSS, pending, centre_id="town", why="确有利害关系")
    assert (granted.state, granted.sets["handler_id"]) == ("assigned", "")
    out = replace(STANDING, avoidance=Avoidance(out=frozenset({"acc_clerk"})))
    for name in ("sign", "note"):
        with pytest.raises(Forbidden, match=r"ticket\.avoided"):
            do(replace(ticket, state="assigned"), name, CLERK, out, why="记录一下")


def test_flags_make_it_confidential_and_a_minor_is_reported_with_proof() -> None:
    assert [reason_for(flags) for flags in ((), ("R07",), ("R03",), ("R03", "R04"))] == ["", "", "violence", "minor"]
    found = do(replace(TICKET, state="handling"), "find_minor", CLERK, STANDING, why="走访中发现孩子有伤")
    assert (found.sets["risk_flags"], found.sets["secret"]) == (["R04"], "minor")
    ticket = replace(TICKET, state="handling", risk_flags=frozenset({"R04"}))
    with pytest.raises(Rejected, match=r"ticket\.must_report"):
        do(ticket, "finish", CLERK, STANDING, result="已办结")
    said = {"told": ["police"], "receiver": "城关派出所王警官", "proof": "受案回执 2026-118 号", "reported_at": NOW - 60}
    for missing in said:
        with pytest.raises(Invalid) as problem:
            do(ticket, "report_minor", CLERK, STANDING, **{key: value for key, value in said.items() if key != missing})
        assert problem.value.details["fields"] == {missing: "missing"}
    with pytest.raises(Invalid) as problem:
        do(ticket, "report_minor", CLERK, STANDING, **{**said, "reported_at": NOW + 3600})
    assert problem.value.details["fields"] == {"reported_at": "future"}
    assert do(ticket, "report_minor", CLERK, STANDING, **said).sets["reported"]


def test_safe_ways_and_times() -> None:
    safety = Safety(frozenset({"phone"}), read_windows(["1-5 18:00-20:00", "6 09:00-12:00"]))

    def at(text: str) -> float:
        return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()

    assert safety.refusal("paper", at("2026-11-23T19:00")) == "unsafe_way"
    assert safety.refusal("phone", at("2026-11-23T17:59")) == "unsafe_time"
    assert safety.refusal("phone", at("2026-11-23T18:00")) == ""
    assert safety.next(at("2026-11-23T20:00")) == at("2026-11-24T18:00")
    assert safety.next(at("2026-11-27T21:00")) == at("2026-11-28T09:00")  # Friday evening: Saturday
    assert safety.next(at("2026-11-28T12:00")) == at("2026-11-30T18:00")  # and from there Monday
    with pytest.raises(Invalid, match=r"ticket\.unsafe_way"):
        do(replace(TICKET, state="done"), "tell", CLERK, replace(STANDING, ways=frozenset({"phone"})), way="paper")
    for wrong in ("25:00-26:00", "18:00-18:00", "5-1 09:00-10:00", "8 09:00-10:00", "", "09:00"):
        with pytest.raises(ValueError, match="no window"):
            read_windows([wrong])


@given(
    st.lists(
        st.builds(
            lambda day, more, hour, length: f"{day}-{min(7, day + more)} {hour:02d}:00-{min(24, hour + length):02d}:00",
            st.integers(1, 7), st.integers(0, 6), st.integers(0, 23), st.integers(1, 8),
        ),
        min_size=1, max_size=4,
    ),
    st.integers(0, 14 * 86_400),
)  # fmt: skip
def test_the_next_safe_moment_is_safe_and_none_before_it_was(texts: list[str], seconds: int) -> None:
    safety = Safety(windows=read_windows(texts))
    at = NOW + seconds
    found = safety.next(at)
    assert found >= at
    assert safety.refusal("phone", found) == ""
    for step in range(1, 200):
        moment = at + (found - at) * step / 200
        assert moment >= found or safety.refusal("phone", moment) == "unsafe_time"
