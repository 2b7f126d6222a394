"""Who is called next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.core.experts import Expert, Use, local_day, nearness, pick

pytestmark = pytest.mark.unit

NOW = 1_800_000_000.0
ON = ((NOW - 60, NOW + 60),)


def expert(name: str, *skills: str, **more: object) -> Expert:
    return Expert(name, name, "lawyer", skills or ("MF",), "sealed", **{"duty": ON, **more})


def chosen(*people: Expert, uses: dict[str, Use] | None = None, **more: object) -> str | None:
    found = pick(people, uses or {}, NOW, **{"skill": "MF", **more})
    return found.id if found else None


def used(name: str, **more: object) -> dict[str, Use]:
    return {name: Use(name, **more)}


ANN, BOB = expert("ann"), expert("bob")


@pytest.mark.parametrize(
    ("people", "more", "who"),
    [
        ([ANN, BOB], {"uses": used("ann", last_used=NOW - 5)}, "bob"),
        ([ANN, BOB], {"tried": {"ann"}}, "bob"),
        ([ANN, BOB], {"wish": "bob"}, "bob"),
        ([ANN, BOB], {"wish": "bob", "uses": used("bob", state="on_call")}, "ann"),
        ([ANN, replace(BOB, skills=("CT",))], {"wish": "bob"}, "bob"),
        ([replace(ANN, skills=("GN",)), BOB], {}, "bob"),
        ([replace(ANN, skills=("GN",)), replace(BOB, skills=("CT",))], {}, "ann"),
        ([replace(ANN, skills=("CT",))], {}, None),
        ([replace(ANN, suspended=True)], {"wish": "ann"}, None),
        ([replace(ANN, duty=((NOW, NOW + 1),))], {}, "ann"),
        ([replace(ANN, duty=((NOW - 1, NOW),))], {}, None),
        ([ANN], {"uses": used("ann", state="reserved")}, None),
        ([replace(ANN, max_per_day=2)], {"uses": used("ann", day=local_day(NOW), count=2)}, None),
        ([replace(ANN, max_per_day=2)], {"uses": used("ann", day=local_day(NOW) - 1, count=2)}, "ann"),
        ([ANN, replace(BOB, region="330100")], {"region": "330106"}, "bob"),
        ([replace(ANN, skills=("GN",), region="330106"), BOB], {"region": "330106"}, "bob"),
        ([], {}, None),
    ],
)
def test_pick(people: list[Expert], more: dict[str, object], who: str | None) -> None:
    assert chosen(*people, **more) == who


@pytest.mark.parametrize(
    ("mine", "matter", "near"),
    [
        ("330106", "330106", 4),
        ("330100", "330106", 4),
        ("330000", "330106", 4),
        ("330106", "330106001", 4),
        ("330106001", "330106002", 3),
        ("330102", "330106", 2),
        ("330200", "330106", 1),
        ("331000", "331100", 1),
        ("110000", "330106", 0),
        ("", "330106", 0),
        ("330106", "", 0),
    ],
)
def test_nearness(mine: str, matter: str, near: int) -> None:
    assert nearness(mine, matter) == near


def test_day_turns_at_midnight_in_china() -> None:
    assert local_day(16 * 3600) == local_day(16 * 3600 - 1) + 1
