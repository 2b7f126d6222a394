"""Unit: a call that we make, decided without any IO: our agent first, then the person, then a call like any other."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations.orders import Order
from hotline.core.conversations.recovery import closing_facts
from hotline.core.facts import Fact
from tests.unit.conversation_harness import ARRIVAL, FLOW, Driver

pytestmark = pytest.mark.unit

ORDER = Order(
    call_id="call_x",
    task_id="cbk_1",
    kind="call_back",
    number_enc="v1.n",
    caller_masked="138****0001",
    caller_hash="h",
    trunk="demo",
    flow="call_back",
    place_at=999_000.0,
    expires_at=1e9,
    queue="LB",
    offer_id="off_1",
    agent_id="agt_1",
    agent_uri="sip:8001@x",
)
DESK = ev.FlowStepped("desk", "zh-CN", ("outbound_notice",), ev.QueueWait("GN", "P3", 600.0))
ASK = ev.FlowStepped(
    "ask",
    "zh-CN",
    ("rating_call_notice",),
    ev.RateWait("rate", "rate_again", "rate_invalid", ("1", "2", "3", "4", "5"), 8.0, 1, human_key="0"),
)
HUMAN = ev.FlowStepped("desk", "zh-CN", ("connecting",), ev.QueueWait("GN", "P3", 600.0))
TALK = {"talk_id": "tlk_old", "person_kind": "agent", "person_id": "agt_9"}


def driver(monkeypatch: pytest.MonkeyPatch, order: Order = ORDER) -> Driver:
    monkeypatch.setitem(FLOW, "", ASK if order.kind == "rating" else DESK)
    monkeypatch.setitem(FLOW, "human", HUMAN)
    made = Driver()
    made.feed(ev.Ordered({**ARRIVAL, "direction": "outbound", "kind": order.kind, "task_id": order.task_id}, order))
    return made


def names(one: Driver) -> list[str]:
    return [name for name, _ in one.facts]


def said(one: Driver, name: str) -> dict[str, Any]:
    return next(data for fact, data in reversed(one.facts) if fact == name)


def dialled(one: Driver) -> list[str]:
    return [action.leg for action in one.did if isinstance(action, act.Dial)]


def agent_up(one: Driver) -> None:
    one.feed(ev.LegRinging("agent:off_1"))
    one.feed(ev.LegAnswered("agent:off_1"))
    one.brief_heard()


def test_agent_first_then_the_person_then_a_recorded_talk(monkeypatch: pytest.MonkeyPatch) -> None:
    one = driver(monkeypatch)
    assert dialled(one) == ["agent:off_1"]
    agent_up(one)
    assert dialled(one) == ["agent:off_1", "caller"]
    one.feed(ev.LegRinging("caller"))
    one.now += 5
    one.feed(ev.LegAnswered("caller"))
    assert one.playing is not None
    assert one.playing.prompts == ("outbound_notice",)
    assert act.Bridge("caller", "agent:off_1") in one.did, "a human is there from the first moment"
    assert not any(isinstance(action, act.Record) for action in one.did), "the notice goes before the recording"
    one.heard()
    assert "notice_played" in names(one)
    assert names(one)[-2:] == ["agent_connected", "recording_started"]
    assert "queue_entered" not in names(one), "nobody waits who has an agent"
    one.feed(ev.LegEnded("caller", 200))
    assert said(one, "call_ended")["cause"] == "completed"


@pytest.mark.parametrize(("code", "status"), [(486, "busy"), (480, "no_answer"), (603, "refused"), (404, "failed")])
def test_whoever_does_not_come_frees_the_agent_at_once(monkeypatch: pytest.MonkeyPatch, code: int, status: str) -> None:
    one = driver(monkeypatch)
    agent_up(one)
    one.feed(ev.LegEnded("caller", code))
    assert said(one, "caller_failed")["dial_status"] == status
    assert said(one, "agent_failed")["dial_status"] == "cancelled"
    assert said(one, "call_ended")["cause"] == "not_reached"
    assert act.HangUp("agent:off_1") in one.did


def test_early_media_is_no_answer_and_ringing_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    one = driver(monkeypatch)
    agent_up(one)
    one.feed(ev.LegRinging("caller"))
    one.wait(ORDER.ring_seconds + 1)
    assert said(one, "caller_failed")["dial_status"] == "no_answer"
    assert "call_answered" not in names(one)


def test_an_agent_who_does_not_answer_means_nobody_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    one = driver(monkeypatch)
    one.feed(ev.LegEnded("agent:off_1", 486))
    assert dialled(one) == ["agent:off_1"]
    assert said(one, "agent_failed")["dial_status"] == "busy"
    assert said(one, "call_ended")["cause"] == "not_reached"


def test_an_agent_who_hangs_up_while_it_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    one = driver(monkeypatch)
    agent_up(one)
    one.feed(ev.LegEnded("agent:off_1", 200))
    assert said(one, "caller_failed")["dial_status"] == "cancelled"
    assert any(isinstance(action, act.HangUp) and action.leg == "caller" for action in one.did)


def test_a_person_who_has_picked_up_is_not_dropped_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent is lost during the notice: the person waits, at the old place."""
    one = driver(monkeypatch)
    agent_up(one)
    one.feed(ev.LegAnswered("caller"))
    one.feed(ev.LegEnded("agent:off_1", 503, remote=False))
    entered = said(one, "queue_entered")
    assert (entered["queued_at"], entered["queue"]) == (ORDER.place_at, "LB")
    assert "call_ended" not in names(one)


def test_an_agent_who_hangs_up_on_the_console_during_the_notice_is_out_and_the_person_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = driver(monkeypatch)
    agent_up(one)
    one.feed(ev.LegAnswered("caller"))
    one.command("hang_up", agent_id=said(one, "agent_answered")["agent_id"])
    assert any(isinstance(action, act.HangUp) and action.leg == "agent:off_1" for action in one.did)
    assert said(one, "agent_failed")["dial_status"] == "cancelled"
    assert said(one, "queue_entered")["queued_at"] == ORDER.place_at
    assert "call_ended" not in names(one)


def test_a_notice_whose_end_is_never_told_does_not_keep_people_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    one = driver(monkeypatch)
    agent_up(one)
    one.feed(ev.LegAnswered("caller"))
    one.wait(16)
    assert "agent_connected" in names(one)


def rating(monkeypatch: pytest.MonkeyPatch, *, heard: bool = True) -> Driver:
    values = {"kind": "rating", "flow": "rating_call", "of_call": "call_old", "talk": TALK, "offer_id": "", "agent_id": ""}
    one = driver(monkeypatch, Order(**{**_fields(ORDER), **values}))
    one.feed(ev.LegAnswered("caller"))
    if heard:
        one.heard()  # the notice
        one.heard()  # the question
    return one


def _fields(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in order.__slots__}


def test_a_rating_call_needs_no_agent_and_rates_the_earlier_talk(monkeypatch: pytest.MonkeyPatch) -> None:
    one = rating(monkeypatch)
    assert dialled(one) == ["caller"]
    one.feed(ev.Digit("caller", "2", "rfc4733"))
    rated = said(one, "rated")
    assert (rated["talk_id"], rated["person_id"], rated["score"]) == ("tlk_old", "agt_9", 2)


def test_zero_leads_to_a_human(monkeypatch: pytest.MonkeyPatch) -> None:
    one = rating(monkeypatch)
    one.feed(ev.Digit("caller", "0", "rfc4733"))
    assert said(one, "rating_ended")["outcome"] == "human"
    assert "queue_entered" in names(one)
    assert "rated" not in names(one)


def test_zero_during_the_first_words_is_kept_and_other_keys_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever knows the call presses 0 before it is said; a grade counts only from its window (I20)."""
    for key in ("0", "2"):
        one = rating(monkeypatch, heard=False)
        one.feed(ev.Digit("caller", key, "rfc4733"))
        assert "queue_entered" not in names(one), "the notice is heard to its end"
        one.heard()
        assert ("queue_entered" in names(one)) == (key == "0")
        assert "rated" not in names(one)


def test_what_a_dead_conversation_leaves_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = driver(monkeypatch)
    agent_up(one)
    facts = [Fact(name, "call_x", one.now, place + 1, "call", data=data) for place, (name, data) in enumerate(one.facts)]
    closing = dict(closing_facts(facts, one.now + 3))
    assert closing["caller_failed"]["dial_status"] == "cancelled"
    assert closing["agent_failed"]["offer_id"] == "off_1"
    assert closing["call_ended"]["cause"] == "system_failure"


def test_orders_survive_their_json() -> None:
    assert Order.from_json(ORDER.to_json()) == ORDER
    for wrong in ("", "[]", "{}", '{"call_id":1}'):
        with pytest.raises(ValueError, match="order"):
            Order.from_json(wrong)
