"""Legs of a dead worker are tried until the edge says that they are over."""

from __future__ import annotations

import time

import pytest

from hotline.conversation import recovery
from hotline.conversation.recovery import LeftLegs
from hotline.edge.errors import EdgeError

LEG = {"leg": "agent:1", "sip_call_id": "x"}


class Edge:
    """Answers as told, one after the other."""

    def __init__(self, *answers: bool | EdgeError) -> None:
        self.answers = list(answers)

    def end_leg(self, leg: dict[str, object]) -> bool:
        answer = self.answers.pop(0)
        if isinstance(answer, EdgeError):
            raise answer
        return answer


def test_a_leg_is_asked_about_until_it_is_over() -> None:
    edge = Edge(EdgeError("edge.rpc_silent"), False, True)
    legs = LeftLegs(edge.end_leg)
    legs.add(LEG)
    for _ in range(5):
        legs.again()
    assert edge.answers == []


def test_a_leg_that_ends_at_once_is_not_asked_about_again() -> None:
    edge = Edge(True)
    legs = LeftLegs(edge.end_leg)
    legs.add(LEG)
    legs.again()
    assert edge.answers == []


def test_a_leg_that_will_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    edge = Edge(False, False, False)
    legs = LeftLegs(edge.end_leg)
    legs.add(LEG)
    late = time.monotonic() + recovery.TRY_SECONDS + 1
    monkeypatch.setattr(recovery.time, "monotonic", lambda: late)
    legs.again()
    legs.again()
    assert edge.answers == [False]
