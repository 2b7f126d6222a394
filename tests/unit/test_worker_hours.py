"""What a worker knows of opening hours: the newer of two copies; nothing known means open."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hotline.conversation.hours import Hours
from hotline.core.calendars.timetable import Line, Timetable
from hotline.routing.timetable import write_whole

pytestmark = pytest.mark.unit
NOW = 1_795_312_800.0


def table(made_at: float, *, is_open: bool, days: float = 14, flow: str = "") -> str:
    spans = ((made_at - 100, made_at + days * 86_400),) if is_open else ()
    return Timetable(made_at, made_at + days * 86_400, {"12348": Line("12348", flow=flow, open=spans)}).to_json()


def test_the_newer_copy_counts(tmp_path: Path) -> None:
    file = tmp_path / "timetable.json"
    write_whole(file, table(NOW, is_open=False))
    assert Hours.read("12348", file).state(NOW + 60) == "closed"
    assert Hours.read("12348", file, table(NOW + 10, is_open=True)).state(NOW + 60) == "open"
    assert Hours.read("12348", file, table(NOW - 10, is_open=True)).state(NOW + 60) == "closed"
    assert [path.name for path in tmp_path.iterdir()] == ["timetable.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"made_at": 1}'])
def test_a_missing_or_broken_timetable_means_unknown(tmp_path: Path, text: str) -> None:
    file = tmp_path / "timetable.json"
    if text:
        file.write_text(text, "utf-8")
    hours = Hours.read("12348", file, text)
    assert hours.state(NOW) == "unknown"
    assert hours.line == Line("12348")


def test_an_old_timetable_means_unknown(tmp_path: Path) -> None:
    file = tmp_path / "timetable.json"
    write_whole(file, table(NOW, is_open=False, days=2))
    assert Hours.read("12348", file).state(NOW + 3 * 86_400) == "unknown"
    assert Hours.read("99", file).state(NOW + 60) == "unknown"


def test_reading_costs_next_to_nothing(tmp_path: Path) -> None:
    file = tmp_path / "timetable.json"
    write_whole(file, table(time.time(), is_open=True, flow="direct"))
    assert Hours.read("12348", file).line.flow == "direct"
