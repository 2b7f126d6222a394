"""Nobody is overtaken but by declared priority (I7), for any desk at all; and how a need relaxes."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.offers import may_show, nominate
from hotline.core.queues.relaxing import RINGS, Need, Ring, Skills, admits, attainable, first_ring, next_change, ring_at
from hotline.core.queues.strategies import STRATEGIES, key
from tests.fakes.routing_checks import served

pytestmark = pytest.mark.unit

AGENTS = "abcdef"
desks = st.lists(st.frozensets(st.sampled_from(AGENTS)), max_size=7)
"""Callers in order of the line: whom each may have."""


@st.composite
def ringing(draw: st.DrawFn) -> tuple[dict[str, frozenset[str]], dict[str, str], list[str]]:
    """A line, the nominees of offers open already (any that fit), and which of those ring on one console only."""
    can = {f"c{number}": agents for number, agents in enumerate(draw(desks))}
    current: dict[str, str] = {}
    for call, agents in can.items():
        left = sorted(agents - set(current.values()))
        if left and draw(st.booleans()):
            current[call] = draw(st.sampled_from(left))
    return can, current, [call for call in current if draw(st.booleans())]


@given(ringing())
def test_callers_get_agents_in_order_and_no_accept_leaves_an_older_one_without(
    told: tuple[dict[str, frozenset[str]], dict[str, str], list[str]],
) -> None:
    can, current, fixed = told
    line = list(can)
    found = nominate(line, lambda call: sorted(can[call]), current, fixed)
    assert len(set(found.given.values())) == len(found.given), "an agent of their own"
    assert all(agent in can[call] for call, agent in found.given.items())
    for place, call in enumerate(line):
        if call not in found.given:  # everybody they may have belongs to somebody ahead
            assert all(line.index(found.taken[agent]) < place for agent in can[call])
    if not fixed:
        assert set(found.given) == served(line, can, AGENTS), "as far as they reach, in order"
    owed: set[str] = set()
    for place, call in enumerate(line):
        if call not in found.given:
            owed |= can[call]
            continue
        for agent in can[call]:
            ahead = lambda one, other: line.index(one) < line.index(other)  # noqa: E731
            if not may_show(call, agent, found, ahead, can.__getitem__, owed):
                continue
            # The agent accepts. Whoever stood ahead and could have had them still has somebody; fixed ones stay put.
            stuck = {other: {found.given[other]} for other in fixed if found.given.get(other) == current[other] != agent}
            left = served(line[:place], {**can, **stuck}, set(AGENTS) - {agent})
            kept = {other for other in line[:place] if agent in can[other]}
            assert kept <= left | {other for other in line[:place] if found.given.get(other) not in (None, agent)}


@given(desks)
def test_with_all_agents_given_nobody_further_back_gets_one(can: list[frozenset[str]]) -> None:
    line = {f"c{number}": agents for number, agents in enumerate(can)}
    whole = nominate(list(line), lambda call: sorted(line[call]), {})
    short = nominate(list(line), lambda call: sorted(line[call]), {}, free=len(whole.taken))
    assert whole.given == short.given


FAMILY = Need("MF", "zh-CN", "浙江杭州", neighbours=("CT",))
DESK = {
    "own": Skills(("MF",), ("zh-CN",), "杭州市"),
    "elsewhere": Skills(("MF",), ("zh-CN",), "宁波市"),
    "neighbour": Skills(("CT",), ("zh-CN",)),
    "general": Skills(("GN",), ("zh-CN",)),
    "other": Skills(("LB",), ("zh-CN",)),
    "foreign": Skills(("MF",), ("en",)),
    "all": Skills(),
}


@pytest.mark.parametrize(
    ("waited", "who"),
    [
        (0, {"own", "all"}),
        (9.9, {"own", "all"}),
        (10, {"own", "all", "elsewhere", "neighbour", "general"}),
        (30, {"own", "all", "elsewhere", "neighbour", "general", "other"}),
        (60, set(DESK)),
        (9999, set(DESK)),
    ],
)
def test_the_table_of_rings(waited: float, who: set[str]) -> None:
    ring = RINGS[ring_at(RINGS, waited)]
    assert {name for name, skills in DESK.items() if admits(ring, FAMILY, skills)} == who


@pytest.mark.parametrize(
    ("at_work", "agent", "ring"),
    [
        (["own", "general"], "general", 1),
        (["general", "other"], "general", 0),  # nobody of the group: waiting for them would be for nothing
        (["neighbour", "other"], "neighbour", 0),
        (["other"], "other", 0),  # nobody near it either
        (["foreign"], "foreign", 0),  # nobody who speaks it
        (["elsewhere"], "elsewhere", 0),  # nobody of the region
        (["own", "foreign"], "foreign", 3),
    ],
)
def test_a_need_nobody_at_work_can_meet_excludes_nobody(at_work: list[str], agent: str, ring: int) -> None:
    need = attainable(FAMILY, [DESK[name] for name in at_work])
    assert first_ring(RINGS, need, DESK[agent], len(RINGS) - 1) == ring


skills = st.builds(
    Skills,
    st.lists(st.sampled_from(["MF", "LB", "CT", "GN"]), max_size=2).map(tuple),
    st.lists(st.sampled_from(["zh-CN", "en"]), max_size=2).map(tuple),
    st.sampled_from(["", "杭州"]),
)


@given(skills, st.floats(0, 200), st.floats(0, 200))
def test_waiting_longer_never_narrows_the_choice(agent: Skills, one: float, other: float) -> None:
    sooner, later = sorted((one, other))
    need = Need("MF", "zh-CN", "浙江杭州")
    if admits(RINGS[ring_at(RINGS, sooner)], need, agent):
        assert admits(RINGS[ring_at(RINGS, later)], need, agent)


def test_next_change_names_every_step() -> None:
    steps, at = [], 0.0
    while (following := next_change(RINGS, at)) is not None:
        steps.append(following)
        at = following
    assert steps == [10, 30, 60]
    assert next_change((Ring(0),), 5) is None


class Person:
    def __init__(self, name: str, idle_since: float, asked_at: float, served_today: int) -> None:
        self.id, self.idle_since, self.asked_at, self._served = name, idle_since, asked_at, served_today

    def served_on(self, now: float) -> int:
        return self._served


@pytest.mark.parametrize(
    ("strategy", "order"),
    [
        ("longest_idle", "abc"),
        ("ring_all", "abc"),
        ("fewest_calls", "bac"),
        ("round_robin", "cab"),
        ("ranked", "cba"),
    ],
)
def test_strategies(strategy: str, order: str) -> None:
    people = {"a": (Person("a", 1, 7, 5), 3), "b": (Person("b", 2, 8, 2), 2), "c": (Person("c", 3, 6, 9), 1)}
    for mixed in permutations(people.values()):
        found = sorted(mixed, key=lambda item: key(strategy, *item, now=0.0))
        assert "".join(person.id for person, _ in found) == order
    assert strategy in STRATEGIES
