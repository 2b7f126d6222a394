"""Tickets on both databases: a random walk over the table, limits, warnings, searching, bringing old ones over."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select, text

from hotline.api.access import own_calls
from hotline.api.people import Person
from hotline.core.calendars.days import ZONE, Row, local_date
from hotline.core.errors import Forbidden, HotlineError, Rejected
from hotline.core.tickets import ACTS, OVER, STATES, Actor
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.handovers import Step, replay
from hotline.core.tickets.model import Limits
from hotline.settings.tickets import TicketSettings
from hotline.store.engine import Store
from hotline.store.models import Call, Ticket, TicketClock, TicketEvent, TicketObjection, TicketWarning
from hotline.store.repositories import calendars, ticket_clocks, ticket_events, ticket_search, ticket_sweep, tickets
from hotline.store.repositories.ticket_acts import House
from tests.fakes.tickets import add_matter

pytestmark = pytest.mark.contract

FIGURES = TicketSettings()
BOSS = Actor("acc_boss", "supervisor")
TOWN, COUNTY, CITY = "ctr_990102101", "ctr_990102", "ctr_990100"
CLERK = Actor("acc_town", "centre", TOWN)
HEAD = Actor("acc_head", "centre", TOWN, director=True)
COUNTY_CLERK = Actor("acc_county", "centre", COUNTY)
CITY_HEAD = Actor("acc_city", "centre", CITY, director=True)
ACTORS = (BOSS, CLERK, HEAD, COUNTY_CLERK, CITY_HEAD, Actor("acc_agent", "agent"), Actor("acc_else", "centre", "ctr_990103"))


def at(day: str, clock: str = "10:00") -> float:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE).timestamp()


MONDAY = at("2026-03-02")


@pytest.fixture
def city(demo_store: Store) -> Store:
    return demo_store


def do(store: Store, number: str, name: str, actor: Actor = BOSS, *, now: float, key: str = "", **given: Any) -> Ticket:
    version = given.pop("version", None)
    with store.write() as session:
        return House(session, Limits(), Warn()).do(number, name, actor, given, now=now, key=key, version=version)


def running(store: Store, number: str) -> dict[str, TicketClock]:
    with store.read() as session:
        return {row.rule: row for row in ticket_clocks.open_of(session, number)}


ONLY_THEN = (
    "ticket.merge_target", "ticket.merge_guarded", "ticket.handover_self", "ticket.extension_too_long", "ticket.clock_runs",
    "ticket.no_clock",
)  # fmt: skip
"""What only what is said with an act can bring about: a button does not know it."""
SAID: dict[str, Any] = {
    "text": "说明原因", "centre": TOWN, "amount": 3, "score": 2, "time": MONDAY, "texts": ["户口本"],
    "accused": "centre:ctr_990103", "answers": {"solved": "yes"},
}  # fmt: skip
CODE = {
    "materials": "id", "notice_ways": "phone", "decline_reasons": "settled", "objection_reasons": "area",
    "suspend_reasons": "expert", "withdraw_reasons": "caller", "supervision_ways": "door", "report_offices": "police",
    "clock_rules": "LB-BAR", "follow_up_outcomes": "busy", "complaint_outcomes": "partly", "avoidance_sides": "self",
    "secrecy_reasons": "asked",
}  # fmt: skip


def said(name: str, other: str) -> dict[str, Any]:
    found = {}
    for need in ACTS[name].needs:
        code = CODE.get(need.codes, "")
        if need.kind == "person":
            continue  # a centre or a person, not both
        found[need.name] = {**SAID, "code": code, "codes": [code], "ticket": other}[need.kind]
    return found


class Walk(RuleBasedStateMachine):
    """Any act by anybody at any time, on two tickets of one matter: the rows always tell one true story."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.numbers: list[str] = []
        self.versions: dict[str, int] = {}

    @initialize(flags=st.sampled_from([[], [], ["R04"]]), service=st.sampled_from(["S01", "S02", "S03", "S17"]))
    def begin(self, flags: list[str], service: str) -> None:
        self.numbers = [add_matter(self.store, now=self.now, risk_flags=flags, service_type=service) for _ in range(2)]

    @rule(seconds=st.sampled_from([60, 3600, 86_400, 4 * 86_400, 20 * 86_400]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        ticket_sweep.sweep(self.store, FIGURES, self.now)

    @rule(
        which=st.integers(0, 1),
        act=st.sampled_from(sorted(ACTS)),
        actor=st.sampled_from(ACTORS),
        stale=st.sampled_from([False, False, False, True]),
    )
    def act(self, which: int, act: str, actor: Actor, stale: bool) -> None:
        number, other = self.numbers[which], self.numbers[1 - which]
        with self.store.read() as session:
            before = tickets.get(session, number)
            assert before is not None
            offered = {row.name for row in House(session, Limits(), Warn()).possible(before, actor, self.now)}
        given = said(act, other)
        if stale:
            with pytest.raises(HotlineError):
                do(self.store, number, act, actor, now=self.now, version=before.version + 1, **given)
            return
        try:
            after = do(self.store, number, act, actor, now=self.now, version=before.version, **given)
        except HotlineError as found:
            problem = found.code
        else:
            problem = ""
        if problem:
            assert problem.startswith("ticket.")
            assert act not in offered or problem in ONLY_THEN
            with self.store.read() as session:
                same = tickets.get(session, number)
                assert same is not None
                assert (same.version, same.state, same.seq) == (before.version, before.state, before.seq)
            return
        assert act in offered
        assert after.version == before.version + 1

    @rule(which=st.integers(0, 1), act=st.sampled_from(["accept", "assign", "sign", "handle", "finish", "tell"]))
    def usual(self, which: int, act: str) -> None:
        """The usual way is walked more often than chance would."""
        number = self.numbers[which]
        try:
            do(self.store, number, act, BOSS, now=self.now, key=f"{act}:{self.now}", **said(act, ""))
        except HotlineError:
            return
        with self.store.read() as session:
            before = session.scalar(select(func.count()).select_from(TicketEvent))
        do(self.store, number, act, BOSS, now=self.now, key=f"{act}:{self.now}", **said(act, ""))  # doubled: done once
        with self.store.read() as session:
            assert session.scalar(select(func.count()).select_from(TicketEvent)) == before

    @invariant()
    def one_true_story(self) -> None:
        with self.store.read() as session:
            clocks = ticket_clocks.Clocks(session, Warn())
            for number in self.numbers:
                ticket = tickets.get(session, number)
                assert ticket is not None
                assert ticket.state in STATES
                assert ticket.centre_id
                assert ticket_events.broken_at(ticket_events.of_ticket(session, number), ticket) is None
                rows = ticket_clocks.open_of(session, number)
                assert not (ticket.state in OVER and rows)
                for row in rows:
                    assert clocks.count(row).due_at == row.due_at
                    assert (row.state == "paused") == (row.due_at is None)
                    assert row.state != "paused" or ticket.state == "suspended"
                first = min((row.due_at for row in rows if row.due_at is not None), default=None)
                assert ticket.due_at == first
                said = replay(Step(e.seq, e.name, e.actor, e.at, e.data) for e in ticket_events.of_ticket(session, number))
                assert (said.wrong, said.keeper, said.open) == (None, ticket.keeper_id, bool(ticket.offered_by))
                levels = {row.level for row in rows}
                assert ticket.level in levels | {""}


def test_a_random_walk_over_the_table(city: Store) -> None:
    machine = type("WalkHere", (Walk,), {"store": city})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=6, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
        ),
    )


def test_from_call_to_archive_with_its_limits(city: Store) -> None:
    number = add_matter(city, now=MONDAY, service_type="S17")
    assert set(running(city, number)) == {"HL-DISPATCH"}
    do(city, number, "accept", now=MONDAY + 60)
    do(city, number, "assign", now=MONDAY + 120, centre_id=TOWN)
    sign = running(city, number)["HL-SIGN"]
    assert sign.due_at == at("2026-03-03", "17:30")  # the town's business closes then
    do(city, number, "sign", CLERK, now=MONDAY + 3600)
    handle = running(city, number)["HL-HANDLE"]
    assert handle.due_at == at("2026-03-09", "17:30")
    do(city, number, "handle", CLERK, now=MONDAY + 7200)
    do(city, number, "ask_extension", CLERK, now=MONDAY + 7300, amount=5, why="等待鉴定")
    do(city, number, "grant_extension", HEAD, now=MONDAY + 7400, way="phone")
    assert running(city, number)["HL-HANDLE"].due_at == at("2026-03-16", "17:30")
    do(city, number, "suspend", HEAD, now=at("2026-03-04"), reason="expert", why="等待鉴定")
    ticket = do(city, number, "note", CLERK, now=at("2026-03-04"), why="已催促")
    assert (ticket.due_at, ticket.state) == (None, "suspended")
    do(city, number, "resume", CLERK, now=at("2026-03-06"))
    assert running(city, number)["HL-HANDLE"].due_at == at("2026-03-18", "17:30")
    do(city, number, "finish", CLERK, now=at("2026-03-09"), result="双方达成协议")
    assert set(running(city, number)) == {"HL-RESULT", "HL-QUALITY"}
    do(city, number, "tell", CLERK, now=at("2026-03-10"), way="phone")
    with pytest.raises(Forbidden):
        do(city, number, "follow_up", CLERK, now=at("2026-03-11"), matter=1, handler=1, text="满意")
    do(city, number, "follow_up", now=at("2026-03-11"), matter=1, handler=1, text="满意")
    ticket = do(city, number, "archive", now=at("2026-03-12"))
    assert (ticket.due_at, ticket.level, running(city, number)) == (None, "", {})


def test_one_of_two_at_once_is_told(city: Store) -> None:
    number = add_matter(city, now=MONDAY)
    do(city, number, "accept", now=MONDAY, version=1)
    with pytest.raises(Rejected, match=r"ticket\.version"):
        do(city, number, "withdraw", now=MONDAY, version=1, reason="caller")
    do(city, number, "note", now=MONDAY, key="k1", why="一次")
    with pytest.raises(Rejected, match=r"ticket\.key_used"):
        do(city, number, "assign", now=MONDAY, key="k1", centre_id=TOWN)


def test_objections_are_kept_for_the_picture(city: Store) -> None:
    number = add_matter(city, now=MONDAY)
    do(city, number, "accept", now=MONDAY)
    do(city, number, "assign", COUNTY_CLERK, now=MONDAY, centre_id=TOWN)
    back = do(city, number, "object", CLERK, now=MONDAY + 60, reason="area", basis="不属于本镇")
    assert back.centre_id == COUNTY
    do(city, number, "reassign", COUNTY_CLERK, now=MONDAY + 120, centre_id="ctr_990102102", why="石桥镇辖区")
    other = Actor("acc_bridge", "centre", "ctr_990102102")
    assert do(city, number, "object", other, now=MONDAY + 180, reason="scope", basis="非调解事项").centre_id == CITY
    final = do(city, number, "adjudicate", CITY_HEAD, now=MONDAY + 240, centre_id="ctr_990102102", why="属石桥镇")
    assert final.final
    with city.read() as session:
        rows = session.scalars(select(TicketObjection).order_by(TicketObjection.id)).all()
        assert [(row.centre_id, row.sent_by, row.decided_to) for row in rows] == [
            (TOWN, COUNTY, "ctr_990102102"),
            ("ctr_990102102", COUNTY, "ctr_990102102"),
        ]


def test_warnings_once_each_and_higher_each_time(city: Store) -> None:
    number = add_matter(city, now=MONDAY, service_type="S17")
    due = running(city, number)["HL-DISPATCH"].due_at
    assert due is not None
    for when in (MONDAY + 60, due - 23 * 3600, due - 22 * 3600, due - 7 * 3600, due + 1, due + 2):
        ticket_sweep.sweep(city, FIGURES, when)
    with city.read() as session:
        found = session.scalars(select(TicketWarning).order_by(TicketWarning.id)).all()
        assert [(row.level, row.to_whom) for row in found] == [("yellow", "handler"), ("orange", "director"), ("red", "bureau")]
        ticket = tickets.get(session, number)
        assert ticket is not None
        assert ticket.level == "red"
        assert running(city, number)["HL-DISPATCH"].warn_at is None


def test_papers_that_never_came_withdraw_it(city: Store) -> None:
    number = add_matter(city, now=MONDAY, service_type="S02")
    asked = do(city, number, "ask_papers", now=MONDAY, materials=["id", "means"], others=["户口本"], way="phone")
    assert asked.materials == ["id", "means", "户口本"]
    due = running(city, number)["HL-SUPPLY"].due_at
    assert due is not None
    assert ticket_sweep.sweep(city, FIGURES, due - 1)["withdrawn"] == 0
    assert ticket_sweep.sweep(city, FIGURES, due + 1)["withdrawn"] == 1
    with city.read() as session:
        assert tickets.get(session, number).state == "withdrawn"  # type: ignore[union-attr]


def test_a_year_table_moves_what_was_provisional(city: Store) -> None:
    number = add_matter(city, now=at("2026-12-30"), service_type="S17")
    before = running(city, number)["HL-DISPATCH"]
    assert before.provisional
    ticket_sweep.sweep(city, FIGURES, at("2026-12-30"))
    with city.write() as session:
        found = [Row(date(2027, 1, 1), date(2027, 1, 3), "off"), Row(date(2027, 1, 4), date(2027, 1, 5), "off")]
        calendars.import_days(session, found, source="通知", now=at("2026-12-30"))
    assert ticket_sweep.sweep(city, FIGURES, at("2026-12-30", "11:00"))["recounted"] == 1
    assert ticket_sweep.sweep(city, FIGURES, at("2026-12-30", "11:01"))["recounted"] == 0
    after = running(city, number)["HL-DISPATCH"]
    assert not after.provisional
    assert after.due_at is not None
    assert f"{datetime.fromtimestamp(after.due_at, ZONE):%Y-%m-%d}" == "2027-01-07"
    with city.read() as session:
        ticket = tickets.get(session, number)
        assert ticket is not None
        assert ticket_events.of_ticket(session, number)[-1].name == "recounted"
        assert ticket_events.broken_at(ticket_events.of_ticket(session, number), ticket) is None


def test_a_second_call_about_the_same_matter_is_seen_and_counted(city: Store) -> None:
    first = add_matter(city, now=MONDAY)
    second = add_matter(city, now=MONDAY + 3 * 86_400)
    with city.read() as session:
        one, two = tickets.get(session, first), tickets.get(session, second)
        assert one is not None
        assert two is not None
        assert (one.repeats, two.repeat_of) == (1, first)
    do(city, second, "merge", now=MONDAY + 4 * 86_400, into=first)
    with city.read() as session:
        assert tickets.get(session, first).repeats == 1  # type: ignore[union-attr]
    assert running(city, second) == {}


def test_a_merge_taken_back_runs_on_and_its_call_counts_here_again(city: Store) -> None:
    first = add_matter(city, now=MONDAY, service_type="S17")
    second = add_matter(city, now=MONDAY + 60, service_type="S17")
    before = {rule: row.due_at for rule, row in running(city, second).items()}
    do(city, second, "merge", now=MONDAY + 120, into=first)
    back = do(city, second, "unmerge", CITY_HEAD, now=MONDAY + 9 * 86_400, why="不是同一纠纷")
    assert (back.state, back.merged_into, back.repeat_of) == ("registered", "", "")
    assert {rule: row.due_at for rule, row in running(city, second).items()} == before
    ticket_sweep.sweep(city, FIGURES, MONDAY + 9 * 86_400 + 60)
    with city.read() as session:
        one, two = tickets.get(session, first), tickets.get(session, second)
        assert one is not None
        assert two is not None
        assert (one.repeats, two.level) == (0, "red")  # it waited all the time
        for ticket in (one, two):
            assert ticket_events.broken_at(ticket_events.of_ticket(session, ticket.number), ticket) is None


def test_an_offer_that_nobody_takes_runs_out_in_working_days(city: Store) -> None:
    friday = at("2026-03-06", "16:00")
    number = add_matter(city, now=friday)
    do(city, number, "accept", COUNTY_CLERK, now=friday)
    offered = do(city, number, "offer_handover", COUNTY_CLERK, now=friday, centre_id="ctr_990103", why="当事人住城南区")
    assert offered.offered_until is not None
    assert f"{datetime.fromtimestamp(offered.offered_until, ZONE):%m-%d}" == "03-09"  # Monday
    assert ticket_sweep.sweep(city, FIGURES, at("2026-03-08"))["handovers_expired"] == 0
    assert ticket_sweep.sweep(city, FIGURES, at("2026-03-10"))["handovers_expired"] == 1
    with city.read() as session:
        after = tickets.get(session, number)
        assert after is not None
        assert (after.offered_by, after.offered_until, after.centre_id, after.keeper_id) == ("", None, TOWN, "acc_county")
    do(city, number, "offer_handover", COUNTY_CLERK, now=at("2026-03-10"), centre_id="ctr_990103", why="当事人住城南区")
    taken = do(city, number, "accept_handover", Actor("acc_else", "centre", "ctr_990103"), now=at("2026-03-10", "11:00"))
    assert (taken.centre_id, taken.keeper_id, taken.assigned_by) == ("ctr_990103", "acc_else", TOWN)


def test_found_by_words_number_and_name(city: Store) -> None:
    number = add_matter(city, now=MONDAY, facts="工厂拖欠工资三个月，老板失联", caller_name="王小明", number="13800000001")
    other = add_matter(city, now=MONDAY, facts="邻居噪音扰民", caller_name="李娜", number="13800000002")
    old = [
        add_matter(city, now=MONDAY - days * 86_400, facts="合同纠纷", caller_name="赵六", number=f"1380000001{n}")
        for n, days in enumerate((400, 100, 1))
    ]

    def find(query: str) -> list[str]:
        with city.read() as session:
            ordered = select(Ticket).order_by(Ticket.number.desc())
            plain = [row.number for row in ticket_search.first(session, city.secrecy, ordered, query, 50, None, False)]
            # By windows of time the same is found, and one row is the newest of all.
            newest = local_date(MONDAY)
            assert [
                row.number for row in ticket_search.first(session, city.secrecy, ordered, query, 50, newest, False)
            ] == plain
            assert [row.number for row in ticket_search.first(session, city.secrecy, ordered, query, 50, newest, True)] == plain
            assert [
                row.number for row in ticket_search.first(session, city.secrecy, ordered, query, 1, newest, False)
            ] == plain[:1]
            return plain

    assert find("拖欠工资") == find("王小明") == find("13800000001") == find(number) == find("失联") == [number]
    assert find("噪") == find("李 娜") == [other]
    assert find("离婚") == []
    assert find(number[:13]) == [number]
    assert set(find("' OR 1=1 --")) <= {number, other}
    assert find("，。") == []
    assert find("合同") == sorted(old, reverse=True)


def test_the_calls_of_a_branch_are_one_statement_for_its_head_too(city: Store) -> None:
    """The branch is asked for twice in it: where the ticket is, and whether its head may know of it."""
    number, other = (add_matter(city, now=MONDAY, matter_region=region) for region in ("990102101", "990103"))
    for director in (True, False):
        who = Person("s", "acc_head", "head", "", "centre", "", "", "zh-CN", COUNTY, director)
        with city.read() as session:
            mine = {session.get_one(Ticket, one).call_id for one in (number, other)}
            found = session.scalars(select(Call.call_id).where(Call.call_id.in_(mine), own_calls(who))).all()
            assert found == [session.get_one(Ticket, number).call_id]


def test_old_tickets_are_brought_over(city: Store) -> None:
    number = add_matter(city, now=MONDAY)
    with city.write() as session:
        session.execute(text("DELETE FROM ticket_clocks"))
        session.execute(text("UPDATE tickets SET version = 0, due_at = NULL, code = '', caller_name_hash = '', clock = ''"))
    with city.write() as session:
        assert tickets.bring_over(session, city.secrecy, MONDAY + 60) == 1
        assert tickets.bring_over(session, city.secrecy, MONDAY + 60) == 0
    assert set(running(city, number)) == {"HL-DISPATCH"}


def test_the_story_shows_what_was_changed_behind_it(city: Store) -> None:
    number = add_matter(city, now=MONDAY)
    do(city, number, "accept", now=MONDAY)

    def look() -> Any:
        with city.read() as session:
            ticket = tickets.get(session, number)
            assert ticket is not None
            return ticket_events.broken_at(ticket_events.of_ticket(session, number), ticket)

    assert look() is None
    for change, wrong in (
        ("UPDATE ticket_events SET why = 'x' WHERE seq = 2", (2, "edited")),
        ("UPDATE ticket_events SET why = '' WHERE seq = 2", None),
        ("UPDATE tickets SET state = 'declined'", (3, "end")),
        ("DELETE FROM ticket_events WHERE seq = 3", (2, "end")),
        ("DELETE FROM ticket_events WHERE seq = 1", (1, "gap")),
    ):
        with city.write() as session:
            session.execute(text(change))
        assert look() == wrong, change
    assert json.dumps(look()) == '[1, "gap"]'
