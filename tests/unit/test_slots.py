"""The workers' rows in shared memory: who holds which place, and signs of life that are never seen half written."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from hotline.conversation.slots import Slots, pinned

pytestmark = pytest.mark.unit


def test_a_place_is_taken_used_and_given_back(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots")
    assert slots.holder(3) is None
    slots.take(3)
    found = slots.holder(3)
    assert found is not None
    assert (found.pid, found.busy, found.pinned, found.alive()) == (os.getpid(), False, False, True)
    slots.busy(3, pinned=True)
    assert pinned(tmp_path / "slots") == 1
    slots.busy(3)
    assert [(one.slot, one.busy, one.pinned) for one in slots.holders()] == [(3, True, False)]
    assert pinned(tmp_path / "slots") == 0
    slots.clear(3)
    assert list(slots.holders()) == []


def test_a_sign_of_life_is_never_seen_half_written(tmp_path: Path) -> None:
    """A reader who saw zero for a moment would take a worker in the middle of a call for hung, and the pool would kill it."""
    slots = Slots(tmp_path / "slots")
    began = time.monotonic()
    child = os.fork()
    if child == 0:  # beats as fast as it can, until it is ended
        slots.take(5)
        while True:
            slots.beat(5)
    try:
        seen: set[bool] = set()
        while time.monotonic() - began < 1.5:
            holder = slots.holder(5)
            if holder is not None:
                seen.add(began <= holder.beat <= time.monotonic())
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert seen == {True}
