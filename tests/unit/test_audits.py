"""Each check of a call: silent on what the conversation really writes, and loud on one thing broken in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.core.audits import Across, Limits, check_call, read
from hotline.core.conversations import events as ev
from hotline.core.facts import Fact
from hotline.jobs.doctor.texts import INVARIANTS, PROBLEMS
from tests.audited import (
    ARRIVAL,
    START,
    changed,
    doubled,
    facts_of,
    moved,
    recovered,
    renumbered,
    routing,
    waiting_call,
    whole_call,
    without,
)
from tests.unit.conversation_harness import Driver

pytestmark = pytest.mark.unit

LATER = START + 1_000_000
Facts = list[Fact]


def codes(facts: Facts, *, now: float = LATER, live: bool = False) -> set[tuple[str, str]]:
    return {(item.invariant, item.problem) for item in check_call(facts, now, live=live)}


def is_(name: str) -> Callable[[Fact], bool]:
    return lambda fact: fact.name == name


def failed_agent(then: str = "") -> Facts:
    """An agent's phone is busy, the next one comes, and is lost again."""
    driver = Driver(now=START)
    driver.to_queue()
    driver.now += 30
    driver.command("connect_agent", offer_id="off0", agent_id="a0", uri="sip:8000@hotline.local")
    driver.feed(ev.LegEnded("agent:off0", 486))
    driver.now += 2
    driver.to_agent("off1", "a1")
    driver.feed(ev.LegEnded("agent:off1", 500))
    driver.now += 60
    driver.to_agent("off2", "a2")
    driver.feed(ev.LegEnded("caller", 200, remote=True))
    return facts_of(driver)


def failed_transfer(*, agent_stays: bool = True) -> Facts:
    driver = Driver(now=START)
    driver.to_queue()
    driver.to_agent()
    driver.to_hunt()
    leg = driver.try_expert()
    if not agent_stays:
        driver.feed(ev.LegEnded("agent:off1", 200, remote=True))
    driver.now += 2
    driver.feed(ev.LegEnded(leg, 486))
    driver.command("give_up_transfer", transfer_id="trf1")
    driver.now += 5
    driver.feed(ev.LegEnded("caller", 200, remote=True))
    return facts_of(driver)


def test_what_the_conversation_writes_is_clean() -> None:
    for facts in (whole_call(), failed_agent(), failed_transfer(), failed_transfer(agent_stays=False)):
        assert check_call(facts, LATER) == []
        assert check_call(list(reversed(facts)) * 2, LATER) == [], "order and doubles do not matter"


# What follows from one event is journalled in one write: a crash falls between events.
_WHOLE = whole_call()
_MOMENTS = [n for n in range(1, len(_WHOLE)) if _WHOLE[n - 1].at != _WHOLE[n].at]


@pytest.mark.parametrize("upto", _MOMENTS)
def test_a_call_in_progress_is_clean_while_it_lives_and_not_after(upto: int) -> None:
    facts = whole_call()[:upto]
    now = facts[-1].at + 1
    assert codes(facts, now=now, live=True) == set()
    assert ("I8", "call.no_owner") in codes(facts)
    # And the supervisor's closing makes it whole again, however late.
    assert codes(recovered(facts, facts[-1].at + 40)) == set()


def end(facts: Facts, **data: object) -> Facts:
    return changed(facts, "call_ended", **data)


CALL = whole_call()
BROKEN: dict[str, tuple[str, Callable[[], Facts]]] = {
    "facts.gap": ("I24", lambda: [fact for fact in CALL if fact.seq != 7]),
    "times.backwards": ("I1", lambda: changed(CALL, "hold_started", at=-12)),
    "call.no_arrival": ("I1", lambda: without(CALL, "call_arrived")),
    "call.arrived_twice": ("I1", lambda: doubled(CALL, "call_arrived")),
    "call.ended_twice": ("I1", lambda: doubled(CALL, "call_ended")),
    "call.no_owner": ("I8", lambda: without(CALL, "call_ended")),
    "call.fact_after_end": ("I1", lambda: moved(CALL, "call_ended", is_("rated"))),
    "call.too_long": ("I1", lambda: end(changed(CALL, "call_ended", at=9000))),
    "call.answered_twice": ("I1", lambda: doubled(CALL, "call_answered")),
    "call.answered_wrong": ("I2", lambda: end(CALL, answered=False)),
    "talk.before_answer": ("I2", lambda: without(CALL, "call_answered")),
    "end.unknown_word": ("I1", lambda: end(CALL, cause="bored")),
    "end.cause_does_not_fit": ("I2", lambda: end(CALL, cause="abandoned")),
    "talks.overlap": ("I3", lambda: moved(CALL, "agent_left", is_("call_ended"))),
    "talk.not_ended": ("I8", lambda: without(CALL, "expert_left")),
    "talk.negative": ("I13", lambda: changed(CALL, "expert_left", at=-100)),
    "talk.after_end": ("I13", lambda: changed(CALL, "expert_left", at=100)),
    "talk.doubled": ("I13", lambda: doubled(CALL, "agent_connected")),
    "talk.other_person": ("I13", lambda: changed(CALL, "expert_left", expert_id="e9")),
    "offer.accepted_twice": (
        "I4",
        lambda: [*CALL, *(routing("call_x", n, START, "offer_accepted", offer_id="o", agent_id="a") for n in (1, 2))],
    ),
    "offer.other_agent": (
        "I4",
        lambda: [*CALL, routing("call_x", 1, START, "offer_accepted", offer_id="offcall_x", agent_id="a9")],
    ),
    "offer.used_twice": ("I4", lambda: doubled(CALL, "agent_dialled")),
    "agent.dialled_while_busy": ("I3", lambda: doubled(CALL, "agent_dialled")),
    "agent.connected_undialled": ("I8", lambda: without(CALL, "agent_dialled")),
    "agent.leg_not_ended": ("I8", lambda: without(failed_agent(), "agent_failed")),
    "dialled.too_often": (
        "I9",
        lambda: [*CALL, *(routing("call_x", n, START + n, "offer_made", **_offer(n)) for n in range(1, 22))],
    ),
    "caller.in_the_air": ("I10", lambda: _later(failed_agent(), "queue_entered", 1, 5)),
    "caller.not_requeued": ("I11", lambda: changed(whole_call(), "expert_left", ended_by="system")),
    "queue.seniority_lost": ("I11", lambda: changed(failed_agent(), "queue_entered", 1, queued_at=START + 40)),
    "queue.left_without_reason": ("I11", lambda: changed(CALL, "queue_left", reason="bored")),
    "call.ended_by_failed_agent": ("I11", lambda: _ended_by_failure()),
    "transfer.ended_twice": ("I12", lambda: doubled(failed_transfer(), "transfer_ended")),
    "transfer.not_ended": ("I12", lambda: without(CALL, "transfer_ended")),
    "transfer.too_long": ("I12", lambda: _later(failed_transfer(), "transfer_ended", 0, 600)),
    "transfer.too_many_tries": ("I12", lambda: _many_tries()),
    "transfer.accepted_twice": ("I3", lambda: changed(CALL, "expert_tried", 0, outcome="accepted")),
    "transfer.caller_lost": ("I11", lambda: without(failed_transfer(agent_stays=False), "queue_entered", "call_ended")),
    "experts.dialled_at_once": ("I12", lambda: moved(CALL, "expert_tried", is_("expert_answered"))),
    "expert.leg_not_ended": ("I8", lambda: _without_first(CALL, "expert_tried")),
    "expert.connected_unaccepted": ("I12", lambda: changed(CALL, "expert_tried", 1, outcome="no_key")),
    "try.ended_twice": ("I12", lambda: doubled(CALL, "expert_tried")),
    "recording.doubled": ("I15", lambda: doubled(CALL, "recording_started")),
    "recording.without_talk": ("I15", lambda: changed(CALL, "recording_started", talk_id="tlk_none")),
    "recording.other_person": ("I13", lambda: changed(CALL, "recording_started", 1, person_id="e9")),
    "recording.not_ended": ("I15", lambda: without(CALL, "recording_ended")),
    "recording.length": ("I16", lambda: changed(CALL, "recording_ended", 1, seconds=28.7)),
    "talk.unrecorded": ("I15", lambda: without(CALL, "recording_started", "recording_ended")),
    "rating.twice": ("I20", lambda: doubled(CALL, "rated")),
    "rating.unasked": ("I20", lambda: without(CALL, "rating_offered")),
    "rating.after_window": ("I20", lambda: moved(CALL, "rating_ended", is_("rated"))),
    "rating.without_talk": ("I20", lambda: changed(CALL, "rated", talk_id="tlk_none")),
    "rating.other_person": ("I20", lambda: changed(CALL, "rated", person_kind="agent", person_id="a1")),
    "rating.during_talk": ("I20", lambda: changed(CALL, "expert_left", at=10)),
    "rating.off_scale": ("I20", lambda: changed(CALL, "rated", score=77)),
    "rating.method": ("I20", lambda: changed(CALL, "rated", method="guess")),
    "rating.not_ended": ("I20", lambda: without(CALL, "rating_ended")),
    "rating.outcome_wrong": ("I20", lambda: changed(CALL, "rating_ended", outcome="no_key")),
}


def _offer(number: int) -> dict[str, object]:
    return {"offer_id": f"off{number}", "agent_ids": ["a1"], "expires_at": START + number + 20}


def _later(facts: Facts, name: str, number: int, seconds: float) -> Facts:
    """The `number`-th fact of that name and all after it come later."""
    place = [index for index, fact in enumerate(facts) if fact.name == name][number]
    return [replace(fact, at=fact.at + seconds) if index >= place else fact for index, fact in enumerate(facts)]


def _without_first(facts: Facts, name: str) -> Facts:
    first = next(fact for fact in facts if fact.name == name)
    return renumbered(fact for fact in facts if fact is not first)


def _ended_by_failure() -> Facts:
    facts = failed_agent()
    place = next(index for index, fact in enumerate(facts) if fact.name == "agent_failed")
    last = replace(facts[-1], at=facts[place].at, data={**facts[-1].data, "ended_by": "agent"})
    return renumbered([*facts[: place + 1], last])


def _many_tries() -> Facts:
    facts = failed_transfer()
    tries = [fact for fact in facts if "try_id" in fact.data]
    more = [replace(fact, data={**fact.data, "try_id": f"try{number}"}) for number in (7, 8, 9) for fact in tries]
    place = facts.index(tries[-1]) + 1
    return renumbered([*facts[:place], *(replace(fact, at=tries[-1].at) for fact in more), *facts[place:]])


@pytest.mark.parametrize("problem", BROKEN)
def test_each_broken_thing_is_named(problem: str) -> None:
    invariant, make = BROKEN[problem]
    facts = make()
    assert (invariant, problem) in codes(facts)
    for item in check_call(facts, LATER):
        assert item.call_id == "call_x"


def test_a_cut_recording_may_be_shorter_but_not_longer() -> None:
    assert ("I16", "recording.length") not in codes(changed(CALL, "recording_ended", 1, seconds=20.0, cut=True))
    assert ("I16", "recording.length") in codes(changed(CALL, "recording_ended", 1, seconds=40.0, cut=True))
    assert ("I16", "recording.length") not in codes(changed(CALL, "recording_ended", 1, seconds=28.9))


def test_a_talk_that_is_not_recorded_by_policy_is_in_order() -> None:
    driver = Driver(now=START)
    driver.policy = replace(driver.policy, record_agent=False)
    driver.state = replace(driver.state, policy=driver.policy)
    driver.to_queue()
    driver.to_agent()
    driver.feed(ev.LegEnded("caller", 200, remote=True))
    assert check_call(facts_of(driver), LATER) == []


def test_facts_of_two_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="more than one call"):
        check_call([*whole_call("call_a"), *whole_call("call_b")], LATER)


# Several calls.


def across(*calls: Facts, live: bool = False, limits: Limits | None = None) -> set[tuple[str, str]]:
    found = Across(limits)
    for facts in calls:
        found.add(read(facts, LATER, live=live))
    return {(item.invariant, item.problem) for item in found.broken()}


def test_one_person_one_caller() -> None:
    first = whole_call("call_a", START, suffix="a")
    assert across(first, whole_call("call_b", START + 100, suffix="b")) == set()
    assert ("I4", "person.two_callers") in across(first, whole_call("call_b", START + 10, suffix="b"))
    assert across(first, whole_call("call_b", START + 10, agent="a2", suffix="b")) == set()


def test_a_dead_conversation_keeps_nobody() -> None:
    """Its people are free when its lease lapses; that its record is closed later does not make them busy till then."""
    dead = recovered(whole_call("call_a", START, suffix="a")[:12], START + 500)
    assert across(dead, whole_call("call_b", START + 100, suffix="b")) == set()


def test_a_talk_or_recording_belongs_to_one_call() -> None:
    first = whole_call("call_a", START, suffix="a")
    other = [replace(fact, call_id="call_b", at=fact.at + 500) for fact in first]
    assert across(first, other) == {("I13", "talk.of_two_calls"), ("I15", "recording.of_two_calls")}


def test_one_invite_one_record() -> None:
    def invited(facts: Facts, sip_call_id: str = "a84b4c76e66710") -> Facts:
        return changed(facts, "call_arrived", sip_call_id=sip_call_id)

    def refused(call_id: str, at: float) -> Facts:
        driver = Driver(now=at)
        driver.feed(ev.Unacceptable(dict(ARRIVAL), 503))
        return facts_of(driver, call_id)

    served = invited(whole_call("call_b", START, suffix="b"))
    ghost = invited(refused("call_c", START + 20))
    assert across(served, ghost) == across(ghost, served) == {("I1", "call.same_invite")}
    assert across(served, invited(refused("call_c", START + 20), "other")) == set()
    # Refused, and tried again by the carrier under the same Call-ID; or badly numbered, an hour later.
    assert across(invited(refused("call_a", START - 5)), served) == set()
    assert across(served, invited(refused("call_c", START + 3600))) == set()


def offers(call_id: str, *, at: float, agents: tuple[str, ...] = ("a1",), number: int = 1) -> Fact:
    data = {"offer_id": f"off_{call_id}_{number}", "agent_ids": list(agents), "expires_at": at + 20}
    return routing(call_id, number, at, "offer_made", **data)


def test_queue_order() -> None:
    older, younger = waiting_call("call_a", START), waiting_call("call_b", START + 10)
    late = offers("call_b", at=START + 30)
    assert across(older, [*younger, late], live=True) == {("I7", "queue.overtaken")}
    both = [*older, offers("call_a", at=START + 30, agents=("a2",))]
    assert across(both, [*younger, late], live=True) == set()
    assert across([*older, offers("call_a", at=START + 31.5)], [*younger, late], live=True) == {("I7", "queue.overtaken")}


def test_queue_order_gives_way_to_a_place_that_was_kept() -> None:
    older, younger = waiting_call("call_a", START), waiting_call("call_b", START + 10)
    entered = next(fact for fact in younger if fact.name == "queue_entered")
    restored = replace(
        entered,
        name="place_restored",
        seq=max(fact.seq for fact in younger) + 1,
        data={"queued_at": START - 60, "lost_call_id": "call_x"},
    )
    late = offers("call_b", at=START + 30)
    assert across(older, [*younger, restored, late], live=True) == set()
    restored = replace(restored, data={"queued_at": entered.at - 0.5, "lost_call_id": "call_x"})
    assert across(older, [*younger, restored, late], live=True) == {("I7", "queue.overtaken")}


def test_queue_order_gives_way_to_priority_to_other_queues_and_to_those_who_refused() -> None:
    older, younger = waiting_call("call_a", START), waiting_call("call_b", START + 10)
    late = offers("call_b", at=START + 30)
    urgent = changed(younger, "queue_entered", priority="P1")
    assert across(older, [*urgent, late], live=True) == set()
    elsewhere = changed(younger, "queue_entered", queue="LB")
    assert across(older, [*elsewhere, late], live=True) == set()
    refused = routing("call_a", 2, START + 25, "offer_declined", offer_id="off_x", agent_id="a1", reason="")
    assert across([*older, refused], [*younger, late], live=True) == set()
    just_came = waiting_call("call_a", START + 29)
    assert across(changed(just_came, "queue_entered", queued_at=START), [*younger, late], live=True) == set()


def test_queue_order_knows_places_that_were_restored() -> None:
    """Cut off by our own fault, back after a younger one, and served before them: from there on the younger one waits."""
    younger, back = waiting_call("call_a", START + 10), waiting_call("call_b", START + 20)
    early = offers("call_b", at=START + 40)
    assert across(younger, [*back, early], live=True) == {("I7", "queue.overtaken")}
    place = {"queued_at": START, "lost_call_id": "call_0", "before": START + 20}
    seq = max(fact.seq for fact in back) + 1
    restored = Fact("place_restored", "call_b", START + 21, seq, back[-1].source, back[-1].epoch, place)
    assert across(younger, [*back, restored, early], live=True) == set()
    overtaken = offers("call_a", at=START + 40)
    assert across([*younger, overtaken], [*back, restored], live=True) == {("I7", "queue.overtaken")}


def state(seq: int, at: float, name: str, agent: str = "a1") -> Fact:
    return routing("", seq, at, "agent_state_changed", agent_id=agent, state=name, reason="")


def test_wrap_up_is_honoured() -> None:
    rest = [state(1, START, "wrap_up"), state(2, START + 50, "available")]
    early = [*waiting_call("call_a", START), offers("call_a", at=START + 30, number=3)]
    late = [*waiting_call("call_a", START), offers("call_a", at=START + 50, number=3)]
    assert across(rest, early, live=True) == {("I14", "offer.in_wrap_up")}
    assert across(rest, late, live=True) == set()
    # The fact that it ended was lost with Redis: it cannot have lasted longer than the setting.
    assert across(rest[:1], late, live=True, limits=Limits(wrap_up_seconds=40)) == set()


# Whatever people do, the conversation's own logic keeps every invariant.

_CODES = st.sampled_from([200, 408, 480, 486, 487, 500, 603])
_EVENTS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.3, 2.0, 9.0, 25.0, 400.0])),
    st.tuples(st.just("key"), st.sampled_from("0159#")),
    st.tuples(st.just("heard"), st.none()),
    st.tuples(st.just("connect"), st.none()),
    st.tuples(st.just("ring"), st.none()),
    st.tuples(st.just("answer"), st.none()),
    st.tuples(st.just("agent_ends"), _CODES),
    st.tuples(st.just("cancel_agent"), st.none()),
    st.tuples(st.just("hold"), st.none()),
    st.tuples(st.just("unhold"), st.none()),
    st.tuples(st.just("hang_up"), st.none()),
    st.tuples(st.just("hunt"), st.none()),
    st.tuples(st.just("try"), st.none()),
    st.tuples(st.just("expert_answers"), st.none()),
    st.tuples(st.just("expert_key"), st.sampled_from("12")),
    st.tuples(st.just("expert_ends"), _CODES),
    st.tuples(st.just("give_up"), st.none()),
    st.tuples(st.just("watchdog"), st.sampled_from(["agent", "expert", "caller"])),
)


@given(events=st.lists(_EVENTS, min_size=5, max_size=40), died=st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_course_of_a_call_is_clean(events: list[tuple[str, object]], died: bool) -> None:
    play = _Play()
    for name, value in events:
        play.one(name, value)
    if not died:
        play.driver.feed(ev.LegEnded("caller", 200, remote=True))
    facts = facts_of(play.driver)
    if died:
        facts = recovered(facts, play.driver.now + 5)
    limits = Limits(max_call_seconds=1e9, max_tries=1000, parallel=1000, dials_per_minute=1000)
    found = check_call(facts, play.driver.now + 60, limits=replace(limits))
    assert found == [], [(fact.name, dict(fact.data)) for fact in facts[3:]]


class _Play:
    """Turns drawn events into what could really happen next."""

    def __init__(self) -> None:
        self.driver = Driver(now=START)
        self.driver.to_queue()
        self.offers = self.hunts = self.tries = 0

    def one(self, name: str, value: object) -> None:
        driver, state = self.driver, self.driver.state
        agent = f"agent:off{self.offers}"
        expert = f"expert:try{self.tries}"
        match name:
            case "wait":
                driver.wait(float(str(value)))
            case "key":
                driver.key(str(value))
            case "heard" if driver.playing:
                driver.heard()
            case "connect":
                self.offers += 1
                driver.command("connect_agent", offer_id=f"off{self.offers}", agent_id="a1", uri="sip:1@x")
            case "ring" if agent in state.legs:
                driver.feed(ev.LegRinging(agent))
            case "answer" if agent in state.legs:
                driver.feed(ev.LegAnswered(agent))
            case "agent_ends" if agent in state.legs:
                driver.feed(ev.LegEnded(agent, int(str(value)), remote=True))
            case "cancel_agent":
                driver.command("cancel_agent", offer_id=f"off{self.offers}")
            case "hold" | "unhold" | "hang_up":
                driver.command(name, agent_id="a1")
            case "hunt":
                self.hunts += 1
                driver.command("start_transfer", transfer_id=f"trf{self.hunts}", agent_id="a1")
            case "try":
                self.tries += 1
                driver.command(
                    "try_expert",
                    transfer_id=f"trf{self.hunts}",
                    try_id=f"try{self.tries}",
                    expert_id="e1",
                    number_enc="v1.n",
                    trunk="demo",
                    brief={"category": "02"},
                )
            case "expert_answers" if expert in state.legs:
                driver.feed(ev.LegRinging(expert))
                driver.feed(ev.LegAnswered(expert))
            case "expert_key":
                driver.key(str(value), expert)
            case "expert_ends" if expert in state.legs:
                driver.feed(ev.LegEnded(expert, int(str(value)), remote=True))
            case "give_up":
                driver.command("give_up_transfer", transfer_id=f"trf{self.hunts}")
            case "watchdog":
                leg = {"agent": agent, "expert": expert, "caller": "caller"}[str(value)]
                if leg in state.legs:
                    driver.feed(ev.Watchdog("rtp_silence", leg))


def test_every_problem_has_its_two_sentences() -> None:
    root = Path(__file__).resolve().parents[2] / "hotline"
    source = "".join(
        path.read_text("utf-8") for folder in ("core/audits", "jobs/doctor") for path in (root / folder).glob("*.py")
    )
    used = set(re.findall(r'"([a-z]+\.[a-z_]+)"', source))
    kinds = {code.partition(".")[0] for code in PROBLEMS}
    missing = {code for code in used if code.partition(".")[0] in kinds and code not in PROBLEMS}
    assert missing <= {"transfers.outcome", "transfer_tries.outcome"}, missing
    assert {item[0] for item in BROKEN.values()} <= set(INVARIANTS)
