"""The home that every test of the doctor begins with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.core.knowledge import Draft
from hotline.jobs import finish_call
from hotline.store import audit
from hotline.store.repositories import knowledge
from tests.audited import recovered, whole_call
from tests.integration.doctor.home import NOW, Home, gave_up, open_home


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Path:
    """Three calls, an hour ago: one whole, one given up while waiting, one whose conversation died."""
    root = tmp_path_factory.mktemp("doctor") / "home"
    home = open_home(root, _sqlite_template)
    home.take(whole_call("call_a", NOW - 3600))
    home.take(gave_up("call_b", NOW - 3000))
    cut = whole_call("call_c", NOW - 2000, agent="a2", suffix="c")[:12]
    home.take(recovered(cut, cut[-1].at + 20))
    for call_id in ("call_a", "call_c"):
        home.record(call_id)
    for call_id in ("call_a", "call_b", "call_c"):
        home.work(finish_call.run, call_id=call_id)
    with home.store.write() as session:
        for number in (1, 2):
            entry = Draft("script", f"话术{number}", {"text": "请稍等"})
            knowledge.add(session, entry, by="system", now=NOW)
        for number in range(3):
            audit.append(session, at=NOW, actor="acc_1", action="recording.played", object=f"recordings/{number}")
    home.store.close()
    return root


@pytest.fixture
def home(_made: Path, tmp_path: Path) -> Iterator[Home]:
    shutil.copytree(_made, tmp_path / "home")
    found = open_home(tmp_path / "home")
    yield found
    found.store.close()
