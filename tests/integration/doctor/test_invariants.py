"""`hotline doctor` on a whole home: clean as it was made, and each broken invariant is named."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hotline.jobs import doctor, seal_recording
from hotline.store.sealing import seal
from tests.audited import whole_call
from tests.integration.doctor.damage import BROKEN
from tests.integration.doctor.home import FIRST_RECORDING, NOW, Home, gave_up, open_home

pytestmark = pytest.mark.integration


def test_clean(home: Home) -> None:
    report = doctor.examine(home.settings, deep=True)
    assert report.clean, report.broken
    counts = {key: report.checked[key] for key in ("I1", "I7", "I15", "I16", "I17", "I18", "I20", "I21", "I22", "I29")}
    assert all(counts.values()), counts
    assert report.skipped == {"I5": "redis"}


def test_what_is_on_its_way_is_not_broken(home: Home) -> None:
    """A running system: a call in progress, one that just ended, captures waiting for their job."""
    now = time.time()
    live = whole_call("call_d", now - 20, agent="a3", suffix="d")[:12]
    home.take(live, done=False)
    path = home.journal_dir / "call_d.jnl"
    path.touch()
    home.take(gave_up("call_e", now - 45), done=False, archive=False)
    (home.journal_dir / "call_e.jnl").touch()
    recording = next(str(fact.data["recording_id"]) for fact in live if fact.name == "recording_started")
    home.capture(recording, 3)
    report = doctor.examine(home.settings)
    assert report.clean, report.broken
    assert report.live == 1
    # The same after everything has stopped for a while: nobody owns the call any more.
    os.utime(path, (now - 300, now - 300))
    assert ("I8", "call.no_owner") in home.found()


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_invariant_is_named(home: Home, name: str) -> None:
    invariant, problem, damage = BROKEN[name]
    damage(home)
    assert (invariant, problem) in home.found()


def test_a_short_channel_is_seen(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", request.getfixturevalue("_sqlite_template"))
    home.take(whole_call("call_a", NOW - 3600))
    for fact in home.facts["call_a"]:
        if fact.name == "recording_ended":
            seconds = float(fact.data["seconds"])
            home.capture(str(fact.data["recording_id"]), seconds, peer_seconds=seconds - 2)
            home.work(seal_recording.handler(seal), recording_id=fact.data["recording_id"])
    assert ("I16", "recording.side_short") in home.found()
    home.store.close()


def test_a_consultation_without_the_caller_is_whole(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", request.getfixturevalue("_sqlite_template"))
    home.take(whole_call("call_a", NOW - 3600))
    for fact in home.facts["call_a"]:
        if fact.name == "recording_ended":
            seconds = float(fact.data["seconds"])
            home.capture(str(fact.data["recording_id"]), 0.0, peer_seconds=seconds)
            home.work(seal_recording.handler(seal), recording_id=fact.data["recording_id"])
    assert ("I16", "recording.side_short") in home.found()
    home.sql("UPDATE talks SET role = 'consult'")
    assert ("I16", "recording.side_short") not in home.found()
    home.store.close()


def test_a_run_killed_between_sealing_and_its_commit_is_picked_up(home: Home) -> None:
    """The sealed file is there, the captures are gone, the row still says captured."""
    recording_id = home.one(f"SELECT {FIRST_RECORDING}")
    before = home.sealed_file().read_bytes()
    home.sql(
        "UPDATE recordings SET state = 'captured', path = '', sha256 = '', bytes = 0, sealed_at = NULL "
        "WHERE recording_id = :id",
        id=recording_id,
    )
    home.work(seal_recording.handler(seal), recording_id=recording_id)
    assert home.found() == set()
    assert home.sealed_file().read_bytes() == before


def test_nothing_is_written(home: Home) -> None:
    before = {path: path.read_bytes() for path in home.settings.home.rglob("*") if path.is_file() and ".db" not in path.name}
    doctor.examine(home.settings, deep=True)
    after = {path: path.read_bytes() for path in home.settings.home.rglob("*") if path.is_file() and ".db" not in path.name}
    assert before == after
