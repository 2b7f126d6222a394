"""Unit: what a complaint's ledger says, out of its story."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.core.ledgers.complaints import NAMES, STEPS, Event, Step, standing
from hotline.core.tickets import ACTS

pytestmark = pytest.mark.unit


def events(*names: str, **data: Any) -> list[Event]:
    return [Event(name, float(at), f"acc_{at}", data) for at, name in enumerate(names)]


def test_each_step_has_who_when_and_the_words() -> None:
    said = events("report_complaint", "give_opinion", "decide_complaint", "tell", report="甲", opinion="乙", result="丙",
                  outcome="upheld", way="phone")  # fmt: skip
    assert standing(said) == {
        "report_complaint": Step(0.0, "acc_0", "甲"),
        "give_opinion": Step(1.0, "acc_1", "乙"),
        "decide_complaint": Step(2.0, "acc_2", "丙", "upheld"),
        "tell": Step(3.0, "acc_3", "", "phone"),
    }


def test_what_was_said_before_it_began_anew_does_not_stand() -> None:
    whole = events(*STEPS)
    assert len(standing(whole)) == 4
    for anew in ("open_complaint", "redo", "grant_avoidance"):
        assert standing([*whole, *events(anew)]) == {}
        assert list(standing([*whole, *events(anew, "report_complaint", report="重新核查")])) == ["report_complaint"]
    assert standing([*whole, *events("note", "supervise")]) == standing(whole)


def test_its_names_are_acts_that_say_what_is_read() -> None:
    assert set(NAMES) <= set(ACTS)
    for name, (text, code) in STEPS.items():
        assert {text, code} - {""} <= {need.name for need in ACTS[name].needs}
