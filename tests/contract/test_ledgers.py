"""Ledgers on both databases: what is written, who reads what, pages without gaps."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hotline.core.calendars.days import ZONE
from hotline.core.errors import HotlineError, Invalid, Rejected
from hotline.core.facts import Fact
from hotline.core.ledgers.advisers import Owed
from hotline.core.ledgers.tables import LEDGERS
from hotline.core.tickets import Actor
from hotline.store.engine import Store
from hotline.store.ledgers import advisers, visits
from hotline.store.ledgers.duty import Duty
from hotline.store.ledgers.line import Asked
from hotline.store.ledgers.scope import Viewer
from hotline.store.ledgers.sources import source
from hotline.store.models import Account, Agent, Talk, Ticket
from hotline.store.repositories import facts
from tests.fakes.ledgers import (
    ASKED,
    BOSS,
    COUNTER,
    COUNTY,
    NOW,
    TODAY,
    TOWN,
    act,
    adviser,
    ask,
    content,
    lines,
    run,
    table,
    visit,
)
from tests.fakes.records import add_call
from tests.fakes.tickets import add_matter

pytestmark = pytest.mark.contract


@pytest.fixture
def city(demo_store: Store) -> Store:
    return demo_store


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
    since = TODAY - timedelta(days=40)
    duty = lines(city, "duty", BOSS, size=7, first=since)
    assert duty == lines(city, "duty", BOSS, first=since)
    assert duty
    assert lines(city, "duty", COUNTY) == []


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
