"""A desk at work, many times over, each time from a seed: contrary people, late and doubled messages, a routing that
dies and a Redis that is emptied. After every decision the invariants are checked; a failure names its seed.

Run one again: `pytest tests/unit/test_routing_simulation.py -k "seed and 17"`; more of them: `HOTLINE_SEEDS=5000`.
"""

from __future__ import annotations

import os

import pytest

from hotline.core.routing.rules import Rules
from tests.fakes.desk_world import Desk, Mood
from tests.fakes.mixed_desk import MIXED, queues_of
from tests.fakes.routing_checks import check_answers, check_board, check_desk, check_rest, finish_in_peace

pytestmark = pytest.mark.unit

SEEDS = int(os.environ.get("HOTLINE_SEEDS", "100"))


def play(seed: int) -> Desk:
    """One run: 90 s of trouble, then everybody finishes in peace."""
    limits = {"offer_seconds": 8, "agent_ring_seconds": 6, "wrap_up_seconds": 8, "ring_seconds": 8, "accept_seconds": 6}
    rules = Rules(queues=queues_of(seed), parallel=1 + seed // 2 % 2, **limits)
    able = MIXED[seed % len(MIXED) :] + MIXED[: seed % len(MIXED)] if seed % 4 else ()
    desk = Desk(seed, rules, agents=2 + seed % 5, experts=1 + seed % 5, can=able)
    rng = desk.rng
    desk.mood = Mood(vanish=0.05 if seed % 3 == 0 else 0.0, accept=rng.uniform(0.4, 0.9))
    desk.on_step = check_desk
    for _ in range(rng.randint(5, 18)):
        patience = rng.uniform(1, 80) if rng.random() < 0.3 else None
        at, queue, priority = rng.uniform(0, 80), rng.choice(["GN", "LB", "MF"]), rng.choice([0, 0, 0, 3, 9])
        language = rng.choice(["zh-CN", "zh-CN", "en", "dialect"])
        desk.later(at, lambda q=queue, p=priority, s=patience, spoken=language: desk.call_in(q, p, s, spoken))
    if seed % 4 == 1:
        for _ in range(2):
            at = rng.uniform(5, 80)
            desk.later(at, desk.stop_routing)
            desk.later(at + rng.uniform(0.2, 4), desk.start_routing)
    if seed % 4 == 2:
        desk.later(rng.uniform(5, 80), desk.empty_redis)
    for second in range(10, 90, 15):
        desk.later(second, desk.back_to_work)
    desk.run(90)
    finish_in_peace(desk)
    return desk


@pytest.mark.parametrize("seed", range(SEEDS))
def test_desk_seed(seed: int) -> None:
    try:
        desk = play(seed)
        check_rest(desk)
        check_answers(desk)
        check_board(desk)
    except AssertionError as exc:
        raise AssertionError(f"seed {seed}: {exc}") from exc
    assert any(fact.name == "offer_made" for fact in desk.facts)


def test_people_get_through() -> None:
    """The simulation is not vacuous: most callers reach an agent, some an expert."""
    reached = talked = calls = 0
    for seed in range(0, 40, 2):
        desk = play(seed)
        calls += len(desk.calls)
        reached += sum(1 for call in desk.calls.values() if call.connects)
        talked += sum(1 for call in desk.calls.values() if any(c.name == "try_expert" for c in call.commands))
    assert reached > calls * 0.7, (reached, calls)
    assert talked > 10
