"""Facts fold into one record, whatever the order, doubling or death of a writer."""

from __future__ import annotations

import random

import pytest

from hotline.core.cdr import HANDLERS, fold
from hotline.core.facts import FACTS, Fact
from hotline.secrecy import Secrecy
from tests.calls import START, FakeCall

pytestmark = pytest.mark.unit

SECRECY = Secrecy(b"k" * 32)


def call() -> FakeCall:
    return FakeCall(SECRECY)


def test_every_handler_is_of_a_known_fact() -> None:
    assert set(HANDLERS) <= set(FACTS)


def test_a_call_to_agent_and_expert() -> None:
    record = fold(call().agent().expert().hang_up("expert", "exp_01").rate(2, "expert", "exp_01").end().facts)
    assert record.closed
    assert record.answered
    assert record.cause == "completed"
    assert (record.agent_id, record.expert_id) == ("agt_8001", "exp_01")
    agent, expert = record.talks
    assert agent.ended_at == expert.started_at  # nobody talks twice at once, no second is lost
    assert record.talk_seconds == pytest.approx(98.55, abs=0.01)
    assert record.wait_seconds == pytest.approx(3.2)
    assert [(item.outcome, item.talk_id) for item in record.tries] == [("accepted", expert.talk_id)]
    assert record.transfers[0].outcome == "connected"
    assert record.rating is not None
    assert (record.rating.person_id, record.rating.score) == ("exp_01", 2)
    assert [item.state for item in record.recordings] == ["captured", "captured"]
    assert record.consultation_over


def test_order_and_doubling_do_not_matter() -> None:
    facts = call().agent().expert().hang_up("expert", "exp_01").rate().end().facts
    wanted = fold(facts)
    for seed in range(50):
        mixed = [*facts, *random.Random(seed).sample(facts, 5)]
        random.Random(seed).shuffle(mixed)
        assert fold(mixed) == wanted


def test_every_prefix_folds_and_times_never_run_backwards() -> None:
    facts = call().agent().expert().hang_up("expert", "exp_01").rate().end().facts
    for upto in range(1, len(facts) + 1):
        record = fold(facts[:upto])
        times = [record.arrived_at, record.answered_at, record.queued_at, record.agent_connected_at, record.ended_at]
        seen = [at for at in times if at is not None]
        assert seen == sorted(seen)
        assert sum(1 for talk in record.talks if talk.ended_at is None) <= 1


def test_a_clock_set_back_does_not_make_negative_times() -> None:
    made = call().agent()
    made.at -= 3600
    record = fold(made.hang_up().end().facts)
    assert record.ended_at is not None
    assert record.ended_at >= (record.agent_connected_at or 0)
    assert record.talk_seconds >= 0
    assert record.wait_seconds >= 0


def test_death_of_the_conversation_is_closed_by_the_higher_epoch() -> None:
    made = call().agent()
    made.source, made.epoch = "pool", 2
    made.end("system_failure", "system", "agent_talk")
    record = fold(reversed(made.facts))
    assert record.cause == "system_failure"
    assert not record.consultation_over
    assert record.talks[0].ended_by == "system"
    assert record.talks[0].ended_at == record.ended_at
    assert record.recordings[0].state == "captured"  # what was captured is still sealed


def test_death_after_the_talk_does_not_undo_the_consultation() -> None:
    made = call().agent().hang_up()
    made.source, made.epoch = "pool", 2
    assert fold(made.end("system_failure", "system", "rating").facts).consultation_over


def test_only_the_first_end_counts() -> None:
    made = call().agent().hang_up().end()
    made.source, made.epoch = "pool", 2
    assert fold(made.end("system_failure", "system").facts).cause == "completed"


def test_caller_gives_up_in_the_queue() -> None:
    record = fold(call().queue().end("abandoned", "caller", "queue").facts)
    assert record.agent_id is None
    assert record.talks == ()
    assert record.rating_outcome == ""
    assert record.wait_seconds == pytest.approx(0.5)


def test_seniority_survives_a_failed_offer() -> None:
    made = call().queue()
    first = made.at
    made.say("agent_dialled", 5, offer_id="o", agent_id="a").say(
        "agent_failed", 20, offer_id="o", agent_id="a", dial_status="no_answer", sip_code=408
    )
    made.say("queue_entered", 0, queue="main", priority=3, language="zh-CN")
    assert fold(made.facts).queued_at == first


def test_failed_tries_return_to_the_agent() -> None:
    made = call().agent()
    made.say("transfer_started", 10, transfer_id="t", agent_id="agt_8001")
    for number, outcome in enumerate(("refused", "no_key", "no_answer")):
        made.say("expert_dialled", 1, transfer_id="t", try_id=f"y{number}", expert_id=f"e{number}")
        made.say(
            "expert_tried",
            9,
            transfer_id="t",
            try_id=f"y{number}",
            expert_id=f"e{number}",
            outcome=outcome,
            sip_code=0,
            seconds=9,
        )
    made.say("transfer_ended", 0, transfer_id="t", outcome="returned").hang_up().end()
    record = fold(made.facts)
    assert [item.outcome for item in record.tries] == ["refused", "no_key", "no_answer"]
    assert record.transfers[0].outcome == "returned"
    assert record.expert_id is None
    assert len(record.talks) == 1


def test_hold_is_counted_also_when_it_never_ended() -> None:
    made = (
        call().agent().say("hold_started", 5, by="agent").say("hold_ended", 10, by="agent").say("hold_started", 1, by="agent")
    )
    record = fold(made.end("completed", "caller", "hold").facts)
    assert record.hold_seconds == pytest.approx(10.5)


def test_one_rating_a_call() -> None:
    made = call().agent().hang_up().rate(1)
    made.say("rated", 1, talk_id=made.talk("agent"), person_kind="agent", person_id="agt_8001", score=5, method="inband")
    record = fold(made.end().facts)
    assert record.rating is not None
    assert record.rating.score == 1


def test_no_rating_has_a_reason() -> None:
    assert fold(call().agent().hang_up().end().facts).rating_outcome == "not_offered"


def test_a_talk_without_a_recording_says_so() -> None:
    made = call().queue()
    made.say("agent_connected", 1, offer_id="o", agent_id="a", talk_id="t1").end()
    recording = fold(made.facts).recordings[0]
    assert (recording.state, recording.talk_id, recording.reason) == ("failed", "t1", "not_recorded")


def test_a_recording_may_end_after_the_call() -> None:
    made = call().agent().end("completed", "caller")
    made.say("recording_ended", 1, recording_id=made.recording("agent"), talk_id=made.talk("agent"), seconds=12.5)
    assert fold(made.facts).recordings[0].state == "captured"


def test_routing_alone_makes_no_call() -> None:
    fact = Fact("offer_made", "call_1", START, 1, "routing", 1, {"offer_id": "o", "agent_ids": [], "expires_at": 1})
    assert not fold([fact]).known


def test_a_refused_transfer_is_kept() -> None:
    made = call().agent()
    refused = Fact(
        "transfer_refused",
        made.call_id,
        made.at,
        1,
        "routing",
        1,
        {"transfer_id": "t", "agent_id": "a", "reason": "no_expert"},
    )
    record = fold([*made.facts, refused])
    assert [(item.outcome, item.reason) for item in record.transfers] == [("refused", "no_expert")]


def test_two_calls_are_not_one() -> None:
    other = FakeCall(SECRECY, at=START + 1)
    with pytest.raises(ValueError, match="one call"):
        fold([*call().queue().facts, *other.queue().facts])
