"""After-call work on a real Redis and real processes: exactly one outcome a call, whatever is killed."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hotline.bus import keys
from hotline.core.cdr import fold
from hotline.jobs import finish_call, seal_recording
from hotline.jobs.durable import Later, Runner, Waker, Work, describe, holder, is_dead
from hotline.jobs.handlers import handlers
from hotline.jobs.worker import Worker
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store import audit
from hotline.store.demo import load_demo
from hotline.store.engine import Store
from hotline.store.models import AuditEvent, CallbackTask, Consultation, Job, Ticket
from hotline.store.repositories import calls, facts, forms, jobs, recordings
from tests.calls import FakeCall, whole_form
from tests.conftest import RedisServer, eventually

pytestmark = pytest.mark.integration


def closed_call(store: Store, made: FakeCall, now: float | None = None) -> str:
    """Store an ended call and its job, as the archiver does; the job's id."""
    with store.write() as session:
        facts.store(session, made.facts, 1.0)
        calls.apply(session, fold(made.facts))
        job_id = jobs.enqueue(
            session, "finish_call", forms.finish_key(made.call_id), {"call_id": made.call_id}, now=now or time.time()
        )
    assert job_id is not None
    return job_id


def ended(store: Store, ago: float = 1.0, **more: object) -> FakeCall:
    """A call whose talk ended `ago` seconds ago."""
    made = FakeCall(store.secrecy, **more)  # type: ignore[arg-type]
    made.at = time.time() - ago - 71
    return made.agent().hang_up(seconds=60).end()


def outcomes(store: Store) -> tuple[int, int, int]:
    with store.read() as session:
        counted = [
            session.scalar(select(func.count()).select_from(model)) or 0 for model in (Ticket, Consultation, CallbackTask)
        ]
    return counted[0], counted[1], counted[2]


def finish(store: Store, made: FakeCall, now: float | None = None) -> None:
    finish_call.run(Work(store, store.settings, {"call_id": made.call_id}, 1, now or time.time()))


def submit(store: Store, made: FakeCall, **changes: object) -> None:
    with store.write() as session:
        forms.submit(session, store.secrecy, made.call_id, version=0, fields=whole_form(**changes), by="acc", now=time.time())


def test_a_submitted_form_becomes_one_ticket(sqlite_store: Store) -> None:
    load_demo(sqlite_store, sqlite_store.settings)
    made = ended(sqlite_store)
    closed_call(sqlite_store, made)
    submit(sqlite_store, made)
    for _ in range(3):
        finish(sqlite_store, made)
    assert outcomes(sqlite_store) == (1, 0, 0)
    with sqlite_store.read() as session:
        detail = calls.detail(session, made.call_id)
    assert detail is not None
    assert detail.ticket is not None
    assert (detail.call.outcome, detail.call.form_incomplete, detail.ticket.centre_id) == (
        "ticket",
        False,
        "ctr_990102101",
    )
    days = (detail.recordings[0].keep_until - detail.call.ended_at) / 86_400  # type: ignore[operator]
    assert days == sqlite_store.settings.recording.keep_days_ticket


def test_without_a_form_it_waits_for_the_wrap_up_and_takes_the_draft(sqlite_store: Store) -> None:
    made = ended(sqlite_store)
    closed_call(sqlite_store, made)
    with sqlite_store.write() as session:
        forms.save(session, sqlite_store.secrecy, made.call_id, version=0, fields={"disposition": "D01"}, by="a", now=1.0)
    with pytest.raises(Later) as later:
        finish(sqlite_store, made)
    assert later.value.at == pytest.approx(made.at + 70)
    assert outcomes(sqlite_store) == (0, 0, 0)
    finish(sqlite_store, made, now=later.value.at)
    assert outcomes(sqlite_store) == (0, 1, 0)
    with sqlite_store.read() as session:
        found = calls.get(session, made.call_id)
    assert found is not None
    assert found.form_incomplete


@pytest.mark.parametrize(
    "end",
    [
        lambda made: made.queue().end("abandoned", "caller", "queue"),
        lambda made: made.arrive().end("rejected", "system", "arrived", sip_code=488, answered=False),
        lambda made: made.agent().end("system_failure", "system", "agent_talk"),
    ],
)
def test_a_lost_caller_is_called_back(sqlite_store: Store, end: Callable[[FakeCall], FakeCall]) -> None:
    made = end(FakeCall(sqlite_store.secrecy))
    closed_call(sqlite_store, made)
    for _ in range(2):
        finish(sqlite_store, made)
    assert outcomes(sqlite_store) == (0, 0, 1)


# The worker as a process of its own


@dataclass
class Process:
    popen: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(10)


@pytest.fixture
def start(redis_settings: Settings, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start the part as a real process; `code` may define `HANDLERS`."""
    running: list[Process] = []

    def starter(code: str = "HANDLERS = None") -> Process:
        script = tmp_path / f"run_{len(running)}.py"
        script.write_text(
            "from pathlib import Path\n"
            + textwrap.dedent(code)
            + "\nfrom hotline import logs\nfrom hotline.settings import load\nfrom hotline.jobs.main import main\n"
            + f"logs.setup('test')\nsettings = load(Path({str(redis_settings.home / 'hotline.toml')!r}), "
            + f"home=Path({str(redis_settings.home)!r}), redis={{'url': {redis_settings.redis_url!r}}})\n"
            + "main(settings, HANDLERS)\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        log = (tmp_path / f"log_{len(running)}.txt").open("wb")
        found = Process(subprocess.Popen([sys.executable, str(script)], env=environment, stderr=log, stdout=log))
        running.append(found)
        return found

    yield starter
    for number, process in enumerate(running):
        process.kill()
        print((tmp_path / f"log_{number}.txt").read_text()[-3000:])  # shown when the test fails


SLOW = """
    import os, time
    def slow(work):
        path = Path(work.payload["file"])
        with path.open("a") as file:
            file.write(f"{os.getpid()} {work.attempt}\\n")
        if path.with_suffix(".hang").exists():
            time.sleep(60)
    HANDLERS = {"slow": slow}
"""


def state(store: Store, job_id: str) -> str:
    with store.read() as session:
        return session.get_one(Job, job_id).state


def test_kill_9_in_the_middle_of_a_job(
    start: Callable[..., Process], sqlite_store: Store, redis_settings: Settings, tmp_path: Path
) -> None:
    note, hang = tmp_path / "note", tmp_path / "note.hang"
    hang.touch()
    with sqlite_store.write() as session:
        job_id = jobs.enqueue(session, "slow", "slow:1", {"file": str(note)}, now=time.time())
    assert job_id is not None
    first = start(SLOW)
    eventually(lambda: note.exists() and bool(note.read_text()), 20)
    assert state(sqlite_store, job_id) == "running"
    first.kill()
    hang.unlink()
    start(SLOW)
    # Long before the lease runs out: the new worker sees that the old one is dead.
    eventually(lambda: state(sqlite_store, job_id) == "done", 20)
    assert [line.split()[1] for line in note.read_text().splitlines()] == ["1", "2"]


def test_a_wake_up_lost_with_redis(
    start: Callable[..., Process], sqlite_store: Store, redis_server: RedisServer, redis_settings: Settings
) -> None:
    made = [FakeCall(sqlite_store.secrecy, number=f"1380000000{n}").queue().end("abandoned", "caller") for n in range(3)]
    waker = Waker(redis_settings.redis_url)
    waker.wake([closed_call(sqlite_store, made[0])])
    assert waker.pending() == 1
    redis_server.empty()
    worker = start()
    eventually(lambda: outcomes(sqlite_store) == (0, 0, 1), 20)
    assert redis_server.client.exists(keys.part("jobs"))
    redis_server.stop()
    try:  # Redis away altogether: the sweep does it itself
        assert not waker.wake([closed_call(sqlite_store, made[1])])
        eventually(lambda: outcomes(sqlite_store) == (0, 0, 2), 30)
    finally:
        redis_server.start()
    waker.wake([closed_call(sqlite_store, made[2])] * 3)  # doubled wake-ups
    eventually(lambda: outcomes(sqlite_store) == (0, 0, 3), 30)
    began = time.monotonic()
    worker.popen.send_signal(signal.SIGTERM)
    assert worker.popen.wait(10) == 0
    assert time.monotonic() - began < 5
    assert not redis_server.client.exists(keys.part("jobs"))


def test_a_form_submitted_while_the_job_waits(start: Callable[..., Process], sqlite_store: Store) -> None:
    load_demo(sqlite_store, sqlite_store.settings)
    made = ended(sqlite_store)
    job_id = closed_call(sqlite_store, made)
    start()

    def waiting() -> bool:
        with sqlite_store.read() as session:
            return session.get_one(Job, job_id).run_after > time.time() + 10

    eventually(waiting, 20)
    submit(sqlite_store, made)
    eventually(lambda: outcomes(sqlite_store) == (1, 0, 0), 15)


def test_archiver_and_worker_together_through_sigterm(
    start: Callable[..., Process], sqlite_store: Store, redis_settings: Settings, redis_server: RedisServer
) -> None:
    made = FakeCall(sqlite_store.secrecy).queue().end("abandoned", "caller")
    part = start()
    eventually(lambda: redis_server.client.exists(keys.part("archiver"), keys.part("jobs")) == 2, 40)
    made.journal(redis_settings.journal_dir)
    eventually(lambda: outcomes(sqlite_store) == (0, 0, 1), 20)
    last = FakeCall(sqlite_store.secrecy, number="13900000001").queue().end("abandoned", "caller")
    last.journal(redis_settings.journal_dir)
    part.popen.send_signal(signal.SIGTERM)
    assert part.popen.wait(10) == 0
    assert not redis_server.client.exists(keys.part("archiver"), keys.part("jobs"))
    with sqlite_store.read() as session:  # what stood in the journal when it was stopped is stored
        assert calls.get(session, last.call_id) is not None
    start()
    eventually(lambda: outcomes(sqlite_store) == (0, 0, 2), 20)


def test_facts_are_stored_while_a_long_job_runs(
    start: Callable[..., Process], sqlite_store: Store, redis_settings: Settings, tmp_path: Path
) -> None:
    note, hang = tmp_path / "note", tmp_path / "note.hang"
    hang.touch()
    with sqlite_store.write() as session:
        jobs.enqueue(session, "slow", "slow:1", {"file": str(note)}, now=time.time())
    start(SLOW)
    eventually(lambda: note.exists() and bool(note.read_text()), 20)
    made = FakeCall(sqlite_store.secrecy).queue().end("abandoned", "caller")
    made.journal(redis_settings.journal_dir)

    def stored() -> bool:
        with sqlite_store.read() as session:
            return calls.get(session, made.call_id) is not None

    eventually(stored, 20)


def test_an_archiver_that_fails_ends_the_part(start: Callable[..., Process]) -> None:
    """Its supervisor then starts both again; a part that only did half its work would go unnoticed."""
    broken = start("""
        from hotline.jobs import archiver
        def fail(*_):
            raise RuntimeError("broken")
        archiver.serve = fail
        HANDLERS = None
    """)
    assert broken.popen.wait(30) == 1


# The runner


def run(store: Store, handler: Callable[[Work], None], clock: Callable[[], float] = time.time) -> tuple[str, str]:
    with store.write() as session:
        job_id = jobs.enqueue(session, "kind", f"k{time.time_ns()}", {}, now=clock())
    assert job_id is not None
    return Runner(store, {"kind": handler}, clock=clock).run(job_id), job_id


def test_what_goes_wrong_is_tried_again_later_and_named_without_data(sqlite_store: Store) -> None:
    def broken(_work: Work) -> None:
        raise ValueError("王小明 13812345678")

    result, job_id = run(sqlite_store, broken)
    assert result == "retry"
    with sqlite_store.read() as session:
        job = session.get_one(Job, job_id)
    assert job.state == "queued"
    assert job.run_after > time.time()
    assert job.last_error.startswith("ValueError at test_jobs.py:")
    assert "王" not in job.last_error


def test_after_enough_attempts_a_human_has_to_look(sqlite_store: Store) -> None:
    now = [1e9]

    def broken(_work: Work) -> None:
        raise ValueError

    result, job_id = run(sqlite_store, broken, lambda: now[0])
    runner = Runner(sqlite_store, {"kind": broken}, clock=lambda: now[0])
    tries = 1
    while result == "retry":
        now[0] += 1000
        result, tries = runner.run(job_id), tries + 1
    assert (result, tries) == ("failed", jobs.MAX_ATTEMPTS)
    now[0] += 1e6
    assert runner.run(job_id) == "skipped"


def test_an_unknown_kind_fails_softly(sqlite_store: Store) -> None:
    with sqlite_store.write() as session:
        job_id = jobs.enqueue(session, "of_the_future", "k", {}, now=time.time())
    assert job_id is not None
    assert Runner(sqlite_store, handlers()).run(job_id) == "retry"


def test_who_holds_a_lease() -> None:
    assert not is_dead(holder())
    host, pid, started = holder().rsplit(":", 2)
    assert is_dead(f"{host}:{pid}:{int(started) + 1}")  # the pid was given to somebody else
    assert not is_dead(f"elsewhere:{pid}:1")
    assert not is_dead("")
    child = subprocess.Popen(["true"])
    child.wait()
    assert is_dead(f"{host}:{child.pid}:1")


def test_errors_are_described_by_code() -> None:
    assert describe(FileNotFoundError("/secret")) == "FileNotFoundError"


def test_the_chain_is_anchored_outside(sqlite_store: Store, redis_settings: Settings) -> None:
    worker = Worker(sqlite_store, redis_settings, {})
    worker.anchor()
    assert not audit.anchor_file(redis_settings.home).exists()
    for number in range(2):
        with sqlite_store.write() as session:
            audit.append(session, at=float(number), actor="a", action="b", object="c")
        worker.anchor()
        worker.anchor()
    anchors = audit.read_anchors(audit.anchor_file(redis_settings.home).read_text())
    assert [anchor.seq for anchor in anchors] == [1, 2]
    with sqlite_store.read() as session:
        assert audit.verify(session, anchors).ok


# Sealing


@dataclass(frozen=True)
class Info:
    seconds: float = 60.5
    bytes: int = 7
    sha256: str = "a" * 64


def sealing(made: FakeCall, store: Store, attempt: int = 1) -> Work:
    return Work(store, store.settings, {"recording_id": made.recording("agent")}, attempt, time.time())


def captured(store: Store, *sides: str) -> FakeCall:
    made = ended(store)
    closed_call(store, made)
    store.settings.capture_dir.mkdir(parents=True, exist_ok=True)
    for side in sides:
        (store.settings.capture_dir / f"{made.recording('agent')}.{side}.wav").write_bytes(b"RIFF")
    return made


def test_captures_go_only_after_the_sealed_copy_is_known(sqlite_store: Store) -> None:
    made = captured(sqlite_store, "caller", "peer")
    sides = seal_recording.captures(sqlite_store.settings, made.recording("agent"))

    def broken(*_: object) -> Info:
        raise OSError("disk full")

    def good(caller: Path, peer: Path, target: Path, _secrecy: Secrecy, _recording_id: str) -> Info:
        assert caller.exists()
        assert peer.exists()
        target.write_bytes(b"sealed!")
        return Info()

    with pytest.raises(OSError, match="disk full"):
        seal_recording.handler(broken)(sealing(made, sqlite_store))
    assert all(path.exists() for path in sides)
    seal_recording.handler(good)(sealing(made, sqlite_store))
    assert not any(path.exists() for path in sides)
    with sqlite_store.read() as session:
        row = recordings.get(session, made.recording("agent"))
    assert row is not None
    assert (row.state, row.seconds, row.bytes) == ("sealed", 60.5, 7)
    assert (sqlite_store.settings.recordings_dir / row.path).read_bytes() == b"sealed!"
    for path in sides:  # killed between the commit and the removal
        path.write_bytes(b"RIFF")
    seal_recording.handler(broken)(sealing(made, sqlite_store))
    assert not any(path.exists() for path in sides)


def wav(path: Path, seconds: float, level: int) -> None:
    """A capture: 8 kHz, 16 bit, mono."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(level.to_bytes(2, "little") * int(8000 * seconds))


@pytest.mark.parametrize("sides", [("caller", "peer"), ("caller",), ("peer",)])
def test_the_real_sealing_through_the_job(sqlite_store: Store, sides: tuple[str, ...]) -> None:
    made = captured(sqlite_store)
    paths = dict(zip(("caller", "peer"), seal_recording.captures(sqlite_store.settings, made.recording("agent")), strict=True))
    for side in sides:
        wav(paths[side], 2.0, 1000)
    with sqlite_store.write() as session:
        job_id = jobs.enqueue(session, "seal_recording", "seal:1", {"recording_id": made.recording("agent")}, now=time.time())
    assert job_id is not None
    assert Runner(sqlite_store, handlers()).run(job_id) == "done"
    assert not any(path.exists() for path in paths.values())
    with sqlite_store.read() as session:
        row = recordings.get(session, made.recording("agent"))
    assert row is not None
    assert row.state == "sealed"
    assert row.seconds == pytest.approx(2.0, abs=0.01)
    content = (sqlite_store.settings.recordings_dir / row.path).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (row.bytes, row.sha256)
    assert b"RIFF" not in content
    with sqlite_store.read() as session:
        event = session.scalars(select(AuditEvent)).one()
    assert (event.object, event.data["sha256"]) == (f"recordings/{row.recording_id}", row.sha256)


def test_a_capture_that_never_comes_has_a_reason(sqlite_store: Store) -> None:
    made = captured(sqlite_store)

    def never(*_: object) -> Info:
        raise AssertionError

    with pytest.raises(FileNotFoundError):
        seal_recording.handler(never)(sealing(made, sqlite_store))
    seal_recording.handler(never)(sealing(made, sqlite_store, attempt=3))
    with sqlite_store.read() as session:
        row = recordings.get(session, made.recording("agent"))
    assert row is not None
    assert (row.state, row.reason) == ("failed", "capture_missing")
