"""The staff's menu and agents by phone in a conversation: what is asked of whom, and that no PIN is ever written down."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.core.audits import check_call
from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations.staff_menu import ANSWER_SECONDS, KEY_SECONDS, SILENCES
from hotline.core.staff import phone_until, prompts_of_agent, prompts_of_expert
from tests.audited import START, facts_of
from tests.unit import conversation_harness as harness
from tests.unit.conversation_harness import ARRIVAL, Driver

pytestmark = pytest.mark.unit

STAFF = ev.FlowStepped("menu", "zh-CN", ("staff_welcome",), ev.StaffWait(300.0))
BYE = ev.FlowStepped("bye", "zh-CN", ("staff_goodbye",), None, cause="staff_menu")
PIN = "270914"


class Menu(Driver):
    """Somebody who called the staff's number."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(now=START)
        flow = {"": STAFF, "done": BYE, "refused": BYE, "failed": BYE}
        monkeypatch.setattr(harness, "FLOW", flow)
        self.feed(ev.Invited(ARRIVAL))
        self.feed(ev.Confirmed())
        self.heard()

    def question(self) -> act.AskStaff:
        return next(item for item in reversed(self.did) if isinstance(item, act.AskStaff))

    def answer(self, outcome: str, *prompts: str) -> None:
        number = self.question().number
        self.command("staff_answer", number=number, outcome=outcome, prompts=list(prompts))

    def keys(self, keys: str) -> None:
        for key in keys:
            self.key(key)

    def says(self) -> tuple[str, ...]:
        return self.playing.prompts if self.playing else ()


@pytest.fixture
def menu(monkeypatch: pytest.MonkeyPatch) -> Menu:
    return Menu(monkeypatch)


def over(driver: Driver) -> dict[str, Any]:
    """Hear the last words; how the call ended."""
    driver.heard()
    assert check_call(facts_of(driver), driver.now + 1_000_000, live=False) == []
    return driver.fact("call_ended")


def test_known_by_number_then_the_pin_then_the_menu(menu: Menu) -> None:
    assert menu.question().question == "recognise"
    menu.answer("known")
    assert menu.says() == ("staff_pin",)
    menu.keys(PIN + "#")
    assert (menu.question().question, menu.question().keys) == ("pin", PIN)
    menu.answer("agent", "staff_offline")
    assert menu.says() == ("staff_offline", "staff_menu_agent")
    menu.key("1")  # cuts the words short
    assert menu.question().question == "available"
    menu.answer("done", "staff_available")
    assert menu.says() == ("staff_available", "staff_menu_agent")
    menu.heard()
    menu.key("9")
    assert over(menu)["cause"] == "staff_menu"
    assert PIN not in str(menu.facts)


def test_unknown_keys_the_staff_number_first(menu: Menu) -> None:
    menu.answer("unknown")
    assert menu.says() == ("staff_number",)
    menu.keys("70*7001#")  # a slip, taken back
    assert (menu.question().question, menu.question().keys) == ("number", "7001")
    menu.answer("taken")
    assert menu.says() == ("staff_pin",)
    menu.keys(PIN)
    menu.heard() if menu.playing else None
    menu.wait(6)  # no hash key: what was keyed counts after a while
    assert menu.question().keys == PIN
    menu.answer("expert", "staff_on_roster")
    assert menu.says()[-1] == "staff_menu_expert"
    menu.key("2")
    assert menu.question().question == "away"


def test_wrong_pins(menu: Menu) -> None:
    menu.answer("known")
    for _ in range(2):
        menu.keys("111222#")
        menu.answer("wrong")
        assert menu.says() == ("staff_wrong", "staff_pin")
    menu.keys("111222#")
    menu.answer("locked")
    assert "staff_refused" in menu.names()
    assert over(menu)["cause"] == "staff_menu"


def test_a_house_that_does_not_answer(menu: Menu) -> None:
    menu.wait(ANSWER_SECONDS)
    assert over(menu)["cause"] == "staff_menu"


def test_late_and_doubled_answers_change_nothing(menu: Menu) -> None:
    menu.answer("known")
    menu.command("staff_answer", number=1, outcome="agent", prompts=[])
    assert menu.says() == ("staff_pin",), "an answer to an earlier question lets nobody in"
    menu.keys(PIN + "#")
    menu.command("staff_answer", number=1, outcome="agent", prompts=[])
    assert menu.state.staff is not None
    assert menu.state.staff.kind == ""


def test_silence_ends(menu: Menu) -> None:
    menu.answer("known")
    for _ in range(SILENCES + 1):
        menu.heard()
        menu.wait(KEY_SECONDS)
    assert over(menu)["cause"] == "staff_menu"


def test_hanging_up_is_no_lost_caller(menu: Menu) -> None:
    menu.answer("known")
    menu.feed(ev.LegEnded("caller", 200))
    assert (menu.fact("call_ended")["cause"], menu.fact("call_ended")["phase"]) == ("staff_menu", "staff")


# An agent by phone.


class Phone(Driver):
    """A caller in the queue, an agent with a plain telephone."""

    LEG = "agent:off1"

    def __init__(self) -> None:
        super().__init__(now=START)
        self.to_queue()
        self.heard()
        brief = {"category": "0101", "waited": 5}
        self.command("connect_agent", offer_id="off1", agent_id="a1", uri="", number_enc="v1.n", trunk="demo", brief=brief)

    def pick_up(self) -> None:
        self.feed(ev.LegRinging(self.LEG))
        self.feed(ev.LegAnswered(self.LEG))

    def accept(self) -> None:
        self.pick_up()
        self.brief_heard()
        self.key("1", self.LEG)
        self.now += 20

    def clean(self) -> None:
        assert check_call(facts_of(self), self.now + 1_000_000, live=False) == []


@pytest.fixture
def phone() -> Phone:
    return Phone()


def test_the_caller_waits_with_music_until_1_is_pressed(phone: Phone) -> None:
    dial = next(item for item in phone.did if isinstance(item, act.Dial))
    assert (dial.number_enc, dict(dial.context)) == ("v1.n", {"agent_id": "a1"})
    phone.pick_up()
    assert phone.music
    assert phone.brief is not None
    assert phone.brief.prompts[0] == "brief_intro"
    assert phone.state.live()["agent_state"] == "ringing"
    assert "agent_connected" not in phone.names()
    phone.key("1", phone.LEG)
    assert "agent_connected" in phone.names()
    assert phone.bridged == {phone.LEG}


@pytest.mark.parametrize(("how", "status"), [("refuses", "refused"), ("voicemail", "no_key"), ("hangs_up", "refused")])
def test_a_phone_that_does_not_take_the_call(phone: Phone, how: str, status: str) -> None:
    phone.pick_up()
    if how == "hangs_up":
        phone.feed(ev.LegEnded(phone.LEG, 200))
    else:
        phone.brief_heard()
        if how == "refuses":
            phone.key("2", phone.LEG)
        else:
            phone.wait(phone.policy.accept_seconds)
        phone.feed(ev.LegEnded(phone.LEG, 200, remote=False))
    assert phone.fact("agent_failed")["dial_status"] == status
    assert (phone.state.phase, phone.music) == ("queue", True)
    phone.feed(ev.LegEnded("caller", 200))
    phone.clean()


def test_a_brief_whose_end_is_never_reported_has_a_limit(phone: Phone) -> None:
    phone.pick_up()
    phone.wait(phone.policy.brief_seconds + phone.policy.accept_seconds)
    assert phone.fact("agent_failed")["dial_status"] == "no_key"


def test_orders_by_key(phone: Phone) -> None:
    phone.accept()
    phone.key("2", phone.LEG)
    assert phone.state.phase == "agent_talk", "without the star it is just a key"
    phone.key("*", phone.LEG)
    phone.key("2", phone.LEG)
    assert (phone.state.phase, phone.music) == ("hold", True)
    phone.key("*", phone.LEG)
    phone.key("2", phone.LEG)
    assert phone.state.phase == "agent_talk"
    phone.key("*", phone.LEG)
    phone.key("1", phone.LEG)
    assert phone.fact("agent_keyed") == {"agent_id": "a1", "wish": "transfer"}
    phone.key("*", phone.LEG)
    phone.key("0", phone.LEG)
    assert "help_asked" in phone.names()
    phone.command("tell_agent", agent_id="a1", prompt="phone_no_expert")
    assert phone.brief is not None
    assert phone.brief.prompts == ("phone_no_expert",)


def test_the_result_is_keyed_after_the_caller_has_gone(phone: Phone) -> None:
    phone.accept()
    phone.feed(ev.LegEnded("caller", 200))
    assert phone.names()[-1] == "call_ended"
    assert phone.brief is not None
    assert phone.brief.prompts == ("phone_outcome",)
    assert not phone.exited
    phone.key("7", phone.LEG)
    phone.key("2", phone.LEG)
    asked = [item for item in phone.did if isinstance(item, act.AskStaff)]
    assert [(item.question, item.data["disposition"]) for item in asked] == [("outcome", "D04")]
    phone.key("1", phone.LEG)  # the first counts
    assert len([item for item in phone.did if isinstance(item, act.AskStaff)]) == 1
    phone.brief_heard()
    assert phone.did[-1] == act.HangUp(phone.LEG)
    phone.feed(ev.LegEnded(phone.LEG, 200, remote=False))
    assert phone.exited
    phone.clean()


def test_without_a_result_the_agent_is_let_go(phone: Phone) -> None:
    phone.accept()
    phone.feed(ev.LegEnded("caller", 200))
    phone.wait(15)
    assert act.HangUp(phone.LEG) in phone.did
    phone.feed(ev.LegEnded(phone.LEG, 200, remote=False))
    assert phone.exited
    phone.clean()


def test_the_agent_ends_the_talk_and_the_caller_rates(phone: Phone) -> None:
    phone.accept()
    phone.key("*", phone.LEG)
    phone.key("9", phone.LEG)
    assert phone.fact("agent_left")["ended_by"] == "agent"
    assert "rating_offered" in phone.names()
    assert phone.bridged == set()
    phone.key("1", phone.LEG)
    assert any(isinstance(item, act.AskStaff) for item in phone.did)
    phone.heard()
    phone.key("4")
    assert phone.fact("rated")["person_id"] == "a1", "the agent's keys rate nobody"


# What is said, and for how long it counts.


def test_words_and_times() -> None:
    assert prompts_of_agent("available", missed=False) == ("staff_available",)
    assert prompts_of_agent("offline", missed=True) == ("staff_missed", "staff_offline")
    assert prompts_of_expert("away", 200.0, 100.0) == ("staff_away",)
    assert prompts_of_expert("away", 200.0, 300.0) == ("staff_on_roster",)
    noon = 1_795_320_000.0 - 1_795_320_000.0 % 86_400 + 4 * 3600  # 12:00 in China
    assert phone_until(noon, 10, "") == noon + 36_000
    assert phone_until(noon, 10, "18:00") == noon + 6 * 3600
    assert phone_until(noon, 2, "18:00") == noon + 2 * 3600
    assert phone_until(noon, 24, "11:00") == noon + 23 * 3600
