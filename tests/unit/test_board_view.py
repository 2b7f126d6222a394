"""Who sees what of the board, and the differences a connection is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.board import Viewer, difference, shown, visible

pytestmark = pytest.mark.unit

ME = Viewer("agent", "a1")
BOSS = Viewer("supervisor")


@pytest.mark.parametrize(
    ("key", "entity", "viewer", "wanted"),
    [
        ("agents/a2", {}, ME, True),
        ("queues/q", {}, ME, True),
        ("experts/e", {}, ME, True),
        ("offers/o", {"agent_ids": ["a1", "a2"]}, ME, True),
        ("offers/o", {"agent_ids": ["a2"]}, ME, False),
        ("offers/o", {}, ME, False),
        ("calls/c", {"agent_id": "a1"}, ME, True),
        ("calls/c", {"agent_id": "a2"}, ME, False),
        ("calls/c", {"agent_id": None}, ME, False),
        ("calls/c", {"agent_id": ""}, Viewer("agent"), False),
        ("secrets/s", {}, ME, False),
        ("calls/c", {"agent_id": "a2"}, BOSS, True),
        ("secrets/s", {}, Viewer("admin"), True),
        ("queues/q", {}, Viewer("auditor"), False),
        ("queues/q", {}, Viewer(""), False),
    ],
)
def test_visible(key: str, entity: dict[str, Any], viewer: Viewer, wanted: bool) -> None:
    assert visible(key, entity, viewer) is wanted


def test_of_a_colleague_only_name_and_state() -> None:
    other = {"id": "a2", "name": "李伟", "state": "on_call", "call_id": "c", "offer_ids": ["o"], "requested": None}
    assert shown("agents/a2", other, ME) == {"id": "a2", "name": "李伟", "state": "on_call"}
    assert shown("agents/a1", other, ME) == other
    assert shown("agents/a2", other, BOSS) == other


def test_what_leaves_the_sight_is_deleted_and_what_looks_the_same_is_not_told() -> None:
    known: dict[str, dict[str, Any]] = {}
    offer = {"agent_ids": ["a1"]}
    assert difference(known, {"offers/o": offer}, [], ME).set == {"offers/o": offer}
    assert not difference(known, {"offers/o": offer}, [], ME)
    assert difference(known, {"offers/o": {"agent_ids": ["a2"]}}, [], ME).gone == ["offers/o"]
    assert not difference(known, {}, ["offers/o", "calls/never-seen"], ME)


KEYS = st.sampled_from(["agents/a1", "agents/a2", "offers/o1", "calls/c1", "calls/c2", "queues/q"])
ENTITIES = st.fixed_dictionaries(
    {"agent_id": st.sampled_from(["a1", "a2", None]), "agent_ids": st.sets(st.sampled_from(["a1", "a2"])).map(sorted)},
    optional={"call_id": st.integers(0, 2)},
)
CHANGES = st.lists(st.tuples(st.dictionaries(KEYS, ENTITIES, max_size=3), st.lists(KEYS, max_size=2)), max_size=12)


@given(CHANGES, st.sampled_from([ME, BOSS, Viewer("agent", "a2"), Viewer("auditor")]))
def test_a_client_that_applies_the_differences_has_what_a_snapshot_would_show(
    changes: list[tuple[dict[str, Any], list[str]]], viewer: Viewer
) -> None:
    board: dict[str, Any] = {}
    known: dict[str, dict[str, Any]] = {}
    client: dict[str, Any] = {}
    for changed, removed in changes:
        removed = [key for key in removed if key not in changed]
        board.update(changed)
        for key in removed:
            board.pop(key, None)
        step = difference(known, changed, removed, viewer)
        client.update(step.set)
        for key in step.gone:
            del client[key]
    whole = {key: shown(key, entity, viewer) for key, entity in board.items()}
    assert client == {key: view for key, view in whole.items() if view is not None}


def test_hashes_of_parties_stay_in_the_house() -> None:
    call = {"agent_id": "a1", "transfer": {"transfer_id": "t", "parties": {"caller": ["h"]}, "skipped": []}}
    for viewer in (Viewer("agent", "a1"), Viewer("supervisor")):
        assert shown("calls/c", call, viewer) == {"agent_id": "a1", "transfer": {"transfer_id": "t", "skipped": []}}
