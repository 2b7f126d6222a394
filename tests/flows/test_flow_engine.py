"""The engine: what is said, what is waited for, and that nothing changes on an outcome that cannot be."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pytest
from flow_texts import FLOWS, GOOD, spoil

from hotline.core.errors import IllegalTransition
from hotline.ivr.engine import Say, current_wait, replay, resume, start
from hotline.ivr.parser import load_flow, parse_flow
from hotline.ivr.session import Session
from hotline.ivr.waits import DigitsWait, HoursWait, QueueWait, RateWait

pytestmark = pytest.mark.flows


def test_a_call_from_notice_to_goodbye() -> None:
    flow = load_flow(FLOWS / "main.yaml")
    step = start(flow, "zh-CN")
    assert (step.says, step.wait) == ((Say("notice", "zh-CN"),), HoursWait("line"))
    step = resume(flow, step.session, "open")
    assert step.says == (
        Say("greeting", "zh-CN"),
        Say("menu", "zh-CN", barge_in=True),
        Say("menu_english", "en", barge_in=True),
    )
    assert step.wait == DigitsWait(1, 5, 5, "", True, ("1", "2", "3", "9", "0"))
    assert step.nodes == ("greet", "menu")
    step = resume(flow, step.session, "2")
    assert step.says == (Say("connecting", "zh-CN"),)
    assert step.wait == QueueWait("LB", 0, "music", 1800, callback=60.0, full=True)
    step = resume(flow, step.session, "talked")
    assert step.says == ()
    assert step.wait == RateWait("rate", "rate_again", "rate_invalid", ("1", "2", "3", "4", "5"), 8, 1)
    step = resume(flow, step.session, "rated", {"score": "5"})
    assert step.says == (Say("rate_thanks", "zh-CN"), Say("goodbye", "zh-CN"))
    assert (step.wait, step.cause, step.session.ended) == (None, "completed", True)
    assert step.session.variables["rate.score"] == "5"


@pytest.mark.parametrize("key", ["0", "no_input", "invalid"])
def test_no_key_wrong_key_and_0_reach_a_human(key: str) -> None:
    flow = load_flow(FLOWS / "main.yaml")
    step = resume(flow, resume(flow, start(flow, "zh-CN").session, "open").session, key)
    assert isinstance(step.wait, QueueWait)
    assert step.wait.queue == "GN"


def test_the_notice_cannot_be_cut_short_the_menu_can() -> None:
    flow = load_flow(FLOWS / "main.yaml")
    first = start(flow, "zh-CN")
    says = first.says + resume(flow, first.session, "open").says
    assert [say.prompt for say in says if not say.barge_in] == ["notice", "greeting"]


def test_language_changes_before_the_node_speaks_and_stays() -> None:
    flow = load_flow(FLOWS / "main.yaml")
    step = resume(flow, resume(flow, start(flow, "zh-CN").session, "open").session, "9")
    assert {say.language for say in step.says} == {"en"}
    assert step.session.language == "en"
    assert {say.language for say in resume(flow, step.session, "timeout").says} == {"en"}


def test_a_language_the_flow_lacks_becomes_its_first() -> None:
    assert start(load_flow(FLOWS / "main.yaml"), "ug").session.language == "zh-CN"


def test_at_most_leads_on_to_then() -> None:
    flow = parse_flow(GOOD, "f")
    step = start(flow, "en")
    step = resume(flow, step.session, "invalid")
    assert step.nodes == ("menu",)
    step = resume(flow, step.session, "invalid")
    assert step.nodes == ("menu", "desk")
    assert [say.prompt for say in step.says] == ["connecting"]


CHOOSING = spoil(
    ("start: welcome", "variables: {line: city}\nstart: welcome"),
    ("    say: [notice, greeting]\n    go: menu",
     "    say: [notice, greeting]\n    choose: {variable: line, when: {county: desk, town: more}, otherwise: menu}"),
    ("    say: [info]\n    go: desk",
     '    set: {line: "county"}\n    say: [info]\n    choose: {variable: line, when: {county: desk}, otherwise: bye}'),
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "nodes"),
    [
        ({}, ("welcome", "menu")),
        ({"line": "county"}, ("welcome", "desk")),
        ({"line": "town"}, ("welcome", "more", "desk")),
        ({"line": ""}, ("welcome", "menu")),
    ],
)
def test_choose_by_a_variable(given: dict[str, str], nodes: tuple[str, ...]) -> None:
    assert start(parse_flow(CHOOSING, "f"), "en", given).nodes == nodes


def test_choose_by_what_came_with_an_outcome() -> None:
    text = spoil(
        ("{rated: bye,", "{rated: by_score,"),
        ("  bye:\n", '  by_score:\n    choose: {variable: rate.score, when: {"5": bye}, otherwise: sorry}\n  bye:\n'),
    )
    flow = parse_flow(text, "f")
    rate = resume(flow, resume(flow, start(flow, "en").session, "0").session, "talked").session
    assert resume(flow, rate, "rated", {"score": "5"}).session.node == "bye"
    assert resume(flow, rate, "rated", {"score": "1"}).session.node == "sorry"


@pytest.mark.parametrize("outcome", ["", "8", "talked", "no-input", "go", "too_often"])
def test_an_outcome_the_wait_does_not_have_raises_and_changes_nothing(outcome: str) -> None:
    flow = parse_flow(GOOD, "f")
    session = start(flow, "en").session
    before = session.to_json()
    with pytest.raises(IllegalTransition) as caught:
        resume(flow, session, outcome)
    assert caught.value.code == "flow.outcome"
    assert session.to_json() == before
    assert resume(flow, session, "1").session.node == "desk"


def test_an_ended_session_and_one_of_another_version_cannot_go_on() -> None:
    flow, other = parse_flow(GOOD, "f"), parse_flow(spoil(("seconds: 60", "seconds: 61")), "f")
    step = start(flow, "en")
    with pytest.raises(IllegalTransition) as caught:
        resume(other, step.session, "0")
    assert caught.value.code == "flow.other_version"
    for outcome in ("0", "failed"):
        step = resume(flow, step.session, outcome)
    assert current_wait(flow, step.session) is None
    with pytest.raises(IllegalTransition) as caught:
        resume(flow, step.session, "failed")
    assert caught.value.code == "flow.ended"


def test_a_loop_without_wait_ends_in_an_error_not_in_a_hang() -> None:
    flow = parse_flow(spoil(("    say: [info]\n    go: desk", "    go: more")), "f")
    with pytest.raises(IllegalTransition) as caught:
        resume(flow, start(flow, "en").session, "1")
    assert caught.value.code == "flow.runaway"


def test_session_is_frozen_and_survives_being_written_down() -> None:
    flow = parse_flow(CHOOSING, "f")
    session = start(flow, "en", {"topic": "劳动"}).session
    for outcome, data in (("invalid", {}), ("0", {}), ("talked", {"seconds": "61"})):
        session = resume(flow, session, outcome, data).session
    again = Session.from_json(session.to_json())
    assert again == session
    assert again.to_json() == session.to_json()
    assert again.variables == {"line": "city", "topic": "劳动", "desk.seconds": "61"}
    assert again.visits == {"welcome": 1, "menu": 2, "desk": 1, "rate": 1}
    with pytest.raises(FrozenInstanceError):
        session.node = "bye"  # type: ignore[misc]
    with pytest.raises(TypeError):
        session.variables["line"] = "town"  # type: ignore[index]


def test_replay_tells_the_same_call_again() -> None:
    flow = parse_flow(GOOD, "f")
    steps = [start(flow, "en")]
    for outcome in ("invalid", "1", "timeout"):
        steps.append(resume(flow, steps[-1].session, outcome))
    assert replay(flow, steps[-1].session) == steps


@pytest.mark.parametrize("spoiled", ["", "[]", "{}", "null", "nonsense", '{"flow": 1}', "[" * 100_000])
def test_what_is_not_a_session_is_refused(spoiled: str) -> None:
    with pytest.raises(ValueError, match="not a session"):
        Session.from_json(spoiled)


@pytest.mark.parametrize("key", ["flow", "variables", "visits", "history", "began", "ended"])
def test_a_session_with_a_part_gone_or_wrong_is_refused(key: str) -> None:
    flow = parse_flow(GOOD, "f")
    raw = json.loads(start(flow, "en").session.to_json())
    for value in (None, 7):
        if key != "ended" or value is None:
            spoiled = {**raw, key: value} if key != "ended" else {k: v for k, v in raw.items() if k != key}
            with pytest.raises(ValueError, match="not a session"):
                Session.from_json(json.dumps(spoiled))
