"""kill -9 of the part `jobs` at each step of an export, Redis emptied each time: the file is whole and there once,
nothing of it is given out before, and the next process goes on at once."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import signal
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from hotline.store.demo import load_demo
from hotline.store.engine import Store
from hotline.store.ledgers import exports, visits
from hotline.store.ledgers.files import read_parts
from hotline.store.ledgers.line import Asked
from hotline.store.ledgers.scope import Viewer
from hotline.store.models import AuditEvent, Export, Job
from tests.conftest import RedisServer, eventually
from tests.integration.killed import part_of

pytestmark = pytest.mark.integration

ROWS = 300
TOWN = Viewer("acc_town", "centre", "ctr_990102101")
BODY = """
    from hotline.jobs import handlers as all_of
    from hotline.jobs.main import main
    from hotline.store.ledgers import exports, files

    exports.PAGE, files.PART = 40, 8192
    before(exports, "_make", "begun")
    progress, note, kinds = exports._progress, exports._note, dict(all_of.handlers())

    def half(store, export_id, done, total):
        progress(store, export_id, done, total)
        if done >= 160:
            hang("half")

    def noted(session, row, action, now):
        note(session, row, action, now)
        if action == "export.made":
            hang("closing")

    exports._progress, exports._note = half, noted
    after(files.Parts, "finish", "whole")

    def export(work, inner=kinds["export_ledger"]):
        if work.payload.get("expire"):
            return inner(work)
        hang("taken")
        inner(work)
        hang("marked")

    def run():
        main(settings(), {**kinds, "export_ledger": export})
"""
STEPS = ("taken", "begun", "half", "whole", "closing", "marked")
"""Nothing done; the row says that it runs; in the middle of the file; the file written and the row not; the row written and not
committed; committed, and the job not marked."""


def asked_for(store: Store, kind: str) -> str:
    """Three hundred visits, and an export of them."""
    now, chance = time.time(), random.Random(7)
    load_demo(store, store.settings)
    with store.write() as session:
        for n in range(ROWS):
            # So much, and so little alike, that parts are written long before the end.
            matter = f"第{n}件" + "".join(chance.choices("邻里宅基地排水纠纷请求调解欠薪赡养继承买卖合同租赁", k=800))
            given: dict[str, Any] = {"visitor": "王小明", "phone": "13812345678", "matter": matter, "outcome": "answered"}
            visits.write(session, store.secrecy, TOWN, given, now=now, key=f"k{n}")
    asked = Asked(date.fromtimestamp(now - 86_400), date.fromtimestamp(now + 86_400))
    with store.write() as session:
        row = exports.ask(
            session,
            store.secrecy,
            "acc_town",
            "visits",
            kind,
            asked,
            language="zh-CN",
            purpose="季度考核",
            clear=False,
            now=now,
        )
        return row.id


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_killed_at_each_step_is_whole_and_made_once(
    sqlite_store: Store, redis_server: RedisServer, tmp_path: Path, kind: str
) -> None:
    store = sqlite_store
    export_id = asked_for(store, kind)
    folder = store.settings.exports_dir
    with part_of(store.settings, tmp_path / "part", BODY) as part:
        for step in STEPS:
            began = time.monotonic()
            part.start()
            part.hangs_at(step)
            assert time.monotonic() - began < 15, "long before the lease of the dead one runs out"
            part.kill()
            redis_server.empty()
            seen = export(store, export_id)
            assert (seen.state == "done") == (step == "marked"), f"{seen.state} when killed at {step}"
            if step == "half":
                assert 160 <= seen.rows_done < seen.rows_total == ROWS
                assert list(folder.glob(f"{export_id}.*-0")), "there is half a file, and it is not shown"
        part.start()
        eventually(lambda: done(store, export_id), 20)
        part.kill()
    made_once(store, export_id, kind)


def test_one_that_stood_still_throws_away_what_it_made(sqlite_store: Store, redis_server: RedisServer, tmp_path: Path) -> None:
    """Frozen in the middle of the file until its lease had run out, it comes to when another has made it."""
    store = sqlite_store
    export_id = asked_for(store, "xlsx")
    folder = store.settings.exports_dir
    with part_of(store.settings, tmp_path / "one", BODY) as part, part_of(store.settings, tmp_path / "two", BODY) as other:
        for step in STEPS:
            (other.marks / step).touch()
            if step != "half":
                (part.marks / step).touch()
        part.start()
        part.hangs_at("half")
        os.kill(part.pid, signal.SIGSTOP)
        with store.write() as session:
            session.execute(update(Job).where(Job.state == "running").values(lease_until=time.time() - 1))
        other.start()
        eventually(lambda: done(store, export_id), 20)
        files = {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if not path.name.endswith(".making")}
        part.go_on()
        os.kill(part.pid, signal.SIGCONT)
        eventually(lambda: {path.name for path in folder.iterdir()} == whole(store, export_id), 20)
        time.sleep(1)
        part.kill()
        other.kill()
    kept = whole(store, export_id)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == {name: files[name] for name in kept}
    made_once(store, export_id)


def made_once(store: Store, export_id: str, kind: str = "") -> None:
    """The file is what its row says, and it was made, and will be deleted, once."""
    folder = store.settings.exports_dir
    found = export(store, export_id)
    assert (found.state, found.rows_done, found.rows_total) == ("done", ROWS, ROWS)
    assert {path.name for path in folder.iterdir()} == {f"{export_id}.{n}" for n in range(found.parts)}
    made = b"".join(read_parts(folder, export_id, found.parts, store.secrecy))
    assert (hashlib.sha256(made).hexdigest(), len(made)) == (found.sha256, found.bytes)
    if kind == "csv":
        assert len(list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))) == ROWS + 1
    with store.read() as session:
        actions = [row.action for row in session.scalars(select(AuditEvent)) if row.object == f"exports/{export_id}"]
        assert actions == ["export.asked", "export.made"]
        keys = sorted(row.key for row in session.scalars(select(Job)) if row.kind == exports.KIND)
        assert keys == [f"export_ledger:{export_id}", f"export_ledger:{export_id}:expire"]


def whole(store: Store, export_id: str) -> set[str]:
    """The names of the finished file's parts."""
    return {f"{export_id}.{n}" for n in range(export(store, export_id).parts)}


def export(store: Store, export_id: str) -> Export:
    with store.read() as session:
        return session.get_one(Export, export_id)


def done(store: Store, export_id: str) -> bool:
    with store.read() as session:
        return session.scalars(select(Job.state).where(Job.key == f"export_ledger:{export_id}")).one() == "done"
