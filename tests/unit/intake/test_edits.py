"""Two people on one form: nobody overwrites anybody without seeing it, and nothing that was typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.intake.edits import Edit, apply, changed, same

pytestmark = pytest.mark.unit


def test_an_edit_of_the_present_version_is_taken_and_an_older_one_is_not() -> None:
    first = apply({}, {}, [Edit("facts", 0, "一"), Edit("advice", 0, "甲")])
    assert (first.values, first.versions, first.taken) == (
        {"facts": "一", "advice": "甲"},
        {"facts": 1, "advice": 1},
        ["facts", "advice"],
    )
    second = apply(first.values, first.versions, [Edit("facts", 0, "二"), Edit("advice", 1, "乙")])
    assert second.conflicts == ["facts"]
    assert second.values == {"facts": "一", "advice": "乙"}
    decided = apply(second.values, second.versions, [Edit("facts", 1, "二")])
    assert (decided.values["facts"], decided.versions["facts"], decided.conflicts) == ("二", 2, [])


def test_who_typed_the_same_agrees() -> None:
    found = apply(
        {"risk_flags": ["R01", "R02"]}, {"risk_flags": 4}, [Edit("risk_flags", 0, ["R02", "R01"]), Edit("facts", 9, "")]
    )
    assert (found.taken, found.conflicts, found.versions) == ([], [], {"risk_flags": 4})


def test_clearing_is_an_edit_like_any_other() -> None:
    assert apply({"facts": "一"}, {"facts": 1}, [Edit("facts", 1, None)]).values == {}
    assert apply({"facts": "一"}, {"facts": 2}, [Edit("facts", 1, "")]).conflicts == ["facts"]
    gone = apply({"applies": True}, {"applies": 1}, [Edit("applies", 1, False)])
    assert (gone.values, gone.versions) == ({}, {"applies": 2})


NAMES = st.sampled_from(["facts", "advice", "risk_flags"])
VALUES = st.none() | st.text(max_size=3) | st.lists(st.sampled_from(["R01", "R02"]), max_size=2, unique=True)


@given(st.lists(st.tuples(st.sampled_from("AB"), NAMES, VALUES, st.booleans()), max_size=25))
def test_nobody_overwrites_what_they_have_not_seen(steps: list[tuple[str, str, Any, bool]]) -> None:
    """Two people edit at random, now and then looking again: a value goes only by an edit of somebody who had seen it."""
    values: dict[str, Any] = {}
    versions: dict[str, int] = {}
    seen: dict[str, dict[str, int]] = {"A": {}, "B": {}}
    for who, name, value, looks in steps:
        if looks:
            seen[who] = dict(versions)
        before = values.get(name)
        found = apply(values, versions, [Edit(name, seen[who].get(name, 0), value)])
        if not same(found.values.get(name), before):
            assert seen[who].get(name, 0) == versions.get(name, 0)
        if name in found.conflicts:
            assert same(found.values.get(name), before)
        values, versions = found.values, found.versions
        if name in found.taken:
            seen[who][name] = versions[name]


def test_what_changed_between_two_whole_forms() -> None:
    assert changed({"facts": "一", "a": [], "b": ["x", "y"]}, {"facts": "二", "b": ["y", "x"], "c": False}) == ["facts"]
