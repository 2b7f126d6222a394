"""One sentence, with figures: why an agent gets no calls, and why a caller waited."""

from __future__ import annotations

import string
from dataclasses import replace
from typing import Any

import pytest

from hotline.core.facts import Fact
from hotline.core.queues.relaxing import RINGS, Skills
from hotline.core.queues.rules import QueueRules, Queues
from hotline.core.why import Desk, named, sentence, why_no_calls, why_waited
from hotline.core.why.texts import TEXTS, span
from tests.fakes.routing_story import Story

pytestmark = pytest.mark.unit

WORDS = {"MF": ("婚姻家庭", "family"), "GN": ("综合", "general"), "meal": ("用餐", "a meal")}


def said(story: Story, agent: str = "a0", language: str = "zh") -> str:
    return sentence([named(why_no_calls(story.state, agent, story.now), WORDS)], language)


def test_states_of_the_agent_with_figures() -> None:
    story = Story(agents=1, wrap_up_seconds=60)
    story.now += 75
    assert said(story) == "您已就绪 1 分 15 秒，现在没有人排队。"
    story.waits()
    assert said(story) == "有来电正在您的屏幕上振铃。"
    story.accepts()
    assert said(story) == "正在为您接通一位来电人。"
    story.hear("agent_connected", offer_id="x", agent_id="a0", talk_id="t")
    story.now += 30
    assert said(story, language="en") == "You are on a call, for 30 s now."
    story.hear("agent_left", agent_id="a0", talk_id="t", ended_by="agent")
    story.now += 37
    assert said(story) == "您处于整理状态，还剩 23 秒。"
    story.ask("set_agent_state", agent_id="a0", state="paused", reason="meal")
    story.now += 61
    assert said(story) == "您处于示忙状态（用餐），已 1 分 1 秒。"
    assert said(story, language="en") == "You are paused (a meal) for 1 min 1 s."
    story.ask("set_agent_state", agent_id="a0", state="offline")
    assert said(story) == "您处于离线状态，点“就绪”才会有来电。"
    assert said(story, "nobody") == "您的坐席没有启用，请联系管理员。"


def test_pauses_of_the_system_say_what_happened() -> None:
    story = Story(agents=1, offer_seconds=10, missed_offers_to_pause=2)
    story.waits()
    story.passes(21)
    assert said(story) == "您连续 2 次没有接听，系统已自动示忙；点“就绪”恢复。"
    story = Story(agents=1)
    story.waits()
    offer = story.offer_of()
    story.accepts()
    story.hear("agent_failed", offer_id=offer, agent_id="a0", dial_status="failed", sip_code=404)
    assert "话机没有接通" in said(story)


def seat(story: Story, agent: str, **values: Any) -> None:
    seats = dict(story.state.people.seats)
    seats[agent] = replace(seats[agent], **values)
    story.state.people = replace(story.state.people, seats=seats)


def test_callers_wait_and_none_is_for_this_agent() -> None:
    story = Story(agents=2, queues=Queues(QueueRules(strategy="longest_idle")))
    seat(story, "a0", skills=("LB",))
    seat(story, "a1", skills=("MF",))
    story.ask("set_agent_state", agent_id="a1", state="paused", reason="meal")
    story.ask("set_agent_state", agent_id="a1", state="available")
    story.waits("c1", queue="MF")
    story.now += 4
    assert said(story) == "排队的 1 人先等婚姻家庭坐席，再过 26 秒 没人接就会转到您这里。"
    seat(story, "a0", skills=("MF",))
    assert said(story) == "排队的 1 人都在其他坐席处振铃；您前面还有 0 位空闲更久的坐席。"


def test_one_who_declined_is_told_for_how_long() -> None:
    story = Story(agents=1)
    story.waits()
    story.ask("decline_offer", offer_id=story.offer_of(), agent_id="a0", reason="conflict")
    story.now += 12
    assert said(story) == "您拒接过排队的这位来电人，18 秒 内不会再给您。"


T0 = 1_763_791_200.0
"""2025-11-22 14:00:00 in China."""


def fact(name: str, at: float, **data: Any) -> Fact:
    fact.count += 1  # type: ignore[attr-defined]
    return Fact(name, "c1", T0 + at, fact.count, data.pop("source", "call"), 1, data)  # type: ignore[attr-defined]


fact.count = 0  # type: ignore[attr-defined]


def entered(at: float = 0.0, **more: Any) -> Fact:
    return fact("queue_entered", at, **{"queue": "MF", "priority": "P3", "language": "zh-CN", **more})


def state_of(agent: str, state: str, at: float) -> Fact:
    return fact("agent_state_changed", at, agent_id=agent, state=state, reason="", source="routing")


DESK = Desk(
    agents={
        "a": ("张敏", Skills(("GN",))),
        "b": ("李伟", Skills(("MF",))),
        "c": ("王芳", Skills(("MF",))),
        "d": ("赵敏", Skills(("MF", "GN"))),
    },
    words=WORDS,
    rings=RINGS,
    states=[state_of("b", "on_call", -90), state_of("c", "on_call", -60), state_of("d", "wrap_up", -20)],
)
CONNECTED = {"offer_id": "o", "agent_id": "a", "talk_id": "t"}


def offer(at: float, ring: int) -> Fact:
    return fact("offer_made", at, offer_id="o", agent_ids=["a"], expires_at=0.0, ring=ring, source="routing")


def test_a_wait_for_the_own_group_then_widened() -> None:
    facts = [
        entered(),
        fact("position_told", 0.5, position=3),
        offer(200, 2),
        fact("queue_left", 250, reason="connected"),
        fact("agent_connected", 250, **CONNECTED),
    ]
    found = why_waited(facts, DESK, T0 + 999)
    assert sentence(found, "zh") == (
        "排队 4 分 10 秒：进队时前面有 2 人，前 3 分 20 秒 没有空闲的婚姻家庭坐席（2 人通话，1 人整理），"
        "14:03:20 放宽到全部坐席，由 张敏 接听。"
    )
    assert sentence(found, "en") == (
        "Waited 4 min 10 s: 2 were ahead on coming; for the first 3 min 20 s no family agent was free "
        "(2 on calls, 1 in wrap-up); at 14:03:20 widened to all agents; answered by 张敏."
    )


@pytest.mark.parametrize(
    ("facts", "zh"),
    [
        ([], "没有排过队。"),
        ([entered(), offer(1, 0), fact("agent_connected", 8, **CONNECTED)], "排队 8 秒：一进队就有坐席可接，由 张敏 接听。"),
        (
            [
                entered(),
                offer(0, 0),
                fact("offer_missed", 20, offer_id="o", agent_ids=["a"], source="routing"),
                offer(20, 1),
                fact("agent_failed", 30, offer_id="o", agent_id="a", dial_status="busy", sip_code=486),
                fact("queue_left", 95, reason="abandoned"),
            ],
            "排队 1 分 35 秒：一进队就有坐席可接，振铃 1 次无人接听，1 次坐席话机没有接通，14:00:20 放宽到综合组，来电人挂断。",
        ),
        (
            [
                entered(queued_at=T0),
                fact("place_restored", 0, queued_at=T0, lost_call_id="x"),
                fact("priority_changed", 5, priority="P2", before="P3", reason="green_channel:G05", by="routing"),
                entered(60, queue="GN", again=True),
                fact("queue_left", 90, reason="callback"),
            ],
            "排队 1 分 30 秒：保留了上次中断时的位置，前 1 分 30 秒 没有空闲的婚姻家庭坐席（2 人通话，1 人整理），"
            "14:00:05 升为 P2，14:01:00 转到综合队列，来电人选择了回电。",
        ),
    ],
)
def test_other_waits(facts: list[Fact], zh: str) -> None:
    assert sentence(why_waited(facts, DESK, T0 + 999), "zh") == zh


def test_a_caller_who_waits_still_and_a_desk_gone_home() -> None:
    desk = Desk(agents=DESK.agents, words=WORDS, rings=RINGS)
    assert sentence(why_waited([entered()], desk, T0 + 65), "zh") == (
        "排队 1 分 5 秒：前 1 分 5 秒 没有婚姻家庭坐席在岗，仍在等候。"
    )


@pytest.mark.parametrize(
    ("seconds", "zh", "en"), [(0, "0 秒", "0 s"), (59.6, "1 分", "1 min"), (200, "3 分 20 秒", "3 min 20 s")]
)
def test_span(seconds: float, zh: str, en: str) -> None:
    assert (span(seconds, False), span(seconds, True)) == (zh, en)


def test_both_languages_use_the_same_figures() -> None:
    for code, texts in TEXTS.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts]
        assert fields[0] == fields[1], code


def test_wrap_up_is_lengthened_once() -> None:
    story = Story(agents=1, wrap_up_seconds=60, wrap_up_extension_seconds=45)
    story.waits()
    assert story.ask("extend_wrap_up", agent_id="a0")["code"] == "agent.not_in_wrap_up"
    story.talks()
    story.hear("agent_left", agent_id="a0", talk_id="t", ended_by="agent")
    until = story.state.agents["a0"].wrap_up_until
    assert story.ask("extend_wrap_up", agent_id="a0")["data"] == {"wrap_up_until": until + 45}
    assert story.ask("extend_wrap_up", agent_id="a0")["code"] == "agent.wrap_up_extended"
    story.passes(80)
    assert story.agent() == ("wrap_up", "")
    story.passes(26)
    assert story.agent() == ("available", "")
