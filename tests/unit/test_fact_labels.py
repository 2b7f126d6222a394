"""Every fact has a name in the timeline of a call, in both languages: nothing is shown as a bare word of the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hotline.core.facts import FACTS

pytestmark = pytest.mark.unit
LOCALES = Path(__file__).resolve().parents[2] / "agent_console" / "src" / "locales"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_fact_has_a_label(language: str) -> None:
    labels = json.loads((LOCALES / language / "calls.json").read_text("utf-8"))["fact"]
    assert set(FACTS) - set(labels) == set()
    assert all(labels[name].strip() for name in FACTS)
