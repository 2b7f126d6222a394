"""kill -9 of the part `jobs` at each step of its looks at limits and at village centres, Redis emptied each time, two of it at
once: each warning and each escalation is one row, one notice and one letter a person; each round of a village is one call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from hotline.jobs.doctor import letters as letters_doctor
from hotline.jobs.doctor import village as village_doctor
from hotline.jobs.doctor.report import Report
from hotline.store.demo import load_demo
from hotline.store.engine import Store
from hotline.store.models import (
    Account,
    AccountContact,
    CallbackTask,
    CallbackTry,
    Job,
    Letter,
    Notice,
    NoticeReader,
    Ticket,
    TicketClock,
    TicketWarning,
    VillageCall,
)
from hotline.store.repositories import ticket_events
from hotline.store.repositories.sealing import seal
from hotline.store.repositories.ticket_clocks import Clocks
from tests.conftest import RedisServer, eventually
from tests.fakes.tickets import add_matter
from tests.fakes.villages import TOWN, add_village, matter_there
from tests.integration.killed import Part, part_of

pytestmark = pytest.mark.integration

ANY_TIME: dict[str, Any] = {
    "outbox": {"quiet_from": "00:00", "quiet_to": "00:00"},
    "village": {"hours": "00:00-24:00", "working_days": False, "sweep_seconds": 1},
}
LEVELS = {"yellow": "handler", "orange": "director", "red": "bureau"}


def jobs_part(store: Store, redis_server: RedisServer, folder: Path, body: str) -> AbstractContextManager[Part]:
    """A process of the part, on this database and the private Redis."""
    return part_of(store.settings, folder, body, redis={"url": redis_server.url}, **ANY_TIME)


def read(store: Store, query: Any) -> list[Any]:
    with store.read() as session:
        return list(session.scalars(query))


def count(store: Store, table: Any, *where: Any) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def idle(store: Store) -> bool:
    return count(store, Job, Job.state.in_(("queued", "running"))) == 0


# limits


LIMITS = """
    from hotline.jobs import handlers as all_of
    from hotline.jobs.main import main
    from hotline.store.repositories import letters, notices, ticket_sweep

    after(ticket_sweep, "_warn", "warning", lambda found: found[0])
    after(ticket_sweep, "sweep", "warned", lambda found: found["warned"])
    after(notices, "of_warnings", "telling")
    before(letters, "erase", "told")
    kinds = dict(all_of.handlers())

    def writing(work, inner=kinds["notice_letters"]):
        hang("asked")
        inner(work)
        hang("written")

    def run():
        main(settings(), {**kinds, "notice_letters": writing})
"""
STEPS = ("warning", "warned", "telling", "told", "asked", "written")
"""Warned and not committed; warned, and nobody told; told and not committed; told, and the letters not asked for; the job taken
and nothing done; the letters there, and the job not marked."""


def who(store: Store) -> dict[str, set[str]]:
    """Everybody who may be warned, with an address: level → accounts."""
    with store.write() as session:
        session.execute(update(Account).values(active=False))
        found: dict[str, set[str]] = {}
        for name, level in (("clerk", "yellow"), ("head", "orange"), ("boss", "red")):
            account = Account(
                id=f"acc_t_{name}",
                username=f"t_{name}",
                password_hash="x",
                role="supervisor" if name == "boss" else "centre",
                display_name=name,
                centre_id=None if name == "boss" else "ctr_990102101",
                director=name == "head",
                created_at=0,
            )
            session.add(account)
            session.flush()
            sealed = seal(store.secrecy, "account_contacts.address_enc", account.id, f"{name}@example.com")
            session.add(
                AccountContact(account_id=account.id, channel="mail", address_masked="x***", address_enc=sealed, changed_at=0.0)
            )
            found[level] = {account.id}
    return found


def comes_to(store: Store, number: str, level: str) -> None:
    """The ticket's one limit stands at that level now, and nobody has looked yet."""
    now = time.time()
    with store.write() as session:
        [row] = session.scalars(select(TicketClock).where(TicketClock.number == number))
        clocks = Clocks(session, store.settings.tickets.warn)
        row.started_at = now - 30 * 86_400
        for hours in (-1, 0.25, 1, 2, 4, 8, 12, 16, 20, 24, 30, 36, 48, 60, 72, 96, 120, 168, 240, 360):
            row.due_at = now + hours * 3600
            if clocks.level(row, now + 60) == clocks.level(row, now) == level:
                break
        else:
            raise AssertionError(f"no end of it is {level} now")
        row.warn_at = now - 1


def test_each_escalation_is_one_warning_one_notice_and_one_letter(
    store: Store, redis_server: RedisServer, tmp_path: Path
) -> None:
    load_demo(store, store.settings)
    people = who(store)
    number = add_matter(store, now=time.time() - 86_400)
    with store.write() as session:
        session.execute(update(Ticket).values(centre_id="ctr_990102101"))
        first = session.scalars(select(TicketClock.id).order_by(TicketClock.id)).first()
        session.execute(delete(TicketClock).where(TicketClock.id != first))
    with (
        jobs_part(store, redis_server, tmp_path / "one", LIMITS) as part,
        jobs_part(store, redis_server, tmp_path / "two", LIMITS) as other,
    ):
        for step in STEPS:
            for level in LEVELS:
                (other.marks / f"{level}.{step}").touch()  # the second one only competes
        for level in LEVELS:
            comes_to(store, number, level)
            for one in (part, other):
                one.round(level)
            for step in STEPS:
                part.start()
                part.hangs_at(f"{level}.{step}")
                part.kill()
                redis_server.empty()
                warned = count(store, TicketWarning, TicketWarning.level == level)
                told = count(store, Notice, Notice.level == level)
                place = STEPS.index(step)
                assert (warned, told) == (int(place >= 1), int(place >= 3)), f"{level} killed at {step}"
            part.start()
            other.start()
            eventually(lambda: idle(store), 30)
            part.kill()
            other.kill()
    assert [row.level for row in read(store, select(TicketWarning).order_by(TicketWarning.id))] == list(LEVELS)
    with store.read() as session:
        query = select(Notice.level, NoticeReader.account_id).join(NoticeReader, NoticeReader.notice_id == Notice.id)
        heard = [tuple(row) for row in session.execute(query.order_by(Notice.id))]
        assert heard == [(level, one) for level, ids in people.items() for one in ids]
        report = Report(time.time())
        letters_doctor.examine(session, store.settings, report)
        assert report.clean, report.broken
    assert count(store, Letter) == len(LEVELS)
    assert {row.state for row in read(store, select(Letter))} == {"sent"}
    assert len(list((store.settings.outbox_dir / "mail").iterdir())) == len(LEVELS)


# village centres


VILLAGES = """
    from hotline.jobs.main import main
    from hotline.store.repositories import village

    before(village, "_let_go", "looking")
    after(village, "sweep", "looked", lambda found: any(found.values()))

    def run():
        main(settings())
"""
LOOKS = ("looking", "looked")
"""All of it done, and not committed; committed."""


def killed_at_each(part: Part, redis_server: RedisServer, word: str) -> Iterator[str]:
    part.round(word)
    for step in LOOKS:
        part.start()
        part.hangs_at(f"{word}.{step}")
        part.kill()
        redis_server.empty()
        yield step


def looks_again(part: Part, *others: Part) -> None:
    """Several of them, and nothing is in their way."""
    for one in (part, *others):
        one.start()
    time.sleep(2.5)
    for one in (part, *others):
        one.kill()


def test_a_village_is_one_call_a_round_and_told_above_once(store: Store, redis_server: RedisServer, tmp_path: Path) -> None:
    add_village(store)
    with store.write() as session:
        session.add(
            Account(
                id="acc_head",
                username="head",
                password_hash="-",
                role="centre",
                display_name="镇",
                centre_id=TOWN,
                director=True,
                created_at=0,
            )
        )
    number = matter_there(store, time.time())
    with (
        jobs_part(store, redis_server, tmp_path / "one", VILLAGES) as part,
        jobs_part(store, redis_server, tmp_path / "two", VILLAGES) as other,
    ):
        for word in ("first", "again", "over"):
            other.round(word)
            for step in LOOKS:
                (other.marks / f"{word}.{step}").touch()

        for step in killed_at_each(part, redis_server, "first"):
            assert count(store, VillageCall) == count(store, CallbackTask) == int(step == "looked"), step
        other.round("first")
        looks_again(part, other)
        [task] = read(store, select(CallbackTask))
        assert (task.state, count(store, VillageCall)) == ("open", 1)

        # Answered, and nothing keyed: the second round.
        with store.write() as session:
            session.get_one(CallbackTask, task.id).state = "done"
        part.round("again")
        part.start()
        part.hangs_at("again.looking")
        part.kill()
        redis_server.empty()
        assert count(store, CallbackTask) == 1, "not committed: not ordered"
        other.round("again")
        looks_again(part, other)
        assert [row.rounds for row in read(store, select(VillageCall))] == [1]
        assert sorted(row.state for row in read(store, select(CallbackTask))) == ["done", "open"], "one call more, and no third"

        # Nobody answers any more: the town hears of it.
        with store.write() as session:
            session.execute(update(CallbackTask).where(CallbackTask.state == "open").values(state="given_up"))
        for step in killed_at_each(part, redis_server, "over"):
            assert count(store, Notice) == int(step == "looked"), step
        other.round("over")
        looks_again(part, other)
    assert count(store, CallbackTry) == 0
    assert [(row.state, row.told) for row in read(store, select(VillageCall))] == [("unreached", TOWN)]
    with store.read() as session:
        names = [event.name for event in ticket_events.of_ticket(session, number)]
        assert names.count("unreached") == 1
        assert ticket_events.broken_at(ticket_events.of_ticket(session, number), session.get_one(Ticket, number)) is None
        report = Report(time.time())
        village_doctor.examine(session, store.settings, report, time.time() + 600)
        assert report.clean, report.broken
    assert read(store, select(NoticeReader.account_id)) == ["acc_head"]
