"""The guide stays true: its example passes the linter with the shipped prompts, and every code is explained."""

from __future__ import annotations

import re

import pytest
from flow_texts import FLOWS

from hotline.ivr.linter import lint
from hotline.ivr.parser import parse_flow
from hotline.ivr.problems import TEXTS
from hotline.ivr.prompts import read_prompts

pytestmark = pytest.mark.flows

GUIDE = (FLOWS.parent / "docs" / "ivr-guide.md").read_text("utf-8")


def test_the_example_is_a_good_flow() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    flow = parse_flow(example, "example")
    assert [each.show() for each in lint(flow, read_prompts([FLOWS / "prompts"]), ["zh-CN", "en"])] == []


def test_every_code_is_explained() -> None:
    assert set(TEXTS) - set(re.findall(r"`([a-z_]+)`", GUIDE)) == set()
