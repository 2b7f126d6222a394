"""Random flows, outcomes and texts: the engine never hangs, and what the linter promises holds on every walk."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from flow_texts import FLOWS, GOOD, IDS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.ivr.draw import mermaid
from hotline.ivr.engine import Step, resume, start
from hotline.ivr.golden import load_golden, record, run_golden
from hotline.ivr.graph import longest_walk
from hotline.ivr.linter import lint
from hotline.ivr.parser import load_flows, parse_flow
from hotline.ivr.problems import FlowError
from hotline.ivr.schema import Flow
from hotline.ivr.session import Session
from hotline.ivr.svg import svg
from hotline.ivr.waits import QueueWait

pytestmark = pytest.mark.flows
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

OUTCOMES = {
    "digits": ("0", "1", "no_input", "invalid"),
    "queue": ("talked", "timeout", "closed", "failed"),
    "rate": ("rated", "no_rating", "skipped"),
}
WAITS = {
    "digits": {"for": "digits", "seconds": 5},
    "queue": {"for": "queue", "queue": "GN", "seconds": 60},
    "rate": {"for": "rate", "seconds": 8},
}


@st.composite
def any_flow(draw: st.DrawFn) -> Flow:
    """A flow that can be run, good or bad. Most edges lead forward, or nearly every flow would have an endless loop."""
    names = [f"n{number}" for number in range(draw(st.integers(1, 8)))]
    nodes: dict[str, Any] = {}
    for number, name in enumerate(names):
        forward = st.sampled_from(names[number + 1 :] or names[-1:])
        some = st.integers(0, 19).flatmap(lambda roll, on=forward: on if roll else st.sampled_from(names))
        node: dict[str, Any] = {}
        if draw(st.booleans()):
            node["say"] = ["info"]
        if draw(st.integers(0, 2)) == 0:
            node["at_most"] = {"times": draw(st.integers(1, 3)), "then": draw(some)}
        kind = draw(st.sampled_from(["go", "choose", "hang_up", "queue", *OUTCOMES]))
        kind = "hang_up" if name == names[-1] else kind
        if kind == "go":
            node["go"] = draw(some)
        elif kind == "choose":
            node["choose"] = {"variable": "v", "when": {"1": draw(some)}, "otherwise": draw(some)}
            node["set"] = {"v": draw(st.sampled_from(["1", "2"]))}
        elif kind == "hang_up":
            node["hang_up"] = "completed"
        else:
            node["wait"] = WAITS[kind]
            node["route"] = {outcome: draw(some) for outcome in OUTCOMES[kind]}
        nodes[name] = node
    text = json.dumps({"languages": ["en"], "start": names[0], "nodes": nodes}, indent=1)  # JSON is YAML too
    return parse_flow(text, "f")


def walk(flow: Flow, data: st.DataObject, limit: int) -> list[Step]:
    """A call with random outcomes, written down and read again between any two steps, up to `limit` steps."""
    steps = [start(flow, "en")]
    while steps[-1].wait is not None and len(steps) <= limit:
        outcome = data.draw(st.sampled_from(steps[-1].wait.outcomes))
        steps.append(resume(flow, Session.from_json(steps[-1].session.to_json()), outcome))
    return steps


@QUICK
@given(flow=any_flow(), data=st.data())
def test_a_flow_whose_loops_pass_the_linter_ends_on_every_walk(flow: Flow, data: st.DataObject) -> None:
    codes = {each.code for each in lint(flow, IDS)}
    if codes & {"loop_without_wait", "loop_unbounded"}:
        return
    bound = longest_walk(flow)
    steps = walk(flow, data, bound)
    assert steps[-1].wait is None
    assert sum(len(step.nodes) for step in steps) <= bound


@QUICK
@given(flow=any_flow(), data=st.data())
def test_promises_of_the_linter_hold(flow: Flow, data: st.DataObject) -> None:
    codes = {each.code for each in lint(flow, IDS)}
    if codes & {"loop_without_wait", "loop_unbounded"}:
        return
    steps = walk(flow, data, longest_walk(flow))
    kinds = [step.wait.kind if step.wait else "" for step in steps]
    answers = [answer.outcome for answer in steps[-1].session.history]
    talked = answers.index("talked") if "talked" in answers else len(answers)
    if "unreachable" not in codes:
        assert {name for step in steps for name in step.nodes} <= set(flow.nodes)
    for number, outcome in enumerate(answers[:talked]):
        if kinds[number] == "digits" and outcome == "0" and "zero_not_human" not in codes:
            assert isinstance(steps[number + 1].wait, QueueWait)
    if "rate_without_talk" not in codes:
        assert "rate" not in kinds[: talked + 1]
    if "silent_end" not in codes and talked == len(answers) and "rate" not in kinds:
        assert steps[-1].says
    missed = all(outcome in ("no_input", "invalid") for outcome in answers)
    if "key_not_human" not in codes and missed and "digits" in kinds and "rate" not in kinds:
        raise AssertionError(f"a caller who keyed nothing right reached no human: {answers}")


@QUICK
@given(flow=any_flow())
def test_a_flow_without_end_or_with_an_endless_loop_is_found(flow: Flow) -> None:
    """The other way round: brute force over all walks finds no loop that the linter missed."""
    found = {each.code for each in lint(flow, IDS)}
    if not found & {"loop_without_wait", "loop_unbounded"}:
        assert "no_end" not in found  # every walk ends, so every node leads to an end


@QUICK
@given(data=st.data(), name=st.sampled_from(["main", "direct"]))
def test_shipped_flows_under_any_outcomes(data: st.DataObject, name: str) -> None:
    flow = SHIPPED[name]
    steps = walk(flow, data, longest_walk(flow))
    assert steps[-1].wait is None
    assert any(isinstance(step.wait, QueueWait) for step in steps), "whatever is keyed, a human was asked for"


@settings(QUICK, max_examples=40)
@given(flow=any_flow(), data=st.data())
def test_every_walk_can_be_kept_as_a_golden_scenario(flow: Flow, data: st.DataObject, tmp_path_factory) -> None:
    if {each.code for each in lint(flow, IDS)} & {"loop_without_wait", "loop_unbounded"}:
        return
    path = tmp_path_factory.getbasetemp() / "kept.yaml"
    path.write_text(
        record(flow, walk(flow, data, longest_walk(flow))[-1].session, data.draw(st.text(max_size=40)) or "x"), "utf-8"
    )
    try:
        golden = load_golden(path)
    except FlowError as exc:
        raise AssertionError(path.read_text("utf-8")) from exc
    assert run_golden(golden, {"f": flow}) == []


@settings(QUICK, max_examples=40)
@given(flow=any_flow())
def test_every_flow_can_be_drawn(flow: Flow) -> None:
    ElementTree.fromstring(svg(flow))
    assert all(f"n_{name}" in mermaid(flow) for name in flow.nodes)


@QUICK
@given(data=st.data())
def test_spoiled_files_are_refused_with_flow_error_only(data: st.DataObject) -> None:
    """Pieces of a good file cut or overwritten: a flow, or a FlowError with a line in the file, and nothing else."""
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 20))
        piece = data.draw(
            st.text(max_size=6) | st.sampled_from([":", "- ", "\n  ", "{", "]", "&a ", "*a", "!!int ", "no", '"0": '])
        )
        text = text[:at] + piece + text[at + length :]
    try:
        flow = parse_flow(text, "f", "f.yaml")
    except FlowError as exc:
        lines = [each.line for each in exc.problems]
    else:
        lint(flow, IDS)
        lines = [flow.line("nodes", name) for name in start(flow, "en").nodes]
    assert lines
    assert all(1 <= line <= text.count("\n") + 2 for line in lines)


SHIPPED = load_flows(FLOWS)
