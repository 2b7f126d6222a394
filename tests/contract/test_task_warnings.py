"""Warnings of what is owed without a ticket, on both databases: once each, to those who may know, proved by the doctor."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, select

from hotline.core.calendars.days import ZONE, Row
from hotline.jobs import notice_letters
from hotline.jobs.doctor import letters as doctor
from hotline.jobs.doctor.report import Report
from hotline.jobs.durable import Work
from hotline.settings.tickets import TicketSettings
from hotline.store.demo import load_demo
from hotline.store.engine import Store
from hotline.store.models import Account, AccountContact, Letter, Notice, NoticeReader, Ticket, TicketTask
from hotline.store.repositories import calendars, letters, notices, ticket_sweep, ticket_tasks
from hotline.store.repositories.sealing import seal
from tests.contract.test_tickets import MONDAY, at
from tests.fakes.tickets import add_matter

pytestmark = pytest.mark.contract

FIGURES = TicketSettings()


@pytest.fixture
def city(store: Store) -> Store:
    load_demo(store, store.settings)
    return store


def rated(store: Store, person: str = "agt_8001", now: float = MONDAY) -> int:
    """The task of a bad rating that this agent was given; its id."""
    number = add_matter(store, now=now)
    with store.write() as session:
        row = ticket_tasks.rated_badly(session, session.get_one(Ticket, number).call_id, 5, "agent", person, now)
        assert row is not None
        return row.id


def looked(store: Store, now: float) -> int:
    count = ticket_sweep.sweep(store, FIGURES, now)["tasks_warned"]
    with store.write() as session:
        notices.of_warnings(session, now)  # those of the tickets themselves
    return count


def heard(store: Store, task: int) -> list[tuple[str, str, set[str]]]:
    """(level, to whom, who heard it) of each notice, in order."""
    with store.read() as session:
        rows = [row for row in session.scalars(select(Notice).order_by(Notice.id)) if row.data.get("task") == task]
        readers = select(NoticeReader.notice_id, NoticeReader.account_id)
        pairs = [(notice, account) for notice, account in session.execute(readers)]
        return [(row.level, row.to_whom, {who for notice, who in pairs if notice == row.id}) for row in rows]


def broken(store: Store, now: float) -> list[Any]:
    report = Report(now)
    with store.read() as session:
        doctor.examine(session, store.settings, report)
    return [item.problem for rows in report.broken.values() for item in rows]


def test_a_rating_to_be_put_right_is_warned_of_once_a_level(city: Store) -> None:
    task = rated(city)
    assert looked(city, MONDAY + 60) == 0
    yellow, orange, red = at("2026-03-09", "00:10"), at("2026-03-09", "16:10"), at("2026-03-10", "00:10")
    with city.write() as session:
        ticket_tasks.claim(session.get_one(TicketTask, task), "acc_wall", yellow - 60, FIGURES.claim_seconds)
    assert [looked(city, yellow), looked(city, yellow + 60)] == [1, 0]
    assert [looked(city, orange), looked(city, red), looked(city, red + 86_400)] == [1, 1, 0]
    both = {"acc_supervisor", "acc_wall"}  # a call without a ticket has no centre: there is no director between
    assert heard(city, task) == [("yellow", "handler", {"acc_wall"}), ("orange", "director", both), ("red", "bureau", both)]
    assert broken(city, red + 86_400) == []
    with city.write() as session:
        session.execute(delete(NoticeReader))
        session.execute(delete(Notice).where(Notice.level == "red", Notice.kind == "owed"))
    assert broken(city, red + 86_400) == ["warning.untold"]


def test_who_it_is_about_hears_nothing_and_what_is_done_is_not_warned_of(city: Store) -> None:
    with city.read() as session:
        seat = session.get_one(Account, "acc_supervisor").agent_id
    assert seat
    own, done = rated(city, seat), rated(city)
    with city.write() as session:
        ticket_tasks.rectify(session, session.get_one(TicketTask, done), "acc_wall", "解答不清", "已回电说明", MONDAY + 60)
    assert looked(city, at("2026-03-20")) == 1
    assert heard(city, own) == [("red", "bureau", {"acc_wall"})]
    assert heard(city, done) == []


def test_a_year_table_moves_its_end_and_it_is_warned_of_anew(city: Store) -> None:
    begun = at("2026-12-30")
    task = rated(city, now=begun)
    late = at("2027-01-07", "00:10")
    assert looked(city, late) == 1
    with city.write() as session:
        days = [Row(date(2027, 1, 1), date(2027, 1, 3), "off"), Row(date(2027, 1, 4), date(2027, 1, 5), "off")]
        calendars.import_days(session, days, source="通知", now=begun)
    assert ticket_sweep.sweep(city, FIGURES, late)["recounted"] >= 1
    with city.read() as session:
        due = session.get_one(TicketTask, task).due_at
    assert due is not None
    assert f"{datetime.fromtimestamp(due - 60, ZONE):%Y-%m-%d}" == "2027-01-11"
    assert looked(city, due - 60) == 1
    assert [level for level, _, _ in heard(city, task)] == ["red", "orange"]


def test_who_wants_to_be_written_to_gets_a_letter(city: Store) -> None:
    with city.write() as session:
        sealed = seal(city.secrecy, "account_contacts.address_enc", "acc_wall", "13800000001")
        row = AccountContact(account_id="acc_wall", channel="sms", address_masked="138****0001", address_enc=sealed)
        row.changed_at = MONDAY
        session.add(row)
    task = rated(city)
    red = at("2026-03-10", "09:00")
    assert looked(city, red) == 1
    with city.read() as session:
        (notice,) = [one.id for one in session.scalars(select(Notice)) if one.data.get("task") == task]
    notice_letters.run(Work(city, city.settings, {"notice_id": notice}, 1, red))
    with city.read() as session:
        (letter,) = session.scalars(select(Letter).where(Letter.account_id == "acc_wall")).all()
        assert letters.opened(city.secrecy, letter)[2] == "待办“差评整改”已于2026-03-10 00:00届满，尚未完成。"
