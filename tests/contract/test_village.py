"""Centres by phone on both databases: one call at a time, once told, what is keyed is the ticket's own table."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from hotline.core.calendars import ZONE
from hotline.core.errors import HotlineError
from hotline.core.tickets import Actor
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.model import Limits
from hotline.jobs.doctor import village as doctor
from hotline.jobs.doctor.report import Report
from hotline.settings import Settings
from hotline.store.engine import Store
from hotline.store.models import (
    Account,
    CallbackTask,
    CallbackTry,
    Notice,
    NoticeReader,
    ProgressTry,
    StaffPhone,
    Ticket,
    VillageCall,
)
from hotline.store.repositories import callbacks, progress, ticket_events, village
from hotline.store.repositories.ticket_acts import House
from tests.fakes.villages import BOSS, PHONE, TOWN, VILLAGE, add_village, matter_there

pytestmark = pytest.mark.contract


def at(day: str, clock: str = "10:00") -> float:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE).timestamp()


MONDAY = at("2026-03-02")


@pytest.fixture
def town(store: Store) -> Store:
    """A town with a village that has a telephone and no computer."""
    add_village(store)
    return store


def matter(store: Store, now: float = MONDAY, **more: Any) -> str:
    """A ticket assigned to the village."""
    return matter_there(store, now, **more)


def sweep(store: Store, settings: Settings, now: float) -> dict[str, int]:
    return village.sweep(store, settings, now)


def rows(store: Store) -> list[VillageCall]:
    with store.read() as session:
        return list(session.scalars(select(VillageCall).order_by(VillageCall.id)))


def tasks(store: Store) -> list[CallbackTask]:
    with store.read() as session:
        query = select(CallbackTask).where(CallbackTask.kind == "village").order_by(CallbackTask.created_at)
        return list(session.scalars(query))


def test_two_tickets_one_call(town: Store, settings: Settings) -> None:
    numbers = [matter(town), matter(town, number="13812345679")]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: _quiet(town, settings), range(4)))
    assert [row.number for row in rows(town)] == numbers
    [task] = tasks(town)
    assert {row.task_id for row in rows(town)} == {task.id}
    assert (task.state, task.caller_masked) == ("open", "137****0111")
    assert town.secrecy.index(PHONE) == task.caller_hash


def _quiet(store: Store, settings: Settings) -> None:
    """A look that loses the race against another does nothing (the jobs look again)."""
    with contextlib.suppress(DBAPIError):
        sweep(store, settings, MONDAY + 5)


def test_outside_the_hours_and_on_holidays_nobody_is_called(town: Store, settings: Settings) -> None:
    saturday = at("2026-03-07", "09:00")
    matter(town, saturday)
    sweep(town, settings, saturday)
    [task] = tasks(town)
    assert task.due_at == at("2026-03-09", "08:30"), "not before Monday's opening"


def begin(store: Store, settings: Settings, now: float) -> str:
    with store.write() as session:
        task = callbacks.open_task(session, store.secrecy.index(PHONE), "village")
        assert task is not None
        row = callbacks.begin_try(session, settings, task, way="automatic", now=now)
        assert row is not None
        return row.call_id


def end(store: Store, settings: Settings, call_id: str, event: str, result: str, now: float) -> None:
    with store.write() as session:
        row = callbacks.try_of(session, call_id)
        assert row is not None
        callbacks.end_try(session, settings, row, event, now, result=result)


def test_signed_by_key(town: Store, settings: Settings) -> None:
    number = matter(town)
    sweep(town, settings, MONDAY)
    call_id = begin(town, settings, MONDAY + 1)
    with town.write() as session:
        clerk = village.clerk_called(session, call_id)
        assert clerk is not None
        [ticket] = village.waiting(session, clerk)
        house = House(session, Limits(), Warn())
        village.sign(house, clerk, number, ticket.version, MONDAY + 30, f"{call_id}:2")
    with town.write() as session:  # asked twice, done once
        account = session.get_one(Account, "acc_clerk")
        village.sign(House(session, Limits(), Warn()), account, number, 0, MONDAY + 31, f"{call_id}:2")
    with town.read() as session:
        assert session.get_one(Ticket, number).state == "signed"
        [event] = [one for one in ticket_events.of_ticket(session, number) if one.name == "sign"]
    assert (event.actor, event.data["channel"]) == ("acc_clerk", "phone")
    end(town, settings, call_id, "tried", "reached", MONDAY + 60)
    sweep(town, settings, MONDAY + 65)
    assert [row.state for row in rows(town)] == ["answered"]
    assert [task.state for task in tasks(town)] == ["done"]


def test_sent_back_and_reported(town: Store, settings: Settings) -> None:
    back, done = matter(town), matter(town, number="13812345679")
    sweep(town, settings, MONDAY)
    with town.write() as session:
        clerk = session.get_one(Account, "acc_clerk")
        house = House(session, Limits(), Warn())
        ticket = session.get_one(Ticket, back)
        village.send_back(house, clerk, back, "level", ticket.version, MONDAY + 30, "a")
        assert session.get_one(Ticket, back).centre_id == TOWN
        code = session.get_one(Ticket, done).code
        found = village.by_code(session, clerk, code)
        assert found is not None
        assert found.number == done
        village.report(house, clerk, done, "mediated", MONDAY + 60, "b")
        assert village.by_code(session, clerk, code) is None, "there is nothing left to report"
    with town.write() as session:
        village.report(House(session, Limits(), Warn()), session.get_one(Account, "acc_clerk"), done, "mediated", MONDAY, "b")
    with town.read() as session:
        ticket = session.get_one(Ticket, done)
        assert (ticket.state, ticket.result) == ("done", "电话报结：调解成功，双方达成协议")
        names = [one.name for one in ticket_events.of_ticket(session, done)]
        assert names[-3:] == ["sign", "handle", "finish"]


def test_a_minor_at_risk_is_not_closed_by_key(town: Store, settings: Settings) -> None:
    number = matter(town, risk_flags=["R04"])
    with pytest.raises(HotlineError, match="must_report"), town.write() as session:
        village.report(House(session, Limits(), Warn()), session.get_one(Account, "acc_clerk"), number, "mediated", MONDAY, "b")
    with town.read() as session:
        assert session.get_one(Ticket, number).state == "assigned", "all of it or nothing"


def test_not_answered_then_the_town_is_told_once(town: Store, settings: Settings) -> None:
    number = matter(town)
    now = MONDAY
    for _ in range(settings.village.max_tries):
        sweep(town, settings, now)
        end(town, settings, begin(town, settings, now), "tried", "no_answer", now + 45)
        now += 4000
    assert tasks(town)[0].state == "given_up"
    assert sweep(town, settings, now) == {"unreached": 1}
    assert sweep(town, settings, now + 5) == {}
    [row] = rows(town)
    assert (row.state, row.told) == ("unreached", TOWN)
    with town.read() as session:
        told = [one for one in ticket_events.of_ticket(session, number) if one.name == "unreached"]
        tries = session.scalars(select(CallbackTry)).all()
    assert [one.data["reason"] for one in told] == ["no_answer"]
    assert len(tries) == settings.village.max_tries


def member(store: Store, name: str, centre: str, *, director: bool = False) -> str:
    with store.write() as session:
        session.add(
            Account(
                id=f"acc_{name}",
                username=name,
                password_hash="-",
                role="centre",
                display_name=name,
                centre_id=centre,
                director=director,
                created_at=0,
            )
        )
    return f"acc_{name}"


def give_up(store: Store, settings: Settings, now: float) -> float:
    """Nobody answers, as often as is tried; when it is over."""
    for _ in range(settings.village.max_tries):
        sweep(store, settings, now)
        end(store, settings, begin(store, settings, now), "tried", "no_answer", now + 45)
        now += 4000
    assert sweep(store, settings, now)["unreached"] == 1
    return now


def notices_of(store: Store) -> list[tuple[str, str, list[str]]]:
    """(key, ticket, who has it) of each notice that a village was not reached."""
    with store.read() as session:
        found = []
        for row in session.scalars(select(Notice).where(Notice.kind == "village_unreached").order_by(Notice.id)):
            readers = select(NoticeReader.account_id).where(NoticeReader.notice_id == row.id)
            found.append((row.key, row.number or "", sorted(session.scalars(readers))))
        return found


def broken(store: Store, now: float) -> list[str]:
    report = Report(now)
    with store.read() as session:
        doctor.examine(session, store.settings, report, now)
    return [item.problem for rows in report.broken.values() for item in rows]


def test_the_town_above_has_a_notice_once_each_round(town: Store, settings: Settings) -> None:
    """Counter and director of the centre above, nobody of the village; sent there again and not reached again, once more."""
    counter, head = member(town, "counter", TOWN), member(town, "head", TOWN, director=True)
    number = matter(town)
    now = give_up(town, settings, MONDAY)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: _quiet(town, settings), range(4)))
    [first] = rows(town)
    assert notices_of(town) == [(f"village_unreached:{first.id}", number, [counter, head])]
    with town.read() as session:
        data = session.scalars(select(Notice.data)).one()
    assert (data["reason"], data["centre"]) == ("no_answer", "村工作室")
    assert "13812345678" not in str(data)
    with town.write() as session:
        house = House(session, Limits(), Warn())
        house.do(number, "object", Actor(counter, "centre", TOWN), {"reason": "level", "basis": "村里没有人接"}, now=now + 1)
        house.do(number, "reassign", BOSS, {"centre_id": VILLAGE, "why": "再试"}, now=now + 2)
    give_up(town, settings, at("2026-03-03"))
    assert [row[1:] for row in notices_of(town)] == [(number, [counter, head])] * 2
    assert len({row[0] for row in notices_of(town)}) == 2


def test_one_of_before_gets_its_notice_and_the_doctor_asks_for_it(town: Store, settings: Settings) -> None:
    """As an installation has them that was brought up to date: unreached, told in the story, nobody has a notice."""
    head = member(town, "head", TOWN, director=True)
    number = matter(town)
    now = give_up(town, settings, MONDAY)
    with town.write() as session:
        session.execute(delete(NoticeReader))
        session.execute(delete(Notice))
    assert broken(town, now + 600) == ["village.no_notice"]
    sweep(town, settings, now + 600)
    assert [row[1:] for row in notices_of(town)] == [(number, [head])]
    assert broken(town, now + 1200) == []
    with town.write() as session:
        session.execute(delete(NoticeReader))
        session.execute(delete(Notice))
        House(session, Limits(), Warn()).do(number, "sign", Actor(head, "centre", TOWN, True), {}, now=now + 1300)
    sweep(town, settings, now + 1400)
    assert notices_of(town) == [], "signed in the village's place: there is nothing to hear any more"


def test_a_confidential_one_is_heard_by_the_director_only(town: Store, settings: Settings) -> None:
    member(town, "counter", TOWN)
    head = member(town, "head", TOWN, director=True)
    number = matter(town)
    with town.write() as session:
        ticket = session.get_one(Ticket, number)
        ticket.secret, ticket.guarded = "violence", True
    sweep(town, settings, MONDAY)
    assert tasks(town) == [], "nothing confidential is read out"
    assert [row[1:] for row in notices_of(town)] == [(number, [head])]


def test_answered_and_nothing_keyed(town: Store, settings: Settings) -> None:
    """A voicemail answers every time."""
    matter(town)
    now = MONDAY
    for _ in range(settings.village.rounds):
        sweep(town, settings, now)
        end(town, settings, begin(town, settings, now), "tried", "reached", now + 45)
        now += 2000
    assert sweep(town, settings, now) == {"unreached": 1}
    assert len(tasks(town)) == settings.village.rounds


def test_a_worker_that_died_is_no_answer_and_no_second_call(town: Store, settings: Settings) -> None:
    matter(town)
    sweep(town, settings, MONDAY)
    call_id = begin(town, settings, MONDAY)
    with town.write() as session:
        task = session.get_one(CallbackTask, tasks(town)[0].id)
        assert callbacks.begin_try(session, settings, task, way="automatic", now=MONDAY) is None, "it is being called"
    sweep(town, settings, MONDAY + 5)
    assert len(tasks(town)) == 1
    end(town, settings, call_id, "lost", "", MONDAY + 30)
    [task] = tasks(town)
    assert (task.state, task.tries) == ("open", 0)
    assert task.due_at == pytest.approx(MONDAY + 50)
    assert task.next_call_id != call_id


def test_taken_away_meanwhile_nobody_is_called(town: Store, settings: Settings) -> None:
    number = matter(town)
    sweep(town, settings, MONDAY)
    with town.write() as session:
        House(session, Limits(), Warn()).do(number, "sign", BOSS, {}, now=MONDAY + 1)
    assert sweep(town, settings, MONDAY + 5) == {"closed": 1}
    assert [row.state for row in rows(town)] == ["left"]
    assert [(task.state, task.close_reason) for task in tasks(town)] == [("done", "called_again")]


def test_no_telephone_noted(town: Store, settings: Settings) -> None:
    with town.write() as session:
        session.delete(session.get_one(StaffPhone, "acc_clerk"))
    matter(town)
    assert sweep(town, settings, MONDAY) == {"noted": 1, "unreached": 1}
    assert tasks(town) == []


def test_progress_codes(town: Store, settings: Settings) -> None:
    number = matter(town)
    with town.read() as session:
        code = session.get_one(Ticket, number).code
    wrong = "000000" if code != "000000" else "111111"

    def ask(what: str, with_code: str, now: float = MONDAY) -> str:
        try:
            with town.write() as session:
                progress.count(session, town.secrecy, what, now, wrong_a_day=5)
            with town.write() as session:
                return progress.look(session, town.secrecy, what, with_code).number
        except HotlineError as error:
            return error.code

    assert ask(number, code) == number
    assert ask(number.replace("-", ""), code) == number
    nobody = "20200101-0001-00"
    for what in (number, nobody, "x"):
        assert [ask(what, wrong) for _ in range(5)] == ["progress.wrong"] * 5, what
        assert ask(what, code) == "progress.too_often", "the right one is of no use any more today"
    assert ask(number, code, MONDAY + 86_401) == number
    with town.write() as session:
        session.get_one(Ticket, number).code = ""
    assert ask(number, progress.NOBODY) == ask(number, "") == "progress.wrong", "without a code there is no way in"
    with town.write() as session:
        session.get_one(Ticket, number).code = code
    with town.write() as session:
        assert number not in {row.asked_hash for row in session.scalars(select(ProgressTry))}
        assert progress.forget(session, MONDAY + 3 * 86_400) > 0
        assert session.scalars(select(ProgressTry)).all() == []
