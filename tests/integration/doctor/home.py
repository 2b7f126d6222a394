"""A hotline's home after some calls, for the doctor to look at."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text

from hotline.core.facts import Fact
from hotline.core.journal import encode_fact
from hotline.core.wavs import pcm16_header
from hotline.jobs import doctor, seal_recording
from hotline.jobs.archiver import Archiver
from hotline.jobs.durable import Work
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.engine import Store
from hotline.store.sealing import seal
from tests.audited import changed, waiting_call
from tests.conftest import make_settings

NOW = time.time()
NO_REDIS = {"url": "redis://127.0.0.1:1/0"}
CALL = "WHERE call_id = 'call_a'"
FIRST_RECORDING = "(SELECT recording_id FROM recordings ORDER BY started_at LIMIT 1)"


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


def open_home(root: Path, template: Path | None = None) -> Home:
    made = make_settings(root, redis=NO_REDIS)
    if template is not None:
        shutil.copy(template, root / "hotline.db")
    return Home(made, Store(made, Secrecy.from_dir(made.keys_dir)))


def gave_up(call_id: str, start: float) -> list[Fact]:
    facts = waiting_call(call_id, start)
    ended = {"cause": "abandoned", "ended_by": "caller", "phase": "queue", "sip_code": 200, "answered": True}
    said: list[tuple[str, dict[str, Any]]] = [("queue_left", {"reason": "abandoned"}), ("call_ended", ended)]
    more = [
        Fact(name, call_id, start + 40, number, "call", 1, data)
        for number, (name, data) in enumerate(said, start=len(facts) + 1)
    ]
    return [*facts, *more]


def rewrite(home: Home, path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))
    old = NOW - 1000
    os.utime(path, (old, old))
