"""The whole hotline but the wire, many times over, each time from a seed: real conversations, real flow, real routing on
one virtual clock, with contrary people, late and doubled messages, killed workers, a routing that dies and a Redis that
is emptied. The invariants are checked after every decision, and the finished records by the auditors of `hotline doctor`.

One again: `pytest tests/unit/test_whole_simulation.py -k "seed and 17"`; more of them: `make soak`.
"""

from __future__ import annotations

import os

import pytest

from hotline.core.routing.rules import Rules
from tests.fakes.desk_world import Mood
from tests.fakes.mixed_desk import MIXED, queues_of
from tests.fakes.routing_checks import check_answers, check_board, check_desk, check_rest, finish_in_peace
from tests.fakes.whole_desk import WholeDesk

pytestmark = pytest.mark.unit

SEEDS = int(os.environ.get("HOTLINE_SEEDS", "200"))
TROUBLE_SECONDS = 120.0
MOST_SILENCE_SECONDS = 2.0
"""I10: the longest a connected caller may hear nothing."""


def play(seed: int) -> WholeDesk:
    """One run: two minutes of trouble, then everybody finishes in peace."""
    rules = Rules(
        queues=queues_of(seed),
        offer_seconds=8,
        agent_ring_seconds=6,
        wrap_up_seconds=8,
        ring_seconds=8,
        accept_seconds=6,
    )
    able = MIXED[seed % len(MIXED) :] + MIXED[: seed % len(MIXED)] if seed % 4 else ()
    desk = WholeDesk(seed, rules, agents=2 + seed % 5, experts=1 + seed % 5, can=able)
    rng = desk.rng
    desk.mood = Mood(vanish=0.05 if seed % 3 == 0 else 0.0, accept=rng.uniform(0.4, 0.9))
    desk.on_step = check_desk
    for _ in range(rng.randint(5, 18)):
        patience = rng.uniform(1, 80) if rng.random() < 0.3 else None
        queue = rng.choice(["GN", "LB", "MF"])
        desk.later(rng.uniform(0, 80), lambda q=queue, s=patience: desk.call_in(q, 0, s))
    if seed % 5 == 1:
        for _ in range(2):
            at = rng.uniform(5, 100)
            desk.later(at, desk.stop_routing)
            desk.later(at + rng.uniform(0.2, 4), desk.start_routing)
    if seed % 5 == 2:
        desk.later(rng.uniform(5, 100), desk.empty_redis)
    if seed % 5 == 3:
        for _ in range(3):
            desk.later(rng.uniform(5, 100), desk.kill_worker)
    for second in range(10, 120, 15):
        desk.later(second, desk.back_to_work)
    desk.run(TROUBLE_SECONDS)
    finish_in_peace(desk)
    return desk


@pytest.mark.parametrize("seed", range(SEEDS))
def test_hotline_seed(seed: int) -> None:
    try:
        desk = play(seed)
        check_rest(desk)
        check_answers(desk)
        check_board(desk)
        for call in desk.calls.values():
            assert call.ended, f"{call.call_id} never ended"
            assert call.dead or call.exited, f"{call.call_id}: its worker still runs with {call.core.legs}"
            assert call.longest_silence <= MOST_SILENCE_SECONDS, (
                f"I10: {call.longest_silence:.1f} s of silence in {call.call_id}"
            )
        broken = desk.audit()
        assert not broken, "\n".join(broken)
    except AssertionError as exc:
        raise AssertionError(f"seed {seed}: {exc}") from exc


def test_the_simulation_is_not_vacuous() -> None:
    """Callers reach agents and experts, rate, give up, are lost; experts refuse and do not answer."""
    names: dict[str, int] = {}
    outcomes: set[str] = set()
    for seed in range(24):
        for call in play(seed).calls.values():
            for fact in call.facts:
                names[fact.name] = names.get(fact.name, 0) + 1
                if fact.name in ("expert_tried", "agent_failed"):
                    outcomes.add(str(fact.data.get("outcome") or fact.data["dial_status"]))
    for name in ("agent_connected", "expert_connected", "rated", "hold_started", "position_told", "agent_failed"):
        assert names.get(name, 0) > 5, (name, names)
    assert {"accepted", "no_answer", "busy", "refused", "no_key", "cancelled"} <= outcomes, outcomes
