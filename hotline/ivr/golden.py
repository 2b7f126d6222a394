"""Golden scenarios: a call told as a list of answers, with what the caller hears and what is waited for in between.

    scenario: Key 2, labour desk, rated
    flow: main
    language: zh-CN
    steps:
      - hears: [notice, greeting, menu]
        waits: digits 1 2 3 9 0
      - does: "2"
        hears: [connecting]
        waits: queue LB
      …
      - does: rated
        data: {score: "5"}
        hears: [rate_thanks, goodbye]
        ends: completed

The first step has no `does`. A prompt in another language than the scenario's is written `en/connecting`. The runner
writes the session down and reads it again between any two steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field

from hotline.core.errors import IllegalTransition
from hotline.ivr.engine import Say, Step, replay, resume, start
from hotline.ivr.parser import read_text, validate
from hotline.ivr.problems import Problem, problem
from hotline.ivr.schema import Flow, Language, Name, Strict, Value
from hotline.ivr.session import Session
from hotline.ivr.yamlread import Document, read


class GoldenStep(Strict):
    """`does` and `data` are what is fed in; the rest is what must come out."""

    does: str = ""
    data: dict[Name, Value] = Field(default_factory=dict)
    hears: list[str] = Field(default_factory=list)
    waits: str = ""
    ends: str = ""


class Scenario(Strict):
    """One call."""

    scenario: str
    flow: Name
    language: Language = "zh-CN"
    variables: dict[Name, Value] = Field(default_factory=dict)
    steps: Annotated[list[GoldenStep], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Golden:
    """A scenario that was read, with the lines of its parts."""

    scenario: Scenario
    file: str
    document: Document


def load_golden(path: Path) -> Golden:
    """Raises :class:`hotline.ivr.problems.FlowError` with the line of what is wrong."""
    document = read(read_text(path), str(path))
    return Golden(validate(Scenario, document, str(path)), str(path), document)


def run_golden(golden: Golden, flows: Mapping[str, Flow]) -> list[Problem]:
    """Play the scenario. The first thing that comes out differently ends it and is returned."""
    told = golden.scenario
    flow = flows.get(told.flow)
    if flow is None:
        return [problem(golden.file, golden.document.line("flow"), "", "golden_flow", flow=told.flow)]
    step: Step | None = None
    for number, wanted in enumerate(told.steps):
        line = golden.document.line("steps", number)
        try:
            if step is None:
                step = start(flow, told.language, told.variables)
            else:
                kept = Session.from_json(step.session.to_json())
                step = resume(flow, kept, wanted.does, wanted.data)
        except IllegalTransition as exc:
            words = {"step": number + 1, "expected": wanted.does or "start", "found": f"{exc.code} {exc.details}"}
            return [problem(golden.file, line, "", "golden", **words)]
        found = _shown(step, told.language)
        for field in ("hears", "waits", "ends"):
            expected = getattr(wanted, field)
            if expected != found[field]:
                at = golden.document.line("steps", number, field)
                words = {"step": number + 1, "expected": f"{field} {expected!r}", "found": f"{found[field]!r}"}
                return [problem(golden.file, at, "", "golden", **words)]
    return []


def record(flow: Flow, session: Session, title: str) -> str:
    """A played session as the text of a golden scenario.

    Raises :class:`IllegalTransition` when it does not fit the flow.
    """
    language = session.began["language"]
    steps: list[dict[str, object]] = []
    for number, step in enumerate(replay(flow, session)):
        entry: dict[str, object] = {}
        if number:
            answer = session.history[number - 1]
            entry["does"] = answer.outcome
            entry["data"] = dict(answer.data)
        entry.update(_shown(step, language))
        steps.append({key: value for key, value in entry.items() if value})
    raw = {
        "scenario": title,
        "flow": flow.name,
        "language": language,
        "variables": dict(session.began["variables"]),
        "steps": steps,
    }
    told = {key: value for key, value in raw.items() if value}
    return yaml.dump(told, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def _shown(step: Step, language: str) -> dict[str, object]:
    return {
        "hears": heard(step.says, language),
        "waits": step.wait.describe() if step.wait else "",
        "ends": step.cause or "",
    }


def heard(says: Sequence[Say], language: str) -> list[str]:
    """The prompts as a scenario writes them."""
    return [say.prompt if say.language == language else f"{say.language}/{say.prompt}" for say in says]


class _Dumper(yaml.SafeDumper):
    """Lists of words on one line, and every text that YAML 1.1 could take for something else in quotes."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_list(dumper: yaml.SafeDumper, data: list[object]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=all(isinstance(x, str) for x in data))


_Dumper.add_representer(list, _represent_list)
