"""The jobs table: once a key, one worker a job, leases that run out. On both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hotline.store.engine import Store
from hotline.store.models import Job
from hotline.store.repositories import jobs

pytestmark = pytest.mark.contract


def add(store: Store, key: str = "k", now: float = 100.0, **more: float) -> str | None:
    with store.write() as session:
        return jobs.enqueue(session, "kind", key, {"a": 1}, now=now, **more)


def claim(store: Store, job_id: str, by: str, now: float) -> Job | None:
    with store.write() as session:
        return jobs.claim(session, job_id, by=by, now=now)


def due(store: Store, now: float) -> list[str]:
    with store.read() as session:
        return jobs.due(session, now)


def test_once_a_key(store: Store) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = [item for item in pool.map(lambda _: add(store), range(6)) if item]
    assert len(found) == 1
    assert due(store, 100.0) == found


def test_one_worker_takes_it(store: Store) -> None:
    job_id = add(store)
    assert job_id is not None
    with ThreadPoolExecutor(6) as pool:
        taken = [job for job in pool.map(lambda n: claim(store, job_id, f"w{n}", 101.0), range(6)) if job]
    assert len(taken) == 1
    assert taken[0].attempts == 1


def test_a_lease_that_ran_out_is_taken_and_the_late_worker_changes_nothing(store: Store) -> None:
    job_id = add(store)
    assert job_id is not None
    assert claim(store, job_id, "slow", 100.0)
    assert due(store, 159.0) == []
    with store.write() as session:
        assert jobs.renew(session, job_id, by="slow", now=130.0)
    assert due(store, 161.0) == []
    assert due(store, 191.0) == [job_id]
    assert claim(store, job_id, "quick", 191.0)
    with store.write() as session:
        assert not jobs.done(session, job_id, by="slow", now=192.0)
        assert jobs.done(session, job_id, by="quick", now=192.0)
    assert due(store, 1e9) == []
    assert add(store) is None  # done once is done for ever


def test_put_back_fail_retry_and_hasten(store: Store) -> None:
    job_id = add(store, run_after=500.0)
    assert job_id is not None
    assert due(store, 499.0) == []
    with store.write() as session:
        assert jobs.hasten(session, "k", 200.0)
    assert claim(store, job_id, "w", 200.0)
    with store.write() as session:
        assert jobs.put_back(session, job_id, by="w", run_after=300.0, count=False)
    again = claim(store, job_id, "w", 300.0)
    assert again is not None
    assert again.attempts == 1
    with store.write() as session:
        assert jobs.fail(session, job_id, by="w", now=301.0, error="X")
        assert jobs.counts(session) == {"failed": 1}
    assert due(store, 1e9) == []
    with store.write() as session:
        assert jobs.retry(session, "k", 400.0)
    assert due(store, 400.0) == [job_id]


def test_jobs_of_dead_workers_are_freed(store: Store) -> None:
    ids = [add(store, f"k{n}") for n in range(3)]
    for number, job_id in enumerate(ids):
        claim(store, str(job_id), "dead" if number else "alive", 100.0)
    with store.write() as session:
        assert sorted(jobs.holders(session)) == ["alive", "dead"]
        assert jobs.release(session, ["dead"], 101.0) == 2
    assert sorted(due(store, 101.0)) == sorted(str(job_id) for job_id in ids[1:])


def test_a_job_exists_exactly_when_its_cause_was_committed(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as session:
        jobs.enqueue(session, "kind", "k", {}, now=1.0)
        raise RuntimeError
    assert due(store, 1e9) == []
