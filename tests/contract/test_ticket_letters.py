"""What a ticket's acts send, on both databases: told by message, in the caller's language, what cannot be said or sent."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from hotline.core.errors import HotlineError
from hotline.jobs import ticket_paper
from hotline.jobs.durable import Work
from hotline.store.engine import Store
from hotline.store.models import (
    Notice,
    Ticket,
)
from hotline.store.repositories import letters, ticket_papers
from tests.fakes.letters import (
    NOW,
    do,
    papers_of,
    run,
    story,
    whole,
)
from tests.fakes.tickets import add_matter

pytestmark = pytest.mark.contract


@pytest.fixture
def city(demo_store: Store) -> Store:
    return demo_store


def test_told_by_message_means_that_the_house_sends_it(city: Store) -> None:
    number = add_matter(city, now=NOW, service_type="S02")
    do(city, number, "ask_papers", materials=["id"], others=["户口本"], way="message")
    (job,) = papers_of(city)
    for _ in range(2):
        ticket_paper.run(Work(city, city.settings, job.payload, 1, NOW))
    with city.read() as session:
        (row,) = letters.of_ticket(session, number)
        text = letters.opened(city.secrecy, row)[2]
    assert "身份证明复印件、户口本" in text
    assert "请最迟于" in text
    run(city, row)
    run(city, row)
    assert story(city, number)[-3:] == ["ask_papers", "letter_asked", "letter_sent"]
    assert whole(city, number)
    do(city, number, "decline", reason="litigation", route="请向法院诉讼服务中心咨询", way="phone")
    assert len(papers_of(city)) == 1  # told by telephone: nothing to send
    with city.write() as session:
        ticket = session.get_one(Ticket, number)
        kinds = ticket_papers.possible(session, ticket)
        made = [
            ticket_papers.send(
                session,
                city.secrecy,
                city.settings.outbox,
                ticket,
                "declined",
                by="a",
                now=NOW,
                channel="mail",
                to="w@example.com",
            )
            for _ in range(3)
        ]
    assert kinds == ["papers", "declined", "progress"]
    assert len({one.id for one in made}) == 1
    assert "诉讼服务中心" in letters.opened(city.secrecy, made[0])[2]
    assert whole(city, number)


def test_who_chose_english_is_written_to_in_english(city: Store) -> None:
    """As chosen in the phone menu; what the desk notes counts more; who chose nothing gets Chinese."""
    numbers = [
        add_matter(city, now=NOW, number="13812345670", language="en", service_type="S02"),
        add_matter(city, now=NOW, number="13812345671", spoken="en", service_type="S02"),
        add_matter(city, now=NOW, number="13812345672", spoken="en", language="zh-CN", service_type="S02"),
        add_matter(city, now=NOW, number="13812345673", service_type="S02"),
    ]
    said = []
    for number in numbers:
        do(city, number, "ask_papers", materials=["id", "means"], way="message")
        (job,) = [job for job in papers_of(city) if job.payload["number"] == number]
        ticket_paper.run(Work(city, city.settings, job.payload, 1, NOW))
        with city.read() as session:
            (row,) = letters.of_ticket(session, number)
            said.append(letters.opened(city.secrecy, row)[1:])
    english, chosen, noted, silent = said
    assert english[0] == f"Papers still needed, {numbers[0]}"
    assert "copy of identity card, statement of means" in english[1]
    assert "Please supply them by " in english[1]
    assert " March 2026." in english[1]
    assert chosen[1] == english[1].replace(numbers[0], numbers[1])
    assert noted[1].replace(numbers[2], numbers[3]) == silent[1]
    assert "身份证明复印件、经济困难状况说明" in silent[1]
    with city.write() as session:
        ticket, asked = session.get_one(Ticket, numbers[0]), city.settings.outbox
        progress = ticket_papers.compose(session, asked, ticket, "progress").text.body
        assert "waiting for papers" in progress
        assert ticket.code in progress
        assert progress.isascii()
        ticket.secret = "violence"
        assert "Please call 12348" in ticket_papers.compose(session, asked, ticket, "papers").text.body


def test_what_cannot_be_said_or_sent(city: Store) -> None:
    number = add_matter(city, now=NOW, number="01088886666")
    with city.write() as session:
        ticket = session.get_one(Ticket, number)

        def fails(code: str, kind: str, **more: Any) -> None:
            with pytest.raises(HotlineError) as error:
                ticket_papers.send(session, city.secrecy, city.settings.outbox, ticket, kind, by="a", now=NOW, **more)
            assert error.value.code == code

        fails("letter.nothing_to_say", "result")
        fails("letter.kind", "poem")
        fails("letter.no_mobile", "progress")
        fails("letter.address", "progress", channel="mail")
        assert not ticket_papers.mobile(city.secrecy, ticket)
    do(city, number, "ask_papers", materials=["id"], way="message")
    (job,) = papers_of(city)
    for _ in range(2):
        ticket_paper.run(Work(city, city.settings, job.payload, 1, NOW))
    with city.read() as session:
        (notice,) = session.scalars(select(Notice))
    assert (notice.kind, notice.data["code"]) == ("letter_failed", "letter.no_mobile")


def test_others_may_read_the_phone(city: Store) -> None:
    number = add_matter(city, now=NOW, risk_flags=["R03"])
    with city.read() as session:
        paper = ticket_papers.compose(session, city.settings.outbox, session.get_one(Ticket, number), "progress")
    assert number not in paper.text.body
    assert "12348" in paper.text.body
