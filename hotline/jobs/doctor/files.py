"""Recordings: rows, captures and sealed files belong together, last as long as their talks, and can be played."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.audits import Broken, Limits
from hotline.core.errors import HotlineError
from hotline.jobs.doctor.calls import Seen
from hotline.jobs.doctor.report import Report
from hotline.jobs.doctor.sources import LAG_SECONDS, portions
from hotline.jobs.seal_recording import MESSAGE, captures
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.captures import open_side
from hotline.store.models import Call, Job, Message, Recording, Talk
from hotline.store.sealing import SUFFIX, SealedReader, file_sha256, verify

NEWEST: Final = 50
"""Sealed files that are read to their last byte in every run; the others are opened and their ends authenticated."""
PART_SECONDS: Final = 600.0
"""Sealing takes seconds; a half-written file older than this was left behind by a crash."""


def examine(
    session: Session,
    settings: Settings,
    secrecy: Secrecy | None,
    report: Report,
    limits: Limits,
    seen: Seen,
    now: float,
    *,
    deep: bool,
) -> None:
    """Look at every recording row and at every file in the two folders."""
    ids = list(session.scalars(select(Recording.recording_id).order_by(Recording.started_at.desc())))
    newest = set(ids) if deep else set(ids[:NEWEST])
    rows: dict[str, str] = {}
    known_files: set[Path] = set()
    for portion in portions(ids):
        query = (
            select(Recording, Talk, Message, Call, Job.state)
            .join(Call, Call.call_id == Recording.call_id)
            .outerjoin(Talk, Talk.talk_id == Recording.talk_id)
            .outerjoin(Message, Message.message_id == Recording.talk_id)
            .outerjoin(Job, Job.key == "seal_recording:" + Recording.recording_id)
            .where(Recording.recording_id.in_(portion))
            .order_by(Recording.started_at)
        )
        for row, talk, message, call, job in session.execute(query):
            rows[row.recording_id] = row.state
            report.looked("I15")
            if row.path:
                known_files.add(settings.recordings_dir / row.path)
            cut = row.recording_id in seen.cut or call.cause == "system_failure"
            found = _Row(settings, secrecy, limits, row, talk or message, call, str(job or ""), cut, now)
            report.add(found.check())
            if row.state == "sealed":
                report.looked("I16", "I17", "I18")
                report.add(found.sealed(whole=row.recording_id in newest))
    report.looked("I15", "I18")
    report.add(_captures_left(settings, rows, seen, now))
    report.add(_strangers(settings, known_files, rows, now))


class _Row:
    """One recording row and its files."""

    def __init__(
        self,
        settings: Settings,
        secrecy: Secrecy | None,
        limits: Limits,
        row: Recording,
        talk: Talk | Message | None,
        call: Call,
        job: str,
        cut: bool,
        now: float,
    ) -> None:
        self._settings, self._secrecy, self._limits = settings, secrecy, limits
        self._row, self._talk, self._call, self._job, self._cut = row, talk, call, job, cut
        self._now = now
        self._path = settings.recordings_dir / row.path if row.path else None

    def _broken(self, invariant: str, problem: str, **details: object) -> Broken:
        return Broken(invariant, self._row.recording_id, problem, self._row.call_id, details)

    def check(self) -> Iterator[Broken]:
        """I15: the row has a talk, and what its state promises."""
        row = self._row
        if self._talk is None:
            yield self._broken("I15", "recording.without_talk")
        elif isinstance(self._talk, Message):
            if row.person_kind != MESSAGE:
                yield self._broken("I13", "recording.other_person")
        elif (self._talk.person_kind, self._talk.person_id) != (row.person_kind, row.person_id):
            yield self._broken("I13", "recording.other_person")
        if row.state == "failed":
            if not row.reason:
                yield self._broken("I15", "recording.no_reason")
        elif row.state != "sealed" and self._call.ended_at is not None:
            yield from self._waiting(self._now - self._call.ended_at)

    def _waiting(self, seconds: float) -> Iterator[Broken]:
        """Not sealed yet: its captures are there, and a job will do it."""
        if seconds < LAG_SECONDS:
            return
        if self._job == "failed":
            yield self._broken("I22", "job.failed", kind="seal_recording")
        elif self._job not in ("queued", "running"):
            yield self._broken("I15", "recording.not_sealed", job=self._job)
        caller, peer = captures(self._settings, self._row.recording_id)
        sealed = any(self._settings.recordings_dir.glob(f"**/{self._row.recording_id}{SUFFIX}"))
        if not (caller.exists() or peer.exists() or sealed):
            yield self._broken("I15", "recording.lost")
        for path in (caller, peer):
            try:
                open_side(path)
            except HotlineError:
                yield self._broken("I17", "capture.unreadable", file=path.name)

    def sealed(self, *, whole: bool) -> Iterator[Broken]:
        """I16, I17, I18: the sealed file is there, is what was written, opens, and is as long as the talk."""
        row, path = self._row, self._path
        if path is None or not path.is_file():
            yield self._broken("I15", "recording.file_missing")
            return
        if path.stat().st_size != row.bytes:
            yield self._broken("I18", "recording.bytes", found=path.stat().st_size, row=row.bytes)
        if self._secrecy is None:
            yield self._broken("I17", "recording.no_key")
            return
        try:
            if whole:
                verify(path, self._secrecy, row.recording_id)
            with SealedReader(path, self._secrecy, row.recording_id) as reader:
                lengths = {
                    "recording": reader.seconds,
                    "caller": reader.caller_seconds,
                    "peer": reader.peer_seconds,
                }
        except HotlineError as error:
            yield self._broken("I17", "recording.unplayable", code=error.code)
            return
        if whole and file_sha256(path) != row.sha256:
            yield self._broken("I18", "recording.hash")
        yield from self._lengths(lengths)

    def _lengths(self, lengths: dict[str, float]) -> Iterator[Broken]:
        if self._talk is None or self._talk.ended_at is None:
            return
        talk, slack = self._talk.ended_at - self._talk.started_at, self._limits.recording_slack
        whole = lengths.pop("recording")
        if whole > talk + slack or (whole < talk - slack and not self._cut):
            yield self._broken("I16", "recording.length", seconds=round(whole, 2), talk=round(talk, 2))
        for side, seconds in lengths.items():
            if side == "peer" and isinstance(self._talk, Message):
                continue  # nobody was there
            if side == "caller" and isinstance(self._talk, Talk) and self._talk.role == "consult":
                continue  # heard music: a consultation is recorded without them
            if seconds < talk - slack and not self._cut:
                yield self._broken("I16", "recording.side_short", side=side, seconds=round(seconds, 2), talk=round(talk, 2))


def _captures_left(settings: Settings, rows: dict[str, str], seen: Seen, now: float) -> Iterator[Broken]:
    """I15, I18: no capture stays in clear once its recording is sealed or given up, and none belongs to nobody."""
    for path in sorted(settings.capture_dir.glob("*")):
        recording_id = path.name.partition(".")[0]
        state = rows.get(recording_id)
        try:
            age = now - path.stat().st_mtime
        except FileNotFoundError:
            continue  # sealed meanwhile
        if age < LAG_SECONDS:
            continue
        if state in ("sealed", "failed"):
            yield Broken("I18", path.name, "capture.left", "", {"state": state})
        elif state is None and recording_id not in seen.recordings:
            yield Broken("I15", path.name, "capture.orphan")


def _strangers(settings: Settings, known: set[Path], rows: dict[str, str], now: float) -> Iterator[Broken]:
    """I15, I18: every file among the sealed ones belongs to a row, and none is in clear."""
    for path in sorted(settings.recordings_dir.rglob("*")):
        try:
            if not path.is_file():
                continue
            age = now - path.stat().st_mtime
            with path.open("rb") as file:
                head = file.read(4)
        except FileNotFoundError:
            continue
        if head in (b"RIFF", b"OggS"):
            yield Broken("I18", path.name, "file.plaintext")
        elif path.suffix == ".part":
            if age > PART_SECONDS:
                yield Broken("I15", path.name, "sealed.part_left")
        elif path not in known and age > LAG_SECONDS and rows.get(path.stem) not in ("captured", "capturing"):
            yield Broken("I15", path.name, "sealed.orphan")
