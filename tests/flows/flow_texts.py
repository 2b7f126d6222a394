"""What the flow tests share: the shipped flows, a small good flow to spoil, and prompts that exist only by name."""

from __future__ import annotations

from pathlib import Path

from hotline.ivr.linter import AROUND_TALK, lint
from hotline.ivr.parser import parse_flow
from hotline.ivr.problems import FlowError, Problem

FLOWS = Path(__file__).resolve().parents[2] / "ivr_flows"

IDS = {"notice", "greeting", "menu", "connecting", "rate", "rate_again", "rate_invalid", "rate_thanks", "goodbye",
       "callback_promise", "closed", "music", "info", *AROUND_TALK}  # fmt: skip

GOOD = """\
languages: [zh-CN, en]
start: welcome
nodes:
  welcome:
    say: [notice, greeting]
    go: menu
  menu:
    say: [menu]
    at_most: {times: 2, then: desk}
    wait: {for: digits, seconds: 5}
    route:
      "1": more
      "0": desk
      no_input: desk
      invalid: menu
  more:
    say: [info]
    go: desk
  desk:
    say: [connecting]
    wait: {for: queue, queue: GN, seconds: 60}
    route:
      talked: rate
      timeout: sorry
      closed: sorry
      failed: sorry
  rate:
    wait: {for: rate, seconds: 8}
    route: {rated: bye, no_rating: bye, skipped: bye}
  sorry:
    say: [callback_promise]
    hang_up: queue_timeout
  bye:
    say: [goodbye]
    hang_up: completed
"""


def spoil(*changes: tuple[str, str], text: str = GOOD) -> str:
    """The good flow with each `old` replaced by `new`; every `old` must stand there exactly once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def problems(text: str, **options: object) -> list[Problem]:
    """What reading and linting say to a flow called `f`."""
    try:
        flow = parse_flow(text, "f", "f.yaml")
    except FlowError as exc:
        return list(exc.problems)
    return lint(flow, IDS, **options)


def line_of(text: str, part: str) -> int:
    """The line, from 1, on which `part` stands, which must be there exactly once."""
    assert text.count(part) == 1, f"{part!r} stands there {text.count(part)} times"
    return text[: text.index(part)].count("\n") + 1
