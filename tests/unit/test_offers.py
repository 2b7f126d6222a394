"""Nominees in queue order, and how widely an offer is shown."""

from __future__ import annotations

import pytest

from hotline.core.offers import Offer, audience, fan_out, ignored_by, may_offer, nominate

pytestmark = pytest.mark.unit


def given(can: dict[str, str], current: dict[str, str] | None = None, *, movable: bool = True) -> dict[str, str]:
    """`can`: caller → letters of the agents who may serve them, in order of the line."""
    fixed = () if movable else tuple(current or {})
    return dict(nominate(list(can), lambda call: list(can[call]), current or {}, fixed).given)


@pytest.mark.parametrize(
    ("can", "current", "movable", "expected"),
    [
        ({"x": "ab", "y": "ab", "z": "ab"}, {}, True, {"x": "a", "y": "b"}),
        ({"x": "ab", "y": "ab"}, {"y": "a"}, True, {"x": "b", "y": "a"}),  # offers stay where they are
        ({"x": "a", "y": "a"}, {"y": "a"}, True, {"x": "a"}),  # the older takes the only one
        ({"x": "ab", "y": "a"}, {}, True, {"x": "b", "y": "a"}),  # the older makes room
        ({"x": "ab", "y": "a"}, {"x": "a"}, False, {"x": "a"}),  # … but not off a console that rings
        ({"x": "ab", "y": "a"}, {}, False, {"x": "b", "y": "a"}),
        ({"x": "", "y": "a"}, {}, True, {"y": "a"}),
        ({"x": "ab", "y": "bc", "z": "a"}, {}, True, {"x": "b", "y": "c", "z": "a"}),  # a chain of two moves
        ({}, {}, True, {}),
    ],
)
def test_nominate(can: dict[str, str], current: dict[str, str], movable: bool, expected: dict[str, str]) -> None:
    assert given(can, current, movable=movable) == expected


def test_fan_out_is_everybody_until_consoles_would_overflow() -> None:
    assert fan_out(1, 200) == fan_out(8, 200) == 200
    assert fan_out(200, 200) == 8
    assert fan_out(9, 1) == 1


def test_audience_has_the_nominee_and_spares_full_consoles() -> None:
    offer = Offer("o", "c", "b", 0.0, 20.0)
    assert list(audience(offer, ["a", "b", "d"], {"a": 8, "d": 7}, 3)) == ["b", "d"]
    offer.show("b", 0.0)
    assert list(audience(offer, ["a", "b", "d"], {}, 1)) == []


def test_bound_and_blame() -> None:
    assert may_offer([0.0] * 19, 30.0)
    assert not may_offer([0.0] * 20, 30.0)
    assert may_offer([0.0] * 20, 60.0)
    offer = Offer("o", "c", "a", 0.0, 20.0)
    offer.show("a", 0.0)
    offer.show("late", 10.0)
    assert ignored_by(offer, 20.0, 20.0) == ["a"]
