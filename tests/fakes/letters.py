"""Letters and notices for tests: one put in, a way that sends it, acts that make them, who heard what."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from sqlalchemy import select

from hotline.core.calendars.days import ZONE
from hotline.core.letters import Receipt
from hotline.core.tickets import Actor
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.model import Limits
from hotline.jobs import send_letter
from hotline.jobs.doctor import letters as doctor
from hotline.jobs.doctor.report import Report
from hotline.jobs.durable import Later, Work
from hotline.store.engine import Store
from hotline.store.models import (
    Account,
    Job,
    Letter,
    Notice,
    NoticeReader,
    Ticket,
)
from hotline.store.repositories import letters, notices, ticket_events
from hotline.store.repositories.ticket_acts import House

TOWN = "ctr_990102101"
BOSS = Actor("acc_boss", "supervisor")


def at(day: str, clock: str = "10:00") -> float:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE).timestamp()


NOW = at("2026-03-02")
NIGHT = at("2026-03-02", "22:00")
MORNING = at("2026-03-03", "08:00")


def put(store: Store, key: str = "k1", **more: Any) -> Letter:
    values: dict[str, Any] = {"kind": "papers", "channel": "sms", "to": "13812345678", "body": "请补交", "now": NOW, **more}
    with store.write() as session:
        return letters.send(session, store.secrecy, key=key, **values)


def found(store: Store, key: str = "k1") -> Letter:
    with store.read() as session:
        row = letters.by_key(session, key)
    assert row is not None
    return row


class Way:
    """A way of sending that does as it is told and counts."""

    def __init__(self, *receipts: Receipt, once: bool = True) -> None:
        self.receipts, self.once = list(receipts), once
        self.sent: list[str] = []

    def send(self, letter: Any) -> Receipt:
        self.sent.append(letter.body)
        return self.receipts.pop(0) if self.receipts else Receipt("sent")


def run(store: Store, row: Letter, way: Way | None = None, now: float = NOW) -> float | None:
    """One run of the job; when it wants to come again."""
    job = send_letter.handler((lambda work: {"sms": way, "mail": way}) if way else send_letter.by_settings)
    try:
        job(Work(store, store.settings, {"letter_id": row.id}, 1, now))
    except Later as later:
        return later.at
    return None


def broken(store: Store) -> list[str]:
    report = Report(time.time())
    with store.read() as session:
        doctor.examine(session, store.settings, report)
    return sorted(f"{item.invariant} {item.problem}" for rows in report.broken.values() for item in rows)


def many(store: Store, work: Callable[[int], Any], count: int = 6) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def do(store: Store, number: str, name: str, actor: Actor = BOSS, *, now: float = NOW, **given: Any) -> Ticket:
    with store.write() as session:
        return House(session, Limits(), Warn()).do(number, name, actor, given, now=now)


def papers_of(store: Store) -> list[Job]:
    with store.read() as session:
        return list(session.scalars(select(Job).where(Job.kind == "ticket_paper").order_by(Job.created_at, Job.id)))


def story(store: Store, number: str) -> list[str]:
    with store.read() as session:
        return [event.name for event in ticket_events.of_ticket(session, number)]


def whole(store: Store, number: str) -> bool:
    with store.read() as session:
        return ticket_events.broken_at(ticket_events.of_ticket(session, number), session.get_one(Ticket, number)) is None


def account(store: Store, name: str, role: str, centre: str | None = None, director: bool = False) -> str:
    with store.write() as session:
        row = Account(
            id=f"acc_{name}", username=f"t_{name}", password_hash="x", role=role, display_name=name, centre_id=centre,
            director=director, created_at=NOW,
        )  # fmt: skip
        session.add(row)
        return row.id


def tell(store: Store) -> int:
    with store.write() as session:
        return notices.of_warnings(session, NOW)


def heard(store: Store) -> dict[str, list[str]]:
    """Level or kind → who has the notice."""
    with store.read() as session:
        query = select(Notice, NoticeReader.account_id).join(NoticeReader, NoticeReader.notice_id == Notice.id)
        found: dict[str, list[str]] = {}
        for notice, reader in session.execute(query.order_by(Notice.id, NoticeReader.account_id)):
            found.setdefault(notice.level or notice.kind, []).append(reader)
        return found
