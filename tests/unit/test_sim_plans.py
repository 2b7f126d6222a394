"""Scenarios, verdicts, turns and summaries of the simulator: plain logic, no network."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest

from hotline.core.phones import mask
from hotline.simulate.demo_people import CHARACTERS, experts
from hotline.simulate.outcome import CallResult
from hotline.simulate.people.carrier import Numbers
from hotline.simulate.play import unfinished
from hotline.simulate.report import Summary, lines, spread
from hotline.simulate.scenarios import MIX, SCENARIOS, rotation
from hotline.simulate.turns import Turns
from hotline.simulate.verdict import Played, judge

pytestmark = pytest.mark.unit


def test_mix_has_every_scenario_early_and_by_weight() -> None:
    rows = [scenario.name for scenario in rotation(MIX, 30)]
    mixed = {name for name, scenario in SCENARIOS.items() if scenario.weight}
    assert set(rows[: len(mixed)]) == mixed
    assert set(SCENARIOS) - mixed == {"call_back", "rating_call"}, "by name only: they take minutes, or need settings"
    many = [scenario.name for scenario in rotation(MIX, 10 * sum(s.weight for s in SCENARIOS.values()))]
    assert {name: many.count(name) for name in SCENARIOS} == {name: 10 * s.weight for name, s in SCENARIOS.items()}
    assert [s.name for s in rotation("hold", 3)] == ["hold"] * 3
    with pytest.raises(KeyError):
        rotation("nonsense", 1)


def test_every_wished_character_is_somebody_of_the_demo_city() -> None:
    assert {s.transfer for s in SCENARIOS.values() if s.transfer} == set(CHARACTERS)
    assert [ident for ident, _, _ in experts()] == sorted(ident for ident, _, _ in experts())
    assert len(experts()) == len(CHARACTERS)


def test_masked_numbers_of_a_run_are_unique() -> None:
    numbers = Numbers(3)
    masked = [mask(numbers.next()) for _ in range(20_000)]
    assert len(set(masked)) == len(masked)


def record(**changes: Any) -> dict[str, Any]:
    """A call to the desk, transferred to exp_01, rated 5."""
    made: dict[str, Any] = {
        "state": "closed", "cause": "completed", "ended_by": "expert", "phase": "goodbye", "queue": "GN",
        "answered_at": 100.1, "ended_at": 160.2, "rating": 5, "transferred": True, "outcome": "consultation",
        "ticket": None, "ticket_number": None, "rating_row": {"person_id": "exp_01", "score": 5},
        "talks": [
            {"talk_id": "t1", "person_id": "agt_1", "ended_by": "transfer"},
            {"talk_id": "t2", "person_id": "exp_01", "ended_by": "expert"},
        ],
        "recordings": [{"talk_id": "t1", "state": "sealed"}, {"talk_id": "t2", "state": "sealed"}],
        "tries": [{"expert_id": "exp_01", "outcome": "accepted"}],
    }  # fmt: skip
    return {**copy.deepcopy(made), **changes}


def played() -> Played:
    return Played(
        agent_id="agt_1", expert_id="exp_01", wished_expert="exp_01", ended_by="expert", voices=[1, 10], caller_voices={1, 10},
        answered_at=100.0, ended_at=160.0, score=5,
    )  # fmt: skip


def test_a_right_record_is_as_expected() -> None:
    assert judge(SCENARIOS["transferred"], played(), record()) == []
    assert unfinished(record()) == ""


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"cause": "system_failure"}, "cause"),
    ({"ended_by": "caller"}, "ended_by"),
    ({"answered_at": 103.0}, "answered_at"),
    ({"ended_at": None}, "ended_at"),
    ({"rating": 4}, "rating"),
    ({"rating": None}, "rating"),
    ({"rating_row": {"person_id": "agt_1"}}, "rating went to"),
    ({"transferred": False}, "transferred"),
    ({"outcome": "ticket"}, "became"),
    ({"ticket_number": "20261122-0001-02"}, "ticket"),
    ({"talks": record()["talks"][:1]}, "talks"),
    ({"talks": record()["talks"][::-1]}, "talks"),
    ({"recordings": record()["recordings"][:1]}, "no sealed recording"),
    ({"recordings": [{"talk_id": "t1", "state": "failed"}, {"talk_id": "t2", "state": "sealed"}]}, "no sealed recording"),
    ({"recordings": [*record()["recordings"], {"talk_id": "t2", "state": "sealed"}]}, "3 recordings"),
    ({"tries": []}, "no expert was tried"),
    ({"tries": [{"expert_id": "exp_02", "outcome": "accepted"}]}, "first try"),
    ({"tries": [{"expert_id": "exp_01", "outcome": "busy"}]}, "first try"),
]


@pytest.mark.parametrize(("change", "word"), WRONG, ids=[str(change)[:40] for change, _ in WRONG])
def test_every_wrong_record_is_noticed(change: dict[str, Any], word: str) -> None:
    found = judge(SCENARIOS["transferred"], played(), record(**change))
    assert any(word in reason for reason in found), found


def test_a_strangers_voice_is_noticed() -> None:
    overheard = played()
    overheard.caller_voices = {1, 10, 44}
    assert any("44" in reason for reason in judge(SCENARIOS["transferred"], overheard, record()))


def test_abandoned_calls_are_judged_by_phase() -> None:
    gone = {
        **record(), "cause": "abandoned", "ended_by": "caller", "phase": "queue", "rating": None, "rating_row": None,
        "talks": [], "recordings": [], "tries": [], "transferred": False, "outcome": "callback",
    }  # fmt: skip
    left = Played(answered_at=100.0, ended_at=160.0)
    assert judge(SCENARIOS["abandon_in_queue"], left, gone) == []
    assert judge(SCENARIOS["abandon_in_menu"], left, gone) == ["phase is 'queue', not ivr"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"state": "live", "phase": "rating"}, "live"),
        ({"outcome": None}, "after-call"),
        ({"recordings": [{"state": "captured"}]}, "sealed"),
    ],
)
def test_unfinished_records_say_what_is_missing(change: dict[str, Any], word: str) -> None:
    assert word in unfinished(record(**change))


async def test_turns_share_or_stand_alone() -> None:
    turns, order = Turns(), []

    async def enter(name: str, alone: bool, leave: asyncio.Event) -> None:
        async with turns.alone() if alone else turns.shared():
            order.append(name)
            await leave.wait()
        order.append(f"{name} out")

    doors = {name: asyncio.Event() for name in ("a", "b", "x", "c")}
    tasks = []
    for name in doors:
        tasks.append(asyncio.ensure_future(enter(name, name == "x", doors[name])))
        for _ in range(5):
            await asyncio.sleep(0)
    assert order == ["a", "b"]  # x waits for both, c waits behind x
    for name in ("a", "b", "x", "c"):
        doors[name].set()
    await asyncio.gather(*tasks)
    assert order.index("x") > order.index("b out")
    assert order.index("c") > order.index("x out")


async def test_a_waiter_who_gives_up_does_not_block_the_others() -> None:
    turns = Turns()
    async with turns.shared():
        waiting = asyncio.ensure_future(turns.alone().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(1), turns.shared():
            pass


def test_summary_counts_and_names_what_was_unexpected() -> None:
    good = CallResult(0, "answered", "138****0001", "call_1", rated=True, recordings=1, timings={"answer": 0.02, "ring": 0.05})
    bad = CallResult(1, "ticket", "138****0002", reasons=["no ticket", "no rating"], ticket="", timings={"answer": 0.04})
    summary = Summary([good, bad], scenario="mix", seed=1, seconds=3.0, late_ticks=0, feed_gaps=0, load=0.5)
    said = summary.to_dict()
    assert (said["calls"], said["as_expected"], said["rated"], said["tickets"], said["recordings"]) == (2, 1, 1, 0, 1)
    assert said["unexpected"] == [{"call": "138****0002", "scenario": "ticket", "reason": "no ticket; no rating"}]
    assert said["timings"]["answer_ms"] == {"median": 20.0, "p99": 40.0, "max": 40.0, "count": 2}
    assert spread([bad], "ring") == {}
    assert any("no ticket" in line for line in lines(summary))
