"""A flow as Mermaid text, and what its nodes and edges are called in drawings (see also `svg.py`)."""

from __future__ import annotations

from collections.abc import Iterable

from hotline.ivr.graph import Edge, edges
from hotline.ivr.schema import Flow, Node
from hotline.ivr.waits import DialWait, DigitsWait, HoursWait, ProgressWait, QueueWait, RateWait, RecordWait, StaffWait


def describe(node: Node) -> list[str]:
    """What a node does, one line a thing."""
    found: list[str] = []
    if node.language:
        found.append(f"language {node.language}")
    found.extend(f"{name} = {value}" for name, value in node.set.items())
    if node.says:
        found.append("say " + ", ".join(f"{i.language}/{i.prompt}" if i.language else i.prompt for i in node.says))
    if node.at_most:
        found.append(f"at most {node.at_most.times} ×")
    wait = node.waiting
    if isinstance(wait, DigitsWait):
        found.append(f"wait {wait.seconds:g} s for a key")
    elif isinstance(wait, QueueWait):
        found.append(f"queue {wait.queue}, {wait.seconds / 60:g} min")
    elif isinstance(wait, RateWait):
        found.append(f"rate {wait.keys[0]}–{wait.keys[-1]}, {wait.seconds:g} s, {wait.repeats} repeat")
    elif isinstance(wait, StaffWait):
        found.append(f"staff menu, {wait.seconds:g} s")
    elif isinstance(wait, ProgressWait):
        found.append(f"ticket progress, {wait.seconds:g} s")
    elif isinstance(wait, HoursWait):
        found.append("is the line open?")
    elif isinstance(wait, DialWait):
        found.append(f"dial {wait.who}, {wait.seconds:g} s")
    elif isinstance(wait, RecordWait):
        found.append(f"record {wait.seconds:g} s, until {wait.finish_on} or {wait.silence:g} s silence")
    if node.choose:
        found.append(f"by {node.choose.variable}")
    if node.hang_up:
        found.append(f"hang up: {node.hang_up}")
    return found


def mermaid(flow: Flow) -> str:
    """The flow as a Mermaid flowchart."""
    shapes = {
        "queue": ("([", "])"),
        "dial": ("([", "])"),
        "digits": ("{{", "}}"),
        "rate": ("{{", "}}"),
        "record": ("{{", "}}"),
        "staff": ("{{", "}}"),
        "progress": ("{{", "}}"),
        "hours": ("{", "}"),
        "end": ("[[", "]]"),
        "": ("[", "]"),
    }
    out = ["flowchart TD", f'  start_(("{flow.name}")) --> n_{flow.start}']
    for name, node in flow.nodes.items():
        wait = node.waiting
        left, right = shapes[wait.kind if wait else "end" if node.hang_up else ""]
        text = "<br/>".join([f"<b>{name}</b>", *(_mermaid_text(line) for line in describe(node))])
        out.append(f'  n_{name}{left}"{text}"{right}')
    for edge in joined(edges(flow)):
        label = "" if edge.label == "go" else f'|"{_mermaid_text(edge.label)}"|'
        out.append(f"  n_{edge.source} -->{label} n_{edge.target}")
    return "\n".join(out) + "\n"


def _mermaid_text(text: str) -> str:
    # `#` starts an entity in Mermaid, quotes end the label
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def joined(found: Iterable[Edge]) -> list[Edge]:
    """Edges between the same two nodes as one, their labels together."""
    labels: dict[tuple[str, str], list[str]] = {}
    for edge in found:
        labels.setdefault((edge.source, edge.target), []).append(edge.label)
    return [Edge(source, target, ", ".join(each), ()) for (source, target), each in labels.items()]
