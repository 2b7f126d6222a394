"""The job `seal_recording`: two mono captures of a talk become one encrypted stereo file, and only then go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from hotline import logs
from hotline.jobs.durable import Handler, Work
from hotline.jobs.finish_call import keep_until
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store import audit
from hotline.store.models import Call, Recording
from hotline.store.repositories import recordings
from hotline.store.repositories.experts import ZONE
from hotline.store.sealing import SUFFIX, SealedReader, SealError
from hotline.store.waveform import waveform

CAPTURE_ATTEMPTS: Final = 3
"""Captures that are not there after so many tries will not come any more."""

log = logs.get(__name__)


class Sealed(Protocol):
    """What sealing reports of the finished file."""

    @property
    def seconds(self) -> float: ...
    @property
    def bytes(self) -> int: ...
    @property
    def sha256(self) -> str: ...


MESSAGE: Final = "message"
"""`person_kind` of a voice message: only the caller is on it."""

Seal = Callable[[Path, Path, Path, Secrecy, str], Sealed]
"""`seal(caller, peer, target, secrecy, recording_id)` writes `target`, reads it back, and raises when it is not
whole."""


def handler(seal: Seal) -> Handler:
    """The job with the given way of sealing."""

    def run(work: Work) -> None:
        recording_id = str(work.payload["recording_id"])
        with work.store.read() as session:
            row = recordings.get(session, recording_id)
        if row is None or row.state == "failed":
            return
        caller, peer = captures(work.settings, recording_id)
        if row.state != "sealed" and not _seal(work, row, caller, peer, seal):
            return
        # Only after the commit: until then the captures are the only copy that the database knows of.
        for path in (caller, peer):
            path.unlink(missing_ok=True)

    return run


def captures(settings: Settings, recording_id: str) -> tuple[Path, Path]:
    """The two mono files of a recording: the caller's side and the agent's or expert's."""
    directory = settings.capture_dir
    return directory / f"{recording_id}.caller.wav", directory / f"{recording_id}.peer.wav"


def sealed_path(row: Recording) -> str:
    """Where the sealed file goes, relative to `recordings_dir`: a folder a local day."""
    return f"{datetime.fromtimestamp(row.started_at, ZONE):%Y/%m/%d}/{row.recording_id}{SUFFIX}"


def _seal(work: Work, row: Recording, caller: Path, peer: Path, seal: Seal) -> bool:
    name = sealed_path(row)
    target = work.settings.recordings_dir / name
    present = [path for path in (caller, peer) if path.exists()]
    # A run that was killed between sealing and its commit leaves the sealed file and no captures.
    if not present and not target.exists():
        if work.attempt < CAPTURE_ATTEMPTS:
            raise FileNotFoundError("no capture yet")
        with work.store.write() as session:
            recordings.failed(session, row.recording_id, "capture_missing")
        log.error("recording_lost", call_id=row.call_id, recording=row.recording_id)
        return False
    if len(present) == 1 and row.person_kind != MESSAGE:
        # One side alone is still a recording: sealing makes the other silent.
        log.warning("capture_one_sided", call_id=row.call_id, recording=row.recording_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    info = seal(caller, peer, target, work.store.secrecy, row.recording_id)
    peaks = _peaks(work, target, row.recording_id)
    with work.store.write() as session:
        if peaks is not None:
            recordings.put_peaks(session, row.recording_id, peaks)
        recordings.sealed(
            session,
            row.recording_id,
            path=name,
            seconds=info.seconds,
            size=info.bytes,
            sha256=info.sha256,
            now=work.now,
        )
        call = session.get(Call, row.call_id)
        if call is not None and call.outcome is not None and call.ended_at is not None:
            recordings.keep(session, row.call_id, keep_until(work.settings, call.outcome, call.ended_at))
        audit.append(  # the file's hash in the chain: an exchanged recording shows (I18)
            session,
            at=work.now,
            actor="system",
            action="recording.sealed",
            object=f"recordings/{row.recording_id}",
            data={"sha256": info.sha256, "bytes": info.bytes},
        )
    return True


def _peaks(work: Work, target: Path, recording_id: str) -> tuple[int, bytes] | None:
    """The waveform. A picture is never worth a recording: what cannot be drawn now is drawn when somebody looks."""
    try:
        with SealedReader(target, work.store.secrecy, recording_id) as reader:
            return waveform(reader)
    except (SealError, OSError, ValueError) as error:
        log.warning("waveform_missing", recording=recording_id, error=type(error).__name__)
        return None
