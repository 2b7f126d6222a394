"""For each invariant one row or file that breaks it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hotline.core.facts import Fact
from hotline.core.journal import encode_fact, encode_record
from hotline.jobs.archiver import Archiver
from hotline.store import audit
from hotline.store.sealing import SUFFIX
from tests.audited import changed, whole_call
from tests.integration.doctor.home import CALL, FIRST_RECORDING, NOW, Home, gave_up, rewrite


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
    older = gave_up("call_x", NOW - 500)
    younger = gave_up("call_y", NOW - 490)
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
    home.take([*gave_up("call_y", NOW - 490), offer])


def _many_offers(home: Home) -> None:
    made = [
        Fact("offer_made", "call_y", NOW - 480 + n, n, "routing", 1, {"offer_id": f"o{n}", "agent_ids": [], "expires_at": 0.0})
        for n in range(1, 23)
    ]  # fmt: skip
    home.take([*gave_up("call_y", NOW - 490), *made])


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
    "audit": ("I29", "audit.broken", lambda h: _edit_audit(h, "UPDATE audit_events SET actor = 'acc_2' WHERE seq = 2")),
    "audit cut short": ("I29", "audit.broken", lambda h: _cut_audit(h)),
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


def _cut_audit(home: Home) -> None:
    """Whole in itself: only the head that was noted outside the database tells."""
    with home.store.read() as session:
        line = audit.anchor_line(audit.head(session), NOW)
    audit.anchor_file(home.settings.home).write_text(f"{line}\n")
    _edit_audit(
        home,
        "DELETE FROM audit_events WHERE seq > 1",
        "UPDATE audit_head SET seq = 1, hash = (SELECT hash FROM audit_events)",
    )


def _edit_audit(home: Home, *statements: str) -> None:
    with home.store.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA query_only=OFF")
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
        raw.commit()
