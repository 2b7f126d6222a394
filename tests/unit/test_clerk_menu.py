"""Tickets by telephone in a conversation: a clerk whom we call, a clerk who calls in, and the public's question how far."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.core.audits import check_call
from hotline.core.callbacks import results
from hotline.core.cdr import fold
from hotline.core.conversations import events as ev
from hotline.core.conversations.orders import Order
from hotline.core.conversations.staff_menu import ANSWER_SECONDS, KEY_SECONDS, SILENCES
from hotline.core.tickets.progress import PHASE, normal_number, private, spoken, words
from hotline.core.tickets.table import STATES
from hotline.core.tickets.village import brief, day, digits
from tests.audited import START, facts_of
from tests.unit import conversation_harness as harness
from tests.unit.conversation_harness import ARRIVAL, QUEUE
from tests.unit.test_staff_menu import BYE, STAFF, Menu

pytestmark = pytest.mark.unit

HELLO = ev.FlowStepped("hello", "zh-CN", ("village_hello",), ev.StaffWait(600.0))
ASK = ev.FlowStepped("ask", "zh-CN", ("progress_hello",), ev.ProgressWait(240.0))
TOLD = ev.FlowStepped("goodbye", "zh-CN", ("goodbye",), None, cause="progress_told")
PERSON = ev.FlowStepped("person", "zh-CN", ("notice", "connecting"), QUEUE.wait)
BRIEF = ("village_ticket", "digit_1", "digit_2")


def order() -> Order:
    return Order(
        call_id="call_x",
        task_id="cbk_1",
        kind="village",
        number_enc="v1.n",
        caller_masked="138****0001",
        caller_hash="h",
        trunk="demo",
        flow="village_call",
        place_at=START,
        expires_at=START + 5,
    )


class Rung(Menu):
    """The clerk's telephone is rung; it is picked up with :meth:`pick_up`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        harness.Driver.__init__(self, now=START)
        monkeypatch.setattr(harness, "FLOW", {"": HELLO, "done": BYE, "refused": BYE, "failed": BYE})
        arrival: dict[str, Any] = {**ARRIVAL, "direction": "outbound", "task_id": "cbk_1", "kind": "village"}
        self.feed(ev.Ordered(arrival, order()))

    def pick_up(self) -> None:
        self.feed(ev.LegRinging("caller"))
        self.feed(ev.LegAnswered("caller"))
        self.heard()


class Asked(Menu):
    """Somebody asks how far a ticket is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        harness.Driver.__init__(self, now=START)
        monkeypatch.setattr(harness, "FLOW", {"": ASK, "done": TOLD, "human": PERSON, "failed": PERSON})
        self.feed(ev.Invited(ARRIVAL))
        self.feed(ev.Confirmed())
        self.heard()


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Rung:
    return Rung(monkeypatch)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def closed(driver: Menu) -> dict[str, Any]:
    if driver.playing:
        driver.heard()
    assert check_call(facts_of(driver), driver.now + 1_000_000, live=False) == []
    return driver.fact("call_ended")


def test_a_clerk_hears_the_ticket_signs_it_and_sends_the_next_one_back(rung: Rung) -> None:
    rung.pick_up()
    assert rung.question().question == "village"
    rung.answer("ticket", *BRIEF)
    assert rung.says() == (*BRIEF, "staff_menu_ticket")
    rung.key("3")
    assert rung.question().question == "again"
    rung.answer("ticket", *BRIEF)
    rung.key("1")  # cuts the words short
    assert rung.question().question == "accept"
    rung.answer("ticket", "village_signed", *BRIEF)
    rung.key("2")
    rung.answer("reason")
    assert rung.says() == ("staff_menu_reason",)
    rung.key("7")
    assert rung.says() == ("staff_wrong", "staff_menu_reason")
    rung.key("3")
    assert rung.question().question == "return_level"
    rung.answer("over", "village_returned")
    assert rung.says() == ("village_returned",)
    rung.heard()
    assert closed(rung)["cause"] == "staff_menu"
    assert results.of_call(fold(facts_of(rung))) == ("tried", "reached")


def test_back_from_the_reasons(rung: Rung) -> None:
    rung.pick_up()
    rung.answer("ticket", *BRIEF)
    rung.key("2")
    rung.answer("reason")
    rung.key("9")
    assert rung.question().question == "again"


def test_a_pin_before_the_callers_number(rung: Rung) -> None:
    rung.pick_up()
    rung.answer("ticket", *BRIEF)
    rung.key("4")
    assert rung.question().question == "contact"
    rung.answer("want_pin")
    rung.keys("270914#")
    assert (rung.question().question, rung.question().keys) == ("pin", "270914")
    rung.answer("ticket", *BRIEF)
    rung.key("4")
    rung.answer("ticket", "village_caller", "digit_1")
    assert "village_caller" in rung.says()
    assert "270914" not in str(rung.facts)


def test_nobody_picks_up(rung: Rung) -> None:
    rung.wait(46)
    assert closed(rung)["cause"] == "not_reached"
    assert results.of_call(fold(facts_of(rung))) == ("tried", "no_answer")


def test_a_clerk_who_hangs_up_and_a_voicemail(rung: Rung) -> None:
    rung.pick_up()
    rung.answer("ticket", *BRIEF)
    rung.heard()
    for _ in range(SILENCES):
        rung.wait(KEY_SECONDS)
        assert rung.says() == ("staff_menu_ticket",)
        rung.heard()
    rung.wait(KEY_SECONDS)
    assert closed(rung)["cause"] == "staff_menu"


def test_a_house_that_does_not_answer(rung: Rung) -> None:
    rung.pick_up()
    rung.wait(ANSWER_SECONDS)
    assert closed(rung)["cause"] == "staff_menu"


def test_a_clerk_calls_in_and_reports_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    menu = Menu(monkeypatch)
    assert STAFF.node == "menu"
    menu.answer("known")
    menu.keys("270914#")
    menu.answer("clerk")
    assert menu.says() == ("staff_menu_clerk",)
    menu.key("2")
    menu.answer("want_code")
    assert menu.says() == ("staff_code",)
    menu.keys("40*123456")  # a slip, taken back; six keys are enough
    assert (menu.question().question, menu.question().keys) == ("code", "123456")
    menu.answer("result")
    menu.key("1")
    assert menu.question().question == "result_mediated"
    menu.answer("menu_clerk", "village_noted")
    assert menu.says() == ("village_noted", "staff_menu_clerk")
    menu.key("9")
    assert closed(menu)["cause"] == "staff_menu"


def test_how_far_is_my_ticket(asked: Asked) -> None:
    assert asked.says() == ("progress_number",)
    asked.keys("20261122000138")
    assert asked.says() == ("progress_code",)
    asked.keys("404142")
    assert asked.question().question == "progress"
    assert asked.question().keys == "20261122000138#404142"
    asked.answer("progress_told", "progress_handling")
    assert asked.says() == ("progress_handling", "staff_menu_progress")
    asked.key("1")
    assert asked.question().question == "again"
    asked.answer("progress_told", "progress_handling")
    asked.key("9")
    assert closed(asked)["cause"] == "progress_told"
    assert "20261122" not in str(asked.facts)
    assert "404142" not in str(asked.facts)


def test_who_hangs_up_after_hearing_it_is_not_called_back(asked: Asked) -> None:
    asked.keys("20261122000138404142")
    asked.answer("progress_told", "progress_handling")
    asked.feed(ev.LegEnded("caller", 200))
    assert closed(asked)["cause"] == "progress_told"


def test_wrong_three_times_leads_to_a_person(asked: Asked) -> None:
    for _ in range(2):
        asked.keys("20261122000138404142")
        asked.answer("wrong")
        assert asked.says() == ("progress_wrong", "progress_number")
    asked.keys("20261122000138404142")
    asked.answer("human")
    assert asked.says() == ("notice",)
    asked.heard()
    assert asked.fact("queue_entered")["queue"] == "GN"
    asked.feed(ev.LegEnded("caller", 200))
    assert closed(asked)["cause"] == "abandoned", "lost in the queue: called back"


@pytest.mark.parametrize("how", ["star", "silence", "house", "told"])
def test_every_other_way_leads_to_a_person(asked: Asked, how: str) -> None:
    if how == "star":
        asked.key("*")
    elif how == "silence":
        for _ in range(SILENCES + 1):
            asked.heard() if asked.playing else None
            asked.wait(KEY_SECONDS)
    else:
        asked.keys("20261122000138404142")
        if how == "house":
            asked.wait(ANSWER_SECONDS)
        else:
            asked.answer("progress_told", "progress_private")
            asked.key("0")
    assert asked.says() == ("notice",)
    asked.heard()
    assert "queue_entered" in asked.names()
    asked.feed(ev.LegEnded("caller", 200))
    assert closed(asked)["cause"] == "abandoned"


def test_what_is_read_out() -> None:
    # 2026-11-25 23:30 in Beijing is the 25th, whatever UTC says
    due = 1795620600.0
    assert day(due) == ("date_month_11", "date_day_25")
    said = brief("012345", "0101", "990102101", due)
    assert said[:3] == ("village_ticket", "digit_0", "digit_1")
    assert said[7:] == ("brief_category_01", "brief_region_990102101", "village_due", "date_month_11", "date_day_25")
    assert brief("1", "", "", None) == ("village_ticket", "digit_1")
    assert digits("138-00") == ("digit_1", "digit_3", "digit_8", "digit_0", "digit_0")


def test_progress_words() -> None:
    assert set(PHASE) == set(STATES)
    assert {words(state) for state in STATES} & {words(state, "en") for state in STATES} == set()
    assert (words("objected"), words("objected", "en")) == ("分派核定中", "being given to an office")
    assert words("elsewhere") == "elsewhere"
    assert normal_number("20261122 0001 38") == normal_number("20261122-0001-38") == "20261122-0001-38"
    assert normal_number("12") == ""
    assert private(frozenset({"R03"}))
    assert private(frozenset(), confidential=True)
    assert not private(frozenset({"R12"}))
    assert spoken("done", None, 0) == ("progress_done",)
    assert spoken("handling", 10.0, 20.0) == ("progress_handling", "progress_overdue")
