"""Reads flow files.

A :class:`Flow` that comes from here can be run: every node it names exists, every outcome has a route. What makes a
flow good, and not only runnable, is the linter's to say.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hotline.ivr.graph import edges
from hotline.ivr.problems import FlowError, Problem, problem
from hotline.ivr.schema import NAME_PATTERN, Flow, FlowFile
from hotline.ivr.waits import KEYS, DigitsWait
from hotline.ivr.yamlread import Document, read

Model = TypeVar("Model", bound=BaseModel)

_WAITS: Final = ("digits", "queue", "rate", "dial", "record", "staff", "progress")


def load_flow(path: Path) -> Flow:
    """The flow in the file, named by the file's stem. Raises :class:`FlowError` naming file and line."""
    return parse_flow(read_text(path), path.stem, str(path))


def load_flows(directory: Path) -> dict[str, Flow]:
    """Every `*.yaml` of the directory (not of those below it), by name.

    Raises :class:`FlowError` with what is wrong in all of them together, or when there is none.
    """
    flows: dict[str, Flow] = {}
    found: list[Problem] = []
    for path in flow_paths(directory):
        try:
            flows[path.stem] = load_flow(path)
        except FlowError as exc:
            found.extend(exc.problems)
    if not flows and not found:
        found.append(problem(str(directory), 1, "", "no_flows"))
    if found:
        raise FlowError(found)
    return flows


def flow_paths(directory: Path) -> list[Path]:
    """The flow files of a directory, by name."""
    return sorted(path for path in directory.glob("*.yaml") if path.is_file())


def read_text(path: Path) -> str:
    """The file as text. Raises :class:`FlowError` when it is not there or not UTF-8."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise FlowError([problem(str(path), 1, "", "file_unreadable", why=f"not UTF-8: {exc.reason}")]) from exc
    except OSError as exc:
        raise FlowError([problem(str(path), 1, "", "file_unreadable", why=exc.strerror or str(exc))]) from exc


def parse_flow(text: str, name: str, file: str = "") -> Flow:
    """A flow from text. `file` only stands in messages. Raises :class:`FlowError`."""
    file = file or f"{name}.yaml"
    if not re.fullmatch(NAME_PATTERN, name):
        raise FlowError([problem(file, 1, "", "file_name", name=name)])
    document = read(text, file)
    content = validate(FlowFile, document, file)
    origin = {"name": name, "version": _version(content), "file": file}
    flow = Flow.model_validate({**content.model_dump(by_alias=True), **origin})
    flow._lines = dict(document.lines)
    found = list(structure(flow))
    if found:
        raise FlowError(found)
    return flow


def validate(model: type[Model], document: Document, file: str) -> Model:
    """The document as `model`. Raises :class:`FlowError` with the line of every field that is wrong."""
    try:
        return model.model_validate(document.data)
    except ValidationError as exc:
        raise FlowError(_explain(error, document, file) for error in exc.errors()) from exc


def structure(flow: Flow) -> Iterator[Problem]:
    """What would make the engine stumble: nodes that do not exist, outcomes and routes that do not match."""
    if flow.start not in flow.nodes:
        yield problem(flow.file, flow.line("start"), "", "node_missing", target=flow.start)
    for edge in edges(flow):
        if edge.target not in flow.nodes:
            yield problem(flow.file, flow.line(*edge.path), edge.source, "node_missing", target=edge.target)
    for name, node in flow.nodes.items():
        wait = node.waiting
        if wait is None:
            continue
        route = node.route or {}
        where = flow.line("nodes", name, "route")
        for outcome in wait.outcomes:
            if outcome not in route:
                yield problem(flow.file, where, name, "outcome_missing", wait=wait.kind, outcome=outcome)
        for outcome in route:
            if outcome not in wait.outcomes or (isinstance(wait, DigitsWait) and _odd_key(wait, outcome)):
                line = flow.line("nodes", name, "route", outcome)
                yield problem(flow.file, line, name, "outcome_extra", wait=wait.kind, outcome=outcome)
        if isinstance(wait, DigitsWait) and not wait.keys:
            yield problem(flow.file, where, name, "outcome_missing", wait=wait.kind, outcome="0")


def _odd_key(wait: DigitsWait, outcome: str) -> bool:
    """Whether a route of a digits wait is neither `no_input`, `invalid`, nor something that can be keyed."""
    if outcome in ("no_input", "invalid"):
        return False
    return (
        not 1 <= len(outcome) <= wait.max_digits
        or any(key not in KEYS for key in outcome)
        or (bool(wait.finish_on) and wait.finish_on in outcome)
    )


def _version(content: FlowFile) -> str:
    """First 12 hex digits of the SHA-256 of the content with its defaults filled in, so that comments do not count."""
    text = json.dumps(content.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _explain(error: ErrorDetails, document: Document, file: str) -> Problem:
    """A validation error in the words of this house."""
    loc = error["loc"]
    node = str(loc[1]) if len(loc) > 1 and loc[0] == "nodes" else ""
    # a union adds the name of the member it tried, which nobody wrote
    field = str(loc[-1]) if loc else ""
    line = document.line(*loc)
    kind = error["type"]
    context: Mapping[str, Any] = error.get("ctx") or {}
    if kind == "missing" and field == "seconds":
        return problem(file, line, node, "wait_without_limit")
    if kind == "missing":
        return problem(file, line, node, "field_missing", field=field)
    if kind == "extra_forbidden":
        return problem(file, line, node, "field_unknown", field=field)
    if kind in ("union_tag_invalid", "union_tag_not_found") and field == "wait":
        return problem(file, line, node, "wait_unknown", why=f"`for:` must be one of {', '.join(_WAITS)}")
    if kind == "node_shape":
        return problem(file, line, node, "node_shape", why=context["why"], why_zh=context["why_zh"])
    if field == "[key]":  # Pydantic's word for "the key itself"
        field = str(loc[-2])
    return problem(file, line, node, "field_invalid", field=field or "file", why=error["msg"])
