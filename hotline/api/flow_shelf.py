"""The flows there are: those that ship with the program (or lie in the settings' folder), those published over them, and what
the checks say about a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from hotline.ivr.golden import load_golden, run_golden
from hotline.ivr.linter import lint
from hotline.ivr.parser import flow_paths, load_flow, parse_flow
from hotline.ivr.problems import FlowError, Problem
from hotline.ivr.prompts import PromptIndex, read_prompts
from hotline.ivr.schema import Flow
from hotline.settings import Settings
from hotline.store.catalogue import catalogue
from hotline.store.repositories import published


@dataclass(frozen=True, slots=True)
class Examined:
    """`flow` None: it cannot be read at all. `problems` forbid it; `scenarios` are recorded calls that now go another way,
    which may be what is wanted."""

    flow: Flow | None
    problems: tuple[Problem, ...]
    scenarios: tuple[Problem, ...] = ()


def shipped_paths(settings: Settings) -> dict[str, Path]:
    """Flow name → file, of those in the settings' folder."""
    return {path.stem: path for path in flow_paths(settings.flows_dir)}


def names(settings: Settings, session: Session) -> frozenset[str]:
    """Every flow a line may lead to."""
    return frozenset(shipped_paths(settings)) | frozenset(published.texts_in_force(session))


def prompt_folders(settings: Settings) -> list[Path]:
    """Where prompts lie, in the order in which the first one wins."""
    own = [Path(settings.flows.prompts)] if settings.flows.prompts else []
    return [settings.published_dir / "prompts", *own, settings.prompts_dir]


def examine(settings: Settings, name: str, text: str, prompts: PromptIndex | None = None) -> Examined:
    """Everything the checks have to say about a text as the flow `name`. Lines count from 1."""
    try:
        flow = parse_flow(text, name, f"{name}.yaml")
    except FlowError as exc:
        return Examined(None, exc.problems)
    queues = {item.code for item in catalogue().items("skills")} | set(settings.queues)
    found = lint(flow, prompts or read_prompts(prompt_folders(settings)), flow.languages, queues)
    return Examined(flow, tuple(found), () if found else tuple(_scenarios(settings, flow)))


def in_force(settings: Settings, texts: Mapping[str, tuple[str, str]]) -> dict[str, Flow]:
    """The flows callers hear, by name; one that cannot be read is left out. `texts`: those published, by name."""
    flows = {}
    for name, path in shipped_paths(settings).items():
        if name not in texts:
            try:
                flows[name] = load_flow(path)
            except FlowError:
                continue
    for name, (_, text) in texts.items():
        try:
            flows[name] = parse_flow(text, name)
        except FlowError:
            continue
    return flows


def _scenarios(settings: Settings, flow: Flow) -> list[Problem]:
    found: list[Problem] = []
    for path in flow_paths(settings.flows_dir / "golden"):
        try:
            scenario = load_golden(path)
        except FlowError:
            continue  # another flow's trouble; `hotline flow check` tells
        if scenario.scenario.flow == flow.name:
            found.extend(run_golden(scenario, {flow.name: flow}))
    return found
