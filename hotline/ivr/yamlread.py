"""YAML with line numbers, and without the traps of YAML 1.1.

What YAML 1.1 would quietly turn into something else is refused with a sentence that says what to write instead: `1:`
as a key (a number), `no:` (false), `0123` (octal), `12:30` (750, sexagesimal), `2026-01-01` (a date), `~` and nothing
(null). Anchors and tags are refused too: a flow is read by people, and an alias can blow up to gigabytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from hotline.ivr.problems import FlowError, Problem, problem

Path = tuple[str, ...]

MAX_CHARACTERS: Final = 200_000
"""A flow is a few hundred lines; anything near this is a mistake or an attack."""

MAX_DEPTH: Final = 20

_PLAIN: Final[Mapping[str, tuple[str, re.Pattern[str]]]] = {
    "tag:yaml.org,2002:int": ("a number (数)", re.compile(r"-?(?:0|[1-9][0-9]{0,15})")),
    "tag:yaml.org,2002:float": ("a number (数)", re.compile(r"-?(?:0|[1-9][0-9]{0,15})\.[0-9]{1,9}")),
    "tag:yaml.org,2002:bool": ("true/false (真假值)", re.compile(r"true|false")),
}
"""By tag: what YAML takes the word for, and the only spelling that means it beyond doubt."""

_OTHER: Final[Mapping[str, str]] = {
    "tag:yaml.org,2002:null": "nothing (空值)",
    "tag:yaml.org,2002:timestamp": "a date (日期)",
    "tag:yaml.org,2002:merge": "a merge (合并)",
    "tag:yaml.org,2002:value": "a default (默认值)",
}

_STR: Final = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data (dict, list, str, int, float, bool) and the line, from 1, on which each part starts."""

    data: Any
    lines: Mapping[Path, int]

    def line(self, *path: str | int) -> int:
        """The line of the part at `path`, or of the nearest part around it. Parts of the path that are not there
        (Pydantic puts the name of a union's member in) are passed over."""
        return line_at(self.lines, *path)


def line_at(lines: Mapping[Path, int], *path: str | int) -> int:
    """See :meth:`Document.line`."""
    here: Path = ()
    for part in path:
        if (*here, str(part)) in lines:
            here = (*here, str(part))
    return lines.get(here, 1)


def read(text: str, file: str) -> Document:
    """Parse one YAML document. Raises :class:`FlowError` with every trap found, or the one syntax error."""
    if len(text) > MAX_CHARACTERS:
        raise FlowError([problem(file, 1, "", "yaml", why=f"longer than {MAX_CHARACTERS} characters")])
    found: list[Problem] = []
    lines: dict[Path, int] = {}
    try:
        _refuse_aliases(text, file)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = _plain(root, (), file, lines, found) if root is not None else {}
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        why = " ".join(part for part in (exc.problem, exc.context) if part)
        raise FlowError([problem(file, mark.line + 1 if mark else 1, "", "yaml", why=why)]) from exc
    except yaml.YAMLError as exc:  # control characters: no mark
        raise FlowError([problem(file, 1, "", "yaml", why=" ".join(str(exc).split()))]) from exc
    except (ValueError, OverflowError) as exc:  # PyYAML lets chr() fail on escapes such as "\UFFFFFFFF"
        raise FlowError([problem(file, 1, "", "yaml", why=str(exc))]) from exc
    if found:
        raise FlowError(found)
    return Document(data, lines)


def _refuse_aliases(text: str, file: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise FlowError([problem(file, line, "", "yaml_alias")])
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:  # PyYAML takes seconds for some thousand brackets
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise FlowError([problem(file, line, "", "yaml", why="nested too deeply")])


def _plain(node: yaml.Node, path: Path, file: str, lines: dict[Path, int], found: list[Problem]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, str(n)), file, lines, found) for n, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, path, file, lines, found))
    text = str(node.value)
    if node.tag == _STR:
        return text
    kind, plainly = _PLAIN.get(node.tag, (_OTHER.get(node.tag, node.tag), None))
    if plainly is None or not plainly.fullmatch(text):
        found.append(problem(file, line, _node_name(path), "yaml_value", value=text or "(empty 空)", kind=kind))
        return text
    if node.tag.endswith("bool"):
        return text == "true"
    return int(text) if node.tag.endswith("int") else float(text)


def _pairs(
    node: yaml.MappingNode, path: Path, file: str, lines: dict[Path, int], found: list[Problem]
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "…"
        if not isinstance(key, yaml.ScalarNode) or key.tag != _STR:
            kind = _PLAIN.get(key.tag, (_OTHER.get(key.tag, "a list or map (列表)"), None))[0]
            found.append(problem(file, line, _node_name(path), "yaml_key", key=name, kind=kind))
        if name in seen:
            found.append(problem(file, line, _node_name(path), "yaml_duplicate", key=name))
        seen.add(name)
        lines[(*path, name)] = line
        yield name, _plain(value, (*path, name), file, lines, found)


def _node_name(path: Path) -> str:
    """The flow node a path lies in: `("nodes", "menu", …)` → `menu`."""
    return path[1] if len(path) > 1 and path[0] == "nodes" else ""
