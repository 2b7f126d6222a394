"""A short storm: the command of `make storm`, with fewer people and less time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.running import ROOT

pytestmark = [pytest.mark.sip, pytest.mark.timeout(400)]


def test_a_short_storm(tmp_path: Path) -> None:
    """Callers and agents of every kind, routing, Redis and workers killed: each call tells on record what happened on the wire,
    offers accepted by several agents at once have one winner, and the doctor finds nothing."""
    summary = tmp_path / "storm.json"
    done = subprocess.run(
        [
            *(sys.executable, "benchmarks/storm.py", "--minutes", "0.6", "--callers", "14", "--seats", "6", "--seed", "3"),
            *("--json", str(summary)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert summary.exists(), done.stdout[-2000:] + done.stderr[-4000:]
    found = json.loads(summary.read_text("utf-8"))
    assert (found["unexpected"], found["troubles"], found["doctor"]["broken"]) == ([], [], {}), done.stdout
    assert done.returncode == 0, done.stdout
    assert found["calls"] > 14
    assert len(found["harm"]) == 6
    assert found["double_accepts"]["two_winners"] == 0
    assert found["double_accepts"]["one_winner"] >= 1
