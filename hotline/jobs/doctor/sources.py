"""Where the doctor looks: journals, live calls, and the database in portions. Reads only."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.bus import keys
from hotline.core import journal
from hotline.core.facts import Fact
from hotline.settings import Settings
from hotline.store.models import Base, CallFact

PORTION: Final = 300
"""Calls looked at together: few queries, little memory."""
FRESH_SECONDS: Final = 12.0
"""A journal written so recently may be that of a call whose lease lapses just now (8 s) or that is being taken over."""
LAG_SECONDS: Final = 30.0
"""How far the archiver may be behind before it counts as broken."""

_Row = TypeVar("_Row", bound=Base)


class CannotLook(Exception):
    """The doctor cannot look at all (exit code 2); `str(error)` says why."""


@dataclass(frozen=True, slots=True)
class Journal:
    """One journal file, read."""

    path: Path
    call_id: str
    done: bool
    changed_at: float
    facts: Sequence[Fact]
    legs: Mapping[str, str]
    """Leg → its last state."""
    problem: journal.Problem | None


class Journals:
    """The journals by call, found anew at each look (an archived one moves to `done/` meanwhile)."""

    def __init__(self, settings: Settings) -> None:
        self._open = settings.journal_dir
        self._done = settings.journal_dir / "done"

    def call_ids(self) -> set[str]:
        """Every call that has a journal."""
        return {path.stem for folder in (self._open, self._done) for path in folder.glob(f"*{journal.SUFFIX}")}

    def read(self, call_id: str) -> Journal | None:
        """The journal of a call, or None. Raises OSError when it is there and cannot be read."""
        # Open, done, open again: it may move from the first to the second between two looks.
        for folder in (self._open, self._done, self._open):
            path = folder / f"{call_id}{journal.SUFFIX}"
            try:
                data, changed = path.read_bytes(), path.stat().st_mtime
            except FileNotFoundError:
                continue
            decoded = journal.decode(data)
            legs = {
                str(record["leg"].get("leg")): str(record["leg"].get("state"))
                for record in decoded.records
                if isinstance(record.get("leg"), dict)
            }
            facts = tuple(fact for fact in journal.facts(decoded) if fact.call_id == call_id)
            problem = next((item for item in decoded.problems if item.kind != "torn"), None)
            return Journal(path, call_id, folder == self._done, changed, facts, legs, problem)
        return None


@dataclass(slots=True)
class Live:
    """What runs just now. `client` is None when Redis does not answer: then owners are looked up by their process."""

    client: redis.Redis | None
    snapshots: dict[str, dict[str, Any]] = field(default_factory=dict)
    _owners: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def look(cls, settings: Settings) -> Live:
        """Ask Redis; never raises."""
        client: redis.Redis = redis.Redis.from_url(
            settings.redis_url, decode_responses=True, socket_timeout=2, socket_connect_timeout=1
        )
        live = cls(client)
        try:
            live.refresh()
        except redis.RedisError:
            live.client = None
        return live

    def refresh(self) -> None:
        """Read the live calls again. Raises RedisError."""
        assert self.client is not None
        raw: dict[str, str] = self.client.hgetall(keys.LIVE)  # type: ignore[assignment]
        now = time.time()
        found = {call_id: json.loads(text) for call_id, text in raw.items()}
        self.snapshots = {call_id: item for call_id, item in found.items() if float(item.get("lease", 0)) >= now}

    def alive(self, call_id: str, facts: Iterable[Fact], opened: Journal | None, now: float) -> bool:
        """Whether somebody still owns this call: a valid lease, a running process, or a journal written just now."""
        if call_id in self.snapshots:
            return True
        if opened is not None and now - opened.changed_at < FRESH_SECONDS:
            return True
        worker = next((str(fact.data.get("worker", "")) for fact in facts if fact.name == "call_arrived"), "")
        return bool(worker) and self._owners.setdefault(worker, _runs(worker))

    def part(self, name: str) -> bool:
        """Whether a part of the system gives its heartbeat."""
        try:
            return self.client is not None and bool(self.client.exists(keys.part(name)))
        except redis.RedisError:
            return False


def _runs(worker: str) -> bool:
    """Whether the process in a worker's name (`<pid>-<slot>`) is a running one of the hotline's."""
    pid = worker.partition("-")[0]
    if not pid.isdigit():
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, IndexError):
        return False
    return state != "Z" and b"hotline" in command


def call_ids(session: Session) -> list[str]:
    """Every call with facts, sorted (so: by time)."""
    return list(session.scalars(select(CallFact.call_id).distinct().order_by(CallFact.call_id)))


def portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """`ids` in portions of :data:`PORTION`."""
    for start in range(0, len(ids), PORTION):
        yield ids[start : start + PORTION]


def facts_of(session: Session, ids: Sequence[str]) -> dict[str, list[Fact]]:
    """The stored facts of these calls. What this version does not know is left out."""
    found: dict[str, list[Fact]] = {call_id: [] for call_id in ids}
    for row in session.scalars(select(CallFact).where(CallFact.call_id.in_(ids))):
        try:
            fact = Fact(row.name, row.call_id, row.at, row.seq, row.source, row.epoch, row.data)
        except ValueError:
            continue
        found[row.call_id].append(fact)
    return found


def rows_of(session: Session, model: type[_Row], ids: Sequence[str]) -> dict[str, list[_Row]]:
    """The rows of a table that has `call_id`, by call."""
    found: dict[str, list[_Row]] = {call_id: [] for call_id in ids}
    column: Any = model.__table__.columns["call_id"]
    for row in session.scalars(select(model).where(column.in_(ids))):
        found[str(getattr(row, "call_id"))].append(row)  # noqa: B009 - the base class does not have it
    return found
