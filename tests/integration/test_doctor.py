"""`hotline doctor` on a whole home: clean as it was made, and for each invariant one row or file that breaks it."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from hotline.bus import keys
from hotline.core.facts import Fact
from hotline.core.journal import encode_fact, encode_record
from hotline.core.knowledge import Draft
from hotline.core.wavs import pcm16_header
from hotline.jobs import doctor, finish_call, seal_recording
from hotline.jobs.archiver import Archiver
from hotline.jobs.doctor import board, sources
from hotline.jobs.durable import Work
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store import audit
from hotline.store.engine import Store
from hotline.store.repositories import knowledge
from hotline.store.sealing import SUFFIX, seal
from tests.audited import changed, recovered, waiting_call, whole_call
from tests.conftest import RedisServer, make_settings

pytestmark = pytest.mark.integration

NOW = time.time()
NO_REDIS = {"url": "redis://127.0.0.1:1/0"}


@dataclass
class Home:
    """A hotline's state after some calls."""

    settings: Settings
    store: Store
    facts: dict[str, list[Fact]] = field(default_factory=dict)

    @property
    def journal_dir(self) -> Path:
        return self.settings.journal_dir

    def take(self, facts: list[Fact], *, done: bool = True, archive: bool = True) -> None:
        """Journal the facts of a call, and let the archiver store them."""
        secrecy = self.store.secrecy
        call_id = facts[0].call_id
        sealed = secrecy.seal("13800000001", f"call.caller:{call_id}")
        facts = changed(facts, "call_arrived", caller_enc=sealed, caller_hash=secrecy.index(call_id))
        self.facts[call_id] = facts
        folder = self.journal_dir / "done" if done else self.journal_dir
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{call_id}.jnl"
        path.write_bytes(b"".join(encode_fact(fact) for fact in facts))
        os.utime(path, (facts[-1].at, facts[-1].at))
        if archive:
            Archiver(self.store, self.settings).take(facts)

    def record(self, call_id: str) -> None:
        """Make the captures of a call, as long as its talks, and seal them."""
        for fact in self.facts[call_id]:
            if fact.name == "recording_ended":
                self.capture(str(fact.data["recording_id"]), float(fact.data["seconds"]))
                self.work(seal_recording.handler(seal), recording_id=fact.data["recording_id"])

    def capture(self, recording_id: str, seconds: float, peer_seconds: float | None = None) -> None:
        self.settings.capture_dir.mkdir(exist_ok=True)
        for side, length in (("caller", seconds), ("peer", peer_seconds if peer_seconds is not None else seconds)):
            samples = np.full(round(length * 8000), 1000, "<i2").tobytes()
            path = self.settings.capture_dir / f"{recording_id}.{side}.wav"
            path.write_bytes(pcm16_header(1, 8000, len(samples) // 2) + samples)
            os.utime(path, (NOW - 1000, NOW - 1000))

    def work(self, handler: Callable[[Work], None], **payload: Any) -> None:
        handler(Work(self.store, self.settings, payload, 1, NOW))
        with self.store.write() as session:
            session.execute(text("UPDATE jobs SET state = 'done'"))

    def sql(self, statement: str, **values: Any) -> None:
        with self.store.write() as session:
            assert session.execute(text(statement), values).rowcount, "the test must change something"  # type: ignore[attr-defined]

    def one(self, query: str) -> str:
        with self.store.read() as session:
            return str(session.execute(text(query)).scalar())

    def sealed_file(self) -> Path:
        return self.settings.recordings_dir / self.one("SELECT path FROM recordings ORDER BY started_at LIMIT 1")

    def found(self) -> set[tuple[str, str]]:
        report = doctor.examine(self.settings)
        return {(item.invariant, item.problem) for items in report.broken.values() for item in items}


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Path:
    """Three calls, an hour ago: one whole, one given up while waiting, one whose conversation died."""
    root = tmp_path_factory.mktemp("doctor") / "home"
    home = _open(root, _sqlite_template)
    home.take(whole_call("call_a", NOW - 3600))
    home.take(_gave_up("call_b", NOW - 3000))
    cut = whole_call("call_c", NOW - 2000, agent="a2", suffix="c")[:12]
    home.take(recovered(cut, cut[-1].at + 20))
    for call_id in ("call_a", "call_c"):
        home.record(call_id)
    for call_id in ("call_a", "call_b", "call_c"):
        home.work(finish_call.run, call_id=call_id)
    with home.store.write() as session:
        for number in (1, 2):
            entry = Draft("script", f"话术{number}", {"text": "请稍等"})
            knowledge.add(session, entry, by="system", now=NOW)
        for number in range(3):
            audit.append(session, at=NOW, actor="acc_1", action="recording.played", object=f"recordings/{number}")
    home.store.close()
    return root


def _open(root: Path, template: Path | None = None) -> Home:
    made = make_settings(root, redis=NO_REDIS)
    if template is not None:
        shutil.copy(template, root / "hotline.db")
    return Home(made, Store(made, Secrecy.from_dir(made.keys_dir)))


def _gave_up(call_id: str, start: float) -> list[Fact]:
    facts = waiting_call(call_id, start)
    ended = {"cause": "abandoned", "ended_by": "caller", "phase": "queue", "sip_code": 200, "answered": True}
    said: list[tuple[str, dict[str, Any]]] = [("queue_left", {"reason": "abandoned"}), ("call_ended", ended)]
    more = [
        Fact(name, call_id, start + 40, number, "call", 1, data)
        for number, (name, data) in enumerate(said, start=len(facts) + 1)
    ]
    return [*facts, *more]


@pytest.fixture
def home(_made: Path, tmp_path: Path) -> Iterator[Home]:
    shutil.copytree(_made, tmp_path / "home")
    found = _open(tmp_path / "home")
    yield found
    found.store.close()


def test_clean(home: Home) -> None:
    report = doctor.examine(home.settings, deep=True)
    assert report.clean, report.broken
    counts = {key: report.checked[key] for key in ("I1", "I7", "I15", "I16", "I17", "I18", "I20", "I21", "I22", "I29")}
    assert all(counts.values()), counts
    assert report.skipped == {"I5": "redis"}


def test_what_is_on_its_way_is_not_broken(home: Home) -> None:
    """A running system: a call in progress, one that just ended, captures waiting for their job."""
    now = time.time()
    live = whole_call("call_d", now - 20, agent="a3", suffix="d")[:12]
    home.take(live, done=False)
    path = home.journal_dir / "call_d.jnl"
    path.touch()
    home.take(_gave_up("call_e", now - 45), done=False, archive=False)
    (home.journal_dir / "call_e.jnl").touch()
    recording = next(str(fact.data["recording_id"]) for fact in live if fact.name == "recording_started")
    home.capture(recording, 3)
    report = doctor.examine(home.settings)
    assert report.clean, report.broken
    assert report.live == 1
    # The same after everything has stopped for a while: nobody owns the call any more.
    os.utime(path, (now - 300, now - 300))
    assert ("I8", "call.no_owner") in home.found()


CALL = "WHERE call_id = 'call_a'"
FIRST_RECORDING = "(SELECT recording_id FROM recordings ORDER BY started_at LIMIT 1)"


def rewrite(home: Home, path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))
    old = NOW - 1000
    os.utime(path, (old, old))


def _other_journal(home: Home, *, legs: str = "over", facts: bool = True) -> None:
    """A journal of the first call that says more than the database."""
    path = home.journal_dir / "done" / "call_a.jnl"
    leg = {"leg": {"leg": "agent:off", "sip_call_id": "x", "from_tag": "", "to_tag": "", "cseq": 1, "state": legs}}
    rewrite(home, path, lambda data: data + encode_record(leg))
    if not facts:
        home.sql(f"DELETE FROM call_facts {CALL} AND name = 'notice_played'")


def _stray(home: Home, folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (NOW - 5000, NOW - 5000))


def _swap_files(home: Home) -> None:
    """Each file whole, each under the other's name."""
    first, second = sorted(home.settings.recordings_dir.rglob(f"*{SUFFIX}"))[:2]
    other = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(other)


def _longer_talk(home: Home) -> None:
    """The recording stays 25 s, talk and facts say more: as if the recorder had started late."""
    home.sql(f"UPDATE talks SET started_at = started_at - 1.5 {CALL} AND person_kind = 'agent'")


def _overlap(home: Home) -> None:
    home.take(whole_call("call_z", NOW - 3590, suffix="z"))


def _overtaken(home: Home) -> None:
    older = _gave_up("call_x", NOW - 500)
    younger = _gave_up("call_y", NOW - 490)
    data = {"offer_id": "off_y", "agent_ids": ["a1"], "expires_at": NOW - 460}
    home.take(older)
    home.take([*younger, Fact("offer_made", "call_y", NOW - 475, 1, "routing", 1, data)])


def _offer_in_wrap_up(home: Home) -> None:
    state = {"agent_id": "a1", "state": "wrap_up", "reason": ""}
    data = {"offer_id": "off_y", "agent_ids": ["a1"], "expires_at": NOW - 460}
    facts = [
        Fact("agent_state_changed", "", NOW - 480, 1, "routing", 1, state),
        Fact("agent_state_changed", "", NOW - 440, 2, "routing", 1, {**state, "state": "available"}),
    ]
    Archiver(home.store, home.settings).take(facts)
    offer = Fact("offer_made", "call_y", NOW - 475, 3, "routing", 1, data)
    home.take([*_gave_up("call_y", NOW - 490), offer])


def _many_offers(home: Home) -> None:
    made = [
        Fact("offer_made", "call_y", NOW - 480 + n, n, "routing", 1, {"offer_id": f"o{n}", "agent_ids": [], "expires_at": 0.0})
        for n in range(1, 23)
    ]  # fmt: skip
    home.take([*_gave_up("call_y", NOW - 490), *made])


def _fact(home: Home, name: str, **data: Any) -> None:
    """Alter one stored fact of the first call, and its journal with it."""
    facts = changed(home_facts(home), name, **data)
    path = home.journal_dir / "done" / "call_a.jnl"
    path.write_bytes(b"".join(encode_fact(fact) for fact in facts))
    home.sql("DELETE FROM call_facts WHERE call_id = 'call_a'")
    Archiver(home.store, home.settings).take(facts)


def home_facts(home: Home) -> list[Fact]:
    lines = (home.journal_dir / "done" / "call_a.jnl").read_bytes().splitlines()
    return [Fact.from_json(json.dumps(json.loads(line.partition(b" ")[2])["fact"])) for line in lines]


def _unsealed(home: Home) -> None:
    home.sql(f"UPDATE recordings SET state = 'captured' WHERE recording_id = {FIRST_RECORDING}")


BROKEN: dict[str, tuple[str, str, Callable[[Home], None]]] = {
    "no end": ("I1", "row.differs", lambda h: h.sql(f"UPDATE calls SET state = 'live' {CALL}")),
    "row without facts": ("I1", "row.without_facts", lambda h: h.sql("DELETE FROM call_facts WHERE call_id = 'call_b'")),
    "facts without row": ("I1", "row.missing", lambda h: _forget_call(h)),
    "cause": ("I2", "row.differs", lambda h: h.sql(f"UPDATE calls SET cause = 'abandoned' {CALL}")),
    "ended late": ("I2", "row.differs", lambda h: h.sql(f"UPDATE calls SET ended_at = ended_at + 2 {CALL}")),
    "two at once": ("I4", "person.two_callers", _overlap),
    "two people": ("I3", "transfer.accepted_twice", lambda h: _fact(h, "expert_tried", outcome="accepted")),
    "overtaken": ("I7", "queue.overtaken", _overtaken),
    "open leg": ("I8", "leg.not_over", lambda h: _other_journal(h, legs="confirmed")),
    "offers": ("I9", "dialled.too_often", _many_offers),
    "requeue": ("I11", "caller.not_requeued", lambda h: _fact(h, "expert_left", ended_by="system")),
    "seniority": ("I11", "row.differs", lambda h: h.sql(f"UPDATE calls SET queued_at = queued_at + 5 {CALL}")),
    "transfer": ("I12", "row.differs", lambda h: h.sql(f"UPDATE transfers SET outcome = '' {CALL}")),
    "sum": ("I13", "talk.sum", lambda h: h.sql(f"UPDATE calls SET talk_seconds = 99 {CALL}")),
    "talk": ("I13", "row.differs", lambda h: h.sql(f"UPDATE talks SET person_id = 'x' {CALL}")),
    "wrap-up": ("I14", "offer.in_wrap_up", _offer_in_wrap_up),
    "lost file": ("I15", "recording.file_missing", lambda h: h.sealed_file().unlink()),
    "no job": ("I15", "recording.not_sealed", _unsealed),
    "orphan capture": ("I15", "capture.orphan", lambda h: h.capture("rec_nobody", 1)),
    "orphan file": ("I15", "sealed.orphan", lambda h: _stray(h, h.settings.recordings_dir / "2026", "rec_x.sealed", b"HLR1")),
    "half file": ("I15", "sealed.part_left", lambda h: _stray(h, h.settings.recordings_dir, "rec_x.sealed.part", b"HLR1")),
    "failed without a reason": (
        "I15",
        "recording.no_reason",
        lambda h: h.sql(f"UPDATE recordings SET state = 'failed' {CALL}"),
    ),
    "short": ("I16", "recording.length", _longer_talk),
    "cut off": ("I17", "recording.unplayable", lambda h: rewrite(h, h.sealed_file(), lambda data: data[:-1])),
    "changed byte": (
        "I17",
        "recording.unplayable",
        lambda h: rewrite(h, h.sealed_file(), lambda data: data[:9999] + b"?" + data[10000:]),
    ),
    "swapped": ("I17", "recording.unplayable", _swap_files),
    "no key": ("I17", "recording.no_key", lambda h: (h.settings.keys_dir / "master.key").unlink()),
    "hash": ("I18", "recording.hash", lambda h: h.sql(f"UPDATE recordings SET sha256 = 'x' {CALL}")),
    "size": ("I18", "recording.bytes", lambda h: h.sql(f"UPDATE recordings SET bytes = 1 {CALL}")),
    "capture left": ("I18", "capture.left", lambda h: h.capture(h.one(f"SELECT {FIRST_RECORDING}"), 1)),
    "plaintext": ("I18", "file.plaintext", lambda h: _stray(h, h.settings.recordings_dir, "a.wav", b"RIFF....")),
    "rating lost": ("I20", "rating.not_stored", lambda h: h.sql(f"DELETE FROM ratings {CALL}")),
    "rating of another": ("I20", "rating.other_person", lambda h: h.sql(f"UPDATE ratings SET person_id = 'x' {CALL}")),
    "score": ("I20", "row.differs", lambda h: h.sql(f"UPDATE calls SET rating = 5 {CALL}")),
    "fact lost": ("I21", "facts.not_stored", lambda h: _other_journal(h, facts=False)),
    "journal damaged": ("I21", "journal.damaged", lambda h: _damaged(h)),
    "no outcome": ("I22", "outcome.missing", lambda h: h.sql(f"UPDATE calls SET outcome = NULL {CALL}")),
    "no outcome row": ("I22", "outcome.wrong", lambda h: h.sql(f"DELETE FROM consultations {CALL}")),
    "two outcomes": (
        "I22",
        "outcome.doubled",
        lambda h: h.sql("INSERT INTO callback_calls (call_id, task_id, at) SELECT 'call_a', id, 0 FROM callback_tasks LIMIT 1"),
    ),
    "job": ("I22", "job.failed", lambda h: h.sql("UPDATE jobs SET state = 'failed' WHERE kind = 'finish_call'")),
    "entry without words": (
        "F21",
        "knowledge.unindexed",
        lambda h: h.sql("DELETE FROM knowledge_words WHERE rowid = (SELECT min(id) FROM knowledge_entries)"),
    ),
    "entry edited past its version": (
        "F21",
        "knowledge.version",
        lambda h: h.sql("UPDATE knowledge_entries SET source = 'elsewhere' WHERE id = 1"),
    ),
    "other words": ("F21", "knowledge.words", lambda h: h.sql("UPDATE knowledge_words SET title = 'xx' WHERE rowid = 1")),
    "taken out and found": (
        "F21",
        "knowledge.stray",
        lambda h: h.sql("UPDATE knowledge_entries SET active = 0 WHERE id = 1"),
    ),
    "gap": ("I24", "facts.gap", lambda h: _gap(h)),
    "audit": ("I29", "audit.broken", lambda h: _edit_audit(h)),
}


def _forget_call(home: Home) -> None:
    home.sql("DELETE FROM recording_peaks")
    for table in ("consultations", "ratings", "recordings", "transfer_tries", "transfers", "talks", "calls"):
        home.sql(f"DELETE FROM {table} {CALL}")


def _damaged(home: Home) -> None:
    shutil.move(home.journal_dir / "done" / "call_a.jnl", home.journal_dir / "call_a.jnl")
    rewrite(home, home.journal_dir / "call_a.jnl", lambda data: data.replace(b"hold_started", b"hold_begun__", 1))


def _gap(home: Home) -> None:
    home.sql(f"DELETE FROM call_facts {CALL} AND name = 'notice_played'")
    (home.journal_dir / "done" / "call_a.jnl").unlink()


def _edit_audit(home: Home) -> None:
    with home.store.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA query_only=OFF")
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("UPDATE audit_events SET actor = 'acc_2' WHERE seq = 2")
        raw.commit()


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_invariant_is_named(home: Home, name: str) -> None:
    invariant, problem, damage = BROKEN[name]
    damage(home)
    assert (invariant, problem) in home.found()


def test_a_short_channel_is_seen(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    home = _open(tmp_path / "home", request.getfixturevalue("_sqlite_template"))
    home.take(whole_call("call_a", NOW - 3600))
    for fact in home.facts["call_a"]:
        if fact.name == "recording_ended":
            seconds = float(fact.data["seconds"])
            home.capture(str(fact.data["recording_id"]), seconds, peer_seconds=seconds - 2)
            home.work(seal_recording.handler(seal), recording_id=fact.data["recording_id"])
    assert ("I16", "recording.side_short") in home.found()
    home.store.close()


def test_a_consultation_without_the_caller_is_whole(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    home = _open(tmp_path / "home", request.getfixturevalue("_sqlite_template"))
    home.take(whole_call("call_a", NOW - 3600))
    for fact in home.facts["call_a"]:
        if fact.name == "recording_ended":
            seconds = float(fact.data["seconds"])
            home.capture(str(fact.data["recording_id"]), 0.0, peer_seconds=seconds)
            home.work(seal_recording.handler(seal), recording_id=fact.data["recording_id"])
    assert ("I16", "recording.side_short") in home.found()
    home.sql("UPDATE talks SET role = 'consult'")
    assert ("I16", "recording.side_short") not in home.found()
    home.store.close()


def test_a_run_killed_between_sealing_and_its_commit_is_picked_up(home: Home) -> None:
    """The sealed file is there, the captures are gone, the row still says captured."""
    recording_id = home.one(f"SELECT {FIRST_RECORDING}")
    before = home.sealed_file().read_bytes()
    home.sql(
        "UPDATE recordings SET state = 'captured', path = '', sha256 = '', bytes = 0, sealed_at = NULL "
        "WHERE recording_id = :id",
        id=recording_id,
    )
    home.work(seal_recording.handler(seal), recording_id=recording_id)
    assert home.found() == set()
    assert home.sealed_file().read_bytes() == before


# Agents' states (I5).

LEASE = time.time() + 1000


def _differences(agent: dict[str, Any], *calls: dict[str, Any]) -> set[str]:
    snapshots = {str(call["call_id"]): call for call in calls}
    return {problem for _, problem, _ in board.differences({"a1": agent}, snapshots, time.time())}


def test_agents_states_follow_from_the_calls() -> None:
    talk = {"call_id": "call_a", "agent_id": "a1", "agent_state": "connected", "lease": LEASE}
    assert _differences({"state": "on_call", "call_id": "call_a"}, talk) == set()
    assert _differences({"state": "on_call", "call_id": "call_a"}) == {"agent.no_such_call"}
    assert _differences({"state": "available", "call_id": None}, talk) == {"agent.not_busy"}
    waiting = {**talk, "agent_id": "", "agent_state": "none"}
    assert _differences({"state": "reserved", "call_id": "call_a"}, waiting) == set()
    assert _differences({"state": "ringing", "call_id": "call_a"}, waiting) == {"agent.no_such_call"}
    over = {"state": "wrap_up", "call_id": "call_a", "wrap_up_until": time.time() - 60}
    assert _differences(over) == {"agent.wrap_up_over"}
    assert _differences({**over, "wrap_up_until": time.time() + 5}) == set()


def test_a_difference_that_settles_is_none(home: Home, redis_server: RedisServer) -> None:
    client = redis_server.client
    settings = make_settings(home.settings.home, redis={"url": redis_server.url})
    client.set(keys.part("routing"), "{}")
    client.hset(keys.BOARD_STATE, "agents/a1", json.dumps({"id": "a1", "state": "on_call", "call_id": "call_q"}))
    looks = 0

    def settle(_: float) -> None:
        nonlocal looks
        looks += 1
        client.hset(keys.BOARD_STATE, "agents/a1", json.dumps({"id": "a1", "state": "available", "call_id": None}))

    report = doctor.Report(NOW)
    board.examine(sources.Live.look(settings), report, sleep=settle)
    assert report.clean
    assert looks == 1
    assert report.checked["I5"] == 1


def test_a_difference_that_stays_is_named(home: Home, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "SETTLE_SECONDS", 0.2)
    settings = make_settings(home.settings.home, redis={"url": redis_server.url})
    redis_server.client.set(keys.part("routing"), "{}")
    stuck = {"id": "a1", "state": "on_call", "call_id": "call_q"}
    redis_server.client.hset(keys.BOARD_STATE, "agents/a1", json.dumps(stuck))
    report = doctor.examine(settings)
    assert [(item.subject, item.problem) for item in report.broken["I5"]] == [("a1", "agent.no_such_call")]


def test_a_live_call_without_a_record(home: Home, redis_server: RedisServer) -> None:
    settings = make_settings(home.settings.home, redis={"url": redis_server.url})
    snapshot = {"call_id": "call_q", "arrived_at": time.time() - 100, "lease": time.time() + 100}
    redis_server.client.hset(keys.LIVE, "call_q", json.dumps(snapshot))
    report = doctor.examine(settings)
    assert [item.problem for item in report.broken["I8"]] == ["live.unrecorded"]


# The command.


def run(home: Home, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    config = home.settings.home / "hotline.toml"
    config.write_text(f'home = "{home.settings.home}"\n[redis]\nurl = "{NO_REDIS["url"]}"\n')
    monkeypatch.setenv("HOTLINE_CONFIG", str(config))
    return CliRunner().invoke(_app(), ["doctor", *arguments])


def _app() -> Any:
    import typer

    from hotline.cli_doctor import doctor as command

    alone = typer.Typer()
    alone.command("doctor")(command)
    alone.command("other")(lambda: None)
    return alone


def test_the_command(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    good = run(home, monkeypatch)
    assert good.exit_code == 0, good.output
    assert "I17" in good.output
    home.sql(f"UPDATE calls SET talk_seconds = 99 {CALL}")
    bad = run(home, monkeypatch)
    assert bad.exit_code == 1
    assert "call_a" in bad.output
    found = json.loads(run(home, monkeypatch, "--json").output)
    entry = next(item for item in found["invariants"] if item["id"] == "I13")
    assert not found["clean"]
    assert entry["state"] == "broken"
    assert entry["first"]["subject"] == "call_a"
    assert "99" in entry["first"]["zh"]
    assert "99" in entry["first"]["en"]


def test_nothing_to_look_at(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.store.close()
    for path in home.settings.home.glob("hotline.db*"):
        path.unlink()
    result = run(home, monkeypatch, "--json")
    assert result.exit_code == 2
    assert not (home.settings.home / "hotline.db").exists(), "the doctor makes nothing"


def test_nothing_is_written(home: Home) -> None:
    before = {path: path.read_bytes() for path in home.settings.home.rglob("*") if path.is_file() and ".db" not in path.name}
    doctor.examine(home.settings, deep=True)
    after = {path: path.read_bytes() for path in home.settings.home.rglob("*") if path.is_file() and ".db" not in path.name}
    assert before == after
