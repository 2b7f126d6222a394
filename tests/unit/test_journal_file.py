"""The journal's file when the disk will not take what is written."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hotline.conversation.journal import Journal
from hotline.core.facts import Fact
from hotline.core.journal import decode

pytestmark = pytest.mark.unit


def fact(seq: int) -> Fact:
    return Fact("call_answered", "call_x", 1.0, seq, "call")


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    (tmp_path / "call_x.jnl").symlink_to("/dev/full")
    journal = Journal(tmp_path, "call_x")
    with pytest.raises(OSError, match="No space"):
        journal.facts([fact(1)])
    journal.close()


def test_of_many_who_begin_a_call_one_gets_its_journal(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: begin(tmp_path / "calls"), range(8)))
    [journal] = [one for one in made if one is not None]
    journal.facts([fact(1)])
    journal.close()
    again = Journal(tmp_path / "calls", "call_x")  # whoever only goes on with it may
    again.close()
    assert len(decode((tmp_path / "calls" / "call_x.jnl").read_bytes()).records) == 1


def begin(folder: Path) -> Journal | None:
    try:
        return Journal(folder, "call_x", new=True)
    except FileExistsError:
        return None


def test_what_follows_half_a_line_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path, "call_x")
    journal.facts([fact(1)])
    real = os.write

    def short(fd: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", full)
        return real(fd, data[:20])

    def full(_fd: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(OSError, match="No space"):
        journal.facts([fact(2)])
    monkeypatch.setattr(os, "write", real)
    journal.facts([fact(3)])
    journal.close()
    decoded = decode((tmp_path / "call_x.jnl").read_bytes())
    assert [record["fact"]["seq"] for record in decoded.records] == [1, 3]
    assert len(decoded.problems) == 1
