"""Ledgers for tests: who reads them, what is written into them, exports asked for, made and read back."""

from __future__ import annotations

import csv
import io
import time
from datetime import date
from typing import Any

import openpyxl

from hotline.core.tickets import Actor
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.model import Limits
from hotline.jobs.durable import Runner
from hotline.jobs.handlers import handlers
from hotline.store.engine import Store
from hotline.store.ledgers import advisers, exports, visits
from hotline.store.ledgers.files import read_parts
from hotline.store.ledgers.line import Asked
from hotline.store.ledgers.scope import Viewer
from hotline.store.ledgers.sources import source
from hotline.store.models import Export
from hotline.store.repositories import jobs
from hotline.store.repositories.ticket_acts import House

BOSS = Viewer("acc_supervisor", "supervisor")
COUNTY = Viewer("acc_director", "centre", "ctr_990102", True)
TOWN = Viewer("acc_town", "centre", "ctr_990102101")
COUNTER = Viewer("acc_stat", "statistician")
NOW = time.time()
TODAY = advisers.today(NOW)
ASKED = Asked(date(TODAY.year - 1, 1, 1), TODAY)
VILLAGE = "ctr_990121201201"
VISIT = {"visitor": "王小明", "phone": "13812345678", "matter": '=HYPERLINK("http://x")', "outcome": "answered", "people": 2}


def visit(store: Store, viewer: Viewer = TOWN, key: str = "", **given: Any) -> str:
    with store.write() as session:
        return visits.write(session, store.secrecy, viewer, {**VISIT, **given}, now=NOW, key=key).id


def lines(store: Store, name: str, viewer: Viewer, size: int = 100, first: date = ASKED.first, **filters: str) -> list[Any]:
    """All lines by pages of `size`."""
    found: list[Any] = []
    asked = Asked(first, ASKED.last, filters)
    with store.read() as session:
        origin = source(name, store.secrecy)
        while page := origin.page(session, store.secrecy, viewer, asked, size, found[-1].id if found else ""):
            found += page
        assert origin.count(session, viewer, asked) == len(found)
        assert origin.totals(session, viewer, asked)["lines"] == len(found)
    return found


def adviser(store: Store, since: str = "2025-01-01") -> str:
    with store.write() as session:
        row = advisers.put_adviser(session, BOSS, None, {"centre_id": VILLAGE, "name": "李律师", "since": since}, NOW)
        return row.id


def act(store: Store, number: str, name: str, actor: Actor, now: float = NOW, **given: Any) -> None:
    with store.write() as session:
        House(session, Limits(), Warn()).do(number, name, actor, given, now=now)


def ask(store: Store, ledger: str = "visits", kind: str = "xlsx", account: str = "acc_supervisor", **more: Any) -> str:
    given = {"language": "zh-CN", "purpose": "季度考核", "clear": False, "now": NOW, **more}
    with store.write() as session:
        return exports.ask(session, store.secrecy, account, ledger, kind, Asked(ASKED.first, ASKED.last), **given).id


def run(store: Store) -> None:
    runner = Runner(store, handlers())
    with store.read() as session:
        waiting = jobs.due(session, time.time())
    for job_id in waiting:
        runner.run(job_id)


def content(store: Store, export_id: str) -> bytes:
    with store.read() as session:
        row = session.get_one(Export, export_id)
        assert row.state == "done", row.error
        parts = row.parts
    return b"".join(read_parts(store.settings.exports_dir, export_id, parts, store.secrecy))


def table(kind: str, made: bytes) -> list[list[Any]]:
    if kind == "csv":
        assert made.startswith(b"\xef\xbb\xbf")
        return [list(row) for row in csv.reader(io.StringIO(made.decode("utf-8-sig"), newline=""))]
    found = openpyxl.load_workbook(io.BytesIO(made)).worksheets[0]
    for row in found.iter_rows():
        for cell in row:
            assert cell.data_type != "f"
    return [["" if value is None else value for value in row] for row in found.iter_rows(values_only=True)]
