"""All that `hotline flow check` and the start of the hotline ask of a folder of flows: files, prompts, goldens."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from hotline.ivr.golden import load_golden, run_golden
from hotline.ivr.linter import lint
from hotline.ivr.parser import flow_paths, load_flow
from hotline.ivr.problems import FlowError, Problem, problem
from hotline.ivr.prompts import PromptIndex
from hotline.ivr.schema import Flow


def check(
    directory: Path,
    prompts: PromptIndex | Collection[str],
    languages: Iterable[str] | None = None,
    queues: Collection[str] | None = None,
    golden: bool = True,
) -> tuple[dict[str, Flow], list[Problem]]:
    """The flows of `directory` that can be used at all, and everything wrong with any of them, by file and line.

    `golden`: also play `directory/golden/*.yaml`. The other arguments are those of :func:`hotline.ivr.linter.lint`.
    """
    flows: dict[str, Flow] = {}
    found: list[Problem] = []
    wanted = None if languages is None else tuple(languages)
    paths = flow_paths(directory)
    if not paths:
        found.append(problem(str(directory), 1, "", "no_flows"))
    for path in paths:
        try:
            flows[path.stem] = load_flow(path)
        except FlowError as exc:
            found.extend(exc.problems)
        else:
            found.extend(lint(flows[path.stem], prompts, wanted, queues))
    # a scenario of a flow that could not be read would only say so again
    broken = {path.stem for path in paths} - set(flows)
    for path in flow_paths(directory / "golden") if golden else []:
        try:
            scenario = load_golden(path)
        except FlowError as exc:
            found.extend(exc.problems)
        else:
            if scenario.scenario.flow not in broken:
                found.extend(run_golden(scenario, flows))
    return flows, sorted(found)
