"""The demo town's agents book: the first times of a kind that the centre offers, and no more once the book is full enough."""

from __future__ import annotations

import asyncio
import random
from types import SimpleNamespace
from typing import Any

import pytest

from hotline.simulate import town_bookings
from hotline.simulate.people.console import ApiError

pytestmark = pytest.mark.unit


class Line:
    """A console that answers from a table, and notes what is posted."""

    def __init__(self, answers: dict[str, Any], refuses: str = "") -> None:
        self.answers, self.refuses = answers, refuses
        self.posted: list[dict[str, Any]] = []

    async def get(self, path: str, **query: Any) -> Any:
        found = self.answers[path]
        return found.pop(0) if isinstance(found, list) else found

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        if self.refuses:
            raise ApiError(409, self.refuses)
        self.posted.append({"path": path, **body})


def booked(coming: int, *, tickets: Any = None, slots: int = 20, kinds: tuple[str, ...] = ("visit",), refuses: str = "") -> Any:
    eye = Line({"/api/appointments": {"items": [{"state": "booked"}] * coming + [{"state": "cancelled"}] * 50}})
    times = [{"plan_id": "p", "starts_at": float(n), "ends_at": n + 1.0, "left": 1} for n in range(slots)]
    line = Line(
        {
            "/api/calls/c": tickets if tickets is not None else {"ticket": {"number": "n"}},
            "/api/tickets/n/appointment-slots": {"items": times, "kinds": list(kinds)},
        },
        refuses,
    )
    dice = random.Random(1)
    dice.random = lambda: 0.0  # type: ignore[method-assign]
    town, agent = SimpleNamespace(dice=dice, eye=eye), SimpleNamespace(console=line, name="desk2")
    asyncio.run(town_bookings.book(town, agent, "c"))  # type: ignore[arg-type]
    return line.posted


def test_one_of_the_next_times_is_taken() -> None:
    (made,) = booked(0)
    assert (made["path"], made["kind"], made["plan_id"]) == ("/api/tickets/n/appointments", "visit", "p")
    assert 0 <= made["starts_at"] < town_bookings.SOON


def test_not_when_there_are_enough_or_nothing_is_offered_or_somebody_was_quicker() -> None:
    assert booked(town_bookings.MOST - 1)
    assert not booked(town_bookings.MOST)
    assert not booked(0, kinds=())
    assert not booked(0, slots=0)
    assert not booked(0, refuses="appointment.taken")


def test_the_ticket_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(town_bookings, "LOOK_SECONDS", 0.0)
    assert booked(0, tickets=[{"ticket": None}, {"ticket": None}, {"ticket": {"number": "n"}}])
    assert not booked(0, tickets=[{"ticket": None}] * town_bookings.LOOKS)
