"""Letters on both databases: once a key, what the job does at each step."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from sqlalchemy import func, select, update

from hotline.core.errors import Invalid, Missing, Rejected
from hotline.core.letters import Receipt
from hotline.jobs import send_letter
from hotline.jobs.durable import Runner
from hotline.outbox.files import read
from hotline.secrecy import SecrecyError
from hotline.settings.outbox import OutboxSettings
from hotline.store.engine import Store
from hotline.store.models import (
    Job,
    Letter,
    Notice,
)
from hotline.store.repositories import jobs, letters
from tests.fakes.letters import (
    MORNING,
    NIGHT,
    NOW,
    Way,
    broken,
    found,
    many,
    put,
    run,
)

pytestmark = pytest.mark.contract


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
