"""Ledgers on both databases: what is written, who reads what, pages without gaps, exports read back, killed and run again."""

from __future__ import annotations

import csv
import hashlib
import io
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from hotline.core.calendars.days import ZONE
from hotline.core.errors import Forbidden, HotlineError, Invalid, Missing, Rejected
from hotline.core.facts import Fact
from hotline.core.ledgers.advisers import Owed
from hotline.core.ledgers.tables import LEDGERS
from hotline.core.tickets import Actor
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.model import Limits
from hotline.jobs.durable import Runner
from hotline.jobs.handlers import handlers
from hotline.store.engine import Store
from hotline.store.ledgers import advisers, exports, visits
from hotline.store.ledgers.duty import Duty
from hotline.store.ledgers.files import PART, Parts, part_path, read_parts, sheet
from hotline.store.ledgers.line import Asked
from hotline.store.ledgers.scope import Viewer, viewer_of
from hotline.store.ledgers.sources import source
from hotline.store.models import Account, Agent, AuditEvent, Export, Job, Talk, Ticket
from hotline.store.repositories import facts, jobs, ticket_secrecy
from hotline.store.repositories.ticket_acts import House
from hotline.store.sealing import SealError
from tests.fakes.records import add_call
from tests.fakes.tickets import add_matter

pytestmark = pytest.mark.contract

BOSS = Viewer("acc_supervisor", "supervisor")
COUNTY = Viewer("acc_director", "centre", "ctr_990102", True)
TOWN = Viewer("acc_town", "centre", "ctr_990102101")
COUNTER = Viewer("acc_stat", "statistician")
NOW = time.time()
TODAY = advisers.today(NOW)
ASKED = Asked(date(TODAY.year - 1, 1, 1), TODAY)
VILLAGE = "ctr_990121201201"
VISIT = {"visitor": "王小明", "phone": "13812345678", "matter": '=HYPERLINK("http://x")', "outcome": "answered", "people": 2}


@pytest.fixture
def city(demo_store: Store) -> Store:
    return demo_store


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


def test_a_visit_is_sealed_masked_and_written_once(city: Store) -> None:
    first = visit(city, key="k1")
    assert visit(city, key="k1") == first
    second = visit(city, COUNTY, key="k1")  # another person's key is another
    assert [line.id for line in lines(city, "visits", TOWN)] == [first]
    assert {line.id for line in lines(city, "visits", COUNTY)} == {first, second}
    assert lines(city, "visits", Viewer("x", "centre", "ctr_990103")) == []
    assert lines(city, "visits", Viewer("x", "agent")) == []
    cells = lines(city, "visits", TOWN)[0].cells
    assert (cells["visitor"], cells["phone"]) == ("王**", "138****5678")
    assert [line.id for line in lines(city, "visits", TOWN, q="王小明")] == [first]
    assert [line.id for line in lines(city, "visits", TOWN, q="13812345678")] == [first]
    assert lines(city, "visits", TOWN, q="小明") == []
    with city.write() as session:
        visits.void(session, TOWN, first, "登记错误", NOW)
    assert lines(city, "visits", TOWN)[0].cells["voided"] == "登记错误"
    with city.read() as session:
        assert source("visits", city.secrecy).totals(session, TOWN, ASKED) == {"lines": 1, "visits": 0, "people": 0}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"centre_id": "ctr_990103"}, "ledger.not_yours"),
        ({"centre_id": "nowhere"}, "centre.missing"),
        ({"at": NOW + 3600}, "ledger.time"),
        ({"outcome": "forgotten"}, "ledger.outcome"),
        ({"category": "9999"}, "ledger.code"),
        ({"matter": " "}, "ledger.empty"),
        ({"ticket_number": "20261122-0001-22"}, "ticket.missing"),
    ],
)
def test_a_wrong_visit_is_not_written(city: Store, given: dict[str, Any], code: str) -> None:
    with pytest.raises(HotlineError) as found:
        visit(city, **given)
    assert found.value.code == code
    assert lines(city, "visits", BOSS) == []


def test_the_log_of_the_advisers_and_who_is_behind(city: Store) -> None:
    who = adviser(city)
    last_month = date(TODAY.year, TODAY.month, 1).toordinal() - 1
    day = date.fromordinal(last_month)

    def write(**given: Any) -> str:
        values = {"adviser_id": who, "date": day.isoformat(), "kind": "onsite", "from_minute": 540, "to_minute": 600, **given}
        with city.write() as session:
            return advisers.write(session, BOSS, values, now=NOW, key=str(given.get("key", ""))).id

    before = len(lines(city, "advisers", BOSS))
    entry = write()
    with pytest.raises(Invalid, match="overlap"):
        write(from_minute=570, to_minute=700)
    write(from_minute=600, to_minute=660, kind="lecture", people=40)
    with city.read() as session:
        (row,) = [one for one in advisers.standings(session, BOSS, day, NOW, Owed()) if one.adviser.id == who]
        assert (row.standing.minutes, row.standing.behind_month, row.standing.lectures) == (120, True, 1)
        assert advisers.standings(session, Viewer("x", "centre", "ctr_990102102"), day, NOW, Owed()) == []
    with city.write() as session:
        advisers.void(session, BOSS, entry, "记错人", NOW)
    with pytest.raises(Rejected), city.write() as session:
        advisers.void(session, BOSS, entry, "记错人", NOW)
    write(from_minute=540, to_minute=600)  # the time is free again
    found = lines(city, "advisers", BOSS, size=1)
    assert [line.cells["voided"] for line in found].count("记错人") == 1
    assert len(found) == before + 3


def test_each_ledger_pages_without_a_gap_and_keeps_to_the_branch(city: Store) -> None:
    for n, service in enumerate(["S13", "S03", "S17", "S13", "S07"]):
        add_matter(city, now=NOW - n, service_type=service)
    for name in ("cases", "calls"):
        whole = [line.id for line in lines(city, name, BOSS)]
        assert len(whole) == 5
        assert [line.id for line in lines(city, name, BOSS, size=2)] == whole
    assert len(lines(city, "complaints", BOSS)) == 2
    assert len(lines(city, "cases", BOSS, service_type="S17")) == 1
    with city.read() as session:
        mine = set(session.scalars(select(Ticket.number).where(Ticket.centre_id.like("ctr_990102%"))))
    assert {line.id for line in lines(city, "cases", COUNTY)} == mine
    assert {line.cells["ticket_number"] for line in lines(city, "calls", COUNTY)} == mine
    assert lines(city, "cases", Viewer("x", "centre", "ctr_990121")) == []
    duty = lines(city, "duty", BOSS, size=7)
    assert duty == lines(city, "duty", BOSS, size=100)
    assert duty
    assert lines(city, "duty", COUNTY) == []


def act(store: Store, number: str, name: str, actor: Actor, now: float = NOW, **given: Any) -> None:
    with store.write() as session:
        House(session, Limits(), Warn()).do(number, name, actor, given, now=now)


def test_the_ledger_of_complaints_has_the_three_opinions_and_is_kept_from_the_accused(city: Store) -> None:
    boss, clerk = Actor("acc_supervisor", "supervisor"), Actor("acc_centre", "centre", "ctr_990102")
    head = Actor("acc_director", "centre", "ctr_990102", director=True)
    number = add_matter(city, now=NOW - 100, service_type="S17")
    act(city, number, "open_complaint", boss, accused="account:acc_town", why="态度恶劣")
    act(city, number, "assign", boss, centre_id="ctr_990102")
    act(city, number, "sign", clerk)
    act(city, number, "handle", clerk)

    def row(viewer: Viewer = BOSS) -> dict[str, Any]:
        (line,) = lines(city, "complaints", viewer)
        return dict(line.cells)

    keys = {column.key for column in LEDGERS["complaints"].columns}
    said = keys - {column.key for column in LEDGERS["cases"].columns}
    assert {row().get(key) for key in said} == {None}
    act(city, number, "report_complaint", clerk, NOW - 50, report="=1+1 已核实通话录音")
    assert (row()["report_by"], row()["reported_at"], row()["report"]) == (
        "江北区中心",
        NOW - 50,
        "=1+1 已核实通话录音",
    )
    act(city, number, "give_opinion", head, NOW - 40, opinion="情况属实，建议批评教育")
    assert row().get("decision") is None
    act(city, number, "decide_complaint", boss, NOW - 30, outcome="upheld", result="予以批评教育")
    act(city, number, "tell", clerk, NOW - 20, way="paper")
    full = row()
    assert set(full) == keys
    assert (full["opined_at"], full["opinion"]) == (NOW - 40, "情况属实，建议批评教育")
    assert (full["decided_at"], full["outcome"], full["decision"]) == (NOW - 30, "upheld", "予以批评教育")
    assert (full["told_at"], full["told_way"]) == (NOW - 20, "paper")
    assert len({full["report_by"], full["opinion_by"], full["decision_by"]}) == 3
    # whoever may see the ticket reads it; the accused and their counter see neither the line nor its number in the totals
    assert row(Viewer("acc_centre", "centre", "ctr_990102")) == full
    assert lines(city, "complaints", TOWN) == lines(city, "cases", TOWN) == []
    # in the files too: codes in words, what would run made harmless, no words for those who only count
    export_id = ask(city, "complaints", "csv")
    run(city)
    heading, (*cells,) = table("csv", content(city, export_id))
    found = dict(zip(heading, cells, strict=True))
    assert (found["承办人核查报告"], found["认定结论"], found["告知方式"]) == ("'=1+1 已核实通话录音", "投诉属实", "书面告知")
    with city.write() as session:
        session.get_one(Account, "acc_auditor").role = "statistician"
    export_id = ask(city, "complaints", "xlsx", "acc_auditor")
    run(city)
    heading, *rest = table("xlsx", content(city, export_id))
    assert "决定时间" in heading
    assert not {"承办人核查报告", "负责人意见", "主管机关决定"} & set(heading)
    assert "批评教育" not in str(rest)
    # begun anew, what was said before stands in the story only
    act(city, number, "redo", head, NOW - 10, why="来电人补充证据")
    assert {row().get(key) for key in said} == {None}


def test_the_ledger_of_duty_has_the_desk_as_routing_saw_it(city: Store) -> None:
    day = date.fromordinal(TODAY.toordinal() - 3)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()
    nine, noon, five = (midnight + hours * 3600 for hours in (9, 12, 17))
    said = [
        ("agt_8001", "available", nine), ("agt_8001", "on_call", nine + 600), ("agt_8001", "wrap_up", nine + 900),
        ("agt_8001", "available", nine + 960), ("agt_8001", "paused", noon), ("agt_8001", "available", noon + 1800),
        ("agt_8001", "offline", five),
        # over midnight, and of a routing that began anew
        ("agt_8002", "available", midnight - 3600), ("agt_8002", "available", midnight + 60),
        ("agt_8002", "offline", midnight + 3600),
        # gone for long: nothing is said of them
        ("agt_8003", "offline", midnight - 7200), ("agt_8003", "offline", nine),
    ]  # fmt: skip
    stored = [
        Fact("agent_state_changed", "", at, seq, "routing", 1 + (seq == 9), {"agent_id": who, "state": state, "reason": ""})
        for seq, (who, state, at) in enumerate(said, 1)
    ]
    with city.write() as session:
        facts.store(session, stored, NOW)
    call_id = add_call(city, agent="agt_8001", ago=time.time() - nine - 595)
    with city.write() as session:
        talk = session.get_one(Talk, call_id.replace("call", "tlk"))
        talk.started_at, talk.ended_at = nine + 600, nine + 900
    since = date.fromordinal(day.toordinal() - 2)
    whole = lines(city, "duty", BOSS, first=since)
    assert lines(city, "duty", BOSS, size=3, first=since) == whole
    found = {line.id: dict(line.cells) for line in whole if line.cells["post"] == "desk"}
    before = date.fromordinal(day.toordinal() - 1).isoformat()
    assert set(found) == {f"{before}_a_agt_8002", f"{day}_a_agt_8001", f"{day}_a_agt_8002"}
    cells = found[f"{day}_a_agt_8001"]
    with city.read() as session:
        assert cells["person"] == session.get_one(Agent, "agt_8001").name
    assert (cells["signed_in"], cells["signed_out"], cells["hours"]) == (nine, five, 8.0)
    assert (cells["ready_seconds"], cells["paused_seconds"]) == (8 * 3600 - 360 - 1800, 1800)
    assert (cells["talks"], cells["talk_seconds"]) == (1, 300)
    night = found[f"{day}_a_agt_8002"]
    assert (night["signed_in"], night["signed_out"], night["ready_seconds"]) == (None, midnight + 3600, 3600)
    eve = found[f"{before}_a_agt_8002"]
    assert (eve["signed_in"], eve["signed_out"], eve["hours"]) == (midnight - 3600, None, 1.0)
    with city.read() as session:
        totals = source("duty", city.secrecy).totals(session, COUNTER, Asked(since, TODAY))
        assert (totals["desk_hours"], totals["talks"]) == (10.0, 1)
        # whoever is there has been there until now, and not until midnight
        today = Duty(clock=lambda: noon).page(session, city.secrecy, BOSS, Asked(day, day), 1, "")[0]
    assert (today.cells["hours"], today.cells["signed_out"]) == (3.0, None)
    export_id = ask(city, "duty", "csv")
    run(city)
    heading, *rows = table("csv", content(city, export_id))
    file = [dict(zip(heading, row, strict=True)) for row in rows]
    (mine,) = [row for row in file if row["岗位"] == "坐席" and row["接听次数"] == "1"]
    assert (mine["签入"], mine["签出"]) == (f"{day} 09:00", f"{day} 17:00")
    assert (mine["就绪"], mine["暂停"], mine["通话"]) == ("7:24:00", "0:30:00", "0:05:00")


# exports


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


def test_a_confidential_caller_is_in_clear_only_for_whom_it_was_granted_to(city: Store) -> None:
    number = add_matter(city, now=NOW, service_type="S17", risk_flags=["R03"])
    add_matter(city, now=NOW, service_type="S17", number="13800000002", caller_name="李四四")

    def names() -> set[str]:
        export_id = ask(city, "cases", "csv", clear=True)
        run(city)
        heading, *rows = table("csv", content(city, export_id))
        return {row[heading.index("来电人")] for row in rows}

    assert names() == {"王**", "李四四"}
    with city.write() as session:
        ticket_secrecy.grant(session, session.get_one(Ticket, number), "acc_supervisor", "acc_director", "督办", NOW)
    assert names() == {"王小明", "李四四"}


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
