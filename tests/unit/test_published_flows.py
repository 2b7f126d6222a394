"""Flows published while the hotline runs: taken over between calls, and never at the price of what works."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hotline.conversation.prompts import Prompts
from hotline.conversation.published import Published
from hotline.ivr.parser import parse_flow
from hotline.ivr.schema import Flow

pytestmark = pytest.mark.unit

TEXT = """
languages: [zh-CN]
start: desk
nodes:
  desk:
    say: [{prompt}]
    wait: {{for: queue, queue: GN, seconds: 60}}
    route: {{talked: over, timeout: over, closed: over, failed: over}}
  over: {{say: [goodbye], hang_up: completed}}
"""


def flow(prompt: str, name: str = "main") -> Flow:
    return parse_flow(TEXT.format(prompt=prompt), name)


class Shelf:
    """The folder as the publisher writes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "flows").mkdir(parents=True)
        self.count = 0

    def put(self, **prompts: str) -> None:
        index = {}
        for name, prompt in prompts.items():
            text = TEXT.format(prompt=prompt)
            index[name] = parse_flow(text, name).version
            (self.folder / "flows" / f"{name}.{index[name]}.yaml").write_text(text, "utf-8")
        self.index(json.dumps(index))

    def index(self, text: str) -> None:
        self.count += 1
        part = self.folder / "part"
        part.write_text(text, "utf-8")
        os.utime(part, ns=(self.count * 10**9, self.count * 10**9))
        part.replace(self.folder / "flows.json")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "published")


def test_nothing_published_changes_nothing(tmp_path: Path) -> None:
    flows = {"main": flow("greeting")}
    assert not Published(tmp_path / "none", flows).refresh()
    assert flows["main"].version == flow("greeting").version


def test_a_published_flow_takes_the_place_of_the_shipped_one_and_gives_it_back(shelf: Shelf) -> None:
    flows = {"main": flow("greeting"), "other": flow("menu", "other")}
    held = flows["main"]  # by a call that goes on
    published = Published(shelf.folder, flows)
    shelf.put(main="welcome_back", new="notice")
    assert published.refresh()
    assert flows["main"].version == flow("welcome_back").version
    assert flows["new"].name == "new"
    assert flows["other"].version == flow("menu", "other").version
    assert held.version == flow("greeting").version
    assert not published.refresh(), "nothing has changed since"
    shelf.put()
    assert published.refresh()
    assert flows.keys() == {"main", "other"}
    assert flows["main"] is held


@pytest.mark.parametrize("spoil", ["index", "text", "other text", "gone"])
def test_what_cannot_be_read_leaves_callers_what_they_had(shelf: Shelf, spoil: str) -> None:
    flows = {"main": flow("greeting")}
    published = Published(shelf.folder, flows)
    shelf.put(main="welcome_back")
    assert published.refresh()
    good = flows["main"]
    shelf.put(main="third")
    path = shelf.folder / "flows" / f"main.{flow('third').version}.yaml"
    if spoil == "index":
        shelf.index("{")
    elif spoil == "gone":
        path.unlink()
    else:
        path.write_text("nodes: [" if spoil == "text" else TEXT.format(prompt="fourth"), "utf-8")
    assert not published.refresh()
    assert flows == {"main": good}
    shelf.put(main="third")
    assert published.refresh(), "the next good one is taken"


def test_a_bureaus_own_prompt_is_heard_from_the_next_time_it_is_said(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder in (shipped / "zh-CN", own / "zh-CN"):
        folder.mkdir(parents=True)
    (shipped / "zh-CN" / "greeting.wav").write_bytes(b"old")
    prompts = Prompts([shipped], own)
    assert prompts.file("greeting", "zh-CN") == shipped / "zh-CN" / "greeting.wav"
    (own / "zh-CN" / "greeting.wav").write_bytes(b"new")
    assert prompts.file("greeting", "zh-CN") == own / "zh-CN" / "greeting.wav"
    assert prompts.file("greeting@zh-CN", "en") == own / "zh-CN" / "greeting.wav"
    (own / "zh-CN" / "greeting.wav").unlink()
    assert prompts.file("greeting", "zh-CN") == shipped / "zh-CN" / "greeting.wav"
