"""The archiver on a real Redis and real files: nothing is lost, nothing counts twice."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable

import pytest
import redis
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from hotline.bus import keys
from hotline.bus.client import connect, publish
from hotline.core.facts import Fact
from hotline.core.journal import encode_fact
from hotline.jobs import archiver as archiver_module
from hotline.jobs.archiver import Archiver, _Loop
from hotline.jobs.durable import Waker
from hotline.jobs.part import Heartbeat
from hotline.settings import Settings
from hotline.store.engine import Store, is_away
from hotline.store.models import Call, CallFact, Job
from hotline.store.repositories import calls
from tests.calls import FakeCall
from tests.conftest import RedisServer, eventually

pytestmark = pytest.mark.integration


@pytest.fixture
def client(redis_server: RedisServer) -> redis.Redis:
    return connect(redis_server.url)


@pytest.fixture
def loop(sqlite_store: Store, redis_settings: Settings, client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> _Loop:
    monkeypatch.setattr(archiver_module, "SWEEP_SECONDS", 0.0)
    return make_loop(sqlite_store, redis_settings, client)


def make_loop(store: Store, settings: Settings, client: redis.Redis) -> _Loop:
    return _Loop(Archiver(store, settings, Waker(settings.redis_url)), client, Heartbeat(client, "archiver"))


def turn(loop: _Loop, until: Callable[[], object]) -> None:
    """Run the archiver's rounds until something holds."""

    def round_() -> object:
        loop.once()
        return until()

    eventually(round_, 15)


def stored(store: Store, call_id: str) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(CallFact).where(CallFact.call_id == call_id)) or 0


def row(store: Store, call_id: str) -> Call | None:
    with store.read() as session:
        return calls.get(session, call_id)


def closed(store: Store, call_id: str) -> bool:
    found = row(store, call_id)
    return found is not None and found.state == "closed"


def whole(store: Store) -> FakeCall:
    return FakeCall(store.secrecy).agent().expert().hang_up("expert", "exp_01").rate(1, "expert", "exp_01").end()


def age(path: object) -> None:
    """Nothing was written to the journal for a while."""
    os.utime(str(path), (time.time() - 60, time.time() - 60))


def test_from_the_stream_alone(loop: _Loop, sqlite_store: Store, client: redis.Redis) -> None:
    made = whole(sqlite_store)
    for fact in made.facts:
        publish(client, fact)
    turn(loop, lambda: closed(sqlite_store, made.call_id))
    assert stored(sqlite_store, made.call_id) == len(made.facts)
    assert client.xpending(keys.FACTS, "archiver")["pending"] == 0


def test_from_the_journal_alone_then_it_is_put_away(loop: _Loop, sqlite_store: Store, redis_settings: Settings) -> None:
    made = whole(sqlite_store)
    path = made.journal(redis_settings.journal_dir)
    turn(loop, lambda: closed(sqlite_store, made.call_id))
    assert path.exists()  # it was written to a moment ago: the last word may be to come
    age(path)
    turn(loop, lambda: not path.exists())
    assert (redis_settings.journal_dir / "done" / path.name).read_bytes() == b"".join(encode_fact(f) for f in made.facts)
    with sqlite_store.read() as session:
        kinds = sorted(session.scalars(select(Job.kind)))
    assert kinds == ["finish_call", "seal_recording", "seal_recording"]


def test_both_ways_count_once(loop: _Loop, sqlite_store: Store, redis_settings: Settings, client: redis.Redis) -> None:
    made = whole(sqlite_store)
    made.journal(redis_settings.journal_dir)
    for fact in [*made.facts, *made.facts]:
        publish(client, fact)
    turn(loop, lambda: closed(sqlite_store, made.call_id))
    turn(loop, lambda: client.xpending(keys.FACTS, "archiver")["pending"] == 0)
    assert stored(sqlite_store, made.call_id) == len(made.facts)


def test_a_growing_and_a_torn_journal(loop: _Loop, sqlite_store: Store, redis_settings: Settings) -> None:
    made = whole(sqlite_store)
    path = made.journal(redis_settings.journal_dir, upto=5)
    with path.open("ab") as file:
        file.write(encode_fact(made.facts[5])[:20])
    turn(loop, lambda: stored(sqlite_store, made.call_id) == 5)
    with path.open("ab") as file:  # the writer lives: the rest of the line, and more
        file.write(encode_fact(made.facts[5])[20:] + encode_fact(made.facts[6]))
    turn(loop, lambda: stored(sqlite_store, made.call_id) == 7)


def test_the_supervisor_closes_after_half_a_line(loop: _Loop, sqlite_store: Store, redis_settings: Settings) -> None:
    made = FakeCall(sqlite_store.secrecy).agent()
    path = made.journal(redis_settings.journal_dir)
    lived = len(made.facts)
    made.source, made.epoch = "pool", 2
    made.end("system_failure", "system")
    with path.open("ab") as file:
        file.write(b'1234abcd {"fact": {"na' + b"\n" + encode_fact(made.facts[-1]))
    age(path)
    turn(loop, lambda: not path.exists())
    found = row(sqlite_store, made.call_id)
    assert found is not None
    assert (found.cause, stored(sqlite_store, made.call_id)) == ("system_failure", lived + 1)


def test_a_word_after_the_end_is_not_missed(loop: _Loop, sqlite_store: Store, redis_settings: Settings) -> None:
    made = FakeCall(sqlite_store.secrecy).agent().end("completed", "caller")
    path = made.journal(redis_settings.journal_dir)
    turn(loop, lambda: closed(sqlite_store, made.call_id))
    made.say("recording_ended", 0.2, recording_id=made.recording("agent"), talk_id=made.talk("agent"), seconds=9.5)
    with path.open("ab") as file:
        file.write(encode_fact(made.facts[-1]))
    age(path)
    turn(loop, lambda: not path.exists())
    with sqlite_store.read() as session:
        detail = calls.detail(session, made.call_id)
    assert detail is not None
    assert [item.seconds for item in detail.recordings] == [9.5]


def test_redis_emptied_and_away(
    loop: _Loop, sqlite_store: Store, redis_settings: Settings, redis_server: RedisServer, client: redis.Redis
) -> None:
    first, second, third = (FakeCall(sqlite_store.secrecy, at=1e9 + n).agent().end() for n in range(3))
    publish(client, first.facts[0])
    turn(loop, lambda: stored(sqlite_store, first.call_id) == 1)
    redis_server.empty()
    first.journal(redis_settings.journal_dir)
    for fact in second.facts:  # the stream lives on, without the group
        publish(client, fact)
    turn(loop, lambda: closed(sqlite_store, first.call_id) and closed(sqlite_store, second.call_id))
    redis_server.stop()
    try:
        third.journal(redis_settings.journal_dir)
        turn(loop, lambda: closed(sqlite_store, third.call_id))
    finally:
        redis_server.start()
    fourth = FakeCall(sqlite_store.secrecy, at=1e9 + 9).agent().end()
    for fact in fourth.facts:
        publish(client, fact)
    turn(loop, lambda: closed(sqlite_store, fourth.call_id))
    turn(loop, lambda: client.get(keys.part("archiver")))


def test_database_away(
    loop: _Loop,
    sqlite_store: Store,
    redis_settings: Settings,
    client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, journalled = whole(sqlite_store), FakeCall(sqlite_store.secrecy, at=1e9).agent().end()
    other = sqlite_store.engine.connect().execution_options(hotline_write=True)
    sqlite_store.engine.dispose()
    monkeypatch.setattr("hotline.store.engine.BUSY_TIMEOUT_MS", 100)
    impatient = Store(redis_settings, sqlite_store.secrecy)
    loop = make_loop(impatient, redis_settings, client)
    with other.begin():  # somebody else holds the write lock for long
        for fact in made.facts:
            publish(client, fact)
        path = journalled.journal(redis_settings.journal_dir)
        age(path)
        pauses = [loop.once() for _ in range(3)]
        assert pauses == sorted(pauses)
        assert pauses[-1] > pauses[0] > 0
        assert path.exists()
        assert client.xpending(keys.FACTS, "archiver")["pending"] == len(made.facts)
    other.close()
    turn(loop, lambda: closed(impatient, made.call_id) and closed(impatient, journalled.call_id))
    turn(loop, lambda: client.xpending(keys.FACTS, "archiver")["pending"] == 0 and not path.exists())
    impatient.close()


def test_a_crash_between_commit_and_acknowledgement(
    sqlite_store: Store, redis_settings: Settings, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = whole(sqlite_store)
    for fact in made.facts:
        publish(client, fact)
    first = make_loop(sqlite_store, redis_settings, client)
    monkeypatch.setattr(first._stream, "ack", lambda _batch: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        turn(first, lambda: False)
    second = make_loop(sqlite_store, redis_settings, client)
    turn(second, lambda: client.xpending(keys.FACTS, "archiver")["pending"] == 0)
    assert stored(sqlite_store, made.call_id) == len(made.facts)


def test_one_bad_call_does_not_stop_the_others(
    loop: _Loop, sqlite_store: Store, redis_settings: Settings, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = whole(sqlite_store), FakeCall(sqlite_store.secrecy, at=1e9).agent().end()
    fold = archiver_module.fold

    def sometimes(facts: list[Fact]) -> object:
        if facts[0].call_id == bad.call_id:
            raise TypeError("a fact of another planet")
        return fold(facts)

    monkeypatch.setattr(archiver_module, "fold", sometimes)
    bad_path, good_path = bad.journal(redis_settings.journal_dir), good.journal(redis_settings.journal_dir)
    age(bad_path)
    age(good_path)
    for pair in zip(bad.facts, good.facts, strict=False):
        for fact in pair:
            publish(client, fact)
    client.xadd(keys.FACTS, {"fact": "{not a fact"})
    turn(loop, lambda: closed(sqlite_store, good.call_id) and not good_path.exists())
    turn(loop, lambda: client.xpending(keys.FACTS, "archiver")["pending"] == 0)
    assert row(sqlite_store, bad.call_id) is None
    assert bad_path.exists()
    monkeypatch.setattr(archiver_module, "fold", fold)  # the mended program finds it where it was
    turn(loop, lambda: closed(sqlite_store, bad.call_id) and not bad_path.exists())


def test_facts_of_no_call_are_kept(loop: _Loop, sqlite_store: Store, client: redis.Redis) -> None:
    data = {"agent_id": "agt_8001", "state": "paused", "reason": "meal"}
    publish(client, Fact("agent_state_changed", "", 1e9, 1, "routing", 1, data))
    turn(loop, lambda: stored(sqlite_store, "") == 1)


def test_a_push_wakes_the_sweep(
    sqlite_store: Store, redis_settings: Settings, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiver_module, "SWEEP_SECONDS", 3600.0)
    loop = make_loop(sqlite_store, redis_settings, client)
    loop.once()
    made = whole(sqlite_store)
    made.journal(redis_settings.journal_dir)
    loop.once()
    assert not closed(sqlite_store, made.call_id)
    client.rpush(keys.JOBS_WAKE, made.call_id)
    loop.once()
    assert closed(sqlite_store, made.call_id)


def test_nothing_of_the_caller_in_the_logs(
    loop: _Loop, sqlite_store: Store, redis_settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    made = FakeCall(sqlite_store.secrecy, number="13977778888").agent().end()
    path = made.journal(redis_settings.journal_dir)
    path.write_bytes(path.read_bytes().replace(b"queue_entered", b"queue_entires"))
    turn(loop, lambda: closed(sqlite_store, made.call_id))
    out, err = capfd.readouterr()
    assert "journal_damaged" in out + err
    assert "13977778888" not in out + err


def test_errors_that_mean_away() -> None:
    busy = sqlite3.OperationalError("locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    wrong = sqlite3.OperationalError("no such table")
    wrong.sqlite_errorcode = sqlite3.SQLITE_ERROR
    assert is_away(OperationalError("s", {}, busy))
    assert not is_away(OperationalError("s", {}, wrong))
    assert not is_away(ValueError())
