"""Out of hours: the voice message, the duty roster's mobiles, the notice before anybody answers, and what is left of a call
that dies in the middle."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.core.audits import check_call
from hotline.core.cdr import fold
from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations.recovery import closing_facts
from hotline.core.duty import pick_duty
from hotline.core.experts import Expert, Use
from hotline.core.facts import Fact
from hotline.core.outcomes import Ended, Outcome, decide
from tests.unit import conversation_harness
from tests.unit.conversation_harness import ARRIVAL, Driver

pytestmark = pytest.mark.unit

NIGHT = ev.FlowStepped(
    "night", "zh-CN", ("notice", "closed_night"), ev.QueueWait("NT", "P3", 30.0), hours=({"line": "1", "state": "closed"},)
)
DUTY = ev.FlowStepped("duty", "zh-CN", ("duty_calling",), ev.DialWait(180.0, "duty_next", "990100"))
MESSAGE = ev.FlowStepped("message", "zh-CN", ("message_invite",), ev.RecordWait(120.0, 6.0, "beep", "#"))
KEPT = ev.FlowStepped("kept", "zh-CN", ("message_thanks",), None, cause="message_left")
NOTHING = ev.FlowStepped("nothing", "zh-CN", ("message_empty",), None, cause="queue_timeout")
FLOW = {"": NIGHT, "timeout": DUTY, "closed": DUTY, "nobody": MESSAGE, "failed": MESSAGE, "recorded": KEPT, "empty": NOTHING}


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Driver:
    monkeypatch.setattr(conversation_harness, "FLOW", {**conversation_harness.FLOW, **FLOW})
    driver = Driver()
    driver.feed(ev.Invited(ARRIVAL))
    driver.feed(ev.Confirmed())
    return driver


def to_duty(call: Driver) -> str:
    """Notice and announcement heard, nobody at the night desk: the search has begun."""
    call.now += 8.0
    call.heard()
    call.now += 3.0
    call.heard()
    call.command("leave_queue", outcome="closed", reason="nobody_at_desk")
    call.now += 3.0
    call.heard()
    return str(call.fact("transfer_started")["transfer_id"])


def to_message(call: Driver) -> None:
    transfer_id = to_duty(call)
    call.command("give_up_transfer", transfer_id=transfer_id)
    call.now += 8.0
    call.heard()  # the invitation
    call.now += 0.5
    call.heard()  # the beep


def facts_of(call: Driver) -> list[Fact]:
    pairs = zip(call.facts, call.times, strict=True)
    return [Fact(name, "call_x", at, seq, "call", 1, data) for seq, ((name, data), at) in enumerate(pairs, 1)]


def proved(call: Driver) -> None:
    assert [(item.problem, item.details) for item in check_call(facts_of(call), call.now)] == []


def order(transfer_id: str, number: int) -> dict[str, Any]:
    brief = {"kind": "duty", "waited": 20}
    who = {"try_id": f"try{number}", "expert_id": f"e{number}", "number_enc": "v1.n", "trunk": "demo"}
    return {"transfer_id": transfer_id, **who, "brief": brief}


def test_nobody_may_answer_before_the_notice_was_heard(call: Driver) -> None:
    assert call.playing is not None
    assert call.playing.prompts == ("notice",)
    assert "queue_entered" not in call.names()
    call.now += 8
    call.heard()
    assert call.names()[-2:] == ["notice_played", "queue_entered"]
    assert call.fact("hours_checked") == {"line": "1", "state": "closed"}
    assert call.playing.prompts == ("closed_night",)


def test_an_empty_night_desk_sends_the_caller_on_when_the_sentence_is_over(call: Driver) -> None:
    call.heard()
    call.command("leave_queue", outcome="closed", reason="nobody_at_desk")
    assert call.playing is not None
    assert call.playing.prompts == ("closed_night",), "not cut off"
    call.heard()
    assert call.fact("queue_left") == {"reason": "closed"}
    assert call.playing.prompts == ("duty_calling",)


def test_one_mobile_after_another_until_one_presses_1(call: Driver) -> None:
    transfer_id = to_duty(call)
    assert call.fact("transfer_started") == {
        "transfer_id": transfer_id, "agent_id": "", "kind": "duty", "target": "expert", "region": "990100",
    }  # fmt: skip
    assert call.music
    call.command("try_expert", **order(transfer_id, 1))
    call.wait(20.5)
    assert call.fact("expert_tried")["outcome"] == "no_answer"
    call.command("try_expert", **order(transfer_id, 2))
    assert call.playing is not None
    assert call.playing.prompts == ("duty_next",), "the caller is told how it stands"
    call.feed(ev.LegEnded("expert:try1", 487))
    call.feed(ev.LegAnswered("expert:try2"))
    assert call.brief is not None
    assert call.brief.prompts[0] == "brief_duty"
    call.brief_heard()
    call.key("1", "expert:try2")
    assert call.bridged == {"expert:try2"}
    call.wait(40)
    call.feed(ev.LegEnded("expert:try2", 200))
    assert call.fact("rating_offered")["person_id"] == "e2", "rated like any other talk"
    call.key("1")
    call.heard()
    assert call.fact("call_ended")["cause"] == "completed"
    proved(call)


def test_routing_that_does_not_answer_leads_to_the_message(call: Driver) -> None:
    to_duty(call)
    call.wait(6)
    assert call.playing is not None
    assert call.playing.prompts == ("message_invite",)
    assert call.fact("transfer_ended")["outcome"] == "returned"


def test_the_search_has_an_end(call: Driver) -> None:
    transfer_id = to_duty(call)
    for number in range(1, 12):
        if "message_invite" in (call.playing.prompts if call.playing else ()):
            break
        call.command("try_expert", **order(transfer_id, number))
        call.feed(ev.LegRinging(f"expert:try{number}"))
        call.wait(20.5)
        call.feed(ev.LegEnded(f"expert:try{number}", 487))
    assert call.playing is not None
    assert call.playing.prompts == ("message_invite",)


def test_a_lost_duty_phone_goes_on_in_the_flow(call: Driver) -> None:
    transfer_id = to_duty(call)
    call.command("try_expert", **order(transfer_id, 1))
    call.feed(ev.LegAnswered("expert:try1"))
    call.brief_heard()
    call.key("1", "expert:try1")
    call.wait(5)
    call.feed(ev.LegEnded("expert:try1", 503))
    assert call.playing is not None
    assert call.playing.prompts == ("message_invite",)
    call.feed(ev.LegEnded("caller", 200))
    proved(call)


@pytest.mark.parametrize("how", ["key", "silence", "limit", "caller"])
def test_a_message_is_kept_however_it_ends(call: Driver, how: str) -> None:
    to_message(call)
    (record,) = [action for action in call.did if isinstance(action, act.Record)]
    assert (record.caller, record.others) == ("caller", ())
    call.feed(ev.VoiceHeard("caller"))
    call.now += 10
    call.key("5")  # said by the way: not the key that ends it
    if how == "key":
        call.key("#")
    elif how == "silence":
        call.feed(ev.FellSilent("caller"))
    elif how == "limit":
        call.wait(120)
    else:
        call.feed(ev.LegEnded("caller", 200))
    assert (call.fact("message_ended")["outcome"], call.fact("message_ended")["ended_by"]) == ("recorded", how)
    if how != "caller":
        assert call.playing is not None
        assert call.playing.prompts == ("message_thanks",)
        call.heard()
    assert call.fact("call_ended")["cause"] == "message_left"
    proved(call)
    record_of = fold(facts_of(call))
    assert [(item.outcome, item.ended_by) for item in record_of.messages] == [("recorded", how)]
    assert [(item.person_kind, item.state) for item in record_of.recordings] == [("message", "captured")]
    assert record_of.hours == "closed"
    assert record_of.talk_seconds == 0


def test_silence_is_no_message(call: Driver) -> None:
    to_message(call)
    call.wait(6)
    call.feed(ev.FellSilent("caller"))
    assert call.fact("message_ended")["outcome"] == "empty"
    call.heard()
    assert call.fact("call_ended")["cause"] == "queue_timeout"
    proved(call)


def test_a_recorder_that_fails_is_said(call: Driver) -> None:
    to_message(call)
    call.feed(ev.RecordingFailed(call.fact("recording_started")["recording_id"], "Error"))
    assert call.fact("message_ended")["outcome"] == "failed"
    assert call.playing is not None
    call.feed(ev.LegEnded("caller", 200))
    proved(call)


def test_a_late_word_of_the_meter_changes_nothing(call: Driver) -> None:
    to_message(call)
    call.feed(ev.VoiceHeard("caller"))
    call.key("#")
    before = call.names()
    for late in (ev.FellSilent("caller"), ev.VoiceHeard("caller"), ev.TimerFired("message_limit"), ev.TimerFired("duty_limit")):
        call.feed(late)
    call.key("#")
    assert call.names() == before


def test_what_was_said_before_a_crash_is_kept(call: Driver) -> None:
    to_message(call)
    said = closing_facts(facts_of(call), call.now + 4)
    known = facts_of(call)
    known += [Fact(name, "call_x", call.now + 4, seq, "call", 2, data) for seq, (name, data) in enumerate(said, 1)]
    assert [(item.problem, item.details) for item in check_call(known, call.now + 5)] == []
    record = fold(known)
    assert (record.messages[0].outcome, record.messages[0].seconds) == ("recorded", 4.0)
    assert record.recordings[0].state == "captured"


def test_what_becomes_of_such_calls() -> None:
    night = {"agent_reached": False, "consultation_over": False}
    assert decide(Ended("message_left", 100.0, **night, message_left=True), {}, False, 101.0, 60.0) == Outcome(
        "ticket", "voice_message"
    )
    assert decide(Ended("queue_timeout", 100.0, **night), {}, False, 101.0, 60.0) == Outcome("callback", "queue_timeout")
    talked = Ended("completed", 100.0, agent_reached=False, consultation_over=True, expert_reached=True)
    assert decide(talked, {}, False, 101.0, 60.0) == Outcome("consultation", "", True)
    both = Ended("completed", 100.0, agent_reached=True, consultation_over=True, message_left=True)
    assert decide(both, {}, False, 101.0, 60.0) == 170.0, "the agent may still be writing"
    assert decide(both, {"disposition": "D01"}, True, 101.0, 60.0) == Outcome("ticket", "voice_message")


def test_who_is_rung_of_the_duty_roster() -> None:
    def expert(ident: str, kind: str = "duty", region: str = "", **values: Any) -> Expert:
        return Expert(ident, ident, kind, (), "v1.x", region, duty=((0.0, 1000.0),), **values)

    people = [expert("a", region="990121"), expert("b"), expert("c"), expert("d", "lawyer"), expert("e", suspended=True)]
    uses = {"b": Use("b", last_used=50.0), "c": Use("c", last_used=10.0)}
    assert pick_duty(people, uses, 500.0) == "a"
    assert pick_duty(people, uses, 500.0, tried={"a"}) == "c", "whoever was rung longest ago"
    assert pick_duty(people, uses, 500.0, region="990121", tried=set()) == "a"
    assert pick_duty(people, {"a": Use("a", state="on_call")}, 500.0, tried={"b", "c"}) is None
    assert pick_duty(people, uses, 2000.0) is None, "off duty"
