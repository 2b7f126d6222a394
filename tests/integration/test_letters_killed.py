"""kill -9 of the real worker at each step of a letter, Redis emptied, wake-ups doubled: one letter each, one notice each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from hotline.jobs.doctor import letters as doctor
from hotline.jobs.doctor.report import Report
from hotline.jobs.durable import Waker
from hotline.settings import Settings
from hotline.store.demo import load_demo
from hotline.store.engine import Store
from hotline.store.models import Account, Job, Letter, Notice, NoticeReader, Ticket, TicketClock, TicketWarning
from hotline.store.repositories import letters, ticket_events
from tests.conftest import RedisServer, eventually
from tests.fakes.tickets import add_matter
from tests.integration.killed import Part, part_of

pytestmark = pytest.mark.integration

STEPS = ("asked", "taken", "handed", "marked")
"""Before the row is touched; taken and not handed over; handed over and not marked; marked and the job not yet done."""

BODY = """
    from dataclasses import dataclass
    from hotline.core.letters import Receipt
    from hotline.jobs import handlers as all_of, send_letter
    from hotline.jobs.main import main
    from hotline.store.models import Letter
    from hotline.store.repositories import ticket_sweep

    def at(step, kind):
        if kind == step:
            hang(step)

    @dataclass
    class Slow:
        inner: object

        @property
        def once(self):
            return self.inner.once

        def send(self, letter):
            at("taken", letter.kind)
            receipt = self.inner.send(letter)
            at("handed", letter.kind)
            return receipt

    class Post:
        "Cannot be asked whether a letter was there before."
        once = False

        def send(self, letter):
            with (MARKS / "sent").open("a") as file:
                file.write(letter.name + chr(10))
            at("posted", letter.kind)
            return Receipt("sent")

    inner = send_letter.handler(lambda work: {"sms": Slow(send_letter.by_settings(work)["sms"]), "mail": Post()})

    def send(work):
        with work.store.read() as session:
            kind = session.get(Letter, work.payload["letter_id"]).kind
        at("asked", kind)
        inner(work)
        at("marked", kind)

    after(ticket_sweep, "sweep", "warned", lambda found: found["warned"])

    def run():
        main(settings(), {**all_of.handlers(), "send_letter": send})
"""


@pytest.fixture
def part(redis_settings: Settings, tmp_path: Path) -> Iterator[Part]:
    with part_of(redis_settings, tmp_path / "part", BODY, outbox={"quiet_from": "00:00", "quiet_to": "00:00"}) as made:
        yield made


def put(store: Store, kind: str, channel: str = "sms", to: str = "13812345678", number: str | None = None) -> str:
    with store.write() as session:
        row = letters.send(
            session,
            store.secrecy,
            key=f"k:{kind}",
            kind=kind,
            channel=channel,
            to=to,
            body="请补交",
            now=time.time(),
            number=number,
        )
        return row.id


def read(store: Store, query: Any) -> list[Any]:
    with store.read() as session:
        return list(session.scalars(query))


def test_one_letter_and_one_notice_whoever_is_killed_when(
    part: Part, sqlite_store: Store, redis_settings: Settings, redis_server: RedisServer
) -> None:
    store = sqlite_store
    load_demo(store, store.settings)
    number = add_matter(store, now=time.time() - 3600)
    with store.write() as session:  # every limit of it ran out a minute ago
        session.execute(update(TicketClock).values(due_at=time.time() - 60, warn_at=time.time() - 60))
        session.execute(update(Account).where(Account.role == "centre").values(director=True))
    waker = Waker(redis_settings.redis_url)
    part.start()
    part.hangs_at("warned")  # the warnings are written, their notices are not
    warned = len(read(store, select(TicketWarning)))
    assert warned >= 1
    assert read(store, select(Notice)) == []
    for step in STEPS:
        part.kill()
        redis_server.empty()
        letter_id = put(store, step, number=number)
        job_id = read(store, select(Job.id).where(Job.key == f"letter:{letter_id}:1"))[0]
        part.start()
        assert waker.wake([job_id] * 3)
        part.hangs_at(step)
    part.kill()
    redis_server.empty()
    posted = put(store, "posted", "mail", "wang@example.com")
    part.start()
    part.hangs_at("posted")
    part.kill()
    part.start()
    open_jobs = select(Job.id).where(Job.state.in_(("queued", "running")))
    eventually(lambda: not read(store, open_jobs), 30)
    part.kill()

    states = {row.kind: row.state for row in read(store, select(Letter))}
    assert states == {**dict.fromkeys(STEPS, "sent"), "posted": "unsure"}
    files = list((redis_settings.outbox_dir / "sms").iterdir())
    assert len(files) == len(STEPS)  # nothing half-written besides
    assert (part.marks / "sent").read_text().count("\n") == 1  # not handed over twice: a person is asked instead
    assert len(read(store, select(Notice).where(Notice.key == f"letter_unsure:{posted}:1"))) == 1
    assert len(read(store, select(Notice).where(Notice.kind == "warning"))) == warned
    assert len(read(store, select(TicketWarning))) == warned
    assert all(read(store, select(TicketWarning.noticed)))
    with store.read() as session:
        readers = select(func.count()).select_from(NoticeReader).join(Notice, Notice.id == NoticeReader.notice_id)
        assert session.scalar(readers.where(Notice.kind == "warning"))
        ticket = session.get_one(Ticket, number)
        assert [event.name for event in ticket_events.of_ticket(session, number)].count("letter_sent") == len(STEPS)
        assert ticket_events.broken_at(ticket_events.of_ticket(session, number), ticket) is None
        report = Report(time.time())
        doctor.examine(session, redis_settings, report)
    assert report.clean, report.broken
    assert "13812345678" not in part.log
    assert "请补交" not in part.log
