"""A flow as a small SVG that needs no other program: nodes in columns by how far they are from the start.

An edge that passes over columns gets a lane of its own in each, shared by all that lead to the same node, so that no
line runs behind a box.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape

from hotline.ivr.draw import describe, joined
from hotline.ivr.graph import TOO_OFTEN, Edge, edges, edges_of
from hotline.ivr.schema import Flow

_WIDTH: Final = 216
_LINE: Final = 17
_GAP: Final = 22
_ACROSS: Final = 170
_MARGIN: Final = 24
_TOP: Final = 70
_LANE: Final = 10
_GREEN: Final = ("talked", "rated", "0")
"""Outcomes drawn in green: the ways a call should go."""


@dataclass(frozen=True, slots=True)
class _Box:
    """A node, or (without lines) a lane."""

    name: str
    lines: tuple[str, ...]
    x: float
    y: float = 0.0
    lane: bool = False
    exits: int = 0

    @property
    def height(self) -> float:
        # labels of edges, one above the other, need 14 each
        return _LANE if self.lane else max(_LINE * (len(self.lines) + 1) + 14, 14 * (self.exits + 1))

    @property
    def entry(self) -> tuple[float, float]:
        """Where edges arrive."""
        return self.x, self.y + (_LANE / 2 if self.lane else min(self.height / 2, 20))


def svg(flow: Flow) -> str:
    """The flow as an SVG file (text)."""
    together = joined(edges(flow))
    boxes = _place(flow, together)
    width = max(box.x for box in boxes.values()) + _WIDTH + _MARGIN
    height = max(box.y + box.height for box in boxes.values()) + _MARGIN + 40
    title = flow.title.get("zh") or flow.title.get("en") or flow.name
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="Noto Sans CJK SC, sans-serif" font-size="12">',
        '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>',
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>',
        f'<text x="{_MARGIN}" y="30" font-size="16" font-weight="bold">{escape(title)}</text>',
        f'<text x="{_MARGIN}" y="48" fill="#667">{escape(flow.name)} · {flow.version}</text>',
    ]
    labels: list[str] = []
    for box in [box for box in boxes.values() if not box.lane]:
        going = [(edge, _stations(edge, boxes)) for edge in together if edge.source == box.name]
        going.sort(key=lambda item: item[1][1].y)
        for number, (edge, stations) in enumerate(going):
            y = box.y + box.height * (number + 1) / (len(going) + 1)
            out.append(_curve(edge, stations, y, height))
            if edge.label != "go":
                labels.append(_label(edge, box.x + _WIDTH + 6, y - 3))
    out.extend(_draw(box, flow) for box in boxes.values() if not box.lane)
    return "\n".join([*out, *labels, "</svg>"]) + "\n"


def _lane(target: str, level: int) -> str:
    return f"{target}@{level}"


def _place(flow: Flow, together: list[Edge]) -> dict[str, _Box]:
    """Every node and every lane, by name, in its place."""
    levels, back = _levels(flow)
    columns: dict[int, dict[str, _Box]] = {}

    def add(name: str, level: int, lines: tuple[str, ...], lane: bool) -> None:
        x = _MARGIN + level * (_WIDTH + _ACROSS)
        exits = sum(edge.source == name for edge in together)
        columns.setdefault(level, {}).setdefault(name, _Box(name, lines, x, lane=lane, exits=exits))

    for name, level in levels.items():
        add(name, level, tuple(_fit(line) for line in describe(flow.nodes[name])), False)
    before: dict[str, list[str]] = {}
    for edge in together:
        if (edge.source, edge.target) in back:
            continue
        way = [edge.source]
        for level in range(levels[edge.source] + 1, levels[edge.target]):
            add(_lane(edge.target, level), level, (), True)
            way.append(_lane(edge.target, level))
        for source, target in pairwise([*way, edge.target]):
            before.setdefault(target, []).append(source)
    placed: dict[str, _Box] = {}
    tallest = max(sum(box.height + _GAP for box in column.values()) for column in columns.values())
    for level in sorted(columns):
        column = columns[level]
        # the barycentre of where it is reached from keeps curves from crossing more than they must
        middle = {
            name: sum(ys) / len(ys) if (ys := [placed[s].y for s in before.get(name, ()) if s in placed]) else 0.0
            for name in column
        }
        y = _TOP + (tallest - sum(box.height + _GAP for box in column.values())) / 2
        for name in sorted(column, key=lambda name: middle[name]):
            placed[name] = replace(column[name], y=y)
            y += column[name].height + _GAP
    return placed


def _levels(flow: Flow) -> tuple[dict[str, int], set[tuple[str, str]]]:
    """The column of each node, one right of the furthest node that leads to it; and the edges that lead back."""
    back: set[tuple[str, str]] = set()
    open_: set[str] = set()
    order: list[str] = []
    seen: set[str] = set()

    def targets(name: str) -> Iterator[str]:
        return iter([edge.target for edge in edges_of(name, flow.nodes[name])])

    for root in [flow.start, *flow.nodes]:
        stack = [] if root in seen else [(root, targets(root))]
        while stack:
            name, rest = stack[-1]
            seen.add(name)
            open_.add(name)
            target = next(rest, None)
            if target is None:
                open_.discard(name)
                order.append(name)
                stack.pop()
            elif target in open_:
                back.add((name, target))
            elif target not in seen:
                stack.append((target, targets(target)))
    levels = dict.fromkeys(flow.nodes, 0)
    for name in reversed(order):
        for target in targets(name):
            if (name, target) not in back:
                levels[target] = max(levels[target], levels[name] + 1)
    return levels, back


def _stations(edge: Edge, boxes: Mapping[str, _Box]) -> list[_Box]:
    """The boxes an edge goes by: its source, the lanes on the way, its target."""
    source, target = boxes[edge.source], boxes[edge.target]
    lanes = [box for box in boxes.values() if box.lane and box.name.partition("@")[0] == edge.target]
    return [source, *sorted((box for box in lanes if source.x < box.x < target.x), key=lambda box: box.x), target]


def _colour(edge: Edge) -> str:
    if TOO_OFTEN in edge.label:
        return "#c47a1c"
    good = edge.label == "go" or any(label in _GREEN for label in edge.label.split(", "))
    return "#2b8a5f" if good else "#8a93a3"


def _curve(edge: Edge, stations: list[_Box], y: float, height: float) -> str:
    source, target = stations[0], stations[-1]
    x, path = source.x + _WIDTH, f"M{source.x + _WIDTH:g} {y:g}"
    if target.x <= source.x:  # back to the left, under everything
        low, (x2, y2) = height - 16, target.entry
        path += f"C{x + 60:g} {y:g} {x + 40:g} {low:g} {x - 20:g} {low:g}"
        path += f"L{x2 + 20:g} {low:g}C{x2 - 30:g} {low:g} {x2 - 40:g} {y2:g} {x2:g} {y2:g}"
    else:
        for station in stations[1:]:
            x2, y2 = station.entry
            bend = (x2 - x) / 2
            path += f"C{x + bend:g} {y:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
            if station.lane:
                path += f"H{x2 + _WIDTH:g}"
            x, y = x2 + _WIDTH, y2
    return f'<path d="{path}" fill="none" stroke="{_colour(edge)}" stroke-width="1.4" marker-end="url(#a)"/>'


def _label(edge: Edge, x: float, y: float) -> str:
    style = f'font-size="11" fill="{_colour(edge)}" stroke="#fff" stroke-width="3" paint-order="stroke"'
    return f'<text x="{x:g}" y="{y:g}" {style}>{escape(edge.label)}</text>'


_FILLS: Final = {
    "queue": "#e3f4ea",
    "dial": "#e3f4ea",
    "digits": "#e7eefb",
    "hours": "#fdf3d8",
    "rate": "#f3e9fb",
    "record": "#f3e9fb",
}


def _draw(box: _Box, flow: Flow) -> str:
    node = flow.nodes[box.name]
    wait = node.waiting
    fill = _FILLS.get(wait.kind if wait else "", "#f6f7f9")
    fill = "#f0e6e1" if node.hang_up else fill
    shape = f'x="{box.x:g}" y="{box.y:g}" width="{_WIDTH}" height="{box.height:g}" rx="7"'
    out = [f'<g><rect {shape} fill="{fill}" stroke="#99a"/>']
    if node.note:
        out.append(f"<title>{escape(node.note)}</title>")
    y = box.y + _LINE + 2
    out.append(f'<text x="{box.x + 10:g}" y="{y:g}" font-weight="bold">{escape(box.name)}</text>')
    for line in box.lines:
        y += _LINE
        out.append(f'<text x="{box.x + 10:g}" y="{y:g}" fill="#334">{escape(line)}</text>')
    return "".join([*out, "</g>"])


def _fit(text: str, room: float = _WIDTH - 20) -> str:
    """The text, cut to the width of a box: a Chinese character is about 12 wide, a Latin one 6.7."""
    used = 0.0
    for number, char in enumerate(text):
        used += 12 if unicodedata.east_asian_width(char) in "WF" else 6.7
        if used > room:
            return text[: max(0, number - 1)] + "…"
    return text
