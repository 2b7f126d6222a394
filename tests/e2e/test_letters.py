"""Letters and notices in a real browser on the real API: a warning under the bell, papers sent, an unsure letter seen to."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select, update

from hotline.core.letters import Receipt
from hotline.store.models import Letter, TicketClock
from hotline.store.repositories import letters, notices, ticket_sweep
from tests.e2e.browser import play
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import House

pytestmark = pytest.mark.e2e


@pytest.mark.timeout(240)
async def test_a_warning_is_found_and_papers_are_sent(served: House) -> None:
    now, store = time.time(), served.store
    number = add_matter(store, now=now, service_type="S17", facts="与邻居因宅基地排水发生纠纷。")
    with store.write() as session:
        session.execute(update(TicketClock).values(started_at=now - 86_400, due_at=now + 3600, warn_at=now - 60))
        row = letters.send(
            session,
            store.secrecy,
            key="k",
            kind="result",
            channel="mail",
            to="wang@example.com",
            body="已办结",
            now=now,
            urgent=True,
        )
        letters.take_up(session, served.settings.outbox, row.id, False, now)
        letters.mark(session, served.settings.outbox, row.id, Receipt("unsure", "smtp.no_answer"), now)
    # What the limits are counted by says something else than the test: only the warnings matter here.
    ticket_sweep.sweep(store, served.settings.tickets, now)
    with store.write() as session:
        session.execute(update(notices.TicketWarning).values(to_whom="handler", level="yellow"))
        notices.of_warnings(session, now)
    result = await play(served, "letters.mjs", ticket=number)
    assert result["unread"] >= 1
    assert number in result["notice"]
    assert number in result["draft"]
    assert result["rang"] < 10, "by the feed: the console itself looks once a minute"
    assert number in result["offered"]
    assert "待您接收" in result["offered"]
    assert "补正材料告知" in result["letters"][0]
    with store.read() as session:
        assert sorted(session.scalars(select(Letter.state))) == ["waiting", "waiting"]
