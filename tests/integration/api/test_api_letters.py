"""Letters and notices over the API: who sends what once, who sees it, what a person does with what failed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select, update

from hotline.core.letters import Receipt
from hotline.jobs import send_letter, ticket_paper
from hotline.jobs.durable import Work
from hotline.store.models import Account, AccountContact, AuditEvent, Job, Letter, Ticket, TicketClock
from hotline.store.repositories import letters, notices, ticket_sweep
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import House
from tests.integration.api.test_api_tickets import OTHER, TOWN, Desk

pytestmark = pytest.mark.integration


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


def deliver(house: House, letter_id: str, receipt: Receipt) -> None:
    """What the worker does, with this outcome."""

    class Way:
        once = True

        def send(self, letter: Any) -> Receipt:
            return receipt

    with house.store.write() as session:
        session.execute(update(Letter).where(Letter.id == letter_id).values(urgent=True))
    way = Way()
    job = send_letter.handler(lambda work: {"sms": way, "mail": way})
    job(Work(house.store, house.settings, {"letter_id": letter_id}, 1, time.time()))


async def test_a_paper_is_sent_once_from_the_tickets_page(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S02")
    path = f"/tickets/{number}/letters"
    seen = await desk.get("supervisor", path)
    assert (seen["items"], seen["kinds"], seen["channels"], seen["mobile"], seen["may_send"]) == (
        [], ["progress"], ["sms", "mail"], True, True,
    )  # fmt: skip
    assert await desk.send("POST", "supervisor", path, {"kind": "papers"}) == "letter.nothing_to_say"
    await desk.act("supervisor", number, "ask_papers", materials=["id"], way="phone")
    draft = await desk.get("supervisor", f"{path}/draft", kind="papers")
    assert "身份证明复印件" in draft["body"]
    first = await desk.send("POST", "supervisor", path, {"kind": "papers"})
    again = await desk.send("POST", "supervisor", path, {"kind": "papers"})
    assert first["id"] == again["id"]
    assert (first["state"], first["to_masked"]) == ("waiting", "138****5678")
    mailed = await desk.send("POST", "supervisor", path, {"kind": "papers", "channel": "mail", "to": "wang@example.com"})
    assert mailed["to_masked"] == "w***@example.com"
    for body, code in (
        ({"kind": "papers", "channel": "mail"}, "letter.address"),
        ({"kind": "papers", "to": "0574123"}, "letter.address"),
        ({"kind": "papers", "channel": "mail", "to": "a@b.c\nBcc: d@e.f"}, "letter.address"),
        ({"kind": "poem"}, "letter.kind"),
        ({"kind": "papers", "channel": "fax"}, "request.invalid"),
    ):
        assert await desk.send("POST", "supervisor", path, body) == code
    deliver(house, first["id"], Receipt("sent"))
    story = (await desk.get("supervisor", f"/tickets/{number}"))["events"]
    assert [event["name"] for event in story if event["name"].startswith("letter_")] == ["letter_asked"] * 2 + ["letter_sent"]
    assert "13812345678" not in str(story)
    assert await desk.send("POST", "supervisor", f"{path}/{first['id']}/retry") == "letter.settled"


async def test_told_by_message_needs_no_second_click(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time())
    await desk.act("supervisor", number, "decline", reason="litigation", route="请向法院咨询", way="message")
    with house.store.read() as session:
        job = session.scalars(select(Job).where(Job.kind == "ticket_paper")).one()
    ticket_paper.run(Work(house.store, house.settings, job.payload, 1, time.time()))
    (row,) = (await desk.get("supervisor", f"/tickets/{number}/letters"))["items"]
    assert (row["kind"], row["state"]) == ("declined", "waiting")


async def test_strangers_see_and_send_nothing(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time())
    with house.store.write() as session:
        session.execute(update(Ticket).values(centre_id=OTHER))
    path = f"/tickets/{number}/letters"
    assert await desk.get("centre", path) == "ticket.missing"
    assert await desk.send("POST", "centre", path, {"kind": "progress"}) == "ticket.missing"
    assert await desk.get("centre", "/letters") == "auth.forbidden"
    assert await desk.send("POST", "admin", path, {"kind": "progress"}) == "auth.forbidden"
    assert (await desk.get("admin", path))["may_send"] is False
    made = await desk.send("POST", "supervisor", path, {"kind": "progress"})
    other = add_matter(house.store, now=time.time(), number="13900000009")
    with house.store.write() as session:
        session.execute(update(Ticket).where(Ticket.number == other).values(centre_id=TOWN))
    deliver(house, made["id"], Receipt("refused", "gateway.400"))
    # A letter of somebody else's ticket is not reached by way of one's own.
    assert await desk.send("POST", "supervisor", f"/tickets/{other}/letters/{made['id']}/retry") == "letter.missing"


async def test_a_person_sees_to_what_failed(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time())
    made = await desk.send("POST", "supervisor", f"/tickets/{number}/letters", {"kind": "progress"})
    deliver(house, made["id"], Receipt("unsure", "gateway.no_answer"))
    page = await desk.get("admin", "/letters", state="unsure")
    assert [row["id"] for row in page["items"]] == [made["id"]]
    assert page["counts"] == {"unsure": 1}
    assert (await desk.get("admin", "/notices"))["items"][0]["kind"] == "letter_unsure"
    with house.store.write() as session:  # confidential: the administrator knows nothing of it
        session.execute(update(Ticket).where(Ticket.number == number).values(guarded=True, secret="violence"))
    assert (await desk.get("admin", "/letters"))["items"] == []
    assert (await desk.get("admin", "/notices"))["items"] == []
    assert await desk.send("POST", "admin", f"/letters/{made['id']}/retry") == "letter.missing"
    with house.store.write() as session:
        session.execute(update(Ticket).where(Ticket.number == number).values(guarded=False, secret=""))
    assert await desk.send("POST", "admin", f"/letters/{made['id']}/retry") == {"ok": True}
    assert await desk.send("POST", "admin", f"/letters/{made['id']}/settle", {"arrived": True}) == "letter.settled"
    deliver(house, made["id"], Receipt("refused", "gateway.400"))
    settled = await desk.send("POST", "supervisor", f"/tickets/{number}/letters/{made['id']}/settle", {"arrived": False})
    assert settled["state"] == "cancelled"
    assert await desk.send("POST", "admin", "/letters/let_none/retry") == "letter.missing"
    with house.store.read() as session:
        told = list(session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("letter.%"))))
    assert told == ["letter.retried"]


async def test_notices_are_counted_read_and_only_of_what_one_may_see(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time() - 3600)
    with house.store.write() as session:
        session.execute(update(Ticket).values(centre_id=TOWN))
        session.execute(update(TicketClock).values(due_at=time.time() - 60, warn_at=time.time() - 60))
    ticket_sweep.sweep(house.store, house.settings.tickets, time.time())
    with house.store.write() as session:
        assert notices.of_warnings(session, time.time()) >= 1
        assert notices.of_warnings(session, time.time()) == 0
    await desk.act("supervisor", number, "supervise", way="site", why="久拖未决")
    boss = await desk.get("supervisor", "/notices")
    assert {row["level"] for row in boss["items"]} == {"red"}
    assert boss["unread"] == len(boss["items"])
    assert boss["items"][0]["number"] == number
    first = boss["items"][0]["id"]
    assert (await desk.send("POST", "supervisor", "/notices/read", {"ids": [first, first]}))["unread"] == boss["unread"] - 1
    assert (await desk.send("POST", "supervisor", "/notices/read", {"up_to": first}))["unread"] == 0
    assert (await desk.get("supervisor", "/notices", unread=True))["items"] == []
    assert (await desk.get("supervisor", "/notices", limit=1))["items"][0]["read_at"] is not None
    assert (await desk.send("POST", "auditor", "/notices/read", {"ids": [first]}))["unread"] == 0
    clerk = await desk.get("town", "/notices")
    assert [row["kind"] for row in clerk["items"]] == ["supervision"]
    with house.store.write() as session:
        session.execute(update(Ticket).values(centre_id=OTHER))
    assert await desk.get("town", "/notices") == {"items": [], "unread": 0, "next": None}


async def test_where_staff_want_to_be_written_to(house: House, desk: Desk) -> None:
    assert await desk.get("centre", "/me/contact") == {"channel": "", "address_masked": ""}
    assert await desk.send("PUT", "centre", "/me/contact", {"channel": "sms", "address": "123"}) == "letter.address"
    set_to = await desk.send("PUT", "centre", "/me/contact", {"channel": "mail", "address": "zhao@example.com"})
    assert set_to == {"channel": "mail", "address_masked": "z***@example.com"}
    with house.store.read() as session:
        row = session.scalars(select(AccountContact)).one()
        account = session.get_one(Account, row.account_id)
    assert account.username == "centre"
    assert "zhao" not in row.address_enc
    assert await desk.send("PUT", "centre", "/me/contact", {"channel": ""}) == {"channel": "", "address_masked": ""}
    assert letters.checked("mail", "zhao@example.com")[1] == "z***@example.com"
