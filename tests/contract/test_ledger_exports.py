"""Exports of ledgers on both databases: read back, masked, for few in clear, killed and run again; the files themselves."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from hotline.core.errors import Forbidden, Invalid, Missing
from hotline.store.engine import Store
from hotline.store.ledgers import exports
from hotline.store.ledgers.files import PART, Parts, part_path, read_parts, sheet
from hotline.store.ledgers.line import Asked
from hotline.store.ledgers.scope import viewer_of
from hotline.store.models import Account, AuditEvent, Export, Job, Ticket
from hotline.store.repositories import ticket_secrecy
from hotline.store.sealing import SealError
from tests.fakes.ledgers import (
    ASKED,
    NOW,
    ask,
    content,
    run,
    table,
    visit,
)
from tests.fakes.tickets import add_matter

pytestmark = pytest.mark.contract


@pytest.fixture
def city(demo_store: Store) -> Store:
    return demo_store


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_export_is_read_back_masked_and_harmless(city: Store, kind: str) -> None:
    visit(city)
    visit(city, matter="+1", people=3)
    export_id = ask(city, kind=kind)
    run(city)
    made = content(city, export_id)
    heading, *rows = table(kind, made)
    assert heading[:3] == ["来访时间", "承办中心", "来访人"]
    matters = sorted(row[7] for row in rows)
    assert matters == ["'+1", '\'=HYPERLINK("http://x")']
    assert {str(row[4]) for row in rows} == {"2", "3"}
    assert {row[2] for row in rows} == {"王**"}
    assert "当场答复" in {row[8] for row in rows}
    raw = part_path(city.settings.exports_dir, export_id, 0).read_bytes()
    assert "来访".encode() not in raw  # sealed
    for secret in ("王小明", "13812345678"):
        assert secret not in str(rows)
        assert secret.encode() not in raw
    with city.read() as session:
        actions = [row.action for row in session.scalars(select(AuditEvent)) if row.object == f"exports/{export_id}"]
        assert actions == ["export.asked", "export.made"]
        assert session.get_one(Export, export_id).rows_done == 2


def test_what_was_searched_for_is_sealed(city: Store) -> None:
    visit(city)
    visit(city, visitor="李四", phone="13900000000")
    asked = Asked(ASKED.first, ASKED.last, {"q": "王小明"})
    with city.write() as session:
        row = exports.ask(
            session,
            city.secrecy,
            "acc_supervisor",
            "visits",
            "csv",
            asked,
            language="en",
            purpose="x" * 4,
            clear=False,
            now=NOW,
        )
        assert "王小明" not in str(row.filters) + row.q_enc
        export_id = row.id
    run(city)
    assert len(table("csv", content(city, export_id))) == 2
    with city.read() as session:
        assert "王小明" not in str([row.data for row in session.scalars(select(AuditEvent))])


def test_in_clear_is_for_few_and_said(city: Store) -> None:
    visit(city)
    with pytest.raises(Forbidden, match="clear"):
        ask(city, account="acc_town", clear=True)
    with pytest.raises(Missing):
        ask(city, account="acc_desk1")
    export_id = ask(city, kind="csv", account="acc_director", clear=True)
    run(city)
    assert table("csv", content(city, export_id))[1][2:4] == ["王小明", "13812345678"]
    # whoever has lost the right before it is made gets nothing
    later = ask(city, kind="csv", account="acc_director", clear=True)
    with city.write() as session:
        session.get_one(Account, "acc_director").director = False
    run(city)
    with city.read() as session:
        row = session.get_one(Export, later)
        assert (row.state, row.error) == ("failed", "ledger.clear")
        assert viewer_of(session.get_one(Account, "acc_director")).director is False
    assert not list(city.settings.exports_dir.glob(f"{later}.*"))


@pytest.mark.parametrize(
    ("ledger", "column", "masked", "clear", "other"),
    [("cases", "来电人", "王**", "王小明", "李四四"), ("calls", "来电号码", "138****5678", "13812345678", "13800000002")],
)
def test_a_confidential_caller_is_in_clear_only_for_whom_it_was_granted_to(
    city: Store, ledger: str, column: str, masked: str, clear: str, other: str
) -> None:
    number = add_matter(city, now=NOW, service_type="S17", risk_flags=["R03"])
    add_matter(city, now=NOW, service_type="S17", number="13800000002", caller_name="李四四")

    def names() -> set[str]:
        export_id = ask(city, ledger, "csv", clear=True)
        run(city)
        heading, *rows = table("csv", content(city, export_id))
        return {row[heading.index(column)] for row in rows}

    assert names() == {masked, other}
    with city.write() as session:
        ticket_secrecy.grant(session, session.get_one(Ticket, number), "acc_supervisor", "acc_director", "督办", NOW)
    assert names() == {clear, other}


def test_a_centre_exports_its_branch_only_and_a_statistician_no_persons(city: Store) -> None:
    add_matter(city, now=NOW, matter_region="990103101", service_type="S07", number="13800000001")
    mine = add_matter(city, now=NOW, service_type="S07", number="13800000002")
    export_id = ask(city, "cases", "csv", "acc_director")
    run(city)
    rows = table("csv", content(city, export_id))
    assert [row[0] for row in rows[1:]] == [mine]
    with city.write() as session:
        session.get_one(Account, "acc_auditor").role = "statistician"
    export_id = ask(city, "cases", "csv", "acc_auditor")
    run(city)
    rows = table("csv", content(city, export_id))
    assert len(rows) == 3
    assert "来电人" not in rows[0]
    assert "138" not in str(rows[1:])


def test_killed_half_way_it_begins_anew_and_done_once_it_is_done(city: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        visit(city, matter=f"第{n}件")
    export_id = ask(city, kind="csv")
    monkeypatch.setattr(exports, "PAGE", 2)
    real = exports._progress
    calls = iter(range(100))

    def dies(store: Store, what: str, done: int, total: int) -> None:
        real(store, what, done, total)
        if next(calls) == 2:
            raise KeyboardInterrupt  # as near to a kill as one process comes

    monkeypatch.setattr(exports, "_progress", dies)
    folder = city.settings.exports_dir
    with pytest.raises(KeyboardInterrupt):
        exports.make(city, folder, export_id, most=100, keep_seconds=60)
    with city.read() as session:
        half = session.get_one(Export, export_id)
        assert (half.state, half.rows_done, half.rows_total) == ("running", 4, 5)
    monkeypatch.setattr(exports, "_progress", real)
    run(city)
    assert len(table("csv", content(city, export_id))) == 6
    before = part_path(folder, export_id, 0).stat().st_mtime_ns
    exports.make(city, folder, export_id, most=100, keep_seconds=60)
    assert part_path(folder, export_id, 0).stat().st_mtime_ns == before
    # its time over, the file goes and the row stays
    exports.expire(city, folder, export_id, NOW)
    exports.expire(city, folder, export_id, NOW)
    assert not list(folder.glob(f"{export_id}.*"))
    with city.read() as session:
        assert session.get_one(Export, export_id).state == "expired"
        keys = {row.key for row in session.scalars(select(Job)) if row.kind == exports.KIND}
        assert keys == {f"export_ledger:{export_id}", f"export_ledger:{export_id}:expire"}


def test_too_much_is_refused_before_it_is_made(city: Store) -> None:
    visit(city)
    visit(city)
    export_id = ask(city)
    exports.make(city, city.settings.exports_dir, export_id, most=1, keep_seconds=60)
    with city.read() as session:
        row = session.get_one(Export, export_id)
        assert (row.state, row.error) == ("failed", "export.too_many")
    for _ in range(3):
        ask(city)
    with pytest.raises(Invalid, match="busy"):
        ask(city)


# files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "exports"


def test_a_long_file_lies_in_parts_and_none_can_be_swapped(store: Store, folder: Path) -> None:
    out = Parts(folder, "exp_1", store.secrecy)
    made = sheet("csv", out, "x", ["列"])
    for n in range(60_000):
        made.row([f"{n:06d}" + "字" * 25, n, None])
    made.close()
    digest = out.finish()
    assert out.count >= 2
    assert out.size > PART
    whole = b"".join(read_parts(folder, "exp_1", out.count, store.secrecy))
    assert hashlib.sha256(whole).hexdigest() == digest
    assert len(whole) == out.size
    assert whole.count(b"\r\n") == 60_001
    first, second = part_path(folder, "exp_1", 0), part_path(folder, "exp_1", 1)
    assert first.stat().st_mode & 0o077 == 0
    held = first.read_bytes()
    first.write_bytes(second.read_bytes())
    with pytest.raises(ValueError, match="another one"):
        list(read_parts(folder, "exp_1", out.count, store.secrecy))
    first.write_bytes(held[:-1] + bytes([held[-1] ^ 1]))
    with pytest.raises(SealError):
        list(read_parts(folder, "exp_1", out.count, store.secrecy))


def test_a_sheet_holds_numbers_text_and_what_xml_cannot(store: Store, folder: Path) -> None:
    out = Parts(folder, "exp_2", store.secrecy)
    made = sheet("xlsx", out, "台账 <&>", ["a", "b", "c", "d"])
    made.row(["<b>&'\"", 3, 2.5, None])
    made.row(["\x00\x07字\ud800", -1, "-1", "\tx"])
    made.close()
    out.finish()
    book = openpyxl.load_workbook(io.BytesIO(b"".join(read_parts(folder, "exp_2", out.count, store.secrecy))))
    found = book.worksheets[0]
    assert found.title == "台账 <&>"
    assert [cell.value for cell in found[2]] == ["<b>&'\"", 3, 2.5, None]
    assert [cell.value for cell in found[3]] == ["字", -1, "'-1", "'\tx"]
    assert found.freeze_panes == "A2"
    assert found["C3"].quotePrefix
