"""What is owed, complaints, secrecy and avoidance on both databases: a random walk that the doctor proves after every step."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, text

from hotline.core.callbacks.model import STATES as DIAL_STATES
from hotline.core.errors import HotlineError, Rejected
from hotline.core.tickets import Actor
from hotline.jobs.doctor import owed, tickets
from hotline.jobs.doctor.report import Report
from hotline.settings.outbox import OutboxSettings
from hotline.store.engine import Store
from hotline.store.ledgers.scope import viewer_of
from hotline.store.models import Account, Call, CallbackTask, Ticket, TicketTask
from hotline.store.repositories import callbacks, letters, ticket_dials, ticket_papers, ticket_secrecy, ticket_tasks
from hotline.store.repositories.task_results import follow
from hotline.store.repositories.ticket_guard import kept_secret
from tests.contract.test_tickets import CITY_HEAD, CLERK, COUNTY_CLERK, HEAD, MONDAY, TOWN, at, do, running
from tests.fakes.tickets import add_matter

pytestmark = pytest.mark.contract

BOSSES = (Actor("acc_supervisor", "supervisor"), Actor("acc_boss2", "supervisor"))
AGENT = Actor("acc_desk1", "agent")
TOWN_CLERK = Actor("acc_town", "centre", TOWN)
PEOPLE = (*BOSSES, AGENT, CLERK, HEAD, COUNTY_CLERK, CITY_HEAD)
DAY = 86_400.0
GIVEN: dict[str, dict[str, Any]] = {
    "accept": {}, "assign": {"centre_id": TOWN}, "sign": {}, "handle": {}, "finish": {"result": "双方达成协议"},
    "tell": {"way": "phone"}, "follow_up": {"matter": 1, "handler": 2, "text": "满意"},
    "follow_up_bad": {"matter": 2, "handler": 5, "text": "态度差", "answers": {"polite": "no"}},
    "try_follow_up": {"outcome": "no_answer"}, "unreachable": {}, "check_quality": {"score": 2, "text": "材料齐全"},
    "rectify": {"cause": "未按时联系来电人", "fix": "已致歉并重新联系"}, "archive": {}, "redo": {"why": "重新办理"},
    "open_complaint": {"accused": "account:acc_town", "why": "态度恶劣"}, "report_complaint": {"report": "已核实通话录音"},
    "give_opinion": {"opinion": "情况属实"}, "decide_complaint": {"outcome": "upheld", "result": "予以批评教育"},
    "ask_avoidance": {"side": "caller", "why": "与对方有亲属关系"}, "grant_avoidance": {"centre_id": TOWN, "why": "情况属实"},
    "refuse_avoidance": {"why": "没有利害关系"}, "find_minor": {"why": "孩子身上有伤"},
    "report_minor": {"told": ["police"], "receiver": "城关派出所", "proof": "回执 118 号", "reported_at": MONDAY},
    "keep_secret": {"reason": "informant"}, "end_secrecy": {"why": "已公开"}, "withdraw": {"reason": "settled"},
}  # fmt: skip


def examined(store: Store, now: float) -> dict[str, list[Any]]:
    report = Report(now)
    with store.read() as session:
        tickets.examine(session, store.settings, report)
        owed.examine(session, report)
    return report.broken


class Walk(RuleBasedStateMachine):
    """Anybody does anything, and follow-ups are tried, at any time."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.number = ""

    @initialize(flags=st.sampled_from([[], [], ["R03"], ["R04"]]))
    def begin(self, flags: list[str]) -> None:
        self.number = add_matter(self.store, now=self.now, risk_flags=flags, service_type="S17")

    @rule(seconds=st.sampled_from([60.0, 3 * 3600.0, DAY]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    def tried(self, act: str, actor: Actor) -> None:
        try:
            do(self.store, self.number, act.removesuffix("_bad"), actor, now=self.now, **GIVEN[act])
        except HotlineError:
            return

    @rule(act=st.sampled_from(sorted(GIVEN)), actor=st.sampled_from(PEOPLE))
    def anything(self, act: str, actor: Actor) -> None:
        self.tried(act, actor)

    @rule(bad=st.booleans(), reach=st.sampled_from(["done", "told", "followed_up"]))
    def the_way(self, bad: bool, reach: str) -> None:
        """So that what comes late in a ticket's life is reached often."""
        steps = [("accept", BOSSES[0]), ("assign", BOSSES[0]), ("sign", CLERK), ("handle", CLERK), ("finish", CLERK)]
        steps += [("tell", CLERK), ("follow_up_bad" if bad else "follow_up", HEAD)][
            : ("done", "told", "followed_up").index(reach)
        ]
        for act, actor in steps:
            self.tried(act, actor)

    @rule()
    def a_complaint(self) -> None:
        for act, actor in (("open_complaint", AGENT), ("assign", BOSSES[0]), ("sign", COUNTY_CLERK), ("handle", COUNTY_CLERK)):
            given = {"centre_id": "ctr_990102"} if act == "assign" else GIVEN[act]
            try:
                do(self.store, self.number, act, actor, now=self.now, **given)
            except HotlineError:
                continue
        for act, actor in (("report_complaint", COUNTY_CLERK), ("give_opinion", CITY_HEAD), ("decide_complaint", BOSSES[0])):
            self.tried(act, actor)

    @invariant()
    def the_doctor_finds_nothing(self) -> None:
        if self.number:
            assert examined(self.store, self.now) == {}


@pytest.fixture
def city(demo_store: Store) -> Store:
    return demo_store


def test_a_random_walk_leaves_nothing_owed_unseen(city: Store) -> None:
    machine = type("WalkHere", (Walk,), {"store": city})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=6, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
        ),
    )


def finished(store: Store, **fields: Any) -> str:
    """A ticket that the town has done."""
    number = add_matter(store, now=MONDAY, service_type="S17", **fields)
    for act, actor in (("accept", BOSSES[0]), ("assign", BOSSES[0]), ("sign", TOWN_CLERK), ("handle", TOWN_CLERK)):
        do(store, number, act, actor, now=MONDAY, **GIVEN[act])
    do(store, number, "finish", TOWN_CLERK, now=MONDAY + 60, result="双方达成协议")
    return number


def owes(store: Store, number: str) -> dict[str, TicketTask]:
    with store.read() as session:
        return {row.kind: row for row in ticket_tasks.open_of(session, number)}


def test_from_result_to_archive_through_a_bad_rating(city: Store) -> None:
    number = finished(city)
    assert set(owes(city, number)) == {"tell", "quality"}
    do(city, number, "tell", TOWN_CLERK, now=MONDAY + DAY, way="paper")
    assert set(owes(city, number)) == {"follow_up", "quality"}
    do(city, number, "follow_up", HEAD, now=MONDAY + 2 * DAY, **GIVEN["follow_up_bad"])
    # the own centre's call is no judgement of quality
    assert set(owes(city, number)) == {"quality", "rectify"}
    assert running(city, number)["HL-BAD"].due_at == at("2026-03-11", "17:30")  # five working days from Wednesday
    do(city, number, "check_quality", BOSSES[0], now=MONDAY + 3 * DAY, score=3, text="记录完整")
    with pytest.raises(Rejected, match=r"ticket\.rectify_open"):
        do(city, number, "archive", BOSSES[0], now=MONDAY + 3 * DAY)
    do(city, number, "rectify", HEAD, now=MONDAY + 4 * DAY, **GIVEN["rectify"])
    do(city, number, "archive", BOSSES[0], now=MONDAY + 5 * DAY)
    assert (owes(city, number), running(city, number), examined(city, MONDAY + 5 * DAY)) == ({}, {}, {})
    with city.read() as session:
        row = next(row for row in ticket_tasks.of_ticket(session, number) if row.kind == "rectify")
        assert (row.score, row.about_id, row.done_by, row.fix) == (5, "acc_town", "acc_head", "已致歉并重新联系")


def test_three_tries_that_reach_nobody_end_it(city: Store) -> None:
    number = finished(city)
    do(city, number, "tell", TOWN_CLERK, now=MONDAY + DAY, way="phone")
    when = MONDAY + DAY
    for n in range(3):
        when += 3 * 3600
        with city.write() as session:
            ticket = ticket_dials.make_try(session, city.settings, number, "no_answer", AGENT, when)
        assert ticket.state == ("told" if n < 2 else "followed_up")
    with city.read() as session:
        row = next(row for row in ticket_tasks.of_ticket(session, number) if row.kind == "follow_up")
        assert (row.state, row.tries, row.done_by) == ("unreachable", 3, "acc_desk1")
    assert set(owes(city, number)) == {"quality"}  # nobody was asked: the papers are looked at
    assert examined(city, when) == {}


def test_a_call_that_reaches_nobody_counts_for_the_follow_up_too(city: Store) -> None:
    number = finished(city)
    do(city, number, "tell", TOWN_CLERK, now=MONDAY + DAY, way="phone")
    when = at("2026-03-03", "14:00")
    with city.write() as session:
        row = ticket_tasks.open_of(session, number)[-1]
        assert row.kind == "follow_up"
        task = ticket_dials.dial(session, city.secrecy, city.settings, row, when)
        assert (task.kind, task.reason, callbacks.number(city.secrecy, task)) == ("follow_up", "ticket", "13812345678")
        assert ticket_dials.dial(session, city.secrecy, city.settings, row, when).id == task.id
        ticket_dials.tried(session, city.settings, task.id, "busy", "agt_8001", when)
        ticket_dials.tried(session, city.settings, task.id, "busy", "agt_8001", when + 60)  # too soon to count
    assert (owes(city, number)["follow_up"].tries, owes(city, number)["follow_up"].outcome) == (1, "busy")
    do(city, number, "follow_up", Actor("acc_desk1", "agent"), now=when + 3600, **GIVEN["follow_up"])
    with city.write() as session:
        ticket_dials.close(session, city.settings, number, when + 3600)
        closed = session.scalars(select(CallbackTask)).one()
        assert closed.state in set(DIAL_STATES) - {"open", "calling"}
        assert closed.close_reason == "not_owed"
    assert owes(city, number) == {}  # the desk's call is the quality follow-up too


def test_whoever_is_in_danger_is_called_at_the_safe_number_and_time_only(city: Store) -> None:
    number = finished(city, risk_flags=["R03"])
    do(city, number, "tell", TOWN_CLERK, now=MONDAY + DAY, way="phone")
    noon = at("2026-03-03", "12:00")
    with city.write() as session:
        ticket = session.get_one(Ticket, number)
        assert (ticket.secret, ticket.guarded) == ("violence", True)
        row = ticket_tasks.open_of(session, number)[-1]
        waiting = ticket_dials.dial(session, city.secrecy, city.settings, row, noon)
        safe = ticket_secrecy.set_safety(
            session, city.secrecy, ticket, contact_number="13900009999", ways=["phone"], windows=["18:00-20:00"],
            note="说是快递", by="acc_desk1", now=noon,
        )  # fmt: skip
        assert "13900009999" not in f"{safe.contact_enc}{safe.contact_hash}{safe.contact_masked}"
        assert callbacks.make_safe(session, city.secrecy, safe, noon) == 1
        assert callbacks.number(city.secrecy, waiting) == "13900009999"
        assert waiting.due_at >= at("2026-03-03", "18:00")
        # nobody dials outside of it, whoever asks
        assert callbacks.begin_try(session, city.settings, waiting, way="direct", now=noon, agent_id="agt_8001") is None
        with pytest.raises(Rejected, match=r"ticket\.unsafe_time"):
            ticket_dials.dial(session, city.secrecy, city.settings, row, noon)
        evening = at("2026-03-03", "18:30")
        assert ticket_secrecy.contact(session, city.secrecy, ticket, "phone", evening).number == "13900009999"
        assert ticket_secrecy.contact(session, city.secrecy, ticket, "paper", evening).refusal == "unsafe_way"
        assert callbacks.begin_try(session, city.settings, waiting, way="direct", now=evening, agent_id="agt_8001") is not None
        # a new call back of the person's own number goes to the safe one
        call = session.get_one(Call, ticket.call_id)
        fresh = callbacks.add(session, city.secrecy, city.settings, call, reason="in_queue", now=noon, place_at=noon)
        assert callbacks.number(city.secrecy, fresh) == "13900009999"
        assert fresh.due_at >= at("2026-03-03", "18:00")


def test_avoidance_takes_it_out_of_their_hands_for_good(city: Store) -> None:
    number = add_matter(city, now=MONDAY, service_type="S17")
    for act, actor in (("accept", BOSSES[0]), ("assign", BOSSES[0]), ("sign", TOWN_CLERK), ("handle", TOWN_CLERK)):
        do(city, number, act, actor, now=MONDAY, **GIVEN[act])
    do(city, number, "ask_avoidance", AGENT, now=MONDAY, **GIVEN["ask_avoidance"])
    assert running(city, number)["AV-DECIDE"].due_at == at("2026-03-03", "17:30")
    do(city, number, "grant_avoidance", HEAD, now=MONDAY + 60, **GIVEN["grant_avoidance"])
    assert "AV-DECIDE" not in running(city, number)
    for act in ("sign", "note"):
        with pytest.raises(HotlineError, match=r"ticket\.avoided"):
            do(city, number, act, TOWN_CLERK, now=MONDAY + 120, **({"why": "记录"} if act == "note" else {}))
    assert do(city, number, "sign", HEAD, now=MONDAY + 120).handler_id == "acc_head"
    assert examined(city, MONDAY + 120) == {}


def test_a_bad_rating_by_keypad_is_put_right_once(city: Store) -> None:
    number = add_matter(city, now=MONDAY)
    with city.write() as session:
        call = session.get_one(Call, session.get_one(Ticket, number).call_id)
        call.rating = 5
        for _ in range(2):
            follow(session, city.secrecy, city.settings, call, MONDAY)
        (row,) = session.scalars(select(TicketTask).where(TicketTask.number.is_(None))).all()
        assert (row.kind, row.score, row.call_id) == ("rectify", 5, call.call_id)
        assert row.due_at == at("2026-03-09", "23:59") + 60  # five working days, to the end of the last
        ticket_tasks.rectify(session, row, "acc_supervisor", "解答不清", "已回电说明", MONDAY + DAY)
        with pytest.raises(Rejected, match=r"ticket_task\.over"):
            ticket_tasks.rectify(session, row, "acc_supervisor", "解答不清", "已回电说明", MONDAY + DAY)
    assert examined(city, MONDAY + DAY) == {}


def test_a_call_whose_ticket_nobody_took_down_is_kept_like_any_other(city: Store) -> None:
    number = add_matter(city, now=MONDAY, risk_flags=["R03"])
    with city.read() as session:
        ticket = session.get_one(Ticket, number)
        assert ticket.agent_id is None
        for name, kept in (("desk1", True), ("director", ticket.centre_id is None), ("supervisor", False)):
            reader = viewer_of(session.get_one(Account, f"acc_{name}"))
            assert (session.scalar(select(Call.call_id).where(kept_secret(reader))) is not None) is kept, name


def test_the_doctor_sees_what_was_done_behind_the_rules(city: Store) -> None:
    number = finished(city)
    do(city, number, "tell", TOWN_CLERK, now=MONDAY + DAY, way="phone")
    secret = add_matter(city, now=MONDAY, risk_flags=["R04"])
    assert examined(city, MONDAY + DAY) == {}
    for change, codes in (
        ("UPDATE ticket_tasks SET state = 'dropped' WHERE kind = 'follow_up'", {"ticket.not_owed"}),
        ("UPDATE ticket_tasks SET clock_id = NULL WHERE kind = 'quality'", {"ticket.owed_without_limit"}),
        (
            "UPDATE ticket_tasks SET state = 'done', done_by = 'acc_town', done_at = 9e9 WHERE kind = 'quality'",
            {"ticket.followed_up_by_handler"},
        ),
        (f"UPDATE tickets SET guarded = false WHERE number = '{secret}'", {"ticket.not_guarded"}),
        (
            f"UPDATE tickets SET reported = true WHERE number = '{secret}'",
            {"ticket.report_not_owed", "ticket.report_without_proof"},
        ),
        (
            f"INSERT INTO ticket_grants (number, account_id, by, at, why) VALUES ('{secret}', 'acc_desk1', 'acc_desk1', 0, '')",
            {"ticket.grant_unlogged"},
        ),
        (
            f"INSERT INTO ticket_complaints (number, kind, accused_id, centre_id, opened_by, reported_by, opined_by,"
            f" decided_by, outcome, opened_at) VALUES ('{secret}', 'centre', 'x', '', '', 'a', 'a', '', '', 0)",
            {"ticket.complaint_unknown", "ticket.accused_sees_it", "ticket.complaint_by_one"},
        ),
    ):
        with pytest.raises(ZeroDivisionError), city.write() as session:
            session.execute(text(change))
            report = Report(time.time())
            owed.examine(session, report)
            assert {item.problem for rows in report.broken.values() for item in rows} == codes, change
            raise ZeroDivisionError  # take it back
    assert examined(city, MONDAY + DAY) == {}


def test_letters_keep_to_the_safe_number_way_and_time(city: Store) -> None:
    number = add_matter(city, now=MONDAY, risk_flags=["R03"])
    asked = at("2026-03-04")
    for act, given in (("accept", {}), ("decline", {"reason": "settled", "route": "向法院起诉", "way": "phone"})):
        do(city, number, act, BOSSES[0], now=MONDAY, **given)

    def keep(*windows: str, ways: tuple[str, ...] = ()) -> None:
        with city.write() as session:
            ticket_secrecy.set_safety(
                session, city.secrecy, session.get_one(Ticket, number), contact_number="13900009999", ways=ways,
                windows=windows, note=None, by="acc_desk1", now=MONDAY,
            )  # fmt: skip

    keep("6 09:00-11:00", ways=("message",))
    with city.write() as session:
        letter = ticket_papers.send(
            session, city.secrecy, OutboxSettings(), session.get_one(Ticket, number), "declined", by="acc_desk1", now=asked
        )
        assert letter.to_masked == "139****9999"
        row_id = letter.id
    with city.write() as session:  # Wednesday: not before Saturday
        assert letters.take_up(session, OutboxSettings(), row_id, True, asked) == at("2026-03-07", "09:00")
    keep("23:00-23:30")  # never: those are the quiet hours
    with city.write() as session:
        assert letters.take_up(session, OutboxSettings(), row_id, True, at("2026-03-07", "10:00")) is None
        assert session.get_one(type(letter), row_id).code == "never_safe"
    keep(ways=("phone",))
    with pytest.raises(Rejected, match=r"ticket\.unsafe_way"), city.write() as session:
        ticket_papers.send(
            session, city.secrecy, OutboxSettings(), session.get_one(Ticket, number), "progress", by="acc_desk1", now=asked
        )
