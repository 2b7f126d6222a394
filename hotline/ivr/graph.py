"""A flow as a graph: who leads where, over which outcome. Used by the linter, the drawings and the engine's guard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hotline.ivr.schema import Flow, Node

TOO_OFTEN: Final = "too_often"
"""The label of the edge taken when `at_most` is used up."""


@dataclass(frozen=True, slots=True)
class Edge:
    """`label` is the outcome, `go`, `=value`, `otherwise` or `too_often`; `path` is where in the file it stands."""

    source: str
    target: str
    label: str
    path: tuple[str, ...]


def edges_of(name: str, node: Node) -> Iterator[Edge]:
    """Every way on from one node, in the order of the file."""
    here = ("nodes", name)
    if node.at_most:
        yield Edge(name, node.at_most.then, TOO_OFTEN, (*here, "at_most", "then"))
    for outcome, target in (node.route or {}).items():
        yield Edge(name, target, outcome, (*here, "route", outcome))
    if node.go:
        yield Edge(name, node.go, "go", (*here, "go"))
    if node.choose:
        for value, target in node.choose.when.items():
            yield Edge(name, target, f"={value}", (*here, "choose", "when", value))
        yield Edge(name, node.choose.otherwise, "otherwise", (*here, "choose", "otherwise"))


def edges(flow: Flow) -> tuple[Edge, ...]:
    """Every edge of the flow."""
    return tuple(edge for name, node in flow.nodes.items() for edge in edges_of(name, node))


def reachable(flow: Flow, starts: Iterable[str], follow: Callable[[Edge], bool] = lambda edge: True) -> set[str]:
    """The nodes that can be reached from `starts` (themselves included) over edges that `follow` admits."""
    found = set(starts)
    todo = list(found)
    while todo:
        name = todo.pop()
        for edge in edges_of(name, flow.nodes[name]):
            if edge.target not in found and follow(edge):
                found.add(edge.target)
                todo.append(edge.target)
    return found


def cycle(flow: Flow, follow: Callable[[Edge], bool]) -> tuple[str, ...] | None:
    """Some loop over edges that `follow` admits: its nodes in order, the first one repeated. None if there is none."""
    done: set[str] = set()
    for root in flow.nodes:
        # depth first with an explicit stack: a flow may be a chain longer than Python's recursion limit
        trail: list[str] = []
        stack: list[tuple[str, Iterator[Edge]]] = []
        if root not in done:
            trail.append(root)
            stack.append((root, edges_of(root, flow.nodes[root])))
        while stack:
            name, rest = stack[-1]
            edge = next(rest, None)
            if edge is None:
                done.add(name)
                stack.pop()
                trail.pop()
            elif follow(edge) and edge.target in trail:
                return (*trail[trail.index(edge.target) :], edge.target)
            elif follow(edge) and edge.target not in done:
                trail.append(edge.target)
                stack.append((edge.target, edges_of(edge.target, flow.nodes[edge.target])))
    return None


def unbounded_cycle(flow: Flow) -> tuple[str, ...] | None:
    """A loop that can go on for ever. A node with `at_most`, once used up, only leads to its `then`: so what is left of
    such a node is that edge, and any loop left over is without an end."""
    return cycle(flow, lambda edge: flow.nodes[edge.source].at_most is None or edge.label == TOO_OFTEN)


def longest_walk(flow: Flow) -> int:
    """An upper bound of the nodes entered in one call, for a flow without unbounded loops.

    Each `at_most` node is left by its ordinary ways at most `times` times, and between two such leavings no node can
    come twice.
    """
    times = sum(node.at_most.times for node in flow.nodes.values() if node.at_most)
    return (1 + times) * len(flow.nodes)
