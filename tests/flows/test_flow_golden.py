"""Golden scenarios: every one that is shipped plays as told, together they see every node, and a change is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_texts import FLOWS, GOOD, spoil

from hotline.core.errors import IllegalTransition
from hotline.ivr.engine import resume, start
from hotline.ivr.golden import load_golden, record, run_golden
from hotline.ivr.parser import flow_paths, load_flow, load_flows, parse_flow
from hotline.ivr.problems import FlowError

pytestmark = pytest.mark.flows

GOLDENS = flow_paths(FLOWS / "golden")


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    assert [each.show() for each in run_golden(load_golden(path), load_flows(FLOWS))] == []


def test_scenarios_see_every_node_and_every_outcome_of_menu_and_rating() -> None:
    flows = load_flows(FLOWS)
    seen: set[tuple[str, ...]] = set()
    for path in GOLDENS:
        told = load_golden(path).scenario
        flow = flows[told.flow]
        step = start(flow, told.language, told.variables)
        seen.update((flow.name, node) for node in step.nodes)
        for each in told.steps[1:]:
            seen.add((flow.name, step.session.node, each.does))
            step = resume(flow, step.session, each.does, each.data)
            seen.update((flow.name, node) for node in step.nodes)
        assert step.session.ended, path
    for name, flow in flows.items():
        assert {(name, node) for node in flow.nodes} <= seen
        for node in ("menu", "rate"):
            wait = flow.nodes[node].waiting if node in flow.nodes else None
            assert {(name, node, outcome) for outcome in (wait.outcomes if wait else ())} <= seen


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("hears: [greeting, menu, en/menu_english]", "hears: [menu, en/menu_english]", 8),
        ("waits: queue LB", "waits: queue MF", 12),
        ("does: '2'", "does: '8'", 10),
        ("ends: completed", "ends: queue_timeout", 19),
        ("flow: main", "flow: mian", 2),
    ],
)
def test_a_difference_is_found_on_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    text = (FLOWS / "golden" / "main_labour_rated.yaml").read_text("utf-8")
    assert text.count(old) == 1
    path = tmp_path / "spoiled.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    (found,) = run_golden(load_golden(path), load_flows(FLOWS))
    assert (found.line, found.file) == (line, str(path))


def test_a_scenario_with_a_slip_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "slip.yaml"
    path.write_text("scenario: x\nflow: main\nsteps:\n  - hear: [notice]\n", "utf-8")
    with pytest.raises(FlowError, match=r"slip.yaml:4: \[field_unknown\]"):
        load_golden(path)


def test_a_played_session_becomes_a_scenario_that_plays(tmp_path: Path) -> None:
    flow = load_flow(FLOWS / "main.yaml")
    step = start(flow, "zh-CN", {"line": "yes", "note": "12:30 # no: *x"})
    for outcome, data in (("open", {}), ("9", {}), ("talked", {}), ("rated", {"score": "4"})):
        step = resume(flow, step.session, outcome, data)
    path = tmp_path / "played.yaml"
    path.write_text(record(flow, step.session, "no: 标题 # *x"), "utf-8")
    golden = load_golden(path)
    assert golden.scenario.scenario == "no: 标题 # *x"
    assert golden.scenario.variables == {"line": "yes", "note": "12:30 # no: *x"}
    assert [each.does for each in golden.scenario.steps] == ["", "open", "9", "talked", "rated"]
    assert run_golden(golden, {"main": flow}) == []


def test_a_session_that_no_longer_fits_is_not_kept() -> None:
    flow = parse_flow(GOOD, "f")
    session = resume(flow, start(flow, "en").session, "1").session
    changed = parse_flow(spoil(('      "1": more\n', '      "2": more\n')), "f")
    with pytest.raises(IllegalTransition):
        record(changed, session, "x")
