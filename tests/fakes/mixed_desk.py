"""Desks for the simulations: seats that can do different things, queues of every strategy, needs that relax quickly."""

from __future__ import annotations

from dataclasses import replace

from hotline.core.queues.relaxing import Ring
from hotline.core.queues.rules import QueueRules, Queues
from hotline.core.queues.strategies import STRATEGIES

MIXED = (
    {"skills": ("LB",), "languages": ("zh-CN",), "levels": {"LB": 2}},
    {"skills": ("GN",), "languages": ("zh-CN", "en")},
    {"skills": ("MF", "GN"), "languages": ("zh-CN",)},
    {"skills": ("LB", "MF"), "languages": ("zh-CN",), "region": "杭州"},
    {"skills": (), "languages": ()},
)
"""Seats that can do different things."""

QUICK = (Ring(0, "own", "own", "own"), Ring(4, "neighbour", "own"), Ring(9, "any", "own"), Ring(16, "any", "any"))
"""Needs relax within the 90 s of a run, and while consoles ring (8 s)."""


def queues_of(seed: int) -> Queues:
    """Strategies: one for all queues on two seeds of three, else one a queue."""
    names = STRATEGIES[seed % len(STRATEGIES) :] + STRATEGIES[: seed % len(STRATEGIES)]
    common = QueueRules(strategy=names[0], rings=QUICK)
    if seed % 3:
        return Queues(common)
    return Queues(
        common, {queue: replace(common, strategy=name) for queue, name in zip(("GN", "LB", "MF"), names, strict=False)}
    )
