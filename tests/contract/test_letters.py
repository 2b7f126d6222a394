"""Letters and notices on both databases: once a key, what the job does at each step, warnings heard once, what acts send."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update

from hotline.core.calendars.days import ZONE
from hotline.core.errors import HotlineError, Invalid, Missing, Rejected
from hotline.core.letters import Receipt
from hotline.core.tickets import Actor
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.model import Limits
from hotline.jobs import notice_letters, send_letter, ticket_paper
from hotline.jobs.doctor import letters as doctor
from hotline.jobs.doctor.report import Report
from hotline.jobs.durable import Later, Runner, Work
from hotline.outbox.files import read
from hotline.secrecy import SecrecyError
from hotline.settings.outbox import OutboxSettings
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
from hotline.store.repositories import jobs, letters, notices, ticket_events, ticket_papers, ticket_secrecy, ticket_sweep
from hotline.store.repositories.sealing import seal
from hotline.store.repositories.ticket_acts import House
from tests.fakes.tickets import add_matter

pytestmark = pytest.mark.contract

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


# one letter a key


def test_the_same_key_is_one_letter_and_one_job(store: Store) -> None:
    ids = {row.id for row in many(store, lambda n: put(store))}
    assert len(ids) == 1
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
    row = found(store)
    assert (row.state, row.to_masked) == ("waiting", "138****5678")
    assert "13812345678" not in json.dumps([row.to_enc, row.text_enc])
    assert letters.opened(store.secrecy, row) == ("13812345678", "", "请补交")
    row.id = "let_other"  # its seal is bound to its place
    with pytest.raises(SecrecyError):
        letters.opened(store.secrecy, row)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"to": "057512345678"}, "letter.address"),
        ({"to": ""}, "letter.address"),
        ({"channel": "mail", "to": "a@b"}, "letter.address"),
        ({"channel": "mail", "to": "a@b.c\nBcc: d@e.f"}, "letter.address"),
        ({"channel": "fax"}, "letter.channel"),
        ({"body": " "}, "letter.empty"),
    ],
)
def test_what_is_no_letter(store: Store, more: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as error:
        put(store, **more)
    assert error.value.code == code


# what the job does


def test_sent_once_whatever_wakes_it(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    row = put(store)
    with store.read() as session:
        job_id = session.scalars(select(Job.id)).one()
    way = Way()
    runner = Runner(store, {"send_letter": send_letter.handler(lambda work: {"sms": way})}, clock=lambda: NOW)
    assert sorted(many(store, lambda n: runner.run(job_id), 4)) == ["done", "skipped", "skipped", "skipped"]
    run(store, row, way)
    assert way.sent == [f"{store.settings.outbox.signature}请补交"]
    assert (found(store).state, found(store).tries) == ("sent", 1)
    assert "请补交" not in caplog.text
    assert "13812345678" not in caplog.text
    assert broken(store) == []


def test_a_file_a_letter(store: Store) -> None:
    row = put(store)
    run(store, row)
    (path,) = (store.settings.outbox_dir / "sms").glob("*.json")
    assert read(path, store.secrecy)["to"] == "13812345678"
    assert broken(store) == []
    path.rename(path.with_name("0" * 40 + ".json"))
    assert broken(store) == ["L2 letter.twice"]


def test_whoever_dies_between_act_and_mark(store: Store) -> None:
    for once, state, sent in ((True, "sent", 1), (False, "unsure", 0)):
        row = put(store, f"k{once}")
        with store.write() as session:
            assert letters.take_up(session, store.settings.outbox, row.id, once, NOW) is not None  # and then it dies
        way = Way(once=once)
        assert run(store, row, way) is None
        assert (found(store, f"k{once}").state, len(way.sent)) == (state, sent)
    with store.read() as session:
        assert [row.kind for row in session.scalars(select(Notice))] == ["letter_unsure"]
    assert broken(store) == []


def test_again_with_growing_pauses_then_a_person(store: Store) -> None:
    row, now = put(store), NOW
    way = Way(*[Receipt("again", "gateway.503")] * 99)
    pauses = []
    while (then := run(store, row, way, now)) is not None:
        pauses.append(then - now)
        assert run(store, row, way, then - 1) == then  # not before its time
        now = then
    asked = store.settings.outbox
    assert pauses == [asked.backoff_seconds[min(n, 4)] for n in range(asked.tries - 1)]
    assert (found(store).state, found(store).code, len(way.sent)) == ("failed", "gateway.503", asked.tries)
    with store.write() as session:
        letters.retry(session, row.id, "acc_boss", now)
    assert broken(store) == []
    assert run(store, row, Way(), now) is None
    assert found(store).state == "sent"
    with store.write() as session, pytest.raises(Rejected, match=r"letter\.settled"):
        letters.retry(session, row.id, "acc_boss", now)


def test_a_person_settles_what_nobody_can_know(store: Store) -> None:
    for arrived, state in ((True, "sent"), (False, "cancelled")):
        row = put(store, f"k{arrived}")
        run(store, row, Way(Receipt("unsure", "smtp.no_answer"), once=False))
        assert run(store, row, Way()) is None  # nothing moves it but a person
        with store.write() as session:
            letters.settle(session, row.id, arrived, "acc_boss", NOW)
        assert found(store, f"k{arrived}").state == state
    with store.write() as session, pytest.raises(Missing):
        letters.settle(session, "let_none", True, "acc_boss", NOW)


def test_a_late_certainty_counts(store: Store) -> None:
    row = put(store)
    with store.write() as session:
        letters.take_up(session, store.settings.outbox, row.id, False, NOW)
    run(store, row, Way(once=False))  # another worker thinks the first one dead
    with store.write() as session:
        letters.mark(session, store.settings.outbox, row.id, Receipt("sent"), NOW)
    assert found(store).state == "sent"
    with store.write() as session:
        assert letters.mark(session, store.settings.outbox, row.id, Receipt("again"), NOW) is None
    assert found(store).state == "sent"


def test_not_at_night_unless_it_is_urgent(store: Store) -> None:
    row, urgent = put(store), put(store, "k2", urgent=True)
    safe = put(store, "k3", safe=[(12 * 60, 13 * 60)])
    never = put(store, "k4", safe=[(22 * 60, 23 * 60)])
    way = Way()
    assert run(store, row, way, NIGHT) == MORNING
    assert run(store, urgent, way, NIGHT) is None
    assert run(store, safe, way, NIGHT) == MORNING + 4 * 3600
    assert run(store, never, way, NIGHT) is None
    assert [found(store, key).state for key in ("k1", "k2", "k3", "k4")] == ["waiting", "sent", "waiting", "failed"]
    assert found(store, "k4").code == "never_safe"
    assert run(store, row, way, MORNING) is None
    assert len(way.sent) == 2


def test_called_off_before_it_left(store: Store) -> None:
    row = put(store, not_before=NOW + 3600)
    assert run(store, row, Way()) == NOW + 3600
    with store.write() as session:
        assert letters.cancel(session, "k1", NOW)
        assert not letters.cancel(session, "k1", NOW)
        assert not letters.cancel(session, "none", NOW)
    way = Way()
    assert run(store, row, way, NOW + 3600) is None
    assert way.sent == []


def test_texts_are_erased_when_their_time_is_over(store: Store) -> None:
    row = put(store)
    run(store, row, Way())
    asked = OutboxSettings(keep_days=1)
    with store.write() as session:
        assert letters.erase(session, asked, NOW + 80_000) == 0
        assert letters.erase(session, asked, NOW + 90_000) == 1
        assert letters.erase(session, asked, NOW + 90_000) == 0
    assert (found(store).text_enc, found(store).to_enc, found(store).to_masked) == ("", "", "138****5678")


# tickets


@pytest.fixture
def city(demo_store: Store) -> Store:
    return demo_store


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


# warnings and supervision are heard


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


def test_the_doctor_misses_no_letter(store: Store) -> None:
    row = put(store)
    with store.write() as session:
        job = jobs.by_key(session, f"letter:{row.id}:1")
        assert job is not None
        job.state = "done"
    assert broken(store) == ["L2 letter.forgotten"]
    with store.write() as session:
        session.execute(update(Letter).values(state="failed"))
    assert broken(store) == ["L2 letter.nobody_told"]
