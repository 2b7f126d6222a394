"""Notices on both databases: warnings, supervision and hand-overs are heard once, by whom they concern."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, update

from hotline.core.tickets import Actor
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.model import Limits
from hotline.jobs import notice_letters
from hotline.jobs.durable import Work
from hotline.store.engine import Store
from hotline.store.models import (
    Account,
    AccountContact,
    Job,
    Letter,
    Notice,
    NoticeReader,
    Ticket,
    TicketEvent,
    TicketWarning,
)
from hotline.store.repositories import letters, notices, ticket_secrecy, ticket_sweep
from hotline.store.repositories.sealing import seal
from hotline.store.repositories.ticket_acts import House
from tests.fakes.letters import (
    NOW,
    TOWN,
    account,
    broken,
    do,
    heard,
    many,
    tell,
)
from tests.fakes.tickets import add_matter

pytestmark = pytest.mark.contract


@pytest.fixture
def city(demo_store: Store) -> Store:
    return demo_store


@pytest.fixture
def people(city: Store) -> Store:
    """Exactly who the test names, and nobody of the demo's."""
    with city.write() as session:
        session.execute(update(Account).values(active=False))
    account(city, "clerk", "centre", TOWN)
    account(city, "head", "centre", TOWN, director=True)
    account(city, "boss", "supervisor")
    return city


def test_yellow_orange_and_red_each_heard_once_one_step_higher(people: Store) -> None:
    number = add_matter(people, now=NOW)
    with people.write() as session:
        session.execute(update(Ticket).values(centre_id=TOWN))
        session.add(
            AccountContact(
                account_id="acc_head", channel="mail", address_masked="h***@example.com", changed_at=NOW,
                address_enc=seal(people.secrecy, "account_contacts.address_enc", "acc_head", "head@example.com"),
            )
        )  # fmt: skip
    with people.read() as session:
        due = session.get_one(Ticket, number).due_at
    assert due is not None
    for moment in (due - 7_200, due - 3_600, due + 1):
        for _ in range(2):
            ticket_sweep.sweep(people, people.settings.tickets, moment)
            many(people, lambda n: tell(people), 3)
    with people.read() as session:
        levels = list(session.scalars(select(TicketWarning.level).order_by(TicketWarning.id)))
        warned = session.scalar(select(func.count()).select_from(TicketWarning))
        assert session.scalar(select(func.count()).select_from(Notice)) == warned
    steps = {"yellow": ["acc_clerk"], "orange": ["acc_head"], "red": ["acc_boss"]}
    assert heard(people) == {level: steps[level] * levels.count(level) for level in dict.fromkeys(levels)}
    assert {"orange", "red"} <= set(levels)
    assert broken(people) == []
    with people.read() as session:
        jobs_due = list(session.scalars(select(Job).where(Job.kind == notices.LETTER_JOB)))
    assert len(jobs_due) == levels.count("orange")  # only the director wants to be written to
    for job in jobs_due * 2:
        notice_letters.run(Work(people, people.settings, job.payload, 1, NOW))
    with people.read() as session:
        rows = list(session.scalars(select(Letter).where(Letter.account_id == "acc_head")))
        assert letters.of_ticket(session, number) == []  # the house's own letters are no part of the ticket
    assert len(rows) == levels.count("orange")
    assert number in letters.opened(people.secrecy, rows[0])[2]
    with people.write() as session:
        session.execute(Notice.__table__.delete().where(Notice.id.not_in(select(NoticeReader.notice_id))))
        session.execute(NoticeReader.__table__.delete())
        session.execute(Notice.__table__.delete())
    assert set(broken(people)) == {"L1 warning.without_notice"}


def test_nobody_on_a_step_means_the_next_one_up(people: Store) -> None:
    with people.write() as session:
        session.execute(update(Account).where(Account.id.in_(("acc_clerk", "acc_head"))).values(active=False))
        ladder = notices.Ladder(session)
        assert ladder.who("handler", "acc_clerk", TOWN) == ["acc_boss"]
        session.execute(update(Account).where(Account.id == "acc_boss").values(active=False))
    account(people, "admin2", "admin")
    account(people, "top", "centre", "ctr_990100", director=True)
    with people.read() as session:
        ladder = notices.Ladder(session)
        assert ladder.who("director", "", TOWN) == ["acc_top"]
        assert ladder.who("bureau", "", "") == ["acc_admin2"]


def test_whoever_may_not_know_hears_nothing_and_somebody_does(people: Store) -> None:
    """Confidential: not the counter, but the director. Hidden from the centre: not the director either, but the bureau."""
    number = add_matter(people, now=NOW)
    account(people, "trusted", "centre", TOWN)
    with people.write() as session:
        session.execute(update(Ticket).values(centre_id=TOWN, guarded=True, secret="violence"))
        ticket = session.get_one(Ticket, number)
        ladder = notices.Ladder(session)
        assert ladder.who("handler", "", TOWN, ladder.knowers(session, ticket)) == ["acc_head"]
        assert ladder.admins(ladder.knowers(session, ticket)) == []
        ticket_secrecy.grant(session, ticket, "acc_trusted", "acc_boss", "经办", NOW)
        session.flush()
        assert ladder.who("handler", "", TOWN, ladder.knowers(session, ticket)) == ["acc_trusted"]
        ticket_secrecy.hide(session, ticket, ["acc_trusted"], TOWN, "complaint", NOW)
        session.flush()
        assert ladder.who("handler", "", TOWN, ladder.knowers(session, ticket)) == ["acc_boss"]


def keeps(store: Store, number: str, keeper: str, **more: Any) -> None:
    """Somebody at the desk took this ticket down, and answers for it."""
    with store.write() as session:
        session.execute(update(Ticket).where(Ticket.number == number).values(keeper_id=keeper, **more))


def test_who_took_it_hears_that_it_came_back_and_that_it_is_late(people: Store) -> None:
    number, desk = add_matter(people, now=NOW), account(people, "desk", "agent")
    account(people, "other", "agent")
    keeps(people, number, desk)
    do(people, number, "accept")
    do(people, number, "assign", centre_id=TOWN)
    clerk = Actor("acc_clerk", "centre", TOWN)
    with people.write() as session:
        given = {"reason": "area", "basis": "不属于本镇"}
        House(session, Limits(), Warn()).do(number, "object", clerk, given, now=NOW + 60)
    assert heard(people) == {"returned": [desk]}
    with people.read() as session:
        assert session.scalars(select(Notice.data)).one() == {"reason": "area"}, (
            "codes only: what was written stays in the ticket"
        )
    with people.read() as session:
        due = session.get_one(Ticket, number).due_at
    assert due is not None
    ticket_sweep.sweep(people, people.settings.tickets, due - 3_600)
    tell(people)
    assert desk not in heard(people).get("yellow", []) + heard(people).get("orange", []), "not before it is late"
    ticket_sweep.sweep(people, people.settings.tickets, due + 1)
    tell(people)
    assert set(heard(people)["red"]) == {"acc_boss", desk}
    keeps(people, number, desk, guarded=True, secret="minor")
    with people.write() as session:
        ticket = session.get_one(Ticket, number)
        ladder = notices.Ladder(session)
        assert ladder.of_these([desk, "acc_boss"], ladder.knowers(session, ticket)) == ["acc_boss"]


def test_a_hand_over_is_heard_by_who_is_to_take_it_then_by_who_offered_it(people: Store) -> None:
    number = add_matter(people, now=NOW)
    desk, mate = account(people, "desk", "agent"), account(people, "mate", "agent")
    account(people, "bridge", "centre", "ctr_990102102")
    account(people, "pier", "centre", "ctr_990102102", director=True)
    keeps(people, number, desk)

    def act(name: str, who: Actor, **given: Any) -> None:
        with people.write() as session:
            House(session, Limits(), Warn()).do(number, name, who, given, now=NOW)

    mine, hers = Actor(desk, "agent"), Actor(mate, "agent")
    act("offer_handover", mine, person_id=mate, why="调班")
    assert heard(people) == {"handover_offered": [mate]}
    act("refuse_handover", hers, why="手上已有同类工单")
    act("offer_handover", mine, centre_id="ctr_990102102", why="事在石桥镇")
    act("recall_handover", mine)
    act("offer_handover", mine, person_id=mate, why="调班")
    act("accept_handover", hers)
    found = heard(people)
    assert found == {
        "handover_offered": [mate, "acc_bridge", "acc_pier", mate],
        "handover_refused": [desk],
        "handover_accepted": [desk],
    }
    act("offer_handover", hers, person_id=desk, why="还给你")
    with people.read() as session:
        until = session.get_one(Ticket, number).offered_until
    assert until is not None
    for _ in range(2):
        ticket_sweep.sweep(people, people.settings.tickets, until + 1)
    assert heard(people)["handover_expired"] == [mate]


def test_supervision_begins_and_ends_for_those_it_concerns(people: Store) -> None:
    number = add_matter(people, now=NOW)
    with people.write() as session:
        session.execute(update(Ticket).values(centre_id=TOWN, handler_id="acc_clerk"))
    do(people, number, "supervise", way="door", why="久拖未决")
    do(people, number, "end_supervision", result="已当面督促")
    assert heard(people) == {
        "supervision": ["acc_clerk", "acc_head"],
        "supervision_over": ["acc_clerk", "acc_head"],
    }
    with people.read() as session:
        assert [row.name for row in session.scalars(select(TicketEvent).order_by(TicketEvent.id))][-2:] == [
            "supervise", "end_supervision",
        ]  # fmt: skip
